"""EfficientNet-B0 for small images.

Source: Tan, Le 2019, table 1. The first stride is 1, so that maps keep a size of 1/16 (our choice: the table is made
for 224 px); stochastic depth is left out.
"""

from torch import nn

from geulnun.training.characters.networks.trunk import ConvNorm, InvertedResidual, SqueezeExcite, Trunk

# expansion, out, repeats, stride of the first, kernel
_STAGES = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)
_EARLY = 5
_LAST = 1280


class EfficientNetTrunk(Trunk):
    """A convolution, sixteen inverted residuals with excitation and a last 1x1 convolution of 1,280 channels."""

    neck_dropout = 0.2

    def __init__(self, input_channels: int = 1) -> None:
        width = 32
        stages: list[nn.Module] = [ConvNorm(input_channels, width, act=nn.SiLU())]
        for expansion, out, repeats, first, kernel in _STAGES:
            blocks = []
            for number in range(repeats):
                expanded = width * expansion
                excite = SqueezeExcite(expanded, max(1, width // 4), nn.SiLU(), nn.Sigmoid())
                stride = first if number == 0 else 1
                blocks.append(InvertedResidual(width, out, expanded, kernel, stride, nn.SiLU, excite))
                width = out
            stages.append(nn.Sequential(*blocks))
        stages.append(ConvNorm(width, _LAST, 1, act=nn.SiLU()))
        early, late = nn.Sequential(*stages[: _EARLY + 1]), nn.Sequential(*stages[_EARLY + 1 :])
        super().__init__(early, late, _STAGES[_EARLY - 1][1], _LAST)
