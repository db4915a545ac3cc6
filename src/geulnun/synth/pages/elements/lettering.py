"""Letters of signs and posters: colours that stand out, faces, outlines, shadows; lines set freely on a picture."""

from dataclasses import replace

import numpy as np

from geulnun.core.arrays import RgbImage
from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.texture import Color, draw_color, draw_near_color
from geulnun.synth.pages.box import Box
from geulnun.synth.pages.canvas import Canvas
from geulnun.synth.pages.flow import fit_style
from geulnun.synth.pages.style import Shadow, Style, draw_face
from geulnun.synth.pages.wording import Wording

_SIGN_CLASSES = ("gothic", "gothic", "gothic", "display", "round", "serif", "handwriting", "brush", "hollow", "worn")


def find_contrast(rng: np.random.Generator, ground: RgbImage) -> Color:
    """A colour that stands out from a piece of picture."""
    tone = ground.reshape(-1, 3).mean(axis=0)
    level = float(tone @ (0.3, 0.59, 0.11))
    dark = level > 140 if abs(level - 128) > 40 else rng.random() < 0.5
    if rng.random() < 0.45:
        return (15, 15, 18) if dark else (250, 250, 250)
    for _ in range(6):
        color = draw_color(rng, light=(0.05, 0.35) if dark else (0.7, 0.97), vivid=(0.2, 1))
        if abs(np.array(color) @ (0.3, 0.59, 0.11) - level) > 75:
            return color
    return (0, 0, 0) if level > 120 else (255, 255, 255)


def draw_sign_style(rng: np.random.Generator, fonts: FontLibrary, size_px: float, color: Color, busy: bool) -> Style:
    """Letters of a sign: any class of face, often bold, outlined, shadowed or graded; always so on a busy ground."""
    face = draw_face(rng, fonts, _SIGN_CLASSES)
    style = Style(
        face=face,
        size_px=size_px,
        color=color,
        spacing_em=float(rng.choice([0, 0, 0.05, 0.15, -0.05])),
        width_ratio=float(rng.choice([1, 1, 0.85, 1.15])),
    )
    edge = max(1, round(size_px * rng.uniform(0.02, 0.09)))
    contrast: Color = (0, 0, 0) if sum(color) > 380 else (255, 255, 255)
    if rng.random() < (0.7 if busy else 0.15):
        style = replace(style, outline=(contrast, edge))
    if rng.random() < (0.5 if busy else 0.2):
        shift = size_px * rng.uniform(0.02, 0.1)
        style = replace(
            style,
            shadow=Shadow(
                color=contrast,
                shift_px=(shift, shift),
                blur_px=float(rng.choice([0, edge])),
                opacity=float(rng.uniform(0.4, 0.9)),
            ),
        )
    if rng.random() < 0.12:
        style = replace(style, color_below=draw_near_color(rng, color, 120))
    if rng.random() < 0.1:
        style = replace(style, slant=float(rng.uniform(-0.15, 0.3)))
    return style


def write_headline(canvas: Canvas, text: str, y: float, size: float | None = None) -> float:
    """Where the next line may go below a line that contrasts with what lies under it."""
    rng = canvas.rng
    if size is None:
        size = min(300.0, canvas.width * rng.uniform(0.6, 0.95) / max(len(text), 2))
    style = draw_sign_style(rng, canvas.fonts, size, (0, 0, 0), False)
    style = fit_style(canvas, text, style, canvas.width * 0.92, 12.0)
    if y + style.size_px > canvas.height or canvas.measure(text, style) > canvas.width * 0.98:
        return y
    under = canvas.image[max(0, int(y)) : int(y + style.size_px)]
    busy = float(under[::4, ::4].std()) > 28
    style = draw_sign_style(rng, canvas.fonts, style.size_px, find_contrast(rng, under), busy)
    style = fit_style(canvas, text, style, canvas.width * 0.94, 12.0)
    where = int(rng.integers(3)) if rng.random() < 0.3 else 1
    x = (canvas.width * 0.05, canvas.width / 2, canvas.width * 0.95)[where]
    return canvas.write(text, x, y, style, align=("left", "center", "right")[where]).bottom + style.size_px * 0.2


def write_slanted(canvas: Canvas, wording: Wording) -> None:
    """A line across at an angle, clear of the others or given up."""
    rng = canvas.rng
    text = wording.heading(10)
    size = rng.uniform(24, 110)
    angle = np.radians(rng.choice([90, -90, rng.uniform(-45, 45)]) if rng.random() < 0.5 else rng.normal(0, 12))
    cos, sin = np.cos(angle), np.sin(angle)
    x, y = rng.uniform(0.1, 0.9) * canvas.width, rng.uniform(0.1, 0.9) * canvas.height
    style = draw_sign_style(rng, canvas.fonts, size, (0, 0, 0), False)
    length = canvas.measure(text, style)
    matrix = np.array([[cos, -sin, x - cos * length / 2], [sin, cos, y - sin * length / 2], [0, 0, 1]])
    corners = np.array([(0, 0), (length, 0), (length, style.height_px), (0, style.height_px)])
    moved = corners @ matrix[:2, :2].T + matrix[:2, 2]
    low, high = moved.min(axis=0), moved.max(axis=0)
    if (
        low.min() < 2
        or high[0] > canvas.width - 2
        or high[1] > canvas.height - 2
        or canvas.is_taken(Box(left=low[0], top=low[1], right=high[0], bottom=high[1]))
    ):
        return
    under = canvas.image[int(low[1]) : int(high[1]) + 1, int(low[0]) : int(high[0]) + 1]
    busy = float(under[::4, ::4].std()) > 28
    color = find_contrast(rng, under)
    style = replace(
        style,
        color=color,
        outline=((0, 0, 0) if sum(color) > 380 else (255, 255, 255), 2) if busy else None,
        shadow=None,
    )
    canvas.write_warped(text, style, matrix)
