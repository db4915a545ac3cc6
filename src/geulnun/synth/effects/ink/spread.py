"""Ink that runs or thins."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from geulnun.core.arrays import Pixels
from geulnun.synth.effects.effect import Conditions, Effect
from geulnun.synth.effects.ink.dots import Dots

_SPREADING = {
    "all": cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)),
    "sides": cv2.getStructuringElement(cv2.MORPH_RECT, (3, 1)),
    "ends": cv2.getStructuringElement(cv2.MORPH_RECT, (1, 3)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Ink that runs (positive) or thins (negative).

    Attributes:
        amount_px: how far an edge moves, about -0.8..1.5.
        towards: the way it runs: every way, sideways, or up and down, as a scanner's slide drags it.
    """

    amount_px: float
    towards: Literal["all", "sides", "ends"] = "all"


def draw_spread(rng: np.random.Generator, letter_px: float) -> Spread:
    """Spread that letters of this height survive."""
    reach = letter_px * 0.024
    return Spread(amount_px=float(np.clip(rng.normal(0, reach), -0.7 * reach, 1.8 * reach)))


def apply_spread(ink: Pixels, spread: Spread) -> Pixels:
    """Ink with its edges moved; fractions of a pixel blend two whole steps."""
    amount = abs(spread.amount_px)
    if amount < 0.05:
        return ink
    step = cv2.dilate if spread.amount_px > 0 else cv2.erode
    kernel = _SPREADING[spread.towards]
    for _ in range(int(amount)):
        ink = np.asarray(step(ink, kernel), dtype=np.uint8)
    rest = amount - int(amount)
    if rest < 0.05:
        return ink
    return np.asarray(cv2.addWeighted(ink, 1 - rest, step(ink, kernel), rest, 0), dtype=np.uint8)


def _draw(rng: np.random.Generator, where: Conditions) -> Spread | None:
    return None if where.drawn.find(Dots) else draw_spread(rng, where.letter_px)


EFFECT = Effect(
    parameters=Spread,
    draw=_draw,
    apply=apply_spread,
    shares={"clean": 0.1, "scan": 0.6, "screen": 0.15, "photo": 0.15, "caption": 0.15},
)
