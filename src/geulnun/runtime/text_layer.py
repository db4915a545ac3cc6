"""Text that a PDF page carries: whether it may be taken instead of reading the page."""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from rapidfuzz.distance import Levenshtein

from geulnun.core.geometry import enclose
from geulnun.core.page import Line, Word
from geulnun.runtime.detection.find_words import FoundWord

# Chosen by eye on PDF files of many makers; there is no row of docs/experiments for them.
MIN_AGREEMENT = 0.8
"""Of the letters of sample lines with what is read there."""

_MAX_ILLEGIBLE = 0.01  # of the characters: what fonts without a Unicode map give
_MIN_COVERED = 0.95  # of the characters that the detector sees: the rest is in pictures, or drawn as curves
_SAMPLE_LINES = 6
_MIN_LETTERS = 4  # of a sample line
_MARGIN = 0.25  # of a line's height, around it
# Of words' height: wider gaps separate cells, as do steps up or down and words that begin before the last ends.
_MAX_SPACE, _MAX_STEP, _MAX_OVERLAP = 1.0, 0.5, 0.5
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
    """The line in pieces where its words stand too far apart to be one, all of them certain.

    What PDFium takes for a line may run over several cells, and over rows beside a taller one.
    """
    first, *others = (replace(word, confidence=1.0) for word in line.words)
    parts = [[first]]
    for word in others:
        if not _goes_on(parts[-1][-1], word):
            parts.append([])
        parts[-1].append(word)
    return [
        replace(line, words=tuple(words), quad=enclose(word.quad for word in words), confidence=1.0) for words in parts
    ]


def _goes_on(before: Word, word: Word) -> bool:
    """Whether a word stands on the line of the one before, and not far behind it."""
    height = max(before.quad.height_px, word.quad.height_px)
    gap = word.quad.xyxy[0] - before.quad.xyxy[2]
    step = abs(word.quad.center[1] - before.quad.center[1])
    return -_MAX_OVERLAP * height < gap < _MAX_SPACE * height and step < _MAX_STEP * height
