"""Lines in the order in which people read them: columns of running text one by one, everything else row by row.

The page is cut along the white between its lines. Rows that share a gutter are taken as columns if what stands on
both sides is running text, or if their lines do not face each other; what faces each other in short pieces is a
table, a form or a menu, and is read across.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from geulnun.core.page import Line
from geulnun.runtime.frames import Frame, Region, cut_frame, find_boxes, find_frames, is_inside, nest_frames
from geulnun.runtime.rules import find_rules

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
_LEVEL_SLOPE = 0.01  # lines that slope less are level
_SLANT_GAIN = 1.35  # more lines below one another, at least, for columns that do not stand square to their lines
_MOST_LINES_OF_CELL = 4  # parts between upright rules with more lines may be columns of text or of a table
_LEAST_BANDS = 3  # between level rules, in a table without upright ones
_CROSSING_SHARE = 0.25  # of them that may fill the white between its columns
_NOTE_RATIO = 0.25  # a note ends lower than the line that it stands beside by this, over the height
_NOTE_SIZE_RATIO = 0.9  # of its letters, at most
_FRAMED_RATIO = 1.5  # what is higher, over its letters, is more than one line
_CENTERED_RATIO = 0.6  # a caption's middle differs by less from the middle of what it stands among, over the height
_LABEL_GAP_RATIO = 0.45  # white between the lines of a label, at most, over the height
_MOST_LABEL_ROWS = 3
_ALIKE_RATIO = 0.3  # difference of its letters' heights from those beside it, at most
_LABEL_ASPECT = 12.0  # length of its lines, at most
_BREAK_RATIO = 2.5  # white that ends columns of short lines, over the height
_EDGES = ((np.min, 1), (np.max, 3))  # the top and the bottom of boxes
_WHOLE_RATIO = 0.9  # a rule over so much of the page's width divides it
_STACK_RATIO = 2.0  # white between vertical lines that go on below each other, over the letters' height


def order_lines(lines: Sequence[Line], image: NDArray[np.uint8] | None = None) -> list[Line]:
    """The lines of a page in reading order.

    Args:
        lines: In any order.
        image: The page's pixels, (H, W, 3) or (H, W); where given, tables and boxes are read by their rules.
    """
    if len(lines) < 2:
        return list(lines)
    upright = np.array([line.orientation == "vertical" for line in lines])
    if upright.sum() * 2 > len(lines):
        # Vertical text: columns from right to left.
        return sorted(lines, key=lambda line: (-line.quad.center[0], line.quad.center[1]))
    corners = np.stack([line.quad.array for line in lines])
    flatten = _Flattening.fit(corners[~upright])
    points = flatten(corners)
    sizes = [line.quad.width_px if line.orientation == "vertical" else line.quad.height_px for line in lines]
    boxes = np.column_stack([points.min(axis=1), points.max(axis=1), sizes])
    numbers = np.arange(len(lines))
    frames: list[Frame] = []
    bands = [numbers]
    if image is not None:
        rules = find_rules(image, lines)
        across, down = flatten(rules.across), flatten(rules.down)
        across = np.column_stack([across[:, :, 0], across[:, :, 1].mean(axis=1)])
        down = np.column_stack([down[:, :, 1], down[:, :, 0].mean(axis=1)])
        frames = find_frames(across, down, boxes, float(np.median(boxes[~upright, 4])))
        bands = _cut_at_rules(boxes, across, frames)
    items = _Items(boxes, upright)
    return [lines[number] for band in bands for number in _order_region(items, band, frames)]


def _cut_at_rules(boxes: Floats, across: Floats, frames: Sequence[Frame]) -> list[Numbers]:
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
    upright: NDArray[np.bool_]


def _order_region(items: _Items, numbers: Numbers, frames: Sequence[Frame]) -> list[int]:
    """The numbers of these items in reading order; what a frame holds is read as one."""
    units: list[list[int]] = []
    bounds: list[Floats] = []
    rest = numbers
    for frame, inner in nest_frames(frames):
        inside = is_inside(items.boxes[rest], frame.bounds)
        if inside.sum() > 1 and not _is_upright(items, rest[inside]):
            units.append(_order_frame(items, rest[inside], frame, inner))
            bounds.append(_enclose(items.boxes[rest[inside]], frame.bounds))
            rest = rest[~inside]
    units += [[int(number)] for number in rest[~items.upright[rest]]]
    bounds += [_enclose(items.boxes[unit]) for unit in units[len(bounds) :]]
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


def _is_upright(items: _Items, numbers: Numbers) -> bool:
    """Whether most of the letters stand in vertical lines, as on a tab at the page's side."""
    upright = items.upright[numbers]
    sizes = items.boxes[numbers, 2:4] - items.boxes[numbers, :2]
    return bool(sizes[upright, 1].sum() >= sizes[~upright, 0].sum())


