"""Ink coverage of one syllable: a face's glyph, its middle lines drawn anew, or a pen's strokes."""

import functools
import math

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

from geulnun.core.random_streams import open_rng
from geulnun.synth.characters.look import FATTENED_PX, CharLook
from geulnun.synth.characters.thinning import find_skeleton, trace_strokes
from geulnun.synth.effects.ink.fattening import Fattening, apply_fattening
from geulnun.synth.materials.fonts import Face
from geulnun.synth.materials.pen_strokes import Strokes

_REDRAWN_PX = 56
_DRAFT_SCALE = 3
# Area of pen strokes, as if they never crossed, over that of the square about the letter.
_MAX_FILLED = 0.33
# Poster faces cover up to four fifths of the box about them.
_MOST_FATTENED = 0.85


def draw_glyph(face: Face, text: str, look: CharLook) -> NDArray[np.uint8]:
    """(H, W) coverage of a face's glyph, placed and bent."""
    extent = max(look.placing.extent_px, 12.0)
    ink = _render(face, text, extent * 1.05)
    if look.fattening is not None:
        ink = _fatten(_render(face, text, FATTENED_PX), look.fattening, max(ink.shape))
    placing, side = look.placing, max(ink.shape)
    inverse = np.linalg.inv(placing.matrix)
    xs, ys = _grid(placing.width_px, placing.height_px)
    offsets = np.stack([xs - placing.centre[0] * placing.width_px, ys - placing.centre[1] * placing.height_px], axis=-1)
    points = (offsets @ inverse.T).astype(np.float32)
    if look.elastic is not None:
        points = look.elastic.move(points)
    height, width = ink.shape
    map_x = points[..., 0] * np.float32(side) + np.float32(width / 2 - 0.5)
    map_y = points[..., 1] * np.float32(side) + np.float32(height / 2 - 0.5)
    return np.asarray(cv2.remap(ink, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT), dtype=np.uint8)


def _fatten(ink: NDArray[np.uint8], fattening: Fattening, side_px: int) -> NDArray[np.uint8]:
    """Ink with broader strokes, its longer side as long as asked; as it was where its gaps would all but close."""
    grown = apply_fattening(ink, fattening)
    kept = ink if measure_fill(grown) > _MOST_FATTENED else grown
    scale = side_px / max(kept.shape)
    size = tuple(max(1, round(side * scale)) for side in reversed(kept.shape))
    return np.asarray(cv2.resize(kept, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


@functools.lru_cache(maxsize=64)
def _grid(width_px: int, height_px: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The middles of all pixels."""
    xs, ys = np.meshgrid(np.arange(width_px) + 0.5, np.arange(height_px) + 0.5)
    return xs, ys


def _render(face: Face, text: str, extent_px: float) -> NDArray[np.uint8]:
    """A glyph cut to its ink, whose longer side is about `extent_px` for full letters."""
    mask = _open_face(face, extent_px).getmask(text, mode="L")
    ink = np.frombuffer(bytes(mask), np.uint8).reshape(mask.size[1], mask.size[0])
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return np.zeros((4, 4), np.uint8)
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _open_face(face: Face, extent_px: float) -> ImageFont.FreeTypeFont:
    """The face at the next size of a few, for opening one takes longer than drawing with it."""
    step = math.ceil(2 * math.log2(max(extent_px, 16.0)))
    return _open_step(face.path, face.index, round(2 ** (step / 2) / max(face.height_em, 0.4)))


@functools.lru_cache(maxsize=640)
def _open_step(path: str, index: int, size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size_px, index=index, layout_engine=ImageFont.Layout.BASIC)


def redraw_glyph(face: Face, text: str, look: CharLook) -> NDArray[np.uint8]:
    """(H, W) coverage of a face's middle lines, drawn with a pen."""
    ink = _render(face, text, _REDRAWN_PX)
    strokes = trace_strokes(find_skeleton(ink > 100))
    if not strokes:
        return draw_glyph(face, text, look)
    side = max(ink.shape)
    return draw_strokes([stroke / side for stroke in strokes], look)


def draw_strokes(strokes: Strokes, look: CharLook, *, most_filled: float = _MAX_FILLED) -> NDArray[np.uint8]:
    """(H, W) coverage of strokes, of any extent, drawn with the look's pen; a finer one where ink would fill more."""
    placing = look.placing
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    middle, side = (low + high) / 2, max(float((high - low).max()), 1e-6)
    centre = np.array([placing.centre[0] * placing.width_px, placing.centre[1] * placing.height_px])
    # A broad pen would fill the counters of letters with many strokes.
    length = sum(float(np.linalg.norm(np.diff(stroke, axis=0), axis=1).sum()) for stroke in strokes) / side
    room = min(1.0, 1.4 * float((high - low).min()) / side)
    pen = min(look.pen, most_filled * max(room, 0.5) / max(length, 1.0))
    # The pen reaches beyond its line on both sides.
    matrix = placing.matrix.T * (1 - pen)
    scale = _DRAFT_SCALE if placing.extent_px < 120 else 1
    draft = np.zeros((placing.height_px * scale, placing.width_px * scale), np.uint8)
    pen_px = max(pen * placing.extent_px * scale, 1.1 * scale)
    rng = open_rng(look.texture_seed, stream="characters.pressure")
    for stroke in strokes:
        inner = (stroke - middle) / side
        if look.elastic is not None:
            inner = look.elastic.move(inner)
        pixels = np.round((inner @ matrix + centre) * scale * 16 - 8).astype(np.int32)
        _draw_stroke(draft, pixels, pen_px, look.pressure, rng)
    if scale == 1:
        return draft
    size = placing.width_px, placing.height_px
    return np.asarray(cv2.resize(draft, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _draw_stroke(
    draft: NDArray[np.uint8], pixels: NDArray[np.int32], pen_px: float, pressure: float, rng: np.random.Generator
) -> None:
    """Draw a line, given in sixteenths of a pixel, on `draft` in place."""
    if not pressure:
        cv2.polylines(draft, [pixels], False, 255, max(1, round(pen_px)), cv2.LINE_AA, 4)
        return
    swell = np.interp(np.linspace(0, 1, len(pixels) - 1), np.linspace(0, 1, 4), 1 + pressure * rng.uniform(-1, 0.6, 4))
    for start, stop, share in zip(pixels[:-1], pixels[1:], swell.tolist(), strict=True):
        cv2.line(draft, start.tolist(), stop.tolist(), 255, max(1, round(pen_px * share)), cv2.LINE_AA, 4)


def measure_fill(ink: NDArray[np.uint8]) -> float:
    """The share of the box about the ink that it covers."""
    dark = ink > 127
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    if not len(rows):
        return 0.0
    return float(dark[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].mean())
