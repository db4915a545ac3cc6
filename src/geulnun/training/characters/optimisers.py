"""The optimisers that character readers were published with."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from geulnun.errors import needing_extra
from geulnun.training.optimising import OptimiserConfig, build_muon, group_by_decay


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterOptimiserConfig(OptimiserConfig):
    """AdamW, Muon, AdaBound, Adam or SGD with momentum, with the schedule of `OptimiserConfig`.

    Attributes:
        kind: which.
        momentum: of Muon and SGD.
        final_lr: what AdaBound's steps converge to, as SGD's learning rate; it falls with the schedule.
        gamma: how fast AdaBound's bounds close.
    """

    kind: Literal["adamw", "muon", "adabound", "adam", "sgd"] = "adamw"  # type: ignore[assignment]
    momentum: float = 0.9
    final_lr: float = 0.1
    gamma: float = 1e-3


def build_character_optimiser(modules: list[nn.Module], config: CharacterOptimiserConfig) -> torch.optim.Optimizer:
    """The optimiser of all trained parameters of the modules; vectors (norms, biases) do not decay."""
    if config.kind == "muon":
        return build_muon(modules, config)
    groups = group_by_decay((p for module in modules for p in module.parameters() if p.requires_grad), config)
    if config.kind == "sgd":
        return torch.optim.SGD(groups, lr=config.lr, momentum=config.momentum)
    if config.kind == "adam":
        return torch.optim.Adam(groups, lr=config.lr, betas=config.betas)
    if config.kind == "adabound":
        with needing_extra("train", "AdaBound"):
            from pytorch_optimizer import AdaBound
        adabound: torch.optim.Optimizer = AdaBound(
            groups, lr=config.lr, betas=config.betas, final_lr=config.final_lr, gamma=config.gamma
        )
        return adabound
    return torch.optim.AdamW(groups, lr=config.lr, betas=config.betas)
