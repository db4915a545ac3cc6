"""Quads and the ways to cut pictures along them. Pixels of the original image, origin top left, y down."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from geulnun.core import raster

Point = tuple[float, float]
FloatArray = NDArray[np.float64]
ImageArray = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Quad:
    """Four (x, y) points, clockwise from the text's own top-left corner."""

    points: tuple[Point, Point, Point, Point]

    def __post_init__(self) -> None:
        if len(self.points) != 4 or [len(point) for point in self.points] != [2, 2, 2, 2]:
            raise ValueError(f"a quad is four (x, y) points, not {self.points!r}")

    @classmethod
    def from_xyxy(cls, left: float, top: float, right: float, bottom: float) -> Self:
        """The upright quad with these bounds."""
        return cls(((left, top), (right, top), (right, bottom), (left, bottom)))

    @classmethod
    def from_array(cls, array: NDArray[np.floating] | Iterable[Iterable[float]]) -> Self:
        """The quad of a (4, 2) array."""
        points = np.asarray(array, dtype=np.float64)
        if points.shape != (4, 2):
            raise ValueError(f"a quad is a (4, 2) array, not {points.shape}")
        (a, b), (c, d), (e, f), (g, h) = points.tolist()
        return cls(((a, b), (c, d), (e, f), (g, h)))

    @property
    def array(self) -> FloatArray:
        """The points as (4, 2) float64."""
        return np.array(self.points, dtype=np.float64)

    @property
    def xyxy(self) -> tuple[float, float, float, float]:
        """The upright bounds (left, top, right, bottom)."""
        xs, ys = [x for x, _ in self.points], [y for _, y in self.points]
        return min(xs), min(ys), max(xs), max(ys)

    @property
    def center(self) -> Point:
        """The mean of the four points."""
        return sum(x for x, _ in self.points) / 4, sum(y for _, y in self.points) / 4

    @property
    def width_px(self) -> float:
        """Mean length of the top and bottom edges."""
        a, b, c, d = self.points
        return (_distance(a, b) + _distance(d, c)) / 2

    @property
    def height_px(self) -> float:
        """Mean length of the left and right edges."""
        a, b, c, d = self.points
        return (_distance(a, d) + _distance(b, c)) / 2

    @property
    def is_flat(self) -> bool:
        """Whether it has less than a pixel of width or height."""
        return min(self.width_px, self.height_px) < 1

    @property
    def area(self) -> float:
        """Area of the polygon, by the shoelace formula."""
        return _shoelace(list(self.points))

    @property
    def angle_deg(self) -> float:
        """Direction of reading (the left edge's middle to the right edge's), -180..180; positive turns clockwise."""
        a, b, c, d = self.points
        return math.degrees(math.atan2(b[1] + c[1] - a[1] - d[1], b[0] + c[0] - a[0] - d[0]))

    def shifted(self, dx: float, dy: float) -> "Quad":
        """This quad moved by (dx, dy)."""
        a, b, c, d = self.points
        return Quad(((a[0] + dx, a[1] + dy), (b[0] + dx, b[1] + dy), (c[0] + dx, c[1] + dy), (d[0] + dx, d[1] + dy)))

    def scaled(self, sx: float, sy: float) -> "Quad":
        """This quad with x multiplied by `sx` and y by `sy`."""
        a, b, c, d = self.points
        return Quad(((a[0] * sx, a[1] * sy), (b[0] * sx, b[1] * sy), (c[0] * sx, c[1] * sy), (d[0] * sx, d[1] * sy)))

    def warped(self, matrix: NDArray[np.floating]) -> "Quad":
        """This quad through a 3x3 homography."""
        return Quad.from_array(transform_points(self.array, matrix))


def _distance(a: Point, b: Point) -> float:
    return math.hypot(a[0] - b[0], a[1] - b[1])


