"""Columns: text side by side on a page, read one after the other or row by row.

Boxes are (N, 5): left, top, right, bottom and the height of the letters. Rows that share a gutter are columns if what
stands on both sides is running text, or if their lines do not face each other; what faces each other in short pieces
is a table, a form or a menu, and is read across.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from geulnun.core.arrays import Floats, Indices, Mask

# Chosen by eye on drawn pages, without a row of docs/experiments; benchmarks/order.py measures them together.
GUTTER_RATIO = 0.5  # least width of the white between columns, over the lines' height
_SHRINK_RATIO = 0.22  # lines of tight text overlap a little: this much of each edge is not looked at
_TEXT_ASPECT = 7.0  # running text is at least so many letters long,
_TEXT_FILL = 0.6  # and fills this share of its column,
_TEXT_SHARE = 0.4  # in this share of its rows,
_TEXT_ROWS = 3  # and in so many
_FULL_RATIO = 0.9  # a line as long as this share of its column is full
_LEAST_COLUMN = 3  # lines of the shortest column, unless the columns are running text
_BESIDE_RATIO = 0.5  # columns are filled at the same heights, for this share of the shorter one
SPACING_RATIO = 0.8  # white between the lines of one cell, over the lines' height, at most
_ROW_GAP_RATIO = 1.0  # white between the rows of a table whose cells have several lines, at least
_MOST_COMPLETE = 2  # lines of such a row that have something in every cell, at most
FACING_RATIO = 0.35  # lines whose middles differ by less, over their height, face each other
_ALIGNED_RATIO = 0.15  # the cells of a table's row are aligned as exactly as this,
_ALIGNED_SHARE = 0.75  # in this share of the rows
TABLE_SHARE = 0.5  # a table has several cells in this share of its rows
_FOOTER_RATIO = 1.5  # white above a footer, over the lines' height
_LEAST_FOOTED = 3  # rows of a run that may end with one, itself included
CENTERED_RATIO = 0.6  # a caption's middle differs by less from the middle of what it stands among, over the height
_FACING_SHARE = 0.5  # lines that face each other more than by chance, of columns that are rows
_MOST_CHANCE = 0.9  # that a line faces another by chance, however close these stand
_BREAK_RATIO = 2.5  # white that ends columns of short lines, over the height


def split_boxes(boxes: Floats, numbers: Indices, *, axis: int, least_gap: float = 0.0) -> list[Indices]:
    """The boxes in groups divided by white along an axis (0: columns, 1: rows), in its order."""
    low, high = boxes[numbers, axis], boxes[numbers, axis + 2]
    height = boxes[numbers, 4]
    if axis == 1:
        low, high = low + _SHRINK_RATIO * height, high - _SHRINK_RATIO * height
    order = np.argsort(low, kind="stable")
    reached = np.maximum.accumulate(high[order])
    cuts = np.flatnonzero(low[order][1:] > reached[:-1] + least_gap) + 1
    return np.split(numbers[order], cuts)


def enclose_boxes(boxes: Floats, bounds: Floats | None = None) -> Floats:
    """The box (5,) around several and the frame that holds them, with letters of their usual height."""
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:4].max(axis=0)
    if bounds is not None:
        low, high = np.minimum(low, bounds[:2]), np.maximum(high, bounds[2:])
    return np.concatenate([low, high, [np.median(boxes[:, 4])]])


@dataclass(frozen=True, slots=True)
class Rows:
    """What is the same for all runs of rows.

    Attributes:
        left: where the leftmost begins.
        right: where the rightmost ends.
        gutter_px: least width of the white between columns.
        ends: (N + 1,) before which rows, and after the last, columns of short lines end: at captions and wide white.
    """

    left: float
    right: float
    gutter_px: float
    ends: Mask

    @classmethod
    def measure(cls, boxes: Floats, rows: list[Indices]) -> Self:
        """That of rows of these boxes."""
        starts = np.cumsum([0, *map(len, rows[:-1])])
        every = boxes[np.concatenate(rows)]
        height, left, right = float(np.median(every[:, 4])), float(every[:, 0].min()), float(every[:, 2].max())
        gaps = np.minimum.reduceat(every[:, 1], starts)[1:]
        gaps = gaps - np.maximum.accumulate(np.maximum.reduceat(every[:, 3], starts))[:-1]
        wide = gaps > _BREAK_RATIO * height + 2 * max(float(np.median(gaps)), 0.0)
        alone = np.array([len(row) == 1 for row in rows])
        middles = (every[starts, 0] + every[starts, 2]) / 2
        caption = alone & (np.abs(middles - (left + right) / 2) < CENTERED_RATIO * height)
        ends = np.concatenate([[True], wide | caption[1:] | caption[:-1], [True]])
        return cls(left, right, GUTTER_RATIO * height, ends)


def find_columns(boxes: Floats, rows: list[Indices], first: int, page: "Rows") -> tuple[int, list[Indices]]:
    """(end, columns) of the longest run of rows from `first` that stands in columns; no columns if there is none."""
    least, ends = page.gutter_px, page.ends
    leftmost, rightmost = page.left + least, page.right - least
    free = [(-np.inf, np.inf)]
    best: tuple[int, list[Indices]] = (first, [])
    for end in range(first, len(rows) + 1):
        rest = _free(free, boxes[rows[end]], least) if end < len(rows) else []
        # A run is looked at when the next row would close one of its gutters, or may begin something else.
        if end > first + 1 and (len(rest) < len(free) or ends[end]):
            parts = arrange_cells(boxes, rows[first:end], free, whole=not ends[first + 1 : end].any())
            if parts:
                best = (end, parts)
        # The left and the right of everything are always free. Without a gutter the run goes on as long as there is
        # room for another column beside it.
        wide = len(rest) == 2 and rest[0][1] <= leftmost and rest[1][0] >= rightmost
        if len(rest) < max(2, len(free)) and len(rest) < 3 or wide:
            break
        free = rest
    return _trim(boxes, rows, first, *best)


def _free(free: list[tuple[float, float]], row: Floats, least: float) -> list[tuple[float, float]]:
    """What remains of the free spans of x when the boxes of a row are put in; narrow ones are dropped."""
    taken = sorted(zip(row[:, 0].tolist(), row[:, 2].tolist(), strict=True))
    spans, start = [], -np.inf
    for left, right in taken:
        if left > start:
            spans.append((start, left))
        start = max(start, right)
    spans.append((start, np.inf))
    both = [(max(a, c), min(b, d)) for a, b in free for c, d in spans]
    return [(low, high) for low, high in both if high - low >= least]


def divide_boxes(boxes: Floats, numbers: Indices, free: list[tuple[float, float]]) -> list[Indices]:
    """The boxes between each two free spans."""
    middles = (boxes[numbers, 0] + boxes[numbers, 2]) / 2
    edges = [low for low, _ in free[1:-1]]
    places = np.searchsorted(edges, middles)
    return [numbers[places == place] for place in range(len(edges) + 1)]


def _trim(
    boxes: Floats, rows: list[Indices], first: int, end: int, columns: list[Indices]
) -> tuple[int, list[Indices]]:
    """The run without a footer below it: a last line of another column than the last, well apart from the rest."""
    if not columns or end - first < _LEAST_FOOTED or len(rows[end - 1]) > 1 or rows[end - 1][0] in columns[-1]:
        return end, columns
    height = float(np.median(boxes[np.concatenate(columns), 4]))
    last = rows[end - 1]
    if boxes[last[0], 1] - boxes[np.concatenate(rows[first : end - 1]), 3].max() < _FOOTER_RATIO * height:
        return end, columns
    kept = [column[~np.isin(column, last)] for column in columns]
    return (end - 1, kept) if all(map(len, kept)) else (end, columns)


def _stand_beside(boxes: Floats, columns: list[Indices]) -> bool:
    """Whether the columns are filled at the same heights; the messages of a chat, at left and right, are not."""
    filled = [_cover(boxes, column) for column in columns]
    for left, right in zip(filled, filled[1:], strict=False):
        if _measure_shared(left, right) < _BESIDE_RATIO * min(sum(b - a for a, b in side) for side in (left, right)):
            return False
    return True


def _measure_shared(left: list[tuple[float, float]], right: list[tuple[float, float]]) -> float:
    """The length that both fill of two lists of spans, each in order and without overlaps."""
    shared, i, j = 0.0, 0, 0
    while i < len(left) and j < len(right):
        (a, b), (c, d) = left[i], right[j]
        shared += max(0.0, min(b, d) - max(a, c))
        if b < d:
            i += 1
        else:
            j += 1
    return shared


def _cover(boxes: Floats, column: Indices) -> list[tuple[float, float]]:
    """The spans of y that a column fills, where gaps as high as a line are filled too."""
    low, high = boxes[column, 1], boxes[column, 3]
    half = boxes[column, 4] / 2
    spans: list[tuple[float, float]] = []
    for top, bottom in sorted(zip((low - half).tolist(), (high + half).tolist(), strict=True)):
        if spans and top <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(bottom, spans[-1][1]))
        else:
            spans.append((top, bottom))
    return spans


def arrange_cells(
    boxes: Floats, rows: list[Indices], free: list[tuple[float, float]], *, whole: bool = True
) -> list[Indices]:
    """What to read one after the other of a run of rows with gutters: its columns, or the cells of a table.

    Empty if the rows are best read as they are; columns of short lines must be `whole`, without a break in them.
    """
    columns = divide_boxes(boxes, np.concatenate(rows), free)
    if len(columns) < 2 or min(map(len, columns)) < 2 or not _stand_beside(boxes, columns):
        return []
    merged = _merge_rows(boxes, rows, columns)
    bands = [divide_boxes(boxes, band, free) for band in merged]
    is_table = _is_table(boxes, bands)
    running = [is_running_text(boxes, column) for column in columns]
    texts = sum(running) + (running[-2] and _is_rest_of_text(boxes, *columns[-2:]))
    # Lines of two columns may stand on one grid; cells of several lines are met in tables only.
    if texts >= 2 and 2 * texts > len(columns) and not (is_table and len(merged) < len(rows)):
        return columns
    if is_table:
        return [cell for band in bands for cell in band if len(cell)]
    if not whole:
        return []
    if min(map(len, columns)) < _LEAST_COLUMN:
        return []
    blocks = [_find_blocks(boxes, column) for column in columns]
    lines = [[boxes[[number]] for number in column] for column in columns]
    facing = [
        _count_facing(
            np.array([enclose_boxes(part) for part in left]), np.array([enclose_boxes(part) for part in right])
        )
        for parts in ((lines, blocks) if min(map(len, blocks)) >= _LEAST_COLUMN else (lines,))
        for left, right in zip(parts, parts[1:], strict=False)
    ]
    return columns if max(facing) < _FACING_SHARE else []


def _merge_rows(boxes: Floats, rows: list[Indices], columns: list[Indices]) -> list[Indices]:
    """The rows of a table: rows of lines that stand close, in which cells of several lines go on, are one.

    Rows that stand close but fill the same columns are rows of a dense table and stay apart.
    """
    tops = np.array([boxes[row, 1].min() for row in rows])
    bottoms = np.maximum.accumulate([boxes[row, 3].max() for row in rows])
    height = float(np.median(boxes[np.concatenate(rows), 4]))
    gaps = tops[1:] - bottoms[:-1]
    close = gaps < SPACING_RATIO * height
    if close.all() or not close.any() or np.median(gaps[~close]) < _ROW_GAP_RATIO * height:
        return rows
    merged = []
    for group in np.split(np.arange(len(rows)), np.flatnonzero(~close) + 1):
        if _goes_on(boxes, [rows[row] for row in group], columns):
            merged.append(np.concatenate([rows[row] for row in group]))
        else:
            merged += [rows[row] for row in group]
    return merged


def _goes_on(boxes: Floats, rows: list[Indices], columns: list[Indices]) -> bool:
    """Whether these rows are one row of cells with several lines: some cells end before others, and lines are full."""
    filled = [sum(bool(np.isin(row, column).any()) for column in columns) for row in (*rows, np.concatenate(rows))]
    complete = filled[:-1].count(filled[-1])
    if complete == len(rows) or complete > _MOST_COMPLETE:
        return False
    for column in columns:
        cell = np.concatenate(rows)
        cell = cell[np.isin(cell, column)]
        if len(cell) > 1:
            widths = boxes[column, 2] - boxes[column, 0]
            first = cell[boxes[cell, 1].argmin()]
            if boxes[first, 2] - boxes[first, 0] < _TEXT_FILL * widths.max():
                return False
    return True


def _is_table(boxes: Floats, bands: list[list[Indices]]) -> bool:
    """Whether most bands have several cells, and these nearly always begin, or are centred, at one height."""
    shared = [[cell for cell in band if len(cell)] for band in bands]
    shared = [band for band in shared if len(band) > 1]
    if len(bands) < 2 or len(shared) < TABLE_SHARE * len(bands):
        return False
    aligned = 0
    for band in shared:
        tops = np.array([boxes[cell, 1].min() for cell in band])
        bottoms = np.array([boxes[cell, 3].max() for cell in band])
        height = min(float(boxes[cell, 4].min()) for cell in band)
        aligned += min(np.ptp(tops), np.ptp(tops + bottoms) / 2) < _ALIGNED_RATIO * height
    return aligned >= _ALIGNED_SHARE * len(shared)


def is_running_text(boxes: Floats, column: Indices) -> bool:
    """Whether many rows of a column are one long line that fills its width."""
    across = boxes[column, 2].max() - boxes[column, 0].min()
    rows = split_boxes(boxes, column, axis=1)
    lines = boxes[[row[0] for row in rows if len(row) == 1]]
    widths, heights = lines[:, 2] - lines[:, 0], lines[:, 4]
    long = (widths >= _TEXT_ASPECT * heights) & (widths >= _TEXT_FILL * across)
    return bool(long.sum() >= max(_TEXT_SHARE * len(rows), _TEXT_ROWS))


def _is_rest_of_text(boxes: Floats, before: Indices, last: Indices) -> bool:
    """Whether the last column is the few lines that the running text before it has no room for."""
    if len(last) >= _TEXT_ROWS:
        return False
    ordered = last[np.argsort(boxes[last, 1], kind="stable")]
    lines, height = boxes[ordered], float(np.median(boxes[before, 4]))
    across = boxes[before, 2].max() - boxes[before, 0].min()
    full = (lines[:-1, 2] - lines[:-1, 0] >= _FULL_RATIO * across).all()
    at_top = abs(lines[0, 1] - boxes[before, 1].min()) < height / 2
    return bool(full and at_top and (lines[1:, 1] - lines[:-1, 3]).max() < SPACING_RATIO * height)


def _find_blocks(boxes: Floats, column: Indices) -> list[Floats]:
    """The boxes of a column in blocks of lines that stand close below each other, as in the boxes of a diagram."""
    ordered = column[np.argsort(boxes[column, 1], kind="stable")]
    reached = np.maximum.accumulate(boxes[ordered, 3])
    gaps = boxes[ordered[1:], 1] - reached[:-1]
    return np.split(boxes[ordered], np.flatnonzero(gaps >= SPACING_RATIO * np.median(boxes[column, 4])) + 1)


def _count_facing(left: Floats, right: Floats) -> float:
    """How much more boxes (N, 5) of two columns face each other than by chance: 0 as by chance, 1 all of them."""
    few, many = (left, right) if len(left) <= len(right) else (right, left)
    middles = [(side[:, 1] + side[:, 3]) / 2 for side in (few, many)]
    distance = np.abs(middles[0][:, None] - middles[1][None, :])
    reach = FACING_RATIO * np.minimum(few[:, None, 4], many[None, :, 4])
    seen = float((distance < reach).any(axis=1).mean())
    rows = split_boxes(many, np.arange(len(many)), axis=1)
    pitches = np.diff([float(middles[1][row].mean()) for row in rows])
    chance = min(2 * float(np.median(reach)) / float(np.median(pitches)), _MOST_CHANCE) if len(pitches) else 0.0
    return (seen - chance) / (1 - chance)
