"""Film and television stills with captions: white or yellow letters with outlines or shadows low in the picture."""

from dataclasses import replace

import numpy as np

from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.photos import Photos
from geulnun.synth.materials.texture import Color, draw_color, draw_near_color
from geulnun.synth.pages.box import Box
from geulnun.synth.pages.canvas import Canvas
from geulnun.synth.pages.finish import finish_caption
from geulnun.synth.pages.flow import fit_style
from geulnun.synth.pages.kind import PageKind
from geulnun.synth.pages.style import Shadow, Style, draw_face, wrap_text
from geulnun.synth.pages.truth import Drawing
from geulnun.synth.pages.wording import Wording

_LEAST_SHOW_PX = 26.0  # letters whose counters two rings leave open
_SHAPES = ((16, 9), (16, 9), (4, 3), (2.35, 1), (3, 2), (1, 1), (9, 16))


def draw_caption_style(rng: np.random.Generator, fonts: FontLibrary, size_px: float) -> Style:
    """Letters that stand out on any picture: outlined, shadowed, glowing, or both."""
    face = draw_face(rng, fonts, ("gothic", "gothic", "gothic", "round", "serif", "display"))
    level = int(rng.integers(215, 256))
    color: Color = (level, level, level)
    if rng.random() < 0.18:
        color = (255, int(rng.integers(200, 250)), int(rng.integers(0, 120)))
    style = Style(face=face, size_px=size_px, color=color, thicken_px=int(rng.random() < 0.15 and size_px > 28))
    edge = max(1, round(size_px * rng.uniform(0.03, 0.1)))
    dark = int(rng.integers(0, 50))
    roll = rng.random()
    if roll < 0.7:
        style = replace(style, outline=((dark, dark, dark), edge))
    if roll > 0.5:
        shift = size_px * rng.uniform(0.03, 0.1)
        shadow = Shadow(
            shift_px=(shift, shift),
            blur_px=float(rng.choice([0, edge * 0.7, edge * 1.5])),
            opacity=float(rng.uniform(0.6, 1)),
        )
        style = replace(style, shadow=shadow)
    elif roll < 0.1:
        style = replace(style, shadow=Shadow(grow_px=edge, blur_px=edge * 1.2, opacity=0.9))
    if size_px >= _LEAST_SHOW_PX and rng.random() < 0.3:
        style = _draw_show_style(rng, style, edge)
    if rng.random() < 0.1:
        style = replace(style, slant=0.2)
    return style


def _draw_show_style(rng: np.random.Generator, style: Style, edge: int) -> Style:
    """Letters of shows: a coloured or two-coloured fill in a white or dark ring, a second ring or a glow about it."""
    fill = draw_color(rng, light=(0.35, 0.65), vivid=(0.7, 1))
    white = rng.random() < 0.65
    level = int(rng.integers(235, 256) if white else rng.integers(0, 40))
    if not white:
        fill = draw_color(rng, light=(0.6, 0.85), vivid=(0.7, 1))
    ring = max(2, round(edge * rng.uniform(1.0, 1.6)))
    outer = draw_color(rng, light=(0.05, 0.35) if white else (0.8, 1.0), vivid=(0, 0.8))
    blur = float(rng.choice([0.0, 0.0, ring * 0.8]))
    return replace(
        style,
        color=fill,
        color_below=draw_near_color(rng, fill, 90) if rng.random() < 0.35 else None,
        outline=((level, level, level), ring),
        shadow=Shadow(color=outer, grow_px=ring, blur_px=blur, opacity=1.0) if rng.random() < 0.6 else None,
    )


def draw_caption(rng: np.random.Generator, fonts: FontLibrary, wording: Wording, photos: Photos) -> Drawing:
    """A still with one or two lines of subtitles, sometimes with more that television adds."""
    shape = _SHAPES[int(rng.integers(len(_SHAPES)))]
    width = int(rng.uniform(480, 1500)) if shape[0] >= shape[1] else int(rng.uniform(480, 800))
    height = int(width * shape[1] / shape[0])
    image = photos.draw(rng, height, width)
    if rng.random() < 0.3:
        image = (image * rng.uniform(0.4, 0.85)).astype(np.uint8)
    canvas = Canvas(image, fonts, rng)
    bar = int(height * rng.uniform(0.05, 0.14)) if rng.random() < 0.35 else 0
    if bar:
        canvas.image[:bar] = 0
        canvas.image[height - bar :] = 0
    if rng.random() < 0.35:
        write_channel(canvas, wording, bar)
    if rng.random() < 0.15:
        write_banner(canvas, wording)
    if rng.random() < 0.93 or not canvas.lines:
        write_subtitles(canvas, wording, bar)
    return canvas.finish()


