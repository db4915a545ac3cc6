"""A small residual network for reading on one core: wide where maps are small, flattened, with one linear layer on top.

A choice of this project after He et al. 2016 (basic residual blocks). With 32 px and jamo heads it has 2.02 M
parameters.
"""

from torch import Tensor, nn

from geulnun.training.characters.networks.trunk import ConvNorm, Trunk

_STAGES = (32, 80, 160, 224)


class Residual(nn.Module):
    """Two 3x3 convolutions with batch norm, added to their input. Source: He et al. 2016."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *ConvNorm(channels, channels, act=nn.ReLU(inplace=True)), *ConvNorm(channels, channels)
        )
        self.act = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """`x` refined."""
        return self.act(x + self.layers(x))


class CompactTrunk(Trunk):
    """Four stages, each halving the map and then refining it; 1/16 of the image's side in the end."""

    link = "flatten"
    neck_dropout = 0.1

    def __init__(self, input_channels: int = 1) -> None:
        width = input_channels
        stages: list[nn.Module] = []
        for out in _STAGES:
            halving = ConvNorm(width, out, stride=2, act=nn.ReLU(inplace=True))
            stages.append(nn.Sequential(*halving, Residual(out)))
            width = out
        super().__init__(nn.Sequential(*stages[:-1]), stages[-1], _STAGES[-2], width)
