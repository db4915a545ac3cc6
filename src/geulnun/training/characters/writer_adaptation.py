"""Adapting a character reader to one writer without labels: an affine layer in front of its head.

The layer moves the writer's features to the means of the classes they are read as; then they are read again.

Source: Zhang, Bengio and Liu 2017, Online and Offline Handwritten Chinese Character Recognition, adaptation layer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from geulnun.core.hangul import CHO_COUNT, JONG_COUNT, JUNG_COUNT, SYLLABLES
from geulnun.errors import UsageError
from geulnun.training.characters.networks.denseran import DenseRan
from geulnun.training.characters.networks.heads import CharScores
from geulnun.training.characters.networks.network import CharacterNet, VectorReader, measure_confidence

_ROUNDS = 3
# Not searched for; what they gain: docs/experiments/characters.md, "One writer at a time".
STIFFNESS, OFFSET_STIFFNESS = 1.0, 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Adaptation:
    """An affine layer: features (N, F) become features @ matrix.T + offset."""

    matrix: Tensor
    offset: Tensor

    def __call__(self, features: Tensor) -> Tensor:
        """The features, moved."""
        return features @ self.matrix.mT + self.offset


@dataclass(frozen=True, slots=True, eq=False)
class ClassMeans:
    """Mean features of syllables.

    Attributes:
        means: (11172, F).
        known: (11172,) which syllables have one.
    """

    means: Tensor
    known: Tensor

    @classmethod
    def measure(cls, batches: Iterable[tuple[Tensor, Tensor]]) -> Self:
        """Those of batches of features (N, F) and syllables (N,), numbers in the order of Unicode."""
        sums: Tensor | None = None
        counts = torch.zeros(len(SYLLABLES))
        for features, syllables in batches:
            if sums is None:
                sums = torch.zeros(len(SYLLABLES), features.shape[1])
            sums.index_add_(0, syllables, features)
            counts.index_add_(0, syllables, torch.ones(len(syllables)))
        if sums is None:
            raise UsageError("there is no character to take means of. Give characters of the training set.")
        return cls(sums / counts.clamp_min(1)[:, None], counts > 0)


def find_vector_reader(network: CharacterNet | DenseRan) -> VectorReader:
    """The part of a network that reads a feature vector by its letters.

    Raises:
        UsageError: it has none.
    """
    reader = None if isinstance(network, DenseRan) else network.reader
    if not isinstance(reader, VectorReader) or "cho" not in reader.head.tables:
        raise UsageError("only a network that reads one feature vector by its letters can be adapted to a writer.")
    return reader


def describe(network: CharacterNet, images: Tensor) -> Tensor:
    """The features (N, F) that the network's head sees of images (N, C, S, S)."""
    return find_vector_reader(network).describe(network.trunk.late(network.trunk.early(images)))


def find_syllables(scores: CharScores) -> Tensor:
    """The likeliest syllable (N,) by its letters; -1 where a letter is none."""
    assert scores.cho is not None and scores.jung is not None and scores.jong is not None
    cho, jung, jong = (table.argmax(dim=1) for table in (scores.cho, scores.jung, scores.jong))
    number = (cho * JUNG_COUNT + jung) * JONG_COUNT + jong
    return torch.where((cho < CHO_COUNT) & (jung < JUNG_COUNT), number, -1)


def read_adapted(
    reader: VectorReader,
    features: Tensor,
    means: ClassMeans,
    *,
    rounds: int = _ROUNDS,
    stiffness: float = STIFFNESS,
    offset_stiffness: float = OFFSET_STIFFNESS,
) -> CharScores:
    """The scores of one writer's features (N, F), after some rounds of reading and adapting to what was read."""
    scores = reader.head(features)
    for _ in range(rounds):
        syllables = find_syllables(scores)
        weights = measure_confidence(scores) * ((syllables >= 0) & means.known[syllables])
        adaptation = fit_adaptation(
            features, means.means[syllables], weights, stiffness=stiffness, offset_stiffness=offset_stiffness
        )
        scores = reader.head(adaptation(features))
    return scores


def fit_adaptation(
    features: Tensor, targets: Tensor, weights: Tensor, *, stiffness: float, offset_stiffness: float
) -> Adaptation:
    """The layer A s + b that minimises Σ f |A s + b - t|² + β |A - I|² + γ |b|².

    Args:
        features: s, (N, F).
        targets: t, (N, F).
        weights: f, (N,).
        stiffness: β over the mean square of the weighted features, Σ f |s|² / F.
        offset_stiffness: γ over the sum of the weights.
    """
    s, t, f = features.double(), targets.double(), weights.double()
    identity = torch.eye(s.shape[1], dtype=torch.float64)
    weighted = s * f[:, None]
    beta = stiffness * (weighted * s).sum() / s.shape[1] + torch.finfo(torch.float32).eps
    total = (1 + offset_stiffness) * f.sum() + torch.finfo(torch.float32).eps
    s_sum, t_sum = weighted.sum(0), (t * f[:, None]).sum(0)
    q = (t * f[:, None]).mT @ s - torch.outer(t_sum, s_sum) / total + beta * identity
    p = weighted.mT @ s - torch.outer(s_sum, s_sum) / total + beta * identity
    matrix = torch.linalg.solve(p.mT, q.mT).mT
    return Adaptation(matrix.float(), ((t_sum - matrix @ s_sum) / total).float())
