"""The extractor of adversarial feature learning.

Source: Zhang, Liang, Nie et al. 2018, layers as in its official code. With its label head of 512 and 3,755 flat
classes it has 4.76 M parameters at 64 px; the domain head comes on top while training.
"""

from torch import nn

from geulnun.training.characters.networks.trunk import ConvNorm, Trunk

_LAYERS = ((96, 1), (96, 2), (128, 1), (128, 2), (160, 1), (160, 2), (256, 1), (256, 2))
_EARLY = 4


class AdversarialTrunk(Trunk):
    """Nine 3x3 convolutions with batch norm and LeakyReLU .3, every second one at stride 2, the last one unpadded."""

    link = "flatten"
    neck = (512,)

    def __init__(self, input_channels: int = 1) -> None:
        width, layers = input_channels, []
        for out, stride in _LAYERS:
            layers.append(ConvNorm(width, out, stride=stride, act=nn.LeakyReLU(0.3, inplace=True)))
            width = out
        layers.append(ConvNorm(width, width, padding=0, act=nn.LeakyReLU(0.3, inplace=True)))
        super().__init__(
            nn.Sequential(*layers[:_EARLY]), nn.Sequential(*layers[_EARLY:]), _LAYERS[_EARLY - 1][0], width
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.xavier_normal_(module.weight)
