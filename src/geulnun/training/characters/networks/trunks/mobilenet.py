"""MobileNetV3-Small for small images.

Source: Howard et al. 2019, table 2. The first stride is 1, so that maps keep a size of 1/16 (our choice: the table is
made for 224 px).
"""

from torch import nn

from geulnun.training.characters.networks.trunk import ConvNorm, InvertedResidual, SqueezeExcite, Trunk

# kernel, expanded, out, excited, hard swish, stride
_BLOCKS = (
    (3, 16, 16, True, False, 2),
    (3, 72, 24, False, False, 2),
    (3, 88, 24, False, False, 1),
    (5, 96, 40, True, True, 2),
    (5, 240, 40, True, True, 1),
    (5, 240, 40, True, True, 1),
    (5, 120, 48, True, True, 1),
    (5, 144, 48, True, True, 1),
    (5, 288, 96, True, True, 2),
    (5, 576, 96, True, True, 1),
    (5, 576, 96, True, True, 1),
)
_EARLY = 8


class MobileNetTrunk(Trunk):
    """A convolution, eleven inverted residuals and a last 1x1 convolution of 576 channels."""

    neck = (1024,)
    neck_dropout = 0.2

    def __init__(self, input_channels: int = 1) -> None:
        width = 16
        layers: list[nn.Module] = [ConvNorm(input_channels, width, act=nn.Hardswish())]
        for kernel, expanded, out, excited, swish, stride in _BLOCKS:
            act = nn.Hardswish if swish else nn.ReLU
            excite = SqueezeExcite(expanded, _round_to_8(expanded / 4), nn.ReLU(), nn.Hardsigmoid())
            layers.append(InvertedResidual(width, out, expanded, kernel, stride, act, excite if excited else None))
            width = out
        layers.append(ConvNorm(width, 6 * width, 1, act=nn.Hardswish()))
        early, late = nn.Sequential(*layers[: _EARLY + 1]), nn.Sequential(*layers[_EARLY + 1 :])
        super().__init__(early, late, _BLOCKS[_EARLY - 1][2], 6 * width)

    @staticmethod
    def build_activation() -> nn.Module:
        """Hard swish."""
        return nn.Hardswish()


def _round_to_8(value: float) -> int:
    """The nearest multiple of 8, not below 90 % of the value."""
    rounded = max(8, int(value + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * value else rounded
