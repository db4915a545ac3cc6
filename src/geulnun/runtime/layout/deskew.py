"""Deskewing: skew and perspective of a page, estimated from its text lines."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from geulnun.core.arrays import Floats, find_weighted_median

# Chosen by eye on drawn and photographed pages; there is no row of docs/experiments for them.
_ODD_SLOPE = 0.15  # lines that differ from most by more, as a gradient, say nothing about the page
_LEAST_LINES = 6
_SHORT_LENGTH = 2.0  # a line no longer than this over its height says hardly anything of the slope:
_LEAST_WEIGHT = 0.05  # it weighs so much
_LEAST_EXTENT = 4.0  # letters that lines must be apart on the page, for a perspective
_EVEN_RESISTANCE = 0.05  # against slopes that change, over the weight of the lines
_CURL_SLOPE = 0.05  # lines whose slope differs by less follow the curl,
_CURLED_SHARE = 0.8  # so much of all text on a curled page,
_CURLED_GAIN = 0.2  # and so much more than follows an even slope
_CURLED_LENGTH = 3.0  # over its height, of a line that is asked, at least
_LEAST_CURLED_WEIGHT = 0.01  # of shorter ones
_CURL_RESISTANCE = 0.01  # as against even slopes
_CURL_ROUNDS = 8
_UNDO_ROUNDS = 10
_LEAST_SCALE = 0.2  # of heights where a page seen at an angle is farthest
_FAR_RATIO = 3.0  # letters between the middles of lines that may face each other, at least
_LEVEL_RATIO = 0.2  # of a letter, by which the middles of lines that face each other differ
_TILTS = np.linspace(-1, 1, 41)  # that are tried, in letters over the width of the text
_LEVEL_SLOPE = 0.01  # lines that slope less are level
_SLANTS = np.linspace(-1.5, 1.5, 13)  # that are tried beside that of a turned page, over its slope
_SLANT_GAIN = 1.35  # more lines below one another, at least, for columns that do not stand square to their lines


@dataclass(frozen=True, slots=True)
class Flattening:
    """Undoes a page's tilt, perspective and curl.

    The slope of the lines is taken to change smoothly over the page, slope = a + b x + c y + d x^2. Every point is
    carried along the slopes to the middle of the page, so that what stands in one row comes to the same height.
    """

    slope: tuple[float, float, float, float]
    slant: float
    center: tuple[float, float]

    @classmethod
    def fit(cls, corners: Floats) -> Self:
        """That of lines with these quads (N, 4, 2)."""
        slope, center = _fit_slopes(corners)
        a, b, c, d = slope.tolist()
        slant = _fit_slant(corners - center, a)
        fitted = cls((a, b, c, d), slant, (float(center[0]), float(center[1])))
        return replace(fitted, slope=(a + _find_facing_tilt(fitted(corners)), b, c, d)) if d else fitted

    def __call__(self, points: Floats) -> Floats:
        """The points (..., 2) on the flat page, whose origin is the lines' mean place."""
        x, y = np.moveaxis(points - self.center, -1, 0)
        level, by_x, by_y, curl = self.slope
        # y' = y - x (a + b x / 2 + c (y + y') / 2 + d x^2 / 3), solved for y'.
        sunk = x * (level + by_x * x / 2 + curl * x**2 / 3)
        risen = (y * (1 - by_y * x / 2) - sunk) / np.maximum(1 + by_y * x / 2, _LEAST_SCALE)
        run = x + self.slant * y
        return np.stack([run, risen], axis=-1)


def undo_flattening(flattening: Flattening, points: Floats) -> Floats:
    """The points (..., 2) of the flat page on the page as it lies."""
    run, risen = np.moveaxis(np.asarray(points, np.float64), -1, 0)
    level, by_x, by_y, curl = flattening.slope
    x, y = run, risen
    for _ in range(_UNDO_ROUNDS):
        x = run - flattening.slant * y
        sunk = x * (level + by_x * x / 2 + curl * x**2 / 3)
        near, far = np.maximum(1 + by_y * x / 2, _LEAST_SCALE), np.maximum(1 - by_y * x / 2, _LEAST_SCALE)
        y = (risen * near + sunk) / far
    return np.stack([x, y], axis=-1) + flattening.center


