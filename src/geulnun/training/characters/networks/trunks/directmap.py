"""DirectMap's ConvNet on eight direction maps of 32 px.

Source: Zhang, Bengio, Liu 2017 (arXiv 1606.05763). Layers as recalled; their 6.161 M parameters at 3,755 flat classes
match the published size. How dropout grows with depth is uncertain: from 0 to a half in equal steps.
"""

from torch import nn

from geulnun.training.characters.networks.trunk import Trunk

_BLOCKS = ((50, 100), (150, 200), (250, 300), (350, 400))
_SLOPE = 1 / 3


class DirectMapTrunk(Trunk):
    """Eight 3x3 convolutions with bias and LeakyReLU, max-pooling 2x2 behind every second one."""

    link = "flatten"
    neck = (900, 200)

    def __init__(self, input_channels: int = 8) -> None:
        width, blocks = input_channels, []
        count = sum(map(len, _BLOCKS))
        number = 0
        for channels in _BLOCKS:
            layers: list[nn.Module] = []
            for out in channels:
                conv = nn.Conv2d(width, out, 3, padding=1)
                # There is no normalisation: of smaller first weights eight layers leave little of the image.
                nn.init.kaiming_normal_(conv.weight, _SLOPE)
                layers += [conv, nn.LeakyReLU(_SLOPE, inplace=True)]
                layers.append(nn.Dropout(0.5 * number / count))
                width, number = out, number + 1
            blocks.append(nn.Sequential(*layers, nn.MaxPool2d(2)))
        super().__init__(nn.Sequential(*blocks[:2]), nn.Sequential(*blocks[2:]), _BLOCKS[1][-1], width)

    @staticmethod
    def build_activation() -> nn.Module:
        """LeakyReLU of slope 1/3."""
        return nn.LeakyReLU(_SLOPE)
