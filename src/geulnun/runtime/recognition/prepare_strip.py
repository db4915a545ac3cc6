"""Preprocessing of strips for the recogniser, shared by training and reading."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from geulnun.core import raster

STRIP_HEIGHT_PX = 32
MIN_STRIP_WIDTH_PX = 16
STRIP_WIDTH_MULTIPLE_PX = 8


def prepare_strip(strip: NDArray[np.uint8], height_px: int = STRIP_HEIGHT_PX) -> NDArray[np.uint8]:
    """One line as ``(height_px, w)`` uint8 grey, its width kept in proportion (16 px at least).

    Args:
        strip: ``(h, w)`` grey or ``(h, w, 3)`` RGB uint8 image of one line, upright.
        height_px: Height of the result.
    """
    grey = raster.to_grey(strip)
    height, width = grey.shape
    target_width = max(MIN_STRIP_WIDTH_PX, round(width * height_px / height))
    return np.ascontiguousarray(raster.resize(grey, target_width, height_px))


def batch_strips(strips: Sequence[NDArray[np.uint8]], *, width_px: int = 0) -> NDArray[np.float32]:
    """Strips as ``(N, 1, H, W)`` float32 in -1..1, padded on the right with 0 (mid grey).

    Args:
        strips: ``(H, w)`` uint8 grey strips of one height, as `prepare_strip` makes them.
        width_px: W is at least this; it is always at least the widest strip and a multiple of 8.
    """
    height = strips[0].shape[0]
    widest = max(width_px, *(strip.shape[1] for strip in strips))
    width = -(-widest // STRIP_WIDTH_MULTIPLE_PX) * STRIP_WIDTH_MULTIPLE_PX
    batch = np.zeros((len(strips), 1, height, width), np.float32)
    for row, strip in zip(batch, strips, strict=True):
        row[0, :, : strip.shape[1]] = raster.to_signed(strip)
    return batch
