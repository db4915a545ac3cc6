"""Spaces that are none: the empty part of a mark's own cell, inside amounts and before particles."""

import re
from collections.abc import Sequence

import numpy as np

from geulnun.runtime.recognition.decode_text import ReadChar

_SPACED_GROUP = re.compile(r"(?<=\d)[,.] (?=\d{3}(?!\d))")
_PRICE = re.compile(r"[₩￦$€¥] ?\d{1,3}(?:[,.] ?\d{3})+(?!\d)|(?<!\d)\d{1,3}(?:[,.] ?\d{3})+ ?원")
_FIGURE_STEP = re.compile(r"\d(?=\d)")
# The row of recognition/false_spaces.py in docs/experiments/layout.md measures the rule; its number was chosen by eye.
_MOST_STEPS = 2.5  # from the figure before a comma to the one behind it; with a true space it is three cells
# Those that are no words of their own; a row of docs/experiments/layout.md measures them.
_PARTICLES = (
    "를|을|에|의|는|은|와|과|로|으로|라|이라|란|이란|라고|이라고|라는|이라는|이다|입니다|이며|이고|"
    "에서|에서는|에게|에는|까지|부터|로서|으로서"
)
_SPACED_PARTICLE = re.compile(rf"(?<=[’”'\"」』》〉】\])]) (?=(?:{_PARTICLES})(?:[ ,.]|$))")


def drop_false_spaces(chars: Sequence[ReadChar]) -> Sequence[ReadChar]:
    """The characters of a strip without the spaces that are the empty part of a mark beside them.

    Between a comma and the three figures of its group, where the comma has a cell to itself, they go if they are no
    wider than that; in a price, with its currency beside it, all go. Between a closing quotation mark or bracket, half
    empty if it is of full width, and a particle all go.
    """
    text = "".join(char.text for char in chars)
    if len(text) != len(chars):
        return chars
    false = _find_in_amounts(text, chars) | {match.start() for match in _SPACED_PARTICLE.finditer(text)}
    return [char for number, char in enumerate(chars) if number not in false]


def _find_in_amounts(text: str, chars: Sequence[ReadChar]) -> set[int]:
    """The places of false spaces inside amounts, as the distance of the figures beside each other tells."""
    groups = [match.start() for match in _SPACED_GROUP.finditer(text)]
    steps = [chars[match.end()].peak_px - chars[match.start()].peak_px for match in _FIGURE_STEP.finditer(text)]
    if not groups or not steps:
        return set()
    most = _MOST_STEPS * float(np.median(steps))
    prices = [match.span() for match in _PRICE.finditer(text)]
    return {
        comma + 1
        for comma in groups
        if chars[comma + 2].peak_px - chars[comma - 1].peak_px <= most
        or any(start < comma < end for start, end in prices)
    }
