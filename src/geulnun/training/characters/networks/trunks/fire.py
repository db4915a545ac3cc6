"""The Fire-module network with weighted pooling, whose early stage can answer what is easy.

Source: Z. Li et al. 2018 (arXiv 1804.01259). The exact table is uncertain: this one follows a public
re-implementation and has 3.61 M parameters and 0.42 G multiply-accumulates with 96 px and 3,755 flat classes.
"""

import torch
from torch import Tensor, nn

from geulnun.training.characters.networks.trunk import ConvNorm, Trunk

_STAGES = ((64,), (128, 128, 128), (256, 256, 256), (512, 512, 512, 512))


class Fire(nn.Module):
    """1x1 squeeze to an eighth of `channels`, then two expanding branches side by side.

    Both branches are 3x3, as in the re-implementation the table comes from. It is they that have the stride.
    """

    def __init__(self, channels_in: int, channels: int, *, stride: int = 1) -> None:
        super().__init__()
        inner = channels // 8
        self.squeeze = ConvNorm(channels_in, inner, 1, act=nn.ReLU(inplace=True))
        self.first = ConvNorm(inner, channels // 2, stride=stride, act=nn.ReLU(inplace=True))
        self.second = ConvNorm(inner, channels - channels // 2, stride=stride, act=nn.ReLU(inplace=True))

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, h, w) of `x`, at the stride."""
        squeezed = self.squeeze(x)
        return torch.cat([self.first(squeezed), self.second(squeezed)], dim=1)


class FireTrunk(Trunk):
    """A convolution and eleven Fire modules; three halvings, the last stage at an eighth of the image.

    The last module of each stage but the last halves the map by stride. The early part ends behind the stage of 256
    channels, where the cascade may answer.
    """

    link = "gwap"

    def __init__(self, input_channels: int = 1) -> None:
        width = 64
        stages: list[nn.Module] = [ConvNorm(input_channels, width, act=nn.ReLU(inplace=True))]
        for number, channels in enumerate(_STAGES):
            layers: list[nn.Module] = []
            for place, out in enumerate(channels, 1):
                halves = place == len(channels) and number < len(_STAGES) - 1
                layers.append(Fire(width, out, stride=2 if halves else 1))
                width = out
            stages.append(nn.Sequential(*layers))
        super().__init__(nn.Sequential(*stages[:-1]), stages[-1], _STAGES[-2][-1], width)
