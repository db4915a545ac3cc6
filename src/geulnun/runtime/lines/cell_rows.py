"""Rows of equal cells with one character in each: squared paper, and boxes for the figures of a number.

Detected alone, such characters are lines of their own, or several pieces. Upright rules at equal distances say which
belong together.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from geulnun.core.arrays import Floats, Ints
from geulnun.core.geometry import Quad
from geulnun.runtime.detection.find_words import FoundWord

# Chosen by eye on drawn and real pages; there is no row of docs/experiments for them.
_LEAST_CELLS = 4  # of a row, and with a character in them
_LEAST_FILLED = 0.5  # of the cells from the first character to the last
_PITCH_RATIO = 0.15  # by which the distances of rules differ, over their usual distance, at most
_SIDE_BY_SIDE = 0.6  # of the shorter one of two rules that stand at the same height
_MOST_CROSSING = 0.2  # of the words that stand in several cells
_ROW_RATIO = 0.45  # from one row's middles to those of the next, over the width of a cell, at least
_LEAST_HEIGHT = 0.28  # of the characters, over the width of a cell: those of a calendar are smaller
_MOST_ASPECT = 1.35  # width of what is in a cell over its height, if it is one character
_MOST_HEIGHT, _MOST_HEIGHT_IN_GRID = 1.6, 1.0  # of the characters, over the width of a cell
_MOST_UNLIKE = 0.3  # by which the height of a character beyond the rules differs from those between, over theirs
_MOST_SPREAD = 0.45  # between the outer characters of a cell, over their height, if they are the pieces of one


class CellRow(NamedTuple):
    """A row of characters in cells.

    Attributes:
        words: what is in each cell that is not empty, from left to right, as one word of one character.
        cells: the number of each one's cell in the row, increasing.
        in_grid: whether there are other rows of the same cells.
    """

    words: tuple[FoundWord, ...]
    cells: tuple[int, ...]
    in_grid: bool


class _Piece(NamedTuple):
    """What of a word stands in a cell, and where: left, top, right, bottom."""

    word: FoundWord
    cell: int
    bounds: tuple[float, float, float, float]

    @property
    def middle(self) -> float:
        """How far down the page it stands."""
        return (self.bounds[1] + self.bounds[3]) / 2

    @property
    def height(self) -> float:
        """Of its bounds."""
        return self.bounds[3] - self.bounds[1]


def part_cell_rows(words: Sequence[FoundWord], down: Floats) -> tuple[list[CellRow], list[FoundWord]]:
    """The rows of characters in cells, and the words that stand in none.

    Args:
        words: all that were found on the page.
        down: (M, 2, 2) upright rules of the page, from top to bottom.
    """
    rows: list[CellRow] = []
    rest = list(words)
    for edges in _find_equal_steps(down):
        found, taken = _find_rows(rest, edges)
        rows += found
        rest = [word for word in rest if id(word) not in taken]
    return rows, rest


def _find_equal_steps(down: Floats) -> Iterator[Floats]:
    """Rules (N, 2, 2) beside each other at equal distances, from left to right."""
    rules = down[np.argsort(down[:, :, 0].mean(axis=1))]
    free = np.ones(len(rules), bool)
    for start in range(len(rules)):
        if not free[start]:
            continue
        run = _follow(rules, free, start)
        if len(run) > _LEAST_CELLS:
            free[run] = False
            yield rules[run]


def _follow(rules: Floats, free: Ints, start: int) -> list[int]:
    """The numbers of the longest run of rules at equal distances from `start` on."""
    places, tops, bottoms = rules[:, :, 0].mean(axis=1), rules[:, 0, 1], rules[:, 1, 1]
    shared = np.minimum(bottoms, bottoms[start]) - np.maximum(tops, tops[start])
    beside = free & (shared >= _SIDE_BY_SIDE * np.minimum(bottoms - tops, bottoms[start] - tops[start]))
    after = np.flatnonzero(beside & (places > places[start] + 1))
    run = [start]
    if not len(after):
        return run
    pitch = places[after[0]] - places[start]
    for number in after.tolist():
        if abs(places[number] - places[run[-1]] - pitch) > _PITCH_RATIO * pitch:
            break
        run.append(number)
        pitch = (places[run[-1]] - places[start]) / (len(run) - 1)
    return run


def _find_rows(words: Sequence[FoundWord], edges: Floats) -> tuple[list[CellRow], set[int]]:
    """The rows between upright rules (N, 2, 2), and the ids of their words; none where cells hold more than that."""
    pitch = float(np.diff(edges[:, :, 0].mean(axis=1)).mean())
    pieces = _part_words(words, edges, pitch)
    steps = np.diff([piece.middle for piece in pieces], prepend=-np.inf)
    starts = np.flatnonzero(steps > _ROW_RATIO * pitch).tolist()
    groups = [pieces[start:end] for start, end in itertools.pairwise([*starts, len(pieces)])]
    in_grid = len(groups) > 1
    inside = [_drop_beyond(group, len(edges) - 1, in_grid=in_grid) for group in groups]
    found = [(_build_row(group, in_grid=in_grid), group) for group in inside if group]
    alike = [(row, group) for row, group in found if _are_characters(row, group, pitch)]
    full = sum(_is_full(row) for row, _ in found)
    if not full or full > sum(_is_full(row) for row, _ in alike):
        return [], set()
    return [row for row, _ in alike], {id(piece.word) for _, group in alike for piece in group}


def _part_words(words: Sequence[FoundWord], edges: Floats, pitch: float) -> list[_Piece]:
    """What of the words stands in each cell, from top to bottom, one cell beyond either end included."""
    shift = np.array([pitch, 0.0])
    edges = np.concatenate([edges[:1] - shift, edges, edges[-1:] + shift])
    top, bottom = float(np.median(edges[:, 0, 1])), float(np.median(edges[:, 1, 1]))
    pieces: list[_Piece] = []
    crossing = 0
    for word in words:
        cells = np.array([_find_cell(edges, x, y) for x, y in word.char_centers.tolist()])
        within = (cells >= 0) & (cells < len(edges) - 1)
        if within.all() and top < float(word.char_centers[:, 1].mean()) < bottom:
            crossing += len(np.unique(cells)) > 1
            pieces += _part_word(word, cells - 1)
    if crossing > _MOST_CROSSING * len({id(piece.word) for piece in pieces}):
        return []
    return sorted(pieces, key=lambda piece: piece.middle)


def _drop_beyond(pieces: Sequence[_Piece], count: int, *, in_grid: bool) -> list[_Piece]:
    """Without what stands beyond the ends of a row of `count` cells.

    Of a single row, whose outer rules may not have been found, a character like those inside stays.
    """
    heights = [piece.height for piece in pieces if 0 <= piece.cell < count]
    usual = float(np.median(heights)) if heights else 0.0
    beyond = {
        piece.cell
        for piece in pieces
        if not 0 <= piece.cell < count
        and (in_grid or abs(piece.height - usual) > _MOST_UNLIKE * usual or len(piece.word.char_centers) > 1)
    }
    return [piece for piece in pieces if piece.cell not in beyond]


def _part_word(word: FoundWord, cells: Ints) -> Iterator[_Piece]:
    """What of a word stands in each cell, from the cells (K,) of its characters."""
    if len(np.unique(cells)) == 1:
        yield _Piece(word, int(cells[0]), word.quad.xyxy)
        return
    half = word.char_sizes_px[:, None] / 2
    low, high = word.char_centers - half, word.char_centers + half
    for cell in np.unique(cells).tolist():
        left, top = low[cells == cell].min(axis=0).tolist()
        right, bottom = high[cells == cell].max(axis=0).tolist()
        yield _Piece(word, cell, (left, top, right, bottom))


def _find_cell(edges: Floats, x: float, y: float) -> int:
    """The number of the cell between upright rules at a point; -1 or their number where it lies outside."""
    shares = (y - edges[:, 0, 1]) / np.maximum(edges[:, 1, 1] - edges[:, 0, 1], 1.0)
    places = edges[:, 0, 0] + shares * (edges[:, 1, 0] - edges[:, 0, 0])
    return int(np.searchsorted(places, x)) - 1


def _build_row(pieces: Sequence[_Piece], *, in_grid: bool) -> CellRow:
    cells = sorted({piece.cell for piece in pieces})
    words = tuple(_join([piece for piece in pieces if piece.cell == cell]) for cell in cells)
    return CellRow(words, tuple(cells), in_grid)


def _join(pieces: Sequence[_Piece]) -> FoundWord:
    """The pieces of a character as one word of one character."""
    bounds = np.array([piece.bounds for piece in pieces])
    left, top = bounds[:, :2].min(axis=0).tolist()
    right, bottom = bounds[:, 2:].max(axis=0).tolist()
    return FoundWord(
        quad=Quad.from_xyxy(left, top, right, bottom),
        score=max(piece.word.score for piece in pieces),
        char_centers=np.array([[(left + right) / 2, (top + bottom) / 2]]),
        char_sizes_px=np.array([bottom - top]),
        char_size_px=bottom - top,
    )


def _is_full(row: CellRow) -> bool:
    return len(row.cells) >= max(_LEAST_CELLS, _LEAST_FILLED * (row.cells[-1] - row.cells[0] + 1))


def _are_characters(row: CellRow, pieces: Sequence[_Piece], pitch: float) -> bool:
    """Whether a row's cells hold a character each, or, without other rows, short numbers."""
    width, height = _measure(row)
    most = _MOST_HEIGHT_IN_GRID if row.in_grid else _MOST_HEIGHT
    if not (_LEAST_HEIGHT * pitch <= height <= most * pitch and width <= _MOST_ASPECT * height):
        return False
    return not row.in_grid or _measure_spread(pieces) <= _MOST_SPREAD * height


def _measure_spread(pieces: Sequence[_Piece]) -> float:
    """How far the outer characters of a cell usually stand apart."""
    places: dict[int, list[float]] = {}
    for piece in pieces:
        left, _, right, _ = piece.bounds
        inside = [x for x in piece.word.char_centers[:, 0].tolist() if left <= x <= right]
        places.setdefault(piece.cell, []).extend(inside)
    return float(np.median([max(xs) - min(xs) for xs in places.values() if xs]))


def _measure(row: CellRow) -> tuple[float, float]:
    """The usual width and height of what is in the cells."""
    bounds = np.array([word.quad.xyxy for word in row.words])
    width, height = np.median(bounds[:, 2:] - bounds[:, :2], axis=0).tolist()
    return width, height
