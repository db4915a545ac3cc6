"""Pixels of single characters as their networks want them; training imports this, so that nothing differs in reading.

Source: Melnyk, You, Li 2019: padded to a square with the paper, resized, four pixels of paper around, ink positive.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from geulnun.core import raster
from geulnun.errors import InputError
from geulnun.runtime.directmap import DIRECTIONS_PX, map_directions

BORDER_PX = 4
LEAST_SIZE_PX = 16


def prepare_char(image: NDArray[np.uint8], size_px: int = 64) -> NDArray[np.uint8]:
    """One character as ``(size_px, size_px)`` uint8 grey, centred in a square of paper.

    The picture is padded to a square with the colour of its paper (the median of its border), resized to
    ``size_px - 8`` and framed by 4 px of paper, so that proportions are kept and no stroke touches the edge.

    Args:
        image: ``(h, w)`` grey or ``(h, w, 3)`` RGB uint8, dark ink on lighter paper.
        size_px: side of the result, 16 or more.

    Raises:
        InputError: not such an image, or an empty one.
    """
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or image.shape[2:] not in ((), (3,)) or not image.size:
        raise InputError(
            f"a character of shape {image.shape} and type {image.dtype} cannot be read. Allowed are (H, W) grey and "
            "(H, W, 3) RGB of type uint8, at least one pixel. Convert the picture first."
        )
    if size_px < LEAST_SIZE_PX:
        raise InputError(f"a size of {size_px} px leaves nothing inside the border; {LEAST_SIZE_PX} px is the least.")
    grey = raster.to_grey(image)
    paper = find_paper(grey)
    height, width = grey.shape
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    square = np.full((side, side), paper, np.uint8)
    square[top : top + height, left : left + width] = grey
    framed = np.full((size_px, size_px), paper, np.uint8)
    inner = size_px - 2 * BORDER_PX
    framed[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX] = raster.resize(square, inner, inner)
    return framed


def find_paper(grey: NDArray[np.uint8]) -> int:
    """The colour of the paper: the median of the picture's outermost pixels."""
    return int(np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])))


def batch_chars(chars: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Characters as ``(N, 1, S, S)`` float32 in 0..1, ink high: (255 - x) / 255.

    Args:
        chars: ``(S, S)`` uint8 grey of one size, as `prepare_char` makes them.

    Raises:
        InputError: none, or of several sizes.
    """
    _check_batch(chars)
    stacked = np.stack(chars)[:, None]
    return np.asarray((255 - stacked).astype(np.float32) / np.float32(255), dtype=np.float32)


def batch_directions(chars: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Characters as ``(N, 8, 32, 32)`` float32, about 0..1: direction maps of grey characters of one size.

    Raises:
        InputError: none, or of several sizes.
    """
    _check_batch(chars)
    return np.stack([map_directions(char, DIRECTIONS_PX) for char in chars])


def _check_batch(chars: Sequence[NDArray[np.uint8]]) -> None:
    shapes = {char.shape for char in chars}
    if len(shapes) != 1:
        seen = ", ".join(str(shape) for shape in sorted(shapes)) or "no character at all"
        raise InputError(f"a batch needs characters of one size; this one has {seen}. Prepare each with prepare_char.")
