"""Lines in the order in which people read them: columns of running text one by one, everything else row by row.

The page is laid flat, parted by its rules and frames, and cut along the white between its lines.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from geulnun.core.arrays import Floats, Indices, Mask
from geulnun.core.page import Line
from geulnun.runtime.layout.columns import (
    CENTERED_RATIO,
    FACING_RATIO,
    GUTTER_RATIO,
    SPACING_RATIO,
    TABLE_SHARE,
    Rows,
    arrange_cells,
    divide_boxes,
    enclose_boxes,
    find_columns,
    split_boxes,
)
from geulnun.runtime.layout.flat_page import FlatPage
from geulnun.runtime.layout.rows import find_facing, find_rows
from geulnun.runtime.layout.ruled_frames import (
    Frame,
    Region,
    cut_frame,
    find_boxes,
    is_inside,
    nest_frames,
)
from geulnun.runtime.layout.ruling_lines import NO_RULES, Rules

# Chosen by eye on drawn pages, without a row of docs/experiments; benchmarks/order.py measures them together.
_MOST_LINES_OF_CELL = 4  # parts between upright rules with more lines may be columns of text or of a table
_LEAST_BANDS = 3  # between level rules, in a table without upright ones
_CROSSING_SHARE = 0.25  # of them that may fill the white between its columns
_NOTE_RATIO = 0.25  # a note ends lower than the line that it stands beside by this, over the height
_NOTE_SIZE_RATIO = 0.9  # of its letters, at most
_FRAMED_RATIO = 1.5  # what is higher, over its letters, is more than one line
_LABEL_GAP_RATIO = 0.45  # white between the lines of a label, at most, over the height
_MOST_LABEL_ROWS = 3
_ALIKE_RATIO = 0.3  # difference of its letters' heights from those beside it, at most
_LABEL_ASPECT = 12.0  # length of its lines, at most
_LABEL_SIZE_RATIO = 0.85  # of the letters of a label, over those of the entry below it, at most
_EVEN_RATIO = 0.15  # difference of the letters' heights of labels side by side, at most
_ENTRY_GAP_RATIO = 2.0  # white between a label and the entry below it, over the entry's height, at most
_EDGES = ((np.min, 1), (np.max, 3))  # the top and the bottom of boxes
_WHOLE_RATIO = 0.9  # a rule over so much of the page's width divides it
_MOST_SKIPPED = 3  # rows above columns that go on farther without them
_SAME_ROW_RATIO = 0.5  # middles of what stands in one row differ by no more, over the lower one's height
_STACK_RATIO = 2.0  # white between vertical lines that go on below each other, over the letters' height


MOST_LINES = 5000
"""Of a page whose layout is looked for, since each line is compared with each; more are read from top to bottom."""


def order_lines(lines: Sequence[Line], rules: Rules = NO_RULES) -> list[Line]:
    """The lines of a page in reading order.

    Args:
        lines: In any order.
        rules: The page's ruling lines, by which tables and boxes are read.
    """
    if len(lines) < 2:
        return list(lines)
    if is_vertical_page(lines):
        return [line for column in _part_columns(lines) for line in column]
    if len(lines) > MOST_LINES:
        boxes = np.array([(*line.quad.xyxy, line.quad.height_px) for line in lines])
        return [lines[number] for number in _order_tangle(boxes, np.arange(len(lines)))]
    page = FlatPage.lay(lines, rules)
    facing = find_facing(page.boxes, page.upright)
    return [lines[number] for number in order_rows(page, find_rows(lines, page.boxes, facing, page.down))]


def _part_columns(lines: Sequence[Line]) -> list[list[Line]]:
    """The columns of vertical text from right to left, each from top to bottom."""
    columns: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: -line.quad.center[0]):
        first = columns[-1][0].quad if columns else None
        if first and first.center[0] - line.quad.center[0] < min(first.width_px, line.quad.width_px) / 2:
            columns[-1].append(line)
        else:
            columns.append([line])
    return [sorted(column, key=lambda line: line.quad.center[1]) for column in columns]


def is_vertical_page(lines: Sequence[Line]) -> bool:
    """Whether most lines are vertical."""
    return sum(line.orientation == "vertical" for line in lines) * 2 > len(lines)


def order_rows(page: FlatPage, rows: Sequence[Sequence[int]]) -> list[int]:
    """The numbers of a page's lines in reading order, where those of each row follow one another."""
    boxes = np.array([enclose_boxes(page.boxes[row]) for row in rows])
    joined = replace(page, boxes=boxes, upright=page.upright[[row[0] for row in rows]])
    return [number for row in _order_page(joined) for number in rows[row]]


