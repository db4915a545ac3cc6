"""Free photographs to draw on: views of them for pages, details for strips; drawn scenery where there are none."""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from geulnun.core.arrays import RgbImage
from geulnun.synth.materials.texture import BUSY, draw_bokeh, draw_clouds, draw_foliage, draw_gradient

FOLDER = "backgrounds"
"""Where `scripts/materials` puts photographs, beside the fonts."""

CUTOUTS_FOLDER = "cutouts"
"""Where it puts pictures of things without a background, beside the photographs."""

_CUTOUT_SHARE = 0.35  # of views, with things in front
_CUTOUT_DETAIL_SHARE = 0.2
_MOST_CUTOUTS = 8
_SHELF_SHARE = 0.3  # of these, with things in rows
_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
_KEPT_SIDE_PX = 1400
_REDUCED = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}


class Photos:
    """Photographs of a folder, opened when first drawn, and cut-outs beside it. Pickles as the folder's path."""

    def __init__(self, folder: Path | str | None = None):
        self.folder = Path(folder) if folder is not None else None
        self._files: tuple[str, ...] | None = None
        self._cutouts: tuple[str, ...] | None = None

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
            self._files = _list_pictures(self.folder)
        return self._files

    @property
    def cutouts(self) -> tuple[str, ...]:
        """Paths of the pictures of things without a background, sorted."""
        if self._cutouts is None:
            self._cutouts = _list_pictures(None if self.folder is None else self.folder.parent / CUTOUTS_FOLDER)
        return self._cutouts

    def draw(self, rng: np.random.Generator, height_px: int, width_px: int) -> RgbImage:
        """A view: most of a photograph, its tones changed now and then, (H, W, 3) uint8 RGB."""
        photo = None if rng.random() < 0.1 else self._draw_photo(rng)
        if photo is None:
            return self._add_things(rng, draw_scenery(rng, height_px, width_px))
        largest = min(photo.shape[1] / width_px, photo.shape[0] / height_px)
        piece = self._add_things(rng, _cut(rng, photo, height_px, width_px, largest * rng.uniform(0.45, 1.0)))
        if rng.random() < 0.4:
            gain, shift = rng.uniform(0.4, 1.3), rng.uniform(-40, 40)
            piece = np.asarray(cv2.convertScaleAbs(np.maximum(piece * gain + shift, 0)), np.uint8)
        if rng.random() < 0.1:
            piece = np.asarray(cv2.cvtColor(_to_grey(piece), cv2.COLOR_GRAY2RGB), np.uint8)
        return piece

    def draw_detail(self, rng: np.random.Generator, height_px: int, width_px: int) -> RgbImage:
        """A detail in grey: a window of a photograph at about its own resolution, (H, W) uint8."""
        photo = self._draw_photo(rng, grey=True)
        if photo is None:
            return _to_grey(draw_scenery(rng, height_px, width_px))
        largest = min(photo.shape[1] / width_px, photo.shape[0] / height_px)
        ratio = min(float(np.exp(rng.uniform(np.log(0.4), np.log(2.2)))), largest)
        piece = _cut(rng, photo, height_px, width_px, ratio)
        if not self.cutouts or rng.random() > _CUTOUT_DETAIL_SHARE:
            return piece
        piece = np.repeat(piece[..., None], 3, axis=2)
        # A line lies on a thing several times as high as itself.
        _paste(rng, piece, self._draw_cutout(rng), height_px * float(rng.uniform(2, 9)))
        return _to_grey(piece)

    def _draw_cutout(self, rng: np.random.Generator) -> RgbImage:
        return _read_cutout(self.cutouts[int(rng.integers(len(self.cutouts)))])

    def _add_things(self, rng: np.random.Generator, view: RgbImage) -> RgbImage:
        """The view with things in front of it, anywhere or side by side as on shelves; for some as it is."""
        if not self.cutouts or rng.random() > _CUTOUT_SHARE:
            return view
        view = view.copy()
        height, width = view.shape[:2]
        if rng.random() < _SHELF_SHARE:
            side = height / int(rng.integers(2, 6))
            for y in np.arange(side / 2, height, side * 1.1):
                same = self._draw_cutout(rng)
                for x in np.arange(side / 2, width, side * float(rng.uniform(0.6, 1.2))):
                    thing = same if rng.random() < 0.6 else self._draw_cutout(rng)
                    _paste(rng, view, thing, side, (float(x), float(y)))
            return view
        for _ in range(int(rng.integers(1, _MOST_CUTOUTS + 1))):
            _paste(rng, view, self._draw_cutout(rng), height * float(np.exp(rng.uniform(np.log(0.12), np.log(1.2)))))
        return view

    def _draw_photo(self, rng: np.random.Generator, *, grey: bool = False) -> RgbImage | None:
        if not self.files:
            return None
        path = self.files[int(rng.integers(len(self.files)))]
        return _read_grey(path) if grey else _read_photo(path)


