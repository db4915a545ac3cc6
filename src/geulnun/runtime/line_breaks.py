"""Where lines of a paragraph break inside a word: the language model decides between a space and none.

Korean is set in two ways: lines end between words, or after any letter. In text of the first way every break is a
space; in the second each break of a full line is decided by itself.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import compress, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geulnun.core.charset import CHARSET_V1
from geulnun.core.page import Block, Cell, Line
from geulnun.runtime.recognition.language_model import ORDER, LanguageModel

# Chosen by eye on drawn pages and a corpus; there is no row of docs/experiments for them.
_JOINED_KINDS = ("paragraph", "list_item", "caption", "table")
_AFTER = ORDER - 1  # characters after a break that are looked at
_INSIDE_SHARE = 0.65  # of the breaks of text whose lines end after any letter that are inside a word
_LETTERS_CHANCE = 0.3  # that a page is such a text
_LIKE_LEAST = 0.05  # chance that the model is wrong about a break, whatever it says
_LATIN_BREAK = re.compile(r"[A-Za-z]\n[A-Za-z]")  # inside a word in the address of a site alone
_ADDRESS = re.compile(r"(?:://|www\.)\S*$")
_MOST_LACKING = 3.0  # letters by which a full line is shorter than the longest of its paragraph, at most: its indent


def mark_broken_words(blocks: Sequence[Block], model: LanguageModel) -> list[Block]:
    """The blocks, their lines marked where a word goes on in the next line."""
    pairs = list(_find_breaks(blocks))
    odds = np.array([_find_odds(before.text, after.text, model) for before, after in pairs])
    inside = find_inside_breaks(odds)
    broken = {id(before) for (before, _), is_inside in zip(pairs, inside.tolist(), strict=True) if is_inside}
    if not broken:
        return list(blocks)
    return [replace(block, cells=tuple(_mark(cell, broken) for cell in block.cells)) for block in blocks]


def find_inside_breaks(odds: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
    """(N,) which breaks of a page are inside a word, by the log odds (N,) for it; -inf where it cannot be."""
    chance = np.clip(1 / (1 + np.exp(-np.clip(odds, -50, 50))), _LIKE_LEAST, 1 - _LIKE_LEAST)
    chance = np.where(np.isneginf(odds), 0.0, chance)
    asked = chance > 0
    by_word = np.log1p(-chance[asked]).sum()
    by_letter = np.log(_INSIDE_SHARE * chance[asked] + (1 - _INSIDE_SHARE) * (1 - chance[asked])).sum()
    if by_word + math.log(1 - _LETTERS_CHANCE) >= by_letter + math.log(_LETTERS_CHANCE):
        return np.zeros(len(odds), bool)
    return np.asarray(odds > 0)


def _find_breaks(blocks: Sequence[Block]) -> Iterator[tuple[Line, Line]]:
    """Full lines and those that they go on in: of a paragraph, or of a cell of a table."""
    for block in blocks:
        if block.kind in _JOINED_KINDS:
            runs = [cell.lines for cell in block.cells] if block.kind == "table" else [block.lines]
            for lines in runs:
                yield from compress(pairwise(lines), _are_full(lines))


def _are_full(lines: Sequence[Line]) -> list[bool]:
    """Which lines are as long as the longest of their paragraph, but for an indent; words are broken only there."""
    sizes = [sorted((line.quad.width_px, line.quad.height_px)) for line in lines]
    longest = max((length for _, length in sizes), default=0.0)
    return [length > longest - _MOST_LACKING * letter for letter, length in sizes]


def _find_odds(before: str, after: str, model: LanguageModel) -> float:
    """How much likelier no space is than one between two lines, as a logarithm; -inf where there must be one."""
    if _LATIN_BREAK.search(f"{before}\n{after}") and not _ADDRESS.search(before):
        return -math.inf
    texts = CHARSET_V1.normalise(before)[-_AFTER:], CHARSET_V1.normalise(after)[:_AFTER]
    if not all(texts) or CHARSET_V1.find_unwritable("".join(texts)):
        return -math.inf
    end, start = map(CHARSET_V1.encode, texts)
    (space,) = CHARSET_V1.encode(" ")
    return _measure(end, start, model) - _measure(end, [space, *start], model)


def _measure(end: Sequence[int], start: Sequence[int], model: LanguageModel) -> float:
    """The log probability of what starts a line after the end of another."""
    letters = [*end, *start]
    return sum(
        model.find_log(tuple(letters[max(i - _AFTER, 0) : i]), letters[i]) for i in range(len(end), len(letters))
    )


def _mark(cell: Cell, broken: set[int]) -> Cell:
    return replace(cell, lines=tuple(replace(line, breaks_word=id(line) in broken) for line in cell.lines))
