"""Preprocessing of pages for the detector, shared by training and reading."""

import numpy as np
from numpy.typing import NDArray

from geulnun.core import raster

PAGE_MULTIPLE_PX = 32


def prepare_page(image: NDArray[np.uint8], scale: float = 1.0) -> NDArray[np.float32]:
    """A page as ``(1, 3, H, W)`` float32 in -1..1, H and W padded to multiples of 32.

    The padding repeats the last row and column: a hard edge of another colour would look like a rule.

    Args:
        image: ``(h, w, 3)`` RGB uint8.
        scale: Size of the network's picture over the image's; a map pixel covers ``2 / scale`` image pixels.
    """
    scaled = _resize(image, scale)
    height, width = scaled.shape[:2]
    below = _round_up(height, PAGE_MULTIPLE_PX) - height
    right = _round_up(width, PAGE_MULTIPLE_PX) - width
    channels = np.ascontiguousarray(scaled.transpose(2, 0, 1))
    if below or right:
        channels = np.pad(channels, ((0, 0), (0, below), (0, right)), mode="edge")
    return raster.to_signed(channels[None])


def _resize(image: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    if scale == 1.0:
        return image
    return raster.resize(image, max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple
