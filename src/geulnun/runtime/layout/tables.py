"""Tables: grids of cells between ruling lines.

Everything is on the flat page; boxes are (N, 5) left, top, right, bottom and the height of the letters.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from geulnun.core.arrays import Floats, Indices, Mask, group_pairs
from geulnun.runtime.layout.columns import TABLE_SHARE, split_boxes
from geulnun.runtime.layout.flat_page import FlatPage
from geulnun.runtime.layout.ruled_frames import Frame, Region, cut_frame, is_inside, nest_frames
from geulnun.runtime.layout.table_columns import find_gutters
from geulnun.runtime.layout.table_rows import join_centred_rows, join_close_rows

Span = tuple[int, int]

# `_MOST_AMOUNTS`: the row of layout/tables.py in docs/experiments/layout.md. The others were chosen by eye on drawn
# pages; benchmarks/tables.py measures them together.
_SAME_RATIO = 0.45  # rules so near, over the letters' height, are one edge of the grid
_WALL_SHARE = 0.5  # of a cell's side that a rule covers, at least
_WALL_SAMPLES = 24
_LEAST_FILLED = 3  # cells of a table, unless it has no others
_LONGEST_CELL = 12  # lines; with the most of its text in longer ones a grid is the layout of a page, and no table
_MOST_LINES_OF_WIDE = 3  # of a cell over all columns, at the top or bottom of a table
_MOST_AMOUNTS = 3  # of a cell
_CROSSED_RATIO = 0.2  # of a letter, by which a line reaches out of its cell,
_CROSSED_SHARE = 0.05  # for this share of the lines: the rules are none
_LEAST_TEXT = 3  # lines of running text,
_TEXT_FILL = 0.6  # which fill so much of their cell
_LEAST_ROWS = 2  # of a table whose columns no rules part
_LEAST_SUBROWS = 4  # rows that no rules part, in one row between rules, unless there are amounts in them
_SUBROW_SHARE = 0.6  # of them that have several cells


@dataclass(frozen=True, slots=True, kw_only=True)
class GridCell:
    """A cell on the flat page.

    Attributes:
        members: numbers of the lines in it, in any order.
        rows: the first row that it covers, and the one after the last.
        columns: the first column that it covers, and the one after the last.
        bounds: left, top, right, bottom of the rules around it; None where there are none.
    """

    members: tuple[int, ...]
    rows: Span
    columns: Span
    bounds: tuple[float, float, float, float] | None = None


Grid = tuple[GridCell, ...]
"""The cells of a table, row by row, each row from left to right."""


def find_ruled_tables(page: FlatPage, amounts: Mask) -> list[Grid]:
    """The tables that the rules of a page make.

    Args:
        page: its lines and rules.
        amounts: (N,) which lines are numbers.
    """
    return [grid for frame, inner in nest_frames(page.frames) for grid in _find_tables(page, amounts, frame, inner)]


def _find_tables(page: FlatPage, amounts: Mask, frame: Frame, inner: Sequence[Frame]) -> list[Grid]:
    """The table that a frame is, or those inside it."""
    members = np.flatnonzero(is_inside(page.boxes, frame.bounds))
    if len(members) > 1:
        regions = list(cut_frame(frame, page.boxes, Region(frame.bounds, members)))
        if len(regions) > 1 or len(regions[0]) > 1:
            grid = _trim(build_ruled_grid(page.boxes, members, frame, amounts))
            if _is_table(page.boxes, grid, amounts):
                return [grid]
    return [grid for each, nested in nest_frames(inner) for grid in _find_tables(page, amounts, each, nested)]


def _trim(grid: Grid) -> Grid:
    """The grid without what is no part of the table: at its top and bottom, wide cells of much text or of none."""
    right = max(cell.columns[1] for cell in grid)
    wide = [
        cell.columns == (0, right) and (not cell.members or len(cell.members) > _MOST_LINES_OF_WIDE) for cell in grid
    ]
    first = wide.index(False) if False in wide else len(grid)
    last = len(grid) - wide[::-1].index(False) if False in wide else first
    top = min((cell.rows[0] for cell in grid[first:last]), default=0)
    return tuple(replace(cell, rows=(cell.rows[0] - top, cell.rows[1] - top)) for cell in grid[first:last])


def _is_table(boxes: Floats, grid: Grid, amounts: Mask) -> bool:
    """Whether cells stand beside each other, hold their lines, and the most of the text is not in very long ones.

    A cell of several amounts is a column of a list whose rows the grid does not know.
    """
    filled = [cell for cell in grid if cell.members]
    if len(filled) < min(len(grid), _LEAST_FILLED):
        return False
    beside = any(first.rows[0] == second.rows[0] for first, second in itertools.pairwise(filled))
    counts = [len(cell.members) for cell in filled]
    if any(int(amounts[list(cell.members)].sum()) > _MOST_AMOUNTS for cell in filled):
        return False
    long = sum(count for count in counts if count > _LONGEST_CELL)
    crossed = sum(int(_find_crossing(boxes[list(cell.members)], np.array(cell.bounds)).sum()) for cell in filled)
    return beside and 2 * long < sum(counts) and crossed <= _CROSSED_SHARE * sum(counts)


def _find_crossing(boxes: Floats, bounds: Floats) -> Mask:
    """Which boxes reach out of the bounds of their cell."""
    slack = _CROSSED_RATIO * boxes[:, 4]
    low, high = (boxes[:, :2] < bounds[:2] - slack[:, None]), (boxes[:, 2:4] > bounds[2:] + slack[:, None])
    return np.asarray((low | high).any(axis=1))


def build_ruled_grid(boxes: Floats, members: Indices, frame: Frame, amounts: Mask) -> Grid:
    """The cells between the rules of a frame.

    Args:
        boxes: (N, 5) of all lines.
        members: numbers of those in the frame.
        frame: whose rules make the grid; where it has no sides, its bounds are these.
        amounts: (N,) which lines are numbers.
    """
    near = _SAME_RATIO * float(np.median(boxes[members, 4]))
    left, top, right, bottom = frame.bounds
    xs = _merge_places(np.array([left, right, *frame.down[:, 2]]), near)
    across = frame.across
    down = np.concatenate(
        [frame.down, *(_find_columns(boxes, members, frame, strip) for strip in itertools.pairwise(xs))]
    )
    xs = _merge_places(np.array([left, right, *down[:, 2]]), near)
    for _ in range(2):
        ys = _merge_places(np.array([top, bottom, *across[:, 2]]), near)
        grid = _build_grid(boxes, members, (xs, ys), _merge_open(across, down, xs, ys, near))
        parted = _part_rows(boxes, grid, amounts)
        if not len(parted):
            break
        across = np.concatenate([across, parted])
    return grid


def _find_columns(boxes: Floats, members: Indices, frame: Frame, strip: tuple[float, float]) -> Floats:
    """Rules (M, 3) top, bottom, x that would part the columns of a strip of a frame that no upright rules part."""
    middles = (boxes[members, 0] + boxes[members, 2]) / 2
    inside = members[(middles > strip[0]) & (middles < strip[1])]
    rows = split_boxes(boxes, inside, axis=1) if len(inside) else []
    if len(rows) < _LEAST_ROWS:
        return np.zeros((0, 3))
    edges = np.array([(boxes[a, 3].max() + boxes[b, 1].min()) / 2 for a, b in itertools.pairwise(rows)])
    tops, bottoms = np.append(frame.bounds[1], edges), np.append(edges, frame.bounds[3])
    found = [
        (top, bottom, (low + high) / 2)
        for low, high in find_gutters(boxes, [row[np.argsort(boxes[row, 0])] for row in rows])
        if _parts(boxes, rows, (low + high) / 2)
        for row, top, bottom in zip(rows, tops, bottoms, strict=True)
        if not ((boxes[row, 0] < low) & (boxes[row, 2] > high)).any()
    ]
    return np.array(found).reshape(-1, 3)


def _parts(boxes: Floats, rows: Sequence[Indices], x: float) -> bool:
    """Whether something stands on both sides of a place in many rows."""
    both = [bool((boxes[row, 2] <= x).any() and (boxes[row, 0] >= x).any()) for row in rows]
    return sum(both) >= max(_LEAST_ROWS, TABLE_SHARE * len(rows))


def _merge_places(places: Floats, near: float) -> Floats:
    """Sorted places, those closer than `near` made one."""
    ordered = np.sort(places)
    groups = np.split(ordered, np.flatnonzero(np.diff(ordered) > near) + 1)
    return np.array([group.mean() for group in groups])


def _merge_open(across: Floats, down: Floats, xs: Floats, ys: Floats, near: float) -> list[tuple[Span, Span]]:
    """(rows, columns) of the cells between these places, those that no rule parts made one."""
    rows, columns = len(ys) - 1, len(xs) - 1
    numbers = np.arange(rows * columns).reshape(rows, columns)
    below = ~_find_walls(across, ys, xs, near)[1:-1]
    beside = ~_find_walls(down, xs, ys, near)[1:-1].T
    pairs = [(numbers[:-1][below], numbers[1:][below]), (numbers[:, :-1][beside], numbers[:, 1:][beside])]
    groups = group_pairs(numbers.size, np.concatenate([np.column_stack(pair) for pair in pairs]))
    spans = [(_span(group, columns, 0), _span(group, columns, 1)) for group in groups]
    if all(_measure_area(*span) == len(group) for span, group in zip(spans, groups, strict=True)):
        return sorted(spans, key=_find_corner)  # rectangles already, as nearly always
    return _square(spans)


def _span(numbers: Sequence[int], columns: int, axis: int) -> Span:
    places = np.divmod(numbers, columns)[axis]
    return int(places.min()), int(places.max()) + 1


def _measure_area(rows: Span, columns: Span) -> int:
    return (rows[1] - rows[0]) * (columns[1] - columns[0])


def _find_corner(cell: tuple[Span, Span]) -> tuple[int, int]:
    return cell[0][0], cell[1][0]


def _find_walls(rules: Floats, places: Floats, stops: Floats, near: float) -> Mask:
    """(P, S-1) whether rules (N, 3) start, end, place run at each of P places between each two of S stops."""
    shares = (np.arange(_WALL_SAMPLES) + 0.5) / _WALL_SAMPLES
    samples = stops[:-1, None] + shares * np.diff(stops)[:, None]
    covered = (rules[:, 0, None, None] <= samples) & (rules[:, 1, None, None] >= samples)
    at = np.abs(rules[:, 2, None] - places) <= near
    walls = [covered[at[:, place]].any(axis=0).mean(axis=1) >= _WALL_SHARE for place in range(len(places))]
    return np.array(walls)


def _square(cells: list[tuple[Span, Span]]) -> list[tuple[Span, Span]]:
    """Rectangles of cells, those that overlap made one."""
    squared: list[tuple[Span, Span]] = []
    for cell in cells:
        while overlapped := next((other for other in squared if _overlap(cell, other)), None):
            squared.remove(overlapped)
            (a, b), (c, d) = cell, overlapped
            cell = (min(a[0], c[0]), max(a[1], c[1])), (min(b[0], d[0]), max(b[1], d[1]))
        squared.append(cell)
    return sorted(squared, key=_find_corner)


def _overlap(first: tuple[Span, Span], second: tuple[Span, Span]) -> bool:
    return all(a[0] < b[1] and b[0] < a[1] for a, b in zip(first, second, strict=True))


def _build_grid(
    boxes: Floats, members: Indices, edges: tuple[Floats, Floats], cells: Sequence[tuple[Span, Span]]
) -> Grid:
    """The grid of these cells between edges (x, y), each with the lines whose middles are in it."""
    xs, ys = edges
    columns, rows = (
        np.clip(np.searchsorted(each, (boxes[members, axis] + boxes[members, axis + 2]) / 2) - 1, 0, len(each) - 2)
        for axis, each in enumerate(edges)
    )
    used = [sorted({place for cell in cells for place in cell[axis]}) for axis in (0, 1)]
    grid = []
    for (top, bottom), (left, right) in cells:
        inside = (rows >= top) & (rows < bottom) & (columns >= left) & (columns < right)
        grid.append(
            GridCell(
                members=tuple(members[inside].tolist()),
                rows=(used[0].index(top), used[0].index(bottom)),
                columns=(used[1].index(left), used[1].index(right)),
                bounds=(float(xs[left]), float(ys[top]), float(xs[right]), float(ys[bottom])),
            )
        )
    return tuple(grid)


def _part_rows(boxes: Floats, grid: Grid, amounts: Mask) -> Floats:
    """Rules (K, 3) left, right, y that would part those rows between rules in which several rows of text stand."""
    found: list[tuple[float, float, float]] = []
    for _, cells in itertools.groupby(grid, key=lambda cell: cell.rows):
        several = [cell for cell in cells if len(cell.members) > 1 and cell.bounds is not None]
        if len(several) < 2 or sum(_is_running_text(boxes, cell) for cell in several) > 1:
            continue
        members = np.array([number for cell in several for number in cell.members])
        cell_of = np.repeat(np.arange(len(several)), [len(cell.members) for cell in several])
        column_of = np.zeros(len(boxes), np.intp)
        column_of[members] = cell_of
        bands = join_centred_rows(boxes, split_boxes(boxes, members, axis=1), column_of)
        rows = join_close_rows(boxes, bands)
        shared = sum(len(set(cell_of[np.isin(members, row)])) > 1 for row in rows)
        listed = any(amounts[list(cell.members)].all() and len(cell.members) == len(rows) for cell in several)
        if len(rows) >= (2 if listed else _LEAST_SUBROWS) and shared >= _SUBROW_SHARE * len(rows):
            for above, below in itertools.pairwise(rows):
                y = float(boxes[above, 3].max() + boxes[below, 1].min()) / 2
                found += [(cell.bounds[0], cell.bounds[2], y) for cell in several if cell.bounds]
    return np.array(found).reshape(-1, 3)


def _is_running_text(boxes: Floats, cell: GridCell) -> bool:
    """Whether most lines of a cell fill its width."""
    widths = np.ptp(boxes[list(cell.members)][:, [0, 2]], axis=1)
    left, _, right, _ = cell.bounds or (0.0, 0.0, np.inf, 0.0)
    return len(widths) >= _LEAST_TEXT and float(np.median(widths)) >= _TEXT_FILL * (right - left)
