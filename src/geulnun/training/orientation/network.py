"""The network of the orientation classifier."""

import torch
from torch import Tensor, nn

TURNS = 4


class TurnFinder(nn.Module):
    """Snippets (N, 1, 24, 160) -> log-probabilities (N, 4) of their letters' turns.

    Two convolutions that halve, then depthwise separable ones (Howard et al. 2017, MobileNets); features are averaged
    over the snippet, so that every letter counts.
    """

    def __init__(self, channels: tuple[int, ...], dropout: float) -> None:
        super().__init__()
        first, second, *rest = channels
        layers: list[nn.Module] = [*_convolve(1, first, 3, stride=2), *_convolve(first, second, 3, stride=2)]
        width = second
        for number, wide in enumerate(rest):
            layers += _convolve(width, width, 3, groups=width, stride=2 if number == 1 else 1)
            layers += _convolve(width, wide, 1)
            width = wide
        self.body = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(width, TURNS))

    def forward(self, snippets: Tensor) -> Tensor:
        """(N, 4) log-probabilities."""
        scores = self.head(self.body(snippets).mean(dim=(2, 3)))
        return torch.log_softmax(scores.float(), dim=1)


def _convolve(given: int, made: int, size: int, *, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    conv = nn.Conv2d(given, made, size, stride=stride, padding=size // 2, groups=groups, bias=False)
    return [conv, nn.BatchNorm2d(made), nn.ReLU()]
