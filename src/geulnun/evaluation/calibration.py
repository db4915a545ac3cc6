"""Calibration: the share of right characters at each level of confidence."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """The characters whose confidence lies in [low, high).

    Attributes:
        low: from.
        high: below; the last bin holds 1 too.
        count: of characters.
        confidence: their mean.
        accuracy: the share of them that is right.
    """

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """A reliability plot and its summary; `error` is the expected calibration error, 0..1."""

    bins: tuple[ReliabilityBin, ...]
    error: float

    def format(self) -> str:
        """The plot as a table in Markdown."""
        rows = [
            f"| {each.low:.2f}-{each.high:.2f} | {each.count:,} | {each.confidence:.3f} | {each.accuracy:.3f} |"
            for each in self.bins
            if each.count
        ]
        head = ["| confidence | characters | mean confidence | right |", "|---|---:|---:|---:|"]
        return "\n".join([*head, *rows, "", f"Expected calibration error: {self.error:.4f}"])


def mark_right(read: str, truth: str) -> list[bool]:
    """For each character of `read`, whether an alignment with the truth of fewest edits finds it right."""
    right = [False] * len(read)
    for block in Levenshtein.opcodes(read, truth):
        if block.tag == "equal":
            right[block.src_start : block.src_end] = [True] * (block.src_end - block.src_start)
    return right


def measure_reliability(
    confidences: Sequence[float] | NDArray[np.floating], right: Sequence[bool] | NDArray[np.bool_], *, bins: int = 15
) -> Reliability:
    """Reliability of confidences in bins of equal width; `error` is the expected calibration error.

    Source: Guo et al. 2017 (On calibration of modern neural networks).
    """
    given, true = np.asarray(confidences, np.float64), np.asarray(right, np.float64)
    place = np.clip((given * bins).astype(np.int64), 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    filled = np.maximum(counts, 1)
    means = np.bincount(place, given, bins) / filled
    shares = np.bincount(place, true, bins) / filled
    error = float((counts * np.abs(means - shares)).sum() / max(1, counts.sum()))
    listed = tuple(
        ReliabilityBin(
            low=k / bins,
            high=(k + 1) / bins,
            count=int(counts[k]),
            confidence=float(means[k]),
            accuracy=float(shares[k]),
        )
        for k in range(bins)
    )
    return Reliability(bins=listed, error=error)
