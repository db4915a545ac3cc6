"""Ink and what it lies on in grey levels: grounds, plates, stamps, shadows, outlines."""

import cv2
import numpy as np
from numpy.typing import NDArray

from geulnun.synth.materials.photos import Photos
from geulnun.synth.materials.planes import draw_dot_screen, draw_plane, draw_ramp, draw_weave
from geulnun.synth.strips.look_parts import Panel, Stamp, StripLook
from geulnun.synth.strips.place_ink import Box, Frame


def apply_colours(
    ink: NDArray[np.uint8], frame: Frame, look: StripLook, photos: Photos, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """The canvas in grey levels: ground, then shadow, then outline, then letters."""
    height, width = ink.shape
    ground = draw_ground(rng, look, width, height, photos)
    colours = look.colours
    if look.panel is not None:
        _surround_panel(ground, look.panel, frame.box)
    if look.stamp is not None:
        level = colours.paper + look.stamp.share * (colours.ink - colours.paper)
        ground = _blend(ground, _draw_stamp(ink.shape, look.stamp, frame.box), level, 0.9)
    if colours.shadow is not None:
        step = max(1, round(0.05 * height))
        soft = cv2.GaussianBlur(np.roll(ink, (step, step), axis=(0, 1)), (0, 0), 0.6 + 0.03 * height)
        ground = _blend(ground, np.asarray(soft, dtype=np.uint8), colours.shadow, 0.8)
    if colours.outline is not None:
        side = 2 * max(1, round(look.outline_px)) + 1
        ring = cv2.dilate(ink, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
        ground = _blend(ground, np.asarray(ring, dtype=np.uint8), colours.outline, 1.0)
    return np.clip(_blend(ground, ink, colours.ink, 1.0), 0, 255).astype(np.uint8)


def _draw_stamp(shape: tuple[int, ...], stamp: Stamp, box: Box) -> NDArray[np.uint8]:
    """(H, W) coverage of the seal."""
    canvas = np.zeros(shape, np.uint8)
    left, top, right, bottom = box
    unit = bottom - top
    x, y = left + stamp.center[0] * (right - left), top + stamp.center[1] * unit
    radius, width = max(2, round(stamp.radius * unit)), max(1, round(stamp.width * unit))
    middle = round(x), round(y)
    if stamp.round:
        cv2.circle(canvas, middle, radius, 255, width, cv2.LINE_AA)
    else:
        corner = middle[0] - radius, middle[1] - radius
        cv2.rectangle(canvas, corner, (middle[0] + radius, middle[1] + radius), 255, width)
    for a, b, c, d in stamp.strokes:
        start = middle[0] + round(a * radius), middle[1] + round(b * radius)
        cv2.line(canvas, start, (middle[0] + round(c * radius), middle[1] + round(d * radius)), 255, width, cv2.LINE_AA)
    return canvas


def _surround_panel(ground: NDArray[np.float32], panel: Panel, box: Box) -> None:
    """Paint `ground` outside the panel in the level of its surroundings, in place."""
    gap = panel.gap * (box[3] - box[1])
    # Plates are wider than their text by more than they are higher.
    left, right = max(round(box[0] - 2 * gap), 0), round(box[2] + 2 * gap)
    top, bottom = max(round(box[1] - gap), 0), round(box[3] + gap)
    for part in (ground[:top], ground[bottom:], ground[:, :left], ground[:, right:]):
        part[...] = panel.level


def _blend(ground: NDArray[np.float32], ink: NDArray[np.uint8], level: float, share: float) -> NDArray[np.float32]:
    cover = ink * np.float32(share / 255)
    return ground + (np.float32(level) - ground) * cover


def draw_ground(
    rng: np.random.Generator, look: StripLook, width: int, height: int, photos: Photos
) -> NDArray[np.float32]:
    """(H, W) float32 grey levels of what the line lies on."""
    paper, strength = np.float32(look.colours.paper), np.float32(look.ground_strength)
    if look.ground == "plain":
        return np.full((height, width), paper, np.float32)
    if look.ground == "gradient":
        return paper + strength * (draw_ramp(rng, height, width) - np.float32(0.5))
    if look.ground == "weave":
        return paper + strength * draw_weave(rng, height, width) * np.float32(0.5)
    if look.ground == "halftone":
        direction = np.float32(1 if look.colours.ink > look.colours.paper else -1)
        return paper + direction * strength * draw_dot_screen(rng, height, width)
    if look.ground == "paper":
        coarse = draw_plane(rng, height, width, 3.0 * height)
        fine = draw_plane(rng, height, width, max(2.0, 0.15 * height))
        return paper + strength * (coarse + np.float32(0.35) * fine)
    crop = photos.draw_detail(rng, height, width).astype(np.float32)
    low, high = float(crop.min()), float(crop.max())
    return paper + strength * ((crop - np.float32(low)) / np.float32(max(high - low, 24.0)) - np.float32(0.5))
