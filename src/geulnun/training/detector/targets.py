"""What the detector should say about a page: Gaussians over characters and over the gaps inside words.

Everything is in cells of the half-resolution map; the centre of cell (0, 0) lies at (0.5, 0.5).
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from geulnun.core.page import Page
from geulnun.runtime.detection.find_words import CELL_PX, SIGMA_RATIO

FloatMap = NDArray[np.float32]
Floats = NDArray[np.float64]
Quads = Floats

_REACH_SIGMAS = 2.5
_LEAST_VALUE = float(np.exp(-0.5 * _REACH_SIGMAS**2))
_LEAST_SIGMA = 0.6  # a narrower peak would fall between the cells
_STRAIGHT_RATIO = 0.02


def build_targets(
    words: Sequence[Quads], width_px: int, height_px: int, *, least_px: float = 6.0, most_px: float = 260.0
) -> tuple[FloatMap, FloatMap]:
    """Maps (2, H / 2, W / 2) of regions and affinities, and weights (H / 2, W / 2) that are 0 where nothing is asked.

    Args:
        words: the character quads (K, 4, 2) of each word in reading order, in pixels of the picture.
        width_px: of the picture.
        height_px: of the picture.
        least_px: characters lower than this are too small to ask for,
        most_px: and higher ones too large.

    Source: Baek et al. 2019 (CRAFT): sigma 0.3 of the character's box, affinity boxes between the triangles of
    neighbouring boxes, maxima where they overlap.
    """
    shape = height_px // CELL_PX, width_px // CELL_PX
    maps = np.zeros((2, *shape), np.float32)
    weights = np.ones(shape, np.float32)
    characters: list[Quads] = []
    gaps: list[Quads] = []
    for word in words:
        quads = np.asarray(word, dtype=np.float64) / CELL_PX
        if not len(quads) or _is_outside(quads, shape):
            continue
        heights = _measure_heights(quads) * CELL_PX
        asked = (heights >= least_px) & (heights <= most_px)
        if not asked.all():
            _clear_weights(weights, quads[~asked])
        characters.append(quads[asked])
        gaps.append(find_affinity_quads(quads)[asked[1:] & asked[:-1]])
    for target, parts in zip(maps, (characters, gaps), strict=True):
        if parts:
            _add_gaussians(target, np.concatenate(parts))
    return maps, weights


def get_word_quads(page: Page) -> list[Quads]:
    """The character quads (K, 4, 2) of each word of a page."""
    return [np.array([char.quad.points for char in word.chars]).reshape(-1, 4, 2) for word in page.words]


def find_affinity_quads(quads: Quads) -> Quads:
    """The (K - 1, 4, 2) quads between the centres of the halves of neighbouring characters (K, 4, 2).

    They span the upper and lower triangles of characters side by side, the left and right ones of stacked characters.
    """
    first, second = quads[:-1], quads[1:]
    centers = quads.mean(axis=1)
    c1, c2 = centers[:-1], centers[1:]
    upper = [(q[:, 0] + q[:, 1] + c) / 3 for q, c in ((first, c1), (second, c2))]
    lower = [(q[:, 3] + q[:, 2] + c) / 3 for q, c in ((first, c1), (second, c2))]
    beside = np.stack([upper[0], upper[1], lower[1], lower[0]], axis=1)
    left = [(q[:, 0] + q[:, 3] + c) / 3 for q, c in ((first, c1), (second, c2))]
    right = [(q[:, 1] + q[:, 2] + c) / 3 for q, c in ((first, c1), (second, c2))]
    stacked = np.stack([left[0], right[0], right[1], left[1]], axis=1)
    return np.where(_are_stacked(first, c2 - c1)[:, None, None], stacked, beside)


def _are_stacked(quads: Quads, steps: Quads) -> NDArray[np.bool_]:
    """Whether each step (N, 2) leads down rather than along the axes of its quad (N, 4, 2)."""
    along = quads[:, 1] + quads[:, 2] - quads[:, 0] - quads[:, 3]
    down = quads[:, 3] + quads[:, 2] - quads[:, 0] - quads[:, 1]
    cosines = [
        np.abs((axis * steps).sum(axis=1)) / np.maximum(np.linalg.norm(axis, axis=1), 1e-9) for axis in (along, down)
    ]
    return cosines[1] > cosines[0]


def _measure_heights(quads: Quads) -> NDArray[np.float64]:
    sides = quads[:, [3, 2]] - quads[:, [0, 1]]
    return np.linalg.norm(sides, axis=2).mean(axis=1)


def _is_outside(quads: Quads, shape: tuple[int, int]) -> bool:
    reach = float(np.ptp(quads, axis=(0, 1)).max())
    low, high = quads.min(axis=(0, 1)) - reach, quads.max(axis=(0, 1)) + reach
    return bool(high[0] < 0 or high[1] < 0 or low[0] > shape[1] or low[1] > shape[0])


def _clear_weights(weights: FloatMap, quads: Quads) -> None:
    """Nothing; `weights` is 0 inside the quads afterwards."""
    for quad in quads:
        cv2.fillConvexPoly(weights, np.round(quad * 16).astype(np.int32), 0.0, shift=4)


def _add_gaussians(target: FloatMap, quads: Quads) -> None:
    """Nothing; `target` (h, w) holds at least the Gaussian of every quad (K, 4, 2) afterwards."""
    centers = quads.mean(axis=1)
    along = (quads[:, 1] + quads[:, 2] - quads[:, 0] - quads[:, 3]) / 2
    down = (quads[:, 3] + quads[:, 2] - quads[:, 0] - quads[:, 1]) / 2
    sides = np.stack([np.hypot(*along.T), np.hypot(*down.T)], axis=1)
    sigmas = np.maximum(SIGMA_RATIO * sides, _LEAST_SIGMA)
    straight = (np.abs(along[:, 1]) <= _STRAIGHT_RATIO * sides[:, 0]) & (
        np.abs(down[:, 0]) <= _STRAIGHT_RATIO * sides[:, 1]
    )
    axes = np.stack([along, down], axis=2) / np.maximum(sides, 1e-9)[:, None]
    reach = _REACH_SIGMAS * (np.abs(axes) * sigmas[:, None]).sum(axis=2)
    first = np.maximum(np.floor(centers - reach), 0).astype(int)
    last = np.minimum(np.ceil(centers + reach), target.shape[::-1]).astype(int)
    seen = (last > first).all(axis=1) & (sides > 1e-3).all(axis=1)
    for k in np.flatnonzero(seen):
        (left, top), (right, bottom) = first[k], last[k]
        xs = np.arange(left, right) + (0.5 - centers[k, 0])
        ys = np.arange(top, bottom) + (0.5 - centers[k, 1])
        patch = _draw_straight(xs, ys, sigmas[k]) if straight[k] else _draw_slanted(xs, ys, axes[k] * sigmas[k])
        part = target[top:bottom, left:right]
        np.maximum(part, patch, out=part, casting="same_kind")


def _draw_straight(xs: Floats, ys: Floats, sigmas: Floats) -> Floats:
    """The Gaussian at (ys x xs) offsets from its centre, 0 beyond its reach, which keeps to its own axes."""
    columns, rows = np.exp(-0.5 * (xs / sigmas[0]) ** 2), np.exp(-0.5 * (ys / sigmas[1]) ** 2)
    columns[columns < _LEAST_VALUE] = 0
    rows[rows < _LEAST_VALUE] = 0
    return rows[:, None] * columns[None, :]


def _draw_slanted(xs: Floats, ys: Floats, axes: Floats) -> Floats:
    """The same where one sigma to the right and down are the columns of `axes` (2, 2)."""
    inverse = np.linalg.inv(axes)
    u = inverse[0, 0] * xs[None, :] + inverse[0, 1] * ys[:, None]
    v = inverse[1, 0] * xs[None, :] + inverse[1, 1] * ys[:, None]
    patch = np.exp(-0.5 * (u * u + v * v))
    patch[(np.abs(u) > _REACH_SIGMAS) | (np.abs(v) > _REACH_SIGMAS)] = 0
    return patch
