"""Single lines that lie otherwise than their page: read again as their letters say they lie."""

from collections.abc import Sequence

from geulnun.core.arrays import GreyImage
from geulnun.core.page import Line
from geulnun.runtime.lines.find_lines import LineBox
from geulnun.runtime.lines.orientation import Orienter, turn_box
from geulnun.runtime.options import ReadOptions
from geulnun.runtime.recognition.line_reader import LineReader

# Chosen by eye on turned pages; there is no row of docs/experiments for them.
WEAK_CONFIDENCE = 0.8
"""Lines read less surely than this may lie the wrong way up."""

GAINED_CONFIDENCE = 0.1
"""A line is taken as turned if it is then read surer by this."""

MOST_WEAK_LINES = 32
"""Lines of a page that are looked at."""


class TurnedLines:
    """Line reader and orientation network together; may be used by several threads."""

    def __init__(self, reader: LineReader, orienter: Orienter | None) -> None:
        """Readings of turned lines; without an `orienter` every line is taken to lie as its page does."""
        self._reader = reader
        self._orienter = orienter

    def find_turns(
        self, grey: GreyImage, boxes: Sequence[LineBox], lines: Sequence[Line | None], options: ReadOptions
    ) -> list[int]:
        """How far the letters of each line are turned clockwise; 0 for those read surely, or if the options say it.

        Args:
            grey: ``(H, W)`` uint8 page.
            boxes: where its lines are.
            lines: what was read in each box; None where nothing was.
            options: of this call.
        """
        found = [0] * len(lines)
        if options.orientation != "auto" or self._orienter is None:
            return found
        weak = [number for number, line in enumerate(lines) if line is None or _is_weak(line)][:MOST_WEAK_LINES]
        with options.timed("orient"):
            stacked = [boxes[number].orientation == "vertical" for number in weak]
            turns = self._orienter.find_turns(grey, [boxes[number].quad for number in weak], stacked)
        for number, turn in zip(weak, turns, strict=True):
            found[number] = turn
        return found

    def read_again(
        self,
        grey: GreyImage,
        boxes: Sequence[LineBox],
        lines: Sequence[Line | None],
        turns: Sequence[int],
        options: ReadOptions,
    ) -> list[Line | None]:
        """The lines of a page, those that are read surer when turned so.

        Args:
            grey: ``(H, W)`` uint8 page.
            boxes: where its lines are.
            lines: what was read in each box; None where nothing was.
            turns: of the letters of each, as `find_turns` gives them.
            options: of this call.
        """
        boxed = {number: turn_box(boxes[number], turn) for number, turn in enumerate(turns) if turn}
        turned = {number: box for number, box in boxed.items() if box is not None}
        if not turned:
            return list(lines)
        read = self._reader.read_lines(grey, list(turned.values()), options)
        surer = {number: line for number, line in zip(turned, read, strict=True) if _is_surer(line, lines[number])}
        return [surer.get(number, line) for number, line in enumerate(lines)]


def _is_weak(line: Line) -> bool:
    return line.confidence is not None and line.confidence < WEAK_CONFIDENCE


def _is_surer(line: Line | None, before: Line | None) -> bool:
    """Whether a line is read surer than it was before, if it was."""
    if line is None or before is None:
        return line is not None
    return (line.confidence or 0.0) >= (before.confidence or 0.0) + GAINED_CONFIDENCE
