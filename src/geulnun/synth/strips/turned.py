"""Lines of text for learning which way up they are: upright letters side by side, or stacked downwards.

The letters are not turned here; the training data of the orientation classifier turns each strip every way.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from geulnun.core.random_streams import open_rng
from geulnun.synth.materials.corpus import Split
from geulnun.synth.strips.look import draw_look
from geulnun.synth.strips.look_parts import Bend, StripLook
from geulnun.synth.strips.place_ink import find_quad
from geulnun.synth.strips.source import StripSource, apply_look, draw_fitting_run

_TRIES = 50
_MOST_STACKED = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TurnedStrip:
    """One line.

    Attributes:
        image: (H, w) uint8 grey, in the direction of reading from left to right.
        text: what is written.
        turn_deg: how far the letters are turned clockwise in it: 0, or 270 for a column read downwards, whose letters
            lie on their backs when it is laid along.
    """

    image: NDArray[np.uint8]
    text: str
    turn_deg: int


class TurnedStripSource:
    """Endless lines for the orientation network; the same seed and index give the same line.

    Args:
        strips: where fonts, texts and looks come from.
        column_share: how many of the lines are columns.
        least_chars: texts with fewer characters, spaces not counted, are passed over.
    """

    def __init__(self, strips: StripSource, column_share: float = 0.35, least_chars: int = 1) -> None:
        self.strips, self.column_share, self.least_chars = strips, column_share, least_chars

    @classmethod
    def read(
        cls,
        seed: int,
        materials: str | Path,
        corpus: str | Path | None = None,
        *,
        split: Split = "train",
        height_px: int = 24,
        column_share: float = 0.35,
        least_chars: int = 1,
    ) -> "TurnedStripSource":
        """A source with the fonts and texts of one split; arguments as of `StripSource.read`.

        Raises:
            InputError: the materials or the corpus cannot be read.
        """
        strips = StripSource.read(seed, materials, corpus, split=split, height_px=height_px)
        return cls(strips, column_share, least_chars)

    def draw(self, index: int) -> TurnedStrip:
        """The line of that number."""
        strips = self.strips
        rng = open_rng(strips.seed, index, stream="strips.turned")
        text = self._draw_text(rng)
        look = draw_look(rng, text, strips.fonts)
        if rng.random() < self.column_share:
            return self._draw_column(rng, text, look)
        strip = apply_look(text, look, strips.fonts, strips.photos, strips.height_px)
        return TurnedStrip(image=strip.image, text=strip.text, turn_deg=0)

    def _draw_text(self, rng: np.random.Generator) -> str:
        text = ""
        for _ in range(_TRIES):
            text = self.strips.corpus.draw_text(rng, "strip")
            if sum(not char.isspace() for char in text) >= self.least_chars:
                break
        return text

    def _draw_column(self, rng: np.random.Generator, text: str, look: StripLook) -> TurnedStrip:
        """The characters of a straight line one below the other, the column laid along."""
        strips = self.strips
        text = text.replace(" ", "")[:_MOST_STACKED]
        look = replace(look, bend=Bend(), accent=None)
        run = draw_fitting_run(text, look, strips.fonts, look.open_rng())
        strip = apply_look(text, look, strips.fonts, strips.photos, strips.height_px)
        left, _, right, _ = find_quad(run.xyxy, look.margins, look.bend).xyxy
        edges = np.clip((run.spans - left) * (strip.image.shape[1] / (right - left)), 0, strip.image.shape[1])
        side = round(strips.height_px * rng.uniform(0.9, 1.3))
        gap = round(strips.height_px * max(0.0, rng.uniform(-0.4, 0.7)))
        cells = [_cut_cell(strip.image, start, end, side, gap) for start, end in edges.tolist()]
        laid = np.concatenate([np.rot90(cell) for cell in cells], axis=1)
        width = max(1, round(laid.shape[1] * strips.height_px / laid.shape[0]))
        image = cv2.resize(laid, (width, strips.height_px), interpolation=cv2.INTER_AREA)
        return TurnedStrip(image=np.asarray(image, dtype=np.uint8), text=run.text, turn_deg=270)


def _cut_cell(strip: NDArray[np.uint8], start: float, end: float, side: int, gap: int) -> NDArray[np.uint8]:
    """One character (H + gap, side), its own paper repeated around it; a wider one is narrowed."""
    cell = strip[:, int(start) : max(int(start) + 1, round(end))]
    if not cell.size:
        cell = strip[:, -1:]
    if cell.shape[1] > side:
        cell = np.asarray(cv2.resize(cell, (side, cell.shape[0]), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    spare = side - cell.shape[1]
    return np.pad(cell, ((gap // 2, gap - gap // 2), (spare // 2, spare - spare // 2)), mode="edge")
