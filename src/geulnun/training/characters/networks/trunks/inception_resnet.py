"""An Inception-ResNet of a size for single characters.

Source: Szegedy et al. 2017: the blocks A, B and C of Inception-ResNet-v1 with scaled residuals and its reductions. The
stem is one convolution and a pooling, widths are halved and blocks fewer, as images have 64 px and not 299: a design
choice.
"""

import torch
from torch import Tensor, nn

from geulnun.training.characters.networks.trunk import ConvNorm, Trunk

_SCALE = 0.2


def _conv(channels_in: int, channels_out: int, kernel: int | tuple[int, int] = 3, stride: int = 1) -> ConvNorm:
    return ConvNorm(channels_in, channels_out, kernel, stride=stride, act=nn.ReLU(inplace=True))


class InceptionResidual(nn.Module):
    """Branches side by side, joined by a 1x1 convolution and added to their input, scaled down."""

    def __init__(self, channels: int, branches: list[nn.Module], joined: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)
        self.join = nn.Conv2d(joined, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """`x` refined."""
        seen = torch.cat([branch(x) for branch in self.branches], dim=1)
        return torch.relu(x + _SCALE * self.join(seen))


class Reduction(nn.Module):
    """Halves the map by a pooling and by convolutions side by side."""

    def __init__(self, branches: list[nn.Module]) -> None:
        super().__init__()
        self.branches = nn.ModuleList([nn.MaxPool2d(3, stride=2, padding=1), *branches])

    def forward(self, x: Tensor) -> Tensor:
        """`x` at half the size, with the branches' channels."""
        return torch.cat([branch(x) for branch in self.branches], dim=1)


def build_block_a(channels: int) -> InceptionResidual:
    """Branches of one, three and five pixels' reach."""
    inner = channels // 8
    return InceptionResidual(
        channels,
        [
            _conv(channels, inner, 1),
            nn.Sequential(_conv(channels, inner, 1), _conv(inner, inner)),
            nn.Sequential(_conv(channels, inner, 1), _conv(inner, inner), _conv(inner, inner)),
        ],
        3 * inner,
    )


def build_block(channels: int, reach: int) -> InceptionResidual:
    """Branches of one pixel and of a cross of `reach` pixels: block B with 7, block C with 3."""
    inner = channels // 8
    cross = nn.Sequential(_conv(channels, inner, 1), _conv(inner, inner, (1, reach)), _conv(inner, inner, (reach, 1)))
    return InceptionResidual(channels, [_conv(channels, inner, 1), cross], 2 * inner)


class InceptionResNetTrunk(Trunk):
    """Blocks A at a quarter of the image, B at an eighth and C at a sixteenth."""

    neck_dropout = 0.2

    def __init__(self, input_channels: int = 1) -> None:
        a, b, c = 128, 384, 768
        stem = nn.Sequential(_conv(input_channels, 32, stride=2), _conv(32, 64), nn.MaxPool2d(3, stride=2, padding=1))
        early = nn.Sequential(stem, _conv(64, a), *(build_block_a(a) for _ in range(2)))
        to_b = Reduction([_conv(a, 128, stride=2), nn.Sequential(_conv(a, 96, 1), _conv(96, 128, stride=2))])
        to_c = Reduction([_conv(b, 192, stride=2), nn.Sequential(_conv(b, 96, 1), _conv(96, 192, stride=2))])
        late = nn.Sequential(
            to_b,
            *(build_block(b, 7) for _ in range(4)),
            to_c,
            *(build_block(c, 3) for _ in range(2)),
        )
        super().__init__(early, late, a, c)
