"""From a feature map (N, C, h, w) to a vector: flatten, GAP, GWAP or GWOAP.

Source: Melnyk, You, Li 2019, and Z. Li et al. 2018 for GWAP as a depthwise convolution with the map as its kernel.
"""

import torch
from torch import Tensor, nn


class Pool(nn.Module):
    """From a feature map to a vector.

    Attributes:
        features: length of the vector.
    """

    features: int


class Flatten(Pool):
    """All values of the map: (N, C·h·w)."""

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.features = channels * side * side

    def forward(self, maps: Tensor) -> Tensor:
        """The map laid out."""
        return maps.flatten(1)


class AveragePool(Pool):
    """Global average pooling: z_c = mean over positions of F_ijc."""

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.features = channels

    def forward(self, maps: Tensor) -> Tensor:
        """The means."""
        return maps.mean(dim=(2, 3))


class WeightedPool(Pool):
    """Global weighted average pooling: z_c = Σ_ij W_ijc F_ijc, one weight per position and channel, ones at first.

    The sum is not divided by the number of positions.
    """

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.features = channels
        self.weight = nn.Parameter(torch.ones(channels, side, side))

    def forward(self, maps: Tensor) -> Tensor:
        """The weighted sums."""
        return (maps * self.weight).sum(dim=(2, 3))


class WeightedOutputPool(Pool):
    """Global weighted output average pooling: z_c = w_c Σ_ij F_ijc, one weight per channel, ones at first."""

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.features = channels
        self.weight = nn.Parameter(torch.ones(channels))

    def forward(self, maps: Tensor) -> Tensor:
        """The weighted sums."""
        return maps.sum(dim=(2, 3)) * self.weight


POOLS: dict[str, type[Flatten | AveragePool | WeightedPool | WeightedOutputPool]] = {
    "flatten": Flatten,
    "gap": AveragePool,
    "gwap": WeightedPool,
    "gwoap": WeightedOutputPool,
}
