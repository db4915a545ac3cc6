"""Strips -> batches of strips of one size, with their texts in the alphabet's numbers."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geulnun.core.charset import Charset
from geulnun.errors import UsageError
from geulnun.runtime.recognition.experimental.alphabets import Alphabet
from geulnun.runtime.recognition.experimental.fit_strip import FittedStrip, batch_fitted, fit_strip
from geulnun.training.recognizer.data import StripDataConfig
from geulnun.training.recognizer.stages.config import FourStageConfig
from geulnun.training.streams import SampleStream, SourceFactory, ValidationSets


class FixedBatch(NamedTuple):
    """Strips of one size.

    Attributes:
        strips: (N, 1, H, W) float32 grey, -1..1.
        labels: (N, L) int64: the alphabet's numbers, padded with 0.
        lengths: (N,) int64: of the labels.
        texts: of the N strips.
        used_px: (N,) int64 columns that show the strip.
        next_index: one above the highest index drawn for it.
        name: of the set it belongs to.
    """

    strips: Tensor
    labels: Tensor
    lengths: Tensor
    texts: list[str]
    used_px: Tensor
    next_index: int
    name: str


class LabelledStrip(NamedTuple):
    """A usable strip of the network's size, its text and the numbers that spell it."""

    fitted: FittedStrip
    text: str
    ids: list[int]


class StripFitter:
    """Makes strips of any size and their texts what one network takes."""

    def __init__(self, network: FourStageConfig, charset: Charset) -> None:
        self.network, self.charset = network, charset
        self.alphabet = Alphabet(network.alphabet, charset)

    def label(self, image: NDArray[np.uint8], text: str, widest_px: int) -> LabelledStrip | None:
        """The strip with its numbers; None where it is too wide or too long, unwritable, or has too few time steps.

        Args:
            image: (h, w) grey.
            text: what is written.
            widest_px: greatest width at the network's height, in proportion.
        """
        text = self.charset.normalise(text)
        height, width = image.shape[:2]
        if len(text) > self.network.most_characters or width * self.network.height_px > widest_px * height:
            return None
        try:
            ids = self.alphabet.encode(text)
        except UsageError:
            return None
        repeats = sum(a == b for a, b in zip(ids, ids[1:], strict=False))
        if self.network.prediction == "ctc" and len(ids) + repeats > self.network.steps:
            return None
        size = (self.network.height_px, self.network.width_px)
        return LabelledStrip(fit_strip(image, *size, keep_ratio=self.network.keep_ratio), text, ids)

    def describe_limits(self, widest_px: int) -> str:
        """What texts and strips may be."""
        steps = f", {self.network.steps} of the alphabet's numbers" if self.network.prediction == "ctc" else ""
        return (
            f"texts of charset {self.charset.name}, at most {self.network.most_characters} characters{steps}, on "
            f"strips at most {widest_px} px wide at a height of {self.network.height_px} px"
        )


def collate_fixed(strips: list[LabelledStrip], next_index: int, name: str) -> FixedBatch:
    """One batch."""
    lengths = [len(strip.ids) for strip in strips]
    labels = np.zeros((len(strips), max(1, *lengths, 1)), np.int64)
    for row, strip in zip(labels, strips, strict=True):
        row[: len(strip.ids)] = strip.ids
    return FixedBatch(
        torch.from_numpy(batch_fitted([strip.fitted for strip in strips])),
        torch.from_numpy(labels),
        torch.tensor(lengths),
        [strip.text for strip in strips],
        torch.tensor([strip.fitted.used_px for strip in strips]),
        next_index,
        name,
    )


def count_batch(config: StripDataConfig, width_px: int) -> int:
    """Strips of a batch."""
    return max(1, min(config.most_strips, config.batch_px // width_px))


class FixedStream(SampleStream[FixedBatch, StripDataConfig]):
    """Endless batches of strips of one size; see `SampleStream` for the arguments that are not named here.

    Args:
        fitter: makes them of what is drawn.
    """

    def __init__(self, factory: SourceFactory, fitter: StripFitter, config: StripDataConfig, **choices: Any) -> None:
        super().__init__(factory, config, **choices)
        self.fitter = fitter

    def __iter__(self) -> Iterator[FixedBatch]:
        count = count_batch(self.config, self.fitter.network.width_px)
        batch: list[LabelledStrip] = []
        strips = self.draw_usable(
            "strips",
            lambda each: self.fitter.label(each.image, each.text, self.config.widest_px),
            f"Allowed are {self.fitter.describe_limits(self.config.widest_px)}. Set source.longest_text to write "
            "shorter texts, or check the data.",
        )
        for index, strip in strips:
            batch.append(strip)
            if len(batch) == count:
                yield collate_fixed(batch, index + 1, "train")
                batch = []


def draw_fixed_sets(sets: ValidationSets, fitter: StripFitter, config: StripDataConfig) -> list[FixedBatch]:
    """The fixed validation batches: for each name a source and the number of strips drawn from it."""
    batches = []
    most = count_batch(config, fitter.network.width_px)
    for name, (factory, count) in sets.items():
        source = factory()
        samples = (source.draw(index) for index in range(count))
        labelled = (fitter.label(each.image, each.text, config.widest_px) for each in samples)
        strips = [each for each in labelled if each is not None]
        batches += [collate_fixed(strips[first : first + most], count, name) for first in range(0, len(strips), most)]
    return batches
