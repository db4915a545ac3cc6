"""Reading a page: every step from pixels to a Page, on one screen."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geulnun.core import raster
from geulnun.core.geometry import Quad
from geulnun.core.page import Line, Page
from geulnun.errors import InputError
from geulnun.runtime.bundle import Bundle, Kind, read_bundle, read_default_bundle
from geulnun.runtime.detector import Detector
from geulnun.runtime.line_text import build_line, is_text
from geulnun.runtime.lines import LineBox, box_quad, find_lines
from geulnun.runtime.options import ReadOptions
from geulnun.runtime.reading_order import order_lines
from geulnun.runtime.recognizer import Recognizer
from geulnun.runtime.session import Backend, Precision, open_session
from geulnun.runtime.strips import cut_strips


class PageReader:
    """Detector and recogniser together. Immutable: may be shared by threads."""

    def __init__(self, detector: Detector, recognizer: Recognizer) -> None:
        self._detector = detector
        self._recognizer = recognizer

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
        with _timed(options, "detect"):
            words = self._detector.find_words(image, options)
        with _timed(options, "lines"):
            boxes = find_lines(words)
        lines = self._read_boxes(image, boxes, options)
        with _timed(options, "order"):
            kept = [line for line in lines if line is not None and is_text(line, options.min_confidence)]
            ordered = order_lines(kept, image)
        height, width = image.shape[:2]
        return Page(width_px=width, height_px=height, lines=tuple(ordered), number=number)

    def read_quads(self, image: NDArray[np.uint8], quads: Sequence[Quad]) -> list[str]:
        """The text inside each of these quads of a page image, cut as lines are that were found.

        Raises:
            InputError: not an RGB uint8 image.
        """
        _check_image(image)
        lines = self._read_boxes(image, [box_quad(quad) for quad in quads], ReadOptions())
        return [line.text if line is not None else "" for line in lines]

    def _read_boxes(
        self, image: NDArray[np.uint8], boxes: Sequence[LineBox], options: ReadOptions
    ) -> list[Line | None]:
        """The line in each box; None where nothing is written."""
        with _timed(options, "cut"):
            grey = raster.to_grey(image)
            strips = [cut_strips(grey, box, self._recognizer.height_px) for box in boxes]
        with _timed(options, "recognize"):
            images = [strip.image for parts in strips for strip in parts]
            read = self._recognizer.read_strips(images, alternatives=options.alternatives, beam=options.beam)
            readings = iter(read)
        return [
            build_line(box, parts, [next(readings) for _ in parts]) for box, parts in zip(boxes, strips, strict=True)
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
    finding, reading = _read_bundle(detector, "detector"), _read_bundle(recognizer, "recognizer")
    return PageReader(
        Detector(open_session(finding, backend, threads, precision)),
        Recognizer.of_bundle(reading, open_session(reading, backend, threads, precision)),
    )


def _read_bundle(name_or_path: str | Path | None, kind: Kind) -> Bundle:
    return read_default_bundle(kind) if name_or_path is None else read_bundle(name_or_path, kind)


def _check_image(image: NDArray[np.uint8]) -> None:
    seen = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
    if not (isinstance(image, np.ndarray) and image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3):
        raise InputError(
            f"a page image was {seen}; allowed is RGB uint8 (H, W, 3). Make one with geulnun.core.image.read_image."
        )
    if not image.size:
        raise InputError(f"a page image was {seen}, without pixels; at least one is needed. Check its source.")


@contextmanager
def _timed(options: ReadOptions, name: str) -> Iterator[None]:
    report: Callable[[str, float], None] | None = options.on_step
    started = time.perf_counter()
    yield
    if report is not None:
        report(name, time.perf_counter() - started)
