"""Unsharp masking."""

from dataclasses import dataclass

import cv2
import numpy as np

from geulnun.core.arrays import Pixels
from geulnun.synth.effects.effect import Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharpening:
    """Unsharp masking, as phones and scanners do: `amount` 0 = none, 1 = strong halos."""

    amount: float


def draw_sharpening(rng: np.random.Generator) -> Sharpening:
    """From slight to strong."""
    return Sharpening(amount=float(rng.uniform(0.2, 1.0)))


def apply_sharpening(image: Pixels, sharpening: Sharpening) -> Pixels:
    """The picture with unsharp masking."""
    soft = cv2.GaussianBlur(image, (0, 0), 1.0)
    return np.asarray(cv2.addWeighted(image, 1 + sharpening.amount, soft, -sharpening.amount, 0), dtype=np.uint8)


EFFECT = Effect(
    parameters=Sharpening,
    draw=lambda rng, where: draw_sharpening(rng),
    apply=apply_sharpening,
    shares={"screen": 0.12, "photo": 0.12, "caption": 0.12},
)
