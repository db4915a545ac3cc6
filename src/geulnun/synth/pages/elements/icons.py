"""Icons, check boxes, switches and portraits, as stand beside text on screens and forms."""

import cv2
import numpy as np

from geulnun.synth.materials.texture import Color
from geulnun.synth.pages.box import Box
from geulnun.synth.pages.canvas import Canvas


def write_icon(canvas: Canvas, x: float, y: float, size: float, color: Color) -> None:
    """One of many line icons in the square whose top left corner is (x, y)."""
    rng = canvas.rng
    thick = max(1, round(size * rng.uniform(0.05, 0.12)))
    drawers = (
        _arrow,
        _chevron,
        _cross,
        _bars,
        _heart,
        _star,
        _bell,
        _person,
        _house,
        _lens,
        _gear,
        _dots,
        _mail,
        _check,
        _bag,
    )
    drawers[int(rng.integers(len(drawers)))](canvas, x, y, size, color, thick)


def _points(x: float, y: float, size: float, *pairs: tuple[float, float]) -> np.ndarray:
    return np.array(pairs) * size + (x, y)


def draw_strokes(canvas: Canvas, points: np.ndarray, color: Color, thick: int, closed: bool = False) -> None:
    """Smooth pen strokes through (N, 2) points."""
    corners = np.round(points * 16).astype(np.int32)
    cv2.polylines(canvas.image, [corners], closed, color, thick, cv2.LINE_AA, 4)


def _arrow(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    turn = int(canvas.rng.integers(4)) * np.pi / 2
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    for pairs in ([(-0.4, 0), (0.4, 0)], [(0.1, -0.3), (0.4, 0), (0.1, 0.3)]):
        draw_strokes(canvas, np.array(pairs) @ spin.T * size + (x + size / 2, y + size / 2), color, thick)


def _chevron(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    pairs = [
        ((0.35, 0.15), (0.65, 0.5), (0.35, 0.85)),
        ((0.65, 0.15), (0.35, 0.5), (0.65, 0.85)),
        ((0.15, 0.35), (0.5, 0.65), (0.85, 0.35)),
    ]
    draw_strokes(canvas, _points(x, y, size, *pairs[int(canvas.rng.integers(3))]), color, thick)


def _cross(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    plus = canvas.rng.random() < 0.5
    first, second = (
        ([(0.5, 0.1), (0.5, 0.9)], [(0.1, 0.5), (0.9, 0.5)])
        if plus
        else ([(0.2, 0.2), (0.8, 0.8)], [(0.8, 0.2), (0.2, 0.8)])
    )
    draw_strokes(canvas, _points(x, y, size, *first), color, thick)
    draw_strokes(canvas, _points(x, y, size, *second), color, thick)


def _bars(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    for share in (0.22, 0.5, 0.78):
        draw_strokes(canvas, _points(x, y, size, (0.12, share), (0.88, share)), color, thick)


def _heart(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    t = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    shape = (
        np.column_stack(
            [16 * np.sin(t) ** 3, -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))]
        )
        / 36
        + 0.5
    )
    canvas.polygon(shape * size + (x, y), color, -1 if canvas.rng.random() < 0.5 else thick)


def _star(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    t = np.arange(10) * np.pi / 5 - np.pi / 2
    radius = np.where(np.arange(10) % 2 == 0, 0.5, 0.2)
    shape = np.column_stack([np.cos(t), np.sin(t)]) * radius[:, None] + 0.5
    canvas.polygon(shape * size + (x, y), color, -1 if canvas.rng.random() < 0.6 else thick)


def _bell(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    draw_strokes(
        canvas,
        _points(x, y, size, (0.1, 0.75), (0.25, 0.55), (0.3, 0.3), (0.5, 0.12), (0.7, 0.3), (0.75, 0.55), (0.9, 0.75)),
        color,
        thick,
        True,
    )
    canvas.disc(x + size / 2, y + size * 0.87, size * 0.08, color)


def _person(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    canvas.disc(x + size / 2, y + size * 0.3, size * 0.2, color, thick)
    center, axes = (
        (round(x + size / 2), round(y + size * 0.95)),
        (max(1, round(size * 0.38)), max(1, round(size * 0.36))),
    )
    cv2.ellipse(canvas.image, center, axes, 0, 180, 360, color, thick, cv2.LINE_AA)


def _house(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    draw_strokes(canvas, _points(x, y, size, (0.1, 0.5), (0.5, 0.12), (0.9, 0.5)), color, thick)
    draw_strokes(canvas, _points(x, y, size, (0.2, 0.45), (0.2, 0.88), (0.8, 0.88), (0.8, 0.45)), color, thick)


def _lens(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    canvas.disc(x + size * 0.42, y + size * 0.42, size * 0.28, color, thick)
    draw_strokes(canvas, _points(x, y, size, (0.63, 0.63), (0.9, 0.9)), color, thick)


def _gear(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    canvas.disc(x + size / 2, y + size / 2, size * 0.28, color, thick)
    for turn in np.arange(8) * np.pi / 4:
        ray = np.array([np.cos(turn), np.sin(turn)])
        draw_strokes(canvas, np.array([ray * 0.32 + 0.5, ray * 0.46 + 0.5]) * size + (x, y), color, thick + 1)


def _dots(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    upright = canvas.rng.random() < 0.5
    for share in (0.2, 0.5, 0.8):
        canvas.disc(
            x + size * (0.5 if upright else share), y + size * (share if upright else 0.5), size * 0.08 + 0.5, color
        )


def _mail(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    canvas.outline(
        Box(left=x + size * 0.08, top=y + size * 0.2, right=x + size * 0.92, bottom=y + size * 0.8), color, thick
    )
    draw_strokes(canvas, _points(x, y, size, (0.1, 0.25), (0.5, 0.55), (0.9, 0.25)), color, thick)


def _check(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    if canvas.rng.random() < 0.5:
        canvas.disc(x + size / 2, y + size / 2, size * 0.46, color, thick)
    draw_strokes(canvas, _points(x, y, size, (0.25, 0.52), (0.44, 0.7), (0.76, 0.3)), color, thick)


def _bag(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    canvas.outline(
        Box(left=x + size * 0.15, top=y + size * 0.35, right=x + size * 0.85, bottom=y + size * 0.92),
        color,
        thick,
        radius_px=size * 0.1,
    )
    cv2.ellipse(
        canvas.image,
        (round(x + size / 2), round(y + size * 0.36)),
        (max(1, round(size * 0.2)), max(1, round(size * 0.24))),
        0,
        180,
        360,
        color,
        thick,
        cv2.LINE_AA,
    )


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
