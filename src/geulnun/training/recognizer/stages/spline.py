"""First stage: a thin-plate spline that straightens the picture of a word."""

import torch
from torch import Tensor, nn

from geulnun.training.recognizer.stages.trunks import find_width

FIDUCIALS = 20
_TERMS = FIDUCIALS + 3


class Spline(nn.Module):
    """(N, 1, H, W) -> the same shape, resampled so that 20 places found in the picture lie on its edges.

    The start is that of the authors' code: places on a slant, from -1..0 above and 0..1 below, not on the edges.

    Args:
        height_px: of the pictures.
        width_px: of the pictures.
        ratio: of its layers' widths to the published ones.

    Source: Shi et al. 2016 (RARE), as in clovaai/deep-text-recognition-benchmark.
    """

    def __init__(self, height_px: int, width_px: int, ratio: float = 1.0) -> None:
        super().__init__()
        self.size = (height_px, width_px)
        widths = (1, *(find_width(channels, ratio) for channels in (64, 128, 256, 512)))
        inner = find_width(256, ratio)
        layers: list[nn.Module] = []
        for depth, (before, after) in enumerate(zip(widths, widths[1:], strict=False)):
            layers += [nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
            layers.append(nn.MaxPool2d(2) if depth < 3 else nn.AdaptiveAvgPool2d(1))
        self.finder = nn.Sequential(*layers)
        self.inner = nn.Linear(widths[-1], inner)
        self.points = nn.Linear(inner, FIDUCIALS * 2)
        self.grid: Tensor
        self.register_buffer("grid", _build_grid(height_px, width_px), persistent=False)
        self.restart()

    def restart(self) -> None:
        """Set the places to their start, for every picture."""
        nn.init.zeros_(self.points.weight)
        with torch.no_grad():
            self.points.bias.copy_(list_start_places().flatten())

    def forward(self, pictures: Tensor) -> Tensor:
        """`pictures` straightened."""
        found = self.points(torch.relu(self.inner(self.finder(pictures).flatten(1))))
        return self.resample(pictures, found.unflatten(1, (FIDUCIALS, 2)))

    def resample(self, pictures: Tensor, places: Tensor) -> Tensor:
        """Pictures in which the given places (N, 20, 2), in -1..1 from edge to edge, come to lie on the edges."""
        with torch.autocast(pictures.device.type, enabled=False):  # bfloat16 would be half a pixel off
            spots = (self.grid @ places.float()).unflatten(1, self.size)
        return sample_pictures(pictures, spots)


def sample_pictures(pictures: Tensor, spots: Tensor) -> Tensor:
    """Grey levels of pictures (N, 1, H, W) at spots (N, h, w, 2), bilinear; beyond an edge the edge goes on.

    That is `torch.nn.functional.grid_sample` with padding_mode="border" and align_corners=True, in operations that
    give the same numbers in ONNX Runtime.

    Args:
        pictures: what is looked at.
        spots: x and y, -1 and 1 being the centres of the outermost pixels.
    """
    height, width = pictures.shape[2:]
    x = ((spots[..., 0] + 1) * ((width - 1) / 2)).clamp(0, width - 1)
    y = ((spots[..., 1] + 1) * ((height - 1) / 2)).clamp(0, height - 1)
    left, above = x.detach().floor().clamp(max=width - 2), y.detach().floor().clamp(max=height - 2)
    right_share, lower_share = x - left, y - above
    first = (above * width + left).long().flatten(1)
    levels = pictures.float().flatten(1)
    corners = [levels.gather(1, first + offset).view_as(x) for offset in (0, 1, width, width + 1)]
    upper = corners[0] + (corners[1] - corners[0]) * right_share
    lower = corners[2] + (corners[3] - corners[2]) * right_share
    return (upper + (lower - upper) * lower_share)[:, None].to(pictures.dtype)


def list_start_places() -> Tensor:
    """Where the fiducials are before any training, (20, 2)."""
    x = torch.linspace(-1, 1, FIDUCIALS // 2)
    above, below = torch.linspace(0, -1, FIDUCIALS // 2), torch.linspace(1, 0, FIDUCIALS // 2)
    return torch.cat([torch.stack([x, above], dim=1), torch.stack([x, below], dim=1)])


def list_edge_places() -> Tensor:
    """Where they come to lie: ten on the upper edge and ten on the lower, (20, 2)."""
    x = torch.linspace(-1, 1, FIDUCIALS // 2)
    return torch.cat([torch.stack([x, torch.full_like(x, y)], dim=1) for y in (-1.0, 1.0)])


def _build_grid(height_px: int, width_px: int) -> Tensor:
    """The matrix (H * W, 20) that makes of the fiducials' places the place of each pixel."""
    edges = list_edge_places().double()
    apart = torch.cdist(edges, edges)
    apart.fill_diagonal_(1.0)
    bends = apart.square() * apart.log()
    plain = torch.cat([torch.ones(FIDUCIALS, 1, dtype=torch.float64), edges], dim=1)
    system = torch.zeros(_TERMS, _TERMS, dtype=torch.float64)
    system[:FIDUCIALS, :3], system[:FIDUCIALS, 3:] = plain, bends
    system[FIDUCIALS:, 3:] = plain.T
    x = (2 * torch.arange(width_px, dtype=torch.float64) + 1 - width_px) / width_px
    y = (2 * torch.arange(height_px, dtype=torch.float64) + 1 - height_px) / height_px
    pixels = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1).reshape(-1, 2)
    far = torch.cdist(pixels, edges)
    terms = torch.cat([torch.ones(len(pixels), 1), pixels, far.square() * (far + 1e-6).log()], dim=1)
    return (terms @ torch.linalg.inv(system))[:, :FIDUCIALS].float()
