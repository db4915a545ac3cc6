"""Small print that the coarse pass of the detector may miss: where it may be, and the scale of the fine pass."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geulnun.core import raster
from geulnun.runtime.detection.find_words import FoundWord

# The row of detection/small_print.py in docs/experiments/layout.md measures these numbers together.
LARGE_PICTURE_SCALE = 0.45
"""Pictures first looked at larger than this are not probed; an A4 page of 300 dpi is one."""

CLOSER_FACTOR = 2.5
"""From one probing scale to the next."""

PROBE_PX = 640
"""Side of the squares that are looked at closer, at that scale."""

READABLE_LETTER_PX = 14.0
"""Height to which small print is brought: larger would cost more than it shows."""

_MOST_PROBES = 2
_LEAST_DETAIL = 2.0  # mean step between neighbouring pixels of a square that may hold print, in levels
_LEAST_CHARACTERS = 12  # found in the probes: fewer are no print
_LEAST_SCORE = 0.75


class Probe(NamedTuple):
    """A square of a picture, in its pixels."""

    left: int
    top: int
    side: int


def choose_probes(image: NDArray[np.uint8], words: Sequence[FoundWord], scale: float, closer: float) -> list[Probe]:
    """The squares without words whose detail is densest, the densest first.

    Args:
        image: ``(H, W, 3)`` RGB uint8.
        words: What was found at `scale`, in pixels of the image.
        scale: At which it was looked at.
        closer: At which the squares will be.
    """
    height, width = image.shape[:2]
    seen = raster.to_grey(raster.resize(image, max(1, round(width * scale)), max(1, round(height * scale))))
    detail = np.abs(np.diff(seen.astype(np.int16), axis=1))
    for word in words:
        left, top, right, bottom = (max(0, round(edge * scale)) for edge in word.quad.xyxy)
        detail[top:bottom, left:right] = 0
    side = max(1, round(PROBE_PX * scale / closer))
    rows, columns = detail.shape[0] // side, detail.shape[1] // side
    if not rows or not columns:
        return []
    squares = detail[: rows * side, : columns * side].reshape(rows, side, columns, side).mean(axis=(1, 3))
    dense = [place for place in np.argsort(-squares, axis=None).tolist() if squares.flat[place] >= _LEAST_DETAIL]
    whole = round(PROBE_PX / closer)
    return [
        Probe(round(place % columns * side / scale), round(place // columns * side / scale), whole)
        for place in dense[:_MOST_PROBES]
    ]


def measure_print(words: Sequence[FoundWord]) -> float | None:
    """The usual height in pixels of the characters found in the probes; None if there is no print among them."""
    sure = [word for word in words if word.score >= _LEAST_SCORE]
    sizes = np.repeat([word.char_size_px for word in sure], [len(word.char_centers) for word in sure])
    return float(np.median(sizes)) if len(sizes) >= _LEAST_CHARACTERS else None