def _order_frame(items: _Items, numbers: Numbers, frame: Frame, inner: Sequence[Frame]) -> list[int]:
    """The numbers of what stands in a frame, cell by cell."""
    ordered: list[int] = []
    bands: list[Numbers] = []
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


def _divide_columns(boxes: Floats, parts: Sequence[Region]) -> list[Numbers]:
    """The cells of parts that upright rules divide: these also part columns of text, and the columns of a table."""
    if max((len(part.members) for part in parts), default=0) <= _MOST_LINES_OF_CELL:
        return [part.members for part in parts]
    edges = [(part.bounds[0], part.bounds[0]) for part in parts[1:]]
    rows = _split(boxes, np.concatenate([part.members for part in parts]), axis=1)
    cells = _arrange(boxes, rows, [(-np.inf, -np.inf), *edges, (np.inf, np.inf)])
    return cells or [part.members for part in parts]


def _divide_bands(boxes: Floats, bands: Sequence[Numbers]) -> list[Numbers]:
    """The cells of bands between level rules: bands with white at the same places are the rows of a table."""
    if len(bands) < _LEAST_BANDS:
        return list(bands)
    every = np.concatenate(bands)
    least = _GUTTER_RATIO * float(np.median(boxes[every, 4]))
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
    rows = [[band] if _cross(boxes[band], gutters) else _divide(boxes, band, free) for band in bands]
    # Several long cells are several rows of the table: the rules between them were not seen.
    rows = [[np.concatenate(row)] if sum(len(cell) > _MOST_LINES_OF_CELL for cell in row) > 1 else row for row in rows]
    if sum(sum(len(cell) > 0 for cell in row) > 1 for row in rows) < _TABLE_SHARE * len(bands):
        return list(bands)
    return [cell for row in rows for cell in row if len(cell)]


def _cross(boxes: Floats, gutters: Floats) -> bool:
    """Whether any box reaches over any gutter (G, 2)."""
    return bool(((boxes[:, 0, None] < gutters[:, 0]) & (boxes[:, 2, None] > gutters[:, 1])).any())


def _enclose(boxes: Floats, bounds: Floats | None = None) -> Floats:
    """The box (5,) around several and the frame that holds them, with letters of their usual height."""
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:4].max(axis=0)
    if bounds is not None:
        low, high = np.minimum(low, bounds[:2]), np.maximum(high, bounds[2:])
    return np.concatenate([low, high, [np.median(boxes[:, 4])]])


def _stack(boxes: Floats, numbers: Numbers) -> list[list[int]]:
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


