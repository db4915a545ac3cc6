"""Newspaper-like lines on grey noise, and nothing else: what Open-OCR-Engine draws its detector's pages like."""

from dataclasses import replace

import cv2
import numpy as np

from geulnun.core.arrays import RgbImage
from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.photos import Photos
from geulnun.synth.pages.canvas import Canvas
from geulnun.synth.pages.distort import Skew, apply_skew
from geulnun.synth.pages.kind import PageKind
from geulnun.synth.pages.style import Style, draw_face
from geulnun.synth.pages.truth import Drawing
from geulnun.synth.pages.wording import Wording

LEVEL, DEVIATION = 235, 10.0
"""Mean and standard deviation of the ground's grey levels."""

_INK = (0x28, 0x28, 0x28)
_MOST_LINES = 5
_MOST_CHARS = 40
_MOST_SKEW_DEG = 1.0
_MOST_BLUR_PX = 2  # whole pixels
_MARGIN_PX = 5
_LETTER_PX = (14.0, 200.0)


def draw_newsprint_page(rng: np.random.Generator, fonts: FontLibrary, wording: Wording, photos: Photos) -> Drawing:
    """One to five lines of one width, one below the other, each skewed by itself and more or less blurred.

    Source: YongWookHa/Open-OCR-Engine `generate_data`: level 235, deviation 10, skew within a degree, blur 0 to 2. Its
    pages are 2,000 px wide and brought to 768; these are about as large as the other kinds.
    """
    width = int(rng.uniform(1000, 1700))
    parts = [draw_line(rng, fonts, wording, width) for _ in range(int(rng.integers(1, _MOST_LINES + 1)))]
    tops = np.cumsum([0, *(part.size[0] for part in parts)])
    lines = tuple(
        line.moved(lambda points, top=top: points + (0, top))  # type: ignore[misc]
        for part, top in zip(parts, tops, strict=False)
        for line in part.lines
    )
    return Drawing(image=np.concatenate([part.image for part in parts]), lines=lines)


def draw_line(rng: np.random.Generator, fonts: FontLibrary, wording: Wording, width: int) -> Drawing:
    """A line of at most forty characters that fills the width, unless its letters would become too high for that."""
    text = wording.sentence(_MOST_CHARS) if rng.random() < 0.7 else wording.any(_MOST_CHARS)
    style = Style(face=draw_face(rng, fonts, ("serif", "serif", "gothic")), size_px=100.0, color=_INK)
    plain = Canvas(np.full((8, 8, 3), LEVEL, np.uint8), fonts, rng)
    room = width - 2 * _MARGIN_PX
    style = style.sized(float(np.clip(100 * room / max(plain.measure(text, style), 1), *_LETTER_PX)))
    skew = Skew(angle_deg=float(rng.uniform(-_MOST_SKEW_DEG, _MOST_SKEW_DEG)))
    rise = int(np.ceil(abs(np.sin(np.radians(skew.angle_deg))) * width / 2))
    height = int(np.ceil(style.height_px)) + 2 * (_MARGIN_PX + rise)
    canvas = Canvas(np.full((height, width, 3), LEVEL, np.uint8), fonts, rng)
    canvas.write(text, _MARGIN_PX, _MARGIN_PX + rise, style)
    drawing = apply_skew(canvas.finish(), skew, (LEVEL, LEVEL, LEVEL))
    return replace(drawing, image=add_ground(rng, drawing.image, int(rng.integers(_MOST_BLUR_PX + 1))))


def add_ground(rng: np.random.Generator, image: RgbImage, blur_px: int) -> RgbImage:
    """A picture with a level ground, with the noise of newsprint on it, blurred as a whole."""
    noise = rng.normal(0, DEVIATION, image.shape[:2])
    # Noise belongs to the paper: none on ink.
    share = (image[..., 0].astype(np.float64) - _INK[0]) / (LEVEL - _INK[0])
    gray = np.clip(np.round(image[..., 0] + noise * np.clip(share, 0, 1)), 0, 255).astype(np.uint8)
    if blur_px:
        gray = np.asarray(cv2.GaussianBlur(gray, (0, 0), blur_px), np.uint8)
    return np.repeat(gray[..., None], 3, axis=2)


def keep(rng: np.random.Generator, drawing: Drawing, photos: Photos) -> Drawing:
    """The drawing as it is."""
    return drawing


KIND = PageKind(draw=draw_newsprint_page, weight=0.0, finish=keep)
"""Drawn only where it is asked for by name."""
