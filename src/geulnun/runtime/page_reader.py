"""Reading a page: the steps from pixels to a Page, one a line."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from geulnun.core import raster
from geulnun.core.arrays import RgbImage
from geulnun.core.geometry import Quad
from geulnun.core.page import Block, Line, Page
from geulnun.errors import InputError
from geulnun.runtime.bundles.bundle import choose_bundle, read_default_bundle
from geulnun.runtime.bundles.session import Backend, Precision, count_threads, open_session
from geulnun.runtime.detection.detector import Detector
from geulnun.runtime.layout.blocks import build_blocks, build_paragraphs
from geulnun.runtime.layout.table_heads import mark_header_rows
from geulnun.runtime.line_breaks import mark_broken_words
from geulnun.runtime.lines.find_lines import box_quad
from geulnun.runtime.lines.orientation import Orienter, turn_page_back
from geulnun.runtime.options import ReadOptions
from geulnun.runtime.page_view import PageView
from geulnun.runtime.recognition.language_model import LanguageModel, read_default_model
from geulnun.runtime.recognition.line_reader import LineReader
from geulnun.runtime.recognition.open_recognizer import open_recognizer
from geulnun.runtime.recognition.recognizer import Recognizer
from geulnun.runtime.recognition.text_evidence import keep_text
from geulnun.runtime.recognition.turned_lines import TurnedLines
from geulnun.runtime.seals import lift_seals
from geulnun.runtime.sideways_parts import SidewaysPart, count_letters, find_sideways_parts, insert_blocks
from geulnun.runtime.text_layer import (
    MIN_AGREEMENT,
    choose_sample,
    is_complete,
    is_legible,
    measure_agreement,
    split_cells,
)
from geulnun.runtime.upright_trials import UprightTrials

__all__ = ["PageReader", "open_page_reader"]


class PageReader:
    """Detector and recogniser together, and what sees how pages lie. Immutable: may be shared by threads."""

    def __init__(
        self,
        detector: Detector,
        recognizer: Recognizer,
        orienter: Orienter | None = None,
        language: LanguageModel | None = None,
    ) -> None:
        """A reader of pages.

        Args:
            detector: Finds text.
            recognizer: Reads lines.
            orienter: Sees how pages and lines lie; without one all are taken to lie upright.
            language: Says which words go on in the next line; without one none does.
        """
        self._language = language
        self._detector = detector
        self._recognizer = recognizer
        self._lines = LineReader(recognizer)
        self._trials = UprightTrials(detector, self._lines, orienter)
        self._turned = TurnedLines(self._lines, orienter)

    @property
    def backends(self) -> dict[str, str]:
        """What runs the "detector" and the "recognizer"."""
        return {"detector": self._detector.backend, "recognizer": self._recognizer.backend}

    def read_image(self, image: RgbImage, options: ReadOptions | None = None, *, number: int = 1) -> Page:
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
        trial = self._trials.find_upright(lift_seals(image), options)
        view = trial.view
        lines = self._lines.read_lines(view.grey, view.boxes, options, known=trial.lines, image=view.image)
        turns = self._turned.find_turns(view.grey, view.boxes, lines, options)
        lines = self._turned.read_again(view.grey, view.boxes, lines, turns, options)
        lines, parts = self._read_sideways(view, lines, turns, options)
        blocks = self._arrange(view, keep_text(lines, options.min_confidence), options)
        for part in parts:
            blocks = insert_blocks(blocks, part)
        return _build_page(view, blocks, number)

    def take_text(
        self, image: RgbImage, carried: Sequence[Line], options: ReadOptions | None = None, *, number: int = 1
    ) -> Page | None:
        """The page of the text that a PDF carries for it; None if it is illegible, incomplete or not what is seen.

        Args:
            image: ``(H, W, 3)`` RGB uint8.
            carried: Lines with their places in the image.
            options: Choices of this call.
            number: Of the page in its document, from 1.

        Raises:
            InputError: not such an image.
        """
        options = options or ReadOptions()
        _check_image(image)
        lines = [part for line in carried for part in split_cells(line) if not part.quad.is_flat]
        sample = choose_sample(lines)
        if not is_legible(lines):
            return None
        if measure_agreement(sample, self.read_quads(image, [line.quad for line in sample])) < MIN_AGREEMENT:
            return None
        view = PageView.look(lift_seals(image), 0, self._detector, options)
        if not is_complete(lines, view.words):
            return None
        return _build_page(view, self._arrange(view, lines, options), number)

    def read_quads(self, image: RgbImage, quads: Sequence[Quad]) -> list[str]:
        """The text inside each of these quads of a page image, cut as lines are that were found.

        Raises:
            InputError: not an RGB uint8 image.
        """
        _check_image(image)
        boxes = [box_quad(quad) for quad in quads if not quad.is_flat]
        lines = iter(self._lines.read_lines(raster.to_grey(image), boxes, ReadOptions(), image=image))
        found = [None if quad.is_flat else next(lines) for quad in quads]
        return [line.text if line is not None else "" for line in found]

    def _read_sideways(
        self, view: PageView, lines: list[Line | None], turns: Sequence[int], options: ReadOptions
    ) -> tuple[list[Line | None], list[Page]]:
        """The lines without those of parts that lie on their side, and these parts, read as pages of their own."""
        if options.orientation != "auto":
            return lines, []
        height, width = view.grey.shape
        found = find_sideways_parts(view.boxes, lines, turns, width, height)
        read = [(part, self._read_part(view, part, options)) for part in found]
        parts: list[Page] = []
        for part, page in sorted(read, key=lambda each: -count_letters(each[1].lines, options)):
            before = [line for line in lines if line is not None and part.holds(line.quad.xyxy)]
            taken = [line for other in parts for line in other.lines if part.holds(line.quad.xyxy)]
            if count_letters(page.lines, options) > count_letters([*before, *taken], options):
                lines = [line for line in lines if line is None or not part.holds(line.quad.xyxy)]
                parts.append(page)
        return lines, parts

    def _read_part(self, view: PageView, part: SidewaysPart, options: ReadOptions) -> Page:
        """What is written in a part of the page, in the page's own pixels."""
        left, top, right, bottom = part.box
        grey = view.grey[top:bottom, left:right]
        own = PageView.look(np.repeat(grey[..., None], 3, axis=2), part.turn_deg, self._detector, options)
        lines = self._lines.read_lines(own.grey, own.boxes, options)
        blocks = self._arrange(own, keep_text(lines, options.min_confidence), options)
        height, width = view.grey.shape
        page = _build_page(own, blocks, 1)
        return page.moved(lambda quad: quad.shifted(left, top), width_px=width, height_px=height)

    def _arrange(self, view: PageView, lines: Sequence[Line], options: ReadOptions) -> list[Block]:
        """The blocks of a page's lines, in reading order."""
        with options.timed("order"):
            rules = view.edges.find_rules([line.quad for line in lines])
            if options.cells == "rows":
                blocks = mark_header_rows(build_blocks(lines, rules), view.grey, rules)
            else:
                blocks = build_paragraphs(lines, rules)
            return blocks if self._language is None else mark_broken_words(blocks, self._language)


def _build_page(view: PageView, blocks: Sequence[Block], number: int) -> Page:
    """The page on the image as it came, turned back."""
    height, width = view.grey.shape
    page = Page(width_px=width, height_px=height, blocks=tuple(blocks), number=number)
    return turn_page_back(page, view.turn_deg)


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
    language = read_default_model()
    count = count_threads(threads)
    strips = open_session(reading, backend, count, precision, many_runs=True)
    return PageReader(
        Detector(open_session(finding, backend, threads, precision)),
        open_recognizer(reading, strips, language=language, threads=count),
        Orienter(open_session(turning, backend, threads)),
        language,
    )


def _check_image(image: RgbImage) -> None:
    seen = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
    if not (isinstance(image, np.ndarray) and image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3):
        raise InputError(
            f"a page image was {seen}; allowed is RGB uint8 (H, W, 3). Make one with geulnun.core.image.read_image."
        )
    if not image.size:
        raise InputError(f"a page image was {seen}, without pixels; at least one is needed. Check its source.")
