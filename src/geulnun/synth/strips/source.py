"""Lines of text as the recogniser sees them: (seed, index) -> grey strip and text.

A strip is drawn directly, without a page around it, and then cut as loosely as reading cuts real lines.
"""

import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from geulnun.core.charset import CHARSET_V1, Charset
from geulnun.core.geometry import cut_quad
from geulnun.core.random_streams import open_rng
from geulnun.data.sample import StripSample
from geulnun.runtime.recognition.prepare_strip import MIN_STRIP_WIDTH_PX, STRIP_HEIGHT_PX
from geulnun.synth.effects.damage import apply_ink_damage, apply_picture_damage
from geulnun.synth.effects.effect import Damage
from geulnun.synth.effects.ink.fattening import Fattening, apply_fattening, draw_fattening
from geulnun.synth.effects.ink.spread import Spread
from geulnun.synth.materials.corpus import Corpus, Split
from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.glyphs import GlyphRun, choose_faces, draw_run, tighten_run
from geulnun.synth.materials.handwriting import can_be_written, draw_handwriting, write_run
from geulnun.synth.materials.photos import Photos
from geulnun.synth.materials.read_split import read_split
from geulnun.synth.strips.colour import apply_colours
from geulnun.synth.strips.empty import draw_empty_strip
from geulnun.synth.strips.legibility import is_legible
from geulnun.synth.strips.look import draw_look
from geulnun.synth.strips.look_parts import StripLook
from geulnun.synth.strips.place_ink import bow_ink, place_ink
from geulnun.synth.strips.shorten import shorten_text

MAX_STRIP_RATIO = 37.0
"""Widest strip over its height: 1,184 px at 32 px, what training batches are made for."""

EMPTY_SHARE = 0.02
"""Strips without text, which teach that nothing is written there."""

_HANDWRITTEN_SHARE = 0.06  # of the texts that there are pen strokes for: four of five
_FIGURES_WRITTEN = 3.0  # times as often where most of the text is figures: forms are filled in with these
_LEAST_WRITTEN_PX = 16.0  # a letter's height, below which pen strokes run together
_FATTENED_SHARE = 0.06  # few free faces are as heavy as those of posters and signs
_LEAST_FATTENED_PX = 16.0  # a letter's height, below which broad strokes leave no gap
_DRAFT_PX = 56.0  # letters are brought to this height at least while their strokes grow
_MOST_FATTENED = 0.68  # of a line's box that ink may cover


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
        handwritten_share: float = 0.0,
        longest_text: int = 0,
        charset: Charset = CHARSET_V1,
    ) -> None:
        self.charset = charset
        self.height_px, self.longest_text = height_px, longest_text
        self.fattened_share, self.handwritten_share = fattened_share, handwritten_share
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
        split: Split = "train",
        height_px: int = STRIP_HEIGHT_PX,
        longest_text: int = 0,
        charset: Charset = CHARSET_V1,
    ) -> "StripSource":
        """A source with the fonts and texts of one split, "train" or "validation".

        Args:
            seed: settles every strip together with the index.
            materials: folder written by scripts/materials.
            corpus: folder of UTF-8 text, None for the built-in generators alone.
            split: which font families and which lines of the corpus are drawn from.
            height_px: of the strips.
            longest_text: characters of a text; 0 leaves texts as long as they are.
            charset: of the labels.

        Raises:
            InputError: the materials or the corpus cannot be read.
        """
        fonts, texts = read_split(materials, corpus, split)
        # Validation is of faces as they are.
        fattened, handwritten = (_FATTENED_SHARE, _HANDWRITTEN_SHARE) if split == "train" else (0.0, 0.0)
        return cls(
            seed,
            fonts,
            texts,
            height_px=height_px,
            fattened_share=fattened,
            handwritten_share=handwritten,
            longest_text=longest_text,
            charset=charset,
        )

    def draw(self, index: int) -> StripSample:
        """The strip of that number: grey (H, w) uint8 and its text, which is empty for a few."""
        rng, text = self._begin(index)
        if not text:
            return StripSample(image=_widen(draw_empty_strip(rng, self.photos, self.height_px)), text="")
        look = draw_look(rng, text, self.fonts)
        if rng.random() < self.fattened_share:
            look = replace(look, fattening=draw_fattening(rng, 1.0))
        elif rng.random() < self._choose_written_share(text) and can_be_written(text):
            letter_px = max(look.setting.size_px * look.face.body_em, _LEAST_WRITTEN_PX)
            look = replace(look, handwriting=draw_handwriting(rng, letter_px))
        return apply_look(text, look, self.fonts, self.photos, self.height_px, self.charset)

    def draw_text(self, index: int) -> str:
        """What is to stand in the strip of that number, without drawing it; it may lose words that have no room."""
        return self._begin(index)[1]

    def _begin(self, index: int) -> tuple[np.random.Generator, str]:
        rng = open_rng(self.seed, index, stream="strips")
        text = shorten_text(rng, self.corpus.draw_text(rng, "strip"), self.longest_text)
        return rng, "" if rng.random() < EMPTY_SHARE else text

    def _choose_written_share(self, text: str) -> float:
        figures = sum(map(str.isdigit, text)) * 2 > len(text)
        return self.handwritten_share * (_FIGURES_WRITTEN if figures else 1.0)


