"""Lines -> rectified strips for the recogniser, and the mapping from a strip back to the page."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from geulnun.core import raster
from geulnun.core.arrays import Floats, GreyImage
from geulnun.core.geometry import Quad, cut_curved, cut_quad
from geulnun.runtime.lines.find_lines import LineBox
from geulnun.runtime.recognition.prepare_strip import MIN_STRIP_WIDTH_PX, STRIP_HEIGHT_PX

SIDE_MARGIN_RATIO = 0.25
"""Left and right of the first and last letter, over the line's height."""

EDGE_MARGIN_RATIO = 0.08
"""Above and below the letters, over the line's height."""

LETTER_RATIO = 1 / (1 + 2 * EDGE_MARGIN_RATIO)
"""A letter's height over that of its strip."""

MAX_STRIP_WIDTH_PX = 1000
"""Lines that would be longer at a height of 32 px are cut at gaps between words."""

MAX_STRIP_RATIO = MAX_STRIP_WIDTH_PX / STRIP_HEIGHT_PX
"""The same as width over height."""

# The row of recognition/strips.py in docs/experiments/layout.md measures seams at gaps; the numbers were chosen by eye.
_LEAST_PART_AT_GAP, _LEAST_PART = 0.4, 0.5  # of the ideal length of a part that ends at a gap, or between two letters
_WIDTH_MERIT, _PLACE_COST = 4.0, 0.25  # of a wide gap, and of its distance from the ideal place
_LEAST_CELL_PX = 4  # height of a letter of a column, in its cell
_WITHIN_WORDS_SHARE = 0.35  # of the steps of a column that lie within words, at least
_CELL_MARGIN_RATIO = 0.15  # beside a character that is cut out of its cell, over half of the row's height
_EMPTY_CELL_RATIO = 0.4  # width of an empty cell in the strip, over the row's height
_WORD_STEP_RATIO = 1.2  # from a letter down to that of the next word, over the usual step


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """A line, or a part of one, upright.

    Attributes:
        image: ``(h, w)`` uint8 grey.
        marks_px: (M,) increasing x of the strip at which the rails are known.
        top: (M, 2) points of the page image at the letters' tops there.
        bottom: (M, 2) points at the letters' bottoms.
        centers_px: (K,) increasing x of the characters the detector saw.
        cell_px: width of the cells that a vertical line's characters were cut into; 0 for others.
        cell_words: number of the word that each of these cells belongs to.
        spaced: whether a gap between words divides it from the strip before it in the same line.
    """

    image: GreyImage
    marks_px: Floats
    top: Floats
    bottom: Floats
    centers_px: Floats
    cell_px: float = 0.0
    cell_words: tuple[int, ...] = ()
    spaced: bool = False

    def stretched(self, ratio: float) -> "Strip":
        """The strip with so many times its width."""
        height, width = self.image.shape
        image = raster.resize(self.image, max(MIN_STRIP_WIDTH_PX, round(width * ratio)), height)
        ratio = image.shape[1] / width
        return replace(
            self,
            image=image,
            marks_px=self.marks_px * ratio,
            centers_px=self.centers_px * ratio,
            cell_px=self.cell_px * ratio,
        )

    def locate(self, starts_px: Sequence[float] | Floats, ends_px: Sequence[float] | Floats) -> list[Quad]:
        """The quads on the page of the letters between these x of the strip."""
        spans = np.column_stack([starts_px, ends_px]).astype(np.float64)
        if self.cell_px:
            # Neighbouring cells do not lie side by side on the page: a character stays within its own.
            cell = np.floor(spans.mean(axis=1, keepdims=True) / self.cell_px) * self.cell_px
            spans = np.clip(spans, cell, cell + self.cell_px - 1e-3)
        xs = spans.ravel()
        top, bottom = (
            np.column_stack([np.interp(xs, self.marks_px, rail[:, axis]) for axis in (0, 1)])
            for rail in (self.top, self.bottom)
        )
        corners = np.stack([top[0::2], top[1::2], bottom[1::2], bottom[0::2]], axis=1)
        return [Quad(((a, b), (c, d), (e, f), (g, h))) for (a, b), (c, d), (e, f), (g, h) in corners.tolist()]


def cut_strips(
    page: GreyImage, line: LineBox, height_px: int = STRIP_HEIGHT_PX, most_ratio: float = MAX_STRIP_RATIO
) -> list[Strip]:
    """The strips of a line, in reading order; more than one only if it is straight and very long.

    Args:
        page: ``(H, W)`` uint8 grey image.
        line: Where the line is, in pixels of `page`.
        height_px: Height of the strips.
        most_ratio: Width over height of the widest strip of a straight line.
    """
    if line.cells:
        return [_cut_cells(page, line, height_px)]
    if line.orientation == "vertical":
        return [_cut_column(page, line, height_px)]
    if len(line.top) > 2:
        return [_cut_curve(page, line, height_px)]
    return _cut_straight(page, line, height_px, most_ratio)


