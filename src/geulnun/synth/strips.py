"""Lines of text as the recogniser sees them: (seed, index) -> grey strip and text.

A strip is drawn directly, without a page around it, and then cut as loosely as reading cuts real lines.
"""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from geulnun.data.sample import StripSample
from geulnun.runtime.prepare import prepare_strip
from geulnun.synth import effects
from geulnun.synth.backgrounds import PhotoLibrary, draw_field, draw_gradient, draw_halftone, draw_weave
from geulnun.synth.corpus import Corpus
from geulnun.synth.fonts import FontLibrary
from geulnun.synth.glyphs import GlyphRun, choose_faces, draw_run
from geulnun.synth.strip_look import draw_look
from geulnun.synth.strip_parts import Bend, Damage, Margins, Panel, Rule, StripLook, Surroundings

MAX_STRIP_RATIO = 37.0
"""Widest strip over its height: 1,184 px at 32 px, what training batches are made for."""

_PAD_Y, _PAD_X = 0.75, 1.0


class StripSource:
    """Endless strips for the recogniser; the same seed and index give the same strip on every machine.

    Picklable: fonts and photographs travel as paths, the corpus as its folder. Photographs are those beside the
    fonts unless given.
    """

    def __init__(self, seed: int, fonts: FontLibrary, corpus: Corpus, photos: PhotoLibrary | None = None) -> None:
        self.seed = seed
        self.fonts = fonts
        self.corpus = corpus
        self.photos = photos or PhotoLibrary.read(fonts.folder)

    @classmethod
    def read(
        cls, seed: int, materials: str | Path, corpus: str | Path | None = None, *, split: str = "train"
    ) -> "StripSource":
        """A source with the fonts and texts of one split, "train" or "validation".

        Args:
            seed: settles every strip together with the index.
            materials: folder written by scripts/materials.
            corpus: folder of UTF-8 text, None for the built-in generators alone.
            split: which font families and which lines of the corpus are drawn from.

        Raises:
            InputError: the materials or the corpus cannot be read.
        """
        texts = Corpus.read(corpus, split="validation" if split == "validation" else "train")
        return cls(seed, FontLibrary.read(materials).split(split), texts)

    def draw(self, index: int) -> StripSample:
        """The strip of that number: grey (32, w) uint8 and its text."""
        rng = np.random.Generator(np.random.PCG64((self.seed, index)))
        text = self.corpus.draw_text(rng, "strip")
        look = draw_look(rng, text, self.fonts)
        return apply_look(text, look, self.fonts, self.photos)


def apply_look(text: str, look: StripLook, fonts: FontLibrary, photos: PhotoLibrary) -> StripSample:
    """The strip of `text` in this look; a text too long for it loses words at its end."""
    rng = np.random.Generator(np.random.PCG64(look.texture_seed))
    run = draw_fitting_run(text, look, fonts, rng)
    ink, frame = place_ink(run, look)
    if look.damage.spread is not None:
        ink = effects.apply_spread(ink, look.damage.spread)
    if look.damage.breaks is not None:
        ink = effects.apply_breaks(ink, look.damage.breaks)
    strip = cut_strip(ink, frame, look.bend)
    grey = apply_colours(strip, look, photos, rng)
    return StripSample(image=prepare_strip(apply_damage(grey, look.damage)), text=run.text)


def draw_fitting_run(text: str, look: StripLook, fonts: FontLibrary, rng: np.random.Generator) -> GlyphRun:
    """The run of `text`, shortened until the strip is no wider than the widest allowed."""
    while True:
        run = draw_accented_run(text, look, fonts, rng)
        left, top, right, bottom = run.xyxy
        ratio = (right - left) / ((bottom - top) * (1 + look.margins.top + look.margins.bottom))
        if ratio <= MAX_STRIP_RATIO - 2 or len(text) < 2:
            return run
        keep = max(1, int(len(text) * (MAX_STRIP_RATIO - 2) / ratio))
        cut = text.rfind(" ", 0, keep + 1)
        text = text[: cut if cut > 0 else keep].rstrip()


