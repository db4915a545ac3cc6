"""Free photographs to draw on: views of them for pages, details for strips; drawn scenery where there are none."""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from geulnun.synth.materials.texture import (
    BUSY,
    ImageArray,
    draw_bokeh,
    draw_clouds,
    draw_foliage,
    draw_gradient,
)

FOLDER = "backgrounds"
"""Where `scripts/materials` puts photographs, beside the fonts."""

_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
_KEPT_SIDE_PX = 1400
_REDUCED = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}


class Photos:
    """Photographs of a folder, opened when first drawn. Pickles as the folder's path."""

    def __init__(self, folder: Path | str | None = None):
        self.folder = Path(folder) if folder is not None else None
        self._files: tuple[str, ...] | None = None

    @classmethod
    def beside(cls, materials: Path | str | None) -> "Photos":
        """The photographs of a folder of materials; folder and photographs may be missing."""
        return cls(None if materials is None else Path(materials) / FOLDER)

    def __reduce__(self) -> tuple[type["Photos"], tuple[Path | None]]:
        return Photos, (self.folder,)

    @property
    def files(self) -> tuple[str, ...]:
        """Paths of the photographs, sorted."""
        if self._files is None:
            found = sorted(self.folder.iterdir()) if self.folder is not None and self.folder.is_dir() else []
            self._files = tuple(str(path) for path in found if path.suffix.lower() in _SUFFIXES)
        return self._files

    def draw(self, rng: np.random.Generator, height_px: int, width_px: int) -> ImageArray:
        """A view: most of a photograph, its tones changed now and then, (H, W, 3) uint8 RGB."""
        photo = None if rng.random() < 0.1 else self._draw_photo(rng)
        if photo is None:
            return draw_scenery(rng, height_px, width_px)
        largest = min(photo.shape[1] / width_px, photo.shape[0] / height_px)
        piece = _cut(rng, photo, height_px, width_px, largest * rng.uniform(0.45, 1.0))
        if rng.random() < 0.4:
            gain, shift = rng.uniform(0.4, 1.3), rng.uniform(-40, 40)
            piece = np.asarray(cv2.convertScaleAbs(np.maximum(piece * gain + shift, 0)), np.uint8)
        if rng.random() < 0.1:
            piece = np.asarray(cv2.cvtColor(_to_grey(piece), cv2.COLOR_GRAY2RGB), np.uint8)
        return piece

    def draw_detail(self, rng: np.random.Generator, height_px: int, width_px: int) -> ImageArray:
        """A detail in grey: a window of a photograph at about its own resolution, (H, W) uint8."""
        photo = self._draw_photo(rng, grey=True)
        if photo is None:
            return _to_grey(draw_scenery(rng, height_px, width_px))
        largest = min(photo.shape[1] / width_px, photo.shape[0] / height_px)
        ratio = min(float(np.exp(rng.uniform(np.log(0.4), np.log(2.2)))), largest)
        return _cut(rng, photo, height_px, width_px, ratio)

    def _draw_photo(self, rng: np.random.Generator, *, grey: bool = False) -> ImageArray | None:
        if not self.files:
            return None
        path = self.files[int(rng.integers(len(self.files)))]
        return _read_grey(path) if grey else _read_photo(path)


def draw_scenery(rng: np.random.Generator, height_px: int, width_px: int) -> ImageArray:
    """Something photograph-like: lights, leaves, clouds, walls."""
    choices = (draw_bokeh, draw_bokeh, draw_clouds, draw_foliage, draw_gradient, BUSY[int(rng.integers(len(BUSY)))])
    return choices[int(rng.integers(len(choices)))](rng, height_px, width_px)


def _decode(path: str) -> ImageArray | None:
    """The photograph in RGB with a side of at most `_KEPT_SIDE_PX`, or None where it cannot be decoded."""
    try:
        with Image.open(path) as header:
            side = max(header.size)
    except OSError:
        return None
    # JPEG decodes to a half, quarter or eighth far faster than in full.
    reduction = next((f for f in (8, 4, 2) if side / f >= _KEPT_SIDE_PX * 0.8), 1)
    photo = cv2.imdecode(np.fromfile(path, np.uint8), _REDUCED[reduction])
    if photo is None:
        return None
    scale = _KEPT_SIDE_PX / max(photo.shape[:2])
    if scale < 1:
        photo = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(photo, cv2.COLOR_BGR2RGB), np.uint8)


@lru_cache(maxsize=16)
def _read_photo(path: str) -> ImageArray | None:
    return _decode(path)


@lru_cache(maxsize=128)
def _read_grey(path: str) -> ImageArray | None:
    """The photograph in grey at half its size, which decodes four times as fast."""
    photo = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_REDUCED_GRAYSCALE_2)
    return None if photo is None else np.asarray(photo, np.uint8)


def _to_grey(image: ImageArray) -> ImageArray:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def _cut(rng: np.random.Generator, photo: ImageArray, height_px: int, width_px: int, ratio: float) -> ImageArray:
    """A random piece, `ratio` times as large as wanted, scaled to the wanted size; mirrored in half the cases."""
    rows, columns = photo.shape[:2]
    cut_h = min(rows, max(1, round(height_px * ratio)))
    cut_w = min(columns, max(1, round(width_px * ratio)))
    x, y = int(rng.integers(columns - cut_w + 1)), int(rng.integers(rows - cut_h + 1))
    method = cv2.INTER_AREA if ratio > 1 else cv2.INTER_CUBIC if ratio > 0.5 else cv2.INTER_LINEAR
    piece = cv2.resize(photo[y : y + cut_h, x : x + cut_w], (width_px, height_px), interpolation=method)
    return np.ascontiguousarray(piece[:, ::-1]) if rng.random() < 0.5 else np.asarray(piece, np.uint8)
