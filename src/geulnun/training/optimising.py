"""How weights move: AdamW, a schedule counted in samples, and a running average of the weights."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimiserConfig:
    """AdamW with linear warm-up and cosine decay.

    Attributes:
        lr: highest learning rate.
        last_lr_ratio: final learning rate over the highest.
        warmup_samples: samples over which the rate rises from zero.
        weight_decay: of matrices and kernels; norms and biases have none.
        betas: of AdamW.
        clip_norm: the gradient's norm is cut to this.
        average_decay: of the running average of the weights, per step; lower during the first steps.
    """

    lr: float = 2e-3
    last_lr_ratio: float = 0.01
    warmup_samples: int = 20_000
    weight_decay: float = 0.02
    betas: tuple[float, float] = (0.9, 0.98)
    clip_norm: float = 5.0
    average_decay: float = 0.999


def find_learning_rate(config: OptimiserConfig, samples_seen: int, total_samples: int) -> float:
    """The learning rate after `samples_seen` of `total_samples`."""
    if samples_seen < config.warmup_samples:
        return config.lr * (samples_seen + 1) / (config.warmup_samples + 1)
    decaying = max(1, total_samples - config.warmup_samples)
    progress = min(1.0, (samples_seen - config.warmup_samples) / decaying)
    ratio = config.last_lr_ratio + (1 - config.last_lr_ratio) * 0.5 * (1 + math.cos(math.pi * progress))
    return config.lr * ratio


def build_optimiser(network: nn.Module, config: OptimiserConfig) -> torch.optim.AdamW:
    """AdamW over the network's trained parameters; vectors (norms, biases) do not decay."""
    trained = [p for p in network.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.lr, betas=config.betas)


@torch.no_grad()
def update_average(average: nn.Module, network: nn.Module, step: int, decay: float) -> None:
    """Moves `average` a little towards `network`, running statistics included; counters are copied."""
    weight = 1 - min(decay, (1 + step) / (10 + step))
    moving, goals = [], []
    for old, new in zip(_state(average), _state(network), strict=True):
        if old.is_floating_point():
            moving.append(old)
            goals.append(new)
        else:
            old.copy_(new)
    torch._foreach_lerp_(moving, goals, weight)


def _state(network: nn.Module) -> Iterable[Tensor]:
    yield from network.parameters()
    yield from network.buffers()
