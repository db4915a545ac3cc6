"""Gaussians as two published trainers of CRAFT draw them: through the perspective of each box."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from geulnun.core.arrays import FloatMap, Quads

Gaussian = Literal["affine", "easyocr", "open-ocr"]
"""How a target Gaussian lies in its box; "affine" is that of `targets`, which knows no perspective."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A square that holds a Gaussian and is laid over an enlarged box.

    Attributes:
        growth: side of the enlarged box over that of the box.
        sigma: standard deviation over the side of the window, for regions,
        affinity_sigma: and for affinities.
        crossing: whether boxes grow about the crossing of their diagonals, else about the mean of their corners.
        disc: whether the Gaussian ends at the inscribed circle, else at the window's edges.
    """

    growth: float
    sigma: float
    affinity_sigma: float
    crossing: bool
    disc: bool


WINDOWS: Mapping[Gaussian, Window] = {
    "easyocr": Window(growth=1.5, sigma=40 / 200, affinity_sigma=40 / 200, crossing=True, disc=True),
    "open-ocr": Window(growth=60 / 25, sigma=18.5 / 120, affinity_sigma=20 / 120, crossing=False, disc=False),
}
"""0.30 of a box's side as one sigma in EasyOCR's trainer; 0.37, and 0.40 for affinities, in Open-OCR-Engine's.

Source: JaidedAI/EasyOCR `trainer/craft` and YongWookHa/Open-OCR-Engine. Their corners cut to whole pixels, clamping to
the picture and maps of 8 bits are left out: they distort boxes at the border.
"""


def draw_gaussians(target: FloatMap, quads: Quads, window: Window, *, affinity: bool) -> None:
    """Draw the Gaussian of every quad (K, 4, 2) onto `target` (h, w) in place, by maximum."""
    sigma = window.affinity_sigma if affinity else window.sigma
    for quad in quads:
        _draw_gaussian(target, grow_quad(quad, window), sigma, disc=window.disc)


def grow_quad(quad: Quads, window: Window) -> Quads:
    """The quad (4, 2) enlarged about its centre."""
    center = find_crossing(quad) if window.crossing else quad.mean(axis=0)
    return np.asarray(center + window.growth * (quad - center))


def find_crossing(quad: Quads) -> Quads:
    """Where the diagonals of a quad (4, 2) cross, (2,); the mean of its corners where they are parallel."""
    first, second = quad[2] - quad[0], quad[3] - quad[1]
    across = first[0] * second[1] - first[1] * second[0]
    if abs(across) < 1e-9:
        return np.asarray(quad.mean(axis=0))
    apart = quad[1] - quad[0]
    share = (apart[0] * second[1] - apart[1] * second[0]) / across
    return np.asarray(quad[0] + share * first)


def _draw_gaussian(target: FloatMap, quad: Quads, sigma: float, *, disc: bool) -> None:
    """Raise the cells of `target` inside an enlarged quad to the Gaussian in its unit square."""
    height, width = target.shape
    left, top = np.maximum(np.floor(quad.min(axis=0)), 0).astype(int)
    right, bottom = np.minimum(np.ceil(quad.max(axis=0)), (width, height)).astype(int)
    if right <= left or bottom <= top or cv2.contourArea(quad.astype(np.float32)) < 1e-6:
        return
    unit = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), unit)
    xs, ys = np.meshgrid(np.arange(left, right) + 0.5, np.arange(top, bottom) + 0.5)
    places = np.stack([xs, ys, np.ones_like(xs)], axis=-1) @ matrix.T
    # Beyond the horizon of the perspective there is nothing of the box.
    seen = places[..., 2] > 1e-9
    offsets = places[..., :2] / np.where(seen, places[..., 2], 1)[..., None] - 0.5
    reach = np.linalg.norm(offsets, axis=-1) if disc else np.abs(offsets).max(axis=-1)
    values = np.exp(-0.5 * np.square(offsets / sigma).sum(axis=-1)) * (seen & (reach <= 0.5))
    part = target[top:bottom, left:right]
    np.maximum(part, values.astype(np.float32), out=part)
