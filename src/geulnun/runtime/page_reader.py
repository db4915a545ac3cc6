"""Reading a page: every step from pixels to a Page, on one screen."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geulnun.core import raster
from geulnun.core.geometry import Quad
from geulnun.core.page import Line, Page
from geulnun.errors import InputError
from geulnun.runtime.bundles.bundle import choose_bundle, read_default_bundle
from geulnun.runtime.bundles.session import Backend, Precision, count_threads, open_session
from geulnun.runtime.detection.detector import Detector
from geulnun.runtime.detection.find_words import FoundWord
from geulnun.runtime.layout.blocks import build_blocks, build_paragraphs
from geulnun.runtime.layout.ruling_lines import Edges, find_edges
from geulnun.runtime.lines.find_lines import LineBox, box_quad, find_lines
from geulnun.runtime.lines.orientation import Orienter, turn_box, turn_page_back, turn_upright
from geulnun.runtime.options import ReadOptions
from geulnun.runtime.recognition.build_line import build_line
from geulnun.runtime.recognition.language_model import read_default_model
from geulnun.runtime.recognition.recognizer import Recognizer
from geulnun.runtime.recognition.strips import cut_strips
from geulnun.runtime.recognition.text_evidence import is_text

WEAK_CONFIDENCE = 0.8
"""Lines read less surely than this may lie the wrong way up."""

_GAINED_CONFIDENCE = 0.1  # a line is taken as turned if it is then read surer by this
_MAX_WEAK_LINES = 32
_SURE_CONFIDENCE = 0.9  # a page whose longest lines are read so surely lies upright, whatever its letters' looks say
_TRIED_LINES = 8  # that are read of a page in every way that it may lie


class _Laid(NamedTuple):
    """A page as it may lie: turned back by so much, grey, with the words, edges and lines found on it so."""

    grey: NDArray[np.uint8]
    words: Sequence[FoundWord]
    edges: Edges
    boxes: Sequence[LineBox]
    turn_deg: int


class _Trial(NamedTuple):
    """A page as it may lie, those of its lines that were read to see whether it does, and how surely, 0..1."""

    laid: _Laid
    lines: Mapping[int, Line | None]
    confidence: float


class PageReader:
    """Detector and recogniser together, and what sees how pages lie. Immutable: may be shared by threads."""

    def __init__(self, detector: Detector, recognizer: Recognizer, orienter: Orienter | None = None) -> None:
        self._detector = detector
        self._recognizer = recognizer
        self._orienter = orienter

    def read_image(self, image: NDArray[np.uint8], options: ReadOptions | None = None, *, number: int = 1) -> Page:
        """What is written on a page image; an empty page if nothing is.

        Args:
            image: ``(H, W, 3)`` RGB uint8.
            options: Choices of this call.
            number: Of the page in its document, from 1.

        Raises:
            InputError: not such an image.
        """
        options = options or ReadOptions()
        _check_image(image)
        laid, tried, _ = self._lay_upright(image, options)
        untried = [number for number in range(len(laid.boxes)) if number not in tried]
        read = {**tried, **self._read_chosen(laid, untried, options)}
        lines = [read[number] for number in range(len(laid.boxes))]
        if options.orientation == "auto" and self._orienter is not None:
            lines = self._read_turned(laid.grey, laid.boxes, lines, self._orienter, options)
        with options.timed("order"):
            kept = [line for line in lines if line is not None and is_text(line, options.min_confidence)]
            blocks = (build_blocks if options.cells == "rows" else build_paragraphs)(
                kept, laid.edges.find_rules([line.quad for line in kept])
            )
        height, width = laid.grey.shape
        page = Page(width_px=width, height_px=height, blocks=tuple(blocks), number=number)
        return turn_page_back(page, laid.turn_deg)

    def read_quads(self, image: NDArray[np.uint8], quads: Sequence[Quad]) -> list[str]:
        """The text inside each of these quads of a page image, cut as lines are that were found.

        Raises:
            InputError: not an RGB uint8 image.
        """
        _check_image(image)
        lines = self._read_boxes(raster.to_grey(image), [box_quad(quad) for quad in quads], ReadOptions())
        return [line.text if line is not None else "" for line in lines]

    def _lay_upright(self, image: NDArray[np.uint8], options: ReadOptions) -> _Trial:
        """The page turned upright: as told, or as its letters say and a few lines of it read best."""
        if options.orientation != "auto" or self._orienter is None:
            turn_deg = 0 if options.orientation == "auto" else options.orientation
            return _Trial(self._lay(image, turn_deg, options), {}, 0.0)
        found = self._lay(image, 0, options)
        with options.timed("orient"):
            turns = self._orienter.find_page_turns(found.grey, found.words)
        if not turns:
            return _Trial(found, {}, 0.0)
        upright = self._try_reading(found, options)
        if upright.confidence >= _SURE_CONFIDENCE:
            return upright
        # Whoever turns a page that lies upright loses all of it: reading has the last word.
        turned = [self._try_reading(self._lay(image, turn, options), options) for turn in turns]
        return max(*turned, upright, key=lambda trial: trial.confidence)

    def _lay(self, image: NDArray[np.uint8], turn_deg: int, options: ReadOptions) -> _Laid:
        upright = turn_upright(image, turn_deg)
        with options.timed("detect"):
            words = self._detector.find_words(upright, options)
        grey = raster.to_grey(upright)
        with options.timed("rules"):
            flat, stacked = ([word.quad for word in words if word.vertical is vertical] for vertical in (False, True))
            edges = find_edges(grey, flat, stacked)
        with options.timed("lines"):
            boxes = find_lines(words, edges.find_rules([word.quad for word in words]).down)
        return _Laid(grey, words, edges, boxes, turn_deg)

    def _try_reading(self, laid: _Laid, options: ReadOptions) -> _Trial:
        """The page's longest lines read, and the mean confidence of their characters."""
        counts = np.array([sum(len(word.char_centers) for word in box.words) for box in laid.boxes])
        longest = np.argsort(-counts, kind="stable")[:_TRIED_LINES]
        lines = self._read_chosen(laid, longest.tolist(), options)
        sure = [(line.confidence or 0.0) if line is not None else 0.0 for line in lines.values()]
        return _Trial(laid, lines, float(np.average(sure, weights=counts[longest])) if sure else 0.0)

    def _read_chosen(self, laid: _Laid, numbers: Sequence[int], options: ReadOptions) -> dict[int, Line | None]:
        """The lines of the boxes of these numbers."""
        lines = self._read_boxes(laid.grey, [laid.boxes[number] for number in numbers], options)
        return dict(zip(numbers, lines, strict=True))

    def _read_turned(
        self,
        grey: NDArray[np.uint8],
        boxes: Sequence[LineBox],
        lines: Sequence[Line | None],
        orienter: Orienter,
        options: ReadOptions,
    ) -> list[Line | None]:
        """The lines, those that lie otherwise than the page read as they lie."""
        weak = [number for number, line in enumerate(lines) if line is None or _is_weak(line)][:_MAX_WEAK_LINES]
        with options.timed("orient"):
            stacked = [boxes[number].orientation == "vertical" for number in weak]
            turns = orienter.find_turns(grey, [boxes[number].quad for number in weak], stacked)
        turned = {number: turn_box(boxes[number], turn) for number, turn in zip(weak, turns, strict=True)}
        asked = {number: box for number, box in turned.items() if box is not None}
        result = list(lines)
        if asked:
            for number, line in zip(asked, self._read_boxes(grey, list(asked.values()), options), strict=True):
                before = lines[number]
                if line is not None and (before is None or _is_surer(line, before)):
                    result[number] = line
        return result

    def _read_boxes(self, grey: NDArray[np.uint8], boxes: Sequence[LineBox], options: ReadOptions) -> list[Line | None]:
        """The line in each box of a grey page; None where nothing is written."""
        with options.timed("cut"):
            strips = [cut_strips(grey, box, self._recognizer.height_px) for box in boxes]
        with options.timed("recognize"):
            images = [strip.image for parts in strips for strip in parts]
            read = self._recognizer.read_strips(images, alternatives=options.alternatives, beam=options.beam)
            readings = iter(read)
        with options.timed("build"):
            return [
                build_line(box, parts, [next(readings) for _ in parts])
                for box, parts in zip(boxes, strips, strict=True)
            ]


