"""Ink that fades, and dead lines."""

from dataclasses import dataclass

import numpy as np

from geulnun.core.arrays import Pixels
from geulnun.core.random_streams import open_rng
from geulnun.synth.effects.effect import Conditions, Effect
from geulnun.synth.effects.ink.breaks import Breaks


@dataclass(frozen=True, slots=True, kw_only=True)
class Fading:
    """Ink that fades along one axis, as heat printers and dry ribbons leave it.

    Attributes:
        strength: greatest share of ink lost, 0..1.
        cell_ratio: length of the waves, in heights of the picture.
        lines: dead lines that run through all letters.
        along: whether the waves follow the line of text; across it, otherwise.
        seed: of the waves.
    """

    strength: float
    cell_ratio: float
    lines: int
    along: bool
    seed: int


def draw_fading(rng: np.random.Generator) -> Fading:
    """Slight to half gone, every third with a dead line or two."""
    return Fading(
        strength=float(rng.uniform(0.15, 0.6)),
        cell_ratio=float(rng.uniform(0.1, 2.5)),
        lines=int(rng.integers(1, 3)) if rng.random() < 0.3 else 0,
        along=bool(rng.random() < 0.6),
        seed=int(rng.integers(2**31)),
    )


def apply_fading(ink: Pixels, fading: Fading) -> Pixels:
    """Ink with waves of it gone, and with dead lines."""
    height, width = ink.shape
    rng = open_rng(fading.seed, stream="effects.fading")
    length = width if fading.along else height
    knots = max(2, int(length / max(2.0, fading.cell_ratio * height)) + 2)
    waves = np.interp(np.linspace(0, knots - 1, length), np.arange(knots), rng.random(knots))
    kept = (1 - fading.strength * waves).astype(np.float32)
    share = np.broadcast_to(kept[None, :] if fading.along else kept[:, None], ink.shape).copy()
    for _ in range(fading.lines):
        if height > 12:
            share[int(rng.integers(2, height - 2))] *= 0.25
    return np.asarray(ink * share, dtype=np.uint8)


def _draw(rng: np.random.Generator, where: Conditions) -> Fading | None:
    return None if where.drawn.find(Breaks) else draw_fading(rng)


EFFECT = Effect(parameters=Fading, draw=_draw, apply=apply_fading, shares={"scan": 0.15})
