"""Dead dots of a print head: thin upright lines without ink through all rows."""

from dataclasses import dataclass

import numpy as np

from geulnun.core.arrays import Pixels
from geulnun.synth.effects.effect import Conditions, Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadColumns:
    """Columns without ink.

    Attributes:
        places: where they are, over the width, 0..1.
        share: of the ink that is lost there, 0..1.
        width_px: of each.
    """

    places: tuple[float, ...]
    share: float
    width_px: int


def draw_dead_columns(rng: np.random.Generator, conditions: Conditions) -> DeadColumns:
    """One to four of them, one pixel wide beside letters of less than 30 px."""
    return DeadColumns(
        places=tuple(rng.random(int(rng.integers(1, 5))).tolist()),
        share=float(rng.uniform(0.5, 1.0)),
        width_px=max(1, round(conditions.letter_px / 30)),
    )


def apply_dead_columns(ink: Pixels, dead: DeadColumns) -> Pixels:
    """The ink without those columns."""
    result = ink.copy()
    for place in dead.places:
        left = int(place * ink.shape[1])
        columns = result[:, left : left + dead.width_px]
        columns[...] = columns * (1 - dead.share)
    return result


EFFECT = Effect(
    parameters=DeadColumns, draw=draw_dead_columns, apply=apply_dead_columns, shares={"scan": 0.05, "clean": 0.005}
)