def _order_page(page: FlatPage) -> list[int]:
    """The numbers of what stands on a page in reading order."""
    items = _Items(page.boxes, page.upright)
    bands = _cut_at_rules(page.boxes, page.across, page.frames)
    return [number for band in bands for number in _order_region(items, band, page.frames)]


def _cut_at_rules(boxes: Floats, across: Floats, frames: Sequence[Frame]) -> list[Indices]:
    """The numbers of boxes between the level rules (N, 3) that run over all of the page and belong to no frame."""
    left, right = boxes[:, 0].min(), boxes[:, 2].max()
    whole = np.minimum(across[:, 1], right) - np.maximum(across[:, 0], left) >= _WHOLE_RATIO * (right - left)
    places = across[whole, 2]
    bounds = np.array([frame.bounds for frame in frames]).reshape(-1, 4)
    slack = float(np.median(boxes[:, 4])) / 2
    free = ~((places[:, None] > bounds[:, 1] - slack) & (places[:, None] < bounds[:, 3] + slack)).any(axis=1)
    bands = np.searchsorted(np.sort(places[free]), (boxes[:, 1] + boxes[:, 3]) / 2)
    return [np.flatnonzero(bands == band) for band in np.unique(bands)]


@dataclass(frozen=True, slots=True)
class _Items:
    """What is put in order: boxes (N, 5) left, top, right, bottom, height of the letters; which are vertical lines."""

    boxes: Floats
    upright: Mask


def _order_region(items: _Items, numbers: Indices, frames: Sequence[Frame]) -> list[int]:
    """The numbers of these items in reading order; what a frame holds is read as one."""
    units: list[list[int]] = []
    bounds: list[Floats] = []
    rest = numbers
    for frame, inner in nest_frames(frames):
        inside = is_inside(items.boxes[rest], frame.bounds)
        if _are_entries(items.boxes, rest[inside], rest[~inside], frame.bounds[0]):
            continue
        if inside.sum() > 1 and not _is_upright(items, rest[inside]):
            units.append(_order_frame(items, rest[inside], frame, inner))
            bounds.append(enclose_boxes(items.boxes[rest[inside]], frame.bounds))
            rest = rest[~inside]
    units += [[int(number)] for number in rest[~items.upright[rest]]]
    bounds += [enclose_boxes(items.boxes[unit]) for unit in units[len(bounds) :]]
    boxes = np.array(bounds).reshape(-1, 5)
    ordered = _order(boxes, np.arange(len(units)))
    bottoms = [float(boxes[unit, 3]) for unit in ordered]
    chosen = [units[unit] for unit in ordered]
    # A vertical line in a page of horizontal ones stands beside them: it comes before the first that it stands beside.
    for stack in _stack(items.boxes, rest[items.upright[rest]]):
        top = float(items.boxes[stack, 1].min())
        place = next((i for i, bottom in enumerate(bottoms) if bottom > top), len(chosen))
        chosen.insert(place, stack)
        bottoms.insert(place, -np.inf)
    return [number for unit in chosen for number in unit]


