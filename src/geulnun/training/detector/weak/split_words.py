"""A word's box to boxes of its characters, by what a network sees in it, and how far to trust them.

Source: Baek et al. 2019 (CRAFT), section 3.2; rules and numbers as in JaidedAI/EasyOCR `trainer/craft`.
"""

import heapq
from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from geulnun.core.arrays import Floats, RgbImage
from geulnun.core.geometry import transform_points
from geulnun.runtime.detection.find_words import CELL_PX
from geulnun.runtime.detection.prepare_page import prepare_page
from geulnun.synth.pages.distort import warp_image

RegionFinder = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""A network's input (1, 3, H, W) of -1..1 to its region map (H / 2, W / 2)."""

CROP_PX = 128
_FOREGROUND, _BACKGROUND = 0.75, 0.05
_LEAST_TRUSTED = 0.5
_TALL, _TALLISH, _STACKED = 2.0, 1.6, 2.4


class SplitWord(NamedTuple):
    """A word with the characters found in it.

    Attributes:
        quad: (4, 2) of the word.
        chars: (K, 4, 2) of its characters in reading order.
        confidence: 0..1 that they are right; 0 where its text is not known.
    """

    quad: Floats
    chars: Floats
    confidence: float


def split_word(image: RgbImage, quad: Floats, text: str, find_region: RegionFinder) -> SplitWord:
    """The characters of a word in a picture (H, W, 3).

    Args:
        image: the whole picture.
        quad: (4, 2) of the word in its pixels, clockwise from the text's own top left.
        text: what is written; white space counts for none.
        find_region: what the network sees in the word, cut out and brought to a height of 128 px.
    """
    count = len("".join(text.split()))
    if not count:
        return SplitWord(quad, np.zeros((0, 4, 2)), 0.0)
    wide = max(1.0, float(np.linalg.norm(quad[1] - quad[0])), float(np.linalg.norm(quad[2] - quad[3])))
    high = max(1.0, float(np.linalg.norm(quad[3] - quad[0])), float(np.linalg.norm(quad[2] - quad[1])))
    stacked = is_stacked(wide, high, count)
    length, thickness = (high, wide) if stacked else (wide, high)
    size = max(1, round(length * CROP_PX / thickness)), CROP_PX
    matrix = find_matrix(quad, size, stacked)
    crop = _cut_word(image, quad, (max(1, round(length)), max(1, round(thickness))), stacked, size)
    region = find_region(prepare_page(crop))[: CROP_PX // CELL_PX, : -(-size[0] // CELL_PX)]
    confidence = measure_confidence(count, count_peaks(region))
    if confidence > _LEAST_TRUSTED:
        boxes = np.minimum(find_boxes(region) * CELL_PX, (*size, *size))
        boxes = boxes[np.argsort(boxes[:, 0], kind="stable")]
    else:
        boxes, confidence = slice_evenly(text, size), _LEAST_TRUSTED
    chars = _to_corners(boxes)
    if stacked:
        chars = np.roll(chars, 1, axis=1)
    moved = transform_points(chars.reshape(-1, 2), np.linalg.inv(matrix)).reshape(-1, 4, 2)
    return SplitWord(quad, np.clip(moved, 0, image.shape[1::-1]), confidence)


def is_stacked(wide: float, high: float, count: int) -> bool:
    """Whether a word of so many characters runs downwards; a single character never does.

    The shares are those that EasyOCR's trainer set for ICDAR 2015. There a narrow character such as "1" is laid on its
    side as well, by the first rule; here it is left upright.
    """
    if count < 2:
        return False
    stretch = high / wide
    return stretch > _TALL or (stretch > _TALLISH and min(high, wide) * count / max(high, wide) > _STACKED)


def find_matrix(quad: Floats, size: tuple[int, int], stacked: bool) -> Floats:
    """The homography from the picture to the cut-out word; a stacked word is laid with its top to the left."""
    corners = np.array([(0, 0), (size[0], 0), size, (0, size[1])], np.float32)
    target = np.roll(corners, 1, axis=0) if stacked else corners
    return np.asarray(cv2.getPerspectiveTransform(quad.astype(np.float32), target), np.float64)


def _cut_word(image: RgbImage, quad: Floats, at: tuple[int, int], stacked: bool, size: tuple[int, int]) -> RgbImage:
    """The word cut out at its own size `at`, then resized: a warp alone would leave out pixels of large letters."""
    cut = warp_image(image, find_matrix(quad, at, stacked), *at)
    method = cv2.INTER_AREA if at[1] > size[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(cut, size, interpolation=method), np.uint8)


def count_peaks(region: NDArray[np.float32]) -> int:
    """The number of boxes that `find_boxes` finds, without the work of finding them."""
    return _find_peaks(_to_levels(region))[0]


def find_boxes(region: NDArray[np.float32]) -> Floats:
    """Boxes (K, 4) (left, top, right, bottom) in cells, one for each peak of a region map (h, w).

    Peaks are the connected parts above 0.75; the rest down to 0.05 goes to the peak that it descends from.
    """
    levels = _to_levels(region)
    count, peaks = _find_peaks(levels)
    markers = np.where(peaks > 0, peaks + 1, 0)
    markers[levels / 255 < _BACKGROUND] = 1
    labels = flood(levels, markers)
    boxes = np.zeros((count, 4))
    for label in range(2, count + 2):
        rows, columns = np.nonzero(labels == label)
        boxes[label - 2] = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    return boxes


def _to_levels(region: NDArray[np.float32]) -> NDArray[np.uint8]:
    return (np.clip(region, 0, 1) * 255).astype(np.uint8)


def _find_peaks(levels: NDArray[np.uint8]) -> tuple[int, NDArray[np.int_]]:
    """How many peaks there are, and (h, w) the number of each, from 1; 0 is none."""
    count, peaks = cv2.connectedComponents((levels / 255 > _FOREGROUND).astype(np.uint8))
    return count - 1, np.asarray(peaks, np.int_)


def flood(levels: NDArray[np.uint8], markers: NDArray[np.int_]) -> NDArray[np.int_]:
    """The watershed of a relief (h, w), highest cells first, from markers above 0; four neighbours.

    Source: Beucher and Meyer 1993.
    """
    height, width = levels.shape
    labels = np.pad(markers, 1, constant_values=-1)
    relief = np.pad(levels.astype(int), 1)
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    edge = (labels > 0) & (cv2.dilate((labels == 0).astype(np.uint8), cross) > 0)
    queue = [(-int(relief[y, x]), age, int(y), int(x)) for age, (y, x) in enumerate(np.argwhere(edge))]
    heapq.heapify(queue)
    age = len(queue)
    while queue:
        _, _, y, x = heapq.heappop(queue)
        for below, beside in ((y - 1, x), (y, x - 1), (y, x + 1), (y + 1, x)):
            if labels[below, beside] == 0:
                labels[below, beside] = labels[y, x]
                heapq.heappush(queue, (-int(relief[below, beside]), age, below, beside))
                age += 1
    return labels[1 : height + 1, 1 : width + 1]


def measure_confidence(count: int, found: int) -> float:
    """How far to trust boxes, by their number and that of the characters, 0..1."""
    return (count - min(count, abs(count - found))) / count if found else 0.0


def slice_evenly(text: str, size: tuple[int, int]) -> Floats:
    """Boxes (K, 4) of equal width, one for each character; a space keeps its slot and has no box."""
    written = text.strip()
    wide = size[0] / len(written)
    slots = [slot for slot, char in enumerate(written) if not char.isspace()]
    return np.array([(slot * wide, 0, (slot + 1) * wide, size[1]) for slot in slots], np.float64)


def slice_quad(quad: Floats, text: str) -> Floats:
    """The same as quads (K, 4, 2) of a word's quad; one for a word whose text is not known."""
    wide, high = np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[3] - quad[0])
    stacked = is_stacked(max(1.0, float(wide)), max(1.0, float(high)), len("".join(text.split())))
    matrix = find_matrix(quad, (CROP_PX, CROP_PX), stacked)
    corners = _to_corners(slice_evenly(text.strip() or "?", (CROP_PX, CROP_PX)))
    chars = np.roll(corners, 1, axis=1) if stacked else corners
    return transform_points(chars.reshape(-1, 2), np.linalg.inv(matrix)).reshape(-1, 4, 2)


def _to_corners(boxes: Floats) -> Floats:
    """Boxes (K, 4) as quads (K, 4, 2)."""
    return boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)
