"""Iterative refinement: an attention-based GRU reads the feature maps several times, given its last answer.

Source: Yang et al., ICDAR 2017. Equations as recalled, details uncertain; with jamo heads, the embedding of a
prediction is the concatenation of the expected embeddings of its letters, which a gradient flows through.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from geulnun.training.characters.networks.heads import CharHead, CharScores

_EMBEDDING = 32


class PredictionEmbedding(nn.Module):
    """The expected embedding E p of scores: Σ_k p_k E_k for each table, side by side."""

    def __init__(self, tables: dict[str, int], size: int = _EMBEDDING) -> None:
        super().__init__()
        # Letters say it all where there are letters: a flat table beside them adds nothing but weights.
        self.names = [name for name in tables if name != "flat"] or ["flat"]
        self.embeddings = nn.ModuleDict({name: nn.Linear(tables[name], size, bias=False) for name in self.names})
        self.features = size * len(self.names)

    def forward(self, scores: CharScores) -> Tensor:
        """(N, features) of scores."""
        tables = scores.present
        return torch.cat([self.embeddings[name](tables[name].exp()) for name in self.names], dim=1)


class FusedMaps(nn.Module):
    """Low-level and high-level maps brought to one size and one number of channels, and added."""

    def __init__(self, early_channels: int, channels: int, features: int) -> None:
        super().__init__()
        self.low = nn.Conv2d(early_channels, features, 1)
        self.high = nn.Conv2d(channels, features, 1)

    def forward(self, early: Tensor, late: Tensor) -> Tensor:
        """(N, h·w, features) over the places of the late map."""
        low = F.adaptive_avg_pool2d(early, (late.shape[2], late.shape[3]))
        return torch.relu(self.low(low) + self.high(late)).flatten(2).transpose(1, 2)


class RefiningReader(nn.Module):
    """A first answer from the mean of the maps, then `steps` of attention, each fed the answer before.

    α = softmax vᵀtanh(W_f f + W_h h + W_y E p); c = Σ α f; h' = GRU([c; E p], h); p' from h' by the head.

    Args:
        early_channels: of the low-level map.
        channels: of the high-level map.
        units: of the features, the attention and the GRU.
        steps: how often the maps are read again.
        head: makes scores of `units` features; shared by all steps.
        weighed_places: of the high-level map, where the first answer comes from its weighted mean (GWAP, one weight a
            place and feature, which starts as the plain mean); 0 takes the plain mean.
    """

    def __init__(
        self, early_channels: int, channels: int, units: int, steps: int, head: CharHead, weighed_places: int = 0
    ) -> None:
        super().__init__()
        self.steps = steps
        self.weight = nn.Parameter(torch.full((weighed_places, units), 1 / weighed_places)) if weighed_places else None
        self.fuse = FusedMaps(early_channels, channels, units)
        self.head = head
        self.embed = PredictionEmbedding(head.tables)
        self.start = nn.Linear(units, units)
        self.look = nn.Linear(units, units)
        self.recall = nn.Linear(units, units, bias=False)
        self.expect = nn.Linear(self.embed.features, units, bias=False)
        self.attend = nn.Linear(units, 1, bias=False)
        self.update = nn.GRUCell(units + self.embed.features, units)

    def forward(self, early: Tensor, late: Tensor) -> tuple[CharScores, ...]:
        """Scores of the first answer and of each step; the last one is the best informed."""
        places = self.fuse(early, late)
        seen = self.look(places)
        pooled = places.mean(dim=1) if self.weight is None else (places * self.weight).sum(dim=1)
        state = torch.tanh(self.start(pooled))
        answers = [self.head(state)]
        for _ in range(self.steps):
            state, _ = self.step(places, seen, state, answers[-1])
            answers.append(self.head(state))
        return tuple(answers)

    def step(self, places: Tensor, seen: Tensor, state: Tensor, previous: CharScores) -> tuple[Tensor, Tensor]:
        """The next state (N, units) and where it looked (N, h·w)."""
        expected = self.embed(previous)
        energy = torch.tanh(seen + (self.recall(state) + self.expect(expected))[:, None])
        attention = self.attend(energy).squeeze(2).softmax(dim=1)
        context = (attention[:, :, None] * places).sum(dim=1)
        return self.update(torch.cat([context, expected], dim=1), state), attention
