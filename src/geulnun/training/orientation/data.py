"""Text lines -> batches of snippets in all orientations, endless and resumable."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geulnun.core.random_streams import open_rng
from geulnun.runtime.lines.orientation import SNIPPET_WIDTH_PX, TURNS_DEG, batch_snippets, prepare_snippet
from geulnun.training.streams import SampleStream, ValidationSets


@dataclass(frozen=True, slots=True, kw_only=True)
class OrientationDataConfig:
    """How lines become batches.

    Attributes:
        workers: processes that draw lines.
        batch_lines: lines of one batch; each gives `windows` snippets, both ways up.
        windows: pieces of a line.
        narrowest_px: least width of a piece, about one letter.
        whole_share: how many pieces are as wide as the line, or the snippet, allows.
    """

    workers: int = 2
    batch_lines: int = 64
    windows: int = 3
    narrowest_px: int = 20
    whole_share: float = 0.5


class TurnBatch(NamedTuple):
    """Snippets.

    Attributes:
        snippets: (N, 1, 24, 160) float32, -1..1.
        turns: (N,) int64, index into `TURNS_DEG`.
        next_index: one above the highest index drawn for it.
        name: of the set it belongs to.
    """

    snippets: Tensor
    turns: Tensor
    next_index: int
    name: str


def cut_windows(
    image: NDArray[np.uint8], config: OrientationDataConfig, rng: np.random.Generator
) -> list[NDArray[np.uint8]]:
    """Pieces of a line (24, w), as wide as words may be."""
    pieces = []
    for _ in range(config.windows):
        most = min(SNIPPET_WIDTH_PX, image.shape[1])
        least = most if rng.random() < config.whole_share else min(config.narrowest_px, most)
        width = int(rng.integers(least, most + 1))
        start = int(rng.integers(image.shape[1] - width + 1))
        pieces.append(image[:, start : start + width])
    return pieces


def turn_both_ways(piece: NDArray[np.uint8], turn_deg: int) -> list[tuple[NDArray[np.uint8], int]]:
    """The snippet as it is and upside down, each with its class."""
    turned = np.ascontiguousarray(np.rot90(piece, 2))
    return [
        (prepare_snippet(piece), TURNS_DEG.index(turn_deg)),
        (prepare_snippet(turned), TURNS_DEG.index((turn_deg + 180) % 360)),
    ]


def collate_turns(snippets: list[tuple[NDArray[np.uint8], int]], next_index: int, name: str) -> TurnBatch:
    """One batch."""
    images, turns = zip(*snippets, strict=True)
    return TurnBatch(torch.from_numpy(batch_snippets(images)), torch.tensor(turns), next_index, name)


class TurnStream(SampleStream[TurnBatch, OrientationDataConfig]):
    """Endless batches of snippets; see `SampleStream` for the arguments."""

    def __iter__(self) -> Iterator[TurnBatch]:
        lines = self.draw_samples()
        while True:
            snippets: list[tuple[NDArray[np.uint8], int]] = []
            for index, line in islice(lines, self.config.batch_lines):
                rng = open_rng(self.seed, index, stream="orientation.windows")
                for piece in cut_windows(line.image, self.config, rng):
                    snippets += turn_both_ways(piece, line.turn_deg)
            yield collate_turns(snippets, index + 1, "train")


def draw_turn_sets(factories: ValidationSets, config: OrientationDataConfig) -> list[TurnBatch]:
    """The fixed validation batches: for each name a source and the number of lines drawn, the start of each twice."""
    batches = []
    for name, (factory, count) in factories.items():
        source: Any = factory()
        lines = [source.draw(index) for index in range(count)]
        for start in range(0, count, config.batch_lines):
            chosen = lines[start : start + config.batch_lines]
            snippets = [each for line in chosen for each in turn_both_ways(line.image, line.turn_deg)]
            batches.append(collate_turns(snippets, count, name))
    return batches
