"""Which way up a page lies: its letters say how it may lie, and reading a few of its lines decides."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from geulnun.core.arrays import RgbImage
from geulnun.core.page import Line
from geulnun.runtime.detection.detector import Detector
from geulnun.runtime.lines.orientation import Orienter
from geulnun.runtime.options import ReadOptions
from geulnun.runtime.page_view import PageView
from geulnun.runtime.recognition.line_reader import LineReader

# Chosen by eye on turned pages of `benchmarks/turned.py`.
SURE_CONFIDENCE = 0.9
"""A page whose longest lines are read so surely lies upright, whatever its letters' looks say."""

TRIED_LINES = 8
"""Lines that are read of a page in every way that it may lie."""


class Trial(NamedTuple):
    """A page as it may lie, those of its lines that were read to see whether it does, and how surely, 0..1."""

    view: PageView
    lines: Mapping[int, Line | None] = {}
    confidence: float = 0.0


class UprightTrials:
    """Detector, line reader and orientation network together; may be used by several threads."""

    def __init__(self, detector: Detector, lines: LineReader, orienter: Orienter | None) -> None:
        """Trials of pages; without an `orienter` every page is taken to lie upright."""
        self._detector = detector
        self._lines = lines
        self._orienter = orienter

    def find_upright(self, image: RgbImage, options: ReadOptions) -> Trial:
        """The page turned upright: as the options say, or as its letters say and its longest lines read best."""
        if options.orientation != "auto" or self._orienter is None:
            turn_deg = 0 if options.orientation == "auto" else options.orientation
            return Trial(PageView.look(image, turn_deg, self._detector, options))
        view = PageView.look(image, 0, self._detector, options)
        with options.timed("orient"):
            turns = self._orienter.find_page_turns(view.grey, view.words)
        if not turns:
            return Trial(view)
        upright = self._try_reading(view, options)
        if upright.confidence >= SURE_CONFIDENCE:
            return upright
        # Whoever turns a page that lies upright loses all of it: reading has the last word.
        views = (PageView.look(image, turn, self._detector, options) for turn in turns)
        turned = [self._try_reading(view, options) for view in views]
        return max(*turned, upright, key=lambda trial: trial.confidence)

    def _try_reading(self, view: PageView, options: ReadOptions) -> Trial:
        """The page's longest lines read, and the mean confidence of their characters."""
        counts = np.array([sum(len(word.char_centers) for word in box.words) for box in view.boxes])
        longest = np.argsort(-counts, kind="stable")[:TRIED_LINES].tolist()
        lines = self._lines.read_lines(view.grey, [view.boxes[number] for number in longest], options)
        sure = [(line.confidence or 0.0) if line is not None else 0.0 for line in lines]
        confidence = float(np.average(sure, weights=counts[longest])) if sure else 0.0
        return Trial(view, dict(zip(longest, lines, strict=True)), confidence)
