"""Squared error of the detector's maps with hard-negative mining."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

Mining = Literal["batch", "easyocr-synthetic", "easyocr-weak", "open-ocr"]
"""Which negatives count; see `MINERS`."""

_LEAST_PER_IMAGE = 500
_LEAST_SYNTHETIC = 1000
_LEAST_WEAK = 5000
_LEAST_OPEN_OCR = 1000


def measure_map_loss(
    maps: Tensor, targets: Tensor, weights: Tensor, *, negatives_ratio: float = 3.0, mining: Mining = "batch"
) -> Tensor:
    """Squared error of both maps, over the positives and as many of the hardest negatives as `negatives_ratio` says.

    Args:
        maps: (N, 2, h, w) what the network says.
        targets: (N, 2, h, w) region and affinity, 0..1.
        weights: (N, h, w) 0 where the truth is unknown, else 1 or how sure it is.
        negatives_ratio: negatives kept per positive and per map.
        mining: how negatives are chosen; see `MINERS`.

    Source: Baek et al. 2019 (CRAFT), equation 3, with online hard-negative mining.
    """
    errors = (maps.float() - targets).square() * weights[:, None]
    measure = MINERS[mining]
    region, affinity = (measure(errors[:, part], targets[:, part], weights, negatives_ratio) for part in range(2))
    return (2 if mining == "open-ocr" else 1) * region + affinity


def _mine_batch(errors: Tensor, targets: Tensor, weights: Tensor, negatives_ratio: float) -> Tensor:
    """Mean of the positives plus mean of the hardest negatives of the batch, at least 500 of them per picture."""
    positive = (targets >= 0.1) & (weights > 0)
    positives = positive.sum()
    negative_errors = errors.masked_fill(positive, 0.0).flatten()
    least = errors.shape[0] * _LEAST_PER_IMAGE
    kept = int(min(max(negatives_ratio * positives.item(), least), negative_errors.numel()))
    hardest = torch.topk(negative_errors, kept, sorted=False).values
    return (errors * positive).sum() / positives.clamp_min(1) + hardest.mean()


def _mine_images(errors: Tensor, targets: Tensor, weights: Tensor, negatives_ratio: float) -> Tensor:
    """The same of each picture by itself, averaged: at least 1,000 negatives, all where the ratio asks for more."""
    losses = []
    for error, target, weight in zip(errors, targets, weights, strict=True):
        known = weight > 0
        positive, negative = known & (target >= 0.1), known & (target < 0.1)
        wanted = int(negatives_ratio * positive.sum().item())
        short = int(negative.sum()) < wanted
        hardest = _take_hardest(error[negative], int(negative.sum()) if short else max(_LEAST_SYNTHETIC, wanted))
        losses.append(_take_mean(error[positive]) + _take_mean(hardest))
    return torch.stack(losses).mean()


def _mine_weak_batch(errors: Tensor, targets: Tensor, weights: Tensor, negatives_ratio: float) -> Tensor:
    """Over the batch; the 5,000 hardest negatives where there is no positive, or too few negatives for the ratio."""
    known = weights > 0
    positive, negative = known & (targets > 0.1), known & (targets <= 0.1)
    wanted = int(negatives_ratio * positive.sum().item())
    if not positive.any() or int(negative.sum()) < wanted:
        wanted = _LEAST_WEAK
    return _take_mean(errors[positive]) + _take_mean(_take_hardest(errors[negative], wanted))


def _mine_empty_cells(errors: Tensor, targets: Tensor, weights: Tensor, negatives_ratio: float) -> Tensor:
    """Over the batch, one mean of positives and at least 1,000 negatives; negatives have a target of exactly 0."""
    known = weights > 0
    positive = known & (targets >= 0.1)
    wanted = max(_LEAST_OPEN_OCR, int(negatives_ratio * positive.sum().item()))
    hardest = _take_hardest(errors[known & (targets <= 0)], wanted)
    return _take_mean(torch.cat([errors[positive], hardest]))


MINERS: dict[Mining, Callable[[Tensor, Tensor, Tensor, float], Tensor]] = {
    "batch": _mine_batch,
    "easyocr-synthetic": _mine_images,
    "easyocr-weak": _mine_weak_batch,
    "open-ocr": _mine_empty_cells,
}
"""Loss of one map from errors, targets and weights (N, h, w) and the ratio of negatives, by the name in a config.

EasyOCR's trainer uses a ratio of 1 on synthetic pictures and 0.3 with weak labels, and adds the mean of the positives
and that of the negatives; Open-OCR-Engine uses 3, takes one mean of both and counts the error of regions twice. In a
batch or picture with fewer negatives than the least number, EasyOCR divides by that number all the same; here by how
many there are.

Source: JaidedAI/EasyOCR `trainer/craft/loss`, YongWookHa/Open-OCR-Engine.
"""


def _take_hardest(errors: Tensor, wanted: int) -> Tensor:
    """The `wanted` largest of errors (K,); all where there are fewer."""
    return torch.topk(errors, min(wanted, len(errors)), sorted=False).values


def _take_mean(errors: Tensor) -> Tensor:
    """Mean of errors (K,), 0 of none."""
    return errors.sum() / max(1, len(errors))
