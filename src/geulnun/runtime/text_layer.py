"""Text that a PDF page carries: whether it may be taken instead of reading the page."""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from rapidfuzz.distance import Levenshtein

from geulnun.core.geometry import enclose
from geulnun.core.page import Line
from geulnun.runtime.detection.find_words import FoundWord

MIN_AGREEMENT = 0.8
"""Of the letters of sample lines with what is read there."""

_MAX_ILLEGIBLE = 0.01  # of the characters: what fonts without a Unicode map give
_MIN_COVERED = 0.95  # of the characters that the detector sees: the rest is in pictures, or drawn as curves
_SAMPLE_LINES = 6
_MIN_LETTERS = 4  # of a sample line
_MARGIN = 0.25  # of a line's height, around it
_MAX_SPACE = 1.5  # of a line's height; wider gaps separate cells
_REPLACEMENT = "\ufffd"


def is_legible(lines: Sequence[Line]) -> bool:
    """Whether there is text, and hardly any of it are characters that say nothing."""
    text = "".join(word.text for line in lines for word in line.words)
    strange = sum(char == _REPLACEMENT or unicodedata.category(char) in ("Cc", "Cn", "Co", "Cs") for char in text)
    return bool(text) and strange <= _MAX_ILLEGIBLE * len(text)


def is_complete(lines: Sequence[Line], found: Sequence[FoundWord]) -> bool:
    """Whether the lines cover what the detector sees."""
    if not found:
        return True
    x, y = np.concatenate([word.char_centers for word in found]).T
    covered = np.zeros(len(x), bool)
    for line in lines:
        left, top, right, bottom = line.quad.xyxy
        margin = _MARGIN * (bottom - top)
        covered |= (x >= left - margin) & (x <= right + margin) & (y >= top - margin) & (y <= bottom + margin)
    return bool(covered.mean() >= _MIN_COVERED)


def choose_sample(lines: Sequence[Line]) -> list[Line]:
    """A few lines, from all over the page, by which to see whether its text is what stands there."""
    longer = [line for line in lines if len(line.text) >= _MIN_LETTERS] or list(lines)
    chosen = np.linspace(0, len(longer) - 1, min(_SAMPLE_LINES, len(longer))).round().astype(int)
    return [longer[number] for number in chosen]


def measure_agreement(sample: Sequence[Line], read: Sequence[str]) -> float:
    """How like lines are to what was read in their places, 0..1; spaces do not count."""
    carried = "".join(line.text for line in sample).replace(" ", "")
    return float(Levenshtein.normalized_similarity(carried, "".join(read).replace(" ", "")))


def split_cells(line: Line) -> list[Line]:
    """The line in pieces where its words stand too far apart to be one, all of them certain."""
    first, *others = (replace(word, confidence=1.0) for word in line.words)
    parts = [[first]]
    for word in others:
        gap = word.quad.xyxy[0] - parts[-1][-1].quad.xyxy[2]
        if gap > _MAX_SPACE * line.quad.height_px:
            parts.append([])
        parts[-1].append(word)
    return [
        replace(line, words=tuple(words), quad=enclose(word.quad for word in words), confidence=1.0) for words in parts
    ]