def _cut_straight(page: GreyImage, line: LineBox, height_px: int, most_ratio: float) -> list[Strip]:
    """Strips between straight rails, by perspective."""
    middle = (line.top + line.bottom) / 2
    length = max(float(np.linalg.norm(middle[1] - middle[0])), 1e-6)
    along = (middle[1] - middle[0]) / length
    centers = np.sort((np.concatenate([word.char_centers for word in line.words]) - middle[0]) @ along)
    strips = []
    for start, end, left, right, spaced in _find_parts(line, middle[0], along, length, most_ratio):
        shares = np.array([start - left, end + right]) / length
        top, bottom = (rail[0] + shares[:, None] * (rail[1] - rail[0]) for rail in (line.top, line.bottom))
        edge = EDGE_MARGIN_RATIO * (bottom - top)
        image = cut_quad(page, _join_rails(top - edge, bottom + edge), height_px)
        width = image.shape[1]
        inside = centers[(centers >= start) & (centers <= end)]
        places = (inside - start + left) / (end + right - start + left) * width
        marks = np.array([0.0, width])
        strips.append(Strip(image=image, marks_px=marks, top=top, bottom=bottom, centers_px=places, spaced=spaced))
    return strips


def _find_parts(
    line: LineBox, origin: Floats, along: Floats, length: float, most_ratio: float
) -> list[tuple[float, float, float, float, bool]]:
    """(start, end, left margin, right margin, spaced) in page pixels along the line, of every strip of it."""
    margin = SIDE_MARGIN_RATIO * line.size_px
    most = most_ratio / LETTER_RATIO * line.size_px - 2 * margin
    if length <= most:
        return [(0.0, length, margin, margin, False)]
    corners = np.stack([word.quad.array for word in line.words])
    places = (corners - origin) @ along
    gaps = np.column_stack([places[:-1].max(axis=1), places[1:].min(axis=1)])
    inner = np.sort((np.concatenate([word.char_centers for word in line.words]) - origin) @ along)
    between = np.repeat((inner[1:] + inner[:-1]) / 2, 2).reshape(-1, 2)
    parts, start, left, spaced = [], 0.0, margin, False
    while length - start > most:
        count = int(np.ceil((length - start) / most))
        ideal = start + (length - start) / count
        cut = _choose_cut(gaps, start + _LEAST_PART_AT_GAP * (ideal - start), start + most, ideal)
        at_gap = cut is not None
        if cut is None:
            cut = _choose_cut(between, start + _LEAST_PART * (ideal - start), start + most, ideal)
        if cut is None:
            cut = np.array([ideal, ideal])
        room = min(max((cut[1] - cut[0]) / 2, 0.0), margin)
        parts.append((start, float(cut[0]), left, room, spaced))
        start, left, spaced = float(cut[1]), room, at_gap
    return [*parts, (start, length, left, margin, spaced)]


def _choose_cut(gaps: Floats, least: float, most: float, ideal: float) -> Floats | None:
    """The (end, start) of the gap in range that is wide and near the ideal place."""
    centers, widths = gaps.mean(axis=1), gaps[:, 1] - gaps[:, 0]
    allowed = np.flatnonzero((centers > least) & (gaps[:, 0] < most))
    if not len(allowed):
        return None
    merit = _WIDTH_MERIT * widths[allowed] - _PLACE_COST * np.abs(centers[allowed] - ideal)
    return np.asarray(gaps[allowed[merit.argmax()]])


def _cut_curve(page: GreyImage, line: LineBox, height_px: int) -> Strip:
    """The strip between curved rails, by a thin-plate spline."""
    middle = (line.top + line.bottom) / 2
    ends = np.array([middle[1] - middle[0], middle[-1] - middle[-2]])
    ends = ends / np.maximum(np.linalg.norm(ends, axis=1, keepdims=True), 1e-9) * SIDE_MARGIN_RATIO * line.size_px
    top, bottom = (np.concatenate([[r[0] - ends[0]], r, [r[-1] + ends[1]]]) for r in (line.top, line.bottom))
    edge = EDGE_MARGIN_RATIO * (bottom - top)
    image = cut_curved(page, top - edge, bottom + edge, height_px)
    middle = (top + bottom) / 2
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(middle, axis=0), axis=1))])
    marks = length / max(length[-1], 1e-6) * image.shape[1]
    centers = np.concatenate([word.char_centers for word in line.words])
    places = np.sort(_project(centers, middle, marks))
    return Strip(image=image, marks_px=marks, top=top, bottom=bottom, centers_px=places)


