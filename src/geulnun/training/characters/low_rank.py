"""Low-rank expansion of convolutions under global supervision: k x k becomes k x 1 and 1 x k of lower rank.

Source: Xiao et al. 2017 (arXiv 1702.07975), GSLRE. Layers are expanded one at a time from the second on and the
network is retrained with its own loss in between, not to rebuild the layer's output. Whether layers expanded before
are frozen meanwhile is uncertain, so it is a choice; at the end everything learns again.
"""

from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True, slots=True, kw_only=True)
class LowRankConfig:
    """When layers are expanded, and how much is gained.

    Attributes:
        speedup: of each layer; 0 leaves all as they are. The paper's is 4.
        first_samples: samples seen before the first expansion.
        samples_per_layer: samples seen between two expansions, and after the last before everything learns again.
        freeze_expanded: whether layers expanded before stand still until all are.
    """

    speedup: float = 0.0
    first_samples: int = 0
    samples_per_layer: int = 50_000
    freeze_expanded: bool = True

    def __post_init__(self) -> None:
        if self.speedup != 0 and self.speedup < 1:
            raise ValueError(f"speedup is {self.speedup:g}; at least 1, or 0 for no expansion.")


class LowRankConv(nn.Sequential):
    """A k x 1 convolution to D channels and a 1 x k convolution from them."""


def find_rank(channels_in: int, channels_out: int, kernel: int, speedup: float) -> int:
    """D = C N k / (S (C + N)): the cost k (C + N) D is then that of the k x k convolution over S."""
    return max(1, int(channels_in * channels_out * kernel / (speedup * (channels_in + channels_out))))


@torch.no_grad()
def expand_conv(conv: nn.Conv2d, rank: int) -> LowRankConv:
    """The best approximation of `conv` by a k x 1 and a 1 x k convolution with `rank` channels between them.

    The kernel, laid out as (C k_h) x (N k_w), is cut to its largest singular values; each half takes their roots.
    """
    out, channels, tall, wide = conv.weight.shape
    down = nn.Conv2d(channels, rank, (tall, 1), (conv.stride[0], 1), (int(conv.padding[0]), 0), bias=False)
    across = nn.Conv2d(rank, out, (1, wide), (1, conv.stride[1]), (0, int(conv.padding[1])), bias=conv.bias is not None)
    matrix = conv.weight.float().permute(1, 2, 0, 3).reshape(channels * tall, out * wide)
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    kept = min(rank, len(values))
    roots = values[:kept].sqrt()
    down.weight.zero_()
    across.weight.zero_()
    down.weight[:kept] = (left[:, :kept] * roots).T.reshape(kept, channels, tall, 1)
    across.weight[:, :kept] = (roots[:, None] * right[:kept]).reshape(kept, out, 1, wide).permute(1, 0, 2, 3)
    if conv.bias is not None and across.bias is not None:
        across.bias.copy_(conv.bias)
    return LowRankConv(down, across).to(conv.weight.device)


def find_expandable(network: nn.Module) -> list[str]:
    """Names of the dense square convolutions wider than a pixel, in the order of the network, without the first."""
    found = [
        name
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv2d) and module.groups == 1 and module.kernel_size[0] == module.kernel_size[1] > 1
    ]
    return found[1:]


def expand_layer(network: nn.Module, name: str, rank: int) -> LowRankConv:
    """Replace the convolution of that name in the network by its low-rank form."""
    expanded = expand_conv(network.get_submodule(name), rank)  # type: ignore[arg-type]
    parent, _, child = name.rpartition(".")
    network.get_submodule(parent)._modules[child] = expanded
    return expanded


def expand_layers(network: nn.Module, ranks: dict[str, int]) -> None:
    """Give a fresh network the structure of an expanded one, so that its weights can be loaded."""
    for name, rank in ranks.items():
        expand_layer(network, name, rank)


class Expander:
    """Expands a network's layers one after the other in the course of training.

    Attributes:
        names: of the layers to expand, in order.
        ranks: of those expanded so far.
        all_learn: whether the last stage has begun.
    """

    def __init__(self, network: nn.Module, config: LowRankConfig) -> None:
        self.config = config
        self.names = find_expandable(network)
        self.ranks: dict[str, int] = {}
        self.all_learn = False

    def advance(self, network: nn.Module, samples_seen: int) -> bool:
        """Expand the next layer, or unfreeze all, if it is time to; return whether anything changed."""
        due = self.config.first_samples + len(self.ranks) * self.config.samples_per_layer
        if samples_seen < due or self.all_learn:
            return False
        if len(self.ranks) == len(self.names):
            self.all_learn = True
        else:
            name = self.names[len(self.ranks)]
            conv = network.get_submodule(name)
            assert isinstance(conv, nn.Conv2d)
            self.ranks[name] = find_rank(conv.in_channels, conv.out_channels, conv.kernel_size[0], self.config.speedup)
            expand_layer(network, name, self.ranks[name])
        self.freeze(network)
        return True

    def freeze(self, network: nn.Module) -> None:
        """Freeze the layers expanded before the last one, while there are more to come."""
        done = list(self.ranks)[:-1]
        for name in self.ranks:
            still = self.config.freeze_expanded and not self.all_learn and name in done
            network.get_submodule(name).requires_grad_(not still)

    def restore(self, network: nn.Module, ranks: dict[str, int], all_learn: bool) -> None:
        """Give a fresh network the structure and state of a checkpoint's."""
        expand_layers(network, ranks)
        self.ranks, self.all_learn = dict(ranks), all_learn
        self.freeze(network)


def measure_macs(network: nn.Module, input_shape: tuple[int, int, int]) -> int:
    """Multiply-accumulates of convolutions and linear layers for one image."""
    total = 0

    def add(module: nn.Module, given: tuple[torch.Tensor, ...], result: torch.Tensor) -> None:
        nonlocal total
        assert isinstance(module, nn.Conv2d | nn.Linear)
        places = result.shape[2] * result.shape[3] if isinstance(module, nn.Conv2d) else 1
        total += module.weight.numel() * places

    layers = [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    hooks = [layer.register_forward_hook(add) for layer in layers]
    training = network.training
    network.eval()
    with torch.no_grad():
        network(torch.zeros(1, *input_shape, device=next(network.parameters()).device))
    network.train(training)
    for hook in hooks:
        hook.remove()
    return total
