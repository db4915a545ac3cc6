"""Black and white, as fax and old scanners deliver it."""

from dataclasses import dataclass

import cv2
import numpy as np

from geulnun.core.arrays import Pixels
from geulnun.synth.effects.effect import Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """Black and white at `level` (0..1) between ink and paper as they are met; `local` adapts to lighting."""

    level: float
    local: bool


def draw_threshold(rng: np.random.Generator, *, inverted: bool = False) -> Threshold:
    """Nearer the paper than the ink, so that thin strokes are kept; one in five adaptive (`inverted`: light ink)."""
    level = float(np.clip(rng.normal(0.6, 0.07), 0.4, 0.75))
    return Threshold(level=1 - level if inverted else level, local=not inverted and bool(rng.random() < 0.2))


def apply_threshold(image: Pixels, threshold: Threshold) -> Pixels:
    """The picture in pure black and white, as fax and old scanners deliver it."""
    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    if threshold.local:
        side = max(15, int(min(grey.shape) * 0.8)) | 1
        offset = 6 + 30 * (threshold.level - 0.4)
        result = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, side, offset)
    else:
        # Not the extremes: a blurred thin stroke is far from them, and specks are not ink.
        low, high = np.percentile(grey, (4, 96))
        result = cv2.threshold(grey, float(low + (high - low) * threshold.level), 255, cv2.THRESH_BINARY)[1]
    if image.ndim == 3:
        result = cv2.cvtColor(result, cv2.COLOR_GRAY2RGB)
    return np.asarray(result, dtype=np.uint8)


EFFECT = Effect(
    parameters=Threshold,
    draw=lambda rng, where: draw_threshold(rng, inverted=where.inverted),
    apply=apply_threshold,
    shares={"scan": 0.22},
)
