"""CTC decoding, greedy or by beam search with the language model: characters with their time steps."""

from typing import NamedTuple

import numpy as np

from geulnun.core.charset import Charset
from geulnun.runtime.recognition.beam_search import NEGLIGIBLE, Step, align_text, search_text
from geulnun.runtime.recognition.language_model import LanguageModel
from geulnun.runtime.recognition.step_scores import Ids, Scores, TextScores

_TRIED = 6  # characters at a step of a search


class Runs(NamedTuple):
    """M characters in reading order: strip, first step, likeliest step, class, its log-probability."""

    strips: Ids
    starts: Ids
    peaks: Ids
    ids: Ids
    logs: Scores


def find_greedy_runs(blank: Scores, ids: Ids, logs: Scores, last: Ids) -> Runs:
    """Every run of steps whose likeliest class is one and not the blank, in reading order."""
    height, steps = blank.shape
    inked = (logs > blank) & (np.arange(steps)[None] < last[:, None])
    classes, best = np.where(inked, ids, 0), np.where(inked, logs, blank)
    changes = np.ones((height, steps), bool)
    changes[:, 1:] = classes[:, 1:] != classes[:, :-1]
    starts = np.flatnonzero(changes)
    flat = best.ravel()
    heights = np.maximum.reduceat(flat, starts)
    run_of_step = np.cumsum(changes.ravel()) - 1
    at_top = np.flatnonzero(flat >= heights[run_of_step])
    _, first = np.unique(run_of_step[at_top], return_index=True)
    peaks = at_top[first]
    kept = classes.ravel()[starts] != 0
    starts, peaks = starts[kept], peaks[kept]
    strips = starts // steps
    first = strips * steps
    return Runs(strips, starts - first, peaks - first, classes.ravel()[peaks], flat[peaks])


def search_runs(
    scores: TextScores,
    charset: Charset,
    ids: Ids,
    logs: Scores,
    greedy: Runs,
    last: Ids,
    width: int,
    language: LanguageModel | None,
) -> Runs:
    """The characters of the likeliest texts, on the likeliest path that spells each; the greedy ones of sure strips.

    Args:
        scores: of a batch.
        charset: what the classes mean.
        ids: (N, T) likeliest characters of all steps.
        logs: (N, T) their log-probabilities.
        greedy: what `find_greedy_runs` finds.
        last: (N,) how many steps of each strip are read.
        width: texts kept from step to step.
        language: weighs texts by their characters.
    """
    tried = _Tried.of_scores(scores, charset, ids, logs, last)
    space = charset.encode(" ")[0]
    bounds = np.searchsorted(greedy.strips, np.arange(len(tried.last) + 1)).tolist()
    found = []
    for strip, (first, end) in enumerate(zip(bounds[:-1], bounds[1:], strict=True)):
        own = Runs._make(column[first:end] for column in greedy)
        if not tried.is_sure(strip, own):
            text = search_text(tried.list_steps(strip), width, language, space)
            if text != own.ids.tolist():
                own = _align_runs(scores, charset, strip, int(tried.last[strip]), np.array(text, np.int64))
        found.append(own)
    return Runs._make(map(np.concatenate, zip(*found, strict=True)))


class _Tried(NamedTuple):
    """What a search tries: at each step of N strips the likeliest character, at some of them several.

    Attributes:
        blank: (N, T) log-probabilities of the blank.
        last: (N,) how many steps of each strip are read.
        ids: (N, T) class ids of the likeliest characters.
        logs: (N, T) their log-probabilities.
        several: by strip and step, where more than one may be meant: those, likeliest first.
    """

    blank: Scores
    last: Ids
    ids: Ids
    logs: Scores
    several: list[dict[int, list[tuple[int, float]]]]

    @classmethod
    def of_scores(cls, scores: TextScores, charset: Charset, ids: Ids, logs: Scores, last: Ids) -> "_Tried":
        """What may be read of a batch, whose likeliest characters are known."""
        others = 1 - np.exp(scores.blank) - np.exp(logs)
        open_steps = (others > np.exp(NEGLIGIBLE)) & (np.arange(scores.shape[1])[None] < last[:, None])
        several: list[dict[int, list[tuple[int, float]]]] = [{} for _ in last]
        strips, steps = np.nonzero(open_steps)
        ranked, chances = scores.find_likeliest(charset, strips, steps, _TRIED)
        rows = zip(strips.tolist(), steps.tolist(), ranked.tolist(), chances.tolist(), strict=True)
        for strip, step, letters, each in rows:
            pairs = [pair for pair in zip(letters, each, strict=True) if pair[1] > NEGLIGIBLE]
            if len(pairs) > 1:
                several[strip][step] = pairs
        return cls(scores.blank, last, ids, logs, several)

    def is_sure(self, strip: int, greedy: Runs) -> bool:
        """Whether nothing but the greedy characters is ever in question."""
        if self.several[strip]:
            return False
        steps = np.flatnonzero(self.logs[strip, : self.last[strip]] > NEGLIGIBLE)
        after = np.searchsorted(greedy.starts, steps, side="right")
        near = np.concatenate([[0], greedy.ids, [0]])
        ids = self.ids[strip, steps]
        return bool(((ids == near[after]) | (ids == near[after + 1])).all())

    def list_steps(self, strip: int) -> list[Step]:
        """What `search_text` is told of a strip; of steps in a row that surely say the same, the first alone."""
        several, before = self.several[strip], -1
        steps: list[Step] = []
        columns = (table[strip, : self.last[strip]].tolist() for table in (self.blank, self.ids, self.logs))
        for number, (blank, letter, log) in enumerate(zip(*columns, strict=True)):
            if number in several:
                steps.append((blank, several[number]))
                before = -1
                continue
            said = 0 if log <= NEGLIGIBLE else letter if blank <= NEGLIGIBLE else -1
            if said < 0 or said != before:
                steps.append((blank, [(letter, log)] if said else []))
            before = said
        return steps


def _align_runs(scores: TextScores, charset: Charset, strip: int, steps: int, ids: Ids) -> Runs:
    """The characters of a text on the likeliest path that spells it in a strip."""
    if not len(ids):
        nothing = np.zeros(0, np.int64)
        return Runs(nothing, nothing, nothing, nothing, np.zeros(0, np.float32))
    letters = scores.gather(charset, strip, ids)[:steps]
    starts, ends = align_text(scores.blank[strip, :steps], letters, ids)
    columns = range(len(ids))
    peaks = np.array([starts[k] + letters[starts[k] : ends[k], k].argmax() for k in columns], np.int64)
    return Runs(np.full(len(ids), strip), starts, peaks, ids, letters[peaks, columns])
