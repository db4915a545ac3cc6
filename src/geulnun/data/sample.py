"""Samples: an image with its true text, for training and evaluation."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from geulnun.core.geometry import Quad
from geulnun.core.image import RgbImage, read_image
from geulnun.core.page import Page

Coverage = Literal["full", "main"]
Style = Literal["printed", "handwritten"]
SampleT_co = TypeVar("SampleT_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """A page picture with exact truth.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        page: What is written where; its quads are in pixels of `image`.
        kind: What sort of picture it is ("receipt", "screen" …); scores are reported by it.
        name: What to call it in reports.
    """

    image: RgbImage
    page: Page
    kind: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StripSample:
    """One line of text for the recogniser.

    Attributes:
        image: (32, W) uint8 grey.
        text: What is written, as the charset writes it, without leading, trailing or double spaces.
    """

    image: NDArray[np.uint8]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CharSample:
    """One character for the character reader.

    Attributes:
        image: (H, W) uint8 grey, of any size and proportion; usually dark ink on a light ground.
        text: The Hangul syllable, NFC (or one compatibility jamo, in sets of single letters).
        style: Whether type or a hand wrote it; a handwriting font counts as handwritten.
        writer: Whose hand, where the data say it; sets are split by it.
    """

    image: NDArray[np.uint8]
    text: str
    style: Style
    writer: str | None = None


class SampleSource(Protocol[SampleT_co]):
    """An endless source of samples: the same index always gives the same sample, in every process.

    Sources are pickled to worker processes, so they must be small or open their files again on arrival.
    """

    def draw(self, index: int) -> SampleT_co:
        """The sample of that number, 0 and up."""
        ...


class LabelledWord(NamedTuple):
    """A word and where it is, if that is known."""

    quad: Quad | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledPicture:
    """A picture file and what is known about it; the pixels are read when they are asked for.

    Attributes:
        image_path: Where the picture lies.
        kind: What sort of picture it is; "" when the labels do not say.
        text: All its text in reading order, lines separated by newlines; "" for a picture without text.
        words: Its words in reading order; empty when only the text is known.
        coverage: "full", or "main" when small side text is missing from the labels, so that only what should have
            been found can be scored.
        page: The whole truth, where there is one (in stores that `geulnun synth` wrote).
        name: What to call it in reports.
        page_number: Of the labelled page, from 1, where the file is a PDF; None if it has one page.
        place: Of its label, for messages: "labels.jsonl, line 3"; "" where none is known.
    """

    image_path: Path
    kind: str
    text: str
    words: tuple[LabelledWord, ...] = ()
    coverage: Coverage = "full"
    page: Page | None = None
    name: str = field(default="")
    page_number: int | None = None
    place: str = ""

    @property
    def quads(self) -> tuple[Quad, ...] | None:
        """The words' quads, or None unless every word has one (a picture without text has none to find)."""
        found = tuple(word.quad for word in self.words if word.quad is not None)
        if len(found) < len(self.words) or (self.text.strip() and not found):
            return None
        return found

    def read_image(self) -> RgbImage:
        """The picture as (H, W, 3) uint8 RGB.

        Raises:
            InputError: The file is missing, damaged or not a picture.
        """
        return read_image(self.image_path)
