import numpy as np
import pytest

from geulnun.evaluation.calibration import measure_reliability
from geulnun.training.calibration import fit_calibration, measure_calibration


def test_a_fit_finds_how_far_a_network_is_too_sure() -> None:
    rng = np.random.default_rng(0)
    honest = rng.beta(4, 1, 20_000)
    right = rng.random(20_000) < honest
    odds = np.log(honest / (1 - honest))
    given = 1 / (1 + np.exp(-(odds - 0.3) / 0.5))
    fitted = fit_calibration(given, right)
    assert fitted is not None
    assert fitted.scale == pytest.approx(0.5, abs=0.03)
    assert fitted.offset == pytest.approx(0.3, abs=0.06)
    assert measure_reliability(given, right).error > 0.05
    assert measure_reliability(fitted.apply(given), right).error < 0.01


def test_too_few_characters_are_not_fitted_and_one_kind_is_survived() -> None:
    assert fit_calibration([0.9] * 10, [True] * 10) is None
    fitted = fit_calibration(np.full(500, 0.99), np.ones(500, bool))
    assert fitted is not None
    assert fitted.apply(np.array([0.99]))[0] > 0.98


def test_what_is_recorded_is_measured_on_characters_that_were_not_fitted() -> None:
    rng = np.random.default_rng(1)
    given = rng.beta(4, 1, 8000)
    right = rng.random(8000) < given**2
    fitted, (record,) = measure_calibration(given.tolist(), right.tolist())
    assert fitted is not None
    assert record.samples == 8000
    assert record.values["ece"] < 0.03 < record.values["ece of raw probabilities"]
    assert measure_calibration([0.5] * 20, [True] * 20) == (None, ())
