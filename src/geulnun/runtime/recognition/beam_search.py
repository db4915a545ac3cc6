"""Prefix beam search: the most likely text over all CTC alignments, and the steps of its characters."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from geulnun.runtime.recognition.language_model import ORDER, LanguageModel
from geulnun.runtime.recognition.step_scores import Ids, Scores

NEGLIGIBLE = math.log(0.01)
"""Log-probability below which a character is not tried at a step: where ink is so sure, no language has a say."""

Step = tuple[float, Sequence[tuple[int, float]]]
"""One time step: log-probability of the blank; class id and log-probability of each character that is tried."""

_NOTHING = -math.inf
# Chosen by eye; docs/experiments/recognizer.md ("Language model") measures `NEGLIGIBLE` alone.
_MOST_BEHIND = 9.0  # of the best, by a text that is still followed: one in eight thousand
_REMEMBERED = ORDER - 1  # characters by whose likeness texts count as one from there on
_ADDS_NOTHING = -16.0


class _Prefix:
    """A text so far, with the log-probabilities of its ways that end in a blank, and in its last character."""

    __slots__ = ("blank", "ink", "last", "letter", "longer", "shorter", "weight")

    def __init__(self, shorter: "_Prefix | None", letter: int, last: tuple[int, ...], weight: float) -> None:
        self.shorter, self.letter, self.last, self.weight = shorter, letter, last, weight
        self.blank = self.ink = _NOTHING
        self.longer: dict[int, _Prefix] = {}

    @property
    def total(self) -> float:
        """Of all its ways, the language left out."""
        return _add(self.blank, self.ink)

    def grow(self, letter: int, language: LanguageModel | None) -> "_Prefix":
        """The text with one character more."""
        known = self.longer.get(letter)
        if known is None:
            gain = language.weigh(self.last, letter) if language else 0.0
            known = _Prefix(self, letter, (*self.last[1 - _REMEMBERED :], letter), self.weight + gain)
            self.longer[letter] = known
        return known


def search_text(steps: Iterable[Step], width: int, language: LanguageModel | None = None, space: int = -1) -> list[int]:
    """Class ids of the likeliest text of one strip.

    Args:
        steps: what may be read at each time step.
        width: texts kept from step to step.
        language: weighs texts by their characters; none weighs all alike.
        space: class id of the space, behind which a strip begins; unknown if negative.

    Source: Hannun et al. 2014.
    """
    root = _Prefix(None, -1, (space,) if space >= 0 else (), 0.0)
    root.blank = 0.0
    beam = [root]
    for blank, letters in steps:
        if letters:
            beam = _keep_best(_grow(beam, blank, letters, language), width)
        else:
            for prefix in beam:
                prefix.blank, prefix.ink = prefix.total + blank, _NOTHING
    best: _Prefix = max(beam, key=lambda prefix: prefix.total + prefix.weight)
    text = []
    while best.shorter is not None:
        text.append(best.letter)
        best = best.shorter
    return text[::-1]


def _grow(
    beam: list[_Prefix], blank: float, letters: Sequence[tuple[int, float]], language: LanguageModel | None
) -> dict[_Prefix, list[float]]:
    """The texts one step later, with the log-probabilities of their ways that end in a blank and in ink."""
    grown: dict[_Prefix, list[float]] = {}
    for prefix in beam:
        total = prefix.total
        if blank > NEGLIGIBLE:
            ways = grown.setdefault(prefix, [_NOTHING, _NOTHING])
            ways[0] = _add(ways[0], total + blank)
        for letter, log in letters:
            before = total
            if letter == prefix.letter:
                ways = grown.setdefault(prefix, [_NOTHING, _NOTHING])
                ways[1] = _add(ways[1], prefix.ink + log)
                before = prefix.blank
            if before > _NOTHING:
                longer = grown.setdefault(prefix.grow(letter, language), [_NOTHING, _NOTHING])
                longer[1] = _add(longer[1], before + log)
    return grown


def _keep_best(grown: dict[_Prefix, list[float]], width: int) -> list[_Prefix]:
    """The best texts; of those that end alike, and so have one future, none that another stays ahead of."""
    best: dict[tuple[int, ...], tuple[float, _Prefix]] = {}
    found: list[tuple[float, _Prefix]] = []
    top = _NOTHING
    for prefix, ways in grown.items():
        prefix.blank, prefix.ink = ways
        value = prefix.total + prefix.weight
        if value < top - _MOST_BEHIND:
            continue
        top = max(top, value)
        found.append((value, prefix))
        rival = best.get(prefix.last)
        if rival is None or rival[0] < value:
            best[prefix.last] = value, prefix
    kept = [
        (value, prefix)
        for value, prefix in found
        if value >= top - _MOST_BEHIND and not _is_beaten(prefix, best[prefix.last][1])
    ]
    if len(kept) > width:
        kept = sorted(kept, key=lambda pair: -pair[0])[:width]
    return [prefix for _, prefix in kept]


def _is_beaten(prefix: _Prefix, other: _Prefix) -> bool:
    """Whether whatever follows, another text stays the better one."""
    ahead = other.weight - prefix.weight
    return prefix is not other and prefix.blank <= other.blank + ahead and prefix.ink <= other.ink + ahead


def _add(a: float, b: float) -> float:
    """log(exp(a) + exp(b))."""
    if a < b:
        a, b = b, a
    behind = b - a if a > _NOTHING else _NOTHING
    return a if behind < _ADDS_NOTHING else a + math.log1p(math.exp(behind))


def align_text(blank: Scores, letters: Scores, ids: Ids) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First step and step behind the last of each character, on the likeliest path that spells the text.

    Args:
        blank: (T,) log-probabilities of the blank.
        letters: (T, L) of each character of the text.
        ids: (L,) their class ids.
    """
    steps, length = letters.shape
    emit = np.full((steps, 2 * length + 1), 0.0)
    emit[:, 0::2], emit[:, 1::2] = blank[:, None], letters
    # A blank may be left out between different characters.
    skips = np.zeros(2 * length + 1, bool)
    skips[3::2] = ids[1:] != ids[:-1]
    best = np.full(2 * length + 1, _NOTHING)
    best[:2] = emit[0, :2]
    came = np.zeros((steps, 2 * length + 1), np.int64)
    for step in range(1, steps):
        once = np.concatenate([[_NOTHING], best[:-1]])
        twice = np.where(skips, np.concatenate([[_NOTHING, _NOTHING], best])[: len(best)], _NOTHING)
        ways = np.stack([best, once, twice])
        came[step] = ways.argmax(axis=0)
        best = ways.max(axis=0) + emit[step]
    state = int(2 * length - (best[-2] > best[-1])) if length else 0
    states = np.empty(steps, np.int64)
    for step in range(steps - 1, -1, -1):
        states[step] = state
        state -= int(came[step, state])
    spoken = 2 * np.arange(length) + 1
    return np.searchsorted(states, spoken, "left"), np.searchsorted(states, spoken, "right")