def draw_accented_run(text: str, look: StripLook, fonts: FontLibrary, rng: np.random.Generator) -> GlyphRun:
    """The run of `text` with its accented part in its own face, size and paleness."""
    faces = choose_faces(text, look.face, fonts, look.latin)
    accent = look.accent
    if accent is None or accent.start >= len(text):
        return draw_run(text, faces, look.setting, primary=look.face, rng=rng)
    start, stop = accent.start, min(accent.stop, len(text))
    faces[start:stop] = choose_faces(text[start:stop], accent.face, fonts, look.latin)
    whole = text[start:stop] == text
    scales = None if whole else [accent.scale if start <= i < stop else 1.0 for i in range(len(text))]
    run = draw_run(text, faces, look.setting, primary=look.face, rng=rng, scales=scales)
    if accent.share < 1:
        left, right = round(run.spans[start, 0]), round(run.spans[stop - 1, 1])
        ink = run.ink.copy()
        ink[:, left:right] = (ink[:, left:right] * np.float32(accent.share)).astype(np.uint8)
        run = replace(run, ink=ink)
    return run


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The part of a canvas that becomes the strip: (left, top, right, bottom) and the height of the line box, px."""

    xyxy: tuple[float, float, float, float]
    box_height_px: float


def place_ink(run: GlyphRun, look: StripLook) -> tuple[NDArray[np.uint8], Frame]:
    """A canvas with the run, its neighbours and rules as coverage, and the frame to cut from it."""
    left, top, right, bottom = run.xyxy
    height = bottom - top
    pad_x = math.ceil((max(look.margins.right, _PAD_X) + 0.2) * height)
    pad_y = math.ceil(_PAD_Y * height)
    # Whole pixels, so that placing does not soften the letters.
    dx, dy = pad_x - math.floor(left), pad_y - math.floor(top)
    canvas = np.zeros((math.ceil(height) + 2 * pad_y, math.ceil(right - left) + 2 * pad_x), np.uint8)
    _add_ink(canvas, run.ink, dx, dy)
    box = left + dx, top + dy, right + dx, bottom + dy
    _add_neighbours(canvas, run, box, look.surroundings, look.texture_seed)
    _add_rules(canvas, box, look.surroundings)
    frame = _find_frame(box, look.margins)
    return canvas, Frame(xyxy=frame, box_height_px=height)


def _find_frame(box: tuple[float, float, float, float], margins: Margins) -> tuple[float, float, float, float]:
    left, top, right, bottom = box
    height = bottom - top
    return (
        left - margins.left * height,
        top - margins.top * height,
        right + margins.right * height,
        bottom + margins.bottom * height,
    )


def _add_ink(canvas: NDArray[np.uint8], ink: NDArray[np.uint8], x: int, y: int) -> None:
    """Nothing; `ink` is on `canvas` afterwards with its corner at (x, y), what lies outside cut off."""
    height, width = canvas.shape
    x0, y0 = max(0, x), max(0, y)
    x1, y1 = min(width, x + ink.shape[1]), min(height, y + ink.shape[0])
    if x1 <= x0 or y1 <= y0:
        return
    part = canvas[y0:y1, x0:x1]
    np.maximum(part, ink[y0 - y : y1 - y, x0 - x : x1 - x], out=part)


def _add_neighbours(
    canvas: NDArray[np.uint8],
    run: GlyphRun,
    box: tuple[float, float, float, float],
    surroundings: Surroundings,
    seed: int,
) -> None:
    """Nothing; lines above and below and letters beside are on `canvas`, made of the run's own letters turned round."""
    left, top, right, bottom = box
    height = bottom - top
    shift = seed % max(1, run.ink.shape[1])
    x = round(left - run.xyxy[0])
    if surroundings.above_gap is not None:
        ink = np.roll(run.ink, shift, axis=1)
        _add_ink(canvas, ink, x, round(top - (1 + surroundings.above_gap) * height - run.top_px))
    if surroundings.below_gap is not None:
        ink = np.roll(run.ink, -shift, axis=1)
        _add_ink(canvas, ink, x, round(bottom + surroundings.below_gap * height - run.top_px))
    if surroundings.side_gap is not None:
        gap = abs(surroundings.side_gap) * height
        if surroundings.side_gap > 0:
            _add_ink(canvas, run.ink, round(right + gap - run.xyxy[0]), round(top - run.top_px))
        else:
            _add_ink(canvas, run.ink, round(left - gap - run.xyxy[2]), round(top - run.top_px))


