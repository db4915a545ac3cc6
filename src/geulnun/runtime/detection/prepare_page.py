"""Pixels as the two networks want them. Training imports this, so that reading sees what was learned."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geulnun.core import raster

STRIP_HEIGHT_PX = 32
MIN_STRIP_WIDTH_PX = 16
STRIP_WIDTH_MULTIPLE_PX = 8
PAGE_MULTIPLE_PX = 32


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
    width = _round_up(widest, STRIP_WIDTH_MULTIPLE_PX)
    batch = np.zeros((len(strips), 1, height, width), np.float32)
    for row, strip in zip(batch, strips, strict=True):
        row[0, :, : strip.shape[1]] = _normalise(strip)
    return batch


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
    return _normalise(channels[None])


def _resize(image: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    if scale == 1.0:
        return image
    return raster.resize(image, max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))


def _normalise(pixels: NDArray[Any]) -> NDArray[np.float32]:
    result: NDArray[np.float32] = np.divide(pixels, np.float32(127.5), dtype=np.float32)
    result -= np.float32(1.0)
    return result


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple
