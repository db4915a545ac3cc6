"""Eight maps of stroke directions of a character, its shape normalised on the way. No bundled weights read them.

Source: Zhang, Bengio, Liu 2017 (arXiv 1606.05763). The steps of the normalisation are put together from the
literature it builds on (line-density projection interpolation, Liu and Marukawa 2005); where the source is silent,
the choice is ours: stroke spacing as the inverse density, and the maps' scale.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from geulnun.core.arrays import Floats, Mask
from geulnun.runtime.characters.prepare import check_batch

DIRECTIONS_PX = 32
STRIP_WEIGHT = 0.75
_INK = 0.5
_NOISE = 0.1
_LEAST_CONTRAST = 16
_TURN = np.pi / 4


def batch_directions(chars: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Characters as ``(N, 8, 32, 32)`` float32, about 0..1: direction maps of grey characters of one size.

    Raises:
        InputError: none, or of several sizes.
    """
    check_batch(chars)
    return np.stack([map_directions(char, DIRECTIONS_PX) for char in chars])


def map_directions(grey: NDArray[np.uint8], size_px: int = DIRECTIONS_PX) -> NDArray[np.float32]:
    """Direction maps (8, size_px, size_px) float32, about 0..1; map k holds gradients towards k · 45°, y down.

    The gradient is taken on the original picture and each pixel, as a small square, laid onto the normalised grid;
    what it contributes is its share of the cells it covers.

    Args:
        grey: (H, W) uint8, ink and paper of whichever tone.
        size_px: side of the maps.
    """
    ink = find_ink(grey)
    maps = np.zeros((8, size_px, size_px))
    if ink.size == 0:
        return maps.astype(np.float32)
    _lay(maps, split_gradient(*measure_gradient(ink)), *find_normal_grid(ink, size_px))
    return maps.astype(np.float32)


def find_ink(grey: NDArray[np.uint8]) -> Floats:
    """Ink 0..1 of the character's bounding box with one pixel of paper around; empty where there is none.

    Ink is what differs from the paper, the median of the border, be it darker or lighter; a tenth of the greatest
    difference is taken for noise.
    """
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    difference = np.abs(grey - np.median(border))
    greatest = float(difference.max())
    if greatest < _LEAST_CONTRAST:
        return np.zeros((0, 0))
    ink = np.clip((difference / greatest - _NOISE) / (1 - _NOISE), 0.0, 1.0)
    rows, columns = (np.flatnonzero((ink > _INK).any(axis=axis)) for axis in (1, 0))
    padded = np.pad(ink, 1)
    return np.asarray(padded[rows[0] : rows[-1] + 3, columns[0] : columns[-1] + 3])


def measure_gradient(ink: Floats) -> tuple[Floats, Floats]:
    """Sobel derivatives (gx, gy), about -1..1 each."""
    padded = np.pad(ink, 1, mode="edge")
    across = padded[:, 2:] - padded[:, :-2]
    down = padded[2:] - padded[:-2]
    gx = (across[:-2] + 2 * across[1:-1] + across[2:]) / 4
    gy = (down[:, :-2] + 2 * down[:, 1:-1] + down[:, 2:]) / 4
    return gx, gy


def split_gradient(gx: Floats, gy: Floats) -> Floats:
    """The gradient's components (8, H, W) along eight directions, by the parallelogram rule.

    With φ the angle beyond the lower neighbour, that one gets g(cos φ - sin φ) and the upper one √2 g sin φ: their
    vectors add up to the gradient, all other directions have 0.
    """
    length = np.hypot(gx, gy)
    turns = np.mod(np.arctan2(gy, gx), 2 * np.pi) / _TURN
    lower = np.floor(turns).astype(np.intp) % 8
    beyond = (turns - np.floor(turns)) * _TURN
    components = np.zeros((8, *gx.shape))
    rows, columns = np.indices(gx.shape)
    components[lower, rows, columns] = length * (np.cos(beyond) - np.sin(beyond))
    components[(lower + 1) % 8, rows, columns] = np.sqrt(2) * length * np.sin(beyond)
    return components


