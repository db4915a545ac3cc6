"""What arrays hold, as types, and the few operations on them that several packages share."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
"""Real numbers of whichever precision: points, lengths, ratios, probabilities."""

Ints = NDArray[np.signedinteger[Any]]
"""Whole numbers: counts and positions."""

Indices = NDArray[np.intp]
"""Numbers of rows of another array."""

Mask = NDArray[np.bool_]
"""Which of the rows, or cells, of another array."""

FloatMap = NDArray[np.float32]
"""Values of a network: (H, W) or (C, H, W) of a map, (N, ...) of what it takes and gives."""

GreyImage = NDArray[np.uint8]
"""(H, W) luminance."""

RgbImage = NDArray[np.uint8]
"""(H, W, 3) colours."""

Pixels = NDArray[np.uint8]
"""(H, W) luminance or (H, W, 3) colours."""

Coverage = NDArray[np.uint8]
"""(H, W) how much of each pixel ink covers, 255 = all."""

Quads = Floats
"""(N, 4, 2) or (4, 2) corners, clockwise from the text's own top left."""


def find_top(values: Floats, count: int) -> Indices:
    """Columns of the `count` largest of each row of (N, K), fewer where the rows are shorter, largest first."""
    count = min(count, values.shape[1])
    kept = np.argpartition(-values, count - 1, axis=1)[:, :count]
    order = np.argsort(-np.take_along_axis(values, kept, axis=1), axis=1, kind="stable")
    return np.take_along_axis(kept, order, axis=1)


def find_weighted_median(values: Floats, weights: Floats) -> float:
    """The value that those on either side of it do not outweigh.

    Args:
        values: (N,), one at least.
        weights: (N,) positive.
    """
    order = np.argsort(values)
    shares = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(shares, shares[-1] / 2)])


def find_quantile(values: Floats, share: float) -> float:
    """As `np.quantile` of one axis, which takes ten times as long for the few characters of a line."""
    ordered = np.sort(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    return float(ordered[low] + (place - low) * (ordered[min(low + 1, len(ordered) - 1)] - ordered[low]))


def find_nearest_rank(values: NDArray[np.integer[Any]], share: float) -> int:
    """The quantile that is one of the values (N,), never between two; `np.percentile` takes five times as long."""
    place = round(share * (values.size - 1))
    return int(np.partition(values, place)[place])


def find_roots(total: int, first: Indices, second: Indices) -> Indices:
    """(total,) the smallest number connected with each of 0..total-1 by the pairs first-second."""
    root = np.arange(total)
    while True:
        root_first, root_second = root[first], root[second]
        if np.array_equal(root_first, root_second):
            return root
        smaller = np.minimum(root_first, root_second)
        np.minimum.at(root, root_first, smaller)
        np.minimum.at(root, root_second, smaller)
        while not np.array_equal(root, root[root]):
            root = root[root]


def group_pairs(total: int, pairs: Indices) -> list[list[int]]:
    """The numbers 0..total-1 in groups of those that pairs (N, 2) connect."""
    if not total:
        return []
    roots = find_roots(total, *pairs.T)
    order = np.argsort(roots, kind="stable")
    return [group.tolist() for group in np.split(order, np.flatnonzero(np.diff(roots[order])) + 1)]
