"""Scores of a recogniser of fixed-size strips -> text, by CTC or as an attention decoder read it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from geulnun.core.arrays import Floats
from geulnun.runtime.bundles.calibration import Calibration
from geulnun.runtime.bundles.contracts import ATTENTION_OUTPUT
from geulnun.runtime.recognition.ctc_decoding import find_greedy_runs
from geulnun.runtime.recognition.decode_text import STEP_PX, ReadChar, Reading, build_reading, decode_text
from geulnun.runtime.recognition.experimental.alphabets import Alphabet
from geulnun.runtime.recognition.experimental.heads import FlatScores
from geulnun.runtime.recognition.language_model import LanguageModel
from geulnun.runtime.recognition.step_scores import Ids, Scores

START, END = 0, 1
"""Classes of an attention decoder before those of the alphabet, whose number k is class k + 1."""

_LEAST_STEP_PX = 0.01


def decode_fixed(
    tables: Mapping[str, Scores],
    alphabet: Alphabet,
    *,
    spans_px: Sequence[float],
    alternatives: int = 0,
    beam: int = 0,
    language: LanguageModel | None = None,
    calibration: Calibration | None = None,
) -> list[Reading]:
    """One reading for each strip of a batch.

    Candidates, the beam search and the language model are for CTC over whole characters; what else there is, is
    decoded greedily.

    Args:
        tables: The network's outputs by their names.
        alphabet: What the classes mean.
        spans_px: How many pixels of the strip as it was cut the network's whole width shows.
        alternatives: As of `decode_text`.
        beam: As of `decode_text`.
        language: As of `decode_text`.
        calibration: As of `decode_text`.
    """
    (scores,) = (table for name, table in tables.items() if name != ATTENTION_OUTPUT)
    if ATTENTION_OUTPUT in tables:
        found = _take_attended(scores, tables[ATTENTION_OUTPUT])
    elif alphabet.name == "flat":
        readings = decode_text(
            FlatScores(classes=scores),
            alphabet.charset,
            alternatives=alternatives,
            beam=beam,
            language=language,
            calibration=calibration,
        )
        shares = [span / (scores.shape[1] * STEP_PX) for span in spans_px]
        return [_stretch(reading, share) for reading, share in zip(readings, shares, strict=True)]
    else:
        found = _take_runs(scores)
    rows = zip(found, spans_px, strict=True)
    return [_spell(alphabet, *letters, span, calibration) for letters, span in rows]


Letters = tuple[list[int], NDArray[np.float64], Floats]
"""Of one strip: the alphabet's numbers in reading order, their probabilities, where they are (0..1 of the width)."""


def _take_runs(scores: Scores) -> list[Letters]:
    """The letters of the likeliest class of each step, repeats collapsed and blanks dropped."""
    count, steps, _ = scores.shape
    best = scores[:, :, 1:].argmax(axis=2)
    logs = np.take_along_axis(scores[:, :, 1:], best[:, :, None], axis=2)[:, :, 0]
    runs = find_greedy_runs(scores[:, :, 0], (best + 1).astype(np.int64), logs, np.full(count, steps))
    bounds = np.searchsorted(runs.strips, np.arange(count + 1))
    parts = [slice(first, end) for first, end in zip(bounds[:-1], bounds[1:], strict=True)]
    sure = np.exp(np.minimum(runs.logs.astype(np.float64), 0.0))
    return [(runs.ids[part].tolist(), sure[part], (runs.peaks[part] + 0.5) / steps) for part in parts]


def _take_attended(scores: Scores, shares: Scores) -> list[Letters]:
    """The likeliest letters before the first `END`, each at the mean of the steps that had a share in it."""
    classes = scores.argmax(axis=2)
    sure = np.exp(scores.max(axis=2).astype(np.float64))
    places = shares @ ((np.arange(shares.shape[2]) + 0.5) / shares.shape[2])
    letters = []
    for row, ended in enumerate(_find_ends(classes)):
        kept = np.flatnonzero(classes[row, :ended] != START)
        letters.append(((classes[row, kept] - 1).tolist(), sure[row, kept], places[row, kept]))
    return letters


def _find_ends(classes: Ids) -> list[int]:
    """How many letters each row has before its first `END`."""
    closed = np.pad(classes == END, ((0, 0), (0, 1)), constant_values=True)
    return [int(end) for end in closed.argmax(axis=1)]


def _spell(
    alphabet: Alphabet,
    ids: list[int],
    sure: NDArray[np.float64],
    places: Floats,
    span_px: float,
    calibration: Calibration | None,
) -> Reading:
    """The reading of one strip; a character is as sure as its letters together, and lies in their middle."""
    spelt = alphabet.spell(ids)
    confidences = np.array([sure[char.start : char.stop].prod() for char in spelt])
    if calibration is not None and len(spelt):
        confidences = calibration.apply(confidences)
    peaks = [float(places[char.start : char.stop].mean()) * span_px for char in spelt]
    steady = _order(np.array(peaks))
    return build_reading(
        tuple(
            ReadChar(text=char.text, peak_px=float(peak), confidence=float(each))
            for char, peak, each in zip(spelt, steady, confidences, strict=True)
        )
    )


def _order(peaks_px: Floats) -> Floats:
    """Places in reading order: where attention goes back, the character stays just behind the one before."""
    rising = np.arange(len(peaks_px)) * _LEAST_STEP_PX
    return np.asarray(np.maximum.accumulate(peaks_px - rising) + rising) if len(peaks_px) else peaks_px


def _stretch(reading: Reading, share: float) -> Reading:
    """The reading with its places in pixels of the strip as it was cut."""
    return replace(reading, chars=tuple(replace(char, peak_px=char.peak_px * share) for char in reading.chars))
