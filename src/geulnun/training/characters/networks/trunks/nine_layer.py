"""HCCR-CNN9Layer: the network that low-rank expansion and weight dropping were shown on.

Source: Xiao et al. 2017 (arXiv 1702.07975). Biases and the sharing of PReLU slopes are derived: one slope a channel
behind convolutions and one behind the dense layer give the published 10.860 M at 96 px and 3,755 flat classes.
"""

from torch import nn

from geulnun.training.characters.networks.trunk import ConvNorm, Trunk

_BLOCKS = ((96,), (128,), (160,), (256, 256), (384, 384))


class NineLayerTrunk(Trunk):
    """Seven 3x3 convolutions with batch norm and PReLU, max-pooling 3x3 at stride 2 behind each of five blocks.

    PReLU follows the pooling where there is one: its slopes being above zero, that gives the same, of a fourth as much.
    """

    link = "flatten"
    neck = (1024,)

    def __init__(self, input_channels: int = 1) -> None:
        width, blocks = input_channels, []
        for channels in _BLOCKS:
            layers: list[nn.Module] = []
            for out in channels:
                layers += [ConvNorm(width, out), nn.PReLU(out)]
                width = out
            layers.insert(-1, nn.MaxPool2d(3, stride=2, padding=1))
            blocks.append(nn.Sequential(*layers))
        super().__init__(nn.Sequential(*blocks[:3]), nn.Sequential(*blocks[3:]), _BLOCKS[2][-1], width)

    @staticmethod
    def build_activation() -> nn.Module:
        """PReLU with one slope."""
        return nn.PReLU()