def open_page_reader(
    detector: str | Path | None = None,
    recognizer: str | Path | None = None,
    backend: Backend = "auto",
    threads: int | None = None,
    precision: Precision = "auto",
) -> PageReader:
    """A reader with verified weights.

    Args:
        detector: Bundle's folder or name; the default one if None.
        recognizer: Bundle's folder or name; the default one if None.
        backend: "onnxruntime", "openvino", or "auto" for the faster one that is installed.
        threads: CPU threads; all that this process may use if None.
        precision: "fp32", "int8", or "auto" for what the bundles say is best on the backend.

    Raises:
        BundleError: weights that are missing, damaged or do not fit.
        MissingExtraError: a backend that is not installed.
        UsageError: an unknown backend or precision, or a wrong number of threads.
    """
    finding, reading = choose_bundle(detector, "detector"), choose_bundle(recognizer, "recognizer")
    turning = read_default_bundle("orientation")
    count = count_threads(threads)
    lines = open_session(reading, backend, count, precision, many_runs=True)
    return PageReader(
        Detector(open_session(finding, backend, threads, precision)),
        Recognizer.of_bundle(reading, lines, language=read_default_model(), threads=count),
        Orienter(open_session(turning, backend, threads)),
    )


def _is_weak(line: Line) -> bool:
    return line.confidence is not None and line.confidence < WEAK_CONFIDENCE


def _is_surer(line: Line, other: Line) -> bool:
    return (line.confidence or 0.0) >= (other.confidence or 0.0) + _GAINED_CONFIDENCE


def _check_image(image: NDArray[np.uint8]) -> None:
    seen = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
    if not (isinstance(image, np.ndarray) and image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3):
        raise InputError(
            f"a page image was {seen}; allowed is RGB uint8 (H, W, 3). Make one with geulnun.core.image.read_image."
        )
    if not image.size:
        raise InputError(f"a page image was {seen}, without pixels; at least one is needed. Check its source.")
