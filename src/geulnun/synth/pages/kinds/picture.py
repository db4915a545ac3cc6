"""Pictures without any text: noise, photographs, patterns, drawings, grids, icons, codes, empty forms."""

import cv2
import numpy as np

from geulnun.core.arrays import RgbImage
from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.photos import Photos, draw_scenery
from geulnun.synth.materials.planes import draw_grain
from geulnun.synth.materials.texture import BUSY, draw_surface
from geulnun.synth.pages.canvas import Canvas
from geulnun.synth.pages.elements.clutter import CLUTTER
from geulnun.synth.pages.finish import finish_picture
from geulnun.synth.pages.kind import PageKind
from geulnun.synth.pages.paper import draw_newsprint, draw_paper
from geulnun.synth.pages.truth import Drawing
from geulnun.synth.pages.wording import Wording


def draw_picture(rng: np.random.Generator, fonts: FontLibrary, wording: Wording, photos: Photos) -> Drawing:
    """A picture whose truth is an empty page."""
    height, width = int(rng.uniform(500, 1300)), int(rng.uniform(500, 1300))
    roll = rng.random()
    if roll < 0.22:
        return Drawing(image=draw_noise_field(rng, height, width))
    if roll < 0.4:
        return Drawing(image=photos.draw(rng, height, width))
    if roll < 0.55:
        return Drawing(image=BUSY[int(rng.integers(len(BUSY)))](rng, height, width))
    canvas = Canvas(_draw_ground(rng, height, width, photos), fonts, rng)
    for _ in range(int(rng.integers(1, 4))):
        CLUTTER[int(rng.integers(len(CLUTTER)))](canvas)
    return canvas.finish()


def _draw_ground(rng: np.random.Generator, height: int, width: int, photos: Photos) -> RgbImage:
    roll = rng.random()
    if roll < 0.6:
        return draw_paper(rng, height, width)
    return draw_surface(rng, height, width) if roll < 0.85 else photos.draw(rng, height, width)


def draw_noise_field(rng: np.random.Generator, height: int, width: int) -> RgbImage:
    """Grain from fine to letter size, grey or coloured, soft or black and white, over nothing or over a scene."""
    base = draw_newsprint(rng, height, width) if rng.random() < 0.3 else draw_scenery(rng, height, width)
    cell = int(np.exp(rng.uniform(0, np.log(16))))
    planes = [draw_grain(rng, height, width, cell_px=cell) for _ in range(3 if rng.random() < 0.4 else 1)]
    strength = rng.uniform(15, 110)
    noise = cv2.merge([planes[0]] * 3) if len(planes) == 1 else cv2.merge(planes)
    image = np.clip(base * rng.uniform(0, 1) + rng.uniform(0, 140) + noise * strength, 0, 255).astype(np.uint8)
    if rng.random() < 0.25:
        gray = image.mean(axis=2)
        image = np.repeat(
            ((gray > np.quantile(gray, rng.uniform(0.1, 0.9))) * 255).astype(np.uint8)[..., None], 3, axis=2
        )
    return image


KIND = PageKind(draw=draw_picture, weight=0.06, finish=finish_picture)
