"""Path, bytes, array or PIL image in; RGB uint8 (H, W, 3) out. Every wrong input ends in an InputError."""

import io
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from geulnun.core.arrays import RgbImage as RgbImage
from geulnun.errors import InputError

ImageSource = str | os.PathLike[str] | bytes | NDArray[Any] | Image.Image

# A0 at 300 dpi is 140 megapixels. More than this is a bomb or a mistake, and would not fit in memory.
MAX_PIXELS = 200_000_000
# No TIFF has more, and all other formats have one picture.
_MAX_FILE_BYTES = 1 << 32
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".avif", ".bmp", ".gif", ".tif", ".tiff")
_SUBFILE_TYPE, _REDUCED = 254, 1  # a tag of TIFF, and its bit for a smaller copy
_BITS_PER_SAMPLE, _PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0  # tags of TIFF, and a value of the second
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "AVIF")


def set_up_pillow() -> None:
    """Let Pillow open pictures of any size and warn of nothing, in a process that is geulnun's alone.

    Sizes are checked here before any pixel is decoded, and what matters of odd metadata ends in an error of ours. In
    other programs Pillow's limit and its warnings are theirs.
    """
    Image.MAX_IMAGE_PIXELS = None
    warnings.filterwarnings("ignore", module="PIL")


def read_image(source: ImageSource, *, max_pixels: int = MAX_PIXELS) -> RgbImage:
    """The (first frame of the) picture as RGB uint8 (H, W, 3): EXIF-rotated, alpha over white, 8 bits.

    Args:
        source: a path, the bytes of an image file, an array ((H, W), (H, W, 1), (H, W, 3) RGB or (H, W, 4) RGBA;
            uint8, uint16 over its full range, bool, or float in 0..1) or a PIL image.
        max_pixels: larger pictures are refused before they are decoded.

    Raises:
        InputError: missing, not an image, damaged, too large, or an array of the wrong kind.
    """
    if isinstance(source, np.ndarray):
        return _array_to_rgb(source, max_pixels)
    if isinstance(source, Image.Image):
        check_size(source.width, source.height, "the given image", max_pixels)
        return _pil_to_rgb(source, "the given image")
    return read_frame(source, max_pixels=max_pixels)


def read_frame(source: str | os.PathLike[str] | bytes, frame: int = 0, *, max_pixels: int = MAX_PIXELS) -> RgbImage:
    """One frame of an image file, from 0; which are pages, `find_page_frames` says.

    Raises:
        InputError: as `read_image`, or there is no such frame.
    """
    name = "the given data" if isinstance(source, bytes) else str(source)
    with _open(source, name) as image:
        try:
            image.seek(frame)
        except (EOFError, OSError, ValueError) as error:
            raise InputError(
                f"{name}: picture {frame + 1} is missing or damaged ({error}). Save the file again."
            ) from error
        check_size(image.width, image.height, name, max_pixels)
        return _pil_to_rgb(image, name)


def check_image(source: str | os.PathLike[str] | bytes, name: str) -> None:
    """Refuse what is no image file, calling it `name`. No pixels are decoded.

    Raises:
        InputError: missing, not an image, or damaged in its head.
    """
    _open(source, name).close()


def find_page_frames(image: Image.Image) -> list[int]:
    """The frames of an opened file that are its pages: of a TIFF those that are no smaller copy of another.

    Of everything else that is the first, of animations too: their later frames are not pages.
    """
    if image.format != "TIFF":
        return [0]
    frames = range(getattr(image, "n_frames", 1))
    return [frame for frame in frames if not _is_reduced(image, frame)] or list(frames)


