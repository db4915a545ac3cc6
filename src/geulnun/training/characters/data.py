"""Sources of single characters -> batches of tensors, endless and resumable."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geulnun.core.random_streams import open_rng
from geulnun.errors import DatasetError, InputError, UsageError
from geulnun.runtime.characters.classes import CharLabel
from geulnun.runtime.characters.direction_maps import batch_directions
from geulnun.runtime.characters.prepare import batch_chars, find_paper, prepare_char, prepare_ink
from geulnun.training.characters.losses import CharLabels, build_char_labels
from geulnun.training.characters.network_config import CharacterNetworkConfig
from geulnun.training.streams import SampleStream, SourceFactory, ValidationSets

PRINTED = "printed"
_MOST_WAITING = 8
_MOST_ALONE = 100_000
_MOST_REPEATED = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterDataConfig:
    """How characters become batches.

    Attributes:
        workers: processes that draw characters.
        batch_chars: characters of one batch.
        repeats: how often a drawn character is learned from on the average; each time but the first it is moved, turned
            and scaled a little. Drawing takes longer than learning from what is drawn.
        pair_styles: make batches of handwritten characters and printed ones of the same classes, half and half.
    """

    workers: int = 2
    batch_chars: int = 256
    repeats: int = 1
    pair_styles: bool = False

    def __post_init__(self) -> None:
        if self.batch_chars < 2 or (self.pair_styles and self.batch_chars % 2):
            raise ValueError(f"batch_chars is {self.batch_chars}; at least 2, and even with pair_styles.")
        if self.repeats < 1 or (self.pair_styles and self.repeats > 1):
            raise ValueError(f"repeats is {self.repeats}; allowed is 1 or more, and only 1 with pair_styles.")


class CharBatch(NamedTuple):
    """Characters of one size.

    Attributes:
        images: (N, C, S, S) float32, as the network takes them.
        labels: of the N characters.
        printed: (N,) bool; with paired styles the first half is handwritten, the second half its printed twins.
        texts: of the N characters.
        next_index: one above the highest index drawn for it.
        name: of the set it belongs to.
    """

    images: Tensor
    labels: CharLabels
    printed: Tensor
    texts: list[str]
    next_index: int
    name: str


class LabelledChar(NamedTuple):
    """One usable character: (S, S) uint8 grey, its text, classes and whether it is printed."""

    image: NDArray[np.uint8]
    text: str
    label: CharLabel
    printed: bool


def label_char(sample: Any, network: CharacterNetworkConfig) -> LabelledChar | None:
    """The character as `network` takes it; None where it has no class for it or no pixels."""
    try:
        label = network.classes.encode(sample.text)
        prepare = prepare_ink if network.preparation == "tight" else prepare_char
        image = prepare(sample.image, network.size_px)
    except (UsageError, InputError):
        return None
    return LabelledChar(image, sample.text, label, sample.style == PRINTED)


def move_char(rng: np.random.Generator, char: LabelledChar) -> LabelledChar:
    """The character shifted by up to a 24th of its picture, turned by up to 6 degrees, up to an eighth smaller."""
    side = char.image.shape[0]
    turn_deg, scale = rng.uniform(-6, 6), float(rng.uniform(0.88, 1.02))
    matrix = np.asarray(cv2.getRotationMatrix2D((side / 2, side / 2), turn_deg, scale), np.float64)
    matrix[:, 2] += rng.uniform(-side / 24, side / 24, 2)
    paper = find_paper(char.image)
    moved = cv2.warpAffine(char.image, matrix, (side, side), borderMode=cv2.BORDER_CONSTANT, borderValue=paper)
    return char._replace(image=np.asarray(moved, dtype=np.uint8))


def collate_chars(chars: list[LabelledChar], network: CharacterNetworkConfig, next_index: int, name: str) -> CharBatch:
    """One batch."""
    batch = batch_directions if network.preparation == "directions" else batch_chars
    return CharBatch(
        torch.from_numpy(batch([char.image for char in chars])),
        build_char_labels([char.label for char in chars]),
        torch.tensor([char.printed for char in chars]),
        [char.text for char in chars],
        next_index,
        name,
    )


class CharStream(SampleStream[CharBatch, CharacterDataConfig]):
    """Endless batches of characters; see `SampleStream` for the arguments that are not named here.

    Args:
        network: what characters are prepared for.
    """

    def __init__(
        self, factory: SourceFactory, network: CharacterNetworkConfig, config: CharacterDataConfig, **choices: Any
    ) -> None:
        super().__init__(factory, config, **choices)
        self.network = network

    def __iter__(self) -> Iterator[CharBatch]:
        drawn = self.draw_usable(
            "characters",
            lambda each: label_char(each, self.network),
            "Allowed are uint8 pictures of one Hangul syllable (of one jamo too with bare_jamo). Check the source.",
        )
        if self.config.pair_styles:
            yield from self._batch_pairs(drawn)
        if self.config.repeats > 1:
            drawn = self._repeat_chars(drawn)
        while True:
            held = [next(drawn) for _ in range(self.config.batch_chars)]
            yield collate_chars([char for _, char in held], self.network, held[-1][0] + 1, "train")

    def _repeat_chars(self, drawn: Iterator[tuple[int, LabelledChar]]) -> Iterator[tuple[int, LabelledChar]]:
        """Each drawn character, and after it some of those drawn before, moved a little."""
        waiting: list[LabelledChar] = []
        for index, char in drawn:
            yield index, char
            rng = open_rng(index, self.config.repeats, stream="characters.moves")
            if len(waiting) < _MOST_REPEATED:
                waiting.append(char)
            else:
                waiting[int(rng.integers(_MOST_REPEATED))] = char
            for _ in range(self.config.repeats - 1):
                yield index, move_char(rng, waiting[int(rng.integers(len(waiting)))])

    def _batch_pairs(self, drawn: Iterator[tuple[int, LabelledChar]]) -> Iterator[CharBatch]:
        """Batches of handwritten characters followed by as many printed ones of the same texts in the same order.

        A character waits until one of the other style is drawn; so few of a kind wait that memory stays bounded.
        """
        waiting: dict[tuple[str, bool], deque[LabelledChar]] = {}
        written: list[LabelledChar] = []
        printed: list[LabelledChar] = []
        alone = 0
        for index, char in drawn:
            twins = waiting.get((char.text, not char.printed))
            if not twins:
                waiting.setdefault((char.text, char.printed), deque(maxlen=_MOST_WAITING)).append(char)
                alone += 1
                if alone == _MOST_ALONE:
                    raise DatasetError(
                        f"pair_styles needs every character printed and handwritten, but none of {alone:,} in a row "
                        "had a twin of the other style. Give more characters, or a source of both styles."
                    )
                continue
            alone = 0
            pair = (twins.popleft(), char)
            printed.append(pair[int(char.printed)])
            written.append(pair[1 - int(char.printed)])
            if 2 * len(written) == self.config.batch_chars:
                yield collate_chars(written + printed, self.network, index + 1, "train")
                written, printed = [], []


def draw_char_sets(
    factories: ValidationSets, network: CharacterNetworkConfig, config: CharacterDataConfig
) -> list[CharBatch]:
    """The fixed validation batches: for each name a source and the number of characters drawn from it."""
    batches = []
    for name, (factory, count) in factories.items():
        source = factory()
        labelled = (label_char(source.draw(index), network) for index in range(count))
        chars = [char for char in labelled if char is not None]
        for start in range(0, len(chars), config.batch_chars):
            batches.append(collate_chars(chars[start : start + config.batch_chars], network, count, name))
    return batches
