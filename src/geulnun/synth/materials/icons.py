"""Pictograms of screens and signs: what stands beside text and is none, none of it like a symbol of the charset."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Ink = NDArray[np.uint8]
_SIDE = 96
_FULL = -1


def draw_icon(kind: str, side_px: int) -> Ink:
    """(side, side) uint8 coverage of a pictogram of `KINDS`."""
    canvas = np.zeros((_SIDE, _SIDE), np.uint8)
    _DRAWERS[kind](canvas)
    return np.asarray(cv2.resize(canvas, (side_px, side_px), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _draw_toggle(canvas: Ink) -> None:
    cv2.rectangle(canvas, (26, 28), (70, 68), 140, _FULL)
    cv2.circle(canvas, (26, 48), 20, 140, _FULL)
    cv2.circle(canvas, (70, 48), 26, 255, _FULL)


def _draw_battery(canvas: Ink) -> None:
    cv2.rectangle(canvas, (30, 16), (66, 86), 255, 5)
    cv2.rectangle(canvas, (40, 6), (56, 14), 255, _FULL)
    cv2.rectangle(canvas, (36, 50), (60, 80), 255, _FULL)


def _draw_wifi(canvas: Ink) -> None:
    for radius in (24, 44, 64):
        cv2.ellipse(canvas, (48, 82), (radius, radius), 0, 225, 315, 255, 9)
    cv2.circle(canvas, (48, 80), 8, 255, _FULL)


def _draw_bars(canvas: Ink) -> None:
    for i in range(4):
        cv2.rectangle(canvas, (10 + 20 * i, 76 - 18 * i), (22 + 20 * i, 86), 255, _FULL)


def _draw_globe(canvas: Ink) -> None:
    for width in (36, 15):
        cv2.ellipse(canvas, (48, 48), (width, 36), 0, 0, 360, 255, 5)
    for y in (34, 62):
        cv2.line(canvas, (16, y), (80, y), 255, 5)


def _draw_person(canvas: Ink) -> None:
    cv2.circle(canvas, (48, 30), 19, 255, _FULL)
    cv2.ellipse(canvas, (48, 90), (38, 34), 0, 180, 360, 255, _FULL)


def _draw_bulb(canvas: Ink) -> None:
    cv2.circle(canvas, (48, 36), 24, 255, 7)
    cv2.rectangle(canvas, (38, 62), (58, 84), 255, _FULL)
    for x in (8, 88):
        cv2.line(canvas, (x, 36), (x - 6 if x < 48 else x + 6, 36), 255, 6)


def _draw_lock(canvas: Ink) -> None:
    cv2.rectangle(canvas, (20, 42), (76, 86), 255, _FULL)
    cv2.ellipse(canvas, (48, 42), (18, 26), 0, 180, 360, 255, 8)
    cv2.circle(canvas, (48, 62), 7, 0, _FULL)


def _draw_lens(canvas: Ink) -> None:
    cv2.circle(canvas, (40, 40), 26, 255, 8)
    cv2.line(canvas, (60, 60), (86, 86), 255, 11)


def _draw_gear(canvas: Ink) -> None:
    for angle in np.arange(8) * np.pi / 4:
        x, y = 48 + 34 * np.cos(angle), 48 + 34 * np.sin(angle)
        cv2.circle(canvas, (round(x), round(y)), 9, 255, _FULL)
    cv2.circle(canvas, (48, 48), 30, 255, _FULL)
    cv2.circle(canvas, (48, 48), 13, 0, _FULL)


def _draw_house(canvas: Ink) -> None:
    points = np.array([(48, 8), (90, 46), (78, 46), (78, 88), (18, 88), (18, 46), (6, 46)], np.int32)
    cv2.fillPoly(canvas, [points], 255)
    cv2.rectangle(canvas, (40, 58), (56, 88), 0, _FULL)


def _draw_lines(canvas: Ink) -> None:
    for y in (22, 48, 74):
        cv2.line(canvas, (12, y), (84, y), 255, 9)


def _draw_grid(canvas: Ink) -> None:
    for x in (8, 36, 64):
        for y in (8, 36, 64):
            cv2.rectangle(canvas, (x, y), (x + 20, y + 20), 255, _FULL)


def _draw_bell(canvas: Ink) -> None:
    points = np.array([(48, 8), (72, 28), (76, 62), (88, 76), (8, 76), (20, 62), (24, 28)], np.int32)
    cv2.fillPoly(canvas, [points], 255)
    cv2.circle(canvas, (48, 84), 9, 255, _FULL)


def _draw_camera(canvas: Ink) -> None:
    cv2.rectangle(canvas, (6, 26), (90, 82), 255, _FULL)
    cv2.rectangle(canvas, (32, 14), (64, 28), 255, _FULL)
    cv2.circle(canvas, (48, 54), 19, 0, 7)


_DRAWERS: dict[str, Callable[[Ink], None]] = {
    "toggle": _draw_toggle,
    "battery": _draw_battery,
    "wifi": _draw_wifi,
    "bars": _draw_bars,
    "globe": _draw_globe,
    "person": _draw_person,
    "bulb": _draw_bulb,
    "lock": _draw_lock,
    "lens": _draw_lens,
    "gear": _draw_gear,
    "house": _draw_house,
    "lines": _draw_lines,
    "grid": _draw_grid,
    "bell": _draw_bell,
    "camera": _draw_camera,
}
KINDS = tuple(_DRAWERS)
