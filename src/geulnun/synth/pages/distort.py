"""Effects that move pixels and quads together: skew, perspective, bent paper, resizing."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from geulnun.core.arrays import Floats, RgbImage
from geulnun.core.geometry import transform_points
from geulnun.synth.pages.truth import Drawing

_HALF = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
_BACK = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
_MOST_SKEW_DEG = 7.0


def warp_image(
    image: RgbImage,
    matrix: NDArray[np.floating],
    width: int,
    height: int,
    *,
    border: tuple[int, int, int] | None = None,
    interpolation: int = cv2.INTER_LINEAR,
) -> RgbImage:
    """`image` through a homography of continuous coordinates (pixel centres at half integers).

    Outside of it stands the colour `border`, or its own edge repeated.
    """
    mode = cv2.BORDER_REPLICATE if border is None else cv2.BORDER_CONSTANT
    warped = cv2.warpPerspective(
        image, _BACK @ matrix @ _HALF, (width, height), flags=interpolation, borderMode=mode, borderValue=border or 0
    )
    return np.asarray(warped, np.uint8)


def apply_matrix(
    drawing: Drawing, matrix: NDArray[np.floating], width: int, height: int, border: tuple[int, int, int] | None = None
) -> Drawing:
    """The drawing through a homography, on a picture of the given size."""
    image = warp_image(drawing.image, matrix, width, height, border=border)
    return drawing.moved(image, lambda points: transform_points(points, matrix))


@dataclass(frozen=True, slots=True, kw_only=True)
class Skew:
    """A page laid crookedly: turned by `angle_deg` about its centre, sheared by `shear`, scaled by `scale`."""

    angle_deg: float
    shear: float = 0.0
    scale: float = 1.0


def draw_skew(rng: np.random.Generator) -> Skew:
    """A small turn; most are under a third of the limit."""
    angle = rng.normal(0, _MOST_SKEW_DEG / 4) if rng.random() < 0.8 else rng.uniform(-_MOST_SKEW_DEG, _MOST_SKEW_DEG)
    return Skew(
        angle_deg=float(np.clip(angle, -_MOST_SKEW_DEG, _MOST_SKEW_DEG)),
        shear=float(rng.normal(0, 0.006)),
        scale=float(rng.uniform(0.94, 1.03)),
    )


def find_skew_matrix(skew: Skew, width: int, height: int) -> Floats:
    """The homography of a skew about the centre of a page."""
    turn = np.radians(skew.angle_deg)
    cos, sin = np.cos(turn) * skew.scale, np.sin(turn) * skew.scale
    linear = np.array([[cos, -sin], [sin, cos]]) @ np.array([[1, skew.shear], [0, 1]])
    center = np.array([width / 2, height / 2])
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    matrix[:2, 2] = center - linear @ center
    return matrix


def apply_skew(drawing: Drawing, skew: Skew, border: tuple[int, int, int] | None = None) -> Drawing:
    """The drawing skewed on a picture of the same size."""
    height, width = drawing.size
    return apply_matrix(drawing, find_skew_matrix(skew, width, height), width, height, border)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tilt:
    """A page seen at an angle: where its four corners go, as shares of width and height, (4, 2)."""

    corners: tuple[tuple[float, float], ...]


def draw_tilt(rng: np.random.Generator, strength: float = 0.1, margin: float = 0.0) -> Tilt:
    """Corners moved inwards by up to `strength` beyond a `margin` (both shares of the side)."""
    base = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float64)
    inward = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)]) * rng.uniform(0, strength, (4, 2))
    turn = np.radians(rng.normal(0, strength * 20))
    moved = (base - 0.5) * (1 - 2 * margin) + inward
    spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return Tilt(corners=tuple((float(x), float(y)) for x, y in moved @ spin + 0.5))


def find_tilt_matrix(tilt: Tilt, width: int, height: int, out_width: int, out_height: int) -> Floats:
    """The homography that takes a page's corners to those of the tilt."""
    source = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    target = (np.array(tilt.corners) * (out_width, out_height)).astype(np.float32)
    return np.asarray(cv2.getPerspectiveTransform(source, target), np.float64)


def apply_tilt(drawing: Drawing, tilt: Tilt, ground: RgbImage) -> Drawing:
    """The drawing laid on `ground` (whose size the result has), seen as the tilt says."""
    height, width = drawing.size
    out_height, out_width = ground.shape[:2]
    matrix = find_tilt_matrix(tilt, width, height, out_width, out_height)
    image = warp_image(drawing.image, matrix, out_width, out_height)
    sheet = np.full((height, width), 255, np.uint8)
    cover = cv2.warpPerspective(sheet, _BACK @ matrix @ _HALF, (out_width, out_height), flags=cv2.INTER_LINEAR)
    image = blend(ground, image, np.asarray(cover, np.uint8))
    return drawing.moved(image, lambda points: transform_points(points, matrix))


