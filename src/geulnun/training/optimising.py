"""Optimisers: AdamW, Muon or Adadelta, a schedule counted in samples, and a running average of the weights."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from geulnun.training.muon import Muon
from geulnun.training.precision import has_bfloat16

# Parts of the names of layers that answer, CRAFT's last one among them: AdamW moves them beside Muon, too. The layer of
# the four stages that answers is called otherwise, and Muon's; the figures of their study were made so.
_HEADS = ("head", "gate", "domain", "conv_cls.8")


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimiserConfig:
    """AdamW, Muon or Adadelta with linear warm-up and cosine decay.

    Muon moves matrices and kernels, AdamW beside it what is neither: norms, biases, depthwise kernels and heads.

    Attributes:
        kind: "adamw", "muon" or "adadelta".
        lr: highest learning rate; about ten times as high with Muon.
        adam_lr_ratio: with Muon, the learning rate of what AdamW moves over `lr`.
        momentum: of Muon.
        bfloat16: whether Muon multiplies matrices in bfloat16 where the processor has it: less exact, and three to six
            times as fast. In float32 that takes a fifth to a half of a step of the study's networks; tiny networks
            learn less well in bfloat16.
        last_lr_ratio: final learning rate over the highest.
        warmup_samples: samples over which the rate rises from zero.
        weight_decay: of matrices and kernels; norms and biases have none.
        betas: of AdamW.
        rho: of Adadelta, the share of the past in its running means,
        eps: and what it adds to them.
        clip_norm: the gradient's norm is cut to this.
        average_decay: of the running average of the weights, per step; lower during the first steps.
    """

    kind: Literal["adamw", "muon", "adadelta"] = "adamw"
    lr: float = 2e-3
    adam_lr_ratio: float = 0.1
    momentum: float = 0.95
    bfloat16: bool = False
    last_lr_ratio: float = 0.01
    warmup_samples: int = 20_000
    weight_decay: float = 0.02
    betas: tuple[float, float] = (0.9, 0.98)
    rho: float = 0.95
    eps: float = 1e-8
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


def build_optimiser(network: nn.Module, config: OptimiserConfig) -> torch.optim.Optimizer:
    """The optimiser of the network's trained parameters; vectors (norms, biases) do not decay."""
    if config.kind == "muon":
        return build_muon([network], config)
    groups = group_by_decay((p for p in network.parameters() if p.requires_grad), config)
    if config.kind == "adadelta":
        return torch.optim.Adadelta(groups, lr=config.lr, rho=config.rho, eps=config.eps)
    return torch.optim.AdamW(groups, lr=config.lr, betas=config.betas)


def group_by_decay(weights: Iterable[Tensor], config: OptimiserConfig, **options: Any) -> list[dict[str, Any]]:
    """Groups for an optimiser: matrices and kernels, which decay, and vectors, which do not; no empty ones."""
    matrices: list[Tensor] = []
    vectors: list[Tensor] = []
    for weight in weights:
        (matrices if weight.ndim > 1 else vectors).append(weight)
    sides = ((matrices, config.weight_decay), (vectors, 0.0))
    return [{"params": side, "weight_decay": decay, **options} for side, decay in sides if side]


def build_muon(modules: Iterable[nn.Module], config: OptimiserConfig) -> Muon:
    """Muon for the hidden matrices and kernels of the modules, AdamW for the rest.

    Each group has the ratio of its learning rate to that of the schedule as "lr_ratio". All weights that decay lose
    the same share at a step.
    """
    named = [(name, p) for module in modules for name, p in module.named_parameters() if p.requires_grad]
    hidden = [p for name, p in named if _is_hidden_matrix(name, p)]
    known = set(map(id, hidden))
    rest = [p for _, p in named if id(p) not in known]
    ratio = config.adam_lr_ratio
    adam: dict[str, Any] = {"use_muon": False, "betas": config.betas, "lr": config.lr * ratio, "lr_ratio": ratio}
    muon: dict[str, Any] = {
        "params": hidden,
        "use_muon": True,
        "lr": config.lr,
        "lr_ratio": 1.0,
        "momentum": config.momentum,
        "weight_decay": config.weight_decay * ratio,
    }
    groups = [*([muon] if hidden else []), *group_by_decay(rest, config, **adam)]
    return Muon(groups, bfloat16=config.bfloat16 and has_bfloat16())


def _is_hidden_matrix(name: str, weight: Tensor) -> bool:
    """Whether a weight mixes many inputs and lies inside the network."""
    return weight.ndim > 1 and weight.shape[1] > 1 and not any(part in name for part in _HEADS)


def set_learning_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Set the rate of the schedule; groups that learn at another have its ratio as "lr_ratio"."""
    for group in optimiser.param_groups:
        group["lr"] = rate * group.get("lr_ratio", 1.0)


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
