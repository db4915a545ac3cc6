"""Networks that find text: (N, 3, H, W) -> region and affinity maps at half resolution."""

from typing import Literal

from torch import Tensor, nn
from torch.nn import functional as F

from geulnun.training.detector.craft import Craft

MapHead = Literal["shuffled", "enlarged", "merged"]


class ConvNorm(nn.Sequential):
    """3x3 (or 1x1) convolution, batch norm, and a ReLU unless `act` is false; keeps the size at stride 1."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        kernel: int = 3,
        *,
        stride: int = 1,
        dilation: int = 1,
        act: bool = True,
    ) -> None:
        padding = dilation * (kernel // 2)
        conv = nn.Conv2d(
            channels_in, channels_out, kernel, stride=stride, padding=padding, dilation=dilation, bias=False
        )
        norm = nn.BatchNorm2d(channels_out)
        super().__init__(conv, norm, *([nn.ReLU(inplace=True)] if act else []))


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions added to their input; (N, C, H, W) -> the same shape."""

    def __init__(self, channels: int, dilation: int = 1) -> None:
        super().__init__()
        self.first = ConvNorm(channels, channels)
        self.second = ConvNorm(channels, channels, dilation=dilation, act=False)

    def forward(self, x: Tensor) -> Tensor:
        """`x` refined."""
        return F.relu(x + self.second(self.first(x)))


class Merge(nn.Module):
    """Adds a coarse map, enlarged twice, to a finer one of other channels, and smooths the sum."""

    def __init__(self, coarse: int, fine: int, channels: int) -> None:
        super().__init__()
        self.reduce = ConvNorm(coarse, channels, 1, act=False)
        self.lateral = ConvNorm(fine, channels, 1, act=False)
        self.smooth = ConvNorm(channels, channels)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        """A map of the size of `fine`."""
        enlarged = F.interpolate(self.reduce(coarse), scale_factor=2.0, mode="nearest")
        return self.smooth(F.relu(enlarged + self.lateral(fine)))


class TextFinder(nn.Module):
    """A small residual trunk down to 1/32, three steps up to 1/4, and a head whose maps have 1/2.

    Args:
        channels: at 1/2, 1/4, 1/8, 1/16 and 1/32 of the picture.
        blocks: residual blocks at 1/4, 1/8, 1/16 and 1/32.
        up_channels: on the way up, at 1/16, 1/8 and 1/4.
        head: how maps of 1/2 come from features of 1/4. "shuffled" predicts the four cells of every feature and
            shuffles them into place: small letters get their own peaks at a quarter of the cost of convolving at 1/2.
            "enlarged" predicts maps of 1/4 and enlarges them. "merged" takes one more step up, to the first features.
    """

    def __init__(
        self,
        *,
        channels: tuple[int, int, int, int, int] = (16, 32, 80, 144, 224),
        blocks: tuple[int, int, int, int] = (1, 1, 2, 2),
        up_channels: tuple[int, int, int] = (96, 64, 32),
        head: MapHead = "shuffled",
    ) -> None:
        super().__init__()
        half, *deeper = channels
        self.stem = ConvNorm(3, half, stride=2)
        self.stages = nn.ModuleList()
        width = half
        for depth, (out, count) in enumerate(zip(deeper, blocks, strict=True)):
            # The last stage looks further around: letters of 100 px and the page beside them.
            dilation = 2 if depth == len(deeper) - 1 else 1
            self.stages.append(
                nn.Sequential(
                    ConvNorm(width, out, stride=2), *(ResidualBlock(out, dilation=dilation) for _ in range(count))
                )
            )
            width = out
        quarter, eighth, sixteenth, last = deeper
        at16, at8, at4 = up_channels
        self.up16 = Merge(last, sixteenth, at16)
        self.up8 = Merge(at16, eighth, at8)
        self.up4 = Merge(at8, quarter, at4)
        self.up2 = Merge(at4, half, half) if head == "merged" else None
        self.head = _build_head(head, at4 if self.up2 is None else half)

    def forward(self, image: Tensor) -> Tensor:
        """Maps (N, 2, H / 2, W / 2), region and affinity, about 0..1, of RGB in -1..1; H, W multiples of 32."""
        at2 = self.stem(image)
        at4 = self.stages[0](at2)
        at8 = self.stages[1](at4)
        at16 = self.stages[2](at8)
        up = self.up4(self.up8(self.up16(self.stages[3](at16), at16), at8), at4)
        return self.head(up if self.up2 is None else self.up2(up, at2)).float()


def _build_head(kind: MapHead, channels: int) -> nn.Sequential:
    """Features -> the two maps; see `TextFinder`."""
    if kind == "shuffled":
        return nn.Sequential(ConvNorm(channels, 32), nn.Conv2d(32, 8, 1), nn.PixelShuffle(2))
    head = nn.Sequential(ConvNorm(channels, 32), nn.Conv2d(32, 2, 1))
    if kind == "enlarged":
        head.append(nn.Upsample(scale_factor=2.0, mode="bilinear", align_corners=False))
    return head


DETECTORS: dict[str, type[nn.Module]] = {"text-finder": TextFinder, "craft-vgg16bn": Craft}
"""Networks by the name that a config chooses."""
