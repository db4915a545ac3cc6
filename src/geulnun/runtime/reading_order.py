"""Lines in the order in which people read them: columns of running text one by one, everything else row by row.

The page is cut along the white between its lines. Rows that share a gutter are taken as columns if what stands on
both sides is running text, or if their lines do not face each other; what faces each other in short pieces is a
table, a form or a menu, and is read across.
"""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geulnun.core.page import Line

Floats = NDArray[np.floating[Any]]
Numbers = NDArray[np.intp]

_GUTTER_RATIO = 0.5  # least width of the white between columns, over the lines' height
_SHRINK_RATIO = 0.22  # lines of tight text overlap a little: this much of each edge is not looked at
_TEXT_ASPECT = 7.0  # running text is at least so many letters long,
_TEXT_FILL = 0.6  # and fills this share of its column,
_TEXT_SHARE = 0.4  # in this share of its rows,
_TEXT_ROWS = 3  # and in so many
_LEAST_COLUMN = 3  # lines of the shortest column, unless the columns are running text
_BESIDE_RATIO = 0.5  # columns are filled at the same heights, for this share of the shorter one
_SPACING_RATIO = 0.8  # white between the lines of one cell, over the lines' height, at most
_ROW_GAP_RATIO = 1.0  # white between the rows of a table whose cells have several lines, at least
_MOST_COMPLETE = 2  # lines of such a row that have something in every cell, at most
_FACING_RATIO = 0.35  # lines whose middles differ by less, over their height, face each other
_ALIGNED_RATIO = 0.15  # the cells of a table's row are aligned as exactly as this,
_ALIGNED_SHARE = 0.75  # in this share of the rows
_TABLE_SHARE = 0.5  # a table has several cells in this share of its rows
_FOOTER_RATIO = 1.5  # white above a footer, over the lines' height
_ODD_SLOPE = 0.15  # lines that differ from most by more, as a gradient, say nothing about the page
_LEAST_LINES = 6


def order_lines(lines: Sequence[Line]) -> list[Line]:
    """The lines of a page in reading order."""
    if len(lines) < 2:
        return list(lines)
    if sum(line.orientation == "vertical" for line in lines) * 2 > len(lines):
        # Vertical text: columns from right to left.
        return sorted(lines, key=lambda line: (-line.quad.center[0], line.quad.center[1]))
    flat = [line for line in lines if line.orientation == "horizontal"]
    boxes = _straighten(flat)
    ordered = [flat[number] for number in _order(boxes, np.arange(len(flat)))]
    # A vertical line in a page of horizontal ones stands beside them: it comes before the first that begins below.
    for line in sorted((line for line in lines if line.orientation == "vertical"), key=lambda line: line.quad.xyxy[1]):
        top = line.quad.xyxy[1]
        ordered.insert(next((i for i, other in enumerate(ordered) if other.quad.xyxy[1] > top), len(ordered)), line)
    return ordered


def _straighten(lines: Sequence[Line]) -> Floats:
    """Upright bounds (N, 4) left, top, right, bottom of the lines after undoing the page's tilt and perspective.

    The slope of the lines is taken to change evenly over the page, slope = a + b x + c y. Every point is carried
    along the slopes to the middle of the page, so that what stands in one row comes to the same height.
    """
    corners = np.stack([line.quad.array for line in lines])
    slope, center = _fit_slopes(corners)
    x, y = np.moveaxis(corners - center, 2, 0)
    level, by_x, by_y = slope
    # y' = y - x (a + b x / 2 + c (y + y') / 2), solved for y'.
    risen = (y * (1 - by_y * x / 2) - x * (level + by_x * x / 2)) / np.maximum(1 + by_y * x / 2, 0.2)
    run = x + level * y  # sheared the other way, so that a turned page has upright columns again
    return np.stack([run.min(axis=1), risen.min(axis=1), run.max(axis=1), risen.max(axis=1)], axis=1)


