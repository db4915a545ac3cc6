"""A character network: a trunk, a reader of its maps, and where asked for an early reader."""

import torch
from torch import Tensor, nn

from geulnun.training.characters.networks.heads import CharHead, CharScores
from geulnun.training.characters.networks.pooling import POOLS, Pool
from geulnun.training.characters.networks.refinement import RefiningReader
from geulnun.training.characters.networks.trunk import Trunk


class VectorReader(nn.Module):
    """Pooling, fully connected layers, dropout, head.

    Attributes:
        link: the pooling.
        neck: from the pooled vector to the head's features.
        head: from those to scores.
    """

    def __init__(self, link: Pool, neck: nn.Module, head: CharHead) -> None:
        super().__init__()
        self.link, self.neck, self.head = link, neck, head

    def describe(self, maps: Tensor) -> Tensor:
        """The features (N, F) the head sees."""
        return self.neck(self.link(maps))

    def forward(self, maps: Tensor) -> CharScores:
        """Scores of feature maps."""
        return self.head(self.describe(maps))


class CharacterNet(nn.Module):
    """Reads images of single characters (N, C, S, S).

    Attributes:
        trunk: images to maps.
        reader: maps to scores: a `VectorReader`, or a `RefiningReader` that reads them several times.
        early_reader: on the trunk's early map, for a cascade.
    """

    def __init__(
        self, trunk: Trunk, reader: VectorReader | RefiningReader, early_reader: VectorReader | None = None
    ) -> None:
        super().__init__()
        self.trunk, self.reader, self.early_reader = trunk, reader, early_reader

    def forward(self, images: Tensor) -> CharScores:
        """Scores of images, the whole network used."""
        early = self.trunk.early(images)
        return self._read(early)[-1]

    def read_steps(self, images: Tensor) -> tuple[CharScores, ...]:
        """All scores that a loss is taken of: the early reader's, every refinement's, and the last ones."""
        early = self.trunk.early(images)
        first = (self.early_reader(early),) if self.early_reader is not None else ()
        return (*first, *self._read(early))

    def read_described(self, images: Tensor) -> tuple[tuple[CharScores, ...], Tensor]:
        """`read_steps` of a network with a `VectorReader`, and the features (N, F) its head sees."""
        assert isinstance(self.reader, VectorReader)
        early = self.trunk.early(images)
        features = self.reader.describe(self.trunk.late(early))
        first = (self.early_reader(early),) if self.early_reader is not None else ()
        return (*first, self.reader.head(features)), features

    def _read(self, early: Tensor) -> tuple[CharScores, ...]:
        late = self.trunk.late(early)
        if isinstance(self.reader, RefiningReader):
            return self.reader(early, late)
        return (self.reader(late),)

    @torch.no_grad()
    def read_cascade(self, images: Tensor, least_confidence: float) -> tuple[CharScores, Tensor]:
        """Scores of images and which of them (N,) were answered early.

        The late part runs on those only whose early answer is less sure than `least_confidence`.
        """
        if self.early_reader is None:
            raise ValueError("this network has no early reader; set early_exit in its [network] table")
        early = self.trunk.early(images)
        answered = self.early_reader(early)
        sure = measure_confidence(answered) >= least_confidence
        if bool(sure.all()):
            return answered, sure
        late = self._read(early[~sure])[-1]
        merged = {name: table.clone() for name, table in answered.present.items()}
        for name, table in late.present.items():
            merged[name][~sure] = table
        return CharScores(**merged), sure


class EarlyPart(nn.Module):
    """What a cascade runs on every character: the early reader's tables, and the early maps behind them."""

    def __init__(self, network: CharacterNet) -> None:
        super().__init__()
        assert network.early_reader is not None
        self.trunk, self.reader = network.trunk.early, network.early_reader

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Tables and maps of images."""
        maps = self.trunk(images)
        return (*self.reader(maps).present.values(), maps)


class LatePart(nn.Module):
    """What a cascade runs on characters that are not easy: from the early maps to the last tables."""

    def __init__(self, network: CharacterNet) -> None:
        super().__init__()
        self.trunk, self.reader = network.trunk.late, network.reader

    def forward(self, early: Tensor) -> tuple[Tensor, ...]:
        """Tables of early maps."""
        late = self.trunk(early)
        scores = self.reader(early, late)[-1] if isinstance(self.reader, RefiningReader) else self.reader(late)
        return tuple(scores.present.values())


def measure_confidence(scores: CharScores) -> Tensor:
    """Probability (N,) of the likeliest character: of the flat table where there is one, else of the three letters."""
    if scores.flat is not None:
        return scores.flat.max(dim=1).values.exp()
    best = [table.max(dim=1).values for table in scores.present.values()]
    return torch.stack(best).sum(dim=0).exp()


def find_exit_confidence(confidence: Tensor, right: Tensor, least_accuracy: float) -> float:
    """The lowest confidence at which what is answered early is right often enough; 2 (never reached) if none is.

    Args:
        confidence: (N,) of the early reader on validation characters.
        right: (N,) whether its likeliest character is the true one.
        least_accuracy: share of right ones wanted among those answered early, 0..1.
    """
    confidence, order = confidence.sort(descending=True)
    accuracy = right[order].float().cumsum(dim=0) / torch.arange(1, len(order) + 1, device=order.device)
    enough = (accuracy >= least_accuracy).nonzero()
    return float(confidence[int(enough.max())]) if len(enough) else 2.0


def build_reader(
    trunk: Trunk, channels: int, side: int, *, link: str, neck: tuple[int, ...], dropout: float
) -> tuple[Pool, nn.Module, int]:
    """Pooling, neck and how many features they give, for a map of so many channels and so large a side."""
    pool = POOLS[link](channels, side)
    features, layers = pool.features, []
    for size in neck:
        layers += [nn.Linear(features, size), trunk.build_activation(), nn.Dropout(dropout)]
        features = size
    return pool, nn.Sequential(*layers or [nn.Dropout(dropout)]), features
