"""Prefix beam search: the likeliest text over all ways to spell it in time steps, and where its characters are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geulnun.core.charset import Charset
from geulnun.runtime.scores import Ids, Scores, TextScores

_NEGLIGIBLE = -11.5  # log of 1e-5
_NOTHING = -np.inf


@dataclass(slots=True)
class _Prefix:
    """Log-probabilities of a text so far: of its ways that end in a blank, and of those that end in its last letter."""

    blank: float = _NOTHING
    letter: float = _NOTHING

    @property
    def total(self) -> float:
        return float(np.logaddexp(self.blank, self.letter))


def search_text(scores: TextScores, charset: Charset, strip: int, steps: int, width: int) -> list[int]:
    """Class ids of the likeliest text of one strip.

    Args:
        scores: of the batch.
        charset: what the classes mean.
        strip: number of the strip in the batch.
        steps: how many of its time steps are read.
        width: texts kept from step to step, and characters tried at each.

    Source: Hannun et al. 2014, without a language model.
    """
    places = np.arange(steps)
    ids, logs = scores.find_likeliest(charset, np.full_like(places, strip), places, width)
    blanks = scores.blank[strip]
    beam: dict[tuple[int, ...], _Prefix] = {(): _Prefix(blank=0.0)}
    for step in range(steps):
        kept = logs[step] > _NEGLIGIBLE
        candidates = list(zip(ids[step][kept].tolist(), logs[step][kept].tolist(), strict=True))
        grown = _grow(beam, float(blanks[step]), candidates)
        best = sorted(grown.items(), key=lambda item: item[1].total, reverse=True)[:width]
        beam = dict(best)
    return list(max(beam.items(), key=lambda item: item[1].total)[0])


def _grow(
    beam: dict[tuple[int, ...], _Prefix], blank: float, candidates: list[tuple[int, float]]
) -> dict[tuple[int, ...], _Prefix]:
    """The texts one step later."""
    grown: dict[tuple[int, ...], _Prefix] = {}
    for text, ways in beam.items():
        same = grown.setdefault(text, _Prefix())
        same.blank = float(np.logaddexp(same.blank, ways.total + blank))
        for letter, log in candidates:
            if text and letter == text[-1]:
                same.letter = float(np.logaddexp(same.letter, ways.letter + log))
                before = ways.blank
            else:
                before = ways.total
            if before > _NOTHING:
                longer = grown.setdefault((*text, letter), _Prefix())
                longer.letter = float(np.logaddexp(longer.letter, before + log))
    return grown


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
