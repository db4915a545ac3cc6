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


def read_turned_lines(
    grey: GreyImage,
    boxes: Sequence[LineBox],
    lines: Sequence[Line | None],
    orienter: Orienter,
    reader: LineReader,
    options: ReadOptions,
) -> list[Line | None]:
    """The lines of a page, those that are read surer when turned so.

    Args:
        grey: of the page.
        boxes: where its lines are.
        lines: what was read in each box; None where nothing was.
        orienter: says how far the letters of a line are turned.
        reader: reads the turned lines.
        options: of this call.
    """
    weak = [number for number, line in enumerate(lines) if line is None or _is_weak(line)][:MOST_WEAK_LINES]
    with options.timed("orient"):
        stacked = [boxes[number].orientation == "vertical" for number in weak]
        turns = orienter.find_turns(grey, [boxes[number].quad for number in weak], stacked)
    boxed = {number: turn_box(boxes[number], turn) for number, turn in zip(weak, turns, strict=True)}
    turned = {number: box for number, box in boxed.items() if box is not None}
    result = list(lines)
    if not turned:
        return result
    for number, line in zip(turned, reader.read_lines(grey, list(turned.values()), options), strict=True):
        before = lines[number]
        if line is not None and (before is None or _is_surer(line, before)):
            result[number] = line
    return result


def _is_weak(line: Line) -> bool:
    return line.confidence is not None and line.confidence < WEAK_CONFIDENCE


def _is_surer(line: Line, other: Line) -> bool:
    return (line.confidence or 0.0) >= (other.confidence or 0.0) + GAINED_CONFIDENCE
