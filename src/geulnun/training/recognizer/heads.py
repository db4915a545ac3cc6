"""Heads: features of time steps (N, T, C) -> normalised log-probabilities of what is written there.

All of them spread one probability over blank, symbols and the 11,172 syllables. The factorised head takes the
letters of a syllable for independent given the step; the chained one lets medial and final depend on the initial; the
mixed one is a mixture of independent ones, a joint table of low rank; the flat one is a softmax over all classes.
"""

from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor, nn

from geulnun.core.hangul import CHO_COUNT, JONG_COUNT, JUNG_COUNT, SYLLABLE_COUNT

_INIT_STD = 0.02


class StripScores(NamedTuple):
    """Log-probabilities of every time step: gate (N, T, G), cho (N, T, 19), jung (N, T, 21), jong (N, T, 28).

    Gate 0 is the blank, 1 "a Hangul syllable", 2 + i the charset's symbol i. Each table is normalised.
    """

    gate: Tensor
    cho: Tensor
    jung: Tensor
    jong: Tensor


class ChainedScores(NamedTuple):
    """Log-probabilities: gate (N, T, G), cho (N, T, 19); per initial jung (N, T, 19, 21), jong (N, T, 19, 28)."""

    gate: Tensor
    cho: Tensor
    jung: Tensor
    jong: Tensor


class MixedScores(NamedTuple):
    """Log-probabilities: gate (N, T, G), share (N, T, R) of each part, and per part cho, jung, jong (N, T, R, ...)."""

    gate: Tensor
    share: Tensor
    cho: Tensor
    jung: Tensor
    jong: Tensor


class FlatScores(NamedTuple):
    """Log-probabilities of all classes of the charset, the blank first: (N, T, 11,484)."""

    classes: Tensor


Scores: TypeAlias = StripScores | ChainedScores | MixedScores | FlatScores


class FactorisedHead(nn.Linear):
    """One linear layer, its outputs divided into four softmaxes.

    It is a linear layer, rather than has one, for the names of its weights: bundles hold "head.weight".
    """

    def __init__(self, channels: int, gate_size: int) -> None:
        self.sizes = (gate_size, CHO_COUNT, JUNG_COUNT, JONG_COUNT)
        super().__init__(channels, sum(self.sizes))
        _reset(self)

    def forward(self, steps: Tensor) -> StripScores:  # type: ignore[override]
        """Scores of `steps` (N, T, C)."""
        scores = super().forward(steps).float()
        return StripScores(*(part.log_softmax(dim=-1) for part in torch.split(scores, list(self.sizes), dim=-1)))


class ChainedHead(nn.Module):
    """p(cho) p(jung | cho) p(jong | cho): the last two from features to which the initial's own vector is added."""

    def __init__(self, channels: int, gate_size: int, inner: int = 64) -> None:
        super().__init__()
        self.sizes = (gate_size, CHO_COUNT, inner)
        self.first = nn.Linear(channels, sum(self.sizes))
        self.initials = nn.Parameter(torch.randn(CHO_COUNT, inner) * 0.1)
        self.rest = nn.Linear(inner, JUNG_COUNT + JONG_COUNT)
        _reset(self.first)
        nn.init.normal_(self.first.weight[gate_size + CHO_COUNT :], std=channels**-0.5)

    def forward(self, steps: Tensor) -> ChainedScores:
        """Scores of `steps` (N, T, C)."""
        gate, cho, inner = torch.split(self.first(steps), list(self.sizes), dim=-1)
        rest = self.rest(torch.relu(inner[..., None, :] + self.initials)).float()
        jung, jong = torch.split(rest, [JUNG_COUNT, JONG_COUNT], dim=-1)
        return ChainedScores(*(table.float().log_softmax(dim=-1) for table in (gate, cho, jung, jong)))


class MixedHead(nn.Module):
    """A mixture of `rank` independent readings: a joint table of that rank that needs no 11,172 columns to sum to one.

    It is the exact remedy for mixing up two hypotheses: each of them may be one part.
    """

    def __init__(self, channels: int, gate_size: int, rank: int = 4) -> None:
        super().__init__()
        self.rank = rank
        self.sizes = (gate_size, rank, rank * CHO_COUNT, rank * JUNG_COUNT, rank * JONG_COUNT)
        self.linear = nn.Linear(channels, sum(self.sizes))
        _reset(self.linear)

    def forward(self, steps: Tensor) -> MixedScores:
        """Scores of `steps` (N, T, C)."""
        gate, share, *jamo = torch.split(self.linear(steps).float(), list(self.sizes), dim=-1)
        tables = [table.unflatten(-1, (self.rank, -1)) for table in jamo]
        return MixedScores(*(table.log_softmax(dim=-1) for table in (gate, share, *tables)))


class FlatHead(nn.Module):
    """A softmax over all classes behind a narrow layer, without which it would be most of the network."""

    def __init__(self, channels: int, gate_size: int, inner: int = 128) -> None:
        super().__init__()
        # The gate's "hangul" is no class of its own here.
        self.squeeze = nn.Linear(channels, inner)
        self.classes = nn.Linear(inner, gate_size - 1 + SYLLABLE_COUNT)
        nn.init.normal_(self.classes.weight, std=inner**-0.5)
        nn.init.zeros_(self.classes.bias)

    def forward(self, steps: Tensor) -> FlatScores:
        """Scores of `steps` (N, T, C)."""
        return FlatScores(self.classes(self.squeeze(steps)).float().log_softmax(dim=-1))


HEADS: dict[str, type[nn.Module]] = {
    "factorised": FactorisedHead,
    "chained": ChainedHead,
    "mixed": MixedHead,
    "flat": FlatHead,
}


def _reset(layer: nn.Linear) -> None:
    nn.init.normal_(layer.weight, std=_INIT_STD)
    nn.init.zeros_(layer.bias)
