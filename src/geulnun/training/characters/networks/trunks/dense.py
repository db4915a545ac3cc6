"""The encoder of DenseRAN: three dense blocks. As a trunk, it is read by heads in place of a decoder that spells.

Source: Huang et al. 2017 (DenseNet) as in Wang, Du et al. 2018 (arXiv 1808.04134); sizes are those of the same group's
WAP-DenseNet.
"""

from itertools import chain

import torch
from torch import Tensor, nn

from geulnun.training.characters.networks.trunk import Trunk

_BLOCKS, _STEM, _GROWTH, _DROPOUT = 3, 48, 24, 0.2


class DenseLayer(nn.Module):
    """Bottleneck layer: BN, ReLU, 1x1 to four times the growth, BN, ReLU, 3x3, dropout; appended to its input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, 4 * _GROWTH, 1, bias=False),
            nn.BatchNorm2d(4 * _GROWTH),
            nn.ReLU(inplace=True),
            nn.Conv2d(4 * _GROWTH, _GROWTH, 3, padding=1, bias=False),
            nn.Dropout(_DROPOUT),
        )

    def forward(self, x: Tensor) -> Tensor:
        """`x` with 24 more channels."""
        return torch.cat([x, self.layers(x)], dim=1)


def build_dense_blocks(input_channels: int, layers: int) -> tuple[list[list[nn.Module]], list[int]]:
    """The parts of three dense blocks, and the channels behind each.

    The first has a 7x7 convolution and pooling before it, the others a transition that halves channels and size, the
    last norm and ReLU behind it: S -> S / 4 -> S / 8 -> S / 16.
    """
    blocks: list[list[nn.Module]] = []
    widths: list[int] = []
    width = _STEM
    for number in range(_BLOCKS):
        if number == 0:
            conv = nn.Conv2d(input_channels, width, 7, stride=2, padding=3, bias=False)
            parts: list[nn.Module] = [conv, nn.BatchNorm2d(width), nn.ReLU(inplace=True), nn.MaxPool2d(2)]
        else:
            conv = nn.Conv2d(width, width // 2, 1, bias=False)
            parts = [nn.BatchNorm2d(width), nn.ReLU(inplace=True), conv, nn.AvgPool2d(2)]
            width //= 2
        for _ in range(layers):
            parts.append(DenseLayer(width))
            width += _GROWTH
        blocks.append(parts)
        widths.append(width)
    blocks[-1] += [nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
    return blocks, widths


class DenseEncoder(nn.Sequential):
    """All dense blocks in a row."""

    def __init__(self, input_channels: int = 1, layers: int = 16) -> None:
        blocks, widths = build_dense_blocks(input_channels, layers)
        super().__init__(*chain.from_iterable(blocks))
        self.channels = widths[-1]


class DenseTrunk(Trunk):
    """The same blocks, the last of them the late part; no dropout but between dense layers."""

    link = "gap"
    neck_dropout = 0.0

    def __init__(self, input_channels: int = 1, layers: int = 16) -> None:
        (*early, late), widths = build_dense_blocks(input_channels, layers)
        super().__init__(nn.Sequential(*chain.from_iterable(early)), nn.Sequential(*late), *widths[-2:])
