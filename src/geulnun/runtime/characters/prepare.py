"""Preprocessing of single characters, shared by training and reading.

Source: Melnyk, You, Li 2019: padded to a square with the paper, resized, four pixels of paper around, ink positive.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from geulnun.core import raster
from geulnun.core.arrays import find_nearest_rank
from geulnun.errors import InputError

BORDER_PX = 4
TIGHT_BORDER_PX = 1
LEAST_SIZE_PX = 16
_MEASURED_PX = 128
_BLURRED_PX = 32
_LEAST_CONTRAST = 8.0
_EDGE = 0.4
_PAPER_SHARE = 0.6
_FULL_SHARE = 0.9


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
    grey = _check_char(image, size_px)
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


def prepare_ink(image: NDArray[np.uint8], size_px: int = 32) -> NDArray[np.uint8]:
    """The ink of one character, as large as fits into ``(size_px, size_px)`` uint8, black on white.

    Ink is what differs from the paper, be it darker or lighter, at the contrast of its strongest tenth. Its box is
    found where it is dense, so that specks count for nothing, keeps its proportions, and has 1 px of white around.
    A picture without ink comes out white.

    Args:
        image: ``(h, w)`` grey or ``(h, w, 3)`` RGB uint8.
        size_px: side of the result, 16 or more.

    Raises:
        InputError: as of `prepare_char`.
    """
    grey = _check_char(image, size_px)
    longest = max(grey.shape)
    if longest > _MEASURED_PX:
        height, width = (max(1, round(side * _MEASURED_PX / longest)) for side in grey.shape)
        grey = raster.resize(grey, width, height)
    ink = cut_ink(grey)
    height, width = ink.shape
    inner = size_px - 2 * TIGHT_BORDER_PX
    scale = inner / max(height, width)
    height, width = max(1, round(height * scale)), max(1, round(width * scale))
    framed = np.full((size_px, size_px), 255, np.uint8)
    top, left = (size_px - height) // 2, (size_px - width) // 2
    framed[top : top + height, left : left + width] = 255 - raster.resize(ink, width, height)
    return framed


def cut_ink(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(h, w) the box of a grey picture's ink, from 0 where there is paper to 255 where there is ink."""
    difference = np.abs(grey.astype(np.int16) - find_paper(grey))
    dense = difference if max(grey.shape) < _BLURRED_PX else _average_around(difference)
    strongest = float(dense.max())
    if strongest < _LEAST_CONTRAST:
        return np.zeros(grey.shape, np.uint8)
    mask = dense > _EDGE * strongest
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    # Around a lone speck nearly all that is dense is blank paper.
    full = max(1, find_nearest_rank(difference[mask], _FULL_SHARE))
    return np.asarray(np.minimum(difference[box] * (255 / full), 255), dtype=np.uint8)


def _average_around(values: NDArray[np.int16]) -> NDArray[np.int16]:
    """The mean of each value and its eight neighbours; what lies outside counts as zero."""
    padded = np.pad(values, 1)
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    return np.asarray((rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) // 9, dtype=np.int16)


def find_paper(grey: NDArray[np.uint8]) -> int:
    """The colour of the paper: a value of the picture's outermost pixels, light if two fifths of them are.

    Where a letter fills its picture, about half of them are ink, and ink is dark more often than not.
    """
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    return find_nearest_rank(border, _PAPER_SHARE)


def batch_chars(chars: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Characters as ``(N, 1, S, S)`` float32 in 0..1, ink high: (255 - x) / 255.

    Args:
        chars: ``(S, S)`` uint8 grey of one size, as `prepare_char` makes them.

    Raises:
        InputError: none, or of several sizes.
    """
    check_batch(chars)
    stacked = np.stack(chars)[:, None]
    return np.asarray((255 - stacked).astype(np.float32) / np.float32(255), dtype=np.float32)


def _check_char(image: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
    """The picture in grey."""
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or image.shape[2:] not in ((), (3,)) or not image.size:
        raise InputError(
            f"a character of shape {image.shape} and type {image.dtype} cannot be read. Allowed are (H, W) grey and "
            "(H, W, 3) RGB of type uint8, at least one pixel. Convert the picture first."
        )
    if size_px < LEAST_SIZE_PX:
        raise InputError(f"a size of {size_px} px leaves nothing inside the border; {LEAST_SIZE_PX} px is the least.")
    return raster.to_grey(image)


def check_batch(chars: Sequence[NDArray[np.uint8]]) -> None:
    """Check that characters may be stacked.

    Raises:
        InputError: none, or of several sizes.
    """
    shapes = {char.shape for char in chars}
    if len(shapes) != 1:
        seen = ", ".join(str(shape) for shape in sorted(shapes)) or "no character at all"
        raise InputError(f"a batch needs characters of one size; this one has {seen}. Prepare each with prepare_char.")
