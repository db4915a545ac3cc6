"""Detail lost by scaling down and up again."""

from dataclasses import dataclass

import cv2
import numpy as np

from geulnun.core.arrays import Pixels
from geulnun.synth.effects.effect import Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Resample:
    """A detour through a smaller picture: `ratio` of the size (0..1), and the way back up."""

    ratio: float
    sharp: bool = False


def draw_resample(rng: np.random.Generator, letter_px: float) -> Resample:
    """Shrinks so far that letters keep at least 11 pixels."""
    least = min(1.0, 11.0 / letter_px)
    return Resample(ratio=float(rng.uniform(max(least, 0.35), 1.0)), sharp=bool(rng.random() < 0.4))


def apply_resample(image: Pixels, resample: Resample) -> Pixels:
    """The picture made small and large again: the same size, fine detail gone."""
    if resample.ratio > 0.97:
        return image
    height, width = image.shape[:2]
    size = max(2, round(width * resample.ratio)), max(2, round(height * resample.ratio))
    small = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR if resample.sharp else cv2.INTER_AREA)
    back = cv2.INTER_CUBIC if resample.sharp else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(small, (width, height), interpolation=back), dtype=np.uint8)


EFFECT = Effect(
    parameters=Resample,
    draw=lambda rng, where: draw_resample(rng, where.letter_px),
    apply=apply_resample,
    shares={"clean": 0.08, "scan": 0.15, "screen": 0.4, "photo": 0.4, "caption": 0.4},
)
