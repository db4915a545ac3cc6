"""Pictures as pages of a PDF: the bytes of JPEG files as they are, everything else without loss."""

import io
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image

from geulnun.core.image import RgbImage, find_page_frames, read_frame

POINTS_PER_INCH = 72.0
DEFAULT_DPI = 200.0
# Cameras and screens write 72 or 96 where they know nothing; no scanner does.
_LEAST_DPI, _MOST_DPI = 100.0, 2400.0
_MOST_POINTS = 14_400.0  # of a side; what PDF 1.x allows
_ICC_SPACES = {"L": b"GRAY", "RGB": b"RGB ", "CMYK": b"CMYK"}
_COMPONENTS = {"L": 1, "RGB": 3, "CMYK": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class PicturePage:
    """A picture, encoded as PDF wants it.

    Attributes:
        data: the encoded samples.
        entries: of the image's dictionary: filter, colour space, bits.
        size_px: width and height as stored, before it is turned upright.
        orientation: of EXIF, 1 to 8: how it is turned upright.
        page_pt: width and height of the upright page.
        icc_profile: of its colours, where it has one of the right kind.
        components: of its colours.
    """

    data: bytes
    entries: str
    size_px: tuple[int, int]
    orientation: int
    page_pt: tuple[float, float]
    icc_profile: bytes | None
    components: int


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a picture's file says beside its pixels."""

    is_jpeg: bool = False
    mode: str = "RGB"
    size_px: tuple[int, int] = (1, 1)
    orientation: int = 1
    dpi: tuple[float, float] = (DEFAULT_DPI, DEFAULT_DPI)
    icc_profile: bytes | None = None


def find_frames(content: Path | bytes | None) -> list[int]:
    """The frames of a picture's file that are its pages; none if that cannot be told."""
    if content is None:
        return []
    try:
        with _open(content) as image:
            return find_page_frames(image)
    except Exception:  # Pillow's parsers raise whatever a hostile header makes them raise
        return []


def encode_picture(content: Path | bytes | None, image: RgbImage | None, frame: int) -> PicturePage | None:
    """The picture as a page; None if there is neither a file nor an image.

    Args:
        content: the picture's file, if it is one.
        image: the upright pixels, RGB uint8 (H, W, 3); read from the file where they are needed and not given.
        frame: of a TIFF, from 0.

    Raises:
        InputError: the file cannot be read.
    """
    facts = _read_facts(content, frame)
    if facts.is_jpeg and content is not None:
        data = content if isinstance(content, bytes) else content.read_bytes()
        # CMYK in JPEG files is stored inverted.
        decode = " /Decode [1 0 1 0 1 0 1 0]" if facts.mode == "CMYK" else ""
        entries = f"/Filter /DCTDecode /BitsPerComponent 8{decode}"
        return _build_page(facts, data, entries, facts.size_px, facts.orientation, facts.mode)
    if image is None:
        if content is None:
            return None
        image = read_frame(content, frame)
    data, mode, bits = _deflate(image)
    height, width = image.shape[:2]
    parameters = f"/Predictor 15 /Colors {_COMPONENTS[mode]} /BitsPerComponent {bits} /Columns {width}"
    entries = f"/Filter /FlateDecode /BitsPerComponent {bits} /DecodeParms << {parameters} >>"
    return _build_page(facts, data, entries, (width, height), 1, mode)


def _build_page(
    facts: _Facts, data: bytes, entries: str, size_px: tuple[int, int], orientation: int, mode: str
) -> PicturePage:
    upright = size_px if orientation < 5 else size_px[::-1]
    # The resolution is that of the stored picture's sides; a TIFF was turned upright already.
    dpi = facts.dpi if (orientation if facts.is_jpeg else facts.orientation) < 5 else facts.dpi[::-1]
    wanted = [pixels / each * POINTS_PER_INCH for pixels, each in zip(upright, dpi, strict=True)]
    shrink = min(1.0, _MOST_POINTS / max(wanted))
    icc = facts.icc_profile
    fits = icc is not None and len(icc) > 128 and icc[16:20] == _ICC_SPACES[mode] and mode == facts.mode
    return PicturePage(
        data=data,
        entries=entries,
        size_px=size_px,
        orientation=orientation,
        page_pt=(wanted[0] * shrink, wanted[1] * shrink),
        icc_profile=icc if fits else None,
        components=_COMPONENTS[mode],
    )


def _read_facts(content: Path | bytes | None, frame: int) -> _Facts:
    if content is None:
        return _Facts()
    try:
        with _open(content) as image:
            if image.format == "TIFF":
                image.seek(frame)
            dpi_x, dpi_y = (float(each) for each in image.info.get("dpi", (0, 0)))
            known = _LEAST_DPI <= dpi_x <= _MOST_DPI and _LEAST_DPI <= dpi_y <= _MOST_DPI
            orientation = int(image.getexif().get(ExifTags.Base.Orientation, 1))
            return _Facts(
                is_jpeg=image.format in ("JPEG", "MPO") and image.mode in _COMPONENTS,
                mode=image.mode,
                size_px=image.size,
                orientation=orientation if 1 <= orientation <= 8 else 1,
                dpi=(dpi_x, dpi_y) if known else (DEFAULT_DPI, DEFAULT_DPI),
                icc_profile=image.info.get("icc_profile"),
            )
    except Exception:  # as above
        return _Facts()  # it was read all the same, and its pixels are at hand


def _open(content: Path | bytes) -> Image.Image:
    return Image.open(io.BytesIO(content) if isinstance(content, bytes) else content)


def _deflate(image: RgbImage) -> tuple[bytes, str, int]:
    """Samples compressed as PDF's PNG predictors want them, their mode ("L" or "RGB"), and bits a sample (1 or 8)."""
    grey = bool((image[..., 0] == image[..., 1]).all() and (image[..., 1] == image[..., 2]).all())
    picture = Image.fromarray(np.ascontiguousarray(image[..., 0]) if grey else image)
    bits = 8
    if grey and not np.isin(image[..., 0], (0, 255), invert=True).any():
        picture, bits = picture.convert("1", dither=Image.Dither.NONE), 1
    encoded = io.BytesIO()
    picture.save(encoded, "PNG", compress_level=6)
    return _join_idat(encoded.getvalue()), "L" if grey else "RGB", bits


def _join_idat(png: bytes) -> bytes:
    """The image data of a PNG file, which is what PDF's /FlateDecode with PNG predictors takes."""
    parts, position = [], 8
    while position < len(png):
        (length,) = struct.unpack(">I", png[position : position + 4])
        if png[position + 4 : position + 8] == b"IDAT":
            parts.append(png[position + 8 : position + 8 + length])
        position += 12 + length
    return b"".join(parts)
