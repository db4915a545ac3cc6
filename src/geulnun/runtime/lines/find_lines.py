"""Words -> text lines, each with its upper and lower rail.

Everything is measured in the letters' own size and along the words' own direction, so that tilted, curved, spaced
and vertical lines are found by the same few rules. Gaps wider than a line is high part columns and table cells.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from geulnun.core.arrays import Floats, find_quantile, find_weighted_median
from geulnun.core.geometry import Quad, enclose_points
from geulnun.core.page import Orientation
from geulnun.runtime.detection.find_words import FoundWord
from geulnun.runtime.layout.ruling_lines import NO_RULES, find_crossed
from geulnun.runtime.lines.cell_rows import CellRow, part_cell_rows
from geulnun.runtime.lines.gutters import find_gutters
from geulnun.runtime.lines.letter_rows import PageLetters, part_rows
from geulnun.runtime.lines.links import MAX_GAP_RATIO, LinkNodes, chain_links, find_links
from geulnun.runtime.lines.spaced_words import join_spaced_words, join_spread_pairs
from geulnun.runtime.lines.vertical_lines import space_letters, stack_words

# Chosen by eye on drawn and real pages; there is no row of docs/experiments for them.
_SURE_LETTERS, _SURE_LENGTH = 3, 1.8  # a word of so many, and so much longer than high, says where it runs
_LEAST_STEP_RATIO = 0.3  # from a word's middle to the next one's, over the narrower one
_BENT_RATIO = 1.35  # a word's box this much higher than its letters holds a bent word
_SHORT_LENGTH = 6.0  # letters of a short line, at most
_SNAP_DEG = 4.0  # short lines this close to the page's direction take it,
_SNAP_RATIO = 0.25  # or whose end is then moved by no more than this share of a letter
_CURVE_RATIO = 0.15  # a course that leaves its chord by this share of the size is a curve
_TALL_SHARE = 0.8  # of a line's letters are no higher than the line
_HIGHEST_SHARE, _LOWEST_SHARE = 0.2, 0.8  # of the letters' tops and bottoms, where the rails run
# A line that grows as in perspective: so many letters, so long; the difference of its ends, over the letters' size and
# over their usual deviation; the smaller end.
_GROWING_LETTERS, _GROWING_LENGTH = 5, 4.0
_PERSPECTIVE_RATIO, _PERSPECTIVE_SPREAD, _LEAST_END_RATIO = 0.12, 3.0, 0.3
# A curved line: so many letters, so long, its course over its chord; how far it is from straight, over the least curve.
_CURVE_LETTERS, _CURVE_LENGTH, _MOST_CURVED = 5, 3.0, 1.7
_CURVE_HINT = 0.6
_CUBIC_LETTERS = 8  # curves of fewer are parabolas
_SMOOTH_RATIO, _SMOOTH_SHARE = 0.12, 0.5  # of letters off the curve, over their size and over those off a straight line
_LEAST_POINTS, _MOST_POINTS = 5, 12  # of a curved rail
_LOW_RATIO = 1.25  # no two letters below each other are so low together, over their width
_VERTICAL_ASPECT = 2.0  # a quad this much higher than wide holds stacked characters


@dataclass(frozen=True, slots=True, kw_only=True)
class LineBox:
    """A line's place: two rails from its start to its end, through the tops and the bottoms of its letters.

    Attributes:
        words: in reading order.
        top: (M, 2) pixels of the page image, M >= 2; straight lines have two points. Of a vertical line, whose
            letters stand upright, it is the right rail.
        bottom: (M, 2), opposite to `top`; the left rail of a vertical line.
        size_px: distance of the rails.
        orientation: "vertical" if the characters are stacked downwards.
        cells: the number of the cell in which each word, a character, stands; empty unless the line is one of cells.
        in_grid: whether there are other rows of the same cells above or below.
    """

    words: tuple[FoundWord, ...]
    top: Floats
    bottom: Floats
    size_px: float
    orientation: Orientation = "horizontal"
    cells: tuple[int, ...] = ()
    in_grid: bool = False

    @property
    def quad(self) -> Quad:
        """The box of the line, clockwise from the text's own top left."""
        if len(self.top) > 2:
            return _enclose_rails(self.top, self.bottom)
        corners = np.array([self.top[0], self.top[1], self.bottom[1], self.bottom[0]])
        return Quad.from_array(np.roll(corners, 1, axis=0) if self.orientation == "vertical" else corners)