def _fit_slopes(corners: Floats) -> tuple[Floats, Floats]:
    """(a, b, c) of the slope about the lines' mean place, and that place. Short lines count little."""
    starts, ends = (corners[:, 0] + corners[:, 3]) / 2, (corners[:, 1] + corners[:, 2]) / 2
    middle, step = (starts + ends) / 2, ends - starts
    height = np.linalg.norm(corners[:, 3] - corners[:, 0], axis=1)
    length = np.linalg.norm(step, axis=1)
    center = middle.mean(axis=0)
    slopes = step[:, 1] / np.where(np.abs(step[:, 0]) < 1e-6, 1e-6, step[:, 0])
    order = np.argsort(slopes)
    weight = np.maximum(length / height - 2, 0.05)
    shares = np.cumsum(weight[order])
    typical = slopes[order][np.searchsorted(shares, shares[-1] / 2)]
    usable = np.abs(slopes - typical) < _ODD_SLOPE
    extent = np.ptp(middle[usable], axis=0) if usable.any() else np.zeros(2)
    if usable.sum() < _LEAST_LINES or extent.min() < 4 * np.median(height):
        return np.array([typical, 0.0, 0.0]), center
    terms = np.column_stack([np.ones(len(middle)), middle - center])[usable]
    # A little resistance against slopes that change: few lines must not invent a perspective.
    resist = np.diag([0.0, *(0.05 * weight[usable].sum() * extent**2 / 12)])
    weighted = terms * weight[usable, None]
    fitted = np.linalg.solve(weighted.T @ terms + resist, weighted.T @ slopes[usable])
    return np.asarray(fitted), center


def _order(boxes: Floats, numbers: Numbers) -> list[int]:
    """The numbers of these boxes in reading order."""
    if len(numbers) < 2:
        return [int(number) for number in numbers]
    rows = _split(boxes, numbers, axis=1)
    if len(rows) == 1:
        columns = _split(boxes, numbers, axis=0)
        if len(columns) == 1:
            return _order_tangle(boxes, numbers)
        return [number for column in columns for number in _order(boxes, column)]
    ordered: list[int] = []
    runs = functools.cache(lambda row: _find_columns(boxes, rows, row))
    row = 0
    while row < len(rows):
        end, parts = runs(row)
        if parts and any(runs(later)[0] > end for later in range(row + 1, min(row + 4, end))):
            parts = []  # without this row, a heading perhaps, the columns below go on farther
        for part in parts or [rows[row]]:
            ordered += _order(boxes, part)
        row = end if parts else row + 1
    return ordered


def _split(boxes: Floats, numbers: Numbers, *, axis: int, least_gap: float = 0.0) -> list[Numbers]:
    """The boxes in groups divided by white along an axis (0: columns, 1: rows), in its order."""
    low, high = boxes[numbers, axis], boxes[numbers, axis + 2]
    height = boxes[numbers, 3] - boxes[numbers, 1]
    if axis == 1:
        low, high = low + _SHRINK_RATIO * height, high - _SHRINK_RATIO * height
    order = np.argsort(low, kind="stable")
    reached = np.maximum.accumulate(high[order])
    cuts = np.flatnonzero(low[order][1:] > reached[:-1] + least_gap) + 1
    return np.split(numbers[order], cuts)


def _find_columns(boxes: Floats, rows: list[Numbers], first: int) -> tuple[int, list[Numbers]]:
    """(end, columns) of the longest run of rows from `first` that stands in columns; no columns if there is none."""
    every = np.concatenate(rows)
    least = _GUTTER_RATIO * float(np.median(boxes[every, 3] - boxes[every, 1]))
    leftmost, rightmost = boxes[every, 0].min() + least, boxes[every, 2].max() - least
    free = [(-np.inf, np.inf)]
    best: tuple[int, list[Numbers]] = (first, [])
    for end in range(first, len(rows) + 1):
        rest = _free(free, boxes[rows[end]], least) if end < len(rows) else []
        # A run is looked at when the next row would close one of its gutters.
        if end > first + 1 and len(rest) < len(free):
            parts = _arrange(boxes, rows[first:end], free)
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


