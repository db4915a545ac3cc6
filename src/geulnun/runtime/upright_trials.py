"""Which way up a page lies: its letters say how it may lie, and reading a few of its lines decides."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from geulnun.core.arrays import RgbImage
from geulnun.core.page import Line
from geulnun.runtime.detection.detector import Detector
from geulnun.runtime.lines.orientation import Orienter, measure_evidence
from geulnun.runtime.options import ReadOptions
from geulnun.runtime.page_view import PageView
from geulnun.runtime.recognition.line_reader import LineReader
from geulnun.runtime.recognition.text_evidence import count_sure_letters

# The row of upright_trials.py in docs/experiments/layout.md measures the rule; its numbers were chosen by eye.
SURE_CONFIDENCE = 0.9
"""A page whose longest lines are read so surely lies upright, whatever its letters' looks say."""

TRIED_LINES = 8
"""Lines that are read of a page in every way that it may lie."""


class Trial(NamedTuple):
    """A page as it may lie, and those of its lines that were read to see whether it does.

    Attributes:
        view: the page, turned back.
        lines: by the number of their box.
        confidence: mean of their characters', 0..1.
        letters: characters of lines of several letters, each counted by its line's confidence.
    """

    view: PageView
    lines: Mapping[int, Line | None] = {}
    confidence: float = 0.0
    letters: float = 0.0


class UprightTrials:
    """Detector, line reader and orientation network together; may be used by several threads."""

    def __init__(self, detector: Detector, lines: LineReader, orienter: Orienter | None) -> None:
        """Trials of pages; without an `orienter` every page is taken to lie upright."""
        self._detector = detector
        self._lines = lines
        self._orienter = orienter

    def find_upright(self, image: RgbImage, options: ReadOptions) -> Trial:
        """The page turned upright: as the options say, or as its letters say and its longest lines read best."""
        turn_deg = 0 if options.orientation == "auto" else options.orientation
        view = PageView.look(image, turn_deg, self._detector, options)
        if options.orientation != "auto" or self._orienter is None:
            return Trial(view)
        with options.timed("orient"):
            turns = self._orienter.find_page_turns(view.grey, view.words)
        if not turns:
            return Trial(view)
        upright = self._try_reading(view, options)
        if upright.confidence >= SURE_CONFIDENCE:
            return upright
        # Whoever turns a page that lies upright loses all of it: it is turned only for more text, read more surely.
        best = upright
        for turn in turns:
            trial = self._try_reading(PageView.look(image, turn, self._detector, options), options)
            if trial.letters > upright.letters and trial.confidence > best.confidence:
                best = trial
        return best

    def _try_reading(self, view: PageView, options: ReadOptions) -> Trial:
        """The lines of the page that are the longest and the surest to be text, read."""
        evidence = np.array([sum(measure_evidence(word) for word in box.words) for box in view.boxes])
        chosen = np.argsort(-evidence, kind="stable")[:TRIED_LINES].tolist()
        boxes = [view.boxes[number] for number in chosen]
        lines = self._lines.read_lines(view.grey, boxes, options, image=view.image)
        sure = [(line.confidence or 0.0) if line is not None else 0.0 for line in lines]
        confidence = float(np.average(sure, weights=evidence[chosen])) if sure else 0.0
        letters = sum(count_sure_letters(line, options.min_confidence) for line in lines if line is not None)
        return Trial(view, dict(zip(chosen, lines, strict=True)), confidence, letters)
