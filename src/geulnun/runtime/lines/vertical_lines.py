"""Vertical text: which words make a column, and the positions of its characters.

Peaks of letters that all but touch above each other run together, so that a box may hold two letters and one peak, or
one letter and two. Letters of a column are as wide and as far apart as one another, which tells how many there are.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from geulnun.core.arrays import Floats
from geulnun.core.geometry import Quad
from geulnun.runtime.detection.find_words import FoundWord
from geulnun.runtime.lines.letter_rows import PageLetters, find_letter_size
from geulnun.runtime.lines.links import MAX_GAP_RATIO, LinkNodes, chain_links, find_links

# Chosen by eye on drawn and real pages; there is no row of docs/experiments for them.
_MAX_STACK_GAP_RATIO = 0.45  # between characters stacked downwards
_MOST_LETTERS_HIGH = 4.0  # a box of one peak this much higher than wide may still hold letters
_MOST_LETTER_WIDE, _MOST_PAIR_WIDE = 1.6, 1.1  # width over height of a letter's box, and of that of two letters
_LEAST_LETTERS = 3  # of a column in which no word was found vertical
_MOST_UNLIKE = 1.6  # width of its widest letter over that of its narrowest
_TIGHT_RATIO = 0.9  # distance of letters that touch, over their width
_HIGH_RATIO = 1.6  # a box this much higher than wide holds letters below each other
_UPON_SHARE = 0.7  # of the width of two boxes that lie upon each other
_BOX_MARGIN_RATIO = 0.1  # a box reaches so far beyond its first and its last letter, over their distance
_SAME_RATIO = 0.5  # peaks nearer to each other, over the letters' distance, are of one letter
_CROWDED_RATIO = 0.8  # peaks so near are of two letters, and one is out of place
_MISSING_RATIO = 1.7  # between peaks further apart stands another letter


def stack_words(
    chains: list[list[FoundWord]], stacked: list[FoundWord], letters: PageLetters
) -> tuple[list[list[FoundWord]], list[list[FoundWord]]]:
    """(lines, columns): characters close below each other, with no neighbours beside, are read downwards.

    Args:
        chains: words that follow each other in rows.
        stacked: words that were found vertical.
        letters: every character of the page.
    """
    lone = [chain for chain in chains if len(chain) == 1 and _may_stack(chain[0])]
    members = [chain[0] for chain in lone] + stacked
    if not members:
        return chains, []
    corners = np.stack([word.quad.array for word in members])
    nodes = LinkNodes(
        start=(corners[:, 0] + corners[:, 1]) / 2,
        end=(corners[:, 2] + corners[:, 3]) / 2,
        course=np.tile([0.0, 1.0], (len(members), 2, 1)),
        size=np.array([find_letter_size(word) for word in members]),
        sure=np.ones(len(members), bool),
    )
    before, after = find_links(nodes, MAX_GAP_RATIO)
    stacks = np.array([word.vertical for word in members])
    gap = nodes.start[after, 1] - nodes.end[before, 1]
    close = gap <= _MAX_STACK_GAP_RATIO * (nodes.size[before] + nodes.size[after]) / 2
    columns: list[list[FoundWord]] = []
    for _ in range(2):  # the second time, what is a column reaches over the spaces between its words
        kept = close | stacks[before] | stacks[after]
        columns = []
        for numbers in chain_links(len(members), before[kept], after[kept]):
            column = [members[i] for i in numbers]
            if any(word.vertical for word in column) or (_is_column(column) and not letters.are_rows(column)):
                columns.append(column)
                stacks[numbers] = True
    taken = {id(word) for column in columns for word in column}
    uprights = [(number, *word.quad.xyxy) for number, column in enumerate(columns) for word in column if _is_tall(word)]
    boxes = np.array(uprights).reshape(-1, 5)
    for (word,) in lone if uprights else ():
        number = None if id(word) in taken else _find_around(word, boxes)
        if number is not None:
            columns[number].append(word)
            taken.add(id(word))
            if _is_tall(word):
                boxes = np.vstack([boxes, (number, *word.quad.xyxy)])
    return [chain for chain in chains if id(chain[0]) not in taken], columns


def _may_stack(word: FoundWord) -> bool:
    """Whether a horizontal word may be a letter, or a few with one peak, of a column."""
    shape = word.quad.width_px / max(word.quad.height_px, 1e-6)
    if len(word.char_centers) == 2:
        return 1 / _MOST_LETTERS_HIGH < shape < _MOST_PAIR_WIDE
    return len(word.char_centers) == 1 and 1 / _MOST_LETTERS_HIGH < shape < _MOST_LETTER_WIDE


def _is_column(words: Sequence[FoundWord]) -> bool:
    """Whether words close below each other, none of them found vertical, hold three letters of one width or more.

    They are single letters, or boxes of several. Boxes higher than wide but no higher than a letter are figures.
    """
    widths = [word.quad.width_px for word in words]
    single = [word.quad.height_px for word in words if _is_letter(word)]
    tall = [word for word in words if not _is_letter(word)]
    if len(words) < 2 or not single or max(widths) > _MOST_UNLIKE * min(widths):
        return False
    letters = len(single) + sum(round(word.quad.height_px / word.quad.width_px) for word in tall)
    several = all(word.quad.height_px > _HIGH_RATIO * min(single) for word in tall)
    return letters >= _LEAST_LETTERS and several


def _is_letter(word: FoundWord) -> bool:
    return len(word.char_centers) == 1 and word.quad.height_px <= _HIGH_RATIO * word.quad.width_px


def _is_tall(word: FoundWord) -> bool:
    """Whether the box of a word may hold letters below each other."""
    left, top, right, bottom = word.quad.xyxy
    return word.vertical or bottom - top > _HIGH_RATIO * (right - left)


def _find_around(word: FoundWord, boxes: Floats) -> int | None:
    """The column that a word lies upon, as what a second look found of letters that are in it already.

    Args:
        word: that may lie so.
        boxes: (N, 5) the column, left, top, right and bottom of the tall words of all columns.
    """
    left, top, right, _ = word.quad.xyxy
    columns, x0, y0, x1, y1 = boxes.T
    shared = np.minimum(right, x1) - np.maximum(left, x0)
    upon = columns[(shared > _UPON_SHARE * np.maximum(right - left, x1 - x0)) & (y0 <= top) & (top < y1)]
    return int(upon.min()) if len(upon) else None


def space_letters(words: Sequence[FoundWord]) -> tuple[FoundWord, ...]:
    """The words of a column from top to bottom, upright and apart, each with a centre for every letter it holds.

    What lies on words above it is cut off, and a word of which nothing is left then is dropped.
    """
    ordered = sorted(words, key=lambda word: word.quad.xyxy[1])
    sizes = [find_letter_size(word) for word in ordered]
    peaks = np.sort(np.concatenate([word.char_centers[:, 1] for word in words]))
    pitch = _find_pitch(ordered, peaks, float(np.median(sizes)))
    spaced: list[FoundWord] = []
    reached = -np.inf
    for word, size in zip(ordered, sizes, strict=True):
        left, top, right, bottom = word.quad.xyxy
        top = max(top, reached - _BOX_MARGIN_RATIO * pitch)
        if bottom - top < _SAME_RATIO * pitch:
            continue
        reached = bottom
        ys = _place_letters(peaks, top, bottom, pitch)
        spaced.append(
            replace(
                word,
                quad=Quad.from_xyxy(left, top, right, bottom),
                char_centers=np.column_stack([np.full(len(ys), np.median(word.char_centers[:, 0])), ys]),
                char_sizes_px=np.full(len(ys), size),
                char_size_px=size,
                vertical=True,
            )
        )
    return tuple(spaced)


def _find_pitch(words: Sequence[FoundWord], peaks: Floats, size: float) -> float:
    """The distance of neighbouring letters: the usual one of a word's peaks, else of all, else what to expect."""
    inside = [np.diff(np.sort(word.char_centers[:, 1])) for word in words]
    for steps in (np.concatenate(inside), np.diff(peaks)):
        usual = steps[(steps > _SAME_RATIO * size) & (steps < _MISSING_RATIO * size)]
        if len(usual):
            return float(np.median(usual))
    return max([_TIGHT_RATIO * size, *(word.quad.height_px for word in words if _is_letter(word))])


