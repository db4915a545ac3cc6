"""Scores of the recogniser -> text with steps, confidences and alternatives.

The recogniser factorises every time step (blank, *hangul* or one of the other symbols, and for *hangul* an
initial, a medial and a final), so the likeliest class of a step is found without writing out 11,172 columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geulnun.core.charset import Charset

Scores = NDArray[np.float32]

STEP_PX = 4
"""Strip pixels of one time step."""

_MEDIALS, _FINALS = 21, 28
_SPARE_STEPS = 2  # a network may fire a little after the ink ends; beyond that only padding is left


@dataclass(frozen=True, slots=True, kw_only=True)
class LineScores:
    """The recogniser's outputs for a batch: log-probabilities.

    ``gate`` is ``(N, T, G)``: index 0 blank, 1 hangul, 2 + i symbol i of the charset; ``cho`` ``(N, T, 19)``,
    ``jung`` ``(N, T, 21)`` and ``jong`` ``(N, T, 28)`` are conditional on hangul.
    """

    gate: Scores
    cho: Scores
    jung: Scores
    jong: Scores


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadChar:
    """One character read from a strip: steps ``[start_step, end_step)``, centre of its peak in strip pixels.

    ``alternatives`` are ``(text, probability)``, likeliest first, the character itself among them; empty
    unless `decode_text` was asked for them.
    """

    text: str
    start_step: int
    end_step: int
    peak_px: float
    confidence: float
    alternatives: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one strip says; ``confidence`` is the mean of its characters', spaces left out (0 for none)."""

    text: str
    chars: tuple[ReadChar, ...]
    confidence: float


def decode_text(
    scores: LineScores,
    charset: Charset,
    *,
    widths_px: Sequence[int] | None = None,
    alternatives: int = 0,
) -> list[Reading]:
    """One reading per strip: the likeliest class of every step, repeats collapsed, blanks dropped.

    Args:
        scores: Log-probabilities of a batch.
        charset: What the gate's indices mean.
        widths_px: Width of each strip without its padding; steps behind it are not read.
        alternatives: How many candidates to give for every character, the best included.
    """
    classes, best = find_best_classes(scores, charset)
    if widths_px is not None:
        last = -(-np.asarray(widths_px) // STEP_PX) + _SPARE_STEPS
        classes[np.arange(classes.shape[1])[None] >= last[:, None]] = 0
    strips, starts, ends, peaks = _find_runs(classes, best)
    ids = classes[strips, peaks]
    confidences = np.exp(np.minimum(best[strips, peaks], 0.0))
    rivals: list[tuple[tuple[str, float], ...]] = [()] * len(ids)
    if alternatives:
        rivals = find_alternatives(scores, charset, strips, peaks, alternatives)
    symbols = _spell(charset, ids)
    readings = []
    bounds = np.searchsorted(strips, np.arange(classes.shape[0] + 1))
    for first, end in zip(bounds[:-1], bounds[1:], strict=True):
        chars = tuple(
            ReadChar(
                text=symbols[i],
                start_step=int(starts[i]),
                end_step=int(ends[i]),
                peak_px=(float(peaks[i]) + 0.5) * STEP_PX,
                confidence=float(confidences[i]),
                alternatives=rivals[i],
            )
            for i in range(first, end)
        )
        readings.append(Reading(text="".join(c.text for c in chars), chars=chars, confidence=_mean(chars)))
    return readings


def find_best_classes(scores: LineScores, charset: Charset) -> tuple[NDArray[np.int64], Scores]:
    """The likeliest class id of every step ``(N, T)`` int64, and its log-probability ``(N, T)``.

    The best syllable is the best initial, medial and final together: they are independent given the step.
    """
    cho, jung, jong = (head.argmax(axis=2) for head in (scores.cho, scores.jung, scores.jong))
    gate = scores.gate.copy()
    gate[:, :, 1] += scores.cho.max(axis=2) + scores.jung.max(axis=2) + scores.jong.max(axis=2)
    chosen = gate.argmax(axis=2)
    best = np.take_along_axis(gate, chosen[:, :, None], axis=2)[:, :, 0]
    syllable = charset.first_syllable + (cho * _MEDIALS + jung) * _FINALS + jong
    classes = np.where(chosen == 0, 0, np.where(chosen == 1, syllable, chosen - 1))
    return classes.astype(np.int64), best


def find_alternatives(
    scores: LineScores,
    charset: Charset,
    strips: NDArray[np.int64],
    steps: NDArray[np.int64],
    count: int,
) -> list[tuple[tuple[str, float], ...]]:
    """The ``count`` likeliest characters at each of M (strip, step) places, with their probabilities.

    Exact: any of the n likeliest syllables uses only the n likeliest of each head. Blanks are left out.
    """
    if not len(strips):
        return []
    gate = scores.gate[strips, steps]
    heads = [head[strips, steps] for head in (scores.cho, scores.jung, scores.jong)]
    ids, logs = _rank_syllables(heads, count)
    logs = logs + gate[:, 1:2]
    others = _find_top(gate[:, 2:], count)
    ids = np.concatenate([ids + charset.first_syllable, others + 1], axis=1)
    logs = np.concatenate([logs, np.take_along_axis(gate[:, 2:], others, axis=1)], axis=1)
    order = _find_top(logs, count)
    ids, logs = np.take_along_axis(ids, order, axis=1), np.take_along_axis(logs, order, axis=1)
    probabilities = np.exp(np.minimum(logs, 0.0))
    texts = _spell(charset, ids.ravel())
    width = ids.shape[1]
    return [
        tuple((texts[row * width + k], float(probabilities[row, k])) for k in range(width)) for row in range(len(ids))
    ]


def _rank_syllables(heads: list[Scores], count: int) -> tuple[NDArray[np.int64], Scores]:
    """The n best syllables' numbers ``(M, n)`` and log-probabilities given hangul ``(M, n)``, best first."""
    tops = [_find_top(head, count) for head in heads]
    cho, jung, jong = (np.take_along_axis(head, top, axis=1) for head, top in zip(heads, tops, strict=True))
    sums = cho[:, :, None, None] + jung[:, None, :, None] + jong[:, None, None, :]
    pairs = tops[0][:, :, None, None] * _MEDIALS + tops[1][:, None, :, None]
    numbers = pairs * _FINALS + tops[2][:, None, None, :]
    flat_sums, flat_numbers = sums.reshape(len(sums), -1), numbers.reshape(len(sums), -1)
    order = _find_top(flat_sums, count)
    return np.take_along_axis(flat_numbers, order, axis=1), np.take_along_axis(flat_sums, order, axis=1)


def _find_top(values: Scores, count: int) -> NDArray[np.int64]:
    """Indices of the ``count`` largest of each row (fewer where the row is shorter), largest first."""
    count = min(count, values.shape[1])
    kept = np.argpartition(-values, count - 1, axis=1)[:, :count]
    order = np.argsort(-np.take_along_axis(values, kept, axis=1), axis=1, kind="stable")
    return np.take_along_axis(kept, order, axis=1)


def _find_runs(
    classes: NDArray[np.int64], best: Scores
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Strip, start, end and peak step of every run of one class other than blank, in reading order."""
    height, steps = classes.shape
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
    return strips, starts - strips * steps, ends - strips * steps, peaks - strips * steps


def _spell(charset: Charset, ids: NDArray[np.int64]) -> list[str]:
    return [charset.char(int(i)) for i in ids]


def _mean(chars: tuple[ReadChar, ...]) -> float:
    inked = [char.confidence for char in chars if char.text != " "]
    return float(np.mean(inked)) if inked else 0.0
