"""A learned rectification in front of the recogniser."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from geulnun.training.recognizer.layers import ConvNorm
from geulnun.training.recognizer.stages.spline import FIDUCIALS, list_edge_places

_GRID_PX = 8  # the spline is smooth: it is followed at every eighth pixel and drawn straight between


class Rectifier(nn.Module):
    """Strips resampled through a thin-plate spline whose 20 fiducials a small network places.

    The network starts with the fiducials on the strip's edges, so that at first nothing is moved. All coordinates are
    relative to the strip without its padding: -1..1 from its left to its right end and from top to bottom.

    Source: Shi et al. 2016 (RARE); the sizes of Baek et al. 2019, with narrower layers and fiducials that start on
    the edges, as strips come here cut along their lines.
    """

    def __init__(self, height_px: int, channels: tuple[int, int, int, int] = (16, 32, 64, 128)) -> None:
        super().__init__()
        first, second, third, last = channels
        self.height_px = height_px
        self.finder = nn.Sequential(
            ConvNorm(1, first, stride=(2, 2)),
            ConvNorm(first, second, stride=(2, 2)),
            ConvNorm(second, third, stride=(2, 2)),
            ConvNorm(third, last),
        )
        self.inner = nn.Linear(last, 256)
        self.points = nn.Linear(256, FIDUCIALS * 2)
        edges = list_edge_places()
        nn.init.zeros_(self.points.weight)
        with torch.no_grad():
            self.points.bias.copy_(edges.flatten())
        self.solver: Tensor
        self.fiducials: Tensor
        self.register_buffer("solver", _build_solver(edges), persistent=False)
        self.register_buffer("fiducials", edges, persistent=False)

    def forward(self, strips: Tensor, valid: Tensor) -> Tensor:
        """`strips` (N, 1, H, W) straightened, of the same size; `valid` (N, 1, 1, W) is false in the padding."""
        widths = valid.sum(dim=3).float()
        with torch.autocast(strips.device.type, enabled=False):
            places = self._follow_spline(self.find_points(strips.float(), valid), widths[:, :, 0], strips.shape[3])
            low = torch.zeros_like(widths)[..., None]
            across = places[..., 0:1].clamp_min(0).minimum(widths[..., None] - 1) + low
            down = places[..., 1:2].clamp(0, self.height_px - 1)
            size = torch.tensor([strips.shape[3], self.height_px], device=strips.device, dtype=torch.float32)
            grid = (torch.cat([across, down], dim=3) * 2 + 1) / size - 1
            drawn = F.grid_sample(strips.float(), grid, mode="bilinear", padding_mode="border", align_corners=False)
        return drawn * valid

    def find_points(self, strips: Tensor, valid: Tensor) -> Tensor:
        """The fiducials' places (N, 20, 2) in each strip."""
        features = strips
        for layer, stride in zip(self.finder, (2, 4, 8, 8), strict=True):
            features = layer(features, valid[..., ::stride])
        counts = valid[..., ::8].sum(dim=3).float() * features.shape[2]
        means = features.sum(dim=(2, 3)) / counts[:, :, 0]
        return self.points(torch.relu(self.inner(means))).unflatten(1, (FIDUCIALS, 2))

    def _follow_spline(self, points: Tensor, widths: Tensor, columns: int) -> Tensor:
        """Where each pixel of the result comes from, (N, H, W, 2) in pixels of the strip; `widths` is (N, 1)."""
        device = points.device
        x = torch.arange(columns // _GRID_PX + 1, device=device) * float(_GRID_PX)
        y = torch.arange(self.height_px // _GRID_PX + 1, device=device) * float(_GRID_PX)
        x = ((2 * x[None] + 1) / widths - 1)[:, None, :].expand(-1, len(y), -1)
        y = ((2 * y[None] + 1) / self.height_px - 1)[:, :, None].expand(x.shape[0], -1, x.shape[2])
        knots = torch.stack([x, y], dim=3)
        weights = torch.matmul(self.solver, F.pad(points, (0, 0, 0, 3)))
        found = torch.matmul(_list_terms(knots.flatten(1, 2), self.fiducials), weights)
        found = found.unflatten(1, (self.height_px // _GRID_PX + 1, -1)).permute(0, 3, 1, 2)
        size = (self.height_px + 1, columns + 1)
        found = F.interpolate(found, size=size, mode="bilinear", align_corners=True)[:, :, :-1, :-1]
        across = ((found[:, 0] + 1) * widths[:, :, None] - 1) / 2
        down = ((found[:, 1] + 1) * self.height_px - 1) / 2
        return torch.stack([across, down], dim=3)


def _list_terms(places: Tensor, fiducials: Tensor) -> Tensor:
    """What the spline is a sum of at each place (N, P, 2): (N, P, 23), r^2 log r per fiducial, then 1, x and y."""
    square = (places[..., None, :] - fiducials).square().sum(dim=-1)
    bends = 0.5 * square * (square + 1e-9).log()
    return torch.cat([bends, torch.ones_like(places[..., :1]), places], dim=-1)


def _build_solver(fiducials: Tensor) -> Tensor:
    """The matrix (23, 23) that makes a spline's coefficients of the fiducials' places and three zeros."""
    exact = fiducials.double()
    terms = _list_terms(exact[None], exact)[0]
    below = torch.cat([terms[:, FIDUCIALS:].T, torch.zeros(3, 3, dtype=torch.float64)], dim=1)
    return torch.linalg.inv(torch.cat([terms, below])).float()