def _are_entries(boxes: Floats, inside: Indices, outside: Indices, left: float) -> bool:
    """Whether each row inside a frame that begins at `left` is the entry of a label of its own outside."""
    labels = outside[boxes[outside, 2] < left + boxes[outside, 4] / 2]
    rows = split_boxes(boxes, inside, axis=1) if len(labels) > 1 and len(inside) > 1 else []
    facing = []
    for row in rows:
        apart = np.abs(boxes[labels][:, [1, 3]].mean(axis=1) - boxes[row][:, [1, 3]].mean())
        nearest = int(apart.argmin())
        if len(row) > 1 or apart[nearest] > FACING_RATIO * min(boxes[labels[nearest], 4], boxes[row[0], 4]):
            return False
        facing.append(nearest)
    return len(rows) > 1 and len(set(facing)) == len(rows)


def _is_upright(items: _Items, numbers: Indices) -> bool:
    """Whether most of the letters stand in vertical lines, as on a tab at the page's side."""
    upright = items.upright[numbers]
    sizes = items.boxes[numbers, 2:4] - items.boxes[numbers, :2]
    return bool(sizes[upright, 1].sum() >= sizes[~upright, 0].sum())


def _order_frame(items: _Items, numbers: Indices, frame: Frame, inner: Sequence[Frame]) -> list[int]:
    """The numbers of what stands in a frame, cell by cell."""
    ordered: list[int] = []
    bands: list[Indices] = []
    regions = list(cut_frame(frame, items.boxes, Region(frame.bounds, numbers)))
    if len(regions) == 1 and len(regions[0]) == 1:
        boxes = find_boxes(frame, float(np.median(items.boxes[numbers, 4])))
        return _order_region(items, numbers, sorted([*inner, *boxes], key=lambda each: -each.area))
    for parts in [*regions, []]:
        if len(parts) == 1:
            bands.append(parts[0].members)
            continue
        for cell in [*_divide_bands(items.boxes, bands), *_divide_columns(items.boxes, parts)]:
            ordered += _order_region(items, cell, inner)
        bands = []
    return ordered


def _divide_columns(boxes: Floats, parts: Sequence[Region]) -> list[Indices]:
    """The cells of parts that upright rules divide: these also part columns of text, and the columns of a table."""
    if max((len(part.members) for part in parts), default=0) <= _MOST_LINES_OF_CELL:
        return [part.members for part in parts]
    edges = [(part.bounds[0], part.bounds[0]) for part in parts[1:]]
    rows = split_boxes(boxes, np.concatenate([part.members for part in parts]), axis=1)
    cells = arrange_cells(boxes, rows, [(-np.inf, -np.inf), *edges, (np.inf, np.inf)])
    return cells or [part.members for part in parts]


def _divide_bands(boxes: Floats, bands: Sequence[Indices]) -> list[Indices]:
    """The cells of bands between level rules: bands with white at the same places are the rows of a table."""
    if len(bands) < _LEAST_BANDS:
        return list(bands)
    every = np.concatenate(bands)
    least = GUTTER_RATIO * float(np.median(boxes[every, 4]))
    edges = np.unique(boxes[every][:, [0, 2]])
    middles = (edges[1:] + edges[:-1]) / 2
    # How many bands have something at each place between two edges.
    filled = sum(((boxes[band, 0, None] < middles) & (boxes[band, 2, None] > middles)).any(axis=0) for band in bands)
    white = np.append(filled <= _CROSSING_SHARE * len(bands), False)
    starts = np.flatnonzero(white & ~np.insert(white, 0, False)[:-1])
    ends = np.array([start + np.flatnonzero(~white[start:])[0] for start in starts], dtype=np.intp)
    wide = edges[ends] - edges[starts] >= least
    free = [(-np.inf, -np.inf), *zip(edges[starts[wide]], edges[ends[wide]], strict=True), (np.inf, np.inf)]
    gutters = np.array(free[1:-1]).reshape(-1, 2)
    rows = [[band] if _cross(boxes[band], gutters) else divide_boxes(boxes, band, free) for band in bands]
    # Several long cells are several rows of the table: the rules between them were not seen.
    rows = [[np.concatenate(row)] if sum(len(cell) > _MOST_LINES_OF_CELL for cell in row) > 1 else row for row in rows]
    if sum(sum(len(cell) > 0 for cell in row) > 1 for row in rows) < TABLE_SHARE * len(bands):
        return list(bands)
    return [cell for row in rows for cell in row if len(cell)]


