"""Judging the recogniser alone: it reads inside the truth's boxes, so that nothing is owed to detection."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geulnun.core import raster
from geulnun.core.image import RgbImage
from geulnun.data.sample import LabelledPicture
from geulnun.evaluation.results import TextScores, measure_text
from geulnun.evaluation.truth_lines import find_truth_lines
from geulnun.runtime.bundle import read_bundle, read_default_bundle
from geulnun.runtime.recognizer import Recognizer
from geulnun.runtime.session import Backend, open_session
from geulnun.runtime.strips import cut_strips

StripReader = Callable[[Sequence[NDArray[np.uint8]]], Sequence[str]]
"""The texts of (32, W) uint8 grey strips."""


def measure_recognition(read_strips: StripReader, image: RgbImage, picture: LabelledPicture) -> TextScores:
    """Scores of what is read inside the truth's boxes; `lines` counts the lines read exactly.

    A picture without boxes yields empty counts.
    """
    grey = raster.to_grey(image)
    lines = find_truth_lines(picture, grey)
    strips = [cut_strips(grey, line.box) for line in lines]
    readings = iter(read_strips([strip.image for parts in strips for strip in parts]) if strips else ())
    total = TextScores()
    for line, parts in zip(lines, strips, strict=True):
        found = "".join((" " if strip.spaced else "") + next(readings) for strip in parts)
        total += measure_text(line.text, found)
    return total


def open_strip_reader(
    recognizer: str | Path | None = None, *, backend: Backend = "auto", threads: int | None = None
) -> StripReader:
    """A recogniser that reads strips.

    Args:
        recognizer: bundle's folder or name; the default one if None.
        backend: what runs it.
        threads: CPU threads; all that this process may use if None.

    Raises:
        BundleError: weights that are missing, damaged or do not fit.
    """
    bundle = read_default_bundle("recognizer") if recognizer is None else read_bundle(recognizer, "recognizer")
    opened = Recognizer.of_bundle(bundle, open_session(bundle, backend, threads))
    return lambda strips: [reading.text for reading in opened.read_strips(strips)]
