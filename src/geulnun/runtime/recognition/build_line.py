"""Readings of a line's strips -> a Line of words and characters with their quads."""

from collections.abc import Sequence

import numpy as np

from geulnun.core.arrays import Floats, Ints
from geulnun.core.geometry import Quad
from geulnun.core.hangul import is_syllable
from geulnun.core.page import Alternative, Char, Line, Word
from geulnun.runtime.lines.find_lines import LineBox
from geulnun.runtime.recognition.align_chars import find_centers, find_width_ratio
from geulnun.runtime.recognition.corrections import drop_false_spaces, spell_dates, spell_units
from geulnun.runtime.recognition.decode_text import ReadChar, Reading
from geulnun.runtime.recognition.strips import LETTER_RATIO, SIDE_MARGIN_RATIO, Strip


def build_line(box: LineBox, strips: Sequence[Strip], readings: Sequence[Reading]) -> Line | None:
    """The line that the readings of its strips make; None if they hold no characters."""
    words: list[list[Char]] = []
    for strip, reading in zip(strips, readings, strict=True):
        groups = _locate_words(strip, reading, box)
        starts_with_space = reading.text.startswith(" ")
        if words and groups and not strip.spaced and not starts_with_space:
            words[-1] += groups.pop(0)
        words += groups
    if not words:
        return None
    built = tuple(_build_word(chars, box) for chars in words)
    confidences = [char.confidence for chars in words for char in chars if char.confidence is not None]
    mean = sum(confidences) / len(confidences)
    return Line(words=built, quad=box.quad, confidence=mean, orientation=box.orientation)


def _locate_words(strip: Strip, reading: Reading, box: LineBox) -> list[list[Char]]:
    """The characters of a reading on the page, divided at its spaces; in vertical lines all are as wide."""
    vertical = box.orientation == "vertical"
    spaced = drop_false_spaces(spell_units(spell_dates(reading.chars)))
    groups = _split_at_cells(spaced, strip) if strip.cell_words else _split_at_spaces(spaced)
    if box.in_grid and not any(is_syllable(char.text) for char in spaced):
        groups = [[char] for group in groups for char in group]  # figures in the cells of a grid are no number
    if not groups:
        return []
    chars = [char for group in groups for char in group]
    widths = np.array([1.0 if vertical else find_width_ratio(char.text) for char in chars])
    word = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    quads = iter(strip.locate(*_place_characters(np.array([char.peak_px for char in chars]), word, strip, widths)))
    return [[_build_char(char, next(quads)) for char in group] for group in groups]


def _split_at_spaces(chars: Sequence[ReadChar]) -> list[list[ReadChar]]:
    groups: list[list[ReadChar]] = [[]]
    for char in chars:
        if char.text == " ":
            groups.append([])
        else:
            groups[-1].append(char)
    return [group for group in groups if group]


def _split_at_cells(chars: Sequence[ReadChar], strip: Strip) -> list[list[ReadChar]]:
    """By the words of the cells they stand in: between letters laid side by side, spaces are no sign of anything."""
    groups: dict[int, list[ReadChar]] = {}
    for char in chars:
        if char.text != " ":
            cell = min(int(char.peak_px // strip.cell_px), len(strip.cell_words) - 1)
            groups.setdefault(strip.cell_words[cell], []).append(char)
    return list(groups.values())


def _place_characters(peaks: Floats, word: Ints, strip: Strip, widths: Floats) -> tuple[Floats, Floats]:
    """Where characters start and end: at the detector's peaks if they agree, the room between shared by widths.

    Args:
        peaks: (K,) x of the read characters in their strip, in order.
        word: (K,) number of the word of each.
        strip: In which they were read.
        widths: (K,) how wide each is over others.
    """
    letter_px = LETTER_RATIO * strip.image.shape[0]
    centers = _align_centers(peaks, word, strip.centers_px, letter_px)
    gaps, shares = np.diff(centers), widths[:-1] / (widths[:-1] + widths[1:])
    between = centers[:-1] + gaps * shares
    # At the ends of a word, as far as towards the neighbour on its other side, or as a character alone is wide.
    inner = np.diff(word) == 0
    reach = letter_px * (0.5 + SIDE_MARGIN_RATIO)
    lone = letter_px / 2 * widths
    before, after = lone.copy(), lone.copy()
    before[:-1][inner] = (gaps * shares)[inner]
    after[1:][inner] = (gaps * (1 - shares))[inner]
    starts, ends = centers - np.minimum(before, reach), centers + np.minimum(after, reach)
    starts[1:][inner] = ends[:-1][inner] = between[inner]
    width = float(strip.image.shape[1])
    return np.clip(starts, 0, width), np.clip(ends, 0, width)


def _align_centers(peaks: Floats, word: Ints, seen: Floats, letter_px: float) -> Floats:
    """Each read peak, moved to the centre of the detected character that it is."""
    moved = find_centers(peaks, seen, letter_px)
    # Peaks are in order; in a word where moving broke that, the order of reading is right.
    broken = word[1:][(np.diff(moved) <= 0) & (np.diff(word) == 0)]
    return np.where(np.isin(word, broken), peaks, moved) if len(broken) else moved


def _build_char(char: ReadChar, quad: Quad) -> Char:
    others = tuple(
        [Alternative(text=each.text, confidence=each.probability, jamo=each.jamo) for each in char.alternatives]
    )
    return Char(text=char.text, quad=quad, confidence=char.confidence, alternatives=others)


def _build_word(chars: list[Char], box: LineBox) -> Word:
    confidences = [char.confidence for char in chars if char.confidence is not None]
    return Word(
        text="".join(char.text for char in chars),
        quad=_enclose_chars(chars, vertical=box.orientation == "vertical"),
        confidence=sum(confidences) / len(confidences),
        chars=tuple(chars),
    )


def _enclose_chars(chars: Sequence[Char], *, vertical: bool) -> Quad:
    """The quad from the first character's start to the last one's end."""
    first, last = chars[0].quad.points, chars[-1].quad.points
    if vertical:
        return Quad((first[0], first[1], last[2], last[3]))
    return Quad((first[0], last[1], last[2], first[3]))
