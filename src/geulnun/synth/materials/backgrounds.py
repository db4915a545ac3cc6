"""What text lies on: crops of photographs, and drawn paper, cloth, gradients and halftone."""

import functools
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from geulnun.errors import InputError

Pixels = NDArray[np.uint8]


class PhotoLibrary:
    """Photographs to crop. `PhotoLibrary.read(folder)`; without pictures, crops are drawn blotches."""

    def __init__(self, paths: Sequence[str] = ()) -> None:
        self.paths = tuple(paths)

    @classmethod
    def read(cls, folder: str | Path | None) -> "PhotoLibrary":
        """The pictures of `folder`/backgrounds; folder and pictures may be missing."""
        if folder is None:
            return cls()
        return cls([str(path) for path in sorted((Path(folder) / "backgrounds").glob("*.jpg"))])

    def draw_crop(self, rng: np.random.Generator, width_px: int, height_px: int, *, grey: bool = False) -> Pixels:
        """(H, W, 3) RGB or (H, W) grey uint8: a random window of a random picture at a random scale."""
        if not self.paths:
            return draw_blotches(rng, width_px, height_px, grey=grey)
        path = self.paths[int(rng.integers(len(self.paths)))]
        picture = _read_grey(path) if grey else _read_colour(path)
        limit = min(picture.shape[1] / width_px, picture.shape[0] / height_px)
        scale = min(float(np.exp(rng.uniform(np.log(0.5), np.log(2.8)))), limit)
        source_w = max(1, min(picture.shape[1], round(width_px * scale)))
        source_h = max(1, min(picture.shape[0], round(height_px * scale)))
        x = int(rng.integers(picture.shape[1] - source_w + 1))
        y = int(rng.integers(picture.shape[0] - source_h + 1))
        crop = picture[y : y + source_h, x : x + source_w]
        method = cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR
        scaled = np.asarray(cv2.resize(crop, (width_px, height_px), interpolation=method), dtype=np.uint8)
        return np.ascontiguousarray(scaled[:, ::-1]) if rng.random() < 0.5 else scaled


def _decode(path: str, flag: int) -> NDArray[np.uint8]:
    data = np.fromfile(path, np.uint8)
    picture = cv2.imdecode(data, flag)
    if picture is None:
        raise InputError(
            f"{path} is not a picture that can be decoded; backgrounds must be JPEG. Run scripts/materials again."
        )
    return np.asarray(picture, dtype=np.uint8)


@functools.lru_cache(maxsize=128)
def _read_grey(path: str) -> Pixels:
    return _decode(path, cv2.IMREAD_REDUCED_GRAYSCALE_2)


@functools.lru_cache(maxsize=16)
def _read_colour(path: str) -> Pixels:
    return np.ascontiguousarray(_decode(path, cv2.IMREAD_COLOR)[..., ::-1])


def draw_field(rng: np.random.Generator, width_px: int, height_px: int, cell_px: float) -> NDArray[np.float32]:
    """(H, W) float32: smooth noise of about -1..1 whose blots are about `cell_px` wide."""
    rows, columns = (max(2, min(64, round(side / cell_px) + 2)) for side in (height_px, width_px))
    coarse = rng.random((rows, columns), dtype=np.float32) * 2 - 1
    return np.asarray(cv2.resize(coarse, (width_px, height_px), interpolation=cv2.INTER_CUBIC), dtype=np.float32)


def draw_blotches(rng: np.random.Generator, width_px: int, height_px: int, *, grey: bool = False) -> Pixels:
    """(H, W, 3) or (H, W) uint8: smooth blotches of colour, the stand-in for an unsharp photograph."""
    planes = [
        127
        + 60 * draw_field(rng, width_px, height_px, max(width_px, height_px) / 4)
        + 50 * draw_field(rng, width_px, height_px, max(4.0, min(width_px, height_px) / 6))
        for _ in range(1 if grey else 3)
    ]
    stacked = planes[0] if grey else np.stack(planes, axis=-1)
    return np.clip(stacked, 0, 255).astype(np.uint8)


def draw_gradient(rng: np.random.Generator, width_px: int, height_px: int) -> NDArray[np.float32]:
    """(H, W) float32 from 0 to 1, linear in a random direction, horizontal and vertical ones likelier."""
    angle = rng.choice([0.0, np.pi / 2]) if rng.random() < 0.6 else rng.uniform(0, 2 * np.pi)
    x = np.linspace(-0.5, 0.5, width_px, dtype=np.float32) * np.float32(np.cos(angle))
    y = np.linspace(-0.5, 0.5, height_px, dtype=np.float32) * np.float32(np.sin(angle))
    ramp = np.add.outer(y, x)
    span = float(ramp.max() - ramp.min())
    ramp = (ramp - ramp.min()) / (span or 1.0)
    return np.asarray(1 - ramp if rng.random() < 0.5 else ramp, dtype=np.float32)


def draw_halftone(rng: np.random.Generator, width_px: int, height_px: int) -> NDArray[np.float32]:
    """(H, W) float32 of 0..1: the dot screen that newspapers and copiers lay under grey."""
    pitch, angle = rng.uniform(2.2, 6.0), rng.uniform(0, np.pi / 2)
    y, x = np.mgrid[0:height_px, 0:width_px].astype(np.float32)
    u = (x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / pitch)
    v = (y * np.cos(angle) - x * np.sin(angle)) * (2 * np.pi / pitch)
    dots = np.cos(u) + np.cos(v)
    return np.asarray(np.clip((dots + rng.uniform(-0.9, 0.9)) * 1.5 + 0.5, 0, 1), dtype=np.float32)


def draw_weave(rng: np.random.Generator, width_px: int, height_px: int) -> NDArray[np.float32]:
    """(H, W) float32 of about -1..1: cloth, brushed metal or ruled paper: noise drawn out along one or both axes."""
    across = rng.standard_normal((1, width_px), dtype=np.float32)
    down = rng.standard_normal((height_px, 1), dtype=np.float32)
    share = rng.choice([0.0, 0.5, 1.0])
    return np.asarray(0.5 * (share * across + (1 - share) * down), dtype=np.float32)
