"""A page image -> words: the picture at the right scale, in tiles, through the network."""

import itertools
import math
from collections.abc import Sequence
from functools import partial

import numpy as np

from geulnun.core import raster
from geulnun.core.arrays import FloatMap, Floats, Mask, RgbImage
from geulnun.runtime.bundles.session import Session
from geulnun.runtime.detection.find_words import CELL_PX, FoundWord, find_words
from geulnun.runtime.detection.options import DetectionOptions
from geulnun.runtime.detection.prepare_page import PAGE_MULTIPLE_PX, prepare_page
from geulnun.runtime.detection.small_print import LARGE_PICTURE_SCALE, find_print_scale

TILE_OVERLAP_PX = 128
"""Pixels that neighbouring tiles share; text up to this size is seen whole by one of them."""

# docs/experiments/detector.md chose the size of the first look ("Scale") and `BLURRED_SHARE` ("The coarse pass");
# docs/experiments/layout.md tried a smaller `LARGE_LETTER_PX`. The others were chosen by eye, without a row.
FIRST_SHORT_SIDE_PX = 1216  # an A4 page this wide has body letters of 18 px
SMALL_LONG_SIDE_PX = 960  # smaller pictures are enlarged at once
SMALL_LETTER_PX, GOOD_LETTER_PX, LARGE_LETTER_PX = 11.0, 22.0, 60.0  # as the network sees them
SMALL_SHARE = 0.3  # of the letters are small, at least, for another look
_LEAST_ENLARGED = 1.2  # over the scale of the first look: less is not worth a second one
_LARGE_SHARE = 0.8  # of the size of large letters: the coarse pass measures them a little smaller
COARSE_FACTOR = 1 / 3
_DOUBLE_RATIO = 0.25  # between the middles of a character that was found twice, over its size, at most
_PLAIN_LEVELS = 8  # a row or column of pixels that differ by no more holds no text that could be read
_MARGIN_PX = 32  # around what is left without plain rows and columns
SMALLER_RATIO, BLURRED_SHARE = 0.6, 0.15  # much smaller words inside a large one, and what of it they cover


