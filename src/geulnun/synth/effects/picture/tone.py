"""Contrast, brightness and gamma."""

from dataclasses import dataclass

import cv2
import numpy as np

from geulnun.core.arrays import Pixels
from geulnun.synth.effects.effect import Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone:
    """Contrast about mid grey, brightness in grey levels, gamma."""

    contrast: float = 1.0
    brightness: float = 0.0
    gamma: float = 1.0


def draw_tone(rng: np.random.Generator) -> Tone:
    """Slight changes, as between cameras and screens."""
    return Tone(
        contrast=float(rng.uniform(0.75, 1.25)),
        brightness=float(rng.uniform(-18, 18)),
        gamma=float(np.exp(rng.normal(0, 0.15))),
    )


def apply_tone(image: Pixels, tone: Tone) -> Pixels:
    """The picture through one curve for all its values."""
    levels = np.linspace(0, 1, 256) ** tone.gamma * 255
    curve = np.clip((levels - 127.5) * tone.contrast + 127.5 + tone.brightness, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(image, curve), dtype=np.uint8)


EFFECT = Effect(
    parameters=Tone,
    draw=lambda rng, where: draw_tone(rng),
    apply=apply_tone,
    shares={"screen": 0.3, "photo": 0.3, "caption": 0.3},
)
