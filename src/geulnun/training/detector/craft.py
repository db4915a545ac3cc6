"""CRAFT: VGG16 with batch norms, four steps up, two maps at half resolution."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_LAYERS = (64, 64, "pool", 128, 128, "pool", 256, 256, 256, "pool", 512, 512, 512, "pool", 512, 512)
"""torchvision's `vgg16_bn().features` as far as it is used: channels of 3x3 convolutions, and pools of 2."""

_SLICES = ((0, 12), (13, 19), (20, 29), (30, 39))
"""First index of each slice in `features`, and one above its last. Index 12, 19 and 29 are ReLUs; see `Trunk`."""

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class UpBlock(nn.Module):
    """1x1 and 3x3 convolution, each with batch norm and ReLU; (N, A, H, W) -> (N, C, H, W)."""

    def __init__(self, channels_in: int, inner: int, channels_out: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(channels_in, inner, 1),
            nn.BatchNorm2d(inner),
            nn.ReLU(),
            nn.Conv2d(inner, channels_out, 3, padding=1),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """`x` merged."""
        merged: Tensor = self.conv(x)
        return merged


class Trunk(nn.Module):
    """VGG16-BN in four slices, and a fifth of two dilated convolutions instead of its fully connected layers.

    Each slice ends behind a batch norm. In the authors' code the next one begins with a ReLU that works in place, so
    that the first three slices hand on rectified maps all the same, and the fourth, before a pool, does not. Here
    ReLUs are written out: weights trained there give the same maps.
    """

    def __init__(self, ratio: float = 1.0) -> None:
        super().__init__()
        layers = _list_vgg_layers(ratio)
        slices = [_take_slice(layers, first, last) for first, last in _SLICES]
        self.slice1, self.slice2, self.slice3, self.slice4 = slices
        deep, last = _scale((512, 1024), ratio)
        self.slice5 = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1),
            nn.Conv2d(deep, last, 3, padding=6, dilation=6),
            nn.Conv2d(last, last, 1),
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Maps of 128, 256, 512, 512 and 1024 channels at 1/2, 1/4, 1/8, 1/16 and 1/16 of `x` (N, 3, H, W)."""
        at2 = F.relu(self.slice1(x))
        at4 = F.relu(self.slice2(at2))
        at8 = F.relu(self.slice3(at4))
        at16 = self.slice4(at8)
        return at2, at4, at8, at16, self.slice5(at16)


class Craft(nn.Module):
    """The detector as published, 20.8 M parameters; about 146 GMAC for 640 x 640.

    Layers are named as in the authors' repository, so that their weights load. Pictures come in -1..1 as for every
    detector here and are brought to the mean and deviation of ImageNet inside.

    Args:
        width_ratio: of all layers to the published ones.

    Source: Baek et al. 2019 (CRAFT); layers as in clovaai/CRAFT-pytorch.
    """

    def __init__(self, width_ratio: float = 1.0) -> None:
        super().__init__()
        c16, c32, c64, c128, c256, c512, c1024 = _scale((16, 32, 64, 128, 256, 512, 1024), width_ratio)
        self.basenet = Trunk(width_ratio)
        self.upconv1 = UpBlock(c1024 + c512, c512, c256)
        self.upconv2 = UpBlock(c256 + c512, c256, c128)
        self.upconv3 = UpBlock(c128 + c256, c128, c64)
        self.upconv4 = UpBlock(c64 + c128, c64, c32)
        self.conv_cls = nn.Sequential(
            nn.Conv2d(c32, c32, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(c32, c32, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(c32, c16, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(c16, c16, 1),
            nn.ReLU(),
            nn.Conv2d(c16, 2, 1),
        )
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(_STD).view(1, 3, 1, 1), persistent=False)
        self.apply(_reset)

    def forward(self, image: Tensor) -> Tensor:
        """Maps (N, 2, H / 2, W / 2), region and affinity, about 0..1, of RGB in -1..1; H, W multiples of 32."""
        at2, at4, at8, at16, last = self.basenet(((image + 1) / 2 - self.mean) / self.std)
        up = self.upconv1(torch.cat([last, at16], dim=1))
        for block, skip in ((self.upconv2, at8), (self.upconv3, at4), (self.upconv4, at2)):
            up = F.interpolate(up, size=skip.shape[2:], mode="bilinear", align_corners=False)
            up = block(torch.cat([up, skip], dim=1))
        maps: Tensor = self.conv_cls(up)
        return maps.float()


def _scale(channels: Sequence[int], ratio: float) -> list[int]:
    """Numbers of channels of a narrower network, each at least 8."""
    return [max(8, round(each * ratio)) if ratio < 1 else each for each in channels]


def _list_vgg_layers(ratio: float) -> list[nn.Module]:
    """Convolution, batch norm and ReLU for each number of `_LAYERS`, in the order of torchvision."""
    layers: list[nn.Module] = []
    width = 3
    for each in _LAYERS:
        if isinstance(each, int):
            (channels,) = _scale((each,), ratio)
            layers += [nn.Conv2d(width, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU()]
            width = channels
        else:
            layers.append(nn.MaxPool2d(2))
    return layers


def _take_slice(layers: list[nn.Module], first: int, last: int) -> nn.Sequential:
    """The layers from `first` on and before `last`, each named by its index in the whole list."""
    taken = nn.Sequential()
    for index in range(first, last):
        taken.add_module(str(index), layers[index])
    return taken


def _reset(layer: nn.Module) -> None:
    """Set a convolution to its start: Xavier's uniform weights, no bias. Batch norms start so by themselves."""
    if isinstance(layer, nn.Conv2d):
        nn.init.xavier_uniform_(layer.weight)
        assert layer.bias is not None
        nn.init.zeros_(layer.bias)
