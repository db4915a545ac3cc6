"""Moving pixels about with Pillow and numpy: resize, warp, sample, blur, connected components.

OpenCV does all of this too, but weighs more than everything else that reading needs, and its several packages
overwrite one another in people's environments. Training and synthesis, which draw millions of pictures, use it.
"""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from geulnun.core.arrays import FloatMap, Floats, Mask, Pixels, find_roots

_ROWS_AT_ONCE = 64  # looked at before it is known whether further ones must be


def to_grey(image: Pixels) -> Pixels:
    """Luminance (H, W) of an RGB image (H, W, 3) by ITU-R 601; a grey image as it is."""
    return np.asarray(Image.fromarray(image).convert("L")) if image.ndim == 3 else image


def to_signed(pixels: Pixels) -> FloatMap:
    """Levels 0..255 of any shape as float32 in -1..1, the range that networks take."""
    result: FloatMap = np.divide(pixels, np.float32(127.5), dtype=np.float32)
    result -= np.float32(1.0)
    return result


def resize(image: Pixels, width_px: int, height_px: int) -> Pixels:
    """A grey or RGB uint8 image at another size: averaged where it shrinks, bicubic where it grows."""
    height, width = image.shape[:2]
    if (height, width) == (height_px, width_px):
        return image
    shrinks = width_px * height_px < width * height
    method = Image.Resampling.BOX if shrinks else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(image).resize((width_px, height_px), method))


def find_homography(source: Floats, target: Floats) -> Floats:
    """The 3x3 matrix that takes four points (4, 2) to four others; the nearest one where points fall together."""
    rows = []
    for (x, y), (u, v) in zip(source.tolist(), target.tolist(), strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    system, wanted = np.array(rows), target.reshape(-1)
    try:
        solution = np.linalg.solve(system, wanted)
    except np.linalg.LinAlgError:
        solution = np.linalg.lstsq(system, wanted, rcond=None)[0]
    return np.append(solution, 1.0).reshape(3, 3)


def warp(image: Pixels, to_source: Floats, width_px: int, height_px: int) -> Pixels:
    """An image of the given size whose point p shows the source's point `to_source` @ p, bilinear.

    Points are continuous: the centre of the first pixel is (0.5, 0.5). What lies outside the source is black, but for
    half a pixel along its edge, which repeats.
    """
    matrix = to_source / to_source[2, 2]
    coefficients = tuple(matrix.ravel()[:8].tolist())
    size = width_px, height_px
    moved = Image.fromarray(image).transform(size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BILINEAR)
    return np.asarray(moved)


def sample(values: NDArray[np.uint8] | FloatMap, points: Floats, *, outside: float | None = None) -> Floats:
    """`values` (H, W[, C]) at (N, 2) continuous points (x, y), bilinear: (N[, C]).

    Outside the image the edge repeats, or everything is `outside` if given.
    """
    height, width = values.shape[:2]
    x, y = points[:, 0] - 0.5, points[:, 1] - 0.5
    left = np.clip(np.floor(x), 0, max(width - 2, 0)).astype(np.intp)
    top = np.clip(np.floor(y), 0, max(height - 2, 0)).astype(np.intp)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    share_x, share_y = np.clip(x - left, 0, 1), np.clip(y - top, 0, 1)
    if values.ndim == 3:
        share_x, share_y = share_x[:, None], share_y[:, None]
    flat = values.reshape(height * width, *values.shape[2:])
    upper = flat[top * width + left] * (1 - share_x) + flat[top * width + right] * share_x
    lower = flat[bottom * width + left] * (1 - share_x) + flat[bottom * width + right] * share_x
    result: Floats = upper * (1 - share_y) + lower * share_y
    if outside is not None:
        result[(x < -0.5) | (y < -0.5) | (x > width - 0.5) | (y > height - 0.5)] = outside
    return result


def blur(values: FloatMap, sigma: float) -> FloatMap:
    """`values` (H, W) blurred by a Gaussian of `sigma` cells; the edge repeats."""
    radius = math.ceil(3 * sigma)
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2).astype(np.float32)
    weights /= weights.sum()
    height, width = values.shape
    padded = np.pad(values, ((radius, radius), (0, 0)), mode="edge")
    rows = sum(weight * padded[i : i + height] for i, weight in enumerate(weights))
    padded = np.pad(np.asarray(rows), ((0, 0), (radius, radius)), mode="edge")
    columns = sum(weight * padded[:, i : i + width] for i, weight in enumerate(weights))
    return np.asarray(columns, dtype=np.float32)


def find_thick(mask: Mask, side: int) -> Mask:
    """The cells of `mask` around which a square of `side` (odd) cells lies wholly inside it; outside counts as not."""
    for _ in range(2):  # down the columns, and turned over along the rows
        whole = np.pad(mask, ((side // 2, side // 2), (0, 0)))
        length = 1  # of the runs that are known to be whole
        while length < side:
            step = min(length, side - length)
            whole = whole[:-step] & whole[step:]
            length += step
        mask = whole.T
    return mask


def find_content(image: Pixels, tolerance: int) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of an image (H, W, 3) without the plain rows and columns at its edges.

    A row or column is plain if its pixels differ by no more than `tolerance` in any channel; of nothing but plain
    rows, all four are 0.
    """
    height = image.shape[0]
    top = _count_plain_rows(image, tolerance)
    if top == height:
        return 0, 0, 0, 0
    bottom = height - _count_plain_rows(image[::-1], tolerance)
    columns = image[top:bottom]
    plain = ((columns.max(axis=0) - columns.min(axis=0)) <= tolerance).all(axis=1)
    kept = np.flatnonzero(~plain)
    return (int(kept[0]), top, int(kept[-1]) + 1, bottom) if len(kept) else (0, 0, 0, 0)


def _count_plain_rows(image: Pixels, tolerance: int) -> int:
    """How many rows, from the first one on, are of one colour each."""
    for start in range(0, len(image), _ROWS_AT_ONCE):
        rows = np.ascontiguousarray(image[start : start + _ROWS_AT_ONCE].transpose(0, 2, 1))
        plain = ((rows.max(axis=2) - rows.min(axis=2)) <= tolerance).all(axis=1)
        if not plain.all():
            return start + int(plain.argmin())
    return len(image)


def find_components(mask: Mask) -> tuple[NDArray[np.int32], int]:
    """Labels (H, W) of the 4-connected areas of `mask`, 1..count and 0 outside, in order of their first cell; count.

    Runs of cells in a row are the nodes; runs that touch in neighbouring rows are joined by repeatedly giving both
    the smaller number of the two and following numbers to their roots.
    """
    height, width = mask.shape
    step = width + 1  # a column of nothing ends every row
    flat = np.zeros(height * step + 1, np.int8)
    flat[1:].reshape(height, step)[:, :width] = mask
    edges = np.flatnonzero(np.diff(np.append(flat, 0)))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return np.zeros((height, width), np.int32), 0
    # Runs of the row above that touch each run: their ends lie behind its start, their starts before its end.
    first = np.searchsorted(ends, starts - step, side="right")
    counts = np.maximum(np.searchsorted(starts, ends - step, side="left") - first, 0)
    below = np.repeat(np.arange(len(starts)), counts)
    above = np.arange(len(below)) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(first, counts)
    roots = find_roots(len(starts), above, below)
    known, labels = np.unique(roots, return_inverse=True)
    painted = np.zeros(height * step, np.int32)
    lengths = ends - starts
    cells = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths) + np.repeat(starts, lengths)
    painted[cells] = np.repeat(labels + 1, lengths)
    return np.ascontiguousarray(painted.reshape(height, step)[:, :width]), len(known)
