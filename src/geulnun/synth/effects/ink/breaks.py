"""Ink lost in blots."""

from dataclasses import dataclass

import cv2
import numpy as np

from geulnun.core.arrays import Pixels
from geulnun.synth.effects.effect import Conditions, Effect
from geulnun.synth.effects.normal_noise import find_normal_quantile, read_noise_tile
from geulnun.synth.effects.picture.threshold import Threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaks:
    """Ink lost in blots of about `cell_px`: `share` of the area, `strength` of the ink there (0..1)."""

    cell_px: float
    share: float
    strength: float
    seed: int


def draw_breaks(rng: np.random.Generator, letter_px: float) -> Breaks:
    """From worn print to dotted strokes; the larger the blots the fewer of them."""
    cell_ratio = float(rng.uniform(0.03, 0.13))
    return Breaks(
        cell_px=max(1.0, cell_ratio * letter_px),
        share=float(rng.uniform(0.03, 0.22 - cell_ratio)),
        strength=float(rng.uniform(0.35, 0.9)),
        seed=int(rng.integers(2**31)),
    )


def apply_breaks(ink: Pixels, breaks: Breaks) -> Pixels:
    """Ink with blots missing."""
    height, width = ink.shape
    rows, columns = (max(2, int(side / breaks.cell_px) + 2) for side in (height, width))
    coarse = read_noise_tile(breaks.seed, rows, columns)
    threshold = find_normal_quantile(breaks.share)
    field = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    # A smooth step, so that the edges of the blots are not harder than the strokes.
    kept = np.clip((field - threshold) * 2.5 + 0.5, 1 - breaks.strength, 1)
    return np.asarray(ink * kept, dtype=np.uint8)


def _draw(rng: np.random.Generator, where: Conditions) -> Breaks | None:
    """None for most of what becomes black and white, which would lose whole strokes."""
    if where.drawn.find(Threshold) and rng.random() < 0.7:
        return None
    return draw_breaks(rng, where.letter_px)


EFFECT = Effect(parameters=Breaks, draw=_draw, apply=apply_breaks, shares={"scan": 0.25, "photo": 0.1})
