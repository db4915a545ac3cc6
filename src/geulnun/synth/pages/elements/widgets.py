"""Icons, check boxes, switches and portraits, as stand beside text on screens and forms."""

import cv2
import numpy as np

from geulnun.synth.materials.icons import KINDS, draw_icon
from geulnun.synth.materials.texture import Color
from geulnun.synth.pages.box import Box
from geulnun.synth.pages.canvas import Canvas


def write_icon(canvas: Canvas, x: float, y: float, size: float, color: Color) -> None:
    """Lay one of many icons into the square whose top left corner is (x, y)."""
    kind = KINDS[int(canvas.rng.integers(len(KINDS)))]
    canvas.lay(draw_icon(canvas.rng, kind, max(2, round(size))), round(x), round(y), color)


def _points(x: float, y: float, size: float, *pairs: tuple[float, float]) -> np.ndarray:
    return np.array(pairs) * size + (x, y)


def draw_strokes(canvas: Canvas, points: np.ndarray, color: Color, thick: int) -> None:
    """Smooth pen strokes through (N, 2) points."""
    corners = np.round(points * 16).astype(np.int32)
    cv2.polylines(canvas.image, [corners], False, color, thick, cv2.LINE_AA, 4)


def write_check_box(canvas: Canvas, x: float, y: float, size: float, color: Color, checked: bool) -> None:
    """A square or round box, ticked or not."""
    thick = max(1, round(size / 14))
    if canvas.rng.random() < 0.2:
        canvas.disc(x + size / 2, y + size / 2, size * 0.45, color, thick)
    else:
        canvas.outline(Box(left=x, top=y, right=x + size, bottom=y + size), color, thick)
    if checked:
        draw_strokes(canvas, _points(x, y, size, (0.15, 0.5), (0.42, 0.8), (0.95, 0.05)), color, thick + 1)


def write_avatar(canvas: Canvas, x: float, y: float, size: float, color: Color, skin: Color) -> None:
    """A round or rounded picture of a person."""
    box = Box(left=x, top=y, right=x + size, bottom=y + size)
    canvas.fill(box, color, radius_px=size * (0.5 if canvas.rng.random() < 0.6 else 0.35))
    canvas.disc(x + size / 2, y + size * 0.38, size * 0.18, skin)
    center, axes = (
        (round(x + size / 2), round(y + size * 0.88)),
        (max(1, round(size * 0.3)), max(1, round(size * 0.28))),
    )
    cv2.ellipse(canvas.image, center, axes, 0, 180, 360, skin, -1, cv2.LINE_AA)


def write_switch(canvas: Canvas, right: float, middle: float, height: float, accent: Color, on: bool) -> None:
    """A toggle whose right end is at `right`."""
    width = height * 1.75
    box = Box(left=right - width, top=middle - height / 2, right=right, bottom=middle + height / 2)
    canvas.fill(box, accent if on else (200, 202, 208), radius_px=height / 2)
    knob = right - height / 2 if on else right - width + height / 2
    canvas.disc(knob, middle, height * 0.4, (255, 255, 255))


def write_emoji(canvas: Canvas, x: float, y: float, size: float) -> None:
    """A round yellow face."""
    rng = canvas.rng
    tone = (255, int(rng.integers(190, 225)), int(rng.integers(40, 100)))
    canvas.disc(x + size / 2, y + size / 2, size / 2, tone)
    ink = (90, 50, 10)
    for side in (-1, 1):
        canvas.disc(x + size * (0.5 + 0.19 * side), y + size * 0.4, max(1.0, size * 0.07), ink)
    center, axes = (
        (round(x + size / 2), round(y + size * 0.58)),
        (max(1, round(size * 0.24)), max(1, round(size * 0.2))),
    )
    first = 0 if rng.random() < 0.75 else 180
    cv2.ellipse(canvas.image, center, axes, 0, first, first + 180, ink, max(1, round(size * 0.06)), cv2.LINE_AA)
