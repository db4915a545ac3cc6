"""From ink coverage to the picture of a character: worn, cut, on its ground, damaged."""

import numpy as np
from numpy.typing import NDArray

from geulnun.core.random_streams import open_rng
from geulnun.synth.characters.ink import measure_fill
from geulnun.synth.characters.look import CharLook
from geulnun.synth.effects.damage import apply_ink_damage, apply_picture_damage
from geulnun.synth.effects.effect import Damage
from geulnun.synth.effects.picture.threshold import Threshold
from geulnun.synth.materials.photos import Photos
from geulnun.synth.materials.planes import draw_plane, draw_ramp

_FAINT_INK = 24
_MOST_CUT = 0.06
# What may become of the ink before a letter cannot be read any more: the least share of it that is left, the most of
# the box about it that it covers, and how its share of a picture may change when that becomes black and white.
_LEAST_LEFT = 0.62
_MOST_COVERED = 0.6
_SHARE_KEPT = (0.65, 1.5)


def apply_char_look(ink: NDArray[np.uint8], look: CharLook, photos: Photos) -> NDArray[np.uint8]:
    """(H, W) grey: the ink worn, cut where the look is tight, coloured on its ground, damaged."""
    ink = _wear(ink, look.damage)
    if look.tight:
        ink = _cut(ink, look.margins)
    rng = open_rng(look.texture_seed, stream="characters.texture")
    for _ in range(look.intruders):
        _intrude(rng, ink)
    ground = _draw_ground(rng, look, ink.shape[1], ink.shape[0], photos)
    cover = ink * np.float32(1 / 255)
    grey = np.clip(ground + (np.float32(look.colours.ink) - ground) * cover, 0, 255).astype(np.uint8)
    damaged = apply_picture_damage(grey, look.damage)
    if look.damage.find(Threshold) is None or _keeps_share(damaged, cover):
        return damaged
    return apply_picture_damage(grey, look.damage.without(Threshold))


def _wear(ink: NDArray[np.uint8], damage: Damage) -> NDArray[np.uint8]:
    """The ink with its damage; as it was where that would lose strokes or close the gaps between them."""
    worn = apply_ink_damage(ink, damage)
    if worn is ink:
        return ink
    before, after = int(ink.sum()), int(worn.sum())
    closed = after > before and measure_fill(worn) > max(_MOST_COVERED, 1.05 * measure_fill(ink))
    return ink if closed or after < _LEAST_LEFT * before else worn


def _keeps_share(binary: NDArray[np.uint8], cover: NDArray[np.float32]) -> bool:
    """Whether about as much of a black and white picture is ink as was before."""
    low, high = _SHARE_KEPT
    share, white = float(cover.mean()), float((binary > 127).mean())
    return low * share < white < high * share or low * share < 1 - white < high * share


def _cut(ink: NDArray[np.uint8], margins: tuple[float, float, float, float]) -> NDArray[np.uint8]:
    """The ink with these margins, over its sides, about it."""
    # A thin stroke of a small letter covers its pixels by a third or less, and still belongs to the letter.
    rows, columns = (np.flatnonzero((ink > _FAINT_INK).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return ink
    x0, x1, y0, y1 = int(columns[0]), int(columns[-1]) + 1, int(rows[0]), int(rows[-1]) + 1
    side = max(x1 - x0, y1 - y0)
    left, top, right, bottom = (round(margin * side) for margin in margins)
    # Where a cut would take a stroke with it, as that of 이 on the right, none is made.
    most = _MOST_CUT * float(ink.sum())
    if left < 0 and ink[:, x0 : x0 - left].sum() > most:
        left = 0
    if right < 0 and ink[:, x1 + right : x1].sum() > most:
        right = 0
    if top < 0 and ink[y0 : y0 - top].sum() > most:
        top = 0
    if bottom < 0 and ink[y1 + bottom : y1].sum() > most:
        bottom = 0
    return np.ascontiguousarray(ink[max(0, y0 - top) : y1 + bottom, max(0, x0 - left) : x1 + right])


def _intrude(rng: np.random.Generator, ink: NDArray[np.uint8]) -> None:
    """Draw a bit of a neighbouring letter at one edge of `ink` in place."""
    lying = ink.T if rng.random() < 0.3 else ink
    side, across = lying.shape
    depth, length = int(rng.integers(1, max(2, across // 9) + 1)), int(rng.integers(1, max(2, side // 3) + 1))
    start = int(rng.integers(0, side - length + 1))
    columns = slice(0, depth) if rng.random() < 0.4 else slice(across - depth, across)
    lying[start : start + length, columns] = 255


def _draw_ground(
    rng: np.random.Generator, look: CharLook, width: int, height: int, photos: Photos
) -> NDArray[np.float32]:
    paper, strength = np.float32(look.colours.paper), np.float32(look.ground_strength)
    if look.ground == "gradient":
        return paper + strength * (draw_ramp(rng, height, width) - np.float32(0.5))
    if look.ground == "paper":
        return paper + strength * draw_plane(rng, height, width, max(3.0, 0.4 * height))
    if look.ground == "photo":
        crop = photos.draw_detail(rng, height, width).astype(np.float32)
        low, high = float(crop.min()), float(crop.max())
        return paper + strength * ((crop - np.float32(low)) / np.float32(max(high - low, 24.0)) - np.float32(0.5))
    return np.full((height, width), paper, np.float32)
