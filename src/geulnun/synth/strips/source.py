"""Lines of text as the recogniser sees them: (seed, index) -> grey strip and text.

A strip is drawn directly, without a page around it, and then cut as loosely as reading cuts real lines.
"""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from geulnun.core.geometry import Quad, cut_quad
from geulnun.core.random_streams import open_rng
from geulnun.data.sample import StripSample
from geulnun.runtime.recognition.prepare_strip import MIN_STRIP_WIDTH_PX, STRIP_HEIGHT_PX
from geulnun.synth.effects.damage import apply_ink_damage, apply_picture_damage
from geulnun.synth.effects.effect import Damage
from geulnun.synth.effects.ink.fattening import Fattening, apply_fattening, draw_fattening
from geulnun.synth.effects.ink.spread import Spread
from geulnun.synth.materials.corpus import Corpus
from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.glyphs import GlyphRun, choose_faces, draw_run, tighten_run
from geulnun.synth.materials.icons import draw_icon
from geulnun.synth.materials.photos import Photos
from geulnun.synth.materials.planes import draw_dot_screen, draw_plane, draw_ramp, draw_weave
from geulnun.synth.strips.empty import draw_empty_strip
from geulnun.synth.strips.look import draw_look
from geulnun.synth.strips.look_parts import Bend, Icon, Margins, Panel, Rule, Stamp, StripLook, Surroundings

MAX_STRIP_RATIO = 37.0
"""Widest strip over its height: 1,184 px at 32 px, what training batches are made for."""

EMPTY_SHARE = 0.02
"""Strips without text, which teach that nothing is written there."""

Box = tuple[float, float, float, float]

_FATTENED_SHARE = 0.06  # few free faces are as heavy as those of posters and signs
_LEAST_FATTENED_PX = 16.0  # a letter's height, below which broad strokes leave no gap
_DRAFT_PX = 56.0  # letters are brought to this height at least while their strokes grow
_MOST_FATTENED = 0.68  # of a line's box that ink may cover

# Room around what is cut, for the pixels that interpolation looks at.
_EDGE_PX = 2


class StripSource:
    """Endless strips for the recogniser; the same seed and index give the same strip on every machine.

    Picklable: fonts and photographs travel as paths, the corpus as its folder. Photographs are those beside the
    fonts unless given. The strips are 32 px high unless told otherwise.
    """

    def __init__(
        self,
        seed: int,
        fonts: FontLibrary,
        corpus: Corpus,
        photos: Photos | None = None,
        height_px: int = STRIP_HEIGHT_PX,
        fattened_share: float = 0.0,
    ) -> None:
        self.height_px, self.fattened_share = height_px, fattened_share
        self.seed = seed
        self.fonts = fonts
        self.corpus = corpus
        self.photos = photos or Photos.beside(fonts.folder)

    @classmethod
    def read(
        cls,
        seed: int,
        materials: str | Path,
        corpus: str | Path | None = None,
        *,
        split: str = "train",
        height_px: int = STRIP_HEIGHT_PX,
    ) -> "StripSource":
        """A source with the fonts and texts of one split, "train" or "validation".

        Args:
            seed: settles every strip together with the index.
            materials: folder written by scripts/materials.
            corpus: folder of UTF-8 text, None for the built-in generators alone.
            split: which font families and which lines of the corpus are drawn from.
            height_px: of the strips.

        Raises:
            InputError: the materials or the corpus cannot be read.
        """
        texts = Corpus.read(corpus, split="validation" if split == "validation" else "train")
        # Validation is of faces as they are.
        share = _FATTENED_SHARE if split == "train" else 0.0
        return cls(seed, FontLibrary.read(materials).split(split), texts, height_px=height_px, fattened_share=share)

    def draw(self, index: int) -> StripSample:
        """The strip of that number: grey (H, w) uint8 and its text, which is empty for a few."""
        rng = open_rng(self.seed, index, stream="strips")
        text = self.corpus.draw_text(rng, "strip")
        if rng.random() < EMPTY_SHARE:
            return StripSample(image=_widen(draw_empty_strip(rng, self.photos, self.height_px)), text="")
        look = draw_look(rng, text, self.fonts)
        if rng.random() < self.fattened_share:
            look = replace(look, fattening=draw_fattening(rng, 1.0))
        return apply_look(text, look, self.fonts, self.photos, self.height_px)