def _cross(boxes: Floats, gutters: Floats) -> bool:
    """Whether any box reaches over any gutter (G, 2)."""
    return bool(((boxes[:, 0, None] < gutters[:, 0]) & (boxes[:, 2, None] > gutters[:, 1])).any())


def _stack(boxes: Floats, numbers: Indices) -> list[list[int]]:
    """Vertical lines in stacks of those that go on below each other, from top to bottom."""
    stacks: list[list[int]] = []
    for number in numbers[np.argsort(boxes[numbers, 1], kind="stable")].tolist():
        left, top, right, _, size = boxes[number]
        for stack in stacks:
            above = boxes[stack[-1]]
            if min(right, above[2]) - max(left, above[0]) > size / 2 and top - above[3] < _STACK_RATIO * size:
                stack.append(number)
                break
        else:
            stacks.append([number])
    return sorted(stacks, key=lambda stack: float(boxes[stack[0], 1]))


def _order(boxes: Floats, numbers: Indices) -> list[int]:
    """The numbers of these boxes in reading order."""
    if len(numbers) < 2:
        return [int(number) for number in numbers]
    rows = split_boxes(boxes, numbers, axis=1)
    if len(rows) == 1:
        columns = split_boxes(boxes, numbers, axis=0)
        if len(columns) == 1:
            return _order_tangle(boxes, numbers)
        if len(columns) == 2 and _is_note(boxes, *columns):
            columns.reverse()
        return [number for column in columns for number in _order(boxes, column)]
    ordered: list[int] = []
    page = Rows.measure(boxes, rows)
    runs = functools.cache(lambda row: find_columns(boxes, rows, row, page))
    row = 0
    while row < len(rows):
        end, parts = runs(row)
        skips = range(1, min(_MOST_SKIPPED + 1, end - row))
        if parts and any(_goes_farther(*runs(row + skipped), end, parts, skipped) for skipped in skips):
            parts = []  # without this row, a heading perhaps, the columns below go on farther
        if labels := _find_labels(boxes, rows, row) or _find_entries(boxes, rows, row):
            end, parts = labels
        for part in parts or [rows[row]]:
            ordered += _order(boxes, part)
        row = end if parts else row + 1
    return ordered


def _goes_farther(farther: int, columns: list[Indices], end: int, parts: list[Indices], skipped: int) -> bool:
    """Whether the run `columns` goes on below the run `parts`, in as many columns, shorter by skipped rows at most."""
    if farther <= end or len(columns) < len(parts):
        return False
    return min(map(len, columns)) >= min(map(len, parts)) - skipped


