"""Paper and what copying, scanning and photographing does to it, without moving anything."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from geulnun.core.arrays import RgbImage
from geulnun.core.random_streams import open_rng
from geulnun.synth.materials.planes import draw_fractal, draw_grain, draw_plane
from geulnun.synth.materials.texture import Color, add_grain, add_halftone


def draw_paper_color(rng: np.random.Generator) -> Color:
    """White mostly, sometimes cream, grey or a pale tint."""
    roll = rng.random()
    if roll < 0.55:
        return 255, 255, 255
    level = int(rng.integers(228, 254))
    if roll < 0.7:
        return level, level, level
    if roll < 0.88:
        return level, max(0, level - int(rng.integers(0, 12))), max(0, level - int(rng.integers(6, 38)))
    tint = rng.integers(220, 256, 3)
    return int(tint[0]), int(tint[1]), int(tint[2])


def draw_newsprint(rng: np.random.Generator, height: int, width: int) -> RgbImage:
    """Grey newspaper: dark ground with coarse speckle, blotches and often a screen of dots."""
    level = rng.uniform(168, 236)
    plane = level + draw_fractal(rng, height, width, rng.uniform(60, 400), 3) * rng.uniform(3, 16)
    grain = draw_grain(rng, height, width, cell_px=int(rng.integers(1, 4)))
    grain = cv2.GaussianBlur(grain, (0, 0), float(rng.uniform(0.4, 1.2))) * rng.uniform(8, 40)
    gray = np.clip(plane + grain, 0, 255).astype(np.uint8)
    image: RgbImage = cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB)
    if rng.random() < 0.4:
        image = add_halftone(image, rng.uniform(2.5, 7), rng.uniform(0, 90), rng.uniform(0.03, 0.25))
    if rng.random() < 0.35:
        image = (image * np.array([1, rng.uniform(0.94, 1), rng.uniform(0.82, 0.97)])).astype(np.uint8)
    return image


def draw_old_paper(rng: np.random.Generator, height: int, width: int) -> RgbImage:
    """Yellowed, stained or hand-made paper."""
    tone = np.array([rng.uniform(205, 248), rng.uniform(190, 235), rng.uniform(150, 220)])
    plane = draw_fractal(rng, height, width, rng.uniform(80, 500), 5) * rng.uniform(4, 16)
    image = np.clip(tone[None, None] + plane[..., None] * np.array([0.8, 1.0, 1.3]), 0, 255).astype(np.uint8)
    return add_grain(image, draw_grain(rng, height, width), rng.uniform(1, 5))


def draw_paper(rng: np.random.Generator, height: int, width: int) -> RgbImage:
    """A sheet to print on: plain three times in four."""
    roll = rng.random()
    if roll < 0.78:
        image = np.empty((height, width, 3), np.uint8)
        image[:] = draw_paper_color(rng)
        return image
    return draw_newsprint(rng, height, width) if roll < 0.9 else draw_old_paper(rng, height, width)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copying:
    """What a copier or scanner does to a page. Strengths are 0 where an effect is absent.

    Attributes:
        bleed: opacity of the mirrored other side, 0..0.3.
        folds: (position 0..1, vertical, depth in grey levels) of each crease.
        shade: (strength, cell as share of the side) of uneven light.
        edge: grey levels of darkening toward one edge, and which (0 left, 1 right, 2 top, 3 bottom).
        specks: dots a megapixel, dark or light.
        grain: deviation of fine noise in grey levels.
        gamma: of the tone curve.
        gray: whether colours are lost.
        threshold: 0, or the level where the picture becomes black and white.
        lines: thin stripes by a dirty drum, count.
        seed: of the noise itself.
    """

    bleed: float = 0.0
    folds: tuple[tuple[float, bool, float], ...] = ()
    shade: tuple[float, float] = (0.0, 1.0)
    edge: tuple[float, int] = (0.0, 0)
    specks: float = 0.0
    grain: float = 0.0
    gamma: float = 1.0
    gray: bool = False
    threshold: float = 0.0
    lines: int = 0
    seed: int = 0


def draw_copying(rng: np.random.Generator, strength: float = 1.0) -> Copying:
    """A set of copying faults; each appears on some pages only."""

    def chance(share: float) -> bool:
        return bool(rng.random() < share * min(1.0, 0.4 + strength))

    folds = tuple(
        (float(rng.uniform(0.05, 0.95)), bool(rng.random() < 0.5), float(rng.uniform(10, 70) * strength))
        for _ in range(int(rng.integers(1, 4)))
    )
    return Copying(
        bleed=float(rng.uniform(0.04, 0.28)) if chance(0.2) else 0.0,
        folds=folds if chance(0.25) else (),
        shade=(float(rng.uniform(8, 70) * strength), float(rng.uniform(0.4, 2))) if chance(0.45) else (0.0, 1.0),
        edge=(float(rng.uniform(20, 160)), int(rng.integers(0, 4))) if chance(0.2) else (0.0, 0),
        specks=float(np.exp(rng.uniform(np.log(15), np.log(2500)))) if chance(0.3) else 0.0,
        grain=float(rng.uniform(1, 22) * strength) if chance(0.6) else 0.0,
        gamma=float(np.exp(rng.normal(0, 0.3))) if chance(0.4) else 1.0,
        gray=chance(0.45),
        threshold=float(rng.uniform(90, 190)) if chance(0.13) else 0.0,
        lines=int(rng.integers(1, 6)) if chance(0.08) else 0,
        seed=int(rng.integers(2**31)),
    )


def apply_copying(image: RgbImage, copying: Copying) -> RgbImage:
    """The page as the copier hands it out, same size."""
    rng = open_rng(copying.seed, stream="pages.copying")
    height, width = image.shape[:2]
    if copying.bleed:
        image = _apply_bleed(rng, image, copying.bleed)
    if copying.gray:
        image = np.asarray(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)
    light = _find_light(rng, copying, height, width)
    if light is not None:
        image = np.asarray(cv2.add(image, cv2.merge([light, light, light]), dtype=cv2.CV_8U), np.uint8)
    if copying.gamma != 1.0:
        table = (np.linspace(0, 1, 256) ** copying.gamma * 255).astype(np.uint8)
        image = np.asarray(cv2.LUT(image, table), np.uint8)
    if copying.specks:
        image = _apply_specks(rng, image, copying.specks)
    for _ in range(copying.lines):
        x = int(rng.integers(width))
        level = float(rng.uniform(0.5, 0.95))
        image[:, x : x + int(rng.integers(1, 3))] = (image[:, x : x + 1] * level).astype(np.uint8)
    if copying.threshold:
        return _apply_threshold(rng, image, copying.threshold)
    return add_grain(image, draw_grain(rng, height, width), copying.grain)


def _apply_bleed(rng: np.random.Generator, image: RgbImage, opacity: float) -> RgbImage:
    """The other side of a thin sheet shining through: the page itself, mirrored, shifted and blurred."""
    other = cv2.flip(image, 1 if rng.random() < 0.8 else 0)
    other = cv2.blur(np.roll(other, int(rng.integers(-60, 60)), axis=0), (3, 3))
    return np.asarray(cv2.subtract(image, cv2.convertScaleAbs(255 - other, alpha=opacity)), np.uint8)


def _find_light(rng: np.random.Generator, copying: Copying, height: int, width: int) -> NDArray[np.int16] | None:
    """Grey levels to add for uneven light, creases and dark edges, at a quarter of the size and scaled up."""
    if not (copying.folds or copying.shade[0] or copying.edge[0]):
        return None
    rows, columns = max(2, height // 4), max(2, width // 4)
    light = np.zeros((rows, columns), np.float32)
    if copying.shade[0]:
        strength, cell = copying.shade
        light += (draw_plane(rng, rows, columns, max(rows, columns) * cell) - 0.6) * strength
    for position, vertical, depth in copying.folds:
        length = columns if vertical else rows
        distance = np.arange(length, dtype=np.float32) - position * length
        # One side of a crease lies in shadow, the other catches the light.
        profile = -depth * np.exp(-np.abs(distance) / rng.uniform(1.5, 18)) * (0.3 + 0.7 * (distance > 0))
        light += profile[None] if vertical else profile[:, None]
    if copying.edge[0]:
        depth, side = copying.edge
        length = columns if side < 2 else rows
        distance = np.arange(length, dtype=np.float32)[:: 1 if side % 2 == 0 else -1]
        profile = -depth * np.exp(-distance / (length * rng.uniform(0.01, 0.08)))
        light += profile[None] if side < 2 else profile[:, None]
    return cv2.resize(light, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.int16)


def _apply_specks(rng: np.random.Generator, image: RgbImage, density: float) -> RgbImage:
    height, width = image.shape[:2]
    image = np.ascontiguousarray(image)
    count = int(min(4000, density * height * width / 1e6))
    xs, ys = rng.integers(0, width, count), rng.integers(0, height, count)
    level = int(rng.integers(0, 90)) if rng.random() < 0.8 else 255
    if density > 300:
        image[ys, xs] = level
        image[np.minimum(ys + 1, height - 1), xs] = level
        return image
    sizes = np.minimum(rng.exponential(0.7, count), 3).astype(int)
    for x, y, size in zip(xs.tolist(), ys.tolist(), sizes.tolist(), strict=True):
        cv2.circle(image, (x, y), size, (level, level, level), -1)
    return image


def _apply_threshold(rng: np.random.Generator, image: RgbImage, level: float) -> RgbImage:
    """Black and white, about the local mean or at a fixed level."""
    gray = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    if rng.random() < 0.6:
        limit = cv2.blur(gray, (61, 61)).astype(np.int16) - int(rng.integers(14, 45))
        mask = gray > limit
    else:
        # The page's own white decides, or a dim page would turn black.
        white = float(np.percentile(gray[::8, ::8], 85))
        mask = gray > min(level, white * 0.8)
    return np.asarray(cv2.cvtColor((mask * 255).astype(np.uint8), cv2.COLOR_GRAY2RGB), np.uint8)