def blend(below: RgbImage, above: RgbImage, cover: NDArray[np.uint8]) -> RgbImage:
    """`above` laid over `below` where `cover` (H, W) is 255."""
    weight = cover.astype(np.float32)[..., None] * (1 / 255)
    return (below + (above.astype(np.float32) - below) * weight + 0.5).astype(np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bend:
    """Paper that is not flat: waves that shift points, (amplitude_px, wavelength_px, phase) by direction.

    `rows` shifts y along x (lines of text bow), `columns` shifts x along y (margins bow), `pinch` squeezes x
    near one edge as by a book's spine.
    """

    rows: tuple[tuple[float, float, float], ...]
    columns: tuple[tuple[float, float, float], ...] = ()
    pinch: float = 0.0


def draw_bend(rng: np.random.Generator, width: int, height: int, strength: float = 1.0) -> Bend:
    """One or two long waves and sometimes a spine; slopes stay under about 0.15."""

    def draw_wave(length: float) -> tuple[float, float, float]:
        wavelength = float(length * rng.uniform(0.8, 3))
        slope = rng.uniform(0.01, 0.12) * strength
        return float(slope * wavelength / (2 * np.pi)), wavelength, float(rng.uniform(0, 2 * np.pi))

    rows = tuple(draw_wave(width) for _ in range(int(rng.integers(1, 3))))
    columns = (draw_wave(height),) if rng.random() < 0.4 else ()
    return Bend(rows=rows, columns=columns, pinch=float(rng.uniform(-0.12, 0.12)) if rng.random() < 0.4 else 0.0)


def find_bend_source(bend: Bend, points: Floats, width: int) -> Floats:
    """Where points (N, 2) of the bent picture come from on the flat one."""
    x, y = points[:, 0], points[:, 1]
    shift_x = sum((a * np.sin(2 * np.pi * y / w + p) for a, w, p in bend.columns), np.zeros_like(x))
    shift_y = sum((a * np.sin(2 * np.pi * x / w + p) for a, w, p in bend.rows), np.zeros_like(y))
    if bend.pinch:
        share = np.clip(x / width, 0, 1)
        # A parabola over the sheet: nothing moves at the edges, the middle moves most.
        shift_x = shift_x + bend.pinch * width * share * (1 - share)
    return np.column_stack([x + shift_x, y + shift_y])


def apply_bend(drawing: Drawing, bend: Bend) -> Drawing:
    """The drawing on bent paper, on a picture of the same size."""
    height, width = drawing.size
    step = 16
    rows, columns = -(-height // step) + 1, -(-width // step) + 1
    grid_x, grid_y = np.meshgrid(np.arange(columns) * step, np.arange(rows) * step)
    coarse = np.column_stack([grid_x.ravel(), grid_y.ravel()]).astype(np.float64)
    # The waves are far longer than a step, so that linear interpolation between its nodes is exact enough.
    shift = (find_bend_source(bend, coarse, width) - coarse).reshape(rows, columns, 2).astype(np.float32)
    dense = _upsample_nodes(shift, step, height, width)
    dense[..., 0] += np.arange(width, dtype=np.float32)[None]
    dense[..., 1] += np.arange(height, dtype=np.float32)[:, None]
    image = cv2.remap(drawing.image, dense[..., 0], dense[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return drawing.moved(np.asarray(image, np.uint8), lambda points: find_bend_target(bend, points, width))


def _upsample_nodes(nodes: NDArray[np.float32], step: int, height: int, width: int) -> NDArray[np.float32]:
    """Values at every pixel centre (H, W, 2), from nodes that stand every `step` pixels from the corner on."""
    matrix = np.array([[step, 0, -0.5], [0, step, -0.5]], np.float64)
    flags, border = cv2.INTER_LINEAR, cv2.BORDER_REPLICATE
    return np.asarray(cv2.warpAffine(nodes, matrix, (width, height), flags=flags, borderMode=border), np.float32)


def find_bend_target(bend: Bend, points: Floats, width: int) -> Floats:
    """Where points (N, 2) of the flat picture go: the inverse of `find_bend_source`, by fixed-point iteration."""
    guess = points.copy()
    for _ in range(12):
        guess = guess + points - find_bend_source(bend, guess, width)
    return guess


def apply_resize(drawing: Drawing, scale: float) -> Drawing:
    """The drawing scaled, smoothly where it shrinks."""
    height, width = drawing.size
    out_width, out_height = max(1, round(width * scale)), max(1, round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    image = np.asarray(cv2.resize(drawing.image, (out_width, out_height), interpolation=method), np.uint8)
    ratio = np.array([out_width / width, out_height / height])
    return drawing.moved(image, lambda points: points * ratio)


def apply_crop(drawing: Drawing, left: int, top: int, width: int, height: int) -> Drawing:
    """The part of the drawing inside a rectangle of whole pixels."""
    image = np.ascontiguousarray(drawing.image[top : top + height, left : left + width])
    return drawing.moved(image, lambda points: points - np.array([left, top]))