def _divide(boxes: Floats, numbers: Numbers, free: list[tuple[float, float]]) -> list[Numbers]:
    """The boxes between each two free spans."""
    middles = (boxes[numbers, 0] + boxes[numbers, 2]) / 2
    edges = [low for low, _ in free[1:-1]]
    places = np.searchsorted(edges, middles)
    return [numbers[places == place] for place in range(len(edges) + 1)]


def _trim(
    boxes: Floats, rows: list[Numbers], first: int, end: int, columns: list[Numbers]
) -> tuple[int, list[Numbers]]:
    """The run without a footer below it: a last line of another column than the last, well apart from the rest."""
    if not columns or end - first < 3 or len(rows[end - 1]) > 1 or rows[end - 1][0] in columns[-1]:
        return end, columns
    height = float(np.median(boxes[np.concatenate(columns), 3] - boxes[np.concatenate(columns), 1]))
    last = rows[end - 1]
    if boxes[last[0], 1] - boxes[np.concatenate(rows[first : end - 1]), 3].max() < _FOOTER_RATIO * height:
        return end, columns
    kept = [column[~np.isin(column, last)] for column in columns]
    return (end - 1, kept) if all(map(len, kept)) else (end, columns)


def _stand_beside(boxes: Floats, columns: list[Numbers]) -> bool:
    """Whether the columns are filled at the same heights; the messages of a chat, at left and right, are not."""
    filled = [_cover(boxes, column) for column in columns]
    for left, right in zip(filled, filled[1:], strict=False):
        shared = sum(max(0.0, min(b, d) - max(a, c)) for a, b in left for c, d in right)
        if shared < _BESIDE_RATIO * min(sum(b - a for a, b in side) for side in (left, right)):
            return False
    return True


def _cover(boxes: Floats, column: Numbers) -> list[tuple[float, float]]:
    """The spans of y that a column fills, where gaps as high as a line are filled too."""
    low, high = boxes[column, 1], boxes[column, 3]
    half = (high - low) / 2
    spans: list[tuple[float, float]] = []
    for top, bottom in sorted(zip((low - half).tolist(), (high + half).tolist(), strict=True)):
        if spans and top <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(bottom, spans[-1][1]))
        else:
            spans.append((top, bottom))
    return spans


def _arrange(boxes: Floats, rows: list[Numbers], free: list[tuple[float, float]]) -> list[Numbers]:
    """What to read one after the other of a run of rows with gutters: its columns, or the cells of a table.

    Empty if the rows are best read as they are.
    """
    columns = _divide(boxes, np.concatenate(rows), free)
    if len(columns) < 2 or min(map(len, columns)) < 2 or not _stand_beside(boxes, columns):
        return []
    merged = _merge_rows(boxes, rows, columns)
    bands = [_divide(boxes, band, free) for band in merged]
    is_table = _is_table(boxes, bands)
    texts = sum(_is_running_text(boxes, column) for column in columns)
    # Lines of two columns may stand on one grid; cells of several lines are met in tables only.
    if texts >= 2 and 2 * texts > len(columns) and not (is_table and len(merged) < len(rows)):
        return columns
    if is_table:
        return [cell for band in bands for cell in band if len(cell)]
    facing = [_count_facing(boxes, left, right) for left, right in zip(columns, columns[1:], strict=False)]
    return columns if min(map(len, columns)) >= _LEAST_COLUMN and max(facing) < 0.5 else []