def find_lines(words: Sequence[FoundWord], rules: Floats | None = None) -> list[LineBox]:
    """The lines that the words make, in no particular order; every word is in one, but for doubles in a column.

    Args:
        words: All that were found on the page.
        rules: (M, 2, 2) upright rules of the page, from top to bottom: no line runs over one of them.
    """
    if not words:
        return []
    page_direction = find_page_direction(words)
    words = [_level_low_word(word) for word in words]
    rules = NO_RULES.down if rules is None else rules
    rows, words = part_cell_rows(words, rules)
    letters = PageLetters.of_words(words)
    words = part_rows(words, letters)
    flat = [word for word in words if not word.vertical]
    stacked = [word for word in words if word.vertical]
    chains = _link_words(flat, page_direction, rules)
    chains, columns = stack_words(chains, stacked, letters)
    chains = join_spaced_words(chains, page_direction)
    chains = join_spread_pairs(chains, page_direction)
    lines = [_fit_line(chain, page_direction) for chain in chains]
    return [*lines, *map(_fit_column, columns), *map(_fit_cells, rows)]


def _level_low_word(word: FoundWord) -> FoundWord:
    """A word found vertical that is hardly higher than wide as one letter, such as a dash with two peaks."""
    if not word.vertical or word.quad.height_px > _LOW_RATIO * word.quad.width_px:
        return word
    size = word.quad.height_px
    center = word.char_centers.mean(axis=0, keepdims=True)
    return replace(word, char_centers=center, char_sizes_px=np.array([size]), char_size_px=size, vertical=False)


def _fit_cells(row: CellRow) -> LineBox:
    """The line of a row of cells, straight through their characters."""
    bounds = np.array([word.quad.xyxy for word in row.words])
    middles = (bounds[:, :2] + bounds[:, 2:]) / 2
    slope, level = np.polyfit(middles[:, 0], middles[:, 1], 1)
    size = float((bounds[:, 2:] - bounds[:, :2]).max(axis=1).max())
    ends = np.array([bounds[:, 0].min(), bounds[:, 2].max()])
    course = np.column_stack([ends, slope * ends + level])
    half = np.array([0.0, size / 2])
    top, bottom = course - half, course + half
    return LineBox(words=row.words, top=top, bottom=bottom, size_px=size, cells=row.cells, in_grid=row.in_grid)


def box_quad(quad: Quad) -> LineBox:
    """The line that a known quad holds, as if it had been found there with letters as wide as high."""
    vertical = quad.height_px > _VERTICAL_ASPECT * quad.width_px
    corners = np.roll(quad.array, -1, axis=0) if vertical else quad.array
    size, length = sorted((quad.width_px, quad.height_px)) if vertical else (quad.height_px, quad.width_px)
    top, bottom = corners[:2], corners[[3, 2]]
    count = max(1, round(length / max(size, 1e-6)))
    shares = ((np.arange(count) + 0.5) / count)[:, None]
    middle = (top + bottom) / 2
    centers = middle[0] + shares * (middle[1] - middle[0])
    word = FoundWord(
        quad=quad,
        score=1.0,
        char_centers=centers,
        char_sizes_px=np.full(count, size),
        char_size_px=size,
        vertical=vertical,
    )
    orientation: Orientation = "vertical" if vertical else "horizontal"
    return LineBox(words=(word,), top=top, bottom=bottom, size_px=size, orientation=orientation)


