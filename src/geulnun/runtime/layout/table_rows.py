"""Rows of tables that no level rules part: which lines below each other are one row of cells.

Boxes are (N, 5) on the flat page: left, top, right, bottom and the height of the letters. Rows, and the bands of a page
that white parts, are the numbers of the lines that stand in them.
"""

import functools
import itertools
from collections.abc import Sequence

import numpy as np

from geulnun.core.arrays import Floats, Indices
from geulnun.runtime.layout.columns import SPACING_RATIO

# Chosen by eye on drawn pages, without a row of docs/experiments; benchmarks/tables.py measures them together.
_LEAST_WHITE_RATIO = 0.2  # that counts as white between the lines of a cell, over the letters' height
_APART_RATIO = 1.5  # white between rows over that between the lines of a cell, at least
_MOST_COMPLETE = 1  # lines of a row that have something in several cells
# Chosen by the rows of layout/table_rows.py in docs/experiments/layout.md.
CENTRED_RATIO = 0.3
"""Between the middles of the cells of one row, over the letters' height, at most."""
_MOST_BANDS = 9  # of one row


def join_close_rows(boxes: Floats, rows: Sequence[Indices]) -> list[Indices]:
    """The rows of a table, those made one in which lines of the same cells stand clearly closer than rows do."""
    if len(rows) < 3:
        return list(rows)
    gaps = np.array([boxes[below, 1].min() - boxes[above, 3].max() for above, below in itertools.pairwise(rows)])
    height = float(np.median(boxes[np.concatenate(rows), 4]))
    close = gaps < SPACING_RATIO * height
    if close.all() or not close.any():
        return list(rows)
    if gaps[~close].min() < _APART_RATIO * max(gaps[close].max(), _LEAST_WHITE_RATIO * height):
        return list(rows)
    groups = np.split(np.arange(len(rows)), np.flatnonzero(~close) + 1)
    # Rows that fill the same columns stand in groups for another reason, and so does a name above its figures.
    if any(sum(len(rows[row]) > 1 for row in group) > _MOST_COMPLETE for group in groups):
        return list(rows)
    if any(len(group) > 1 and len(rows[group[-1]]) > 1 for group in groups):
        return list(rows)
    return [np.concatenate([rows[row] for row in group]) for group in groups]


def join_centred_rows(boxes: Floats, bands: Sequence[Indices], columns: Indices) -> list[Indices]:
    """The rows of a table whose cells are centred on each other's middles, from bands parted by white.

    The lines of a tall cell stand above and below those of the cells beside it, so that a row may be several bands. Of
    all ways to join bands that one is taken which leaves the fewest with something in one column only.

    Args:
        boxes: (N, 5) of all lines.
        bands: from top to bottom.
        columns: (N,) the column of each line of the bands.
    """

    @functools.cache
    def join_rest(first: int) -> tuple[int, int, tuple[range, ...]]:
        """Bands alone in a column, rows, and the rows, of the bands from `first` on."""
        if first == len(bands):
            return 0, 0, ()
        found = []
        for end in range(first + 1, min(first + _MOST_BANDS, len(bands)) + 1):
            alone = len(np.unique(columns[bands[first]])) == 1
            if end == first + 1 or _is_centred(boxes, bands[first:end], columns):
                left, count, rows = join_rest(end)
                found.append((left + (alone and end == first + 1), count + 1, (range(first, end), *rows)))
        return min(found, key=lambda each: (each[0], -each[1]))

    for last in range(len(bands) - 1, 0, -_MOST_BANDS):
        join_rest(last)  # from the end on, so that it never calls itself more than a few times deep
    return [np.concatenate([bands[band] for band in row]) for row in join_rest(0)[2]]


def _is_centred(boxes: Floats, bands: Sequence[Indices], columns: Indices) -> bool:
    """Whether bands are one row: the cells have one middle, and all but one band have something in few columns."""
    filled = sorted(len(np.unique(columns[band])) for band in bands)
    if 2 * filled[-2] > filled[-1]:
        return False
    members = np.concatenate(bands)
    cells = [members[columns[members] == column] for column in np.unique(columns[members])]
    middles = [boxes[cell, 1].min() + boxes[cell, 3].max() for cell in cells]
    return len(cells) > 1 and float(np.ptp(middles)) / 2 < CENTRED_RATIO * float(np.median(boxes[members, 4]))