def _find_labels(boxes: Floats, rows: list[Indices], first: int) -> tuple[int, list[Indices]] | None:
    """(end, labels) of rows from `first` with short labels of two or three lines side by side; None if they have none.

    White parts them from other rows. Their lines are centred below each other, or stand beside one line that faces
    their middle.
    """
    height = float(np.median(boxes[rows[first], 4]))
    low, high = max(first - 1, 0), first + _MOST_LABEL_ROWS + 1
    tops, bottoms = (np.array([function(boxes[row, side]) for row in rows[low:high]]) for function, side in _EDGES)
    gaps = np.concatenate([[np.inf] * (first == 0), tops[1:] - bottoms[:-1], [np.inf]]) / height
    wide = int(np.argmax(gaps[1:] > _LABEL_GAP_RATIO)) + 1
    if first + wide < len(rows) and np.ptp(boxes[rows[first + wide]][:, [1, 3]], axis=1).min() > _FRAMED_RATIO * height:
        gaps[wide] = np.inf  # a frame ends what is above it
    if wide == 1 or wide > _MOST_LABEL_ROWS or min(gaps[0], gaps[wide]) < SPACING_RATIO:
        return None
    numbers = np.concatenate(rows[first : first + wide])
    labels = split_boxes(boxes, numbers, axis=0)
    if len(labels) < 2 or (boxes[numbers, 2] - boxes[numbers, 0]).max() > _LABEL_ASPECT * height:
        return None
    centered = all(np.ptp(boxes[label][:, [0, 2]].mean(axis=1)) < CENTERED_RATIO * height for label in labels)
    ragged = any(np.ptp(boxes[label, 0]) > height for label in labels)
    middles = [boxes[label, 1].min() + boxes[label, 3].max() for label in labels]
    alike = np.ptp(boxes[numbers, 4]) < _ALIKE_RATIO * height
    facing = alike and len(set(map(len, labels))) > 1 and np.ptp(middles) / 2 < FACING_RATIO * height
    return (first + wide, labels) if facing or (centered and ragged) else None


def _find_entries(boxes: Floats, rows: list[Indices], first: int) -> tuple[int, list[Indices]] | None:
    """(end, entries) of two rows with an entry below each label, in larger letters; None if they are none.

    A third row as the second is makes a table of them.
    """
    count, *following = map(len, rows[first : first + 3])
    if count < 2 or following[:1] != [count] or following[1:] == [count]:
        return None
    labels, entries = (row[np.argsort(boxes[row, 0])] for row in rows[first : first + 2])
    sizes = boxes[labels, 4], boxes[entries, 4]
    height = float(np.median(sizes[1]))
    if any(np.ptp(size) > _EVEN_RATIO * height for size in sizes) or np.median(sizes[0]) > _LABEL_SIZE_RATIO * height:
        return None
    apart = boxes[entries][:, [0, 2]] - boxes[labels][:, [0, 2]]
    aligned = np.minimum(np.abs(apart[:, 0]), np.abs(apart.mean(axis=1))) < FACING_RATIO * height
    near = boxes[entries, 1].min() - boxes[labels, 3].max() < _ENTRY_GAP_RATIO * height
    return (first + 2, list(np.column_stack([labels, entries]))) if near and aligned.all() else None


def _is_note(boxes: Floats, left: Indices, right: Indices) -> bool:
    """Whether one small line at the left belongs to the foot of what is at the right: a message and its time."""
    if len(left) > 1 or boxes[left[0], 4] > _NOTE_SIZE_RATIO * boxes[right, 4].min():
        return False
    height = float(np.median(boxes[right, 4]))
    top, bottom = boxes[right, 1].min(), boxes[right, 3].max()
    framed = len(right) == 1 and bottom - top > _FRAMED_RATIO * height
    lowered = -_NOTE_RATIO if framed else _NOTE_RATIO
    middle = float(boxes[left[0], [1, 3]].mean())
    below = middle > (top + bottom) / 2 if framed else middle > bottom - _NOTE_RATIO * height
    return bool(below and boxes[left[0], 3] > bottom + lowered * height)


def _order_tangle(boxes: Floats, numbers: Indices) -> list[int]:
    """Boxes that no white divides, by rows of like height, each from left to right."""
    middle = (boxes[numbers, 1] + boxes[numbers, 3]) / 2
    height = boxes[numbers, 4]
    rows: list[list[int]] = []
    level, reach = 0.0, 0.0
    for i in np.argsort(middle, kind="stable"):
        if not rows or middle[i] - level > _SAME_ROW_RATIO * min(reach, height[i]):
            rows.append([])
            level, reach = middle[i], height[i]
        rows[-1].append(int(numbers[i]))
    return [number for row in rows for number in sorted(row, key=lambda number: boxes[number, 0])]
