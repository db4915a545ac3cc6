"""VGG-16 with batch norm; its dense layers of 4,096 give way to pooling.

Source: Simonyan, Zisserman 2015, configuration D: 14.71 M weights in thirteen convolutions of full width.
"""

from torch import nn

from geulnun.training.characters.networks.trunk import ConvNorm, Trunk

_BLOCKS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


class VggTrunk(Trunk):
    """Thirteen 3x3 convolutions with batch norm and ReLU, max-pooling 2x2 behind each of five blocks.

    Args:
        input_channels: of the image.
        width_ratio: of every layer's channels, so that it may be trained on a small budget.
    """

    def __init__(self, input_channels: int = 1, width_ratio: float = 1.0) -> None:
        width, blocks = input_channels, []
        for channels in _BLOCKS:
            layers: list[nn.Module] = []
            for full in channels:
                out = max(8, round(full * width_ratio))
                layers.append(ConvNorm(width, out, act=nn.ReLU(inplace=True)))
                width = out
            blocks.append(nn.Sequential(*layers, nn.MaxPool2d(2)))
        early = max(8, round(_BLOCKS[2][-1] * width_ratio))
        super().__init__(nn.Sequential(*blocks[:3]), nn.Sequential(*blocks[3:]), early, width)
