"""Heads of recognisers that no bundled weights have: trained by `configs/experiments`, kept to read what came of them.

One softmax over all classes (`FlatScores`), medial and final given the initial (`ChainedScores`), a mixture of
independent parts (`MixedScores`). What they were worth stands in docs/experiments/recognizer.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from geulnun.core.arrays import find_top
from geulnun.core.charset import Charset
from geulnun.core.hangul import CHO_COUNT, JONG_COUNT, JUNG_COUNT
from geulnun.runtime.recognition.step_scores import (
    GatedScores,
    Ids,
    Parts,
    Scores,
    TextScores,
    number_syllables,
    score_syllables,
)

_IMPOSSIBLE = np.float32(-1e4)
_BEAM_INITIALS = 3
"""Initials of a chained reading that are looked at; the others hardly ever win."""


def build_experimental_scores(tables: Mapping[str, Scores]) -> TextScores:
    """The scores that a network's outputs are, by their names and axes."""
    if "classes" in tables:
        return FlatScores(**tables)
    return MixedScores(**tables) if "share" in tables else ChainedScores(**tables)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatScores(TextScores):
    """``classes`` is ``(N, T, C)``: one softmax over all classes of the charset, the blank first."""

    classes: Scores

    @property
    def shape(self) -> tuple[int, int]:
        """N and T."""
        return self.classes.shape[0], self.classes.shape[1]

    @property
    def blank(self) -> Scores:
        """Of the blank, (N, T)."""
        return self.classes[:, :, 0]

    def find_best(self, charset: Charset) -> tuple[Ids, Scores]:
        """See `TextScores`."""
        chosen = self.classes[:, :, 1:].argmax(axis=2) + 1
        return chosen.astype(np.int64), np.take_along_axis(self.classes, chosen[:, :, None], axis=2)[:, :, 0]

    def find_likeliest(self, charset: Charset, strips: Ids, steps: Ids, count: int) -> tuple[Ids, Scores]:
        """See `TextScores`."""
        logs = self.classes[strips, steps, 1:]
        order = find_top(logs, count)
        return order + 1, np.take_along_axis(logs, order, axis=1)

    def find_jamo(self, charset: Charset, strips: Ids, steps: Ids) -> tuple[Scores, Scores, Scores]:
        """See `TextScores`."""
        table = np.exp(self.classes[strips, steps, charset.first_syllable :])
        table = (
            table.reshape(-1, CHO_COUNT, JUNG_COUNT, JONG_COUNT)
            / np.maximum(table.sum(axis=1), 1e-30)[:, None, None, None]
        )
        return table.sum(axis=(2, 3)), table.sum(axis=(1, 3)), table.sum(axis=(1, 2))

    def gather(self, charset: Charset, strip: int, ids: Ids) -> Scores:
        """See `TextScores`."""
        return np.asarray(self.classes[strip][:, ids])


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainedScores(GatedScores):
    """``cho`` ``(N, T, 19)``; for each initial ``jung`` ``(N, T, 19, 21)`` and ``jong`` ``(N, T, 19, 28)``."""

    cho: Scores
    jung: Scores
    jong: Scores

    def take_parts(self, strips: Ids, steps: Ids) -> Parts:
        """See `GatedScores`. Each part has one initial: the likeliest few."""
        cho = self.cho[strips, steps]
        tops = find_top(cho, _BEAM_INITIALS)
        certain = np.where(np.arange(CHO_COUNT) == tops[:, :, None], np.float32(0), _IMPOSSIBLE)
        jung, jong = (
            np.take_along_axis(head[strips, steps], tops[:, :, None], axis=1) for head in (self.jung, self.jong)
        )
        return Parts(np.take_along_axis(cho, tops, axis=1), certain.astype(np.float32), jung, jong)

    def find_best_syllables(self) -> tuple[Ids, Scores]:
        """See `GatedScores`."""
        count, steps, initials = self.cho.shape
        tops = find_top(self.cho.reshape(-1, initials), _BEAM_INITIALS).reshape(count, steps, -1)
        jung, jong = (np.take_along_axis(head, tops[..., None], axis=2) for head in (self.jung, self.jong))
        logs = np.take_along_axis(self.cho, tops, axis=2) + jung.max(axis=3) + jong.max(axis=3)
        best = logs.argmax(axis=2)[:, :, None]
        letters = (tops, jung.argmax(axis=3), jong.argmax(axis=3))
        numbers = number_syllables(*(np.take_along_axis(each, best, axis=2)[:, :, 0] for each in letters))
        return numbers, np.take_along_axis(logs, best, axis=2)[:, :, 0]


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedScores(GatedScores):
    """A mixture: ``share`` ``(N, T, R)`` given hangul; ``cho``, ``jung``, ``jong`` ``(N, T, R, ...)`` of each part."""

    share: Scores
    cho: Scores
    jung: Scores
    jong: Scores

    def take_parts(self, strips: Ids, steps: Ids) -> Parts:
        """See `GatedScores`."""
        return Parts(*(table[strips, steps] for table in (self.share, self.cho, self.jung, self.jong)))

    def find_best_syllables(self) -> tuple[Ids, Scores]:
        """See `GatedScores`. The best of those that are the best of one part."""
        count, steps, rank = self.share.shape
        tables = (self.cho, self.jung, self.jong)
        candidates = number_syllables(*(table.argmax(axis=3) for table in tables)).reshape(-1, rank)
        flat = [table.reshape(-1, rank, table.shape[3]) for table in tables]
        logs = score_syllables(Parts(self.share.reshape(-1, rank), *flat), candidates)
        best = logs.argmax(axis=1)[:, None]
        numbers = np.take_along_axis(candidates, best, axis=1).reshape(count, steps)
        return numbers, np.take_along_axis(logs, best, axis=1).reshape(count, steps)
