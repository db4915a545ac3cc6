"""Pages that lie askew or were photographed from a side, laid flat by their lines alone."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

_ODD_SLOPE = 0.15  # lines that differ from most by more, as a gradient, say nothing about the page
_LEAST_LINES = 6
_LEVEL_SLOPE = 0.01  # lines that slope less are level
_SLANT_GAIN = 1.35  # more lines below one another, at least, for columns that do not stand square to their lines


@dataclass(frozen=True, slots=True)
class Flattening:
    """Undoes a page's tilt and perspective.

    The slope of the lines is taken to change evenly over the page, slope = a + b x + c y. Every point is carried
    along the slopes to the middle of the page, so that what stands in one row comes to the same height.
    """

    slope: tuple[float, float, float]
    slant: float
    center: tuple[float, float]

    @classmethod
    def fit(cls, corners: Floats) -> Self:
        """That of lines with these quads (N, 4, 2)."""
        slope, center = _fit_slopes(corners)
        slant = _fit_slant(corners - center, float(slope[0]))
        return cls((float(slope[0]), float(slope[1]), float(slope[2])), slant, (float(center[0]), float(center[1])))

    def __call__(self, points: Floats) -> Floats:
        """The points (..., 2) on the flat page, whose origin is the lines' mean place."""
        x, y = np.moveaxis(points - self.center, -1, 0)
        level, by_x, by_y = self.slope
        # y' = y - x (a + b x / 2 + c (y + y') / 2), solved for y'.
        risen = (y * (1 - by_y * x / 2) - x * (level + by_x * x / 2)) / np.maximum(1 + by_y * x / 2, 0.2)
        run = x + self.slant * y
        return np.stack([run, risen], axis=-1)


def _fit_slopes(corners: Floats) -> tuple[Floats, Floats]:
    """(a, b, c) of the slope about the lines' mean place, and that place. Short lines count little."""
    starts, ends = (corners[:, 0] + corners[:, 3]) / 2, (corners[:, 1] + corners[:, 2]) / 2
    middle, step = (starts + ends) / 2, ends - starts
    height = np.linalg.norm(corners[:, 3] - corners[:, 0], axis=1)
    length = np.linalg.norm(step, axis=1)
    center = middle.mean(axis=0)
    slopes = step[:, 1] / np.where(np.abs(step[:, 0]) < 1e-6, 1e-6, step[:, 0])
    order = np.argsort(slopes)
    weight = np.maximum(length / height - 2, 0.05)
    shares = np.cumsum(weight[order])
    typical = slopes[order][np.searchsorted(shares, shares[-1] / 2)]
    usable = np.abs(slopes - typical) < _ODD_SLOPE
    extent = np.ptp(middle[usable], axis=0) if usable.any() else np.zeros(2)
    if usable.sum() < _LEAST_LINES or extent.min() < 4 * np.median(height):
        return np.array([typical, 0.0, 0.0]), center
    terms = np.column_stack([np.ones(len(middle)), middle - center])[usable]
    # A little resistance against slopes that change: few lines must not invent a perspective.
    resist = np.diag([0.0, *(0.05 * weight[usable].sum() * extent**2 / 12)])
    weighted = terms * weight[usable, None]
    fitted = np.linalg.solve(weighted.T @ terms + resist, weighted.T @ slopes[usable])
    return np.asarray(fitted), center


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

    slants = level + np.linspace(-1.5, 1.5, 13) * abs(level)
    best = max(slants.tolist(), key=count)
    return best if count(best) > _SLANT_GAIN * count(level) else level