def _place_letters(peaks: Floats, top: float, bottom: float, pitch: float) -> Floats:
    """Increasing y of the letters between `top` and `bottom`: the peaks there, one for each, and those missing."""
    inside = peaks[(peaks > top) & (peaks < bottom)]
    kept = inside[np.concatenate([[True], np.diff(inside) >= _SAME_RATIO * pitch])] if len(inside) else inside
    margin = _BOX_MARGIN_RATIO * pitch
    count = max(1, round((bottom - top - 2 * margin) / pitch))
    even = top + margin + (np.arange(count) + 0.5) * (bottom - top - 2 * margin) / count
    if len(kept) == count and (count == 1 or np.diff(kept).min() > _CROWDED_RATIO * pitch):
        return kept
    if len(kept) < 2 or len(kept) == count:
        return even
    first, last = top + margin - pitch / 2, bottom - margin + pitch / 2
    marks = np.concatenate([[first], kept, [last]])
    steps = np.diff(marks)
    missing = np.where(steps > _MISSING_RATIO * pitch, np.round(steps / pitch) - 1, 0).astype(int)
    between = [
        low + (high - low) * np.arange(1, more + 2) / (more + 1)
        for low, high, more in zip(marks[:-1], marks[1:], missing.tolist(), strict=True)
    ]
    return np.concatenate(between)[:-1]
