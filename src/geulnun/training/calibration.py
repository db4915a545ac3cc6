"""Fitting the calibration that turns a network's probabilities into confidences."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from geulnun.evaluation.calibration import measure_reliability
from geulnun.runtime.bundles.calibration import Calibration, find_log_odds
from geulnun.runtime.bundles.manifest import MetricRecord

LEAST_CHARACTERS = 200
"""Fewer are too few to fit."""

_STEPS = 100
_RIDGE = 1e-3  # keeps the line near that of an honest network where there is little to go by
_LEAST_SCALE, _MOST_SCALE = 0.05, 20.0


def fit_calibration(
    confidences: Sequence[float] | NDArray[np.floating], right: Sequence[bool] | NDArray[np.bool_]
) -> Calibration | None:
    """The line through log-odds that makes `right` likeliest; None for fewer than `LEAST_CHARACTERS`.

    Source: Platt 1999; Newton's method on the two parameters.
    """
    if len(confidences) < LEAST_CHARACTERS:
        return None
    odds = find_log_odds(np.asarray(confidences))
    # Platt's targets: as if one more of each kind had been seen, so that nothing is ever certain.
    true = np.asarray(right, np.float64)
    yes = true.sum()
    target = np.where(true > 0, (yes + 1) / (yes + 2), 1 / (len(true) - yes + 2))
    inputs = np.column_stack([odds, np.ones_like(odds)])
    prior = np.array([1.0, 0.0])
    line = prior.copy()
    for _ in range(_STEPS):
        given = 1 / (1 + np.exp(-np.clip(inputs @ line, -30, 30)))
        slope = inputs.T @ (given - target) + _RIDGE * (line - prior)
        curve = (inputs * (given * (1 - given))[:, None]).T @ inputs + _RIDGE * np.eye(2)
        step = np.linalg.solve(curve, slope)
        line = line - step / max(1.0, float(np.abs(step).max()))
        line[0] = np.clip(line[0], _LEAST_SCALE, _MOST_SCALE)
        if np.abs(step).max() < 1e-8:
            break
    return Calibration(scale=float(line[0]), offset=float(line[1]))


def measure_calibration(
    confidences: Sequence[float], right: Sequence[bool]
) -> tuple[Calibration | None, tuple[MetricRecord, ...]]:
    """The calibration fitted to all characters, and how far off confidences are, as they are and calibrated.

    The calibrated error is that of the one half of the characters under the line fitted to the other. Nothing where
    there are too few characters to fit.
    """
    fitted, half = fit_calibration(confidences, right), fit_calibration(confidences[::2], right[::2])
    if fitted is None or half is None:
        return None, ()
    raw = measure_reliability(confidences, right).error
    calibrated = measure_reliability(half.apply(np.array(confidences[1::2])), right[1::2]).error
    values = {"ece": calibrated, "ece of raw probabilities": raw}
    return fitted, (MetricRecord(set="validation: characters read", samples=len(confidences), values=values),)