def apply_look(
    text: str,
    look: StripLook,
    fonts: FontLibrary,
    photos: Photos,
    height_px: int = STRIP_HEIGHT_PX,
    charset: Charset = CHARSET_V1,
) -> StripSample:
    """The strip of `text` in this look; a text too long loses words at its end, unwritable letters are □ in labels."""
    rng = look.open_rng()
    run = draw_fitting_run(text, look, fonts, rng)
    if look.fattening is not None:
        run = fatten_run(run, look.fattening)
    ink, frame = place_ink(run, look, rng)
    damage = restrain_damage(look.damage, run)
    worn = apply_ink_damage(ink, damage)
    if look.bend.bow:
        ink, worn = (bow_ink(each, look.bend.bow * frame.height_px) for each in (ink, worn))
    coloured = apply_colours(worn, frame, look, photos, rng)
    grey = apply_picture_damage(coloured, damage)
    if not is_legible(grey, ink, frame.box):
        grey = coloured if is_legible(coloured, ink, frame.box) else apply_colours(ink, frame, look, photos, rng)
    # Cut by the same function as in reading, so that letters are resampled in the same way.
    strip = _widen(cut_quad(grey, frame.quad, height_px))
    return StripSample(image=strip, text=charset.replace_unwritable(run.text))


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
    """The run of `text`, its accented part in its own face, size and paleness; or written by hand."""
    faces = choose_faces(text, look.face, fonts, look.latin, rng)
    if look.handwriting is not None:
        return write_run(rng, text, look.handwriting)
    accent = look.accent
    if accent is None or accent.start >= len(text):
        return draw_run(text, faces, look.setting, primary=look.face, rng=rng)
    start, stop = accent.start, min(accent.stop, len(text))
    faces[start:stop] = choose_faces(text[start:stop], accent.face, fonts, look.latin)
    whole = text[start:stop] == text
    scales = None if whole else [accent.scale if start <= i < stop else 1.0 for i in range(len(text))]
    lifts = None if whole else [accent.lift if start <= i < stop else 0.0 for i in range(len(text))]
    run = draw_run(text, faces, look.setting, primary=look.face, rng=rng, scales=scales, lifts=lifts)
    if accent.share < 1:
        left, right = round(run.spans[start, 0]), round(run.spans[stop - 1, 1])
        ink = run.ink.copy()
        ink[:, left:right] = (ink[:, left:right] * np.float32(accent.share)).astype(np.uint8)
        run = replace(run, ink=ink)
    return run