@dataclass(frozen=True, slots=True)
class _Flattening:
    """Undoes a page's tilt and perspective.

    The slope of the lines is taken to change evenly over the page, slope = a + b x + c y. Every point is carried
    along the slopes to the middle of the page, so that what stands in one row comes to the same height.
    """

    slope: tuple[float, float, float]
    slant: float
    center: tuple[float, float]

    @classmethod
    def fit(cls, corners: Floats) -> Self:
        """That of lines with these quads (N, 4, 2)."""
        slope, center = _fit_slopes(corners)
        slant = _fit_slant(corners - center, float(slope[0]))
        return cls((float(slope[0]), float(slope[1]), float(slope[2])), slant, (float(center[0]), float(center[1])))

    def __call__(self, points: Floats) -> Floats:
        """The points (..., 2) on the flat page, whose origin is the lines' mean place."""
        x, y = np.moveaxis(points - self.center, -1, 0)
        level, by_x, by_y = self.slope
        # y' = y - x (a + b x / 2 + c (y + y') / 2), solved for y'.
        risen = (y * (1 - by_y * x / 2) - x * (level + by_x * x / 2)) / np.maximum(1 + by_y * x / 2, 0.2)
        run = x + self.slant * y
        return np.stack([run, risen], axis=-1)


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


def _fit_slant(corners: Floats, level: float) -> float:
    """How much columns lean to the left going down: on a turned page as much as its lines sink to the right.

    A page seen at an angle may have sloping lines and upright columns. What brings the most lines to begin, and to
    end, below one another is right; as of a turned page unless another slant is clearly better.
    """
    if abs(level) < _LEVEL_SLOPE or len(corners) < _LEAST_LINES:
        return level
    letter = float(np.median(np.linalg.norm(corners[:, 3] - corners[:, 0], axis=1)))
    sides = [(corners[:, a] + corners[:, b]) / 2 for a, b in ((0, 3), (1, 2))]

    def count(slant: float) -> float:
        return sum(
            float((np.abs(np.subtract.outer(place, place)) < letter / 2).mean())
            for place in (side[:, 0] + slant * side[:, 1] for side in sides)
        )

    slants = level + np.linspace(-1.5, 1.5, 13) * abs(level)
    best = max(slants.tolist(), key=count)
    return best if count(best) > _SLANT_GAIN * count(level) else level


def _order(boxes: Floats, numbers: Numbers) -> list[int]:
    """The numbers of these boxes in reading order."""
    if len(numbers) < 2:
        return [int(number) for number in numbers]
    rows = _split(boxes, numbers, axis=1)
    if len(rows) == 1:
        columns = _split(boxes, numbers, axis=0)
        if len(columns) == 1:
            return _order_tangle(boxes, numbers)
        if len(columns) == 2 and _is_note(boxes, *columns):
            columns.reverse()
        return [number for column in columns for number in _order(boxes, column)]
    ordered: list[int] = []
    page = _Rows.measure(boxes, rows)
    runs = functools.cache(lambda row: _find_columns(boxes, rows, row, page))
    row = 0
    while row < len(rows):
        end, parts = runs(row)
        if parts and any(runs(later)[0] > end for later in range(row + 1, min(row + 4, end))):
            parts = []  # without this row, a heading perhaps, the columns below go on farther
        if labels := _find_labels(boxes, rows, row):
            end, parts = labels
        for part in parts or [rows[row]]:
            ordered += _order(boxes, part)
        row = end if parts else row + 1
    return ordered


def _find_labels(boxes: Floats, rows: list[Numbers], first: int) -> tuple[int, list[Numbers]] | None:
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
    if wide == 1 or wide > _MOST_LABEL_ROWS or min(gaps[0], gaps[wide]) < _SPACING_RATIO:
        return None
    numbers = np.concatenate(rows[first : first + wide])
    labels = _split(boxes, numbers, axis=0)
    if len(labels) < 2 or (boxes[numbers, 2] - boxes[numbers, 0]).max() > _LABEL_ASPECT * height:
        return None
    centered = all(np.ptp(boxes[label][:, [0, 2]].mean(axis=1)) < _CENTERED_RATIO * height for label in labels)
    ragged = any(np.ptp(boxes[label, 0]) > height for label in labels)
    middles = [boxes[label, 1].min() + boxes[label, 3].max() for label in labels]
    alike = np.ptp(boxes[numbers, 4]) < _ALIKE_RATIO * height
    facing = alike and len(set(map(len, labels))) > 1 and np.ptp(middles) / 2 < _FACING_RATIO * height
    return (first + wide, labels) if facing or (centered and ragged) else None


