"""Log-probabilities of the 11,484 classes at every time step, from what the recogniser's heads give."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geulnun.core.arrays import find_top
from geulnun.core.charset import Charset
from geulnun.core.hangul import JONG_COUNT, JUNG_COUNT

Scores = NDArray[np.float32]
Ids = NDArray[np.int64]


class Parts(NamedTuple):
    """Syllables at M places as a mixture of R parts with independent letters, given hangul.

    Attributes:
        share: (M, R) of each part.
        cho: (M, R, 19).
        jung: (M, R, 21).
        jong: (M, R, 28).
    """

    share: Scores
    cho: Scores
    jung: Scores
    jong: Scores


class TextScores(ABC):
    """Log-probabilities of a batch of N strips over T time steps."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """N and T."""

    @property
    @abstractmethod
    def blank(self) -> Scores:
        """Of the blank, (N, T)."""

    @abstractmethod
    def find_best(self, charset: Charset) -> tuple[Ids, Scores]:
        """Class ids of the likeliest characters of every step ``(N, T)`` and their log-probabilities; no blanks."""

    @abstractmethod
    def find_likeliest(self, charset: Charset, strips: Ids, steps: Ids, count: int) -> tuple[Ids, Scores]:
        """Ids and log-probabilities ``(M, n)`` of the likeliest characters at M places, best first, no blanks."""

    @abstractmethod
    def find_jamo(self, charset: Charset, strips: Ids, steps: Ids) -> tuple[Scores, Scores, Scores]:
        """Probabilities of each initial ``(M, 19)``, medial ``(M, 21)``, final ``(M, 28)`` at places, given hangul."""

    @abstractmethod
    def gather(self, charset: Charset, strip: int, ids: Ids) -> Scores:
        """Log-probabilities ``(T, K)`` of K classes other than blank at all steps of a strip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatedScores(TextScores):
    """``gate`` is ``(N, T, G)``: index 0 blank, 1 hangul, 2 + i symbol i of the charset."""

    gate: Scores

    @property
    def shape(self) -> tuple[int, int]:
        """N and T."""
        return self.gate.shape[0], self.gate.shape[1]

    @property
    def blank(self) -> Scores:
        """Of the blank, (N, T)."""
        return self.gate[:, :, 0]

    @abstractmethod
    def take_parts(self, strips: Ids, steps: Ids) -> Parts:
        """The syllables at M places."""

    @abstractmethod
    def find_best_syllables(self) -> tuple[Ids, Scores]:
        """Number 0..11,171 of the likeliest syllable of every step, and its log-probability given hangul."""

    def find_best(self, charset: Charset) -> tuple[Ids, Scores]:
        """See `TextScores`."""
        numbers, logs = self.find_best_syllables()
        inked = self.gate[:, :, 1:].copy()
        inked[:, :, 0] += logs
        chosen = inked.argmax(axis=2)
        best = np.take_along_axis(inked, chosen[:, :, None], axis=2)[:, :, 0]
        return np.where(chosen == 0, charset.first_syllable + numbers, chosen).astype(np.int64), best

    def find_likeliest(self, charset: Charset, strips: Ids, steps: Ids, count: int) -> tuple[Ids, Scores]:
        """See `TextScores`. For one part exact: any of the n likeliest syllables uses the n likeliest letters only."""
        gate = self.gate[strips, steps]
        numbers, logs = _rank_syllables(self.take_parts(strips, steps), count)
        others = find_top(gate[:, 2:], count)
        ids = np.concatenate([numbers + charset.first_syllable, others + 1], axis=1)
        logs = np.concatenate([logs + gate[:, 1:2], np.take_along_axis(gate[:, 2:], others, axis=1)], axis=1)
        order = find_top(logs, count)
        return np.take_along_axis(ids, order, axis=1), np.take_along_axis(logs, order, axis=1)

    def find_jamo(self, charset: Charset, strips: Ids, steps: Ids) -> tuple[Scores, Scores, Scores]:
        """See `TextScores`."""
        share, *jamo = self.take_parts(strips, steps)
        cho, jung, jong = (np.exp(share[:, :, None] + table).sum(axis=1) for table in jamo)
        return cho, jung, jong

    def gather(self, charset: Charset, strip: int, ids: Ids) -> Scores:
        """See `TextScores`."""
        steps = np.arange(self.shape[1])
        parts = self.take_parts(np.full_like(steps, strip), steps)
        numbers = ids - charset.first_syllable
        hangul = numbers >= 0
        spelt = np.broadcast_to(np.maximum(numbers, 0), (len(steps), len(ids)))
        syllables = self.gate[strip][:, 1:2] + score_syllables(parts, spelt)
        symbols = self.gate[strip][:, np.where(hangul, 0, ids + 1)]
        return np.asarray(np.where(hangul, syllables, symbols), np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineScores(GatedScores):
    """Independent letters: ``cho`` ``(N, T, 19)``, ``jung`` ``(N, T, 21)`` and ``jong`` ``(N, T, 28)`` given hangul."""

    cho: Scores
    jung: Scores
    jong: Scores

    def take_parts(self, strips: Ids, steps: Ids) -> Parts:
        """See `GatedScores`."""
        cho, jung, jong = (head[strips, steps][:, None] for head in (self.cho, self.jung, self.jong))
        return Parts(np.zeros(cho.shape[:2], np.float32), cho, jung, jong)

    def find_best_syllables(self) -> tuple[Ids, Scores]:
        """See `GatedScores`. The best initial, medial and final together."""
        heads = (self.cho, self.jung, self.jong)
        logs = self.cho.max(axis=2) + self.jung.max(axis=2) + self.jong.max(axis=2)
        return number_syllables(*(head.argmax(axis=2) for head in heads)), logs


def number_syllables(cho: Ids, jung: Ids, jong: Ids) -> Ids:
    """Numbers 0..11,171 of the syllables with these letters."""
    return (cho * JUNG_COUNT + jung) * JONG_COUNT + jong


def split_syllables(numbers: Ids) -> tuple[Ids, Ids, Ids]:
    """Initials, medials and finals of the syllables with these numbers."""
    return numbers // (JUNG_COUNT * JONG_COUNT), numbers // JONG_COUNT % JUNG_COUNT, numbers % JONG_COUNT


def score_syllables(parts: Parts, numbers: Ids) -> Scores:
    """Log-probabilities ``(M, K)`` given hangul of the syllables ``(M, K)`` at each place."""
    sums = parts.share[:, :, None]
    for table, letter in zip(parts[1:], split_syllables(numbers), strict=True):
        sums = sums + np.take_along_axis(table, np.broadcast_to(letter[:, None], (*sums.shape[:2], letter.shape[1])), 2)
    if sums.shape[1] == 1:
        return np.asarray(sums[:, 0])
    top = sums.max(axis=1)
    return np.asarray(top + np.log(np.exp(sums - top[:, None]).sum(axis=1)))


def _rank_syllables(parts: Parts, count: int) -> tuple[Ids, Scores]:
    """The n best syllables' numbers ``(M, n)`` and log-probabilities given hangul ``(M, n)``, best first."""
    heads = (parts.cho, parts.jung, parts.jong)
    found = [_rank_part([head[:, part] for head in heads], count) for part in range(parts.share.shape[1])]
    numbers = np.sort(np.concatenate(found, axis=1), axis=1)
    logs = score_syllables(parts, numbers)
    logs[:, 1:][numbers[:, 1:] == numbers[:, :-1]] = -np.inf  # found in several parts, counted once
    order = find_top(logs, count)
    return np.take_along_axis(numbers, order, axis=1), np.take_along_axis(logs, order, axis=1)


def _rank_part(heads: list[Scores], count: int) -> Ids:
    """The n best syllables' numbers ``(M, n)`` of one part."""
    tops = [find_top(head, count) for head in heads]
    a, b, c = (np.take_along_axis(head, top, axis=1) for head, top in zip(heads, tops, strict=True))
    sums = a[:, :, None, None] + b[:, None, :, None] + c[:, None, None, :]
    numbers = number_syllables(tops[0][:, :, None, None], tops[1][:, None, :, None], tops[2][:, None, None, :])
    flat = len(sums), math.prod(sums.shape[1:])
    order = find_top(sums.reshape(flat), count)
    return np.take_along_axis(numbers.reshape(flat), order, axis=1)
