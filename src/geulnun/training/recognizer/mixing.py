"""Sequence layers over time steps: (N, C, 1, T) -> the same shape.

A mask (N, 1, 1, T) says which steps are no padding. What lies behind a strip's end never reaches its steps, so that a
strip is read alike alone and padded in a batch; without a mask, the padding is part of the strip.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from geulnun.training.recognizer.layers import TimeMixer


class ConvolutionMixing(nn.Sequential):
    """Dense convolutions through bottlenecks, one for each dilation."""

    def __init__(self, channels: int, inner: int, kernel: int, dilations: tuple[int, ...]) -> None:
        super().__init__(*(TimeMixer(channels, inner, kernel, dilation) for dilation in dilations))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """`x` mixed."""
        for mixer in self:
            x = mixer(x, mask)
        return x


class RecurrentMixing(nn.Sequential):
    """Two-way LSTMs, each with a linear layer behind, added to their input.

    Source: Baek et al. 2019 (What is wrong with scene text recognition), with half the width and residual.
    """

    def __init__(self, channels: int, inner: int, layers: int) -> None:
        super().__init__(*(RecurrentBlock(channels, inner) for _ in range(layers)))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:  # type: ignore[override]
        """`x` mixed."""
        steps, valid = x.squeeze(2).transpose(1, 2), mask[:, 0, 0]
        for block in self:
            steps = block(steps, valid)
        return steps.transpose(1, 2).unsqueeze(2)


class RecurrentBlock(nn.Module):
    """A two-way LSTM of `inner` units each way; (N, T, C) -> the same shape."""

    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.ahead = nn.LSTM(channels, inner, batch_first=True)
        self.back = nn.LSTM(channels, inner, batch_first=True)
        self.join = nn.Linear(2 * inner, channels)

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:
        """`x` refined; `valid` (N, T) is true first, then false."""
        places = torch.arange(x.shape[1], device=x.device)[None]
        ends = valid.sum(dim=1, keepdim=True)
        # Turned round within its own end, a strip is read backwards from its last step and not from the padding.
        turn = torch.where(places < ends, ends - 1 - places, places)[..., None]
        given = self.norm(x)
        ahead, _ = self.ahead(given)
        back, _ = self.back(given.gather(1, turn.expand(-1, -1, given.shape[2])))
        back = back.gather(1, turn.expand(-1, -1, back.shape[2]))
        return (x + self.join(torch.cat([ahead, back], dim=2))) * valid[..., None]


class AttentionMixing(nn.Sequential):
    """Blocks of self-attention, a depthwise convolution over time and a small MLP, each added to its input.

    `idle` blocks start with outputs of zero: `x` passes through them as it is until they are trained.
    """

    def __init__(self, channels: int, heads: int, layers: int, *, idle: bool = False) -> None:
        super().__init__(*(AttentionBlock(channels, heads, idle=idle) for _ in range(layers)))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:  # type: ignore[override]
        """`x` mixed."""
        steps, valid = x.squeeze(2).transpose(1, 2), mask[:, 0, 0]
        for block in self:
            steps = block(steps, valid)
        return steps.transpose(1, 2).unsqueeze(2)


class AttentionBlock(nn.Module):
    """Self-attention over the strip's own steps, then a convolution, which knows places, then an MLP."""

    def __init__(self, channels: int, heads: int, kernel: int = 7, *, idle: bool = False) -> None:
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for _ in range(3))
        self.given = nn.Linear(channels, 3 * channels)
        self.join = nn.Linear(channels, channels)
        self.near = nn.Conv1d(channels, channels, kernel, padding=kernel // 2, groups=channels)
        last = nn.Linear(2 * channels, channels)
        self.mlp = nn.Sequential(nn.Linear(channels, 2 * channels), nn.GELU(), last)
        for layer in (self.join, self.near, last) if idle else ():
            nn.init.zeros_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:
        """`x` (N, T, C) refined; `valid` (N, T) says which steps attention may use."""
        x = x + self._attend(self.norms[0](x), valid)
        near = (self.norms[1](x) * valid[..., None]).transpose(1, 2)
        x = x + self.near(near).transpose(1, 2)
        x = x + self.mlp(self.norms[2](x))
        return x * valid[..., None]

    def _attend(self, x: Tensor, valid: Tensor) -> Tensor:
        query, key, value = (
            part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in self.given(x).chunk(3, dim=2)
        )
        seen = F.scaled_dot_product_attention(query, key, value, attn_mask=valid[:, None, None, :])
        return self.join(seen.transpose(1, 2).flatten(2))