def _is_note(boxes: Floats, left: Numbers, right: Numbers) -> bool:
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


def _split(boxes: Floats, numbers: Numbers, *, axis: int, least_gap: float = 0.0) -> list[Numbers]:
    """The boxes in groups divided by white along an axis (0: columns, 1: rows), in its order."""
    low, high = boxes[numbers, axis], boxes[numbers, axis + 2]
    height = boxes[numbers, 4]
    if axis == 1:
        low, high = low + _SHRINK_RATIO * height, high - _SHRINK_RATIO * height
    order = np.argsort(low, kind="stable")
    reached = np.maximum.accumulate(high[order])
    cuts = np.flatnonzero(low[order][1:] > reached[:-1] + least_gap) + 1
    return np.split(numbers[order], cuts)


def _find_columns(boxes: Floats, rows: list[Numbers], first: int, page: "_Rows") -> tuple[int, list[Numbers]]:
    """(end, columns) of the longest run of rows from `first` that stands in columns; no columns if there is none."""
    least, ends = page.gutter_px, page.ends
    leftmost, rightmost = page.left + least, page.right - least
    free = [(-np.inf, np.inf)]
    best: tuple[int, list[Numbers]] = (first, [])
    for end in range(first, len(rows) + 1):
        rest = _free(free, boxes[rows[end]], least) if end < len(rows) else []
        # A run is looked at when the next row would close one of its gutters, or may begin something else.
        if end > first + 1 and (len(rest) < len(free) or ends[end]):
            parts = _arrange(boxes, rows[first:end], free, whole=not ends[first + 1 : end].any())
            if parts:
                best = (end, parts)
        # The left and the right of everything are always free. Without a gutter the run goes on as long as there is
        # room for another column beside it.
        wide = len(rest) == 2 and rest[0][1] <= leftmost and rest[1][0] >= rightmost
        if len(rest) < max(2, len(free)) and len(rest) < 3 or wide:
            break
        free = rest
    return _trim(boxes, rows, first, *best)


@dataclass(frozen=True, slots=True)
class _Rows:
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
    ends: NDArray[np.bool_]

    @classmethod
    def measure(cls, boxes: Floats, rows: list[Numbers]) -> Self:
        """That of rows of these boxes."""
        starts = np.cumsum([0, *map(len, rows[:-1])])
        every = boxes[np.concatenate(rows)]
        height, left, right = float(np.median(every[:, 4])), float(every[:, 0].min()), float(every[:, 2].max())
        gaps = np.minimum.reduceat(every[:, 1], starts)[1:]
        gaps = gaps - np.maximum.accumulate(np.maximum.reduceat(every[:, 3], starts))[:-1]
        wide = gaps > _BREAK_RATIO * height + 2 * max(float(np.median(gaps)), 0.0)
        alone = np.array([len(row) == 1 for row in rows])
        middles = (every[starts, 0] + every[starts, 2]) / 2
        caption = alone & (np.abs(middles - (left + right) / 2) < _CENTERED_RATIO * height)
        ends = np.concatenate([[True], wide | caption[1:] | caption[:-1], [True]])
        return cls(left, right, _GUTTER_RATIO * height, ends)


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
    height = float(np.median(boxes[np.concatenate(columns), 4]))
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
    half = boxes[column, 4] / 2
    spans: list[tuple[float, float]] = []
    for top, bottom in sorted(zip((low - half).tolist(), (high + half).tolist(), strict=True)):
        if spans and top <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(bottom, spans[-1][1]))
        else:
            spans.append((top, bottom))
    return spans