def _add_rules(canvas: NDArray[np.uint8], box: tuple[float, float, float, float], surroundings: Surroundings) -> None:
    """Nothing; the rules are on `canvas` afterwards."""
    left, top, right, bottom = box
    height, width = canvas.shape
    gap, thick = surroundings.rule_gap * (bottom - top), surroundings.rule_width_px
    reach = max(gap, 0.12 * (bottom - top))
    value = round(255 * surroundings.rule_share)
    middle = (top + bottom) / 2
    spans: dict[Rule, list[tuple[float, float, float, float]]] = {
        "under": [(0, bottom + gap, width, bottom + gap + thick)],
        "over": [(0, top - gap - thick, width, top - gap)],
        "left": [(left - reach - thick, 0, left - reach, height)],
        "right": [(right + reach, 0, right + reach + thick, height)],
        "strike": [(left, middle, right, middle + min(thick, 1.5))],
        "box": [
            (left - reach, top - gap - thick, right + reach, top - gap),
            (left - reach, bottom + gap, right + reach, bottom + gap + thick),
            (left - reach - thick, top - gap - thick, left - reach, bottom + gap + thick),
            (right + reach, top - gap - thick, right + reach + thick, bottom + gap + thick),
        ],
    }
    for rule in surroundings.rules:
        for span in spans[rule]:
            x0, y0, x1, y1 = (max(0, round(v)) for v in span)
            part = canvas[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
            np.maximum(part, np.uint8(value), out=part)


def cut_strip(canvas: NDArray[np.uint8], frame: Frame, bend: Bend) -> NDArray[np.uint8]:
    """The strip's coverage at the size it was drawn, tilted and bent as asked."""
    left, top, right, bottom = frame.xyxy
    width, height = max(4, round(right - left)), max(6, round(bottom - top))
    if bend == Bend():
        return _slice(canvas, round(left), round(top), width, height)
    unit = frame.box_height_px
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    # Long lines only bear so much tilt before their ends leave the strip.
    limit = math.degrees(math.atan(0.24 * unit / max(right - left, unit)))
    angle = math.radians(max(-limit, min(limit, bend.tilt_deg)))
    middle = corners.mean(axis=0)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    corners = (corners - middle) @ turn.T + middle
    if bend.corners:
        corners = corners + np.reshape(bend.corners, (4, 2)) * unit
    target = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    matrix = cv2.getPerspectiveTransform(target - 0.5, corners.astype(np.float32) - 0.5)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    strip = np.asarray(cv2.warpPerspective(canvas, matrix, (width, height), flags=flags), dtype=np.uint8)
    return _bow(strip, bend.bow * unit) if bend.bow else strip


def _slice(canvas: NDArray[np.uint8], x: int, y: int, width: int, height: int) -> NDArray[np.uint8]:
    result = np.zeros((height, width), np.uint8)
    _add_ink(result, canvas, -x, -y)
    return result


def _bow(strip: NDArray[np.uint8], sag_px: float) -> NDArray[np.uint8]:
    """The strip with its middle `sag_px` lower than its ends."""
    height, width = strip.shape
    x = np.linspace(-1, 1, width, dtype=np.float32)
    drop = np.float32(sag_px) * (0.5 - x * x)
    map_x = np.broadcast_to(np.arange(width, dtype=np.float32), (height, width))
    map_y = np.arange(height, dtype=np.float32)[:, None] - drop[None, :]
    return np.asarray(cv2.remap(strip, np.ascontiguousarray(map_x), map_y, cv2.INTER_LINEAR), dtype=np.uint8)


def apply_colours(
    ink: NDArray[np.uint8], look: StripLook, photos: PhotoLibrary, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """The strip in grey levels: ground, then shadow, then outline, then letters."""
    height, width = ink.shape
    ground = draw_ground(rng, look, width, height, photos)
    colours = look.colours
    if look.panel is not None:
        _surround_panel(ground, look.panel, look.margins)
    if colours.shadow is not None:
        step = max(1, round(0.05 * height))
        soft = cv2.GaussianBlur(np.roll(ink, (step, step), axis=(0, 1)), (0, 0), 0.6 + 0.03 * height)
        ground = _blend(ground, np.asarray(soft, dtype=np.uint8), colours.shadow, 0.8)
    if colours.outline is not None:
        side = 2 * max(1, round(look.outline_px)) + 1
        ring = cv2.dilate(ink, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
        ground = _blend(ground, np.asarray(ring, dtype=np.uint8), colours.outline, 1.0)
    return np.clip(_blend(ground, ink, colours.ink, 1.0), 0, 255).astype(np.uint8)


def _surround_panel(ground: NDArray[np.float32], panel: Panel, margins: Margins) -> None:
    """Nothing; `ground` has the panel's other level outside the panel afterwards."""
    height, width = ground.shape
    unit = height / (1 + margins.top + margins.bottom)
    top, bottom = round((margins.top - panel.gap) * unit), round(height - (margins.bottom - panel.gap) * unit)
    # Plates are wider than their text by more than they are higher.
    left = round((margins.left - 2 * panel.gap) * unit)
    right = round(width - (margins.right - 2 * panel.gap) * unit)
    for part in (ground[: max(top, 0)], ground[bottom:], ground[:, : max(left, 0)], ground[:, right:]):
        part[...] = panel.level


def _blend(ground: NDArray[np.float32], ink: NDArray[np.uint8], level: float, share: float) -> NDArray[np.float32]:
    cover = ink * np.float32(share / 255)
    return ground + (np.float32(level) - ground) * cover


def draw_ground(
    rng: np.random.Generator, look: StripLook, width: int, height: int, photos: PhotoLibrary
) -> NDArray[np.float32]:
    """(H, W) float32 grey levels of what the line lies on."""
    paper, strength = np.float32(look.colours.paper), np.float32(look.ground_strength)
    if look.ground == "plain":
        return np.full((height, width), paper, np.float32)
    if look.ground == "gradient":
        return paper + strength * (draw_gradient(rng, width, height) - np.float32(0.5))
    if look.ground == "weave":
        return paper + strength * draw_weave(rng, width, height) * np.float32(0.5)
    if look.ground == "halftone":
        direction = np.float32(1 if look.colours.ink > look.colours.paper else -1)
        return paper + direction * strength * draw_halftone(rng, width, height)
    if look.ground == "paper":
        coarse = draw_field(rng, width, height, 3.0 * height)
        fine = draw_field(rng, width, height, max(2.0, 0.15 * height))
        return paper + strength * (coarse + np.float32(0.35) * fine)
    crop = photos.draw_crop(rng, width, height, grey=True).astype(np.float32)
    low, high = float(crop.min()), float(crop.max())
    return paper + strength * ((crop - np.float32(low)) / np.float32(max(high - low, 24.0)) - np.float32(0.5))


def apply_damage(grey: NDArray[np.uint8], damage: Damage) -> NDArray[np.uint8]:
    """The strip after lens, sensor, scanner and compression, in this order."""
    if damage.blur is not None:
        grey = effects.apply_blur(grey, damage.blur)
    if damage.resample is not None:
        grey = effects.apply_resample(grey, damage.resample)
    if damage.tone is not None:
        grey = effects.apply_tone(grey, damage.tone)
    if damage.noise is not None:
        grey = effects.apply_noise(grey, damage.noise)
    if damage.sharpen:
        grey = effects.apply_sharpen(grey, damage.sharpen)
    if damage.threshold is not None:
        grey = effects.apply_threshold(grey, damage.threshold)
    if damage.jpeg_quality is not None:
        grey = effects.apply_jpeg(grey, damage.jpeg_quality)
    return grey
