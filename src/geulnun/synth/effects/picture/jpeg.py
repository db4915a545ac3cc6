"""JPEG compression."""

from dataclasses import dataclass

import cv2
import numpy as np

from geulnun.core.arrays import Pixels
from geulnun.synth.effects.effect import Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Jpeg:
    """JPEG compression at a `quality` of 1..100."""

    quality: int


def draw_jpeg(rng: np.random.Generator) -> Jpeg:
    """A quality of 27..95; most pictures are saved well."""
    return Jpeg(quality=int(95 - 68 * rng.random() ** 1.8))


def apply_jpeg(image: Pixels, jpeg: Jpeg) -> Pixels:
    """The picture after compression."""
    coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, jpeg.quality])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_UNCHANGED), dtype=np.uint8)


EFFECT = Effect(
    parameters=Jpeg,
    draw=lambda rng, where: draw_jpeg(rng),
    apply=apply_jpeg,
    shares={"clean": 0.15, "scan": 0.4, "screen": 0.75, "photo": 0.75, "caption": 0.75},
)
