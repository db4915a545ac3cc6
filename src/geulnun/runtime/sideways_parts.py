"""Parts of an upright page that lie on their side, such as a wide table: where they are, and how they join the page.

Lines of a sideways part are found one by one, since their letters follow one another downwards or upwards; its shorter
words are taken for columns or for letters of their own. Once several lines say that they lie so, the part around them
is cut out, turned upright, and read as a page of its own.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from geulnun.core.page import Block, Line, Page
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


class SidewaysPart(NamedTuple):
    """A part of a page that lies on its side.

    Attributes:
        box: in whole pixels of the page: left, top, right, bottom.
        turn_deg: how far it lies turned clockwise, 90 or 270.
    """

    box: tuple[int, int, int, int]
    turn_deg: int

    def holds(self, line: Line) -> bool:
        """Whether the middle of a line lies inside."""
        x, y = line.quad.array.mean(axis=0)
        left, top, right, bottom = self.box
        return bool(left <= x <= right and top <= y <= bottom)


def find_sideways_parts(lines: Iterable[Line], width_px: int, height_px: int) -> list[SidewaysPart]:
    """The parts of a page on which several sure lines lie on one side, and none that lies upright.

    Args:
        lines: as they were read on the upright page.
        width_px: of the page.
        height_px: of the page.
    """
    lines = list(lines)
    parts = (_find_part(lines, turn_deg, width_px, height_px) for turn_deg in (90, 270))
    return [part for part in parts if part is not None]


def _find_part(lines: Sequence[Line], turn_deg: int, width_px: int, height_px: int) -> SidewaysPart | None:
    seeds = [line for line in lines if _is_sure(line, _LEAST_LETTERS) and _find_turn(line) == turn_deg]
    if len(seeds) < LEAST_SIDEWAYS_LINES:
        return None
    letter_px = float(np.median([line.quad.height_px for line in seeds]))
    others = [line.quad.xyxy for line in lines if _find_turn(line) or not _is_sure(line, _SURE_UPRIGHT_LETTERS)]
    left, top, right, bottom = _grow(_unite([line.quad.xyxy for line in seeds]), others, _REACH_RATIO * letter_px)
    margin = _MARGIN_RATIO * letter_px
    part = SidewaysPart(
        (
            max(0, int(left - margin)),
            max(0, int(top - margin)),
            min(width_px, int(right + margin) + 1),
            min(height_px, int(bottom + margin) + 1),
        ),
        turn_deg,
    )
    upright = any(part.holds(line) for line in lines if not _find_turn(line) and _is_sure(line, _SURE_UPRIGHT_LETTERS))
    return None if upright else part


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


def _find_turn(line: Line) -> int:
    """90 for a line that runs down the page, 270 for one that runs up, else 0."""
    if line.orientation == "vertical" or abs(abs(line.quad.angle_deg) - 90) > _STEEP_DEG:
        return 0
    return 90 if line.quad.angle_deg > 0 else 270


def _is_sure(line: Line, least_letters: int) -> bool:
    letters = sum(char.isalnum() for char in line.text)
    return letters >= least_letters and line.confidence is not None and line.confidence >= _SURE_CONFIDENCE


def is_better(part: Page, before: Iterable[Line], options: ReadOptions) -> bool:
    """Whether a part that was read turned holds more text than what was read in its place."""
    return _count_letters(part.lines, options) > _count_letters(before, options)


def _count_letters(lines: Iterable[Line], options: ReadOptions) -> float:
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
