"""Columns of tables that no upright rules part.

Boxes are (N, 5) on the flat page: left, top, right, bottom and the height of the letters. A row is the numbers of the
lines that stand in it, from left to right.
"""

import itertools
from collections.abc import Sequence

import numpy as np

from geulnun.core.arrays import Floats, Indices, Mask

Interval = tuple[float, float]

# Chosen by the rows of layout/table_columns.py in docs/experiments/layout.md.
_LEAST_GUTTER_RATIO = 0.15  # width of the white between two columns, over the letters' height, at least
_REACH_RATIO = 0.3  # a cell reaches into a column by so much, over the letters' height, or by all of what stands there
_SPANNING_SHARE = 0.25  # of the rows may have a cell that reaches over several columns,
_CROSSING_SHARE = 0.25  # and of the rows with something on both sides of a gutter, over that gutter


def find_gutters(boxes: Floats, rows: Sequence[Indices]) -> list[Interval]:
    """The white that parts the columns of a table, from left to right; none if the rows have no columns in common.

    Pieces of a column that never stand in one row, as a centred name and the figures at the right below it, are one.
    """
    every = np.concatenate(rows)
    spanning = _find_spanning(boxes, rows, every)
    crossed = sum(bool(np.isin(row, every[spanning]).any()) for row in rows)
    if spanning.all() or crossed > _SPANNING_SHARE * len(rows):
        return []
    narrow = [row[np.isin(row, every[~spanning])] for row in rows]
    parts = _find_parts(boxes, every[~spanning])
    groups = _group_parts(parts, _find_facing_parts(boxes, narrow, parts))
    gutters = [(parts[left[-1]][1], parts[right[0]][0]) for left, right in itertools.pairwise(groups)]
    return [gutter for gutter in gutters if not _is_crossed(boxes, rows, gutter)]


def _is_crossed(boxes: Floats, rows: Sequence[Indices], gutter: Interval) -> bool:
    """Whether many rows with something on both sides of a gutter have a cell over it."""
    low, high = gutter
    both = [row for row in rows if boxes[row, 0].min() < low and boxes[row, 2].max() > high]
    crossed = sum(bool(((boxes[row, 0] < low) & (boxes[row, 2] > high)).any()) for row in both)
    return crossed > _CROSSING_SHARE * len(both)


def _find_spanning(boxes: Floats, rows: Sequence[Indices], every: Indices) -> Mask:
    """(N,) which of these boxes reach over two boxes of some row."""
    pairs = np.array([pair for row in rows for pair in itertools.pairwise(row)], dtype=np.intp).reshape(-1, 2)
    reach = np.minimum(_REACH_RATIO * boxes[pairs, 4], boxes[pairs, 2] - boxes[pairs, 0])
    shared = np.minimum(boxes[every, 2, None, None], boxes[pairs, 2]) - np.maximum(
        boxes[every, 0, None, None], boxes[pairs, 0]
    )
    own = (every[:, None, None] == pairs).any(axis=2)
    return np.asarray(((shared >= reach).all(axis=2) & ~own).any(axis=1))


def _find_parts(boxes: Floats, members: Indices) -> list[Interval]:
    """The spans of x that boxes fill, white between them."""
    least = _LEAST_GUTTER_RATIO * float(np.median(boxes[members, 4]))
    order = members[np.argsort(boxes[members, 0], kind="stable")]
    reached = np.maximum.accumulate(boxes[order, 2])
    starts = np.flatnonzero(boxes[order[1:], 0] - reached[:-1] >= least) + 1
    lefts = boxes[order[np.insert(starts, 0, 0)], 0]
    return list(zip(lefts.tolist(), reached[np.append(starts - 1, len(order) - 1)].tolist(), strict=True))


def _find_facing_parts(boxes: Floats, rows: Sequence[Indices], parts: Sequence[Interval]) -> Mask:
    """(P, P) which two parts have something in the same row."""
    lefts = np.array([low for low, _ in parts])
    filled = np.zeros((len(rows), len(parts)), bool)
    for number, row in enumerate(rows):
        filled[number, np.searchsorted(lefts, boxes[row, 0], side="right") - 1] = True
    return np.asarray((filled[:, :, None] & filled[:, None, :]).any(axis=0))


def _group_parts(parts: Sequence[Interval], facing: Mask) -> list[range]:
    """The fewest runs of parts of which no two face each other, with the least white inside."""
    # (groups, white inside, end of the first group) of the best way on from each part, found from the last one back.
    ways = [(0, 0.0, 0)] * (len(parts) + 1)
    for first in reversed(range(len(parts))):
        found: list[tuple[int, float, int]] = []
        white = 0.0
        for end in range(first + 1, len(parts) + 1):
            if facing[first : end - 1, end - 1].any():
                break
            white += parts[end - 1][0] - parts[end - 2][1] if end - 1 > first else 0.0
            count, inside, _ = ways[end]
            found.append((count + 1, inside + white, end))
        ways[first] = min(found, key=lambda way: way[:2])
    groups: list[range] = []
    while (first := groups[-1].stop if groups else 0) < len(parts):
        groups.append(range(first, ways[first][2]))
    return groups
