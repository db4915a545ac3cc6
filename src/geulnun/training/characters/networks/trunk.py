"""Parts shared by the networks of single characters: a trunk in two parts and its layers."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

Activation = Callable[[], nn.Module]


class Trunk(nn.Module):
    """Convolutions from an image (N, C, S, S) to a feature map (N, channels, h, w), in an early and a late part.

    The cut is where a cascade may answer already, and where low-level features are taken for fusing.

    Attributes:
        early: first part.
        late: second part, on the first's map.
        early_channels: channels between them.
        channels: of the result.
        link: the pooling of the paper.
        neck: sizes of the paper's fully connected layers behind the pooling.
        neck_dropout: after each of them (or after the pooling, where there is none).
        head_std: of the first weights of the head.
    """

    early_channels: int
    channels: int
    link: str = "gap"
    neck: tuple[int, ...] = ()
    neck_dropout: float = 0.5
    head_std: float = 0.01

    def __init__(self, early: nn.Module, late: nn.Module, early_channels: int, channels: int) -> None:
        super().__init__()
        self.early, self.late = early, late
        self.early_channels, self.channels = early_channels, channels

    def forward(self, image: Tensor) -> Tensor:
        """The last feature map of an image."""
        return self.late(self.early(image))

    @staticmethod
    def build_activation() -> nn.Module:
        """The activation behind the fully connected layers."""
        return nn.ReLU()

    @torch.no_grad()
    def measure_map(self, input_channels: int, size_px: int) -> tuple[int, int]:
        """Side of the early and of the last map for images of `size_px`; both maps are square."""
        training = self.training
        self.eval()
        early = self.early(torch.zeros(1, input_channels, size_px, size_px))
        late = self.late(early)
        self.train(training)
        return int(early.shape[-1]), int(late.shape[-1])


class ConvNorm(nn.Sequential):
    """Convolution without bias, batch norm and an activation; keeps the size at stride 1."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        kernel: int | tuple[int, int] = 3,
        *,
        stride: int = 1,
        padding: int | tuple[int, int] | None = None,
        groups: int = 1,
        act: nn.Module | None = None,
    ) -> None:
        sides = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = (sides[0] // 2, sides[1] // 2) if padding is None else padding
        conv = nn.Conv2d(channels_in, channels_out, sides, stride=stride, padding=padding, groups=groups, bias=False)
        norm = nn.BatchNorm2d(channels_out)
        super().__init__(conv, norm, *([act] if act is not None else []))


class SqueezeExcite(nn.Module):
    """Channels weighted by what their means say; (N, C, h, w) -> the same shape. Source: Hu et al. 2018."""

    def __init__(self, channels: int, inner: int, act: nn.Module, gate: nn.Module) -> None:
        super().__init__()
        self.weigh = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, inner, 1), act, nn.Conv2d(inner, channels, 1), gate
        )

    def forward(self, x: Tensor) -> Tensor:
        """`x` weighted."""
        return x * self.weigh(x)


class InvertedResidual(nn.Module):
    """Expand, depthwise convolution, squeeze-and-excitation, project; added to its input where shapes allow.

    Source: Sandler et al. 2018 (MobileNetV2), with the excitation of MobileNetV3 or EfficientNet.
    """

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        expanded: int,
        kernel: int,
        stride: int,
        act: Activation,
        excite: nn.Module | None,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        if expanded != channels_in:
            layers.append(ConvNorm(channels_in, expanded, 1, act=act()))
        layers.append(ConvNorm(expanded, expanded, kernel, stride=stride, groups=expanded, act=act()))
        if excite is not None:
            layers.append(excite)
        layers.append(ConvNorm(expanded, channels_out, 1))
        self.layers = nn.Sequential(*layers)
        self.adds = stride == 1 and channels_in == channels_out

    def forward(self, x: Tensor) -> Tensor:
        """`x` refined, at `stride`."""
        return x + self.layers(x) if self.adds else self.layers(x)