def transform_points(points: NDArray[np.floating], matrix: NDArray[np.floating]) -> FloatArray:
    """(N, 2) points through a 3x3 homography."""
    homogeneous = np.column_stack([points, np.ones(len(points))]) @ np.asarray(matrix, dtype=np.float64).T
    result: FloatArray = homogeneous[:, :2] / homogeneous[:, 2:]
    return result


def measure_iou(a: Quad, b: Quad) -> float:
    """Intersection over union of two convex quads, 0..1."""
    left, top, right, bottom = a.xyxy
    other = b.xyxy
    if right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top:
        return 0.0
    shared = measure_overlap(a, b)
    union = a.area + b.area - shared
    return float(shared / union) if union > 0 else 0.0


def measure_overlap(a: Quad, b: Quad) -> float:
    """Area that two convex quads share.

    Source: Sutherland and Hodgman 1974, Reentrant polygon clipping.
    """
    polygon = list(a.points)
    clip = list(b.points) if _turn(*b.points[:3]) + _turn(*b.points[2:], b.points[0]) >= 0 else list(b.points[::-1])
    for start, end in zip(clip, clip[1:] + clip[:1], strict=True):
        sides = [_turn(start, end, point) for point in polygon]
        kept: list[Point] = []
        for i, (point, side) in enumerate(zip(polygon, sides, strict=True)):
            previous, before = polygon[i - 1], sides[i - 1]
            if (side >= 0) != (before >= 0):
                share = before / (before - side)
                kept.append(
                    (previous[0] + share * (point[0] - previous[0]), previous[1] + share * (point[1] - previous[1]))
                )
            if side >= 0:
                kept.append(point)
        if not kept:
            return 0.0
        polygon = kept
    return _shoelace(polygon)