def _merge_rows(boxes: Floats, rows: list[Numbers], columns: list[Numbers]) -> list[Numbers]:
    """The rows of a table: rows of lines that stand close, in which cells of several lines go on, are one.

    Rows that stand close but fill the same columns are rows of a dense table and stay apart.
    """
    tops = np.array([boxes[row, 1].min() for row in rows])
    bottoms = np.maximum.accumulate([boxes[row, 3].max() for row in rows])
    height = float(np.median(np.concatenate([boxes[row, 3] - boxes[row, 1] for row in rows])))
    gaps = tops[1:] - bottoms[:-1]
    close = gaps < _SPACING_RATIO * height
    if close.all() or not close.any() or np.median(gaps[~close]) < _ROW_GAP_RATIO * height:
        return rows
    merged = []
    for group in np.split(np.arange(len(rows)), np.flatnonzero(~close) + 1):
        if _goes_on(boxes, [rows[row] for row in group], columns):
            merged.append(np.concatenate([rows[row] for row in group]))
        else:
            merged += [rows[row] for row in group]
    return merged


def _goes_on(boxes: Floats, rows: list[Numbers], columns: list[Numbers]) -> bool:
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


def _is_table(boxes: Floats, bands: list[list[Numbers]]) -> bool:
    """Whether most bands have several cells, and these nearly always begin, or are centred, at one height."""
    shared = [[cell for cell in band if len(cell)] for band in bands]
    shared = [band for band in shared if len(band) > 1]
    if len(bands) < 2 or len(shared) < _TABLE_SHARE * len(bands):
        return False
    aligned = 0
    for band in shared:
        tops = np.array([boxes[cell, 1].min() for cell in band])
        bottoms = np.array([boxes[cell, 3].max() for cell in band])
        height = min(float((boxes[cell, 3] - boxes[cell, 1]).min()) for cell in band)
        aligned += min(np.ptp(tops), np.ptp(tops + bottoms) / 2) < _ALIGNED_RATIO * height
    return aligned >= _ALIGNED_SHARE * len(shared)


def _is_running_text(boxes: Floats, column: Numbers) -> bool:
    """Whether many rows of a column are one long line that fills its width."""
    across = boxes[column, 2].max() - boxes[column, 0].min()
    rows = _split(boxes, column, axis=1)
    lines = boxes[[row[0] for row in rows if len(row) == 1]]
    widths, heights = lines[:, 2] - lines[:, 0], lines[:, 3] - lines[:, 1]
    long = (widths >= _TEXT_ASPECT * heights) & (widths >= _TEXT_FILL * across)
    return bool(long.sum() >= max(_TEXT_SHARE * len(rows), _TEXT_ROWS))


def _count_facing(boxes: Floats, left: Numbers, right: Numbers) -> float:
    """How much more lines of two columns face each other than by chance: 0 as by chance, 1 all of them."""
    few, many = (left, right) if len(left) <= len(right) else (right, left)
    middle = (boxes[:, 1] + boxes[:, 3]) / 2
    height = boxes[:, 3] - boxes[:, 1]
    distance = np.abs(middle[few][:, None] - middle[many][None, :])
    reach = _FACING_RATIO * np.minimum(height[few][:, None], height[many][None, :])
    seen = float((distance < reach).any(axis=1).mean())
    pitches = np.diff([float(middle[row].mean()) for row in _split(boxes, many, axis=1)])
    chance = min(2 * float(np.median(reach)) / float(np.median(pitches)), 0.9) if len(pitches) else 0.0
    return (seen - chance) / (1 - chance)


def _order_tangle(boxes: Floats, numbers: Numbers) -> list[int]:
    """Boxes that no white divides, by rows of like height, each from left to right."""
    middle = (boxes[numbers, 1] + boxes[numbers, 3]) / 2
    height = boxes[numbers, 3] - boxes[numbers, 1]
    rows: list[list[int]] = []
    level, reach = 0.0, 0.0
    for i in np.argsort(middle, kind="stable"):
        if not rows or middle[i] - level > 0.5 * min(reach, height[i]):
            rows.append([])
            level, reach = middle[i], height[i]
        rows[-1].append(int(numbers[i]))
    return [number for row in rows for number in sorted(row, key=lambda number: boxes[number, 0])]
