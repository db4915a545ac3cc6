"""The places of lines on a page -> lines: cut into strips, read, and put together."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from geulnun.core.arrays import GreyImage
from geulnun.core.page import Line
from geulnun.runtime.lines.find_lines import LineBox, lay_parallel
from geulnun.runtime.options import ReadOptions
from geulnun.runtime.recognition.build_line import build_line
from geulnun.runtime.recognition.recognizer import Recognizer
from geulnun.runtime.recognition.strips import cut_strips


class LineReader:
    """Reads lines of a page with a recogniser; may be used by several threads."""

    def __init__(self, recognizer: Recognizer) -> None:
        self._recognizer = recognizer

    def read_lines(
        self,
        grey: GreyImage,
        boxes: Sequence[LineBox],
        options: ReadOptions,
        *,
        known: Mapping[int, Line | None] = MappingProxyType({}),
    ) -> list[Line | None]:
        """The line in each box of a grey page; None where nothing is written.

        A line whose rails converge is read between parallel ones as well, and the surer reading stays.

        Args:
            grey: ``(H, W)`` uint8 page.
            boxes: where its lines are.
            options: of this call.
            known: lines that have been read already, by the number of their box.
        """
        rest = [number for number in range(len(boxes)) if number not in known]
        lines = {**known, **dict(zip(rest, self._read_as_placed(grey, [boxes[n] for n in rest], options), strict=True))}
        parallel = {number: lay_parallel(boxes[number]) for number in rest}
        again = {number: box for number, box in parallel.items() if box is not None}
        if again:
            for number, line in zip(again, self._read_as_placed(grey, list(again.values()), options), strict=True):
                lines[number] = max((line, lines[number]), key=_find_confidence)
        return [lines[number] for number in range(len(boxes))]

    def _read_as_placed(self, grey: GreyImage, boxes: Sequence[LineBox], options: ReadOptions) -> list[Line | None]:
        with options.timed("cut"):
            size = (self._recognizer.height_px, self._recognizer.most_ratio)
            strips = [cut_strips(grey, box, *size) for box in boxes]
        with options.timed("recognize"):
            images = [strip.image for parts in strips for strip in parts]
            read = self._recognizer.read_strips(images, alternatives=options.alternatives, beam=options.beam)
            readings = iter(read)
        with options.timed("build"):
            return [
                build_line(box, parts, [next(readings) for _ in parts])
                for box, parts in zip(boxes, strips, strict=True)
            ]


def _find_confidence(line: Line | None) -> float:
    return (line.confidence or 0.0) if line is not None else -1.0
