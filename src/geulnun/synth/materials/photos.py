"""Pieces of free photographs to draw on; drawn scenery where there are none."""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from geulnun.synth.materials.texture import BUSY, ImageArray, draw_bokeh, draw_clouds, draw_foliage, draw_gradient

_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
_KEPT_SIDE_PX = 1400
_REDUCED = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}


class Backgrounds:
    """Photographs of a folder, opened when first drawn. Pickles as the folder's path."""

    def __init__(self, folder: Path | str | None = None):
        self.folder = Path(folder) if folder is not None else None
        self._files: tuple[str, ...] | None = None

    def __reduce__(self) -> tuple[type["Backgrounds"], tuple[Path | None]]:
        return Backgrounds, (self.folder,)

    @property
    def files(self) -> tuple[str, ...]:
        """Paths of the photographs, sorted."""
        if self._files is None:
            found = sorted(self.folder.iterdir()) if self.folder is not None and self.folder.is_dir() else []
            self._files = tuple(str(path) for path in found if path.suffix.lower() in _SUFFIXES)
        return self._files

    def draw(self, rng: np.random.Generator, height: int, width: int) -> ImageArray:
        """A piece of a photograph, or drawn scenery when the folder has none, (H, W, 3) uint8 RGB."""
        if not self.files or rng.random() < 0.1:
            return draw_scenery(rng, height, width)
        photo = _read_photo(self.files[int(rng.integers(len(self.files)))])
        if photo is None:
            return draw_scenery(rng, height, width)
        piece = _cut(rng, photo, height, width)
        if rng.random() < 0.5:
            piece = piece[:, ::-1]
        if rng.random() < 0.4:
            gain, shift = rng.uniform(0.4, 1.3), rng.uniform(-40, 40)
            piece = cv2.convertScaleAbs(np.maximum(piece * gain + shift, 0))
        if rng.random() < 0.1:
            piece = cv2.cvtColor(cv2.cvtColor(np.ascontiguousarray(piece), cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        return np.ascontiguousarray(piece)


def draw_scenery(rng: np.random.Generator, height: int, width: int) -> ImageArray:
    """Something photograph-like: lights, leaves, clouds, walls."""
    choices = (draw_bokeh, draw_bokeh, draw_clouds, draw_foliage, draw_gradient, BUSY[int(rng.integers(len(BUSY)))])
    return choices[int(rng.integers(len(choices)))](rng, height, width)


@lru_cache(maxsize=16)
def _read_photo(path: str) -> ImageArray | None:
    """The photograph at a size of at most `_KEPT_SIDE_PX`, or None where it cannot be decoded."""
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
    return cv2.cvtColor(photo, cv2.COLOR_BGR2RGB)


def _cut(rng: np.random.Generator, photo: ImageArray, height: int, width: int) -> ImageArray:
    """A random piece with the wanted proportions, scaled to the wanted size."""
    rows, columns = photo.shape[:2]
    largest = min(columns / width, rows / height)
    ratio = largest * rng.uniform(0.45, 1.0)
    cut_w, cut_h = max(2, int(width * ratio)), max(2, int(height * ratio))
    x, y = int(rng.integers(0, columns - cut_w + 1)), int(rng.integers(0, rows - cut_h + 1))
    piece = photo[y : y + cut_h, x : x + cut_w]
    method = cv2.INTER_AREA if ratio > 1 else cv2.INTER_CUBIC if ratio > 0.5 else cv2.INTER_LINEAR
    return cv2.resize(piece, (width, height), interpolation=method)
