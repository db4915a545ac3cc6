"""Calibration of confidences: the network's probability -> the probability of being right."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_EDGE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A line through log-odds: ``odds = scale * given + offset``; a scale of 1 / T is a temperature T.

    Attributes:
        scale: positive, so that surer characters stay surer.
        offset: in log-odds.

    Raises:
        ValueError: the scale is not positive.

    Source: Platt 1999.
    """

    scale: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        if not self.scale > 0:
            raise ValueError(f"the scale of a calibration is {self.scale!r}; it must be positive.")

    def apply(self, probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
        """Calibrated probabilities, of the same shape."""
        odds = self.scale * find_log_odds(probabilities) + self.offset
        return np.asarray(1 / (1 + np.exp(-odds)))


def find_log_odds(probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """Log-odds of probabilities, kept finite."""
    kept = np.clip(np.asarray(probabilities, np.float64), _EDGE, 1 - _EDGE)
    return np.asarray(np.log(kept / (1 - kept)))
