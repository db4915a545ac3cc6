"""Rejection of false lines: textures that look like text, such as windows, brickwork, fabric, icons."""

import re
from collections.abc import Sequence

from geulnun.core.hangul import COMPATIBILITY_JAMO, is_syllable
from geulnun.core.page import Line

# How much of what is missing to certainty a line must make up for; chosen on film stills, comics and screens (the row
# of recognition/text_evidence.py in docs/experiments/layout.md).
_FEW_LETTERS = (0.97, 0.6, 0.5, 0.3, 0.15)  # with so many different letters
_NEITHER_HANGUL_NOR_FIGURES, _LONE_LATIN = 0.4, 0.9
_MOST_REPEATED_FIGURES = re.compile(r"(\d)\1\1+")  # a figure counts twice where it is repeated more often
_REPEATED = 0.98  # long, and of few different letters: a row of windows is read as one letter again and again
_LONG, _FEW_DIFFERENT = 6, 2
_FEW_DIFFERENT_LATIN = 3  # of a line without Hangul or figures
_LONG_OF_TWO = 4  # of such a line with one or two different letters
_TINY_PX, _TINY = 8.0, 0.3  # letters of fewer pixels are read out of drawn windows and shelves
_LEAST_LETTERS = 4  # of a line that says how its page lies: shorter ones are read out of anything


def keep_text(lines: Sequence[Line | None], min_confidence: float) -> list[Line]:
    """The lines that are sure enough to be text; see `is_text`."""
    return [line for line in lines if line is not None and is_text(line, min_confidence)]


def is_text(line: Line, min_confidence: float) -> bool:
    """Whether a line is sure enough to be text.

    Args:
        line: As it was read.
        min_confidence: What a line of five different letters or more must reach, 0..1. Lines of fewer, without any
            Hangul or figure, of the same letters again and again, or of tiny letters must be surer. With 0 every line
            is text.
    """
    if line.confidence is None:
        return False
    if min_confidence == 0:
        return True
    share = _find_missing_share("".join(word.text for word in line.words))
    if line.quad.height_px < _TINY_PX:
        share = max(share, _TINY)
    return line.confidence >= min_confidence + share * (1 - min_confidence)


def count_sure_letters(line: Line, min_confidence: float) -> float:
    """The letters of a line of several that is text, each counted by the line's confidence; else 0."""
    count = sum(char.isalnum() for char in line.text)
    counts = count >= _LEAST_LETTERS and is_text(line, min_confidence)
    return count * (line.confidence or 0.0) if counts else 0.0


def _find_missing_share(text: str) -> float:
    """How far from `min_confidence` towards certainty a line with this text must be, 0..1."""
    letters = [char for char in text if char.isalnum() and char not in COMPATIBILITY_JAMO]
    figures = sum(map(str.isdigit, _MOST_REPEATED_FIGURES.sub(r"\1\1", text)))
    different = figures + len({char for char in letters if not char.isdigit()})
    share = _FEW_LETTERS[different] if different < len(_FEW_LETTERS) else 0.0
    neither = not figures and not any(map(is_syllable, text))
    if neither:
        share = max(share, _LONE_LATIN if different == 1 else _NEITHER_HANGUL_NOR_FIGURES)
    few = _FEW_DIFFERENT_LATIN if neither else _FEW_DIFFERENT
    long = _LONG_OF_TWO if neither and different <= _FEW_DIFFERENT else _LONG
    length = len(text) if neither else sum(map(str.isalnum, text))  # (단위: ㎡) has marks, and no letter again
    if length >= long and different <= few:
        share = max(share, _REPEATED)
    return share