def find_page_direction(words: Sequence[FoundWord]) -> Floats:
    """Unit vector along which most characters are read; (1, 0) if there is nothing to tell by."""
    sure = [word for word in words if _is_sure(word)]
    if not sure:
        return np.array([1.0, 0.0])
    angles = np.array([word.quad.angle_deg for word in sure])
    weights = np.array([len(word.char_centers) for word in sure], dtype=np.float64)
    angle = np.radians(find_weighted_median(angles, weights))
    return np.array([np.cos(angle), np.sin(angle)])


def _is_sure(word: FoundWord) -> bool:
    several = len(word.char_centers) >= _SURE_LETTERS
    return not word.vertical and several and word.quad.width_px > _SURE_LENGTH * word.char_size_px


def _link_words(words: list[FoundWord], page_direction: Floats, rules: Floats) -> list[list[FoundWord]]:
    """Chains of words that follow each other; every word has at most one before and one after it."""
    if not words:
        return []
    sure = np.array([_is_sure(word) for word in words])
    starts, ends, courses = zip(*(_find_ends(word, page_direction) for word in words), strict=True)
    size = np.array([word.char_size_px for word in words])
    nodes = LinkNodes(np.stack(starts), np.stack(ends), np.stack(courses), size, sure)
    before, after = find_links(nodes, MAX_GAP_RATIO)
    corners = np.stack([word.quad.array for word in words])
    counts = np.array([len(word.char_centers) for word in words])
    kept = ~find_gutters(corners, counts, before, after, page_direction)
    # Letters below each other may have one box, found twice.
    widths, middles = np.array([word.quad.width_px for word in words]), corners.mean(axis=1) @ page_direction
    kept &= middles[after] - middles[before] > _LEAST_STEP_RATIO * np.minimum(widths[before], widths[after])
    # Single characters in boxes side by side are one number.
    lone = counts == 1
    crossed = find_crossed(nodes.end[before], nodes.start[after], np.minimum(size[before], size[after]), rules)
    kept &= ~crossed | (lone[before] & lone[after])
    return [[words[i] for i in chain] for chain in chain_links(len(words), before[kept], after[kept])]


def _find_ends(word: FoundWord, page_direction: Floats) -> tuple[Floats, Floats, Floats]:
    """Where a horizontal word starts and ends, and the two directions in which it is read there."""
    corners, centers = word.quad.array, word.char_centers
    start, end = (corners[0] + corners[3]) / 2, (corners[1] + corners[2]) / 2
    if not _is_sure(word):
        return start, end, np.stack([page_direction, page_direction])
    if word.quad.height_px < _BENT_RATIO * word.char_size_px:
        along = (end - start) / max(float(np.linalg.norm(end - start)), 1e-9)
        return start, end, np.stack([along, along])
    course = np.stack([centers[2] - centers[0], centers[-1] - centers[-3]])
    course /= np.maximum(np.linalg.norm(course, axis=1, keepdims=True), 1e-9)
    half = word.char_size_px / 2
    return centers[0] - half * course[0], centers[-1] + half * course[1], course


def _fit_line(words: list[FoundWord], page_direction: Floats) -> LineBox:
    """The rails of a chain of words."""
    centers = np.concatenate([word.char_centers for word in words])
    sizes = np.concatenate([word.char_sizes_px for word in words])
    size = _find_letter_height(sizes)
    curve = _fit_curve(words, centers, size)
    if curve is not None:
        top, bottom = curve
        return LineBox(words=tuple(words), top=top, bottom=bottom, size_px=size)
    return _fit_straight(words, _find_direction(centers, size, page_direction), converging=True)


def lay_parallel(box: LineBox) -> LineBox | None:
    """A line whose rails converge as in perspective, between parallel ones; None for every other line.

    Capitals before small letters, and Hangul before both, look like perspective: only reading tells them apart.
    """
    heights = np.linalg.norm(box.bottom - box.top, axis=1)
    if len(heights) > 2 or box.orientation == "vertical" or np.isclose(heights[0], heights[1], rtol=1e-3):
        return None
    course = np.diff(box.top + box.bottom, axis=0)[0]
    return _fit_straight(list(box.words), course / max(float(np.linalg.norm(course)), 1e-9), converging=False)


