"""Print in a grid of dots."""

from dataclasses import dataclass

import cv2
import numpy as np

from geulnun.core.arrays import Pixels
from geulnun.synth.effects.effect import Conditions, Effect
from geulnun.synth.effects.ink.breaks import Breaks
from geulnun.synth.effects.ink.fading import Fading
from geulnun.synth.effects.picture.threshold import Threshold

_LEAST_DOTTED_PX = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dots:
    """Ink in a grid of dots, as needle printers and light boards set it: `pitch_px` apart, `radius` in pitches."""

    pitch_px: float
    radius: float


def draw_dots(rng: np.random.Generator, letter_px: float) -> Dots:
    """16 to 24 dots to the height of a letter, from just touching to a little apart."""
    return Dots(pitch_px=letter_px / float(rng.uniform(16, 24)), radius=float(rng.uniform(0.42, 0.75)))


def apply_dots(ink: Pixels, dots: Dots) -> Pixels:
    """Ink where its dots are."""
    height, width = ink.shape
    rows, columns = (max(2, round(side / dots.pitch_px)) for side in (height, width))
    small = np.asarray(cv2.resize(ink, (columns, rows), interpolation=cv2.INTER_AREA))
    set_dots = np.where(small > 56, np.uint8(255), np.uint8(0))
    lit = cv2.resize(set_dots, (width, height), interpolation=cv2.INTER_NEAREST)
    y, x = ((np.arange(n, dtype=np.float32) + 0.5) * m / n % 1 - 0.5 for n, m in ((height, rows), (width, columns)))
    distance = np.sqrt(np.square(y)[:, None] + np.square(x)[None, :])
    share = np.clip((dots.radius - distance) * max(dots.pitch_px, 1.0) + 0.5, 0, 1)
    return np.asarray(lit * share, dtype=np.uint8)


def _draw(rng: np.random.Generator, where: Conditions) -> Dots | None:
    """None for letters too small for a grid, and for ink that is lost otherwise."""
    lost = any(where.drawn.find(kind) for kind in (Breaks, Fading, Threshold))
    return None if lost or where.letter_px <= _LEAST_DOTTED_PX else draw_dots(rng, where.letter_px)


EFFECT = Effect(parameters=Dots, draw=_draw, apply=apply_dots, shares={"scan": 0.07})