def _fit_slopes(corners: Floats) -> tuple[Floats, Floats]:
    """(a, b, c, d) of the slope about the lines' mean place, and that place. Short lines count little."""
    starts, ends = (corners[:, 0] + corners[:, 3]) / 2, (corners[:, 1] + corners[:, 2]) / 2
    middle, step = (starts + ends) / 2, ends - starts
    height = np.linalg.norm(corners[:, 3] - corners[:, 0], axis=1)
    length = np.linalg.norm(step, axis=1)
    center = middle.mean(axis=0)
    slopes = step[:, 1] / np.where(np.abs(step[:, 0]) < 1e-6, 1e-6, step[:, 0])
    weight = np.maximum(length / height - _SHORT_LENGTH, _LEAST_WEIGHT)
    x, y = (middle - center).T
    terms = np.column_stack([np.ones(len(x)), x, y, x**2])
    even = _fit_even_slopes(terms, slopes, weight, _LEAST_EXTENT * float(np.median(height)))
    if len(corners) < _LEAST_LINES:
        return even, center
    # The slope of a short line is a guess, as that of the page.
    sure = np.maximum(length / height - _CURLED_LENGTH, _LEAST_CURLED_WEIGHT)
    curled = _fit_curled_slopes(terms, slopes, sure)
    followed = [float(sure @ (np.abs(terms @ fit - slopes) < _CURL_SLOPE) / sure.sum()) for fit in (even, curled)]
    is_curled = followed[1] >= max(_CURLED_SHARE, followed[0] + _CURLED_GAIN)
    return (curled if is_curled else even), center


def _fit_even_slopes(terms: Floats, slopes: Floats, weight: Floats, least_extent_px: float) -> Floats:
    """(a, b, c, 0) of the slopes (N,) of lines at `terms` (N, 4): 1, x, y, x^2; those that are odd say nothing."""
    typical = find_weighted_median(slopes, weight)
    usable = np.abs(slopes - typical) < _ODD_SLOPE
    extent = np.ptp(terms[usable, 1:3], axis=0) if usable.any() else np.zeros(2)
    if usable.sum() < _LEAST_LINES or extent.min() < least_extent_px:
        return np.array([typical, 0.0, 0.0, 0.0])
    chosen = terms[usable, :3]
    # A little resistance against slopes that change: few lines must not invent a perspective.
    resist = np.diag([0.0, *(_EVEN_RESISTANCE * weight[usable].sum() * extent**2 / 12)])
    weighted = chosen.T * weight[usable]
    return np.append(np.linalg.solve(weighted @ chosen + resist, weighted @ slopes[usable]), 0.0)


def _fit_curled_slopes(terms: Floats, slopes: Floats, weight: Floats) -> Floats:
    """(a, b, c, d) of the slopes of lines on curled paper, where those at its left and right differ much.

    Source: Holland and Welsch 1977, Robust regression using iteratively reweighted least-squares.
    """
    scale = np.maximum(np.abs(terms).max(axis=0), 1e-9)
    scaled = terms / scale
    trust = weight
    fit = np.zeros(4)
    for _ in range(_CURL_ROUNDS):
        weighted = scaled.T * trust
        resist = np.diag([0.0, *[_CURL_RESISTANCE * trust.sum()] * 3])
        fit = np.linalg.solve(weighted @ scaled + resist, weighted @ slopes)
        trust = weight / (1 + ((scaled @ fit - slopes) / _CURL_SLOPE) ** 2)
    return np.asarray(fit / scale)


def _find_facing_tilt(corners: Floats) -> float:
    """The slope left in a page that was laid flat (N, 4, 2), by which the most lines come to face another one."""
    x, y = corners.mean(axis=1).T
    height = float(np.median(np.ptp(corners[:, :, 1], axis=1)))
    across, down = np.subtract.outer(x, x), np.subtract.outer(y, y)
    pairs = (across > _FAR_RATIO * height) & (np.abs(down) < height)
    tilts = _TILTS * height / max(float(np.ptp(x)), height)

    def count(tilt: float) -> float:
        return float(np.exp(-(((down - tilt * across)[pairs] / (_LEVEL_RATIO * height)) ** 2)).sum())

    return float(max(tilts.tolist(), key=lambda tilt: (count(tilt), -abs(tilt))))


def _fit_slant(corners: Floats, level: float) -> float:
    """How much columns lean to the left going down: on a turned page as much as its lines sink to the right.

    A page seen at an angle may have sloping lines and upright columns. What brings the most lines to begin, and to
    end, below one another is right; as of a turned page unless another slant is clearly better.
    """
    if abs(level) < _LEVEL_SLOPE or len(corners) < _LEAST_LINES:
        return level
    letter = float(np.median(np.linalg.norm(corners[:, 3] - corners[:, 0], axis=1)))
    sides = [(corners[:, a] + corners[:, b]) / 2 for a, b in ((0, 3), (1, 2))]

    def count(slant: float) -> float:
        return sum(
            float((np.abs(np.subtract.outer(place, place)) < letter / 2).mean())
            for place in (side[:, 0] + slant * side[:, 1] for side in sides)
        )

    slants = level + _SLANTS * abs(level)
    best = max(slants.tolist(), key=count)
    return best if count(best) > _SLANT_GAIN * count(level) else level
