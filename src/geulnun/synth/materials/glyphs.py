"""One run of text as ink and exact character boxes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from geulnun.core.geometry import Quad
from geulnun.core.hangul import is_syllable
from geulnun.synth.materials.fonts import Face, FontLibrary

# Room around the reference extent for ink beyond it: brackets, descenders, flourishes.
_OVERSHOOT_EM = 0.35
_SIDE_EM = 0.3
# Least height of boxes around ink, and that of capitals, over the height of the font's Hangul.
_TIGHTEST_RATIO = 0.55
_CAPITAL_RATIO = 0.74


@dataclass(frozen=True, slots=True, kw_only=True)
class GlyphRun:
    """Text drawn on one straight baseline, in pixels of its own ink.

    Attributes:
        text: what was drawn.
        ink: (H, W) uint8 coverage, 255 = full ink. There is room around the text for ink beyond the boxes.
        spans: (N, 2) float64, left and right of each character: pen advance, or the ink where it is wider.
        top_px: upper edge of every character box: the font's highest Hangul ink.
        bottom_px: lower edge of every character box: the font's lowest Hangul ink.
        baseline_px: y of the baseline.
        size_px: em size.
    """

    text: str
    ink: NDArray[np.uint8]
    spans: NDArray[np.float64]
    top_px: float
    bottom_px: float
    baseline_px: float
    size_px: float

    @property
    def quads(self) -> list[Quad | None]:
        """Box of each character of `text`, None for a space."""
        return [
            None if char == " " else Quad.from_xyxy(left, self.top_px, right, self.bottom_px)
            for char, (left, right) in zip(self.text, self.spans.tolist(), strict=True)
        ]

    @property
    def xyxy(self) -> tuple[float, float, float, float]:
        """The line box: bounds of all characters that are not spaces."""
        inked = [i for i, char in enumerate(self.text) if char != " "]
        spans = self.spans[inked] if inked else self.spans
        return float(spans[:, 0].min()), self.top_px, float(spans[:, 1].max()), self.bottom_px


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How a run is set.

    Attributes:
        size_px: em size.
        spacing_px: added to every advance.
        word_spacing_px: added to the advance of a space.
        width_ratio: width over normal width (the 장평 of Korean word processors).
        jitter_px: standard deviation of each character's vertical shift, for hand-set and handwritten lines.
        slant: horizontal shear, positive leans right.
        wide_gap: a space and what is added to its advance, in pixels, as between the columns of a menu; None for none.
    """

    size_px: float
    spacing_px: float = 0.0
    word_spacing_px: float = 0.0
    width_ratio: float = 1.0
    jitter_px: float = 0.0
    slant: float = 0.0
    wide_gap: tuple[int, float] | None = None


def choose_faces(
    text: str, face: Face, fonts: FontLibrary, latin: Face | None = None, rng: np.random.Generator | None = None
) -> list[Face]:
    """The face that draws each character: `latin` for ASCII if given, `face`, or a fallback as in browsers.

    With a generator, every other fallback is any face that has the character, so that rare symbols are seen in all
    their shapes.
    """
    faces = []
    for char in text:
        if latin is not None and "!" <= char <= "~" and latin.draws(char):
            faces.append(latin)
        elif face.draws(char):
            faces.append(face)
        else:
            faces.append(_choose_fallback(char, fonts, rng) or face)
    return faces


def _choose_fallback(char: str, fonts: FontLibrary, rng: np.random.Generator | None) -> Face | None:
    if rng is None or rng.random() < 0.5:
        return fonts.find_fallback(char)
    able = fonts.list_drawing(char)
    return able[int(rng.integers(len(able)))] if able else None


def draw_run(
    text: str,
    faces: list[Face],
    setting: Setting,
    *,
    primary: Face | None = None,
    rng: np.random.Generator | None = None,
    scales: Sequence[float] | None = None,
    lifts: Sequence[float] | None = None,
) -> GlyphRun:
    """`text` on one baseline as ink and character boxes.

    Args:
        text: one line, no line breaks.
        faces: face of each character (`choose_faces`).
        setting: size, spacing and the like.
        primary: face whose Hangul extent gives the boxes their top and bottom; the first of `faces` unless given.
        rng: needed for `setting.jitter_px` only.
        scales: size of each character over the setting's, at most 1; the boxes stay those of the full size.
        lifts: how far each character is raised above the baseline, over the size, as superscripts are.
    """
    primary = primary or faces[0]
    size = setting.size_px
    # Condensed letters are drawn larger and then squeezed, so that their stems stay sharp.
    over = 2.0 if setting.width_ratio != 1.0 and size < 20 and not primary.native_px else 1.0
    em = size * over
    stretch = setting.width_ratio
    left_px, top_px = _SIDE_EM * em, (primary.top_em + _OVERSHOOT_EM) * em
    ems = [em] * len(text) if scales is None else [em * scale for scale in scales]
    pens, advances = _set_pens(text, faces, ems, setting, over, left_px)
    width = int(np.ceil(pens[-1] + advances[-1] + _SIDE_EM * em)) + 1
    height = int(np.ceil(top_px + (primary.bottom_em + _OVERSHOOT_EM) * em)) + 1
    baseline = round(top_px)
    canvas = Image.new("L", (width, height))
    drop = _draw_drops(len(text), setting.jitter_px * over, rng)
    if lifts is not None:
        drop = [down - lift * em for down, lift in zip(drop, lifts, strict=True)]
    spans = _paint(canvas, text, faces, ems, pens, advances, baseline, drop)
    ink = np.asarray(canvas)
    if stretch != 1.0 or over != 1.0:
        ink, spans = _resize(ink, spans, stretch / over, 1 / over, square=primary.native_px is not None)
    run = GlyphRun(
        text=text,
        ink=ink,
        spans=spans,
        top_px=(baseline - primary.top_em * em) / over,
        bottom_px=(baseline + primary.bottom_em * em) / over,
        baseline_px=baseline / over,
        size_px=size,
    )
    return run if setting.slant == 0 else _slant(run, setting.slant)


