"""Red seals stamped over letters, as on contracts and invoices: looked at as through a red filter, they vanish."""

import numpy as np

from geulnun.core import raster
from geulnun.core.arrays import Floats, GreyImage, Mask, RgbImage

# Chosen by eye on drawn pages; the row of seals.py in docs/experiments/layout.md measures them together.
_LOOKED_AT_PX = 1024  # longer side of the page as seals are looked for
_RED_LEVELS = 40  # by which red is brighter than green and blue
_LEAST_SIDE, _MOST_SHARE = 12, 0.25  # of a seal: cells, and share of the page's longer side
_MOST_ASPECT = 1.35
_MOST_FILL = 0.65  # of its box: a disc or a picture has more
# Of the directions from its middle so many end so far out, over half a side, as those of a circle or a square do.
_DIRECTIONS, _LEAST_CLOSED, _LEAST_RADIUS, _MOST_RADIUS = 36, 0.9, 0.86, 1.12
_DARK_LEVEL, _LEAST_DARK = 110, 0.004  # letters below it: no channel is brighter, in so much of the box
_LIGHT_LEVEL = 140  # of the darkest channel of its paper, at least
_FAINT_RED_LEVELS, _RED_LEVEL = 16, 120  # the seal's own ink, its rim included, is redder and as bright in red


def lift_seals(image: RgbImage) -> RgbImage:
    """A page (H, W, 3) uint8 without the red seals that are stamped over dark letters; the image itself if it has none.

    A seal is red, about as high as wide, smaller than a quarter of the page, and has a round or square frame. Seals
    that stand alone are left, since what is red may be text.
    """
    scale = min(1.0, _LOOKED_AT_PX / max(image.shape[:2]))
    small = raster.resize(image, max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    red = _measure_red(small) > _RED_LEVELS
    if not red.any():
        return image
    lifted = image
    for left, top, right, bottom in _find_frames(red):
        part = np.s_[int(top / scale) : -int(-bottom // scale), int(left / scale) : -int(-right // scale)]
        if _is_over_letters(image[part]):
            lifted = lifted.copy() if lifted is image else lifted
            lifted[part] = _filter_red(image[part])[..., None]
    return lifted


def _measure_red(image: RgbImage) -> GreyImage:
    """(H, W) uint8, by how much red is brighter than green and blue, and less where these differ, as in yellow."""
    red, green, blue = (image[..., channel].astype(np.int16) for channel in range(3))
    levels = red - np.maximum(green, blue) - np.abs(green - blue) // 2
    return np.asarray(np.clip(levels, 0, 255), np.uint8)


def _find_frames(red: Mask) -> list[tuple[int, int, int, int]]:
    """(left, top, right, bottom) of the frames of seals, each a connected part of what is red."""
    closed = red.copy()  # worn frames have gaps
    closed[1:] |= red[:-1]
    closed[:, 1:] |= red[:, :-1]
    labels, count = raster.find_components(closed)
    ys, xs = np.nonzero(labels)
    order = np.argsort(labels[ys, xs], kind="stable")
    frames = []
    for part in np.split(order, np.cumsum(np.bincount(labels[ys, xs], minlength=count + 1)[1:-1])):
        y, x = ys[part], xs[part]
        left, top, right, bottom = x.min(), y.min(), x.max() + 1, y.max() + 1
        width, height = right - left, bottom - top
        most = min(_MOST_ASPECT * min(width, height), _MOST_SHARE * max(red.shape))
        if min(width, height) < _LEAST_SIDE or max(width, height) > most or len(part) > _MOST_FILL * width * height:
            continue
        if _is_frame((2 * (x - left) + 1) / width - 1, (2 * (y - top) + 1) / height - 1):
            frames.append((int(left), int(top), int(right), int(bottom)))
    return frames


def _is_frame(across: Floats, down: Floats) -> bool:
    """Whether points, in half sides from the middle of their box, go round it as a circle or a square does."""
    turns = ((np.arctan2(down, across) / (2 * np.pi) + 0.5) * _DIRECTIONS).astype(int) % _DIRECTIONS
    for distance in (np.hypot(across, down), np.maximum(np.abs(across), np.abs(down))):
        outermost = np.zeros(_DIRECTIONS)
        np.maximum.at(outermost, turns, distance)
        if ((outermost > _LEAST_RADIUS) & (outermost < _MOST_RADIUS)).mean() >= _LEAST_CLOSED:
            return True
    return False


def _is_over_letters(part: RgbImage) -> bool:
    """Whether dark letters are on the light paper of a seal."""
    dark = float((part.max(axis=2) < _DARK_LEVEL).mean())
    paper = part[_measure_red(part) <= _FAINT_RED_LEVELS]
    return dark >= _LEAST_DARK and len(paper) > 0 and float(np.median(paper.min(axis=1))) >= _LIGHT_LEVEL


def _filter_red(part: RgbImage) -> GreyImage:
    """(h, w) uint8, the red channel, where the seal's own ink is as bright as the paper."""
    ink = (_measure_red(part) > _FAINT_RED_LEVELS) & (part[..., 0] > _RED_LEVEL)
    filtered = part[..., 0].copy()
    filtered[ink] = np.median(filtered[~ink])
    return filtered
