"""Pictograms of screens and signs, which stand beside text and are not text."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from geulnun.core.arrays import Coverage

_SIDE = 96
_FULL = -1
_Points = Sequence[tuple[float, float]]


def draw_icon(rng: np.random.Generator, kind: str, side_px: int) -> Coverage:
    """(side, side) uint8 coverage of a pictogram of `KINDS`, its strokes of a drawn width."""
    canvas = np.zeros((_SIDE, _SIDE), np.uint8)
    _DRAWERS[kind](canvas, rng, int(_SIDE * rng.uniform(0.05, 0.12)))
    return np.asarray(cv2.resize(canvas, (side_px, side_px), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _stroke(canvas: Coverage, thick: int, *points: tuple[float, float], closed: bool = False) -> None:
    """Draw a line through points, in shares of the side, on `canvas` in place."""
    corners = np.round(np.array(points) * _SIDE * 16).astype(np.int32)
    cv2.polylines(canvas, [corners], closed, 255, thick, cv2.LINE_AA, 4)


def _area(canvas: Coverage, points: _Points | NDArray[np.float64]) -> None:
    cv2.fillPoly(canvas, [np.round(np.asarray(points) * _SIDE * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)


def _disc(canvas: Coverage, x: float, y: float, radius: float, thick: int = _FULL, level: int = 255) -> None:
    centre = round(x * _SIDE * 16), round(y * _SIDE * 16)
    cv2.circle(canvas, centre, round(radius * _SIDE * 16), level, thick, cv2.LINE_AA, 4)


def _box(
    canvas: Coverage, left: float, top: float, right: float, bottom: float, thick: int = _FULL, level: int = 255
) -> None:
    corners = (round(left * _SIDE), round(top * _SIDE)), (round(right * _SIDE), round(bottom * _SIDE))
    cv2.rectangle(canvas, corners[0], corners[1], level, thick)


def _arc(
    canvas: Coverage, x: float, y: float, radii: tuple[float, float], span_deg: tuple[float, float], thick: int
) -> None:
    centre = round(x * _SIDE), round(y * _SIDE)
    axes = round(radii[0] * _SIDE), round(radii[1] * _SIDE)
    cv2.ellipse(canvas, centre, axes, 0, span_deg[0], span_deg[1], 255, thick, cv2.LINE_AA)


def _flip(rng: np.random.Generator, thick: int) -> int:
    """Filled or drawn as an outline."""
    return _FULL if rng.random() < 0.5 else thick


def _draw_toggle(canvas: Coverage, rng: np.random.Generator, thick: int) -> None:
    _box(canvas, 0.27, 0.29, 0.73, 0.71, level=140)
    _disc(canvas, 0.27, 0.5, 0.21, level=140)
    _disc(canvas, 0.73, 0.5, 0.27)


def _draw_battery(canvas: Coverage, rng: np.random.Generator, thick: int) -> None:
    _box(canvas, 0.31, 0.17, 0.69, 0.9, 5)
    _box(canvas, 0.42, 0.06, 0.58, 0.15)
    _box(canvas, 0.375, float(rng.uniform(0.25, 0.75)), 0.625, 0.83)


def _draw_wifi(canvas: Coverage, rng: np.random.Generator, thick: int) -> None:
    for radius in (0.25, 0.46, 0.67):
        _arc(canvas, 0.5, 0.85, (radius, radius), (225, 315), 9)
    _disc(canvas, 0.5, 0.83, 0.08)


def _draw_signal(canvas: Coverage, rng: np.random.Generator, thick: int) -> None:
    for i in range(4):
        _box(canvas, 0.1 + 0.21 * i, 0.79 - 0.19 * i, 0.23 + 0.21 * i, 0.9)


def _draw_globe(canvas: Coverage, rng: np.random.Generator, thick: int) -> None:
    for width in (0.375, 0.156):
        _arc(canvas, 0.5, 0.5, (width, 0.375), (0, 360), 5)
    for y in (0.35, 0.65):
        _stroke(canvas, 5, (0.17, y), (0.83, y))


def _draw_person(canvas: Coverage, rng: np.random.Generator, thick: int) -> None:
    width = _flip(rng, thick)
    _disc(canvas, 0.5, 0.31, 0.2, width)
    _arc(canvas, 0.5, 0.94, (0.39, 0.36), (180, 360), width)


def _draw_bulb(canvas: Coverage, rng: np.random.Generator, thick: int) -> None:
    _disc(canvas, 0.5, 0.38, 0.25, 7)
    _box(canvas, 0.4, 0.65, 0.6, 0.88)
    for x in (0.08, 0.92):
        _stroke(canvas, 6, (x, 0.38), (x - 0.06 if x < 0.5 else x + 0.06, 0.38))


def _draw_lock(canvas: Coverage, rng: np.random.Generator, thick: int) -> None:
    _box(canvas, 0.21, 0.44, 0.79, 0.9)
    _arc(canvas, 0.5, 0.44, (0.19, 0.27), (180, 360), 8)
    _disc(canvas, 0.5, 0.65, 0.07, level=0)


def _draw_lens(canvas: Coverage, rng: np.random.Generator, thick: int) -> None:
    _disc(canvas, 0.42, 0.42, 0.28, thick)
    _stroke(canvas, thick + 1, (0.63, 0.63), (0.9, 0.9))


def _draw_gear(canvas: Coverage, rng: np.random.Generator, thick: int) -> None:
    solid = rng.random() < 0.5
    for angle in np.arange(8) * np.pi / 4:
        x, y = float(np.cos(angle)), float(np.sin(angle))
        if solid:
            _disc(canvas, 0.5 + 0.35 * x, 0.5 + 0.35 * y, 0.09)
        else:
            _stroke(canvas, thick + 2, (0.5 + 0.3 * x, 0.5 + 0.3 * y), (0.5 + 0.44 * x, 0.5 + 0.44 * y))
    _disc(canvas, 0.5, 0.5, 0.3, _FULL if solid else thick)
    if solid:
        _disc(canvas, 0.5, 0.5, 0.13, level=0)


def _draw_house(canvas: Coverage, rng: np.random.Generator, thick: int) -> None:
    if rng.random() < 0.5:
        _area(canvas, [(0.5, 0.08), (0.94, 0.48), (0.81, 0.48), (0.81, 0.92), (0.19, 0.92), (0.19, 0.48), (0.06, 0.48)])
        _box(canvas, 0.42, 0.6, 0.58, 0.92, level=0)
        return
    _stroke(canvas, thick, (0.1, 0.5), (0.5, 0.12), (0.9, 0.5))
    _stroke(canvas, thick, (0.2, 0.45), (0.2, 0.88), (0.8, 0.88), (0.8, 0.45))


def _draw_bars(canvas: Coverage, rng: np.random.Generator, thick: int) -> None:
    for y in (0.22, 0.5, 0.78):
        _stroke(canvas, thick, (0.12, y), (0.88, y))


def _draw_grid(canvas: Coverage, rng: np.random.Generator, thick: int) -> None:
    for x in (0.08, 0.375, 0.67):
        for y in (0.08, 0.375, 0.67):
            _box(canvas, x, y, x + 0.21, y + 0.21)


def _draw_bell(canvas: Coverage, rng: np.random.Generator, thick: int) -> None:
    points = [(0.1, 0.77), (0.24, 0.58), (0.29, 0.3), (0.5, 0.1), (0.71, 0.3), (0.76, 0.58), (0.9, 0.77)]
    if rng.random() < 0.5:
        _area(canvas, points)
    else:
        _stroke(canvas, thick, *points, closed=True)
    _disc(canvas, 0.5, 0.87, 0.08)


def _draw_camera(canvas: Coverage, rng: np.random.Generator, thick: int) -> None:
    _box(canvas, 0.06, 0.27, 0.94, 0.85)
    _box(canvas, 0.33, 0.15, 0.67, 0.29)
    _disc(canvas, 0.5, 0.56, 0.2, 7, 0)


def _draw_arrow(canvas: Coverage, rng: np.random.Generator, thick: int) -> None:
    turn = int(rng.integers(4)) * np.pi / 2
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    for pairs in ([(-0.4, 0.0), (0.4, 0.0)], [(0.1, -0.3), (0.4, 0.0), (0.1, 0.3)]):
        _stroke(canvas, thick, *(np.array(pairs) @ spin.T + 0.5).tolist())


def _draw_chevron(canvas: Coverage, rng: np.random.Generator, thick: int) -> None:
    pairs: tuple[_Points, ...] = (
        ((0.35, 0.15), (0.65, 0.5), (0.35, 0.85)),
        ((0.65, 0.15), (0.35, 0.5), (0.65, 0.85)),
        ((0.15, 0.35), (0.5, 0.65), (0.85, 0.35)),
    )
    _stroke(canvas, thick, *pairs[int(rng.integers(3))])


def _draw_cross(canvas: Coverage, rng: np.random.Generator, thick: int) -> None:
    plus = rng.random() < 0.5
    first: _Points = ((0.5, 0.1), (0.5, 0.9)) if plus else ((0.2, 0.2), (0.8, 0.8))
    second: _Points = ((0.1, 0.5), (0.9, 0.5)) if plus else ((0.8, 0.2), (0.2, 0.8))
    for points in (first, second):
        _stroke(canvas, thick, *points)


def _draw_shape(canvas: Coverage, rng: np.random.Generator, thick: int, shape: NDArray[np.float64]) -> None:
    """A closed shape about the origin, filled or as an outline."""
    if rng.random() < 0.5:
        _area(canvas, shape + 0.5)
    else:
        _stroke(canvas, thick, *(shape + 0.5).tolist(), closed=True)


def _draw_heart(canvas: Coverage, rng: np.random.Generator, thick: int) -> None:
    t = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    _draw_shape(canvas, rng, thick, np.column_stack([16 * np.sin(t) ** 3, y]) / 36)


def _draw_star(canvas: Coverage, rng: np.random.Generator, thick: int) -> None:
    t = np.arange(10) * np.pi / 5 - np.pi / 2
    radius = np.where(np.arange(10) % 2 == 0, 0.5, 0.2)
    _draw_shape(canvas, rng, thick, np.column_stack([np.cos(t), np.sin(t)]) * radius[:, None])


def _draw_dots(canvas: Coverage, rng: np.random.Generator, thick: int) -> None:
    upright = rng.random() < 0.5
    for share in (0.2, 0.5, 0.8):
        _disc(canvas, 0.5 if upright else share, share if upright else 0.5, 0.09)


def _draw_mail(canvas: Coverage, rng: np.random.Generator, thick: int) -> None:
    _box(canvas, 0.08, 0.2, 0.92, 0.8, thick)
    _stroke(canvas, thick, (0.1, 0.25), (0.5, 0.55), (0.9, 0.25))


def _draw_check(canvas: Coverage, rng: np.random.Generator, thick: int) -> None:
    if rng.random() < 0.5:
        _disc(canvas, 0.5, 0.5, 0.45, thick)
    _stroke(canvas, thick, (0.25, 0.52), (0.44, 0.7), (0.76, 0.3))


def _draw_bag(canvas: Coverage, rng: np.random.Generator, thick: int) -> None:
    _box(canvas, 0.15, 0.35, 0.85, 0.92, thick)
    _arc(canvas, 0.5, 0.36, (0.2, 0.24), (180, 360), thick)


_DRAWERS: dict[str, Callable[[Coverage, np.random.Generator, int], None]] = {
    "toggle": _draw_toggle,
    "battery": _draw_battery,
    "wifi": _draw_wifi,
    "signal": _draw_signal,
    "globe": _draw_globe,
    "person": _draw_person,
    "bulb": _draw_bulb,
    "lock": _draw_lock,
    "lens": _draw_lens,
    "gear": _draw_gear,
    "house": _draw_house,
    "grid": _draw_grid,
    "bell": _draw_bell,
    "camera": _draw_camera,
    "mail": _draw_mail,
    "arrow": _draw_arrow,
    "chevron": _draw_chevron,
    "cross": _draw_cross,
    "heart": _draw_heart,
    "star": _draw_star,
    "dots": _draw_dots,
    "check": _draw_check,
    "bars": _draw_bars,
    "bag": _draw_bag,
}
KINDS = tuple(_DRAWERS)
UNLIKE_SYMBOLS = KINDS[:15]
"""Those that no character of the charset looks like; a recogniser would have to read a star or an arrow."""