def _is_reduced(image: Image.Image, frame: int) -> bool:
    image.seek(frame)
    subfile_type = image.tag_v2.get(_SUBFILE_TYPE, 0)  # type: ignore[attr-defined]
    return isinstance(subfile_type, int) and bool(subfile_type & _REDUCED)


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a file.

    Raises:
        InputError: missing, a folder, not readable, or larger than any picture that is read.
    """
    try:
        size = Path(path).stat().st_size
        if size > _MAX_FILE_BYTES:
            raise InputError(f"{path} has {size / 1e9:.1f} GB; pictures have 4.3 GB at most. Cut it into parts.")
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file. Check the path.") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder; a file was expected.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}). Check its permissions.") from error


def check_size(width: int, height: int, name: str, max_pixels: int = MAX_PIXELS) -> None:
    """Refuse empty and huge pictures.

    Raises:
        InputError: no pixels, or more than `max_pixels`.
    """
    if width < 1 or height < 1:
        raise InputError(f"{name} is {width}x{height} pixels: there is nothing to read.")
    if width * height > max_pixels:
        raise InputError(
            f"{name} is {width}x{height} pixels ({width * height / 1e6:.0f} megapixels); at most "
            f"{max_pixels / 1e6:.0f} megapixels are read. Scale it down or cut it into parts."
        )


def _open(source: str | os.PathLike[str] | bytes, name: str) -> Image.Image:
    data = source if isinstance(source, bytes) else read_bytes(source)
    if not data:
        raise InputError(f"{name} is empty (0 bytes). Save or copy it again.")
    try:
        return Image.open(io.BytesIO(data), formats=_FORMATS)
    except Image.DecompressionBombError as error:
        raise refuse_bomb(name, error) from error
    except UnidentifiedImageError:
        allowed = ", ".join(suffix[1:] for suffix in IMAGE_SUFFIXES)
        raise InputError(f"{name} is not an image that can be read here; allowed are {allowed} and pdf.") from None
    except Exception as error:  # Pillow's parsers raise whatever a hostile header makes them raise
        raise InputError(f"{name} is damaged ({error}). Save or copy it again.") from error


def _pil_to_rgb(image: Image.Image, name: str) -> RgbImage:
    try:
        image.load()
        # Both would copy a picture that is upright, and RGB, already.
        lies = image.getexif().get(ExifTags.Base.Orientation, 1) != 1
        upright = ImageOps.exif_transpose(image) if lies else image
        if upright.mode.startswith(("I", "F")):
            return _deep_to_rgb(np.asarray(upright), *_find_range(image))
        if upright.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in upright.info:
            upright = _over_white(upright.convert("RGBA"))
        return np.array(upright if upright.mode == "RGB" else upright.convert("RGB"), dtype=np.uint8)
    except InputError:
        raise
    except Image.DecompressionBombError as error:
        raise refuse_bomb(name, error) from error
    except MemoryError:
        raise InputError(f"{name} does not fit in memory. Scale it down or cut it into parts.") from None
    except Exception as error:  # a truncated or hostile body
        raise InputError(f"{name} is damaged or cut short ({error}). Save or copy it again.") from error


def refuse_bomb(name: str, error: Image.DecompressionBombError) -> InputError:
    """What to raise where Pillow refuses the size of a picture, as it does in other programs."""
    return InputError(
        f"{name} is larger than Pillow may open here ({str(error).rstrip('.')}). Scale it down, cut it into "
        "parts, or raise PIL.Image.MAX_IMAGE_PIXELS."
    )


def _over_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image)


def _find_range(image: Image.Image) -> tuple[tuple[float, ...], bool]:
    """Highest values that pixels of more than 8 bits usually have, rising, and whether 0 is white."""
    if image.mode == "F":
        return (1.0, 255.0, 65535.0), False
    if image.mode == "I":
        return (255.0, 65535.0), False
    tags = getattr(image, "tag_v2", {})  # of a TIFF, where Pillow leaves both as they are stored
    twelve_bits = 12 in np.ravel(tags.get(_BITS_PER_SAMPLE, 16))
    return (4095.0 if twelve_bits else 65535.0, 65535.0), tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO


def _deep_to_rgb(array: NDArray[Any], limits: tuple[float, ...], zero_is_white: bool) -> RgbImage:
    """Grey by the lowest of the limits that holds what is found, else by what is found."""
    values = array.astype(np.float32)
    finite = np.isfinite(values)
    low, most = float(values.min(where=finite, initial=0.0)), float(values.max(where=finite, initial=0.0))
    high = next((limit for limit in limits if most <= limit), most)
    grey = np.clip((np.nan_to_num(values) - low) / (high - low) * 255, 0, 255).astype(np.uint8)
    return np.repeat((255 - grey if zero_is_white else grey)[..., None], 3, axis=2)


def _array_to_rgb(array: NDArray[Any], max_pixels: int) -> RgbImage:
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise InputError(
            f"the array has shape {array.shape}; allowed are (H, W), (H, W, 1), (H, W, 3) RGB and (H, W, 4) RGBA. "
            "Move the channel axis last and pass one picture at a time."
        )
    check_size(array.shape[1], array.shape[0], "the array", max_pixels)
    pixels = _to_uint8(array)
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.shape[2] == 1:
        return np.repeat(pixels, 3, axis=2)
    if pixels.shape[2] == 4:
        return np.array(_over_white(Image.fromarray(np.ascontiguousarray(pixels), "RGBA")).convert("RGB"))
    return np.ascontiguousarray(pixels)


def _to_uint8(array: NDArray[Any]) -> NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if np.issubdtype(array.dtype, np.uint16):  # in either order of bytes
        return (array >> 8).astype(np.uint8)
    if np.issubdtype(array.dtype, np.floating):
        if not np.isfinite(array).all():
            raise InputError("the array holds NaN or infinity. Replace them before reading.")
        if array.min() < 0 or array.max() > 1:
            raise InputError(
                f"the float array ranges over {array.min():.3g}..{array.max():.3g}; floats must lie in 0..1. "
                "Divide by 255, or pass uint8."
            )
        return np.round(array * 255).astype(np.uint8)
    raise InputError(f"the array has dtype {array.dtype}; allowed are uint8, uint16, bool and float in 0..1.")
