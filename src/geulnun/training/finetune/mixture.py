"""What fine-tuning trains on: one's own lines, varied a little, among drawn ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from geulnun.core.charset import Charset
from geulnun.core.random_streams import open_rng
from geulnun.data.sample import StripSample
from geulnun.errors import UsageError
from geulnun.runtime.recognition.prepare_strip import MIN_STRIP_WIDTH_PX
from geulnun.synth.materials.corpus import Corpus
from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.system_fonts import find_korean_fonts
from geulnun.synth.strips.look import draw_look
from geulnun.synth.strips.source import StripSource, apply_look

_SPLITS: tuple[Literal["train", "validation"], ...] = ("train", "validation")
_BLURRED_SHARE = 0.25
_FLAT_RANGE = 24  # grey levels; a line of less contrast is not made paler


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrawnSources:
    """Drawn lines to mix in, and others to validate on.

    Attributes:
        training: of the fonts and texts of training.
        validation: of fonts that training does not use, where they are divided.
        described: the fonts in words, for people.
    """

    training: StripSource
    validation: StripSource
    described: str


def open_drawn_sources(
    charset: Charset,
    height_px: int,
    *,
    materials: Path | None,
    fonts: Path | None = None,
    seed: int = 1,
) -> DrawnSources | None:
    """Drawn lines of a folder of materials, else of this computer's own Korean fonts; None if there are neither.

    Args:
        charset: what drawn lines are labelled in.
        height_px: of the lines.
        materials: folder that `scripts/materials` filled.
        fonts: folder of Korean fonts, used where there are no materials; None for those of this computer.
        seed: of the lines.

    Raises:
        InputError: the materials cannot be read.
        UsageError: `fonts` has no Korean font.
    """
    if materials is not None:
        training, validation = (
            StripSource.read(seed, materials, split=split, height_px=height_px, charset=charset)
            for split in ("train", "validation")
        )
        families = len(training.fonts.families)
        return DrawnSources(training=training, validation=validation, described=f"{families} families of materials")
    files = find_korean_fonts() if fonts is None else find_korean_fonts([str(fonts)])
    if not files:
        if fonts is not None:
            raise UsageError(
                f"{fonts} holds no Korean font. Name a folder of .ttf, .otf or .ttc files that draw Hangul."
            )
        return None
    library = FontLibrary.of_files(files)
    training, validation = (
        StripSource(seed, library, Corpus.read(None, split=split), height_px=height_px, charset=charset)
        for split in _SPLITS
    )
    described = f"fonts of this computer: {', '.join(library.families)}"
    return DrawnSources(training=training, validation=validation, described=described)


class ListedStrips:
    """Strips by their place in a list."""

    def __init__(self, strips: Sequence[StripSample]) -> None:
        self.strips = strips

    def draw(self, index: int) -> StripSample:
        """The strip of that number."""
        return self.strips[index]


class DrawnValidation:
    """Drawn lines of natural text that training does not use; picklable."""

    def __init__(self, source: StripSource) -> None:
        self.source = source

    def draw(self, index: int) -> StripSample:
        """The line of that number."""
        source = self.source
        rng = open_rng(source.seed, index, stream="finetune.drawn")
        text = source.corpus.draw_text(rng, "natural")
        look = draw_look(rng, text, source.fonts)
        return apply_look(text, look, source.fonts, source.photos, source.height_px, source.charset)


class MixedStrips:
    """Endless strips: a share of drawn ones, the rest one's own, each time a little different. Picklable.

    Args:
        own: the lines that are trained on.
        drawn: where drawn lines come from; None mixes none in.
        drawn_share: of the strips.
        seed: of the choice.
    """

    def __init__(self, own: Sequence[StripSample], drawn: StripSource | None, drawn_share: float, seed: int) -> None:
        self.own, self.drawn, self.seed = tuple(own), drawn, seed
        self.drawn_share = drawn_share if drawn is not None else 0.0

    def draw(self, index: int) -> StripSample:
        """The strip of that number."""
        rng = open_rng(self.seed, index, stream="finetune.mixture")
        if self.drawn is not None and rng.random() < self.drawn_share:
            return self.drawn.draw(index)
        line = self.own[int(rng.integers(len(self.own)))]
        return replace(line, image=vary_strip(rng, line.image))


def vary_strip(rng: np.random.Generator, strip: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The strip as another cut, scan or light might give it: (H, w) uint8 grey of about the same width."""
    height, width = strip.shape
    wide, high = rng.uniform(0.9, 1.1), rng.uniform(0.94, 1.06)
    new_width = max(MIN_STRIP_WIDTH_PX, round(width * wide))
    right, down = rng.uniform(-2, 2), rng.uniform(-1.5, 1.5) + (1 - high) * height / 2
    matrix = np.array([[new_width / width, 0, right], [0, high, down]], np.float32)
    moved = cv2.warpAffine(strip, matrix, (new_width, height), borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    flat = np.ptp(np.percentile(strip, (2, 98))) < _FLAT_RANGE
    gain, shift = rng.uniform(1.0 if flat else 0.7, 1.25), rng.uniform(-25, 25)
    lit = (moved - moved.mean()) * gain + moved.mean() + shift
    if rng.random() < _BLURRED_SHARE:
        lit = np.asarray(cv2.GaussianBlur(lit, (0, 0), rng.uniform(0.3, 0.9)))
    noise = rng.normal(0, rng.uniform(0, 5), lit.shape)
    return np.clip(lit + noise, 0, 255).astype(np.uint8)
