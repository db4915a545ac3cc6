"""Evaluation of the recogniser alone, inside the labelled boxes, without detection."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geulnun.core import raster
from geulnun.core.image import RgbImage
from geulnun.data.sample import LabelledPicture
from geulnun.evaluation.results import TextScores, measure_text
from geulnun.evaluation.truth_lines import find_truth_lines
from geulnun.runtime.bundles.bundle import choose_bundle
from geulnun.runtime.bundles.session import Backend, Precision, open_session
from geulnun.runtime.recognition.language_model import read_default_model
from geulnun.runtime.recognition.open_recognizer import open_recognizer
from geulnun.runtime.recognition.prepare_strip import STRIP_HEIGHT_PX
from geulnun.runtime.recognition.recognizer import Recognizer
from geulnun.runtime.recognition.strips import MAX_STRIP_RATIO, cut_strips

StripReader = Callable[[Sequence[NDArray[np.uint8]]], Sequence[str]]
"""The texts of (H, W) uint8 grey strips."""


class BundleStripReader:
    """A `StripReader` with a bundle's recogniser, whose strips are best cut `height_px` high and so wide at most."""

    def __init__(self, recognizer: Recognizer, beam: int | None = None) -> None:
        self._recognizer, self._beam = recognizer, beam
        self.height_px, self.most_ratio = recognizer.height_px, recognizer.most_ratio

    def __call__(self, strips: Sequence[NDArray[np.uint8]]) -> list[str]:
        """The text of each strip."""
        return [reading.text for reading in self._recognizer.read_strips(strips, beam=self._beam)]


def measure_recognition(read_strips: StripReader, image: RgbImage, picture: LabelledPicture) -> TextScores:
    """Scores of what is read inside the truth's boxes; `lines` counts the lines read exactly.

    A picture without boxes yields empty counts.
    """
    grey = raster.to_grey(image)
    lines = find_truth_lines(picture, grey)
    size = (STRIP_HEIGHT_PX, MAX_STRIP_RATIO)
    if isinstance(read_strips, BundleStripReader):
        size = (read_strips.height_px, read_strips.most_ratio)
    strips = [cut_strips(grey, line.box, *size) for line in lines]
    readings = iter(read_strips([strip.image for parts in strips for strip in parts]) if strips else ())
    total = TextScores()
    for line, parts in zip(lines, strips, strict=True):
        found = "".join((" " if strip.spaced else "") + next(readings) for strip in parts)
        total += measure_text(line.text, found)
    return total


def open_strip_reader(
    recognizer: str | Path | None = None,
    *,
    backend: Backend = "auto",
    threads: int | None = None,
    precision: Precision = "auto",
    beam: int | None = None,
) -> BundleStripReader:
    """A recogniser that reads strips, with the language model that comes with the package.

    Args:
        recognizer: bundle's folder or name; the default one if None.
        backend: what runs it.
        threads: CPU threads; all that this process may use if None.
        precision: "fp32", "int8", or "auto" for what the bundle says is best on the backend.
        beam: as of `ReadOptions`; 0 is greedy decoding, no language model.

    Raises:
        BundleError: weights that are missing, damaged or do not fit.
    """
    bundle = choose_bundle(recognizer, "recognizer")
    session = open_session(bundle, backend, threads, precision)
    return BundleStripReader(open_recognizer(bundle, session, language=read_default_model()), beam)
