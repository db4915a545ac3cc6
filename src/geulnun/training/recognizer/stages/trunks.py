"""Second stage: trunks from (N, 1, H, W) to a feature map (N, C, h, T), one column a time step.

C is `find_width(STAGE_CHANNELS, ratio)`; the ratio of widths is 1 for the networks as published.
"""

import torch
from torch import Tensor, nn

STAGE_CHANNELS = 512
_CHANNEL_GRID = 4


def find_width(channels: int, ratio: float) -> int:
    """Channels of a layer in a network with layers so much narrower (ratio < 1) than the published ones."""
    return max(_CHANNEL_GRID, round(channels * ratio / _CHANNEL_GRID) * _CHANNEL_GRID)


class VggTrunk(nn.Sequential):
    """Seven convolutions, as in CRNN (Shi et al. 2015); T = W / 4 - 1."""

    def __init__(self, ratio: float = 1.0) -> None:
        first, second, third, last = (find_width(channels, ratio) for channels in (64, 128, 256, STAGE_CHANNELS))
        super().__init__(
            *_convolve(1, first),
            nn.MaxPool2d(2),
            *_convolve(first, second),
            nn.MaxPool2d(2),
            *_convolve(second, third),
            *_convolve(third, third),
            nn.MaxPool2d((2, 1)),
            *_convolve(third, last, normed=True),
            *_convolve(last, last, normed=True),
            nn.MaxPool2d((2, 1)),
            nn.Conv2d(last, last, 2),
            nn.ReLU(),
        )


def _convolve(channels_in: int, channels_out: int, *, normed: bool = False) -> list[nn.Module]:
    """A 3x3 convolution with a bias, or without one and a batch norm behind it; then a ReLU."""
    conv = nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=not normed)
    return [conv, *([nn.BatchNorm2d(channels_out)] if normed else []), nn.ReLU()]


class RcnnTrunk(nn.Sequential):
    """Gated recurrent convolutions (Wang and Hu 2017, GRCNN); T = W / 4 + 1."""

    def __init__(self, ratio: float = 1.0) -> None:
        first, second, third, last = (find_width(channels, ratio) for channels in (64, 128, 256, STAGE_CHANNELS))
        super().__init__(
            nn.Conv2d(1, first, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            GatedRecurrentConv(first, first),
            nn.MaxPool2d(2),
            GatedRecurrentConv(first, second),
            nn.MaxPool2d(2, stride=(2, 1), padding=(0, 1)),
            GatedRecurrentConv(second, third),
            nn.MaxPool2d(2, stride=(2, 1), padding=(0, 1)),
            nn.Conv2d(third, last, 2, bias=False),
            nn.BatchNorm2d(last),
            nn.ReLU(),
        )


class GatedRecurrentConv(nn.Module):
    """A convolution of its input, refined five times by one of itself whose share a gate decides.

    The convolutions are the same each time, the batch norms are not.
    """

    def __init__(self, channels_in: int, channels_out: int, times: int = 5) -> None:
        super().__init__()
        self.given_gate = nn.Conv2d(channels_in, channels_out, 1, bias=False)
        self.own_gate = nn.Conv2d(channels_out, channels_out, 1, bias=False)
        self.given = nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False)
        self.own = nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False)
        self.first = nn.BatchNorm2d(channels_out)
        self.rounds = nn.ModuleList(_Round(channels_out) for _ in range(times))

    def forward(self, x: Tensor) -> Tensor:
        """(N, A, H, W) -> (N, C, H, W)."""
        given_gate, given = self.given_gate(x), self.given(x)
        state = torch.relu(self.first(given))
        for each in self.rounds:
            state = each(given_gate, self.own_gate(state), given, self.own(state))
        return state


class _Round(nn.Module):
    """The batch norms of one refinement, and what it makes of the convolved input and state."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.given_gate, self.own_gate = nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)
        self.given, self.own, self.gated = (nn.BatchNorm2d(channels) for _ in range(3))

    def forward(self, given_gate: Tensor, own_gate: Tensor, given: Tensor, own: Tensor) -> Tensor:
        """The next state, (N, C, H, W) as all of them."""
        gate = torch.sigmoid(self.given_gate(given_gate) + self.own_gate(own_gate))
        return torch.relu(self.given(given) + self.gated(self.own(own) * gate))


class ResNetTrunk(nn.Sequential):
    """29 convolutions in residual blocks (Cheng et al. 2017, FAN); T = W / 4 + 1."""

    def __init__(self, ratio: float = 1.0) -> None:
        widths = (find_width(channels, ratio) for channels in (32, 64, 128, 256, STAGE_CHANNELS))
        stem, first, second, third, last = widths
        super().__init__(
            *_normed(1, stem),
            *_normed(stem, first),
            nn.MaxPool2d(2),
            *_list_blocks(first, second, 1),
            *_normed(second, second),
            nn.MaxPool2d(2),
            *_list_blocks(second, third, 2),
            *_normed(third, third),
            nn.MaxPool2d(2, stride=(2, 1), padding=(0, 1)),
            *_list_blocks(third, last, 5),
            *_normed(last, last),
            *_list_blocks(last, last, 3),
            nn.Conv2d(last, last, 2, stride=(2, 1), padding=(0, 1), bias=False),
            nn.BatchNorm2d(last),
            nn.ReLU(),
            nn.Conv2d(last, last, 2, bias=False),
            nn.BatchNorm2d(last),
            nn.ReLU(),
        )


class Residual(nn.Module):
    """Two 3x3 convolutions added to their input, which a 1x1 convolution brings to their channels where they differ."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.body = nn.Sequential(*_normed(channels_in, channels_out), *_normed(channels_out, channels_out)[:-1])
        self.shortcut: nn.Module = nn.Identity()
        if channels_in != channels_out:
            conv = nn.Conv2d(channels_in, channels_out, 1, bias=False)
            self.shortcut = nn.Sequential(conv, nn.BatchNorm2d(channels_out))

    def forward(self, x: Tensor) -> Tensor:
        """`x` refined."""
        return torch.relu(self.body(x) + self.shortcut(x))


def _normed(channels_in: int, channels_out: int) -> list[nn.Module]:
    conv = nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False)
    return [conv, nn.BatchNorm2d(channels_out), nn.ReLU()]


def _list_blocks(channels_in: int, channels_out: int, count: int) -> list[nn.Module]:
    return [Residual(channels_in if place == 0 else channels_out, channels_out) for place in range(count)]


TRUNKS: dict[str, type[nn.Module]] = {"vgg": VggTrunk, "rcnn": RcnnTrunk, "resnet": ResNetTrunk}
"""By the name that a config chooses."""
