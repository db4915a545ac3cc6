"""Legibility of a drawn strip: what nobody can read is no training sample."""

import numpy as np
from numpy.typing import NDArray

LEAST_CONTRAST = 28.0
"""Grey levels between letters and what is around them."""

LEAST_SEPARATION = 1.4
"""That contrast over the deviation of both: letters that grain or texture is as strong as cannot be told from it."""

_LEAST_PIXELS = 12


def is_legible(grey: NDArray[np.uint8], ink: NDArray[np.uint8], box: tuple[float, float, float, float]) -> bool:
    """Whether letters differ from what is around them, by contrast and beside the noise.

    Args:
        grey: (H, W) the strip before it is cut.
        ink: (H, W) coverage by what was drawn, before its damage.
        box: left, top, right, bottom of the line in pixels.
    """
    left, top, right, bottom = (max(0, round(edge)) for edge in box)
    # Every third column says as much as all of them.
    levels, cover = grey[top:bottom, left:right:3].astype(np.float32), ink[top:bottom, left:right:3]
    letters, around = levels[cover > 110], levels[cover < 32]
    if min(letters.size, around.size) < _LEAST_PIXELS:
        return True
    contrast = abs(float(letters.mean()) - float(around.mean()))
    spread = float(np.hypot(letters.std(), around.std()))
    return contrast >= LEAST_CONTRAST and contrast >= LEAST_SEPARATION * spread
