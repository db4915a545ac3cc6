"""The places of lines on a page -> lines: cut into strips, read, and put together."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from geulnun.core.arrays import GreyImage, RgbImage
from geulnun.core.hangul import COMPATIBILITY_JAMO
from geulnun.core.page import Line
from geulnun.runtime.lines.find_lines import LineBox, lay_parallel
from geulnun.runtime.options import ReadOptions
from geulnun.runtime.recognition.build_line import build_line
from geulnun.runtime.recognition.recognizer import Recognizer
from geulnun.runtime.recognition.strips import cut_strips

# The row of recognition/line_reader.py in docs/experiments/layout.md measures the second look.
STRETCHES = (0.5, 2.0)
"""Widths over its own at which a weak line is looked at again: receipts print letters twice as wide, or as high."""

WEAK_CONFIDENCE, LEAST_CONFIDENCE = 0.9, 0.5
"""Lines read with less than the first are weak; what was read with less than the second is hardly text."""

SURE_CONFIDENCE, GAINED_CONFIDENCE, LITTLE_GAINED = 0.95, 0.1, 0.005
"""Of what is read at another width: at least the first, and more than before by the second, or, on a page that has such
letters, by the third."""

MOST_WEAK_LINES = 32
"""Lines of a page that are looked at again."""

LEAST_CHROMA = 64
"""Levels, 0..255, between the channels of some pixel of weak lines, for them to be looked at by their colours."""

LEAST_STRETCHED = 3
"""Weak lines that are clear at another width for all lines of the page to be looked at so."""


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
        image: RgbImage | None = None,
    ) -> list[Line | None]:
        """The line in each box of a grey page; None where nothing is written.

        A line whose rails converge is read between parallel ones as well, and the surer reading stays. A weak line is
        read again as if its letters were twice as wide or as high as usual, and stays so if that is clear text; where
        several are, so is every line that is then read more surely. A line that is still weak is read by its colours
        alone, as yellow letters stand out from what is as bright but grey.

        Args:
            grey: ``(H, W)`` uint8 page.
            boxes: where its lines are.
            options: of this call.
            known: lines that have been read already, by the number of their box.
            image: ``(H, W, 3)`` RGB uint8, the page in colours; without it no line is read by them.
        """
        rest = [number for number in range(len(boxes)) if number not in known]
        lines = {**known, **dict(zip(rest, self._read_as_placed(grey, [boxes[n] for n in rest], options), strict=True))}
        parallel = {number: lay_parallel(boxes[number]) for number in rest}
        again = {number: box for number, box in parallel.items() if box is not None}
        if again:
            for number, line in zip(again, self._read_as_placed(grey, list(again.values()), options), strict=True):
                lines[number] = max((line, lines[number]), key=_find_confidence)
        for stretch in STRETCHES:
            self._look_stretched(grey, boxes, lines, options, stretch, rest)
        if image is not None:
            self._look_at_colours(image, boxes, lines, options, rest)
        return [lines[number] for number in range(len(boxes))]

    def _look_stretched(
        self,
        grey: GreyImage,
        boxes: Sequence[LineBox],
        lines: dict[int, Line | None],
        options: ReadOptions,
        stretch: float,
        numbers: Sequence[int],
    ) -> None:
        """Replace those of the numbered lines, in place, that are clear text at another width."""
        level = [number for number in numbers if boxes[number].orientation == "horizontal"]
        weak = [number for number in level if _is_weak(lines[number])][:MOST_WEAK_LINES]
        if not weak:
            return
        read = dict(zip(weak, self._read_as_placed(grey, [boxes[n] for n in weak], options, stretch), strict=True))
        clear = {number: line for number, line in read.items() if _is_clear(line, lines[number])}
        lines |= clear
        if len(clear) < LEAST_STRETCHED:
            return
        # The page has such letters: short lines, and those misread with more confidence, are likely to have them too.
        others = [number for number in level if number not in clear]
        for number, line in zip(
            others, self._read_as_placed(grey, [boxes[n] for n in others], options, stretch), strict=True
        ):
            gained = _find_confidence(lines[number]) + LITTLE_GAINED
            if _find_confidence(line) >= max(SURE_CONFIDENCE, gained) and not _is_repeated(line):
                lines[number] = line

    def _look_at_colours(
        self,
        image: RgbImage,
        boxes: Sequence[LineBox],
        lines: dict[int, Line | None],
        options: ReadOptions,
        numbers: Sequence[int],
    ) -> None:
        """Replace those of the numbered lines, in place, that are clear text, and no less of it, by chroma."""
        weak = [number for number in numbers if _find_confidence(lines[number]) < WEAK_CONFIDENCE][:MOST_WEAK_LINES]
        if not weak:
            return
        chroma = measure_chroma(image, [boxes[number] for number in weak])
        if 255 - chroma.min() < LEAST_CHROMA:
            return
        read = self._read_as_placed(chroma, [boxes[number] for number in weak], options)
        for number, line in zip(weak, read, strict=True):
            if _is_clear(line, lines[number]) and len(_list_letters(line)) >= len(_list_letters(lines[number])):
                lines[number] = line

    def _read_as_placed(
        self, grey: GreyImage, boxes: Sequence[LineBox], options: ReadOptions, stretch: float = 1.0
    ) -> list[Line | None]:
        """The line in each box, from strips of so many times their width."""
        with options.timed("cut"):
            size = (self._recognizer.height_px, self._recognizer.most_ratio)
            strips = [cut_strips(grey, box, *size) for box in boxes]
            if stretch != 1.0:
                strips = [[strip.stretched(stretch) for strip in parts] for parts in strips]
        with options.timed("recognize"):
            images = [strip.image for parts in strips for strip in parts]
            read = self._recognizer.read_strips(images, alternatives=options.alternatives, beam=options.beam)
            readings = iter(read)
        with options.timed("build"):
            return [
                build_line(box, parts, [next(readings) for _ in parts])
                for box, parts in zip(boxes, strips, strict=True)
            ]


def measure_chroma(image: RgbImage, boxes: Sequence[LineBox]) -> GreyImage:
    """The chroma about these lines of an image (H, W, 3) uint8: (H, W) uint8, dark what is coloured, 255 elsewhere."""
    chroma = np.full(image.shape[:2], 255, np.uint8)
    for box in boxes:
        left, top, right, bottom = (round(value) for value in box.quad.xyxy)
        margin = round(box.size_px)
        part = np.s_[max(top - margin, 0) : bottom + margin, max(left - margin, 0) : right + margin]
        red, green, blue = np.moveaxis(image[part], 2, 0)
        chroma[part] = 255 - np.maximum(np.maximum(red, green), blue) + np.minimum(np.minimum(red, green), blue)
    return chroma


def _is_weak(line: Line | None) -> bool:
    return LEAST_CONFIDENCE <= _find_confidence(line) < WEAK_CONFIDENCE


def _is_clear(line: Line | None, before: Line | None) -> bool:
    """Whether a line that was looked at again reads surely: different letters and figures, none of them a lone jamo."""
    if _find_confidence(line) < max(SURE_CONFIDENCE, _find_confidence(before) + GAINED_CONFIDENCE):
        return False
    letters = _list_letters(line)
    return len(set(letters)) > 1 and not any(char in COMPATIBILITY_JAMO for char in letters)


def _is_repeated(line: Line | None) -> bool:
    """Whether a line is one letter or figure several times, as a single one is read at twice its width."""
    letters = _list_letters(line)
    return len(letters) > 1 and len(set(letters)) == 1


def _list_letters(line: Line | None) -> list[str]:
    return [char for char in line.text if char.isalnum()] if line is not None else []


def _find_confidence(line: Line | None) -> float:
    return (line.confidence or 0.0) if line is not None else -1.0
