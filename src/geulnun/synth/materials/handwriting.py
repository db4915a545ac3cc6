"""Lines as a hand writes them: strokes of a pen, uneven in size, place and spacing, on a baseline that wanders."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from geulnun.core.hangul import is_syllable
from geulnun.synth.materials.glyphs import GlyphRun
from geulnun.synth.materials.letter_shapes import Path, draw_ring
from geulnun.synth.materials.pen_strokes import (
    Hand,
    Strokes,
    count_strokes_abreast,
    draw_hand,
    draw_syllable,
)

_DRAFT_PX = 72.0  # a letter's side while its strokes are drawn
_SIDE = 0.35  # room around the line for ink beyond it, in sides
_MOST_FILLED = 0.42  # of a letter's side, by strokes side by side


def _round(x: float, y: float, width: float, height: float) -> Path:
    """An oval about a centre, from its top on."""
    return draw_ring((x - width / 2, y - height / 2, x + width / 2, y + height / 2))[::-1]


# The ways of writing figures and marks, in a box as high as a letter; the width of the box is over that height.
_DOT: Path = ((0.48, 0.97), (0.55, 1.0))
_SHAPES: dict[str, tuple[float, tuple[tuple[Path, ...], ...]]] = {
    "0": (0.5, ((_round(0.5, 0.5, 0.95, 1.0),),)),
    "1": (0.25, ((((0.5, 0), (0.5, 1)),), (((0.55, 0), (0.4, 1)),), (((0.2, 0.2), (0.55, 0), (0.5, 1)),))),
    "2": (0.5, ((((0.05, 0.2), (0.5, 0), (0.95, 0.25), (0.05, 1), (1, 0.98)),),)),
    "3": (0.5, ((((0.1, 0.08), (0.6, 0), (0.9, 0.25), (0.4, 0.47), (0.95, 0.72), (0.55, 1), (0, 0.92)),),)),
    "4": (
        0.55,
        (
            (((0.7, 1), (0.7, 0), (0, 0.66), (1, 0.66)),),
            (((0.15, 0), (0.05, 0.55), (1, 0.52)), ((0.72, 0.2), (0.68, 1))),
        ),
    ),
    "5": (
        0.5,
        (
            (((0.95, 0), (0.15, 0), (0.08, 0.45), (0.65, 0.4), (0.98, 0.7), (0.55, 1), (0, 0.93)),),
            (((0.15, 0), (0.08, 0.45), (0.65, 0.4), (0.98, 0.7), (0.55, 1), (0, 0.93)), ((0.15, 0), (0.95, 0.02))),
        ),
    ),
    "6": (0.5, ((((0.75, 0), (0.15, 0.5), (0.05, 0.85), (0.5, 1), (0.95, 0.78), (0.55, 0.52), (0.08, 0.75)),),)),
    "7": (
        0.5,
        (
            (((0, 0.02), (1, 0), (0.35, 1)),),
            (((0.02, 0.3), (0.02, 0.02), (1, 0), (0.6, 1)),),
        ),
    ),
    "8": (0.5, ((((0.9, 0.15), (0.5, 0), (0.1, 0.2), (0.9, 0.75), (0.5, 1), (0.08, 0.78), (0.92, 0.18)),),)),
    "9": (0.5, ((((0.92, 0.25), (0.5, 0), (0.06, 0.28), (0.5, 0.5), (0.93, 0.22), (0.85, 1)),),)),
    ".": (0.2, ((_DOT,),)),
    ",": (0.22, ((((0.6, 0.9), (0.3, 1.12)),),)),
    ":": (0.25, ((((0.48, 0.4), (0.55, 0.43)), ((0.48, 0.82), (0.55, 0.85))),)),
    "-": (0.4, ((((0.05, 0.52), (0.95, 0.5)),),)),
    "/": (0.4, ((((0.95, 0), (0.05, 1)),),)),
    "(": (0.3, ((((0.8, -0.05), (0.25, 0.3), (0.25, 0.7), (0.8, 1.05)),),)),
    ")": (0.3, ((((0.2, -0.05), (0.75, 0.3), (0.75, 0.7), (0.2, 1.05)),),)),
    "~": (0.55, ((((0, 0.58), (0.25, 0.44), (0.7, 0.58), (1, 0.44)),),)),
    "!": (0.25, ((((0.5, 0), (0.48, 0.7)), _DOT),)),
    "?": (0.45, ((((0.1, 0.15), (0.5, 0), (0.85, 0.25), (0.45, 0.5), (0.45, 0.72)), _DOT),)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Handwriting:
    """How a line is written.

    Attributes:
        hand: how letters are made.
        letter_px: side of a usual letter.
        pen: width of the pen over that side.
        width: of a letter over its height.
        gap: between letters, over the side.
        space: added between words, over the side.
        slant: shear of all letters, positive leans right.
        uneven: standard deviation of sizes and of places, over the side.
    """

    hand: Hand
    letter_px: float
    pen: float
    width: float
    gap: float
    space: float
    slant: float
    uneven: float


def can_be_written(text: str) -> bool:
    """Whether there are strokes for every character."""
    return all(char == " " or char in _SHAPES or is_syllable(char) for char in text)


def draw_handwriting(rng: np.random.Generator, letter_px: float) -> Handwriting:
    """A hand with its pen and its spacing; words stand clearly farther apart than letters."""
    gap = float(np.clip(rng.normal(0.06, 0.07), -0.06, 0.25))
    return Handwriting(
        hand=draw_hand(rng),
        letter_px=letter_px,
        pen=float(np.exp(rng.uniform(np.log(0.035), np.log(0.1)))),  # a fine ballpoint pen to a marker
        width=float(rng.uniform(0.72, 1.08)),
        gap=gap,
        space=max(gap, 0.0) + float(rng.uniform(0.25, 0.8)),
        slant=float(rng.normal(0, 0.08)),
        uneven=float(rng.uniform(0.01, 0.055)),
    )


def write_run(rng: np.random.Generator, text: str, how: Handwriting) -> GlyphRun:
    """`text`, for which `can_be_written` holds, as ink of a pen; boxes reach from the line's highest ink to its lowest.

    Spans are of each letter's own place; those of spaces lie between words.
    """
    side = _DRAFT_PX
    strokes: Strokes = []
    spans: list[tuple[float, float]] = []
    pen_x, drift = _SIDE, 0.0
    for char in text:
        if char == " ":
            spans.append((pen_x, pen_x + how.space))
            pen_x += how.space
            continue
        drift = 0.8 * drift + float(rng.normal(0, how.uneven))
        letter, width = _draw_char(rng, char, how)
        size = float(np.clip(rng.normal(1.0, 1.3 * how.uneven), 0.85, 1.15))
        # Letters stand on the line, smaller ones too.
        place = np.array([pen_x, _SIDE + drift + 1 - size])
        strokes += [stroke * (width * size, size) + place for stroke in letter]
        spans.append((pen_x, pen_x + width * size))
        pen_x += width * size + max(how.gap + float(rng.normal(0, how.uneven)), -0.12)
    slanted = [stroke + np.outer(_SIDE + 1 - stroke[:, 1], (how.slant, 0.0)) for stroke in strokes]
    return _ink_strokes(text, slanted, np.array(spans) * side, how, (pen_x + _SIDE + abs(how.slant)) * side)


def _draw_char(rng: np.random.Generator, char: str, how: Handwriting) -> tuple[Strokes, float]:
    """Strokes in the unit square, and the width over the height that they are meant for."""
    if is_syllable(char):
        return draw_syllable(rng, char, how.hand), how.width
    width, shapes = _SHAPES[char]
    shape = shapes[int(rng.integers(len(shapes)))]
    shaken = [np.array(path) + np.clip(rng.normal(0, how.hand.shake, (len(path), 2)), -0.08, 0.08) for path in shape]
    return shaken, width * float(rng.uniform(0.85, 1.15))


def _ink_strokes(
    text: str, strokes: Strokes, spans: NDArray[np.float64], how: Handwriting, width_px: float
) -> GlyphRun:
    """The run of strokes given in sides, drawn large and brought to its size."""
    draft = np.zeros((round((1 + 2 * _SIDE) * _DRAFT_PX), max(1, round(width_px))), np.uint8)
    most = max((count_strokes_abreast(char) for char in text if is_syllable(char)), default=1.0)
    thickness = max(1, round(min(how.pen, _MOST_FILLED / most) * _DRAFT_PX))
    for stroke in strokes:
        points = np.round(stroke * _DRAFT_PX * 16).astype(np.int32)
        cv2.polylines(draft, [points], False, 255, thickness, cv2.LINE_AA, 4)
    scale = how.letter_px / _DRAFT_PX
    size = max(1, round(draft.shape[1] * scale)), max(1, round(draft.shape[0] * scale))
    ink = np.asarray(cv2.resize(draft, size, interpolation=cv2.INTER_AREA), np.uint8)
    rows = np.flatnonzero(ink.max(axis=1) > 64)
    return GlyphRun(
        text=text,
        ink=ink,
        spans=spans * scale,
        top_px=float(rows[0]) if len(rows) else 0.0,
        bottom_px=float(rows[-1] + 1) if len(rows) else float(size[1]),
        baseline_px=(_SIDE + 1) * how.letter_px,
        size_px=how.letter_px,
    )
