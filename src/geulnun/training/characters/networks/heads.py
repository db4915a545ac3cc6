"""From a feature vector to log-probabilities: factorised into jamo, flat over syllables, or both joined."""

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from geulnun.runtime.characters.classes import CharClasses

HeadKind = Literal["factorised", "flat", "joined"]


class CharScores(NamedTuple):
    """Log-probabilities of N characters, each table normalised; those that a head does not give are None.

    Attributes:
        cho: (N, 19) initials; 20 where bare jamo are told apart, the last being "none".
        jung: (N, 21) medials; 22 likewise.
        jong: (N, 28) finals, 0 being "none".
        flat: (N, K) whole characters.
    """

    cho: Tensor | None = None
    jung: Tensor | None = None
    jong: Tensor | None = None
    flat: Tensor | None = None

    @property
    def present(self) -> dict[str, Tensor]:
        """The tables there are, by name."""
        return {name: table for name, table in self._asdict().items() if table is not None}


class PairwiseDiscriminator(nn.Module):
    """Re-scores the likeliest classes of one table by comparing them pair by pair on the same features.

    log σ((u_a - u_b)·h) says whether a rather than b is seen; a candidate's mean over its rivals is added to its
    score and the table normalised again.

    Source: stands in for the discriminators of hybrid learning (Kim, Choi, Lee 2016), whose inner structure is
    not known to us: uncertain, a design choice. As there, no similar pairs are named beforehand.
    """

    def __init__(self, features: int, classes: int, rivals: int) -> None:
        super().__init__()
        self.rivals = min(rivals, classes - 1)
        self.directions = nn.Linear(features, classes, bias=False)

    def forward(self, features: Tensor, table: Tensor) -> Tensor:
        """`table` (N, K) of log-probabilities, re-scored."""
        candidates = table.topk(self.rivals + 1, dim=1).indices
        strengths = self.directions(features).float().gather(1, candidates)
        preferred = F.logsigmoid(strengths[:, :, None] - strengths[:, None, :])
        own = preferred.diagonal(dim1=1, dim2=2)
        bonus = (preferred.sum(dim=2) - own) / self.rivals
        best = bonus.max(dim=1, keepdim=True).values
        return (table.scatter_add(1, candidates, bonus - best)).log_softmax(dim=1)


class FactorisedHead(nn.Module):
    """Three linear layers: initial, medial and final letter; first weights of deviation `std`, so that all is open."""

    def __init__(self, features: int, classes: CharClasses, std: float = 0.01) -> None:
        super().__init__()
        self.sizes = classes.sizes
        self.linear = _build_linear(features, sum(self.sizes), std)
        self.tables = dict(zip(("cho", "jung", "jong"), self.sizes, strict=True))

    def forward(self, features: Tensor) -> CharScores:
        """Scores of feature vectors (N, F)."""
        logits = self.linear(features).float()
        return CharScores(*(part.log_softmax(dim=1) for part in torch.split(logits, list(self.sizes), dim=1)))


class FlatHead(nn.Module):
    """One linear layer over all characters."""

    def __init__(self, features: int, classes: int, std: float = 0.01) -> None:
        super().__init__()
        self.linear = _build_linear(features, classes, std)
        self.tables = {"flat": classes}

    def forward(self, features: Tensor) -> CharScores:
        """Scores of feature vectors (N, F)."""
        return CharScores(flat=self.linear(features).float().log_softmax(dim=1))


class JoinedHead(nn.Module):
    """Factorised and flat at once: logit(s) = cho(s) + jung(s) + jong(s) + what is particular to s.

    The particular part has a low rank, so that frequent combinations are learned and rare ones still composed.
    """

    def __init__(self, features: int, classes: CharClasses, rank: int = 64, std: float = 0.01) -> None:
        super().__init__()
        self.factors = FactorisedHead(features, classes, std)
        labels = [classes.encode(text) for text in classes.texts]
        self.register_buffer("parts", torch.tensor([label[:3] for label in labels]).T.contiguous(), persistent=False)
        self.reduce = nn.Linear(features, rank, bias=False)
        self.particular = nn.Linear(rank, len(labels))
        nn.init.zeros_(self.particular.weight)
        nn.init.zeros_(self.particular.bias)
        self.tables = {**self.factors.tables, "flat": len(labels)}

    def forward(self, features: Tensor) -> CharScores:
        """Scores of feature vectors (N, F)."""
        factors = self.factors(features)
        cho, jung, jong = (t.index_select(1, part) for t, part in zip(factors[:3], self.parts, strict=True))
        flat = cho + jung + jong + self.particular(self.reduce(features)).float()
        return factors._replace(flat=flat.log_softmax(dim=1))


def build_head(kind: HeadKind, features: int, classes: CharClasses, *, rank: int = 64, std: float = 0.01) -> nn.Module:
    """A head with fresh weights."""
    if kind == "factorised":
        return FactorisedHead(features, classes, std)
    if kind == "flat":
        return FlatHead(features, len(classes.texts), std)
    return JoinedHead(features, classes, rank, std)


def _build_linear(features: int, classes: int, std: float) -> nn.Linear:
    linear = nn.Linear(features, classes)
    nn.init.normal_(linear.weight, std=std)
    nn.init.zeros_(linear.bias)
    return linear


class DiscriminatingHead(nn.Module):
    """A head whose tables are re-scored pair by pair once it is trained; see `PairwiseDiscriminator`."""

    def __init__(self, head: nn.Module, features: int, rivals: int) -> None:
        super().__init__()
        self.head = head
        self.tables = head.tables
        self.discriminators = nn.ModuleDict(
            {name: PairwiseDiscriminator(features, size, rivals) for name, size in head.tables.items()}
        )

    def forward(self, features: Tensor) -> CharScores:
        """Scores of feature vectors (N, F); plain while training, re-scored after it."""
        scores = self.head(features)
        if self.training:
            return scores
        changed = {name: self.discriminators[name](features, table) for name, table in scores.present.items()}
        return scores._replace(**changed)
