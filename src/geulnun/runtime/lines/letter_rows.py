"""Rows of letter-spaced labels and of figures, which look like vertical text."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from geulnun.core.arrays import Floats
from geulnun.core.geometry import Quad
from geulnun.runtime.detection.find_words import FoundWord

# The row of lines/letter_rows.py in docs/experiments/layout.md measures the rule; its numbers were chosen by eye on
# drawn labels of leading 1.0 to 1.5.
_SAME_RATIO = 0.5  # peaks nearer to each other, over the letters' size, are of one letter
_ROW_SHARE = 0.6  # of characters with neighbours in their rows: what looks like a column is a part of rows
_ROW_GAP_RATIO = 0.8  # between neighbours in a row of spaced characters, over their size
_MOST_ACROSS = 2.5  # between the middles of neighbours, over the step downwards: flat letters in columns stand closer
_LEAST_PITCH = 0.4  # step downwards of one column, over the letters' size; that of several side by side is less
_ROW_LEVEL_RATIO = 0.3  # between their middles
_ROW_UNLIKE = 1.5  # size of one over that of the other
_FIGURE_RATIO = 0.75  # width of figures over their distance downwards
_FIGURE_ROW_SHARE, _FIGURE_LEVEL_RATIO = 0.8, 0.15  # as for spaced characters


@dataclass(frozen=True, slots=True)
class PageLetters:
    """Every character of a page, M of them, from top to bottom: what tells rows from columns."""

    centers: Floats  # (M, 2)
    sizes: Floats  # (M,)

    @classmethod
    def of_words(cls, words: Sequence[FoundWord]) -> "PageLetters":
        """The characters of the words; no word at all gives none."""
        sizes = [np.full(len(word.char_centers), find_letter_size(word)) for word in words]
        centers = np.concatenate([np.zeros((0, 2)), *(word.char_centers for word in words)])
        order = np.argsort(centers[:, 1], kind="stable")
        return cls(centers[order], np.concatenate([np.zeros(0), *sizes])[order])

    def are_rows(self, words: Sequence[FoundWord]) -> bool:
        """Whether characters below each other are parts of rows, and no column.

        Labels spaced out letter by letter on narrow leading, and single figures in a column of a table, look like text
        written downwards. But most of their characters have neighbours in their rows: close ones, or for figures, which
        are narrower than far apart, level ones at any distance.
        """
        own = np.concatenate([word.char_centers for word in words])
        size = float(np.median([find_letter_size(word) for word in words]))
        pitch = float(np.median(np.diff(np.sort(own[:, 1])))) if len(own) > 1 else 0.0
        reach = (1 + _ROW_GAP_RATIO) * size
        if pitch > _LEAST_PITCH * size:
            reach = min(reach, _MOST_ACROSS * pitch)
        if self._measure_neighbours(own, size, _ROW_LEVEL_RATIO, reach) >= _ROW_SHARE:
            return True
        figures = size < _FIGURE_RATIO * pitch
        return figures and self._measure_neighbours(own, pitch, _FIGURE_LEVEL_RATIO, np.inf) >= _FIGURE_ROW_SHARE

    def _measure_neighbours(self, own: Floats, size: float, level_ratio: float, reach: float) -> float:
        """The share of the characters at `own` (K, 2) that have one of their size beside them, nearer than `reach`."""
        level = level_ratio * size
        near = slice(*np.searchsorted(self.centers[:, 1], [own[:, 1].min() - level, own[:, 1].max() + level]))
        across, down = np.abs(np.moveaxis(own[:, None] - self.centers[None, near], 2, 0))
        alike = (self.sizes[near] < _ROW_UNLIKE * size) & (self.sizes[near] > size / _ROW_UNLIKE)
        beside = (across > _SAME_RATIO * size) & (across < reach) & (down < level)
        return float((beside & alike).any(axis=1).mean())


def part_rows(words: Sequence[FoundWord], letters: PageLetters) -> list[FoundWord]:
    """All words of a page, those found vertical that are parts of rows divided into single characters."""
    parted: list[FoundWord] = []
    for word in words:
        in_rows = word.vertical and len(word.char_centers) > 1 and letters.are_rows([word])
        parted += _part_letters(word) if in_rows else [word]
    return parted


def _part_letters(word: FoundWord) -> list[FoundWord]:
    """The characters of a vertical word as words of their own; of peaks on one character the first counts."""
    size = find_letter_size(word)
    centers = word.char_centers[np.argsort(word.char_centers[:, 1])]
    steps = np.diff(centers[:, 1])
    apart = np.concatenate([[True], steps >= _SAME_RATIO * size])
    height = max(size, float(np.median(steps)))
    return [
        replace(
            word,
            quad=Quad.from_xyxy(x - size / 2, y - height / 2, x + size / 2, y + height / 2),
            char_centers=np.array([[x, y]]),
            char_sizes_px=np.array([height]),
            char_size_px=height,
            vertical=False,
        )
        for x, y in centers[apart].tolist()
    ]


def find_letter_size(word: FoundWord) -> float:
    """The size of a word's letters; of a box that is no known column, its width if that is less."""
    return word.char_size_px if word.vertical else min(word.char_size_px, word.quad.width_px)
