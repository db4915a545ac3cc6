"""Squared error of the detector's maps with hard-negative mining."""

import torch
from torch import Tensor


def measure_map_loss(maps: Tensor, targets: Tensor, weights: Tensor, *, negatives_ratio: float = 3.0) -> Tensor:
    """Squared error of both maps, over the positives and as many of the hardest negatives as `negatives_ratio` says.

    Args:
        maps: (N, 2, h, w) what the network says.
        targets: (N, 2, h, w) region and affinity, 0..1.
        weights: (N, h, w) 0 where the truth is unknown, else 1.
        negatives_ratio: negatives kept per positive, counted over the batch and per map.

    Source: Baek et al. 2019 (CRAFT), equation 3, with online hard-negative mining.
    """
    errors = (maps.float() - targets).square() * weights[:, None]
    return errors.new_tensor(0.0) + sum(
        _measure_mined_error(errors[:, part], targets[:, part], weights, negatives_ratio) for part in range(2)
    )


def _measure_mined_error(errors: Tensor, targets: Tensor, weights: Tensor, negatives_ratio: float) -> Tensor:
    """Mean error of the positives plus mean error of the hardest negatives; (N, h, w) each -> scalar."""
    positive = (targets >= 0.1) & (weights > 0)
    positives = positive.sum()
    negative_errors = errors.masked_fill(positive, 0.0).flatten()
    least = errors.shape[0] * 500
    kept = int(min(max(negatives_ratio * positives.item(), least), negative_errors.numel()))
    hardest = torch.topk(negative_errors, kept, sorted=False).values
    return (errors * positive).sum() / positives.clamp_min(1) + hardest.mean()
