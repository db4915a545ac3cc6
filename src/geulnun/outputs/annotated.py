"""Pages with what was read drawn onto them, to be looked at."""

import io
import os
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from geulnun.core import raster
from geulnun.core.geometry import Quad
from geulnun.core.image import RgbImage
from geulnun.core.page import Line, Page
from geulnun.errors import UsageError
from geulnun.outputs.writer import DocumentInfo

Colour = tuple[int, int, int]
TRUTH: Colour = (30, 110, 240)
LINE: Colour = (150, 150, 220)
# Red for a guess, amber for a doubt, green for a sure reading.
CONFIDENCE_COLOURS: tuple[tuple[float, Colour], ...] = (
    (0.5, (220, 30, 30)),
    (0.8, (235, 150, 0)),
    (1.0, (20, 150, 60)),
)
MAX_DRAWN_PIXELS = 40_000_000
_MOST_PATCH_SIDES = 2  # a word that is longer than so many sides of its page is not set in type

_FONT_NAMES = (
    "NanumGothic.*",
    "NotoSansCJK-Regular.*",
    "NotoSansKR-Regular.*",
    "NotoSansKR*.*",
    "AppleSDGothicNeo.*",
    "malgun.*",
    "UnDotum.*",
)
FONT_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "$HOME/.local/share/fonts",
    "$HOME/.fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "C:/Windows/Fonts",
)


def draw_annotated(rgb: RgbImage, page: Page, *, font: str | os.PathLike[str] | None = None) -> RgbImage:
    """A copy of the page's picture with its lines and words outlined: RGB uint8 (H, W, 3), or (H, 2W, 3) with a font.

    Words are coloured by confidence (blue: truth). With a Korean font the right half repeats the page in type, every
    word at its place. Very large pages come out smaller.

    Args:
        rgb: the picture that `page` was read from, RGB uint8 (H, W, 3).
        page: what was read, or the truth.
        font: a font file that draws Hangul; None: outlines only.
    """
    scale = min(1.0, (MAX_DRAWN_PIXELS / (rgb.shape[0] * rgb.shape[1] * (1 if font is None else 2))) ** 0.5)
    if scale < 1:
        rgb = raster.resize(rgb, max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))
    page = page.moved(lambda quad: quad.scaled(scale, scale), width_px=rgb.shape[1], height_px=rgb.shape[0])
    outlined = _draw_outlines(rgb, page)
    if font is None:
        return outlined
    return np.concatenate([outlined, _draw_type(rgb.shape[1], rgb.shape[0], page, str(font))], axis=1)


def choose_colour(confidence: float | None) -> Colour:
    """The colour for a confidence of 0..1: red, over amber, to green; blue for None (truth)."""
    if confidence is None:
        return TRUTH
    limits = [limit for limit, _ in CONFIDENCE_COLOURS]
    red, green, blue = (
        round(float(np.interp(confidence, limits, [colour[channel] for _, colour in CONFIDENCE_COLOURS])))
        for channel in range(3)
    )
    return red, green, blue


@lru_cache(maxsize=1)
def find_font() -> Path | None:
    """A font of this computer that draws Hangul, or None. The environment variable GEULNUN_FONT names one to prefer.

    Raises:
        UsageError: what the variable names is no font.
    """
    if named := os.environ.get("GEULNUN_FONT"):
        try:
            ImageFont.truetype(named, 10)
        except (OSError, ValueError) as error:
            raise UsageError(
                f"GEULNUN_FONT={named}: it cannot be opened as a font ({error}). Name a .ttf, .otf or .ttc file, or "
                "unset the variable."
            ) from error
        return Path(named)
    folders = [folder for name in FONT_FOLDERS if (folder := Path(os.path.expandvars(name))).is_dir()]
    found = (path for name in _FONT_NAMES for folder in folders for path in sorted(folder.rglob(name)))
    return next((path for path in found if path.suffix.lower() in (".ttf", ".otf", ".ttc")), None)


def encode_annotated(page: Page, image: RgbImage | None, info: DocumentInfo) -> bytes:
    """The annotated page as a PNG file.

    Raises:
        UsageError: no picture to draw on, or a wrong GEULNUN_FONT.
    """
    if image is None:
        raise UsageError(
            f"a .png shows what was read on the picture of the page, and page {page.number} comes without. "
            "Pass its image."
        )
    encoded = io.BytesIO()
    Image.fromarray(draw_annotated(image, page, font=find_font())).save(encoded, "PNG", compress_level=3)
    return encoded.getvalue()


def _draw_outlines(rgb: RgbImage, page: Page) -> RgbImage:
    drawn = Image.fromarray(rgb)
    pen = ImageDraw.Draw(drawn)
    thickness = max(1, round(min(rgb.shape[:2]) / 700))
    for line in page.lines:
        _draw_quad(pen, line.quad, LINE, thickness)
        for word in line.words:
            _draw_quad(pen, word.quad, choose_colour(word.confidence), thickness)
    return np.array(drawn)


def _draw_quad(pen: ImageDraw.ImageDraw, quad: Quad, colour: Colour, thickness: int) -> None:
    # The clip keeps absurd corners within what Pillow can draw.
    corners = [(float(x), float(y)) for x, y in np.clip(quad.array, -(2**20), 2**20)]
    pen.line([*corners, corners[0]], fill=colour, width=thickness, joint="curve")


def _draw_type(width_px: int, height_px: int, page: Page, font: str) -> RgbImage:
    """A white page with every word set in type at its place."""
    sheet = Image.new("RGB", (width_px, height_px), "white")
    for line in page.lines:
        for text, quad, confidence in _find_placed_text(line):
            _place_text(sheet, text, quad, choose_colour(confidence), font)
    return np.array(sheet)


def _find_placed_text(line: Line) -> list[tuple[str, Quad, float | None]]:
    if line.orientation == "vertical":
        return [(char.text, char.quad, char.confidence) for word in line.words for char in word.chars]
    return [(word.text, word.quad, word.confidence) for word in line.words]


def _place_text(sheet: Image.Image, text: str, quad: Quad, colour: Colour, font: str) -> None:
    if not text or not 2 <= quad.height_px <= 4000 or quad.width_px < 1:
        return
    size_px = max(4, round(quad.height_px * 0.9))
    length = _open_font(font, size_px).getlength(text)
    size_px = max(4, round(size_px * min(1.0, quad.width_px / max(length, 1.0))))
    face = _open_font(font, size_px)
    left, top, right, bottom = (round(side) for side in face.getbbox(text))
    if max(right - left, bottom - top) > _MOST_PATCH_SIDES * max(sheet.size):
        return
    patch = Image.new("L", (max(1, right - left), max(1, bottom - top)), 0)
    ImageDraw.Draw(patch).text((-left, -top), text, fill=255, font=face)
    if abs(quad.angle_deg) > 2:
        patch = patch.rotate(-quad.angle_deg, expand=True, resample=Image.Resampling.BICUBIC)
    x, y = quad.center
    sheet.paste(colour, (round(x - patch.width / 2), round(y - patch.height / 2)), patch)


@lru_cache(maxsize=256)
def _open_font(font: str, size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(font, size_px)
