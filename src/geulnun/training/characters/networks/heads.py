"""From a feature vector to log-probabilities: factorised into jamo, flat over syllables, or both."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from geulnun.core.arrays import Floats
from geulnun.runtime.characters.classes import CharClasses

HeadKind = Literal["factorised", "flat", "joined", "prior"]


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


class CharHead(nn.Module):
    """From feature vectors (N, F) to scores.

    Attributes:
        features: F.
        tables: classes of each table of the scores, by its name.
    """

    features: int
    tables: dict[str, int]

    def __call__(self, features: Tensor) -> CharScores:
        """Scores of feature vectors (N, F)."""
        scores: CharScores = super().__call__(features)
        return scores


class FactorisedHead(CharHead):
    """Three linear layers: initial, medial and final letter; first weights of deviation `std`, so that all is open."""

    def __init__(self, features: int, classes: CharClasses, std: float = 0.01) -> None:
        super().__init__()
        self.features, self.sizes = features, classes.sizes
        self.linear = _build_linear(features, sum(self.sizes), std)
        self.tables = dict(zip(("cho", "jung", "jong"), self.sizes, strict=True))

    def forward(self, features: Tensor) -> CharScores:
        """Scores of feature vectors (N, F)."""
        logits = self.linear(features).float()
        return CharScores(*(part.log_softmax(dim=1) for part in torch.split(logits, list(self.sizes), dim=1)))


class FlatHead(CharHead):
    """One linear layer over all characters."""

    def __init__(self, features: int, classes: int, std: float = 0.01) -> None:
        super().__init__()
        self.features = features
        self.linear = _build_linear(features, classes, std)
        self.tables = {"flat": classes}

    def forward(self, features: Tensor) -> CharScores:
        """Scores of feature vectors (N, F)."""
        return CharScores(flat=self.linear(features).float().log_softmax(dim=1))


class JoinedHead(CharHead):
    """Factorised and flat at once: logit(s) = cho(s) + jung(s) + jong(s) + what is particular to s.

    The particular part has a low rank, so that frequent combinations are learned and rare ones still composed.
    """

    def __init__(self, features: int, classes: CharClasses, rank: int = 64, std: float = 0.01) -> None:
        super().__init__()
        self.features = features
        self.factors = FactorisedHead(features, classes, std)
        labels = [classes.encode(text) for text in classes.texts]
        self.parts: Tensor
        self.register_buffer("parts", torch.tensor([label[:3] for label in labels]).T.contiguous(), persistent=False)
        self.reduce = nn.Linear(features, rank, bias=False)
        self.particular = nn.Linear(rank, len(labels))
        nn.init.zeros_(self.particular.weight)
        nn.init.zeros_(self.particular.bias)
        self.tables = {**self.factors.tables, "flat": len(labels)}

    def forward(self, features: Tensor) -> CharScores:
        """Scores of feature vectors (N, F)."""
        factors = self.factors(features)
        tables = zip((factors.present[name] for name in ("cho", "jung", "jong")), self.parts, strict=True)
        cho, jung, jong = (table.index_select(1, part) for table, part in tables)
        flat = cho + jung + jong + self.particular(self.reduce(features)).float()
        return factors._replace(flat=flat.log_softmax(dim=1))


class PriorHead(FactorisedHead):
    """Factorised, and flat over all 11,172: each syllable weighed by how much more often it occurs than its letters do.

    p(s | image) is proportional to p(cho | image) p(jung | image) p(jong | image) · p(s) / (p(cho) p(jung) p(jong)) if
    the letters do not tell of each other once the image is known.

    Attributes:
        prior: (11172,) the logarithm of the last factor; zero until `set_prior`.
    """

    prior: Tensor

    def __init__(self, features: int, classes: CharClasses, std: float = 0.01) -> None:
        super().__init__(features, classes, std)
        self.register_buffer("prior", torch.zeros(len(classes.texts)))
        self.tables = {**self.tables, "flat": len(classes.texts)}

    def set_prior(self, shares: Floats) -> None:
        """Take over how often each syllable occurs: (11172,) shares, none of them zero."""
        share = torch.from_numpy(shares).reshape(self.sizes)
        cho, jung, jong = (share.sum(dim=axes) for axes in ((1, 2), (0, 2), (0, 1)))
        self.prior.copy_((share / (cho[:, None, None] * jung[:, None] * jong)).log().flatten())

    def forward(self, features: Tensor) -> CharScores:
        """Scores of feature vectors (N, F)."""
        letters = super().forward(features)
        assert letters.cho is not None and letters.jung is not None and letters.jong is not None
        sums = letters.cho[:, :, None, None] + letters.jung[:, None, :, None] + letters.jong[:, None, None, :]
        return letters._replace(flat=(sums.flatten(1) + self.prior).log_softmax(dim=1))


def build_head(kind: HeadKind, features: int, classes: CharClasses, *, rank: int = 64, std: float = 0.01) -> CharHead:
    """A head with fresh weights."""
    if kind == "factorised":
        return FactorisedHead(features, classes, std)
    if kind == "flat":
        return FlatHead(features, len(classes.texts), std)
    if kind == "prior":
        return PriorHead(features, classes, std)
    return JoinedHead(features, classes, rank, std)


def _build_linear(features: int, classes: int, std: float) -> nn.Linear:
    linear = nn.Linear(features, classes)
    nn.init.normal_(linear.weight, std=std)
    nn.init.zeros_(linear.bias)
    return linear


class PairwiseDiscriminators(nn.Module):
    """Directions u that tell the classes of each table apart pair by pair: u_a·h > u_b·h where a is seen, not b.

    They share the features h with the head and are trained beside it, so that h keeps what tells hard rivals apart.
    They serve in training alone: characters are read with the head, as the paper has it (no additional step joins their
    results to the recogniser's).

    Source: stands in for the discriminators of hybrid learning (Kim, Choi, Lee 2016), whose inner structure is
    not known to us: uncertain, a design choice. As there, no similar pairs are named beforehand.

    Args:
        features: of h.
        tables: classes of each table, by its name.
        rivals: classes that the true one is compared with.
    """

    def __init__(self, features: int, tables: Mapping[str, int], rivals: int) -> None:
        super().__init__()
        self.rivals = rivals
        self.directions = nn.ModuleDict(
            {name: nn.Linear(features, classes, bias=False) for name, classes in tables.items()}
        )
