"""Adaptive drop-weight: small weights are pruned during training, the others train on.

Source: Xiao et al. 2017 (arXiv 1702.07975). The threshold P = α mean|w| + β std(w) + λ, λ stepped up, is that of a
sister paper (arXiv 1705.05207), so uncertain. Zeros make files smaller when compressed; they save no time on a CPU.
"""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True, kw_only=True)
class DropWeightConfig:
    """How many weights go, and how fast.

    Attributes:
        ratio: share of each layer's weights to drop; 0 drops none.
        layer_ratios: other shares of single layers, by name.
        first_samples: samples seen before the first weights go.
        every_steps: steps between two raises of a threshold.
        mean_ratio: α.
        std_ratio: β.
        raise_ratio: what λ grows by each time, over the layer's std.
    """

    ratio: float = 0.0
    layer_ratios: dict[str, float] = field(default_factory=dict)
    first_samples: int = 0
    every_steps: int = 100
    mean_ratio: float = 0.1
    std_ratio: float = 0.1
    raise_ratio: float = 0.05

    def __post_init__(self) -> None:
        for name, ratio in {"ratio": self.ratio, **self.layer_ratios}.items():
            if not 0 <= ratio < 1:
                raise ValueError(f"{name} is {ratio:g}; allowed is 0 (drop nothing) up to, but not including, 1.")
        if self.every_steps < 1 or self.raise_ratio <= 0:
            raise ValueError("every_steps is at least 1 and raise_ratio above 0.")


class WeightDropper:
    """Drops weights of a network's convolutions and linear layers, but the first layer's.

    Attributes:
        config: how many weights go, and how fast.
        thresholds: of the layers whose weights have begun to go.
        steps: training steps since then.
        kept: by layer, which weights live.
    """

    def __init__(self, network: nn.Module, config: DropWeightConfig) -> None:
        self.config = config
        layers = find_droppable(network)
        unknown = set(config.layer_ratios) - set(layers)
        if unknown:
            raise ValueError(f"layer_ratios names {', '.join(sorted(unknown))}; layers are {', '.join(layers)}.")
        self.thresholds: dict[str, float] = {}
        self.steps = 0
        self.kept: dict[str, Tensor] = {}

    def step(self, network: nn.Module, samples_seen: int) -> None:
        """After an optimiser's step: keeps dropped weights at zero, and raises thresholds when it is time to.

        Where a layer has reached its ratio its threshold holds, and weights that fall below it later go too.
        """
        if samples_seen < self.config.first_samples:
            return
        if self.steps % self.config.every_steps == 0:
            for name, weight in find_droppable(network).items():
                self._drop(name, weight)
        self.steps += 1
        self.hold(network)

    @torch.no_grad()
    def _drop(self, name: str, weight: Tensor) -> None:
        ratio = self.config.layer_ratios.get(name, self.config.ratio)
        if ratio == 0:
            return
        kept = self._find_kept(name, weight)
        alive = weight[kept].abs()
        dropped = 1 - kept.float().mean().item()
        if dropped < ratio and len(alive):
            needed = alive.sort().values[min(len(alive) - 1, round((ratio - dropped) * weight.numel()))]
            raised = self._raise(name, weight[kept])
            self.thresholds[name] = min(raised, float(needed))
        self.kept[name] = kept & (weight.abs() >= self.thresholds.setdefault(name, 0.0))

    def _raise(self, name: str, alive: Tensor) -> float:
        spread = float(alive.std()) if alive.numel() > 1 else float(alive.abs().mean())
        if name not in self.thresholds:
            return self.config.mean_ratio * float(alive.abs().mean()) + self.config.std_ratio * spread
        return self.thresholds[name] + self.config.raise_ratio * spread

    def _find_kept(self, name: str, weight: Tensor) -> Tensor:
        """Which weights live; known from their zeros after a run was taken up again."""
        known = self.kept.get(name)
        if known is None or known.shape != weight.shape:
            known = weight != 0
        return known.to(weight.device)

    @torch.no_grad()
    def hold(self, network: nn.Module) -> None:
        """Set dropped weights to zero in a network of the same layers."""
        for name, weight in find_droppable(network).items():
            if name in self.thresholds:
                self.kept[name] = self._find_kept(name, weight)
                weight.masked_fill_(~self.kept[name], 0.0)

    def state(self) -> dict[str, Any]:
        """What a checkpoint needs; the dropped weights are its zeros."""
        return {"thresholds": dict(self.thresholds), "steps": self.steps}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore what `state` returned."""
        self.thresholds, self.steps, self.kept = dict(state["thresholds"]), int(state["steps"]), {}


def find_droppable(network: nn.Module) -> dict[str, Tensor]:
    """Weights of all convolutions and linear layers by the layer's name, without the first."""
    layers = [
        (name, module.weight) for name, module in network.named_modules() if isinstance(module, nn.Conv2d | nn.Linear)
    ]
    return dict(layers[1:])
