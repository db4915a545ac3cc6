"""Layers of the strip networks, and masks of padded strips.

Padding is exactly 0, which no grey value is: 0..255 over 127.5 minus 1 passes zero by. So a network finds the
padding of its input by itself.
"""

from torch import Tensor, nn
from torch.nn import functional as F


def find_valid(strips: Tensor) -> Tensor:
    """Which columns of `strips` (N, 1, H, W) hold pixels and not padding; (N, 1, 1, W) bool."""
    return (strips != 0).any(dim=2, keepdim=True).any(dim=1, keepdim=True)


class ConvNorm(nn.Sequential):
    """Convolution and batch norm, with a ReLU behind unless `act` is false; keeps the size at stride 1."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        kernel: tuple[int, int] = (3, 3),
        *,
        stride: tuple[int, int] = (1, 1),
        dilation: int = 1,
        padding: tuple[int, int] | None = None,
        act: bool = True,
    ) -> None:
        if padding is None:
            padding = (kernel[0] // 2, dilation * (kernel[1] // 2))
        conv = nn.Conv2d(
            channels_in, channels_out, kernel, stride=stride, padding=padding, dilation=(1, dilation), bias=False
        )
        norm = nn.BatchNorm2d(channels_out)
        super().__init__(conv, norm, *([nn.ReLU(inplace=True)] if act else []))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """`x` convolved; zero where `mask`, which broadcasts to the result, is zero."""
        x = super().forward(x)  # type: ignore[no-untyped-call]
        return x if mask is None else x * mask


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions added to their input; (N, C, H, W) -> the same shape."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ConvNorm(channels, channels)
        self.second = ConvNorm(channels, channels, act=False)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """`x` refined; zero where `mask` is, if `x` is."""
        return F.relu(x + self.second(self.first(x, mask), mask))


class TimeMixer(nn.Module):
    """A dense convolution over time through a bottleneck, added to its input; (N, C, 1, T) -> the same shape."""

    def __init__(self, channels: int, inner: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.squeeze = ConvNorm(channels, inner, (1, 1))
        self.mix = ConvNorm(inner, inner, (1, kernel), dilation=dilation)
        self.expand = ConvNorm(inner, channels, (1, 1), act=False)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """`x` refined; zero where `mask` is, if `x` is."""
        return F.relu(x + self.expand(self.mix(self.squeeze(x, mask)), mask))
