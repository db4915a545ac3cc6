"""Grain and specks."""

from dataclasses import dataclass

import cv2
import numpy as np

from geulnun.core.arrays import Pixels
from geulnun.synth.effects.effect import Conditions, Effect
from geulnun.synth.effects.normal_noise import find_normal_quantile, read_noise_tile
from geulnun.synth.effects.picture.threshold import Threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """Grain: Gaussian of `sigma` grey levels, smoothed to `grain_px`, and `specks` (share of pixels black or white)."""

    sigma: float
    grain_px: float
    specks: float
    seed: int


def draw_noise(rng: np.random.Generator, sigma_max: float) -> Noise:
    """Mostly fine grain; specks of dust in one out of six."""
    return Noise(
        sigma=float(sigma_max * rng.random() ** 1.5),
        grain_px=float(rng.choice([0.0, 0.0, 0.6, 1.0])),
        specks=float(rng.uniform(0.0005, 0.012)) if rng.random() < 1 / 6 else 0.0,
        seed=int(rng.integers(2**31)),
    )


def apply_noise(image: Pixels, noise: Noise) -> Pixels:
    """The picture with grain and specks; colour planes share their grain."""
    height, width = image.shape[:2]
    result = image
    if noise.sigma >= 0.5:
        grain = read_noise_tile(noise.seed, height, width)
        if noise.grain_px > 0.3:
            # Smoothing takes contrast from the grain; the factor gives it back.
            grain = cv2.GaussianBlur(grain, (0, 0), noise.grain_px) * np.float32(2 * noise.grain_px + 0.6)
        plane = grain * np.float32(noise.sigma)
        result = np.clip(result + (plane if image.ndim == 2 else plane[..., None]), 0, 255).astype(np.uint8)
    if noise.specks:
        field = read_noise_tile(noise.seed ^ 0x5BD1E995, height, width)
        limit = -find_normal_quantile(noise.specks / 2)
        result = result.copy()
        result[field > limit] = 255
        result[field < -limit] = 0
    return result


def _draw(rng: np.random.Generator, where: Conditions) -> Noise:
    """A trace of it on clean pictures, and less where grain would become black and white specks."""
    most = 4.0 if where.scene == "clean" else where.most_grain
    return draw_noise(rng, most * (0.5 if where.drawn.find(Threshold) else 1.0))


EFFECT = Effect(
    parameters=Noise,
    draw=_draw,
    apply=apply_noise,
    shares={"clean": 0.3, "scan": 0.7, "screen": 0.2, "photo": 0.6, "caption": 0.6},
)