def _list_pictures(folder: Path | None) -> tuple[str, ...]:
    found = sorted(folder.iterdir()) if folder is not None and folder.is_dir() else []
    return tuple(str(path) for path in found if path.suffix.lower() in _SUFFIXES)


def _paste(
    rng: np.random.Generator,
    view: RgbImage,
    thing: RgbImage,
    height_px: float,
    centre: tuple[float, float] | None = None,
) -> None:
    """Draw a thing (h, w, 4) about `centre`, or anywhere, on `view` (H, W, 3) in place: lighter, darker or blurred."""
    scale = height_px / thing.shape[0]
    size = max(2, round(thing.shape[1] * scale)), max(2, round(height_px))
    thing = np.asarray(cv2.resize(thing, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR))
    thing = thing[:, ::-1] if rng.random() < 0.5 else thing
    if rng.random() < 0.3:
        # Out of focus.
        thing = np.asarray(cv2.GaussianBlur(thing, (0, 0), float(rng.uniform(0.005, 0.03)) * height_px + 0.3))
    x, y = centre or (float(rng.uniform(0, view.shape[1])), float(rng.uniform(0, view.shape[0])))
    left, top = round(x - size[0] / 2), round(y - size[1] / 2)
    rows = slice(max(0, top), min(view.shape[0], top + size[1]))
    columns = slice(max(0, left), min(view.shape[1], left + size[0]))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    part = thing[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left].astype(np.float32)
    cover, colours = part[..., 3:] / 255, np.minimum(part[..., :3] * float(rng.uniform(0.55, 1.15)), 255)
    view[rows, columns] = (view[rows, columns] * (1 - cover) + colours * cover).astype(np.uint8)


def draw_scenery(rng: np.random.Generator, height_px: int, width_px: int) -> RgbImage:
    """Something photograph-like: lights, leaves, clouds, walls."""
    choices = (draw_bokeh, draw_bokeh, draw_clouds, draw_foliage, draw_gradient, BUSY[int(rng.integers(len(BUSY)))])
    return choices[int(rng.integers(len(choices)))](rng, height_px, width_px)


def _decode(path: str) -> RgbImage | None:
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


@lru_cache(maxsize=128)
def _read_cutout(path: str) -> RgbImage:
    """(h, w, 4) uint8 RGBA."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGBA"), np.uint8)


@lru_cache(maxsize=16)
def _read_photo(path: str) -> RgbImage | None:
    return _decode(path)


@lru_cache(maxsize=128)
def _read_grey(path: str) -> RgbImage | None:
    """The photograph in grey at half its size, which decodes four times as fast."""
    photo = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_REDUCED_GRAYSCALE_2)
    return None if photo is None else np.asarray(photo, np.uint8)


def _to_grey(image: RgbImage) -> RgbImage:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def _cut(rng: np.random.Generator, photo: RgbImage, height_px: int, width_px: int, ratio: float) -> RgbImage:
    """A random piece, `ratio` times as large as wanted, scaled to the wanted size; mirrored in half the cases."""
    rows, columns = photo.shape[:2]
    cut_h = min(rows, max(1, round(height_px * ratio)))
    cut_w = min(columns, max(1, round(width_px * ratio)))
    x, y = int(rng.integers(columns - cut_w + 1)), int(rng.integers(rows - cut_h + 1))
    method = cv2.INTER_AREA if ratio > 1 else cv2.INTER_CUBIC if ratio > 0.5 else cv2.INTER_LINEAR
    piece = cv2.resize(photo[y : y + cut_h, x : x + cut_w], (width_px, height_px), interpolation=method)
    return np.ascontiguousarray(piece[:, ::-1]) if rng.random() < 0.5 else np.asarray(piece, np.uint8)
