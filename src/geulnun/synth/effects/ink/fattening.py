"""Strokes as broad as poster faces have them. Applied to a line before it is placed, so it is not in the table."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from geulnun.core.arrays import Pixels

# Of the letter's side: how far the edges of a line of text move at most.
_BOLDEST = 0.07


@dataclass(frozen=True, slots=True, kw_only=True)
class Fattening:
    """Strokes grown as broad as heavy display faces have them, the gaps between them left as slits.

    Attributes:
        reach_px: how far an edge moves.
        slit: least share of a gap that stays open, 0..0.6.
        square: whether strokes end in corners, as they grow, and not in rounds.
    """

    reach_px: float
    slit: float
    square: bool = False


def draw_fattening(rng: np.random.Generator, letter_px: float, *, heaviest: float = _BOLDEST) -> Fattening:
    """From a bold weight to poster faces; of a letter's side, edges move by `heaviest` at most."""
    poster = heaviest > _BOLDEST and rng.random() < 0.5
    reach = float(rng.uniform(_BOLDEST, heaviest) if poster else rng.uniform(0.015, _BOLDEST))
    slit = float(rng.uniform(0.22, 0.5) if poster else rng.uniform(0.25, 0.6))
    return Fattening(reach_px=letter_px * reach, slit=slit, square=bool(rng.random() < 0.5))


def apply_fattening(ink: Pixels, fattening: Fattening) -> Pixels:
    """Ink as black and white, larger than it was by the reach on every side.

    A gap is open where its middle is: there the distance to the ink is the greatest of all within reach.
    """
    margin = math.ceil(fattening.reach_px)
    padded = cv2.copyMakeBorder(ink, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)
    metric, shape = (cv2.DIST_C, cv2.MORPH_RECT) if fattening.square else (cv2.DIST_L2, cv2.MORPH_ELLIPSE)
    distance = cv2.distanceTransform(np.asarray(padded < 128, dtype=np.uint8), metric, 3)
    around = cv2.getStructuringElement(shape, (2 * margin + 1, 2 * margin + 1))
    middle = cv2.dilate(distance, around) * np.float32(1 - fattening.slit)
    grown = (distance <= fattening.reach_px) & (distance <= middle)
    return np.where(grown | (padded >= 128), np.uint8(255), np.uint8(0))