def write_subtitles(canvas: Canvas, wording: Wording, bar: int) -> None:
    """One to three centred lines above the lower edge."""
    rng = canvas.rng
    size = float(np.clip(min(canvas.height, canvas.width) * rng.uniform(0.045, 0.09), 15, 110))
    style = draw_caption_style(rng, canvas.fonts, size)
    text = wording.sentence(int(rng.integers(8, 44)))
    if rng.random() < 0.12:
        text = f"- {text}"
    lines = wrap_text(text, style, canvas.width * rng.uniform(0.5, 0.92), canvas.fonts)[:3]
    step = size * rng.uniform(1.12, 1.45)
    bottom = canvas.height - (bar * rng.uniform(0.15, 1.3) if bar else canvas.height * rng.uniform(0.02, 0.12))
    y = max(2.0, bottom - step * len(lines))
    left = canvas.width * rng.uniform(0.04, 0.15)
    centered = rng.random() < 0.88
    if rng.random() < 0.12:
        used = max(canvas.measure(line, style) for line in lines)
        start = (canvas.width - used) / 2 if centered else left
        box = Box(left=start, top=y, right=start + used, bottom=y + step * (len(lines) - 1) + style.height_px)
        canvas.fill(box.padded(size * 0.3, size * 0.15), (0, 0, 0), opacity=float(rng.uniform(0.4, 1)))
    for line in lines:
        canvas.write(line, canvas.width / 2 if centered else left, y, style, align="center" if centered else "left")
        y += step


def write_channel(canvas: Canvas, wording: Wording, bar: int) -> None:
    """What stations put into the corners: a name, the time, what comes next."""
    rng = canvas.rng
    size = float(np.clip(canvas.height * rng.uniform(0.03, 0.06), 13, 70))
    style = draw_caption_style(rng, canvas.fonts, size)
    if rng.random() < 0.4:
        style = replace(style, opacity=float(rng.uniform(0.5, 0.9)))
    y = bar * 0.2 + canvas.height * rng.uniform(0.02, 0.06)
    if rng.random() < 0.6:
        for text in [wording.draw("time"), wording.phrase(8)][: int(rng.integers(1, 3))]:
            y = canvas.write(text, canvas.width * 0.04, y, style).bottom + size * 0.2
    if rng.random() < 0.6:
        text = wording.draw("english_word", 9) if rng.random() < 0.5 else wording.phrase(9)
        canvas.write(text, canvas.width * 0.96, bar * 0.2 + canvas.height * 0.03, style, align="right")


def write_banner(canvas: Canvas, wording: Wording) -> None:
    """A coloured band with large letters, as shows and thumbnails have."""
    rng = canvas.rng
    size = canvas.height * float(rng.uniform(0.08, 0.16) if rng.random() < 0.75 else rng.uniform(0.16, 0.3))
    top = canvas.height * rng.choice([0.08, 0.3, 0.55])
    style = draw_caption_style(rng, canvas.fonts, size)
    text = wording.heading(14)
    if rng.random() < 0.6:
        band = Box(left=0, top=top - size * 0.2, right=canvas.width, bottom=top + size * 1.2)
        color = draw_color(rng, light=(0.1, 0.5), vivid=(0.3, 1))
        canvas.fill(band, color, opacity=float(rng.uniform(0.6, 1)))
    else:
        style = replace(
            style,
            color=draw_color(rng, light=(0.55, 0.8), vivid=(0.7, 1)),
            outline=((0, 0, 0), max(2, round(size * 0.08))),
        )
    fitted = fit_style(canvas, text, style, canvas.width * 0.92, 14)
    canvas.write(text, canvas.width / 2, top, fitted, align="center")


KIND = PageKind(draw=draw_caption, weight=0.06, finish=finish_caption)