def _fit_straight(words: list[FoundWord], direction: Floats, *, converging: bool) -> LineBox:
    """Straight rails along `direction`, converging if asked for where the letters steadily grow."""
    centers = np.concatenate([word.char_centers for word in words])
    sizes = np.concatenate([word.char_sizes_px for word in words])
    normal = np.array([-direction[1], direction[0]])
    corners = np.concatenate([word.quad.array for word in words])
    along, across = centers @ direction, _find_middles(words, centers, normal)
    ends = np.array([(corners @ direction).min(), (corners @ direction).max()])
    typical = _find_letter_height(sizes)
    half = (_fit_sizes(along, sizes, ends) if converging else np.array([typical, typical])) / 2
    middle = find_quantile(across, 0.5)
    if half[0] == half[1]:
        # Most letters' tops and bottoms, not all: one that is out of line must not widen the strip.
        upper = find_quantile(across - sizes / 2, _HIGHEST_SHARE)
        lower = find_quantile(across + sizes / 2, _LOWEST_SHARE)
        middle = (upper + lower) / 2
        half[:] = max(half[0], (lower - upper) / 2)
    top = ends[:, None] * direction + (middle - half)[:, None] * normal
    bottom = ends[:, None] * direction + (middle + half)[:, None] * normal
    return LineBox(words=tuple(words), top=top, bottom=bottom, size_px=float(2 * half.mean()))


def _find_letter_height(sizes: Floats) -> float:
    """How high a line's letters are, by their sizes (N,): as the high ones of several; others are small by nature."""
    return find_quantile(sizes, _TALL_SHARE if len(sizes) > 2 else 0.5)


def _find_middles(words: list[FoundWord], centers: Floats, normal: Floats) -> Floats:
    """Where the letters' middles lie across the line: their words' boxes know it better than single peaks do."""
    counts = [len(word.char_centers) for word in words]
    tilt = centers @ normal
    starts = np.concatenate([[0], np.cumsum(counts[:-1])]).astype(np.intp)
    means = np.add.reduceat(tilt, starts) / counts
    own = np.stack([word.quad.array for word in words]).mean(axis=1) @ normal
    return np.asarray(tilt + np.repeat(own - means, counts))


def _find_direction(centers: Floats, size: float, page_direction: Floats) -> Floats:
    """Reading direction of a straight line; short ones lean on the page's."""
    if len(centers) < 2:
        return page_direction
    offset = centers - centers.mean(axis=0)
    _, _, axes = np.linalg.svd(offset, full_matrices=False)
    direction = axes[0] if axes[0] @ (centers[-1] - centers[0]) >= 0 else -axes[0]
    extent = np.ptp(offset @ direction)
    turn = np.degrees(np.arccos(np.clip(direction @ page_direction, -1, 1)))
    snap = max(_SNAP_DEG, np.degrees(_SNAP_RATIO * size / max(extent, 1e-6)))
    if extent < _SHORT_LENGTH * size and turn < snap:
        return page_direction
    return np.asarray(direction)


def _fit_sizes(along: Floats, sizes: Floats, ends: Floats) -> Floats:
    """Sizes at both ends of a line: equal ones, unless the letters steadily grow as in perspective."""
    typical = _find_letter_height(sizes)
    equal = np.array([typical, typical])
    if len(sizes) < _GROWING_LETTERS or np.ptp(along) < _GROWING_LENGTH * typical:
        return equal
    slope = ((along - along.mean()) * (sizes - sizes.mean())).sum() / ((along - along.mean()) ** 2).sum()
    offset = sizes.mean() - slope * along.mean()
    fitted = slope * ends + offset
    spread = np.abs(sizes - (slope * along + offset)).mean()
    steady = abs(fitted[1] - fitted[0]) > max(_PERSPECTIVE_RATIO * typical, _PERSPECTIVE_SPREAD * spread)
    return np.asarray(fitted) if steady and fitted.min() > _LEAST_END_RATIO * typical else equal


