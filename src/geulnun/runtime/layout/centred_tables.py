"""Tables without rules whose cells have several lines and are centred on the middle of their row.

Such lines face nothing, so that reading order alone would tear the cells apart. Boxes are (N, 5) on the flat page:
left, top, right, bottom and the height of the letters.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from geulnun.core.arrays import Floats, Indices
from geulnun.runtime.layout.alignment import build_aligned_grid
from geulnun.runtime.layout.columns import GUTTER_RATIO, is_running_text, split_boxes
from geulnun.runtime.layout.rows import chain_rows
from geulnun.runtime.layout.table_columns import find_gutters
from geulnun.runtime.layout.table_rows import CENTRED_RATIO, join_centred_rows
from geulnun.runtime.layout.tables import Grid

# Chosen by the rows of layout/centred_tables.py in docs/experiments/layout.md.
_MOST_WHITE = 3.0  # between the bands of a table, over the letters' height
_LEAST_ROWS = 3
_MOST_LINES = 5  # of a cell
_LEAST_UNEVEN = 2  # rows of cells with different numbers of lines
_CENTRED_SHARE = 0.9  # of the rows
_EVEN_RATIO = 0.2  # by which the steps between the lines of an even column differ from the usual one, at most,
_EVEN_SHARE = 0.7  # for this share of them
_MOST_TEXTS = 1  # columns of running text
_LEAST_FILLED = 0.7  # of the cells


def find_centred_tables(boxes: Floats, free: Indices, facing: Indices) -> list[Grid]:
    """The tables among lines, each with rows whose cells have different numbers of lines.

    Args:
        boxes: (N, 5) of all lines.
        free: numbers of the horizontal ones that stand in no table yet.
        facing: (N,) which line each faces at its right, -1 for none.
    """
    if len(free) < 2 * _LEAST_ROWS:
        return []
    return [
        grid
        for run in _find_runs(boxes, split_boxes(boxes, free, axis=1))
        if len(run) >= _LEAST_ROWS and (grid := _build_table(boxes, run, facing)) is not None
    ]


def _find_runs(boxes: Floats, bands: Sequence[Indices]) -> Iterator[list[Indices]]:
    """Bands that follow each other closely, with white from top to bottom in common."""
    run: list[Indices] = []
    for band in bands:
        if run and not _goes_on(boxes, run, band):
            yield run
            run = []
        run.append(band)
    if run:
        yield run


def _goes_on(boxes: Floats, run: Sequence[Indices], band: Indices) -> bool:
    """Whether a band stands close below a run, and white parts both from top to bottom."""
    members = np.concatenate([*run, band])
    height = float(np.median(boxes[members, 4]))
    near = boxes[band, 1].min() - boxes[run[-1], 3].max() < _MOST_WHITE * height
    return bool(near) and len(split_boxes(boxes, members, axis=0, least_gap=GUTTER_RATIO * height)) > 1


def _build_table(boxes: Floats, run: Sequence[Indices], facing: Indices) -> Grid | None:
    """The table that bands are; None if they are none."""
    members = np.concatenate(run)
    own = np.where(np.isin(np.arange(len(boxes)), members), facing, -1)
    inside = set(members.tolist())
    rows = [np.array(row) for row in chain_rows(own) if row[0] in inside]
    gutters = find_gutters(boxes, rows)
    if not gutters:
        return None
    columns = np.searchsorted([low + high for low, high in gutters], boxes[:, 0] + boxes[:, 2])
    texts = [is_running_text(boxes, members[columns[members] == column]) for column in np.unique(columns[members])]
    if sum(texts) > _MOST_TEXTS:
        return None
    bands = join_centred_rows(boxes, run, columns)
    bands = bands[slice(*_find_whole(bands, columns))]
    if len(bands) < _LEAST_ROWS:
        return None
    kept = np.concatenate(bands)
    if all(_is_even(boxes, kept[columns[kept] == column]) for column in np.unique(columns[kept])):
        return None
    grid = build_aligned_grid(boxes, bands, gutters)
    return grid if _is_table(grid, len(gutters) + 1) and _is_centred(boxes, grid) else None


def _is_centred(boxes: Floats, grid: Grid) -> bool:
    """Whether the cells of nearly all rows have one middle; two slips side by side face each other by chance."""
    middles: dict[int, list[float]] = {}
    for cell in grid:
        inside = boxes[list(cell.members)]
        middles.setdefault(cell.rows[0], []).append(float(inside[:, 1].min() + inside[:, 3].max()) / 2)
    height = float(np.median(boxes[[number for cell in grid for number in cell.members], 4]))
    apart = [max(row) - min(row) for row in middles.values()]
    return sum(each < CENTRED_RATIO * height for each in apart) >= _CENTRED_SHARE * len(apart)


def _is_even(boxes: Floats, column: Indices) -> bool:
    """Whether most lines of a column stand at one distance from each other, as those of a list or of a text do."""
    steps = np.diff(np.sort(boxes[column, 1] + boxes[column, 3]))
    usual = float(np.median(steps)) if len(steps) else 0.0
    return float((np.abs(steps - usual) <= _EVEN_RATIO * usual).sum()) >= _EVEN_SHARE * len(steps)


def _find_whole(bands: Sequence[Indices], columns: Indices) -> tuple[int, int]:
    """(start, end) of the most bands in a row with something in several columns each."""
    best = 0, 0
    first = 0
    for number, band in enumerate(bands):
        if len(np.unique(columns[band])) < 2:
            first = number + 1
        elif number + 1 - first > best[1] - best[0]:
            best = first, number + 1
    return best


def _is_table(grid: Grid, columns: int) -> bool:
    """Whether a grid has few empty cells, no long ones, and cells of several lines beside shorter ones."""
    counts: dict[int, list[int]] = {}
    for cell in grid:
        counts.setdefault(cell.rows[0], []).append(len(cell.members))
    every = [count for row in counts.values() for count in row]
    if len(every) < _LEAST_FILLED * columns * len(counts) or max(every) > _MOST_LINES:
        return False
    return sum(min(row) < max(row) for row in counts.values()) >= _LEAST_UNEVEN
