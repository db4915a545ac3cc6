"""Losses of single characters: cross entropy over all tables, hybrid learning's additions, spelling."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from geulnun.runtime.characters.classes import UNKNOWN, CharLabel
from geulnun.training.characters.networks.denseran import PADDING, build_tokens
from geulnun.training.characters.networks.heads import CharScores, PairwiseDiscriminators


class CharLabels(NamedTuple):
    """Classes (N,) int64 of N characters in each table; -100 in `flat` where it has no class for them."""

    cho: Tensor
    jung: Tensor
    jong: Tensor
    flat: Tensor

    def of(self, table: str) -> Tensor:
        """The classes of one table."""
        labels: Tensor = getattr(self, table)
        return labels

    def chosen(self, rows: Tensor | slice) -> "CharLabels":
        """The labels of some of the characters."""
        return CharLabels(*(labels[rows] for labels in self))


def build_char_labels(labels: list[CharLabel]) -> CharLabels:
    """Labels of a batch."""
    return CharLabels(*torch.tensor(labels, dtype=torch.int64).reshape(-1, 4).T.contiguous())


def measure_cross_entropy(scores: CharScores, labels: CharLabels) -> Tensor:
    """Sum over the tables of the mean negative log-probability of the true class, without label smoothing."""
    losses = [_average_known(-_pick(table, labels.of(name)), labels.of(name)) for name, table in scores.present.items()]
    return torch.stack(losses).sum()


def measure_misclassification(scores: CharScores, labels: CharLabels, *, slope: float, sharpness: float) -> Tensor:
    """Minimum classification error, about 0..1, summed over the tables: how far the best rival leads, squashed.

    l = σ(ξ (-z_t + 1/η log(mean over j != t of exp(η z_j)))) with ξ = `slope` and η = `sharpness`.

    Source: Juang, Katagiri 1992; here one of two stand-ins for hybrid learning's discriminators (uncertain).
    """
    losses = []
    for name, table in scores.present.items():
        truth = labels.of(name)
        rivals = (sharpness * table).scatter(1, truth.clamp_min(0)[:, None], float("-inf"))
        count = torch.tensor(float(table.shape[1] - 1)).log()
        lead = (rivals.logsumexp(dim=1) - count) / sharpness - _pick(table, truth)
        losses.append(_average_known(torch.sigmoid(slope * lead), truth))
    return torch.stack(losses).sum()


def measure_discrimination(
    discriminators: PairwiseDiscriminators, features: Tensor, scores: CharScores, labels: CharLabels
) -> Tensor:
    """What it costs to take a hard rival for the truth: mean over the rivals of -log σ(u_t·h - u_r·h), over tables.

    The rivals are the likeliest wrong classes of each character, whichever they are; the gradient reaches the shared
    features h and the discriminators u, not the choice of rivals.

    Source: stands in for hybrid learning (Kim, Choi, Lee 2016); see `PairwiseDiscriminators`.
    """
    losses = []
    for name, table in scores.present.items():
        truth = labels.of(name)
        known = truth.clamp_min(0)[:, None]
        rivals = min(discriminators.rivals, table.shape[1] - 1)
        hardest = table.detach().scatter(1, known, float("-inf")).topk(rivals, dim=1).indices
        strengths = discriminators.directions[name](features).float()
        margins = strengths.gather(1, known) - strengths.gather(1, hardest)
        losses.append(_average_known(-F.logsigmoid(margins).mean(dim=1), truth))
    return torch.stack(losses).sum()


def measure_spelling_loss(logits: Tensor, labels: CharLabels) -> Tensor:
    """Mean over characters of the summed cross entropy of their letters and end; logits (N, 4, 68)."""
    tokens = build_tokens(labels.cho, labels.jung, labels.jong)
    total = F.cross_entropy(logits.float().flatten(0, 1), tokens.flatten(), ignore_index=PADDING, reduction="sum")
    return total / max(1, len(tokens))


def _pick(table: Tensor, labels: Tensor) -> Tensor:
    """The score (N,) of each row's class; that of class 0 where it has none."""
    return table.gather(1, labels.clamp_min(0)[:, None]).squeeze(1)


def _average_known(losses: Tensor, labels: Tensor) -> Tensor:
    known = labels != UNKNOWN
    return torch.where(known, losses, torch.zeros_like(losses)).sum() / known.sum().clamp_min(1)
