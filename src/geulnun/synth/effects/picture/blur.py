"""Unsharp and shaken pictures."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from geulnun.core.arrays import Pixels
from geulnun.synth.effects.effect import Conditions, Effect
from geulnun.synth.effects.picture.resample import Resample


@dataclass(frozen=True, slots=True, kw_only=True)
class Blur:
    """Unsharpness: a Gaussian of `sigma_px`, or for motion a line of `length_px` at `angle_deg`."""

    kind: Literal["gaussian", "motion"] = "gaussian"
    sigma_px: float = 0.0
    length_px: float = 0.0
    angle_deg: float = 0.0


def draw_blur(rng: np.random.Generator, letter_px: float, strength: float = 1.0) -> Blur:
    """Blur that letters of this height survive; mostly slight."""
    if rng.random() < 0.15:
        length = float(rng.uniform(0.03, 0.11) * letter_px * strength)
        return Blur(kind="motion", length_px=length, angle_deg=float(rng.uniform(0, 180)))
    return Blur(sigma_px=float(min(abs(rng.normal(0, 0.026)), 0.052) * letter_px * strength))


def apply_blur(image: Pixels, blur: Blur) -> Pixels:
    """The picture out of focus or shaken."""
    if blur.kind == "motion":
        if blur.length_px < 1.2:
            return image
        return np.asarray(cv2.filter2D(image, -1, _motion_kernel(blur.length_px, blur.angle_deg)), dtype=np.uint8)
    if blur.sigma_px < 0.2:
        return image
    return np.asarray(cv2.GaussianBlur(image, (0, 0), blur.sigma_px), dtype=np.uint8)


def _motion_kernel(length_px: float, angle_deg: float) -> NDArray[np.float32]:
    side = int(np.ceil(length_px)) | 1
    kernel = np.zeros((side, side), np.float32)
    middle = side // 2
    dx, dy = np.cos(np.radians(angle_deg)) * middle, np.sin(np.radians(angle_deg)) * middle
    start = (round(middle - dx), round(middle - dy))
    cv2.line(kernel, start, (round(middle + dx), round(middle + dy)), 1.0, 1)
    return np.asarray(kernel / kernel.sum(), dtype=np.float32)


_STRENGTHS = {"scan": 1.1, "photo": 1.25, "caption": 1.25, "screen": 0.8, "clean": 0.5}


def _draw(rng: np.random.Generator, where: Conditions) -> Blur:
    """Half as strong where the picture is scaled down besides."""
    resample = where.drawn.find(Resample)
    calm = 0.5 if resample is not None and resample.ratio < 0.7 else 1.0
    return draw_blur(rng, where.letter_px, _STRENGTHS[where.scene] * calm)


EFFECT = Effect(
    parameters=Blur,
    draw=_draw,
    apply=apply_blur,
    shares={"scan": 0.6, "screen": 0.3, "photo": 0.7, "caption": 0.7},
)
