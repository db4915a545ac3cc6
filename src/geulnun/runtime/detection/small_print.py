"""Small print that the coarse pass of the detector may miss: where it may be, and the scale of the fine pass."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from geulnun.core import raster
from geulnun.core.arrays import RgbImage
from geulnun.runtime.detection.find_words import FoundWord

# The row of detection/small_print.py in docs/experiments/layout.md measures these numbers together.
LARGE_PICTURE_SCALE = 0.45
"""Pictures whose coarse pass has a higher scale are not probed; an A4 page of 300 dpi is one."""

_CLOSER_FACTOR = 2.5  # from one probing scale to the next
_PROBE_PX = 640  # side of the squares that are searched at a higher scale, at that scale
_READABLE_LETTER_PX = 14.0  # height to which small print is brought: larger would cost more than it shows
_MOST_PROBES = 2
_LEAST_DETAIL = 2.0  # mean step between neighbouring pixels of a square that may hold print, in levels
_LEAST_CHARACTERS = 12  # found in the probes: fewer are no print
_LEAST_SCORE = 0.75

WordFinder = Callable[[RgbImage, float], Sequence[FoundWord]]
"""What finds words of an image ``(H, W, 3)`` at a scale."""


class _Probe(NamedTuple):
    """A square of a picture, in its pixels."""

    left: int
    top: int
    side: int


def find_print_scale(image: RgbImage, words: Sequence[FoundWord], scale: float, find_words: WordFinder) -> float:
    """The scale at which small print of a large picture can be read; the same if probing finds none.

    Args:
        image: ``(H, W, 3)`` RGB uint8.
        words: What was found at `scale`, in pixels of the image.
        scale: At which it was searched.
        find_words: Searches the probes, at higher and higher scales.
    """
    closer = scale
    while closer < 1:
        closer = min(1.0, closer * _CLOSER_FACTOR)
        found = [
            word
            for left, top, side in _choose_probes(image, words, scale, closer)
            for word in find_words(image[top : top + side, left : left + side], closer)
        ]
        letter_px = _measure_print(found)
        if letter_px is not None:
            return max(scale, min(_READABLE_LETTER_PX / letter_px, 1.0))
    return scale


def _choose_probes(image: RgbImage, words: Sequence[FoundWord], scale: float, closer: float) -> list[_Probe]:
    """The squares without words whose detail is densest, the densest first.

    Args:
        image: ``(H, W, 3)`` RGB uint8.
        words: What was found at `scale`, in pixels of the image.
        scale: Of the search that found the words.
        closer: Of the search of the squares.
    """
    height, width = image.shape[:2]
    seen = raster.to_grey(raster.resize(image, max(1, round(width * scale)), max(1, round(height * scale))))
    detail = np.abs(np.diff(seen.astype(np.int16), axis=1))
    for word in words:
        left, top, right, bottom = (max(0, round(edge * scale)) for edge in word.quad.xyxy)
        detail[top:bottom, left:right] = 0
    side = max(1, round(_PROBE_PX * scale / closer))
    rows, columns = detail.shape[0] // side, detail.shape[1] // side
    if not rows or not columns:
        return []
    squares = detail[: rows * side, : columns * side].reshape(rows, side, columns, side).mean(axis=(1, 3))
    dense = [place for place in np.argsort(-squares, axis=None).tolist() if squares.flat[place] >= _LEAST_DETAIL]
    whole = round(_PROBE_PX / closer)
    return [
        _Probe(round(place % columns * side / scale), round(place // columns * side / scale), whole)
        for place in dense[:_MOST_PROBES]
    ]


def _measure_print(words: Sequence[FoundWord]) -> float | None:
    """The usual height in pixels of the characters found in the probes; None if there is no print among them."""
    sure = [word for word in words if word.score >= _LEAST_SCORE]
    sizes = np.repeat([word.char_size_px for word in sure], [len(word.char_centers) for word in sure])
    return float(np.median(sizes)) if len(sizes) >= _LEAST_CHARACTERS else None
