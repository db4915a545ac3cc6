"""Cheap draws from sequences: `Generator.choice` costs ten times as much as these."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")


def draw_one(rng: np.random.Generator, items: Sequence[Item]) -> Item:
    """One of the items, each equally likely."""
    return items[int(rng.random() * len(items))]


def draw_between(rng: np.random.Generator, low: int, high: int) -> int:
    """A whole number from low to high, both included."""
    return low + int(rng.random() * (high - low + 1))


def draw_chance(rng: np.random.Generator, probability: float) -> bool:
    """True with the given probability."""
    return bool(rng.random() < probability)


def draw_digits(rng: np.random.Generator, count: int) -> str:
    """A string of that many decimal digits; leading zeros are possible."""
    return str(int(rng.random() * 10**count)).zfill(count)


def draw_several(rng: np.random.Generator, items: Sequence[Item], count: int) -> list[Item]:
    """That many different items in drawn order (fewer when there are not as many).

    Two equal entries of `items` count as different.
    """
    left = list(items)
    taken: list[Item] = []
    while left and len(taken) < count:
        taken.append(left.pop(int(rng.random() * len(left))))
    return taken