def _project(points: Floats, course: Floats, marks: Floats) -> Floats:
    """The mark on a polyline that is nearest to each point."""
    steps = np.diff(course, axis=0)
    share = ((points[:, None] - course[None, :-1]) * steps).sum(axis=2) / np.maximum((steps**2).sum(axis=1), 1e-9)
    share = np.clip(share, 0, 1)
    nearest = course[None, :-1] + share[:, :, None] * steps
    best = np.linalg.norm(points[:, None] - nearest, axis=2).argmin(axis=1)
    rows = np.arange(len(points))
    return np.asarray(marks[best] + share[rows, best] * np.diff(marks)[best])


def _cut_column(page: GreyImage, line: LineBox, side: int) -> Strip:
    """The characters of a vertical line as cells laid side by side."""
    centers = np.concatenate([word.char_centers for word in line.words])
    centers = centers[np.argsort(centers[:, 1])]
    middle_x = float(line.top[:, 0].mean() + line.bottom[:, 0].mean()) / 2
    half = line.size_px / 2 * (1 + 2 * EDGE_MARGIN_RATIO)
    between = (centers[1:, 1] + centers[:-1, 1]) / 2
    upper = np.maximum(np.concatenate([[-np.inf], between]), centers[:, 1] - half)
    lower = np.minimum(np.concatenate([between, [np.inf]]), centers[:, 1] + half)
    cells, tops, bottoms = [], [], []
    for above, below in zip(upper, lower, strict=True):
        cells.append(_cut_cell(page, middle_x, half, (float(above), float(below)), side))
        tops += [(middle_x - line.size_px / 2, above), (middle_x + line.size_px / 2, above)]
        bottoms += [(middle_x - line.size_px / 2, below), (middle_x + line.size_px / 2, below)]
    starts = np.arange(len(cells)) * float(side)
    # The last mark of a cell lies just before the first of the next.
    marks = np.column_stack([starts, starts + side - 1e-3]).ravel()
    return Strip(
        image=np.concatenate(cells, axis=1),
        marks_px=marks,
        top=np.array(tops),
        bottom=np.array(bottoms),
        centers_px=starts + side / 2,
        cell_px=float(side),
        cell_words=_part_cells(centers[:, 1]),
    )


def _cut_cells(page: GreyImage, line: LineBox, side: int) -> Strip:
    """The characters of a row of cells as close beside each other as they are in print; empty cells as spaces."""
    half = line.size_px / 2 * (1 + 2 * EDGE_MARGIN_RATIO)
    middles = [np.array(word.quad.center) for word in line.words]
    parts: list[tuple[Floats, float]] = []  # the middle of each, and half of its width
    for number, (word, middle) in enumerate(zip(line.words, middles, strict=True)):
        if number and line.cells[number] > line.cells[number - 1] + 1:
            parts.append(((middles[number - 1] + middle) / 2, _EMPTY_CELL_RATIO * half))
        parts.append((middle, min(word.quad.width_px / 2 + _CELL_MARGIN_RATIO * half, half)))
    images, marks, tops, bottoms, centers = [], [], [], [], []
    start = 0.0
    for (x, y), reach in parts:
        quad = Quad.from_xyxy(x - reach, y - half, x + reach, y + half)
        images.append(cut_quad(page, quad, side, width_px=max(1, round(reach / half * side))))
        end = start + images[-1].shape[1]
        marks += [start, end - 1e-3]
        tops += [(x - reach, y - line.size_px / 2), (x + reach, y - line.size_px / 2)]
        bottoms += [(x - reach, y + line.size_px / 2), (x + reach, y + line.size_px / 2)]
        centers.append((start + end) / 2)
        start = end
    return Strip(
        image=np.concatenate(images, axis=1),
        marks_px=np.array(marks),
        top=np.array(tops),
        bottom=np.array(bottoms),
        centers_px=np.array(centers),
    )


def _part_cells(ys: Floats) -> tuple[int, ...]:
    """The number of the word of each letter of a column: words are further apart than letters."""
    steps = np.diff(ys)
    # A low quantile is the step within words, even where most words have but two letters.
    apart = steps > _WORD_STEP_RATIO * np.quantile(steps, _WITHIN_WORDS_SHARE) if len(steps) else np.zeros(0, bool)
    return (0, *np.cumsum(apart).tolist())


def _cut_cell(page: GreyImage, middle_x: float, half: float, span: tuple[float, float], side: int) -> GreyImage:
    """One character as a square of the strip's height, in its own proportions."""
    above, below = span
    height = int(np.clip(round((below - above) / (2 * half) * side), _LEAST_CELL_PX, side))
    quad = Quad.from_xyxy(middle_x - half, above, middle_x + half, below)
    cell = cut_quad(page, quad, height, width_px=side)
    spare = side - height
    return np.pad(cell, ((spare // 2, spare - spare // 2), (0, 0)), mode="edge")


def _join_rails(top: Floats, bottom: Floats) -> Quad:
    return Quad.from_array(np.array([top[0], top[-1], bottom[-1], bottom[0]]))
