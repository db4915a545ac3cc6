"""Tables without rules: rows that follow each other with white at the same places."""

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from geulnun.core.arrays import Floats, Indices
from geulnun.runtime.layout.columns import GUTTER_RATIO
from geulnun.runtime.layout.table_columns import Interval, find_gutters
from geulnun.runtime.layout.table_rows import join_close_rows
from geulnun.runtime.layout.tables import Grid, GridCell

Row = Sequence[int]

# Chosen by eye on drawn pages, without a row of docs/experiments; benchmarks/tables.py measures them together.
_ROW_GAP = 3.0  # white between the rows of a table, over the letters' height, at most
_ROW_GAP_RATIO = 2.5  # and over the usual white between its rows
_LEAST_ROWS = 2  # with several cells
_ALIGNED_RATIO = 0.6  # the cells of a column begin, end or have their middles so close, over the letters' height,
_ALIGNED_SHARE = 0.7  # for this share of them,
_COLUMNS_SHARE = 0.6  # in this share of the columns
_INSIDE_RATIO = 0.3  # a cell counts from so far inside its box, over the letters' height,
_INSIDE_SHARE = 0.4  # or from this share of its width, if that is less


class Table(NamedTuple):
    """Rows `start` to `end` (not included) that are a table."""

    start: int
    end: int
    grid: Grid


def find_aligned_tables(boxes: Floats, rows: Sequence[Row]) -> Iterator[Table]:
    """The tables among rows of facing lines.

    Args:
        boxes: (N, 5) of the lines on the flat page.
        rows: numbers of lines from left to right, in reading order.
    """
    start = 0
    while start < len(rows):
        end = _find_end(boxes, rows, start)
        numbers = [np.array(row, dtype=np.intp) for row in rows[start:end]]
        bands = join_close_rows(boxes, numbers)
        gutters = find_gutters(boxes, numbers) if numbers else []
        if sum(len(row) > 1 for row in rows[start:end]) >= _LEAST_ROWS and gutters:
            grid = build_aligned_grid(boxes, bands, gutters)
            if _is_aligned(boxes, grid):
                yield Table(start, end, grid)
                start = end
                continue
        start += 1


def _find_end(boxes: Floats, rows: Sequence[Row], start: int) -> int:
    """Where the longest run of rows from `start` that shares its gutters ends."""
    if len(rows[start]) < 2:
        return start
    height = float(np.median(boxes[rows[start], 4]))
    white = _find_white(boxes, rows[start])
    end = start + 1
    gaps: list[float] = []
    for number in range(start + 1, len(rows)):
        above, row = rows[number - 1], rows[number]
        gap = float(boxes[row, 1].min() - boxes[above, 3].max())
        most = min(_ROW_GAP * height, max(_ROW_GAP_RATIO * float(np.median(gaps)), height) if gaps else np.inf)
        if not -height < gap <= most:
            break
        if len(row) == 1:
            left, right = boxes[row[0], 0], boxes[row[0], 2]
            if all(left < low and right > high for low, high in _list_inner(white)):
                break
            continue
        rest = _intersect(white, _find_white(boxes, row), GUTTER_RATIO * height)
        if not _list_inner(rest):
            break
        white, end = rest, number + 1
        gaps.append(gap)
    return end


def _find_white(boxes: Floats, row: Row) -> list[Interval]:
    """The white before, between and behind the cells of a row, from left to right."""
    ends = boxes[row, 2].tolist(), boxes[row, 0].tolist()
    return list(zip([-np.inf, *ends[0]], [*ends[1], np.inf], strict=True))


def _list_inner(white: Sequence[Interval]) -> list[Interval]:
    """The white that has something on both sides."""
    return [each for each in white if np.isfinite(each).all()]


def _intersect(first: Sequence[Interval], second: Sequence[Interval], least: float) -> list[Interval]:
    both = [(max(a, c), min(b, d)) for a, b in first for c, d in second]
    return [(low, high) for low, high in both if high - low >= least]


def build_aligned_grid(boxes: Floats, bands: Sequence[Indices], gutters: Sequence[Interval]) -> Grid:
    """The cells of rows (`bands`), in columns that white (`gutters`) parts."""
    edges = np.array([low + high for low, high in gutters]) / 2
    cells = []
    for number, members in enumerate(bands):
        firsts, lasts = (np.searchsorted(edges, _shrink(boxes[members], side)) for side in (0, 2))
        columns = sorted({int(first) for first in firsts})
        for column, after in itertools.zip_longest(columns, columns[1:], fillvalue=len(gutters) + 1):
            inside = firsts == column
            last = min(int(lasts[inside].max()) + 1, after)
            cells.append(
                GridCell(members=tuple(members[inside].tolist()), rows=(number, number + 1), columns=(column, last))
            )
    return tuple(cells)


def _shrink(boxes: Floats, side: int) -> Floats:
    """The left (0) or right (2) of boxes, a little inside them."""
    inside = np.minimum(_INSIDE_RATIO * boxes[:, 4], _INSIDE_SHARE * (boxes[:, 2] - boxes[:, 0]))
    return np.asarray(boxes[:, side] + (inside if side == 0 else -inside))


def _is_aligned(boxes: Floats, grid: Grid) -> bool:
    """Whether the cells of most columns begin, end or have their middles below each other."""
    height = float(np.median(boxes[[number for cell in grid for number in cell.members], 4]))
    aligned = []
    for column in sorted({cell.columns[0] for cell in grid}):
        cells = [cell for cell in grid if cell.columns == (column, column + 1)]
        places = np.array([[boxes[list(cell.members), 0].min(), boxes[list(cell.members), 2].max()] for cell in cells])
        if len(places) < 2:
            continue
        sides = np.column_stack([places, places.mean(axis=1)])
        near = np.abs(sides - np.median(sides, axis=0)) < _ALIGNED_RATIO * height
        aligned.append(near.mean(axis=0).max() >= _ALIGNED_SHARE)
    return len(aligned) > 1 and sum(aligned) >= _COLUMNS_SHARE * len(aligned)
