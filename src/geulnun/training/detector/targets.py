"""Target maps of the detector: Gaussians over characters and over the gaps inside words.

Everything is in cells of the half-resolution map; the centre of cell (0, 0) lies at (0.5, 0.5).
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from geulnun.core.arrays import FloatMap, Floats, Ints, Quads
from geulnun.core.page import Page
from geulnun.runtime.detection.find_words import CELL_PX, SIGMA_RATIO
from geulnun.training.detector.gaussians import WINDOWS, Gaussian, draw_gaussians

_REACH_SIGMAS = 2.5
_LEAST_SIGMA = 0.6  # a narrower peak would fall between the cells
_STRAIGHT_RATIO = 0.02
_LEAST_PX, _MOST_PX = 6.0, 260.0  # of characters that are neither too small nor too large to ask for
_STEPS_PER_OCTAVE = 2  # Gaussians are drawn together whose sizes differ by less than a factor of sqrt(2)


def build_targets(
    words: Sequence[Quads],
    width_px: int,
    height_px: int,
    *,
    gaussian: Gaussian = "affine",
) -> tuple[FloatMap, FloatMap]:
    """Maps (2, H / 2, W / 2) of regions and affinities, and weights (H / 2, W / 2) that are 0 where nothing is asked.

    Args:
        words: the character quads (K, 4, 2) of each word in reading order, in pixels of the picture.
        width_px: of the picture.
        height_px: of the picture.
        gaussian: how Gaussians lie in their boxes; see `gaussians.WINDOWS`. Reading takes sigma for 0.3 of a side, as
            "affine" and "easyocr" have it.

    Source: Baek et al. 2019 (CRAFT): sigma 0.3 of the character's box, affinity boxes between the triangles of
    neighbouring boxes, maxima where they overlap.
    """
    shape = height_px // CELL_PX, width_px // CELL_PX
    maps = np.zeros((2, *shape), np.float32)
    weights = np.ones(shape, np.float32)
    if not words:
        return maps, weights
    quads = np.concatenate([np.reshape(word, (-1, 4, 2)) for word in words]) / CELL_PX
    word_numbers = np.repeat(np.arange(len(words)), [len(word) for word in words])
    heights = _measure_heights(quads) * CELL_PX
    asked = (heights >= _LEAST_PX) & (heights <= _MOST_PX)
    _clear_weights(weights, quads[~asked])
    linked = asked[1:] & asked[:-1] & (word_numbers[1:] == word_numbers[:-1])
    links = find_affinity_quads(quads)[linked]
    if gaussian == "affine":
        _add_gaussians(maps[0], quads[asked])
        _add_gaussians(maps[1], links)
    else:
        draw_gaussians(maps[0], quads[asked], WINDOWS[gaussian], affinity=False)
        draw_gaussians(maps[1], links, WINDOWS[gaussian], affinity=True)
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


def _clear_weights(weights: FloatMap, quads: Quads) -> None:
    """Set `weights` to 0 inside the quads, in place."""
    for quad in quads:
        cv2.fillConvexPoly(weights, np.round(quad * 16).astype(np.int32), 0.0, shift=4)


def _add_gaussians(target: FloatMap, quads: Quads) -> None:
    """Draw the Gaussian of every quad (K, 4, 2) onto `target` (h, w) in place, by maximum."""
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
    for alike in _group_by_size(last - first, seen & straight):
        xs, ys = _find_offsets(first[alike], last[alike], centers[alike])
        _raise_to(target, _draw_straight(xs, ys, sigmas[alike]), first[alike], last[alike])
    for alike in _group_by_size(last - first, seen & ~straight):
        xs, ys = _find_offsets(first[alike], last[alike], centers[alike])
        patches = _draw_slanted(xs, ys, axes[alike] * sigmas[alike, None])
        _raise_to(target, patches, first[alike], last[alike])


def _group_by_size(sizes: Ints, chosen: NDArray[np.bool_]) -> list[Ints]:
    """The places of the chosen among sizes (K, 2), parted so that the longest sides of each part are much alike."""
    places = np.flatnonzero(chosen)
    steps = np.ceil(_STEPS_PER_OCTAVE * np.log2(sizes[places].max(axis=1)))
    return [places[steps == step] for step in np.unique(steps)]


def _find_offsets(first: Ints, last: Ints, centers: Floats) -> tuple[Floats, Floats]:
    """Offsets (G, W) and (G, H) of the cells of each rectangle from its centre; W and H fit the largest of them.

    Args:
        first: (G, 2) the (x, y) of the first cell of each rectangle,
        last: and of the cell behind its last one.
        centers: (G, 2) in cells.
    """
    width, height = (last - first).max(axis=0)
    starts = first + 0.5 - centers
    return starts[:, :1] + np.arange(width), starts[:, 1:] + np.arange(height)


def _draw_straight(xs: Floats, ys: Floats, sigmas: Floats) -> FloatMap:
    """Gaussians (G, H, W) at offsets xs (G, W) and ys (G, H) from their centres, 0 beyond the reach of their sigmas."""
    columns, rows = (
        np.where(np.abs(far) > _REACH_SIGMAS, 0, np.exp(-0.5 * far * far)).astype(np.float32)
        for far in (xs / sigmas[:, :1], ys / sigmas[:, 1:])
    )
    return rows[:, :, None] * columns[:, None, :]


def _draw_slanted(xs: Floats, ys: Floats, axes: Floats) -> FloatMap:
    """The same where one sigma to the right and down are the columns of `axes` (G, 2, 2)."""
    inverse = np.linalg.inv(axes)
    by_x = (inverse[:, :, 0, None] * xs[:, None]).astype(np.float32)
    by_y = (inverse[:, :, 1, None] * ys[:, None]).astype(np.float32)
    squares = np.square(by_x[:, :, None, :] + by_y[:, :, :, None])
    patches = np.exp(-0.5 * squares.sum(axis=1))
    patches[squares.max(axis=1) > _REACH_SIGMAS**2] = 0
    return patches


def _raise_to(target: FloatMap, patches: FloatMap, first: Ints, last: Ints) -> None:
    """Draw patches (G, H, W) onto `target` (h, w) in place, by maximum, each inside its rectangle."""
    for patch, (left, top), (right, bottom) in zip(patches, first.tolist(), last.tolist(), strict=True):
        part = target[top:bottom, left:right]
        np.maximum(part, patch[: bottom - top, : right - left], out=part)
