"""How sure shares of right answers and differences between readers are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

Z95 = 1.959963984540054
"""The 97.5 % point of the normal distribution: intervals between its two sides hold 95 %."""


class Interval(NamedTuple):
    """The ends of a 95 % confidence interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedTest:
    """Two readers on the same characters.

    Attributes:
        characters: that both have read.
        first_only: of those, right by the first reader alone.
        second_only: right by the second alone.
        p_value: two-sided, of the exact McNemar test: that chance alone parts them so far.
        difference: share right by the first less that by the second.
        interval: of the difference, 95 %.
    """

    characters: int
    first_only: int
    second_only: int
    p_value: float
    difference: float
    interval: Interval


def find_wilson_interval(right: int, total: int) -> Interval:
    """The 95 % Wilson score interval of a share; all of 0..1 where nothing was counted.

    Source: Wilson 1927.

    Raises:
        ValueError: `right` is negative or above `total`.
    """
    if not 0 <= right <= total:
        raise ValueError(f"{right} of {total} is no share; allowed is 0 to {total}.")
    if not total:
        return Interval(0.0, 1.0)
    share, spread = right / total, Z95**2 / total
    middle = (share + spread / 2) / (1 + spread)
    half = Z95 * math.sqrt(share * (1 - share) / total + spread / (4 * total)) / (1 + spread)
    # At the ends the bound is exact; rounding must not carry it past them.
    return Interval(0.0 if right == 0 else middle - half, 1.0 if right == total else middle + half)


def compare_paired(first: Sequence[bool], second: Sequence[bool]) -> PairedTest:
    """Test whether two readers differ, by the characters that only one of them reads right.

    Sources: McNemar 1947, in its exact form (a binomial test of the discordant pairs); Agresti and Min 2005 for the
    interval of the difference (Wald's with half a pair added to each of the four cells).

    Args:
        first: for each character whether the first reader was right.
        second: the same of the second reader, in the same order.

    Raises:
        ValueError: they are not of one length, or there are none.
    """
    if not first or len(first) != len(second):
        raise ValueError(f"{len(first)} and {len(second)} answers cannot be paired; both need as many, at least one.")
    count = len(first)
    first_only = sum(a and not b for a, b in zip(first, second, strict=True))
    second_only = sum(b and not a for a, b in zip(first, second, strict=True))
    lead, padded = first_only - second_only, count + 2
    half = Z95 * math.sqrt(first_only + second_only + 1 - lead**2 / padded) / padded
    return PairedTest(
        characters=count,
        first_only=first_only,
        second_only=second_only,
        p_value=find_mcnemar_p(first_only, second_only),
        difference=lead / count,
        interval=Interval(lead / padded - half, lead / padded + half),
    )


def find_mcnemar_p(first_only: int, second_only: int) -> float:
    """Two-sided p-value of the exact McNemar test, from how often one reader alone was right."""
    discordant, fewer = first_only + second_only, min(first_only, second_only)
    tail = sum(math.comb(discordant, k) for k in range(fewer + 1))
    return min(1.0, 2 * tail / (1 << discordant))


def adjust_holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for how many tests are made at once, in their order.

    Source: Holm 1979.
    """
    adjusted = [1.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted
