"""Corrections of what is read: spaces that are none, units of which a letter is read twice, figures taken for letters.

A space may be the empty part of a mark's own cell, inside amounts, before colons and before particles.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from geulnun.core.hangul import is_syllable
from geulnun.runtime.recognition.align_chars import find_width_ratio
from geulnun.runtime.recognition.decode_text import ReadChar

_SPACED_GROUP = re.compile(r"(?<=\d)[,.] (?=\d{3}(?!\d))")
# Not "101, 102, 103", and not "3. 119": what is enumerated has true spaces, which are as narrow in many faces.
_AMOUNT = re.compile(
    r"(?<![\d,.])(?<![,.] )(?:[1-9]\d?(?:, ?\d{3})+|\d{1,3}(?:, ?\d{3})*, ?\d\d0|\d{1,3}\. 000)(?!\d)(?!, ?\d)"
)
_PRICE = re.compile(r"[₩￦$€¥] ?\d{1,3}(?:[,.] ?\d{3})+(?!\d)|(?<!\d)\d{1,3}(?:[,.] ?\d{3})+ ?원")
_AMOUNT_ALONE = re.compile(r"\W*\d{1,3}(?:, ?\d{3})+\W*")
_FIGURE_STEP = re.compile(r"\d(?=\d)")
_SPACED_COLON = re.compile(r"(?<=[^ ]) (?=:)")
# The rows of recognition/corrections.py in docs/experiments/layout.md measure the rules and chose the gaps of colons;
# the number of steps was chosen by eye.
_MOST_STEPS = 2.5  # from the figure before a comma to the one behind it; with a true space it is three cells
# Room beyond what the letters beside it take, over a letter's width.
_LAST_COLON_GAP = 0.1  # before a colon that ends a strip
_COLON_GAP, _LEAST_GAP_BEHIND, _LEAST_GAP_RATIO = 0.25, 0.4, 2.0  # before one with a space behind it too
# Those that are no words of their own; a row of docs/experiments/layout.md measures them.
_PARTICLES = (
    "를|을|에|의|는|은|와|과|로|으로|라|이라|란|라고|이라고|라는|이라는|이다|입니다|이며|이고|"
    "에서|에서는|에게|에는|까지|부터|로서|으로서"
)
_SPACED_PARTICLE = re.compile(
    rf"(?<=[’”'\"」』》〉】\])]) (?=(?:{_PARTICLES})(?:[ ,.]|$))"
    r"|(?<=[’”'\"」』》〉]) (?=이란(?:[ ,.]|$))"  # behind "[속보]" it is the country
)

# One character each; the row of recognition/corrections.py in docs/experiments/layout.md says how often they go wrong.
_UNITS = {"㎏": "kg", "㎞": "km", "㎎": "mg", "㎜": "mm", "㎝": "cm", "㎖": "ml"}


# A round 0 and an upright 1 beside each other are drawn as the letter 이 is.
_DATE = re.compile(r"\d{2,4}년 ?(\d{1,2}|이)월 ?(\d{1,2}|이)일")
_LETTER, _FIGURES = "이", "01"


def spell_dates(chars: Sequence[ReadChar]) -> Sequence[ReadChar]:
    """The characters of a strip, the letter 이 in place of a month or day of a date as 01: 2025년 이월 이일."""
    text = "".join(char.text for char in chars)
    places = {date.start(part) for date in _DATE.finditer(text) for part in (1, 2) if date[part] == _LETTER}
    if not places or len(text) != len(chars):
        return chars
    spelt: list[ReadChar] = []
    for number, char in enumerate(chars):
        if number not in places:
            spelt.append(char)
            continue
        quarter_px = (chars[number + 1].peak_px - chars[number - 1].peak_px) / 8
        for figure, shift_px in zip(_FIGURES, (-quarter_px, quarter_px), strict=True):
            own = [each for each in char.alternatives if each.text == char.text]
            likeliest = tuple(each._replace(text=figure, jamo=None) for each in own)
            spelt.append(replace(char, text=figure, peak_px=char.peak_px + shift_px, alternatives=likeliest))
    return spelt


def spell_units(chars: Sequence[ReadChar]) -> Sequence[ReadChar]:
    """The characters of a strip, a unit behind its own first letter without that letter: 3K㎏ as 3Kg."""
    spelt = list(chars)
    for number in range(1, len(spelt)):
        char = spelt[number]
        unit = _UNITS.get(char.text, "")
        if unit and spelt[number - 1].text.lower() == unit[0]:
            last = unit[1]
            others = [each for each in char.alternatives if each.text != last]
            named = tuple(each._replace(text=last) if each.text == char.text else each for each in others)
            spelt[number] = replace(char, text=last, alternatives=named)
    return spelt


def drop_false_spaces(chars: Sequence[ReadChar]) -> Sequence[ReadChar]:
    """The characters of a strip without the spaces that are the empty part of a mark beside them.

    Between a comma and the three figures of its group, where the comma has a cell to itself, they go from an amount if
    they are no wider than that; in a price, with its currency beside it, all go. Between a closing quotation mark or
    bracket, half empty if it is of full width, and a particle all go. Before a colon they go where there is little
    room, less than behind it.
    """
    text = "".join(char.text for char in chars)
    if len(text) != len(chars):
        return chars
    false = _find_in_amounts(text, chars) | {match.start() for match in _SPACED_PARTICLE.finditer(text)}
    false |= _find_before_colons(text, chars)
    return [char for number, char in enumerate(chars) if number not in false]


def _find_in_amounts(text: str, chars: Sequence[ReadChar]) -> set[int]:
    """The places of false spaces inside amounts, as the distance of the figures beside each other tells."""
    groups = [match.start() for match in _SPACED_GROUP.finditer(text)]
    steps = [_measure_step(chars, match.start(), match.end()) for match in _FIGURE_STEP.finditer(text)]
    if not groups or not steps:
        return set()
    most = _MOST_STEPS * float(np.median(steps))
    alone = _AMOUNT_ALONE.fullmatch(text) is not None
    prices, amounts = ([match.span() for match in each.finditer(text)] for each in (_PRICE, _AMOUNT))

    def is_false(comma: int) -> bool:
        if any(start < comma < end for start, end in prices):
            return True
        is_amount = alone or any(start < comma < end for start, end in amounts)
        return is_amount and _measure_step(chars, comma - 1, comma + 2) <= most

    return {comma + 1 for comma in groups if is_false(comma)}


def _find_before_colons(text: str, chars: Sequence[ReadChar]) -> set[int]:
    """The places of false spaces before colons, as the room on both sides of these tells."""
    spaces = [match.start() for match in _SPACED_COLON.finditer(text)]
    letter_px = _measure_letter(text, chars) if spaces else 0.0
    if not letter_px:
        return set()

    def measure_room(first: int, second: int) -> float:
        return _measure_step(chars, first, second) / letter_px - _find_half_widths(text, first, second)

    def is_false(space: int) -> bool:
        before = measure_room(space - 1, space + 1)
        if space + 2 == len(text):
            return before < _LAST_COLON_GAP
        if text[space + 2] != " " or space + 3 == len(text):
            return False
        behind = measure_room(space + 1, space + 3)
        return before < _COLON_GAP and behind > max(_LEAST_GAP_BEHIND, _LEAST_GAP_RATIO * before)

    return {space for space in spaces if is_false(space)}


def _measure_letter(text: str, chars: Sequence[ReadChar]) -> float:
    """How wide a syllable is, by the steps from syllable to syllable, else by all steps inside words; 0 without any."""
    pairs = [number for number in range(len(text) - 1) if " " not in text[number : number + 2]]
    hangul = [number for number in pairs if is_syllable(text[number]) and is_syllable(text[number + 1])]
    widths = [_measure_step(chars, at, at + 1) / _find_half_widths(text, at, at + 1) for at in (hangul or pairs)]
    return float(np.median(widths)) if widths else 0.0


def _measure_step(chars: Sequence[ReadChar], first: int, second: int) -> float:
    return chars[second].peak_px - chars[first].peak_px


def _find_half_widths(text: str, first: int, second: int) -> float:
    """Half of what two characters take together, over a letter's width."""
    return (find_width_ratio(text[first]) + find_width_ratio(text[second])) / 2
