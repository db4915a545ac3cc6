"""Strips of any width -> strips of one size."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from geulnun.core import raster


class FittedStrip(NamedTuple):
    """A strip of the network's size.

    Attributes:
        image: (H, W) uint8 grey.
        used_px: columns of it that show the strip; the others repeat its last one.
    """

    image: NDArray[np.uint8]
    used_px: int


def fit_strip(strip: NDArray[np.uint8], height_px: int, width_px: int, *, keep_ratio: bool) -> FittedStrip:
    """The strip resized to `height_px` x `width_px`, bicubic.

    Args:
        strip: (h, w) grey or (h, w, 3) RGB uint8 image of one line, upright.
        height_px: of the result.
        width_px: of the result.
        keep_ratio: whether proportions are kept where that leaves room on the right, which the last column fills;
            else the strip is stretched or squeezed to the whole width.

    Source: clovaai/deep-text-recognition-benchmark, `ResizeNormalize` and, with `--PAD`, `NormalizePAD`.
    """
    grey = raster.to_grey(strip)
    height, width = grey.shape
    used = min(width_px, max(1, -(-width * height_px // height))) if keep_ratio else width_px
    resized = np.asarray(Image.fromarray(grey).resize((used, height_px), Image.Resampling.BICUBIC))
    return FittedStrip(np.pad(resized, ((0, 0), (0, width_px - used)), mode="edge"), used)


def batch_fitted(strips: Sequence[FittedStrip]) -> NDArray[np.float32]:
    """Fitted strips as (N, 1, H, W) float32 in -1..1."""
    return np.ascontiguousarray(raster.to_signed(np.stack([strip.image for strip in strips]))[:, None], np.float32)
