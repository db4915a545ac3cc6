"""Networks that read a strip: (N, 1, 32, W) -> four log-probability tables over T = W / 4 time steps."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

STRIP_HEIGHT_PX = 32
STEP_PX = 4
CHO, JUNG, JONG = 19, 21, 28


class StripScores(NamedTuple):
    """Log-probabilities of every time step: gate (N, T, G), cho (N, T, 19), jung (N, T, 21), jong (N, T, 28).

    Gate 0 is the blank, 1 "a Hangul syllable", 2 + i the charset's symbol i. Each table is normalised.
    """

    gate: Tensor
    cho: Tensor
    jung: Tensor
    jong: Tensor


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


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions added to their input; (N, C, H, W) -> the same shape."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ConvNorm(channels, channels)
        self.second = ConvNorm(channels, channels, act=False)

    def forward(self, x: Tensor) -> Tensor:
        """`x` refined."""
        return F.relu(x + self.second(self.first(x)))


class TimeMixer(nn.Module):
    """A dense convolution over time through a bottleneck, added to its input; (N, C, 1, T) -> the same shape."""

    def __init__(self, channels: int, inner: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.squeeze = ConvNorm(channels, inner, (1, 1))
        self.mix = ConvNorm(inner, inner, (1, kernel), dilation=dilation)
        self.expand = ConvNorm(inner, channels, (1, 1), act=False)

    def forward(self, x: Tensor) -> Tensor:
        """`x` refined."""
        return F.relu(x + self.expand(self.mix(self.squeeze(x))))


class StripReader(nn.Module):
    """Dense convolutions down to one row, mixers over time, four linear heads.

    A purely convolutional path: every time step sees the same neighbourhood wherever it lies, so that strips
    of any width may be padded into one batch without a mask.

    Args:
        gate_size: classes of the gate, `charset.gate_size`.
        channels: of the stem, at height 8, at height 4, and of the time steps.
        blocks: residual blocks at height 8 and at height 4.
        mixer_inner: channels inside a time mixer.
        mixer_kernel: time steps one mixer's convolution spans (before dilation).
        mixer_dilations: one mixer for each entry.
        dropout: before the heads.
    """

    def __init__(
        self,
        gate_size: int,
        *,
        channels: tuple[int, int, int, int] = (32, 64, 128, 256),
        blocks: tuple[int, int] = (1, 2),
        mixer_inner: int = 96,
        mixer_kernel: int = 5,
        mixer_dilations: tuple[int, ...] = (1, 1, 2, 2, 4, 4),
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        stem, high, low, steps = channels
        self.trunk = nn.Sequential(
            ConvNorm(1, stem, stride=(2, 2)),
            ConvNorm(stem, stem),
            ConvNorm(stem, high, stride=(2, 2)),
            *(ResidualBlock(high) for _ in range(blocks[0])),
            ConvNorm(high, low, stride=(2, 1)),
            *(ResidualBlock(low) for _ in range(blocks[1])),
            ConvNorm(low, steps, (STRIP_HEIGHT_PX // 8, 3), padding=(0, 1)),
        )
        self.mixers = nn.Sequential(
            *(TimeMixer(steps, mixer_inner, mixer_kernel, dilation) for dilation in mixer_dilations)
        )
        self.dropout = nn.Dropout(dropout)
        self.sizes = (gate_size, CHO, JUNG, JONG)
        self.head = nn.Linear(steps, sum(self.sizes))
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def forward(self, strips: Tensor) -> StripScores:
        """Scores of `strips` (N, 1, 32, W), grey in -1..1, W a multiple of 4 -> tables over T = W / 4 steps."""
        features = self.mixers(self.trunk(strips))
        steps = features.squeeze(2).transpose(1, 2)
        scores = self.head(self.dropout(steps)).float()
        return StripScores(*(part.log_softmax(dim=-1) for part in torch.split(scores, list(self.sizes), dim=-1)))
