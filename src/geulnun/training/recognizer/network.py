"""Networks that read a strip: (N, 1, H, W) -> log-probabilities over T = W / 4 time steps."""

from typing import Any, Literal

import torch
from torch import Tensor, nn

from geulnun.core.charset import GATE_BLANK
from geulnun.runtime.recognition.prepare_strip import STRIP_HEIGHT_PX
from geulnun.training.recognizer.heads import HEADS, Scores
from geulnun.training.recognizer.layers import ConvNorm, ResidualBlock, find_valid
from geulnun.training.recognizer.mixing import AttentionMixing, ConvolutionMixing, RecurrentMixing
from geulnun.training.recognizer.rectify import Rectifier

Mixing = Literal["convolution", "recurrent", "attention"]
Head = Literal["factorised", "chained", "mixed", "flat"]

_SURELY_NOT = -30.0
"""A log-probability that is next to none, and far from where numbers end."""


class StripReader(nn.Module):
    """Dense convolutions down to one row, mixing over time, linear heads.

    As it stands by default it is a purely convolutional path: every time step sees the same neighbourhood wherever it
    lies, so that strips of any width may be padded into one batch without a mask.

    Args:
        gate_size: classes of the gate, `charset.gate_size`.
        channels: of the stem, at height 8, at height 4, and of the time steps.
        blocks: residual blocks at height 8 and at height 4.
        mixer_inner: channels inside a convolutional mixer, units each way of a recurrent one.
        mixer_kernel: time steps one convolutional mixer spans (before dilation).
        mixer_dilations: one convolutional mixer for each entry.
        dropout: before the heads.
        height_px: of the strips, a multiple of 8.
        mixing: how time steps learn of their neighbours.
        mixer_layers: of recurrent or attention mixing.
        mixer_heads: of attention, in mixing or behind it.
        attention_layers: blocks of self-attention behind the mixing, which change nothing before they are trained, so
            that a network without them may be trained on with them; they need `masked`.
        head: what is told of each step; see `HEADS`.
        head_inner: width inside the chained or flat head, or parts of the mixed one; 0 for the head's own default.
        masked: keeps what is computed in the padding from the strip's own steps.
        rectified: whether a learned thin-plate spline straightens the strip first; needs `masked`.
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
        height_px: int = STRIP_HEIGHT_PX,
        mixing: Mixing = "convolution",
        mixer_layers: int = 2,
        mixer_heads: int = 4,
        attention_layers: int = 0,
        head: Head = "factorised",
        head_inner: int = 0,
        masked: bool = False,
        rectified: bool = False,
    ) -> None:
        super().__init__()
        self.masked, self.height_px = masked, height_px
        self.rectifier = Rectifier(height_px) if rectified else None
        self.trunk = _build_trunk(channels, blocks, height_px)
        # Input columns of one column behind each part of the trunk.
        self.strides = (2, 2, *(4 for _ in range(2, len(self.trunk))))
        self.mixers: nn.Module
        if mixing == "convolution":
            self.mixers = ConvolutionMixing(channels[3], mixer_inner, mixer_kernel, mixer_dilations)
        elif mixing == "recurrent":
            self.mixers = RecurrentMixing(channels[3], mixer_inner, mixer_layers)
        else:
            self.mixers = AttentionMixing(channels[3], mixer_heads, mixer_layers)
        self.attention = AttentionMixing(channels[3], mixer_heads, attention_layers, idle=True)
        self.dropout = nn.Dropout(dropout)
        self.head = _build_head(head, channels[3], gate_size, head_inner)

    def forward(self, strips: Tensor) -> Scores:
        """Scores of `strips` (N, 1, H, W), grey in -1..1, W a multiple of 8 -> tables over T = W / 4 steps."""
        valid = find_valid(strips) if self.masked else None
        return self.score(self.look(strips, valid), valid)

    def look(self, strips: Tensor, valid: Tensor | None) -> Tensor:
        """Features (N, C, 1, T) of strips before any mixing; `valid` from `find_valid` keeps the padding out."""
        if valid is None:
            return self.trunk(strips)
        features = strips if self.rectifier is None else self.rectifier(strips, valid)
        for part, stride in zip(self.trunk, self.strides, strict=True):
            features = part(features, valid[..., ::stride])
        return features

    def score(self, features: Tensor, valid: Tensor | None) -> Scores:
        """Scores of the features that `look` found."""
        mask = None if valid is None else valid[..., ::4]
        features = self.mixers(features, mask)
        if mask is not None:
            features = self.attention(features, mask)
        steps = features.squeeze(2).transpose(1, 2)
        scores = self.head(self.dropout(steps))
        return scores if mask is None else _blank_padding(scores, mask[:, 0, 0, :])


def _blank_padding(scores: Scores, valid: Tensor) -> Scores:
    """The scores with nothing but blanks where `valid` (N, T) is zero.

    What a network says there would be the same of every strip: it learns to say what most strips end in.
    """
    first, *rest = scores
    blank = torch.full_like(first, _SURELY_NOT)
    blank[..., GATE_BLANK] = 0.0
    return type(scores)(torch.where(valid[..., None] > 0, first, blank), *rest)


def _build_trunk(channels: tuple[int, int, int, int], blocks: tuple[int, int], height_px: int) -> nn.Sequential:
    stem, high, low, steps = channels
    return nn.Sequential(
        ConvNorm(1, stem, stride=(2, 2)),
        ConvNorm(stem, stem),
        ConvNorm(stem, high, stride=(2, 2)),
        *(ResidualBlock(high) for _ in range(blocks[0])),
        ConvNorm(high, low, stride=(2, 1)),
        *(ResidualBlock(low) for _ in range(blocks[1])),
        ConvNorm(low, steps, (height_px // 8, 3), padding=(0, 1)),
    )


def _build_head(name: Head, channels: int, gate_size: int, inner: int) -> nn.Module:
    options: dict[str, Any] = {"chained": {"inner": inner}, "mixed": {"rank": inner}, "flat": {"inner": inner}}
    return HEADS[name](channels, gate_size, **(options.get(name, {}) if inner else {}))


RECOGNIZERS: dict[str, type[nn.Module]] = {"strip-reader": StripReader}
"""Networks by the name that a config chooses."""