def _turn(a: Point, b: Point, c: Point) -> float:
    """Twice the signed area of a triangle: positive where c lies clockwise (y down) of the way from a to b."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _shoelace(polygon: list[Point]) -> float:
    total = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(polygon, polygon[1:] + polygon[:1], strict=True))
    return abs(total) / 2


def enclose(quads: Iterable[Quad]) -> Quad:
    """The smallest quad around `quads` that is a rectangle along their mean direction of reading.

    Raises:
        ValueError: no quads.
    """
    given = list(quads)
    if not given:
        raise ValueError("no quads to enclose")
    directions = np.radians([quad.angle_deg for quad in given])
    angle = np.arctan2(np.sin(directions).mean(), np.cos(directions).mean())
    return enclose_points(np.concatenate([quad.array for quad in given]), np.array([np.cos(angle), np.sin(angle)]))


def enclose_points(points: NDArray[np.floating], along: NDArray[np.floating]) -> Quad:
    """The smallest quad around `points` (N, 2) that is a rectangle along the unit vector `along` (2,)."""
    across = np.array([-along[1], along[0]])
    u, v = points @ along, points @ across
    corners = [(u.min(), v.min()), (u.max(), v.min()), (u.max(), v.max()), (u.min(), v.max())]
    return Quad.from_array(np.array([s * along + t * across for s, t in corners]))


def cut_quad(image: ImageArray, quad: Quad, height_px: int, *, width_px: int | None = None) -> ImageArray:
    """The picture inside `quad`, straightened by perspective: (height_px, width_px[, C]) uint8.

    The width keeps the quad's proportions unless given. Outside the image the edge is repeated. Strong shrinking
    first reduces the source, so that thin strokes are averaged and not skipped.
    """
    if width_px is None:
        width_px = max(1, round(quad.width_px * height_px / max(quad.height_px, 1e-6)))
    source, corners = _crop_around(image, quad.array)
    shrink = quad.height_px / height_px
    if shrink > 1.5:
        width, height = max(1, round(source.shape[1] / shrink)), max(1, round(source.shape[0] / shrink))
        corners = corners * np.array([width / source.shape[1], height / source.shape[0]])
        source = raster.resize(source, width, height)
    target = np.array([(0, 0), (width_px, 0), (width_px, height_px), (0, height_px)], dtype=np.float64)
    return raster.warp(source, raster.find_homography(target, corners), width_px, height_px)


def _crop_around(image: ImageArray, corners: FloatArray) -> tuple[ImageArray, FloatArray]:
    """The part of `image` that holds `corners` with a small margin, and the corners inside it.

    Where the part reaches beyond the image, the edge is repeated.
    """
    height, width = image.shape[:2]
    left, top = (math.floor(value) - 2 for value in corners.min(axis=0))
    right, bottom = (math.ceil(value) + 2 for value in corners.max(axis=0))
    inner_left, inner_right = (min(max(value, 0), width) for value in (left, right))
    inner_top, inner_bottom = (min(max(value, 0), height) for value in (top, bottom))
    if inner_right <= inner_left or inner_bottom <= inner_top:
        x, y = min(max(left, 0), width - 1), min(max(top, 0), height - 1)
        return np.broadcast_to(image[y, x], (bottom - top, right - left, *image.shape[2:])), corners - (left, top)
    part = image[inner_top:inner_bottom, inner_left:inner_right]
    beyond = [(inner_top - top, bottom - inner_bottom), (inner_left - left, right - inner_right)]
    if any(map(any, beyond)):
        part = np.pad(part, beyond + [(0, 0)] * (image.ndim - 2), mode="edge")
    return part, corners - (left, top)


def cut_curved(
    image: ImageArray, top: NDArray[np.floating], bottom: NDArray[np.floating], height_px: int
) -> ImageArray:
    """The band between two curves, straightened by a thin-plate spline: (height_px, W[, C]) uint8.

    Args:
        image: (H, W[, C]) uint8.
        top: (K, 2) points of the band's upper edge in reading order, K >= 2.
        bottom: (K, 2) points of its lower edge, opposite to those of `top`.
        height_px: height of the result; its width keeps the band's proportions.

    Source: Bookstein 1989, Principal warps; used for text by Shi et al. 2016 (RARE).
    """
    middle = (top + bottom) / 2
    steps = np.hypot(*np.diff(middle, axis=0).T)
    position = np.concatenate([[0], np.cumsum(steps)])
    thickness = np.hypot(*(bottom - top).T).mean()
    width_px = max(1, round(position[-1] * height_px / max(thickness, 1e-6)))
    along = position / max(position[-1], 1e-6) * width_px
    flat = np.concatenate(
        [np.column_stack([along, np.zeros_like(along)]), np.column_stack([along, np.full_like(along, height_px)])]
    )
    grid_y, grid_x = np.mgrid[0:height_px, 0:width_px] + 0.5
    grid = np.column_stack([grid_x.ravel(), grid_y.ravel()])
    mapped = _thin_plate(flat, np.concatenate([top, bottom]), grid)
    values = raster.sample(image, mapped)
    return np.round(values).astype(np.uint8).reshape(height_px, width_px, *image.shape[2:])


def _thin_plate(source: FloatArray, target: FloatArray, points: FloatArray) -> FloatArray:
    """`points` through the thin-plate spline that takes `source` (K, 2) to `target` (K, 2)."""
    count = len(source)
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _thin_plate_kernel(source, source) + 1e-6 * np.eye(count)
    system[:count, count] = system[count, :count] = 1
    system[:count, count + 1 :] = source
    system[count + 1 :, :count] = source.T
    weights = np.linalg.lstsq(system, np.concatenate([target, np.zeros((3, 2))]), rcond=None)[0]
    result: FloatArray = (
        _thin_plate_kernel(points, source) @ weights[:count] + weights[count] + points @ weights[count + 1 :]
    )
    return result


def _thin_plate_kernel(a: FloatArray, b: FloatArray) -> FloatArray:
    squared = ((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=2)
    result: FloatArray = squared * np.log(squared + 1e-12)
    return result
