"""Melnyk-Net: thirteen narrow-wide convolutions and weighted pooling.

Source: Melnyk, You, Li 2019, layers as in its official code. With 96 px and 3,755 flat classes it has 6,523,819
values, the running statistics of its norms counted as there.
"""

from torch import nn

from geulnun.training.characters.networks.trunk import ConvNorm, Trunk

_BLOCKS = ((64, 64), (96, 64, 96), (128, 96, 128), (256, 192, 256), (448, 256, 448))


class MelnykTrunk(Trunk):
    """3x3 convolutions without bias, batch norm, ReLU; average pooling 3x3 at stride 2 between five blocks."""

    link = "gwap"
    head_std = 0.001

    def __init__(self, input_channels: int = 1) -> None:
        width, blocks = input_channels, []
        for number, channels in enumerate(_BLOCKS):
            layers: list[nn.Module] = [HalvingPool()] if number else []
            for out in channels:
                layers.append(ConvNorm(width, out, act=nn.ReLU(inplace=True)))
                width = out
            blocks.append(nn.Sequential(*layers))
        super().__init__(nn.Sequential(*blocks[:3]), nn.Sequential(*blocks[3:]), _BLOCKS[2][-1], width)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")


class HalvingPool(nn.AvgPool2d):
    """Average of 3x3 at stride 2, the border counted out; an odd side is rounded up."""

    def __init__(self) -> None:
        super().__init__(3, stride=2, padding=1, count_include_pad=False)
