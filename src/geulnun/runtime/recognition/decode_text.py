"""Scores of the recogniser -> text with steps, confidences and alternatives."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geulnun.core.charset import Charset
from geulnun.core.hangul import decompose, is_syllable
from geulnun.runtime.bundles.calibration import Calibration
from geulnun.runtime.recognition.ctc_decoding import Runs, find_greedy_runs, search_runs
from geulnun.runtime.recognition.language_model import LanguageModel
from geulnun.runtime.recognition.step_scores import LineScores, Scores, TextScores

__all__ = ["Candidate", "LineScores", "ReadChar", "Reading", "decode_text"]

STEP_PX = 4
"""Columns of a strip that make one time step."""

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
    """One character read from a strip, and the centre of its peak in strip pixels.

    ``alternatives`` come likeliest first, the character itself among them; empty unless `decode_text` was asked for
    them.
    """

    text: str
    peak_px: float
    confidence: float
    alternatives: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one strip says; ``confidence`` is the mean of its characters', spaces left out (0 for none)."""

    text: str
    chars: tuple[ReadChar, ...]
    confidence: float


def decode_text(
    scores: TextScores,
    charset: Charset,
    *,
    widths_px: Sequence[int] | None = None,
    alternatives: int = 0,
    beam: int = 0,
    language: LanguageModel | None = None,
    calibration: Calibration | None = None,
) -> list[Reading]:
    """One reading per strip: the likeliest class of every step, repeats collapsed, blanks dropped; or a search's best.

    Args:
        scores: Log-probabilities of a batch.
        charset: What the classes mean.
        widths_px: Width of each strip without its padding; steps behind it are not read.
        alternatives: How many candidates to give for every character, the best included.
        beam: Texts kept in a prefix beam search; 0 or 1 takes the likeliest class of every step.
        language: Weighs the texts of that search by their characters.
        calibration: What makes confidences of probabilities; none leaves them as they are.
    """
    count, steps = scores.shape
    last = np.full(count, steps)
    if widths_px is not None:
        last = np.minimum(steps, -(-np.asarray(widths_px) // STEP_PX) + _SPARE_STEPS)
    best = scores.find_best(charset)
    runs = find_greedy_runs(scores.blank, *best, last)
    if beam > 1:
        runs = search_runs(scores, charset, *best, runs, last, beam, language)
    sure = np.exp(np.minimum(runs.logs.astype(np.float64), 0.0))
    confidences = sure if calibration is None else calibration.apply(sure)
    rivals: list[tuple[Candidate, ...]] = [()] * len(sure)
    if alternatives:
        rivals = _find_candidates(scores, charset, runs, alternatives, confidences)
    symbols = [charset.char(number) for number in runs.ids.tolist()]
    peaks_px = ((runs.peaks + 0.5) * STEP_PX).tolist()
    chars = [
        ReadChar(text=text, peak_px=peak, confidence=confidence, alternatives=others)
        for text, peak, confidence, others in zip(symbols, peaks_px, confidences.tolist(), rivals, strict=True)
    ]
    bounds = np.searchsorted(runs.strips, np.arange(count + 1)).tolist()
    return [build_reading(tuple(chars[first:end])) for first, end in zip(bounds[:-1], bounds[1:], strict=True)]


def _find_candidates(
    scores: TextScores, charset: Charset, runs: Runs, count: int, confidences: NDArray[np.float64]
) -> list[tuple[Candidate, ...]]:
    """The likeliest characters at the peak of each run, that of the run among them; blanks are left out.

    What calibration takes from the character it gives to the others in proportion.
    """
    if not len(runs.ids):
        return []
    ids, logs = scores.find_likeliest(charset, runs.strips, runs.peaks, count)
    probabilities = np.exp(np.minimum(logs.astype(np.float64), 0.0))
    left_out = ~(ids == runs.ids[:, None]).any(axis=1)  # the language model chose it for other reasons
    ids[left_out, -1] = runs.ids[left_out]
    own = ids == runs.ids[:, None]
    sure = np.exp(np.minimum(runs.logs.astype(np.float64), 0.0))
    spread = (1 - confidences) / np.maximum(1 - sure, 1e-9)
    probabilities = np.where(own, confidences[:, None], np.minimum(probabilities * spread[:, None], 1.0))
    order = np.argsort(-probabilities, axis=1, kind="stable")
    ids, probabilities = np.take_along_axis(ids, order, axis=1), np.take_along_axis(probabilities, order, axis=1)
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


def build_reading(chars: tuple[ReadChar, ...]) -> Reading:
    """What these characters say together."""
    inked = [char.confidence for char in chars if char.text != " "]
    mean = sum(inked) / len(inked) if inked else 0.0
    return Reading(text="".join([char.text for char in chars]), chars=chars, confidence=mean)