def _arrange(
    boxes: Floats, rows: list[Numbers], free: list[tuple[float, float]], *, whole: bool = True
) -> list[Numbers]:
    """What to read one after the other of a run of rows with gutters: its columns, or the cells of a table.

    Empty if the rows are best read as they are; columns of short lines must be `whole`, without a break in them.
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
    if not whole:
        return []
    if min(map(len, columns)) < _LEAST_COLUMN:
        return []
    blocks = [_find_blocks(boxes, column) for column in columns]
    lines = [[boxes[[number]] for number in column] for column in columns]
    facing = [
        _count_facing(np.array([_enclose(part) for part in left]), np.array([_enclose(part) for part in right]))
        for parts in ((lines, blocks) if min(map(len, blocks)) >= _LEAST_COLUMN else (lines,))
        for left, right in zip(parts, parts[1:], strict=False)
    ]
    return columns if max(facing) < 0.5 else []


def _merge_rows(boxes: Floats, rows: list[Numbers], columns: list[Numbers]) -> list[Numbers]:
    """The rows of a table: rows of lines that stand close, in which cells of several lines go on, are one.

    Rows that stand close but fill the same columns are rows of a dense table and stay apart.
    """
    tops = np.array([boxes[row, 1].min() for row in rows])
    bottoms = np.maximum.accumulate([boxes[row, 3].max() for row in rows])
    height = float(np.median(boxes[np.concatenate(rows), 4]))
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
        height = min(float(boxes[cell, 4].min()) for cell in band)
        aligned += min(np.ptp(tops), np.ptp(tops + bottoms) / 2) < _ALIGNED_RATIO * height
    return aligned >= _ALIGNED_SHARE * len(shared)


def _is_running_text(boxes: Floats, column: Numbers) -> bool:
    """Whether many rows of a column are one long line that fills its width."""
    across = boxes[column, 2].max() - boxes[column, 0].min()
    rows = _split(boxes, column, axis=1)
    lines = boxes[[row[0] for row in rows if len(row) == 1]]
    widths, heights = lines[:, 2] - lines[:, 0], lines[:, 4]
    long = (widths >= _TEXT_ASPECT * heights) & (widths >= _TEXT_FILL * across)
    return bool(long.sum() >= max(_TEXT_SHARE * len(rows), _TEXT_ROWS))


def _find_blocks(boxes: Floats, column: Numbers) -> list[Floats]:
    """The boxes of a column in blocks of lines that stand close below each other, as in the boxes of a diagram."""
    ordered = column[np.argsort(boxes[column, 1], kind="stable")]
    reached = np.maximum.accumulate(boxes[ordered, 3])
    gaps = boxes[ordered[1:], 1] - reached[:-1]
    return np.split(boxes[ordered], np.flatnonzero(gaps >= _SPACING_RATIO * np.median(boxes[column, 4])) + 1)


def _count_facing(left: Floats, right: Floats) -> float:
    """How much more boxes (N, 5) of two columns face each other than by chance: 0 as by chance, 1 all of them."""
    few, many = (left, right) if len(left) <= len(right) else (right, left)
    middles = [(side[:, 1] + side[:, 3]) / 2 for side in (few, many)]
    distance = np.abs(middles[0][:, None] - middles[1][None, :])
    reach = _FACING_RATIO * np.minimum(few[:, None, 4], many[None, :, 4])
    seen = float((distance < reach).any(axis=1).mean())
    rows = _split(many, np.arange(len(many)), axis=1)
    pitches = np.diff([float(middles[1][row].mean()) for row in rows])
    chance = min(2 * float(np.median(reach)) / float(np.median(pitches)), 0.9) if len(pitches) else 0.0
    return (seen - chance) / (1 - chance)


def _order_tangle(boxes: Floats, numbers: Numbers) -> list[int]:
    """Boxes that no white divides, by rows of like height, each from left to right."""
    middle = (boxes[numbers, 1] + boxes[numbers, 3]) / 2
    height = boxes[numbers, 4]
    rows: list[list[int]] = []
    level, reach = 0.0, 0.0
    for i in np.argsort(middle, kind="stable"):
        if not rows or middle[i] - level > 0.5 * min(reach, height[i]):
            rows.append([])
            level, reach = middle[i], height[i]
        rows[-1].append(int(numbers[i]))
    return [number for row in rows for number in sorted(row, key=lambda number: boxes[number, 0])]