def _fit_curve(words: list[FoundWord], centers: Floats, size: float) -> tuple[Floats, Floats] | None:
    """Top and bottom rails (M, 2) through the characters, if their course bends clearly and smoothly."""
    if len(centers) < _CURVE_LETTERS:
        return None
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(centers, axis=0), axis=1))])
    chord = centers[-1] - centers[0]
    reach = float(np.linalg.norm(chord))
    if reach < _CURVE_LENGTH * size or length[-1] > _MOST_CURVED * reach:
        return None
    normal = np.array([-chord[1], chord[0]]) / reach
    straight = _find_deviations(length, centers @ normal)
    if straight.max() < _CURVE_HINT * _CURVE_RATIO * size:
        return None
    degree = 2 if len(centers) < _CUBIC_LETTERS else 3
    course = [np.polynomial.Polynomial.fit(length, centers[:, axis], degree) for axis in (0, 1)]
    fitted = np.column_stack([each(length) for each in course])
    off_course = np.linalg.norm(centers - fitted, axis=1)
    bend = np.ptp((fitted - fitted[0]) @ normal)
    most_off = min(_SMOOTH_RATIO * size, _SMOOTH_SHARE * np.sqrt((straight**2).mean()))
    smooth = np.sqrt((off_course**2).mean()) < most_off
    if bend < _CURVE_RATIO * size or not smooth:
        return None
    first, last = (float(np.median(words[i].char_sizes_px)) / 2 for i in (0, -1))
    places = np.linspace(-first, length[-1] + last, min(max(len(centers), _LEAST_POINTS), _MOST_POINTS))
    middle = _extend(course, places, length[-1])
    tangent = np.gradient(middle, places, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    across = np.column_stack([-tangent[:, 1], tangent[:, 0]])
    return middle - across * size / 2, middle + across * size / 2


def _find_deviations(places: Floats, values: Floats) -> Floats:
    """How far values lie from the straight line through them that fits best."""
    along, across = places - places.mean(), values - values.mean()
    slope = (along * across).sum() / max(float((along**2).sum()), 1e-12)
    return np.asarray(np.abs(across - slope * along))


def _extend(course: list[np.polynomial.Polynomial], places: Floats, length: float) -> Floats:
    """Points (M, 2) of the course; beyond its ends it goes straight on, because polynomials do not."""
    inner = np.clip(places, 0, length)
    points = np.column_stack([each(inner) for each in course])
    slopes = np.column_stack([each.deriv()(inner) for each in course])
    return np.asarray(points + slopes * (places - inner)[:, None])


def _fit_column(words: list[FoundWord]) -> LineBox:
    """The rails of a vertical line: its right and left sides."""
    spaced = space_letters(words)
    corners = np.concatenate([word.quad.array for word in spaced])
    size = float(np.median(np.concatenate([word.char_sizes_px for word in spaced])))
    middle = float(np.median(np.concatenate([word.char_centers[:, 0] for word in spaced])))
    top, bottom = corners[:, 1].min(), corners[:, 1].max()
    rails = [np.array([(middle + side * size / 2, y) for y in (top, bottom)]) for side in (1, -1)]
    return LineBox(words=spaced, top=rails[0], bottom=rails[1], size_px=size, orientation="vertical")


def _enclose_rails(top: Floats, bottom: Floats) -> Quad:
    """The smallest rectangle along the chord of a curved line."""
    middle = (top + bottom) / 2
    along = middle[-1] - middle[0]
    along = along / max(float(np.linalg.norm(along)), 1e-9)
    return enclose_points(np.concatenate([top, bottom]), along)
