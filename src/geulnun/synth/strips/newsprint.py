"""Lines as a newspaper's: dark letters on grey, grainy paper, hardly damaged.

Source: the lines that YongWookHa/Open-OCR-Engine trains with.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from geulnun.core.random_streams import open_rng
from geulnun.data.sample import StripSample
from geulnun.runtime.recognition.prepare_strip import STRIP_HEIGHT_PX
from geulnun.runtime.recognition.strips import EDGE_MARGIN_RATIO, SIDE_MARGIN_RATIO
from geulnun.synth.materials.corpus import Corpus, Split
from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.glyphs import GlyphRun, Setting, choose_faces, draw_run
from geulnun.synth.materials.read_split import read_split
from geulnun.synth.strips.shorten import shorten_text

INK_LEVEL, PAPER_LEVEL = 0x28, 235.0
PAPER_DEVIATION = 10.0
MOST_SKEW_DEG = 1.0
MOST_BLUR_PX = 2.0
_DRAWN_PX = 200  # height at which the blur is told; lines are drawn at half of it
_SIZE_PX = 80.0
_MARGIN_PX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsprintLook:
    """Grain, skew in degrees, and blur: the radius in pixels of a line 200 px high."""

    grain_seed: int
    skew_deg: float
    blur_px: float


class NewsprintStrips:
    """Endless lines on newsprint; the same seed and index give the same strip on every machine.

    Args:
        seed: settles every strip together with the index.
        fonts: faces to draw with.
        corpus: what is written.
        height_px: of the strips.
        longest_text: characters of a text; 0 leaves texts as long as they are.
    """

    def __init__(
        self,
        seed: int,
        fonts: FontLibrary,
        corpus: Corpus,
        *,
        height_px: int = STRIP_HEIGHT_PX,
        longest_text: int = 0,
    ) -> None:
        self.seed, self.fonts, self.corpus = seed, fonts, corpus
        self.height_px, self.longest_text = height_px, longest_text

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
    ) -> "NewsprintStrips":
        """A source with the fonts and texts of one split; see `read_split`.

        Raises:
            InputError: the materials or the corpus cannot be read.
        """
        fonts, texts = read_split(materials, corpus, split)
        return cls(seed, fonts, texts, height_px=height_px, longest_text=longest_text)

    def draw(self, index: int) -> StripSample:
        """The strip of that number: grey (H, w) uint8 and its text."""
        rng = open_rng(self.seed, index, stream="strips.newsprint")
        text = shorten_text(rng, self.corpus.draw_text(rng, "natural"), self.longest_text)
        face = self.fonts.draw_face(rng, text)
        look = draw_newsprint_look(rng)
        run = draw_run(text, choose_faces(text, face, self.fonts), Setting(size_px=_SIZE_PX), primary=face)
        return StripSample(image=apply_newsprint_look(run, look, self.height_px), text=run.text)


def draw_newsprint_look(rng: np.random.Generator) -> NewsprintLook:
    """A skew of a degree at most, and a blur of two pixels at most."""
    return NewsprintLook(
        grain_seed=int(rng.integers(2**31)),
        skew_deg=float(rng.uniform(-MOST_SKEW_DEG, MOST_SKEW_DEG)),
        blur_px=float(rng.uniform(0, MOST_BLUR_PX)),
    )


def apply_newsprint_look(run: GlyphRun, look: NewsprintLook, height_px: int) -> NDArray[np.uint8]:
    """The run on paper, cut as loosely as reading cuts lines."""
    cover = np.pad(run.ink, _MARGIN_PX).astype(np.float32) / 255
    height, width = cover.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), look.skew_deg, 1.0)
    cover = np.asarray(cv2.warpAffine(cover, turn, (width, height)), np.float32)
    rng = open_rng(look.grain_seed, stream="strips.newsprint.grain")
    paper = rng.normal(PAPER_LEVEL, PAPER_DEVIATION, cover.shape).astype(np.float32)
    grey = paper + (INK_LEVEL - paper) * cover
    letters_px = run.bottom_px - run.top_px
    sigma = look.blur_px * letters_px / _DRAWN_PX
    if sigma > 0.1:
        grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma), np.float32)
    left, top, right, bottom = run.xyxy
    rise = math.sin(math.radians(abs(look.skew_deg))) * (right - left) / 2
    side, edge = SIDE_MARGIN_RATIO * letters_px, EDGE_MARGIN_RATIO * letters_px + rise
    rows = slice(max(0, round(top - edge) + _MARGIN_PX), round(bottom + edge) + _MARGIN_PX)
    columns = slice(max(0, round(left - side) + _MARGIN_PX), round(right + side) + _MARGIN_PX)
    cut = np.clip(grey[rows, columns], 0, 255).astype(np.uint8)
    wide = max(1, round(cut.shape[1] * height_px / cut.shape[0]))
    return np.asarray(cv2.resize(cut, (wide, height_px), interpolation=cv2.INTER_AREA), np.uint8)