class Detector:
    """The detection network with its session; may be used by several threads."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def backend(self) -> str:
        """What runs the network."""
        return self._session.backend

    def find_words(self, image: RgbImage, options: DetectionOptions) -> list[FoundWord]:
        """Words of an RGB image, in its pixels and no particular order.

        Unless the options fix the scale, letters that are too small are looked at again enlarged, and letters
        that are too large again reduced, as is a picture on which nothing is found; large pictures are probed for print
        that the first look cannot show.
        """
        if options.scale is not None:
            return self.find_words_at(image, options.scale, options)
        scale = choose_scale(image.shape[0], image.shape[1], options.max_scale)
        words = self.find_words_at(image, scale, options)
        enlarged = min(_choose_larger_scale(words, scale), options.max_scale)
        if enlarged == scale <= LARGE_PICTURE_SCALE:
            enlarged = find_print_scale(image, words, scale, partial(self.find_words_at, options=options))
        if enlarged > _LEAST_ENLARGED * scale:
            words, scale = self.find_words_at(image, enlarged, options), enlarged
        limit_px = LARGE_LETTER_PX / scale
        if not words or any(word.char_size_px > limit_px for word in words):
            coarse = self.find_words_at(image, scale * COARSE_FACTOR, options)
            words = merge_large_words(words, coarse, limit_px)
        return drop_doubles(words)

    def find_words_at(self, image: RgbImage, scale: float, options: DetectionOptions) -> list[FoundWord]:
        """Words as they are found at one scale."""
        maps, cell_px = self.find_maps(image, scale, tile_px=options.tile_px)
        return find_words(maps, options.thresholds, cell_px=cell_px)

    def find_maps(self, image: RgbImage, scale: float, *, tile_px: int) -> tuple[FloatMap, tuple[float, float]]:
        """Maps ``(2, h, w)`` of an RGB image, and the image's pixels that a cell covers in x and y."""
        height, width = image.shape[:2]
        target_height, target_width = max(1, round(height * scale)), max(1, round(width * scale))
        image = raster.resize(image, target_width, target_height)
        maps = np.zeros((2, -(-target_height // CELL_PX), -(-target_width // CELL_PX)), np.float32)
        across, down = _find_content(image)
        for top, bottom, inner_top, inner_bottom in plan_tiles(down[1], tile_px, down[0]):
            for left, right, inner_left, inner_right in plan_tiles(across[1], tile_px, across[0]):
                (tile,) = self._session.run(prepare_page(image[top:bottom, left:right]))
                rows = slice(inner_top // CELL_PX, -(-inner_bottom // CELL_PX))
                columns = slice(inner_left // CELL_PX, -(-inner_right // CELL_PX))
                seen = tile[0][:, rows.start - top // CELL_PX :, columns.start - left // CELL_PX :]
                maps[:, rows, columns] = seen[:, : rows.stop - rows.start, : columns.stop - columns.start]
        return maps, (CELL_PX * width / target_width, CELL_PX * height / target_height)


def _find_content(image: RgbImage) -> tuple[tuple[int, int], tuple[int, int]]:
    """((left, right), (top, bottom)) of what the network must see of an image: not its plain margins.

    Some margin stays, and as much more as makes starts and lengths multiples of 32: the network then sees every letter
    on the same grid as in the whole image.
    """
    left, top, right, bottom = raster.find_content(image, _PLAIN_LEVELS)
    spans = []
    for start, end, length in ((left, right, image.shape[1]), (top, bottom, image.shape[0])):
        start = max(0, start - _MARGIN_PX) // PAGE_MULTIPLE_PX * PAGE_MULTIPLE_PX if end > start else end
        end = min(length, end + _MARGIN_PX) if end > start else end
        spans.append((start, min(length, start + -(-(end - start) // PAGE_MULTIPLE_PX) * PAGE_MULTIPLE_PX)))
    return spans[0], spans[1]


def plan_tiles(end_px: int, tile_px: int, start_px: int = 0) -> list[tuple[int, int, int, int]]:
    """(start, end, inner start, inner end) of the tiles along one axis; none of nothing.

    Tiles are of one size, at most `tile_px` (made a multiple of 32), and overlap by at least 128 px. The inner
    parts meet in the middle of the overlaps and cover everything: each is seen with what surrounds it.
    """
    tile_px = max(2 * TILE_OVERLAP_PX, tile_px // PAGE_MULTIPLE_PX * PAGE_MULTIPLE_PX)
    length_px = end_px - start_px
    if length_px <= tile_px:
        return [(start_px, end_px, start_px, end_px)] if length_px else []
    count = math.ceil((length_px - TILE_OVERLAP_PX) / (tile_px - TILE_OVERLAP_PX))
    size = -(-(length_px + (count - 1) * TILE_OVERLAP_PX) // count)
    size = -(-size // PAGE_MULTIPLE_PX) * PAGE_MULTIPLE_PX
    # Starts lie on whole cells of the map.
    room = max(0, -(-length_px // CELL_PX) * CELL_PX - size)
    starts = [start_px + round(i * room / (count - 1) / CELL_PX) * CELL_PX for i in range(count)]
    seams = [
        (later + earlier + size) // 2 // CELL_PX * CELL_PX for earlier, later in zip(starts, starts[1:], strict=False)
    ]
    ends = [min(start + size, end_px) for start in starts]
    return list(zip(starts, ends, [start_px, *seams], [*seams, end_px], strict=True))


def choose_scale(height_px: int, width_px: int, max_scale: float = 2.0) -> float:
    """The scale to look at a picture first, by its size alone."""
    shorter, longer = min(height_px, width_px), max(height_px, width_px)
    if shorter > FIRST_SHORT_SIDE_PX:
        return FIRST_SHORT_SIDE_PX / shorter
    if longer < SMALL_LONG_SIDE_PX:
        return min(max_scale, SMALL_LONG_SIDE_PX / longer)
    return 1.0


def _choose_larger_scale(words: Sequence[FoundWord], scale: float) -> float:
    """A scale at which small letters are well seen, if there are many; else the same."""
    if not words:
        return scale
    sizes = np.repeat([word.char_size_px for word in words], [len(word.char_centers) for word in words]) * scale
    small = sizes < SMALL_LETTER_PX
    if small.mean() < SMALL_SHARE:
        return scale
    return float(scale * GOOD_LETTER_PX / np.median(sizes[small]))


def drop_doubles(words: Sequence[FoundWord]) -> list[FoundWord]:
    """The words, of single characters that were found twice at one place the surer one alone."""
    singles = sorted((word for word in words if _is_single(word)), key=_find_left)
    dropped: set[int] = set()
    for number, word in enumerate(singles):
        reach = _DOUBLE_RATIO * word.char_size_px
        furthest = _find_left(word) + reach
        for other in itertools.islice(singles, number + 1, None):
            if _find_left(other) > furthest:
                break
            if abs(other.char_centers[0, 1] - word.char_centers[0, 1]) <= reach:
                dropped.add(id(min(word, other, key=lambda each: each.score)))
    return [word for word in words if id(word) not in dropped]


def _is_single(word: FoundWord) -> bool:
    """Whether a word is one character; of a mark stacked upon itself the middles are the same."""
    return bool(np.ptp(word.char_centers, axis=0).max() < 1)


def _find_left(word: FoundWord) -> float:
    return float(word.char_centers[0, 0])


def merge_large_words(fine: Sequence[FoundWord], coarse: Sequence[FoundWord], limit_px: float) -> list[FoundWord]:
    """The words with letters up to `limit_px` of `fine` and the larger ones of `coarse`.

    A large letter seen too closely falls to pieces: what lies inside a large word is dropped, and so is what holds
    one. But tight lines of small letters seen from afar run together: then it is the large word that is dropped.
    """
    corners = np.array([word.quad.array for word in fine]).reshape(-1, 4, 2)
    middles = np.array([word.quad.center for word in fine]).reshape(-1, 2)
    sizes, scores, areas = np.array([(word.char_size_px, word.score, word.quad.area) for word in fine]).reshape(-1, 3).T
    large: list[FoundWord] = []
    dropped = np.zeros(len(fine), bool)
    for word in coarse:
        if word.char_size_px <= _LARGE_SHARE * limit_px:
            continue
        inside = _hold(word.quad.array, middles)
        # Much smaller words, seen more surely, that fill a part of a large one.
        blurred = inside & (sizes < SMALLER_RATIO * word.char_size_px) & (scores > word.score)
        if areas[blurred].sum() > BLURRED_SHARE * word.quad.area:
            continue
        # What a large word shows, or a part of it.
        alike = sizes > SMALLER_RATIO * word.char_size_px
        dropped |= inside | (alike & _hold(corners, np.array(word.quad.center)))
        large.append(word)
    return [*(word for word, is_dropped in zip(fine, dropped.tolist(), strict=True) if not is_dropped), *large]


def _hold(corners: Floats, points: Floats) -> Mask:
    """Which convex quads (..., 4, 2) have their point (..., 2) inside; one of either goes with all of the other."""
    sides, offset = np.roll(corners, -1, axis=-2) - corners, points[..., None, :] - corners
    turns = sides[..., 0] * offset[..., 1] - sides[..., 1] * offset[..., 0]
    return np.asarray((turns >= 0).all(axis=-1) | (turns <= 0).all(axis=-1))
