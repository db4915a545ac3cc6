"""Drawn strips -> batches of strips of similar width, with their labels."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geulnun.core.charset import Charset
from geulnun.core.random_streams import open_rng
from geulnun.errors import UsageError
from geulnun.runtime.recognition.decode_text import STEP_PX
from geulnun.runtime.recognition.prepare_strip import STRIP_HEIGHT_PX, batch_strips, prepare_strip
from geulnun.training.recognizer.losses import StripLabels, build_labels
from geulnun.training.streams import SampleStream, SourceFactory, ValidationSets, find_share

_WIDTH_GRID_PX = 32  # few distinct shapes: kernels are compiled once for each


@dataclass(frozen=True, slots=True, kw_only=True)
class StripDataConfig:
    """How strips become batches.

    Attributes:
        workers: processes that draw strips.
        batch_px: columns of one batch, padding included (128 strips of 320 px).
        most_strips: strips of one batch, however narrow.
        pool_strips: strips each worker holds to choose those of like width from.
        widest_px: wider strips are left out.
    """

    workers: int = 2
    batch_px: int = 40_960
    most_strips: int = 320
    pool_strips: int = 1024
    widest_px: int = 1600


class StripBatch(NamedTuple):
    """Strips of like width.

    Attributes:
        strips: (N, 1, H, W) float32 grey, -1..1, padded on the right with 0.
        labels: of the N strips.
        texts: of the N strips.
        widths_px: (N,) int64 without padding.
        next_index: one above the highest index drawn for it.
        name: of the set it belongs to.
    """

    strips: Tensor
    labels: StripLabels
    texts: list[str]
    widths_px: Tensor
    next_index: int
    name: str


class LabelledStrip(NamedTuple):
    """One usable strip: (H, w) uint8 grey, its text and its class ids."""

    image: NDArray[np.uint8]
    text: str
    ids: list[int]

    @property
    def width_px(self) -> int:
        """Its width."""
        return int(self.image.shape[1])


def label_strip(
    image: NDArray[np.uint8], text: str, charset: Charset, widest_px: int, height_px: int = STRIP_HEIGHT_PX
) -> LabelledStrip | None:
    """The strip with its class ids; None where it is too wide, unwritable or too narrow for its text."""
    image = prepare_strip(image, height_px)
    text = charset.normalise(text)
    try:
        ids = charset.encode(text)
    except UsageError:
        return None
    repeats = sum(a == b for a, b in zip(ids, ids[1:], strict=False))
    if image.shape[1] > widest_px or image.shape[1] // STEP_PX < len(ids) + repeats:
        return None
    return LabelledStrip(image, text, ids)


def collate_strips(strips: list[LabelledStrip], charset: Charset, next_index: int, name: str) -> StripBatch:
    """One batch, as wide as its widest strip rounded up to a grid."""
    width = _round_up(max(strip.width_px for strip in strips))
    return StripBatch(
        torch.from_numpy(batch_strips([strip.image for strip in strips], width_px=width)),
        build_labels(charset, [strip.ids for strip in strips]),
        [strip.text for strip in strips],
        torch.tensor([strip.width_px for strip in strips]),
        next_index,
        name,
    )


def find_like_widths(widths_px: NDArray[np.int64], start: int, config: StripDataConfig) -> slice:
    """The run of sorted widths from about `start` that fills one batch."""
    start = min(start, len(widths_px) - 1)
    end = start + 1
    while end < len(widths_px) and _fits(end + 1 - start, int(widths_px[end]), config):
        end += 1
    while start > 0 and _fits(end + 1 - start, int(widths_px[end - 1]), config):
        start -= 1
    return slice(start, end)


class StripStream(SampleStream[StripBatch, StripDataConfig]):
    """Endless batches of strips of like widths; see `SampleStream` for the arguments that are not named here.

    Args:
        charset: what labels are made of.
        height_px: of the strips.
    """

    def __init__(
        self,
        factory: SourceFactory,
        charset: Charset,
        config: StripDataConfig,
        *,
        height_px: int = STRIP_HEIGHT_PX,
        **choices: Any,
    ) -> None:
        super().__init__(factory, config, **choices)
        self.charset, self.height_px = charset, height_px

    def __iter__(self) -> Iterator[StripBatch]:
        strips = self._draw_strips()
        rng = open_rng(self.seed, self.first_index, find_share(self.share)[0], stream="recognizer.batches")
        pool: list[LabelledStrip] = []
        next_index = self.first_index
        while True:
            while len(pool) < self.config.pool_strips:
                index, strip = next(strips)
                pool.append(strip)
                next_index = index + 1
            pool.sort(key=lambda strip: strip.width_px)
            widths = np.array([strip.width_px for strip in pool])
            anchor = int(rng.integers(len(pool)))
            quota = self.config.batch_px // _round_up(int(widths[anchor]))
            chosen = find_like_widths(widths, max(0, anchor - int(rng.integers(max(1, quota)))), self.config)
            yield collate_strips(pool[chosen], self.charset, next_index, "train")
            del pool[chosen]

    def _draw_strips(self) -> Iterator[tuple[int, LabelledStrip]]:
        return self.draw_usable(
            "strips",
            lambda each: label_strip(each.image, each.text, self.charset, self.config.widest_px, self.height_px),
            f"Allowed are texts of charset {self.charset.name}, at most {self.config.widest_px} px wide and at least "
            "4 px a character. Check the corpus.",
        )


def draw_strip_sets(
    factories: ValidationSets,
    charset: Charset,
    config: StripDataConfig,
    height_px: int = STRIP_HEIGHT_PX,
) -> list[StripBatch]:
    """The fixed validation batches: for each name a source and the number of strips drawn from it."""
    batches = []
    for name, (factory, count) in factories.items():
        source = factory()
        samples = (source.draw(index) for index in range(count))
        labelled = (label_strip(s.image, s.text, charset, config.widest_px, height_px) for s in samples)
        strips = sorted((s for s in labelled if s is not None), key=lambda strip: strip.width_px)
        while strips:
            chosen = find_like_widths(np.array([s.width_px for s in strips]), 0, config)
            batches.append(collate_strips(strips[chosen], charset, count, name))
            del strips[chosen]
    return batches


def _fits(count: int, width_px: int, config: StripDataConfig) -> bool:
    return count <= config.most_strips and count * _round_up(width_px) <= config.batch_px


def _round_up(width_px: int) -> int:
    return -(-width_px // _WIDTH_GRID_PX) * _WIDTH_GRID_PX