def apply_look(
    text: str, look: StripLook, fonts: FontLibrary, photos: Photos, height_px: int = STRIP_HEIGHT_PX
) -> StripSample:
    """The strip of `text` in this look; a text too long for it loses words at its end."""
    rng = look.open_rng()
    run = draw_fitting_run(text, look, fonts, rng)
    if look.fattening is not None:
        run = fatten_run(run, look.fattening)
    ink, frame = place_ink(run, look, rng)
    damage = restrain_damage(look.damage, run)
    ink = apply_ink_damage(ink, damage)
    if look.bend.bow:
        ink = _bow(ink, look.bend.bow * frame.height_px)
    grey = apply_picture_damage(apply_colours(ink, frame, look, photos, rng), damage)
    # The very cut that reading makes, so that letters are resampled alike.
    return StripSample(image=_widen(cut_quad(grey, frame.quad, height_px)), text=run.text)


def fatten_run(run: GlyphRun, fattening: Fattening) -> GlyphRun:
    """The run with broader strokes; as it was where it is too small or too heavy for that."""
    letter_px = run.bottom_px - run.top_px
    if letter_px < _LEAST_FATTENED_PX:
        return run
    height, width = run.ink.shape
    scale = math.ceil(_DRAFT_PX / letter_px)
    draft = cv2.resize(run.ink, (width * scale, height * scale), interpolation=cv2.INTER_CUBIC)
    reach_px = fattening.reach_px * letter_px * scale
    grown = apply_fattening(np.asarray(draft, np.uint8), replace(fattening, reach_px=reach_px))
    margin = (grown.shape[0] - draft.shape[0]) // 2
    cut = grown[margin : margin + draft.shape[0], margin : margin + draft.shape[1]]
    left, top, right, bottom = (max(0, round(edge)) for edge in run.xyxy)
    ink = np.asarray(cv2.resize(cut, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    box = ink[top:bottom, left:right]
    return run if box.sum() > 255 * _MOST_FATTENED * box.size else replace(run, ink=ink)


def _widen(strip: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The strip, at least as wide as the recogniser takes it."""
    lacking = MIN_STRIP_WIDTH_PX - strip.shape[1]
    return strip if lacking <= 0 else np.pad(strip, ((0, 0), (0, lacking)), mode="edge")


def restrain_damage(damage: Damage, run: GlyphRun) -> Damage:
    """Less running where letters are nearly full of ink already, less thinning where they have little to lose."""
    spread = damage.find(Spread)
    if spread is None:
        return damage
    left, top, right, bottom = (max(0, round(edge)) for edge in run.xyxy)
    cover = float(run.ink[top:bottom, left:right].mean()) / 255 if right > left and bottom > top else 0.25
    share = (0.52 - cover) / 0.22 if spread.amount_px > 0 else (cover - 0.07) / 0.1
    return damage.adding(replace(spread, amount_px=spread.amount_px * min(1.0, max(0.1, share))))


def draw_fitting_run(text: str, look: StripLook, fonts: FontLibrary, rng: np.random.Generator) -> GlyphRun:
    """The run of `text`, shortened until the strip is no wider than the widest allowed."""
    while True:
        run = draw_accented_run(text, look, fonts, rng)
        if look.tight:
            run = tighten_run(run, look.tight)
        left, top, right, bottom = run.xyxy
        ratio = (right - left) / ((bottom - top) * (1 + look.margins.top + look.margins.bottom))
        if ratio <= MAX_STRIP_RATIO - 2 or len(text) < 2:
            return run
        keep = max(1, int(len(text) * (MAX_STRIP_RATIO - 2) / ratio))
        cut = text.rfind(" ", 0, keep + 1)
        text = text[: cut if cut > 0 else keep].rstrip()


def draw_accented_run(text: str, look: StripLook, fonts: FontLibrary, rng: np.random.Generator) -> GlyphRun:
    """The run of `text` with its accented part in its own face, size and paleness."""
    faces = choose_faces(text, look.face, fonts, look.latin, rng)
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
    """Where on a canvas the line is and what of it becomes the strip.

    Attributes:
        box: (left, top, right, bottom) of the line box.
        quad: what is cut out: the box with its margins, tilted and bent.
    """

    box: Box
    quad: Quad

    @property
    def height_px(self) -> float:
        """Height of the line box."""
        return self.box[3] - self.box[1]


def place_ink(run: GlyphRun, look: StripLook, rng: np.random.Generator) -> tuple[NDArray[np.uint8], Frame]:
    """A canvas with the run, its neighbours and rules as coverage, just large enough for its frame."""
    quad = find_quad(run.xyxy, look.margins, look.bend)
    left, top, right, bottom = quad.xyxy
    # Whole pixels, so that placing does not soften the letters.
    dx, dy = _EDGE_PX - math.floor(left), _EDGE_PX - math.floor(top)
    canvas = np.zeros((math.ceil(bottom) + dy + _EDGE_PX, math.ceil(right) + dx + _EDGE_PX), np.uint8)
    _add_ink(canvas, run.ink, dx, dy)
    x0, y0, x1, y1 = run.xyxy
    frame = Frame(box=(x0 + dx, y0 + dy, x1 + dx, y1 + dy), quad=quad.shifted(dx, dy))
    _add_neighbours(canvas, run, frame.box, look.surroundings, look.texture_seed)
    _add_rules(canvas, frame.box, look.surroundings)
    if look.icon is not None:
        _add_icon(canvas, frame.box, look.icon, rng)
    return canvas, frame


def _add_icon(canvas: NDArray[np.uint8], box: Box, icon: Icon, rng: np.random.Generator) -> None:
    """Nothing; the icon is on `canvas` beside the line afterwards."""
    left, top, right, bottom = box
    height = bottom - top
    side = max(4, round(icon.size * height))
    x = right + icon.gap * height if icon.gap > 0 else left + icon.gap * height - side
    _add_ink(canvas, draw_icon(rng, icon.kind, side), round(x), round((top + bottom - side) / 2))


def find_quad(box: Box, margins: Margins, bend: Bend) -> Quad:
    """The quad that is cut for a line box: its margins added, turned, its corners shifted."""
    left, top, right, bottom = box
    unit = bottom - top
    left, right = left - margins.left * unit, right + margins.right * unit
    top, bottom = top - margins.top * unit, bottom + margins.bottom * unit
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    if bend.tilt_deg:
        # Long lines only bear so much tilt before their ends leave the strip.
        limit = math.degrees(math.atan(0.24 * unit / max(right - left, unit)))
        angle = math.radians(max(-limit, min(limit, bend.tilt_deg)))
        middle = corners.mean(axis=0)
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        corners = (corners - middle) @ turn.T + middle
    if bend.corners:
        corners = corners + np.reshape(bend.corners, (4, 2)) * unit
    return Quad.from_array(corners)


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
    box: Box,
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


def _add_rules(canvas: NDArray[np.uint8], box: Box, surroundings: Surroundings) -> None:
    """Nothing; the rules are on `canvas` afterwards."""
    left, top, right, bottom = box
    height, width = canvas.shape
    gap, thick = surroundings.rule_gap * (bottom - top), surroundings.rule_width_px
    reach = max(gap, 0.12 * (bottom - top))
    value = round(255 * surroundings.rule_share)
    middle = (top + bottom) / 2
    spans: dict[Rule, list[Box]] = {
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


def _bow(strip: NDArray[np.uint8], sag_px: float) -> NDArray[np.uint8]:
    """The canvas with its middle `sag_px` lower than its ends."""
    height, width = strip.shape
    x = np.linspace(-1, 1, width, dtype=np.float32)
    drop = np.float32(sag_px) * (0.5 - x * x)
    map_x = np.broadcast_to(np.arange(width, dtype=np.float32), (height, width))
    map_y = np.arange(height, dtype=np.float32)[:, None] - drop[None, :]
    return np.asarray(cv2.remap(strip, np.ascontiguousarray(map_x), map_y, cv2.INTER_LINEAR), dtype=np.uint8)


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
    """Nothing; `ground` has the panel's other level outside the panel afterwards."""
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