def _set_pens(
    text: str, faces: list[Face], ems: Sequence[float], setting: Setting, over: float, left_px: float
) -> tuple[list[float], list[float]]:
    """Pen position and advance of each character, before squeezing."""
    spacing = setting.spacing_px * over / setting.width_ratio
    word_spacing = setting.word_spacing_px * over / setting.width_ratio
    pens, advances, pen = [], [], left_px
    wide_at, wide_px = setting.wide_gap or (-1, 0.0)
    for i, (char, face, em) in enumerate(zip(text, faces, ems, strict=True)):
        advance = face.advance_em(char) * em + (wide_px * over / setting.width_ratio if i == wide_at else 0.0)
        pens.append(pen)
        advances.append(advance)
        pen += max(advance + spacing + (word_spacing if char == " " else 0.0), 0.1 * advance)
    return pens, advances


def _draw_drops(count: int, jitter_px: float, rng: np.random.Generator | None) -> list[float]:
    if not jitter_px or rng is None:
        return [0.0] * count
    drops: list[float] = (rng.standard_normal(count) * jitter_px).tolist()
    return drops


def _paint(
    canvas: Image.Image,
    text: str,
    faces: list[Face],
    ems: Sequence[float],
    pens: list[float],
    advances: list[float],
    baseline: int,
    drops: list[float],
) -> NDArray[np.float64]:
    """Draw the characters on `canvas` in place; returns (N, 2) left and right of each."""
    draw_bitmap: Callable[..., Any] = ImageDraw.Draw(canvas).draw.draw_bitmap
    spans = np.empty((len(text), 2))
    opened: dict[tuple[Face, float], ImageFont.FreeTypeFont] = {}
    rows = zip(text, faces, ems, pens, advances, drops, strict=True)
    for i, (char, face, em, pen, advance, drop) in enumerate(rows):
        spans[i] = pen, pen + advance
        if char == " ":
            continue
        whole = int(pen)
        font = opened.get((face, em)) or opened.setdefault((face, em), face.at(em))
        if face.native_px:
            mask, (x, y) = font.getmask2(char, mode="1", anchor="ls")
        else:
            mask, (x, y) = font.getmask2(char, mode="L", anchor="ls", start=(pen - whole, 0))
        width, height = mask.size
        if not width or not height:
            continue
        left = whole + x
        draw_bitmap((left, baseline + y + round(drop)), mask, 255)
        # The mask covers pen advance and ink in whole pixels; beside small letters a pixel is half a word gap.
        inked = mask.getbbox()
        if inked:
            spans[i] = min(pen, left + inked[0]), max(pen + advance, left + inked[2])
    return spans


def _resize(
    ink: NDArray[np.uint8], spans: NDArray[np.float64], ratio_x: float, ratio_y: float, *, square: bool
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    height, width = ink.shape
    size = max(1, round(width * ratio_x)), max(1, round(height * ratio_y))
    method = cv2.INTER_AREA if ratio_x <= 1 and ratio_y <= 1 else cv2.INTER_LINEAR
    if square and ratio_x >= 1:
        method = cv2.INTER_NEAREST  # pixels of bitmaps stay pixels
    return np.asarray(cv2.resize(ink, size, interpolation=method), dtype=np.uint8), spans * (size[0] / width)


def tighten_run(run: GlyphRun, share: float) -> GlyphRun:
    """`run` with the upper and lower edge of its boxes moved towards its ink by `share` (0..1).

    Without Hangul the boxes keep the height of capitals, or small letters would look like them.
    """
    rows = np.flatnonzero((run.ink > 96).any(axis=1))
    if not len(rows):
        return run
    top, bottom = float(rows[0]), float(rows[-1] + 1)
    if not any(map(is_syllable, run.text)):
        top = min(top, run.baseline_px - _CAPITAL_RATIO * (run.bottom_px - run.top_px))
        bottom = max(bottom, run.baseline_px)
    lacking = max(0.0, _TIGHTEST_RATIO * (run.bottom_px - run.top_px) - (bottom - top)) / 2
    return replace(
        run,
        top_px=run.top_px + share * (top - lacking - run.top_px),
        bottom_px=run.bottom_px + share * (bottom + lacking - run.bottom_px),
    )


def _slant(run: GlyphRun, slant: float) -> GlyphRun:
    """`run` sheared about its baseline; boxes keep their place, as for a synthetic italic."""
    matrix = np.array([[1, -slant, slant * run.baseline_px], [0, 1, 0]])
    height, width = run.ink.shape
    ink = cv2.warpAffine(run.ink, matrix, (width, height), flags=cv2.INTER_LINEAR)
    return replace(run, ink=np.asarray(ink, dtype=np.uint8))