def find_normal_grid(ink: Floats, size_px: int) -> tuple[Floats, Floats]:
    """Where pixel edges go: x of vertical edges (H, W + 1) and y of horizontal edges (H + 1, W), 0..size_px.

    Line-density projection interpolation: three soft strips above, about and below the centroid, each with its own
    equalised axis, blended by their weights. The shorter side is softened: R2 = sqrt(sin(π R1 / 2)).
    """
    height, width = ink.shape
    ratio = min(height, width) / max(height, width)
    short_px = size_px * float(np.sqrt(np.sin(np.pi * ratio / 2)))
    wide, tall = (size_px, short_px) if width >= height else (short_px, size_px)
    x_edges = equalise(ink, wide) + (size_px - wide) / 2
    y_edges = equalise(ink.T, tall).T + (size_px - tall) / 2
    return x_edges, y_edges


def equalise(ink: Floats, length_px: float) -> Floats:
    """Where vertical pixel edges go: (H, W + 1), 0..length_px, strokes spaced more evenly in each of three strips."""
    height, width = ink.shape
    density = measure_line_density(ink > _INK)
    weights = weigh_strips(ink)
    projected = weights @ density
    totals = projected.sum(axis=1, keepdims=True)
    projected = np.where(totals > 0, projected, 1.0)
    edges = np.zeros((3, width + 1))
    edges[:, 1:] = np.cumsum(projected, axis=1) / projected.sum(axis=1, keepdims=True)
    return np.asarray(length_px * (weights.T @ edges))


def weigh_strips(ink: Floats) -> Floats:
    """Weights (3, H) of the strips above, about and below the vertical centroid; each row's add up to 1."""
    height = ink.shape[0]
    rows = np.arange(height) + 0.5
    centre = float((ink.sum(axis=1) * rows).sum() / max(ink.sum(), 1e-9))
    above = np.where(rows < centre, STRIP_WEIGHT * (1 - rows / centre), 0.0)
    below = np.where(rows >= centre, STRIP_WEIGHT * (rows - centre) / max(height - centre, 1e-9), 0.0)
    return np.stack([above, 1 - above - below, below])


def measure_line_density(stroke: Mask) -> Floats:
    """Reciprocal distance (H, W) between the strokes before and behind each pixel of a row.

    Distances are taken between the strokes' first edges and between their last ones, and their reciprocals averaged, so
    that a mirrored picture has a mirrored density. Outside the first and last stroke of a row it is that of one stroke
    in twice the width.
    """
    return (_measure_density(stroke) + _measure_density(stroke[:, ::-1])[:, ::-1]) / 2


def _measure_density(stroke: Mask) -> Floats:
    width = stroke.shape[1]
    starts = stroke & ~np.pad(stroke, ((0, 0), (1, 0)))[:, :-1]
    places = np.arange(width, dtype=np.float64)
    before = np.maximum.accumulate(np.where(starts, places, -np.inf), axis=1)
    following = np.minimum.accumulate(np.where(starts, places, np.inf)[:, ::-1], axis=1)[:, ::-1]
    behind = np.pad(following, ((0, 0), (0, 1)), constant_values=np.inf)[:, 1:]
    spacing = behind - before
    return np.asarray(1.0 / np.where(np.isfinite(spacing), spacing, 2.0 * width))


def _lay(maps: Floats, components: Floats, x_edges: Floats, y_edges: Floats) -> None:
    """Add each pixel's components to the cells that its square covers, times the area it covers of them."""
    size = maps.shape[1]
    left, right = x_edges[:, :-1], x_edges[:, 1:]
    top, bottom = y_edges[:-1], y_edges[1:]
    across = int(np.clip(np.ceil(2 * (right - left).max()), 2, 2 * size))
    down = int(np.clip(np.ceil(2 * (bottom - top).max()), 2, 2 * size))
    area = (right - left) * (bottom - top) / (across * down)
    used = components.any(axis=0)
    shares = components[:, used] * area[used]
    for a in (np.arange(across) + 0.5) / across:
        x = np.clip(left + a * (right - left), 0, size - 1e-9)[used].astype(np.intp)
        for b in (np.arange(down) + 0.5) / down:
            y = np.clip(top + b * (bottom - top), 0, size - 1e-9)[used].astype(np.intp)
            cells = y * size + x
            for direction in range(8):
                added = np.bincount(cells, weights=shares[direction], minlength=size * size)
                maps[direction] += added.reshape(size, size)
