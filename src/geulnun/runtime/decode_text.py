"""Scores of the recogniser -> text with steps, confidences and alternatives."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geulnun.core.charset import Charset
from geulnun.core.hangul import decompose, is_syllable
from geulnun.runtime.beam import align_text, search_text
from geulnun.runtime.calibration import Calibration
from geulnun.runtime.scores import Ids, LineScores, Scores, TextScores

__all__ = ["Candidate", "LineScores", "ReadChar", "Reading", "decode_text"]

STEP_PX = 4
"""Strip pixels of one time step."""

_SPARE_STEPS = 2  # a network may fire a little after the ink ends; beyond that only padding is left


class Candidate(NamedTuple):
    """What a character may be.

    Attributes:
        text: the character.
        probability: of it, calibrated as the character's confidence is.
        jamo: for a syllable, the probabilities of its initial, medial and final, given that it is a syllable.
    """

    text: str
    probability: float
    jamo: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadChar:
    """One character read from a strip: steps ``[start_step, end_step)``, centre of its peak in strip pixels.

    ``alternatives`` come likeliest first, the character itself among them; empty unless `decode_text` was asked for
    them.
    """

    text: str
    start_step: int
    end_step: int
    peak_px: float
    confidence: float
    alternatives: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one strip says; ``confidence`` is the mean of its characters', spaces left out (0 for none)."""

    text: str
    chars: tuple[ReadChar, ...]
    confidence: float


class _Runs(NamedTuple):
    """M characters in reading order: strip, first step, end, likeliest step, class, its log-probability."""

    strips: Ids
    starts: Ids
    ends: Ids
    peaks: Ids
    ids: Ids
    logs: Scores


def decode_text(
    scores: TextScores,
    charset: Charset,
    *,
    widths_px: Sequence[int] | None = None,
    alternatives: int = 0,
    beam: int = 0,
    calibration: Calibration | None = None,
) -> list[Reading]:
    """One reading per strip: the likeliest class of every step, repeats collapsed, blanks dropped.

    Args:
        scores: Log-probabilities of a batch.
        charset: What the classes mean.
        widths_px: Width of each strip without its padding; steps behind it are not read.
        alternatives: How many candidates to give for every character, the best included.
        beam: Texts kept in a prefix beam search; 0 or 1 takes the likeliest class of every step.
        calibration: What makes confidences of probabilities; none leaves them as they are.
    """
    count, steps = scores.shape
    last = np.full(count, steps)
    if widths_px is not None:
        last = np.minimum(steps, -(-np.asarray(widths_px) // STEP_PX) + _SPARE_STEPS)
    runs = _search_runs(scores, charset, last, beam) if beam > 1 else _find_greedy_runs(scores, charset, last)
    sure = np.exp(np.minimum(runs.logs.astype(np.float64), 0.0))
    confidences = sure if calibration is None else calibration.apply(sure)
    rivals: list[tuple[Candidate, ...]] = [()] * len(sure)
    if alternatives:
        rivals = _find_candidates(scores, charset, runs, alternatives, confidences)
    symbols = [charset.char(number) for number in runs.ids.tolist()]
    columns = (runs.starts.tolist(), runs.ends.tolist(), ((runs.peaks + 0.5) * STEP_PX).tolist(), confidences.tolist())
    chars = [
        ReadChar(text=text, start_step=start, end_step=end, peak_px=peak, confidence=confidence, alternatives=others)
        for text, start, end, peak, confidence, others in zip(symbols, *columns, rivals, strict=True)
    ]
    bounds = np.searchsorted(runs.strips, np.arange(count + 1)).tolist()
    return [_build_reading(tuple(chars[first:end])) for first, end in zip(bounds[:-1], bounds[1:], strict=True)]


def _find_candidates(
    scores: TextScores, charset: Charset, runs: _Runs, count: int, confidences: NDArray[np.float64]
) -> list[tuple[Candidate, ...]]:
    """The likeliest characters at the peak of each run; blanks are left out.

    What calibration takes from the character it gives to the others in proportion.
    """
    if not len(runs.ids):
        return []
    ids, logs = scores.find_likeliest(charset, runs.strips, runs.peaks, count)
    probabilities = np.exp(np.minimum(logs.astype(np.float64), 0.0))
    own = ids == runs.ids[:, None]
    sure = np.exp(np.minimum(runs.logs.astype(np.float64), 0.0))
    spread = (1 - confidences) / np.maximum(1 - sure, 1e-9)
    probabilities = np.where(own, confidences[:, None], np.minimum(probabilities * spread[:, None], 1.0))
    jamo = scores.find_jamo(charset, runs.strips, runs.peaks)
    return [
        tuple(
            _build_candidate(charset.char(int(i)), float(p), tuple(table[row] for table in jamo))
            for i, p in zip(ids[row], probabilities[row], strict=True)
        )
        for row in range(len(ids))
    ]


def _build_candidate(text: str, probability: float, jamo: tuple[Scores, ...]) -> Candidate:
    if not is_syllable(text):
        return Candidate(text, probability)
    cho, jung, jong = (min(1.0, float(table[k])) for table, k in zip(jamo, decompose(text), strict=True))
    return Candidate(text, probability, (cho, jung, jong))


def _search_runs(scores: TextScores, charset: Charset, last: Ids, width: int) -> _Runs:
    """The characters of the likeliest texts, on the likeliest path that spells each."""
    found: list[_Runs] = []
    for strip, steps in enumerate(last.tolist()):
        ids = np.array(search_text(scores, charset, strip, steps, width), np.int64)
        if not len(ids):
            continue
        letters = scores.gather(charset, strip, ids)[:steps]
        starts, ends = align_text(scores.blank[strip, :steps], letters, ids)
        columns = range(len(ids))
        peaks = np.array([starts[k] + letters[starts[k] : ends[k], k].argmax() for k in columns], np.int64)
        logs = letters[peaks, columns]
        found.append(_Runs(np.full(len(ids), strip), starts, ends, peaks, ids, logs))
    if not found:
        nothing = np.zeros(0, np.int64)
        return _Runs(nothing, nothing, nothing, nothing, nothing, np.zeros(0, np.float32))
    return _Runs(*(np.concatenate(each) for each in zip(*found, strict=True)))


def _find_greedy_runs(scores: TextScores, charset: Charset, last: Ids) -> _Runs:
    """Every run of steps whose likeliest class is one and not the blank, in reading order."""
    classes, best = scores.find_best(charset)
    height, steps = classes.shape
    classes[np.arange(steps)[None] >= last[:, None]] = 0
    changes = np.ones((height, steps), bool)
    changes[:, 1:] = classes[:, 1:] != classes[:, :-1]
    starts = np.flatnonzero(changes)
    ends = np.append(starts[1:], height * steps)
    flat = best.ravel()
    heights = np.maximum.reduceat(flat, starts)
    run_of_step = np.cumsum(changes.ravel()) - 1
    at_top = np.flatnonzero(flat >= heights[run_of_step])
    _, first = np.unique(run_of_step[at_top], return_index=True)
    peaks = at_top[first]
    kept = classes.ravel()[starts] != 0
    starts, ends, peaks = starts[kept], ends[kept], peaks[kept]
    strips = starts // steps
    first = strips * steps
    return _Runs(strips, starts - first, ends - first, peaks - first, classes.ravel()[peaks], flat[peaks])


def _build_reading(chars: tuple[ReadChar, ...]) -> Reading:
    inked = [char.confidence for char in chars if char.text != " "]
    mean = sum(inked) / len(inked) if inked else 0.0
    return Reading(text="".join([char.text for char in chars]), chars=chars, confidence=mean)
