"""Lines in the order in which people read them: columns of running text one by one, everything else row by row.

The page is cut along the white between its lines. Rows that share a gutter are taken as columns if what stands on
both sides is running text, or if their lines do not face each other; what faces each other in short pieces is a
table, a form or a menu, and is read across.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geulnun.core.page import Line

Floats = NDArray[np.floating[Any]]
Numbers = NDArray[np.intp]

_GUTTER_RATIO = 0.9  # least width of the white between columns, over the lines' height
_SHRINK_RATIO = 0.22  # lines of tight text overlap a little: this much of each edge is not looked at
_TEXT_ASPECT = 7.0  # running text is at least so many letters long
_TEXT_FILL = 0.6  # and fills this share of its column
_FACING_RATIO = 0.35  # lines whose middles differ by less, over their height, face each other


def order_lines(lines: Sequence[Line]) -> list[Line]:
    """The lines of a page in reading order."""
    if len(lines) < 2:
        return list(lines)
    if sum(line.orientation == "vertical" for line in lines) * 2 > len(lines):
        # Vertical text: columns from right to left.
        return sorted(lines, key=lambda line: (-line.quad.center[0], line.quad.center[1]))
    boxes = _straighten(lines)
    return [lines[number] for number in _order(boxes, np.arange(len(lines)))]


def _straighten(lines: Sequence[Line]) -> Floats:
    """Upright bounds (N, 4) left, top, right, bottom of the lines after undoing the page's tilt."""
    corners = np.stack([line.quad.array for line in lines])
    flat = [line for line in lines if line.orientation == "horizontal"]
    angles = np.array([line.quad.angle_deg for line in flat])
    order = np.argsort(angles)
    weights = np.cumsum(np.array([line.quad.width_px for line in flat])[order])
    angle = np.radians(angles[order][np.searchsorted(weights, weights[-1] / 2)])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = corners @ turn
    return np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1)


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
    row = 0
    while row < len(rows):
        end, columns = _find_columns(boxes, rows, row)
        for part in columns or [rows[row]]:
            ordered += _order(boxes, part)
        row = end if columns else row + 1
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
    best: tuple[int, list[Numbers]] = (first, [])
    run = rows[first]
    for end in range(first + 1, len(rows) + 1):
        heights = boxes[run, 3] - boxes[run, 1]
        columns = _split(boxes, run, axis=0, least_gap=_GUTTER_RATIO * float(np.median(heights)))
        if len(columns) > 1 and min(map(len, columns)) > 1 and _are_columns(boxes, columns):
            best = (end, columns)
        if end < len(rows):
            if len(columns) == 1 and len(run) > 1:
                break
            run = np.concatenate([run, rows[end]])
    return best


def _are_columns(boxes: Floats, columns: list[Numbers]) -> bool:
    """Whether these are to be read one after the other, and not across."""
    if sum(_is_running_text(boxes, column) for column in columns) >= 2:
        return True
    return all(_count_facing(boxes, left, right) < 0.5 for left, right in zip(columns, columns[1:], strict=False))


def _is_running_text(boxes: Floats, column: Numbers) -> bool:
    widths = boxes[column, 2] - boxes[column, 0]
    heights = boxes[column, 3] - boxes[column, 1]
    across = boxes[column, 2].max() - boxes[column, 0].min()
    return bool(np.median(widths / heights) >= _TEXT_ASPECT and widths.mean() >= _TEXT_FILL * across)


def _count_facing(boxes: Floats, left: Numbers, right: Numbers) -> float:
    """Share of the lines of the shorter column that have one beside them in the other."""
    few, many = (left, right) if len(left) <= len(right) else (right, left)
    middle = (boxes[:, 1] + boxes[:, 3]) / 2
    height = boxes[:, 3] - boxes[:, 1]
    distance = np.abs(middle[few][:, None] - middle[many][None, :])
    facing = distance < _FACING_RATIO * np.minimum(height[few][:, None], height[many][None, :])
    return float(facing.any(axis=1).mean())


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
