"""Parts of an upright page that lie on their side, such as a wide table: where they are, and how they join the page.

Lines of a sideways part are found one by one, since their letters follow one another downwards or upwards; its shorter
words are taken for columns or for letters of their own. Once several lines say that they lie so, those that are read
surely and those whose letters look turned, the part around them is cut out, turned upright, and read as a page of its
own.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from geulnun.core.page import Block, Line, Page
from geulnun.runtime.lines.find_lines import LineBox
from geulnun.runtime.options import ReadOptions
from geulnun.runtime.recognition.text_evidence import is_text

Box = tuple[float, float, float, float]  # left, top, right, bottom

# Chosen by eye on drawn tables; there is no row of docs/experiments for them.
LEAST_SIDEWAYS_LINES = 3
"""Lines that must lie the same way for a part of the page to lie so."""

_LEAST_LETTERS, _SURE_CONFIDENCE = 2, 0.9  # of a line that says how its part of the page lies
_SURE_UPRIGHT_LETTERS = 4  # of a line that is believed to lie as the page does
_REACH_RATIO = 2.0  # of a letter's height: what is so near belongs to the part
_MARGIN_RATIO = 1.0  # of paper around a part, over a letter's height
_STEEP_DEG = 20.0  # from the vertical, at most
_LEAST_SHARE = 0.2  # of the lines that tell how a part lies, for it to be read so


class SidewaysPart(NamedTuple):
    """A part of a page that lies on its side.

    Attributes:
        box: in whole pixels of the page: left, top, right, bottom.
        turn_deg: how far it lies turned clockwise, 90 or 270.
    """

    box: tuple[int, int, int, int]
    turn_deg: int

    def holds(self, box: Box) -> bool:
        """Whether the middle of a box lies inside."""
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        left, top, right, bottom = self.box
        return left <= x <= right and top <= y <= bottom


class _Piece(NamedTuple):
    """A line of the page, for what it says about how its part lies.

    Attributes:
        box: around it.
        turn_deg: 90 if it runs down the page, 270 if it runs up, else 0; of letters, if these look turned.
        tells: whether it was read surely, or its letters look turned surely.
    """

    box: Box
    turn_deg: int
    tells: bool


def find_sideways_parts(
    boxes: Sequence[LineBox], lines: Sequence[Line | None], turns: Sequence[int], width_px: int, height_px: int
) -> list[SidewaysPart]:
    """The part of a page on which several lines lie on one side, and none that was read surely lies upright.

    Where others seem to lie on the other side, it is given with both turns: reading it decides.

    Args:
        boxes: where the lines of the upright page are.
        lines: what was read in each; None where nothing was.
        turns: of the letters of each weak line, clockwise.
        width_px: of the page.
        height_px: of the page.
    """
    pieces = [_judge(box, line, turn) for box, line, turn in zip(boxes, lines, turns, strict=True)]
    seeds = {turn: [piece.box for piece in pieces if piece.tells and piece.turn_deg == turn] for turn in (90, 270)}
    counts = {turn: len(found) for turn, found in seeds.items()}
    if max(counts.values()) < LEAST_SIDEWAYS_LINES:
        return []
    box = _find_box(pieces, [*seeds[90], *seeds[270]], width_px, height_px)
    parts = [SidewaysPart(box, turn) for turn in (90, 270) if counts[turn] >= _LEAST_SHARE * sum(counts.values())]
    upright = any(parts[0].holds(piece.box) for piece in pieces if piece.tells and not piece.turn_deg)
    return [] if upright else parts


def _judge(box: LineBox, line: Line | None, turn_deg: int) -> _Piece:
    if line is None or not _is_sure(line, _LEAST_LETTERS):
        looks = turn_deg if turn_deg in (90, 270) else 0
        return _Piece(box.quad.xyxy, looks or _find_turn(line), bool(looks))
    turn = _find_turn(line)
    return _Piece(line.quad.xyxy, turn, bool(turn) or _is_sure(line, _SURE_UPRIGHT_LETTERS))


def _find_box(
    pieces: Sequence[_Piece], seeds: Sequence[Box], width_px: int, height_px: int
) -> tuple[int, int, int, int]:
    """The part of the page around lines that lie on their side, and what was not read surely beside them."""
    letter_px = float(np.median([min(right - left, bottom - top) for left, top, right, bottom in seeds]))
    others = [piece.box for piece in pieces if piece.turn_deg or not piece.tells]
    left, top, right, bottom = _grow(_unite(seeds), others, _REACH_RATIO * letter_px)
    margin = _MARGIN_RATIO * letter_px
    return (
        max(0, int(left - margin)),
        max(0, int(top - margin)),
        min(width_px, int(right + margin) + 1),
        min(height_px, int(bottom + margin) + 1),
    )


def _grow(box: Box, others: Sequence[Box], reach: float) -> Box:
    """The box around this one and all others that are within reach of it, or of one that is."""
    rest = list(others)
    while near := [other for other in rest if _measure_gap(box, other) <= reach]:
        box = _unite([box, *near])
        rest = [other for other in rest if other not in near]
    return box


def _unite(boxes: Sequence[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _measure_gap(a: Box, b: Box) -> float:
    """The wider of the gaps across and down between two boxes; 0 where they overlap both ways."""
    return max(0.0, a[0] - b[2], b[0] - a[2], a[1] - b[3], b[1] - a[3])


def _find_turn(line: Line | None) -> int:
    """90 for a line that runs down the page, 270 for one that runs up, else 0."""
    if line is None or line.orientation == "vertical" or abs(abs(line.quad.angle_deg) - 90) > _STEEP_DEG:
        return 0
    return 90 if line.quad.angle_deg > 0 else 270


def _is_sure(line: Line, least_letters: int) -> bool:
    letters = sum(char.isalnum() for char in line.text)
    return letters >= least_letters and line.confidence is not None and line.confidence >= _SURE_CONFIDENCE


def count_letters(lines: Iterable[Line], options: ReadOptions) -> float:
    """Letters of the lines that are text, each counted by its line's confidence."""
    return sum(
        (line.confidence or 0.0) * sum(char.isalnum() for char in line.text)
        for line in lines
        if is_text(line, options.min_confidence)
    )


def insert_blocks(blocks: Sequence[Block], part: Page) -> list[Block]:
    """The blocks of a page, those of a part behind the last one that begins above it."""
    if not part.blocks:
        return list(blocks)
    top = min(block.quad.xyxy[1] for block in part.blocks)
    place = max((number for number, block in enumerate(blocks, 1) if block.quad.xyxy[1] <= top), default=0)
    return [*blocks[:place], *part.blocks, *blocks[place:]]
