"""TIFF files: every page is a frame, decoded when its turn comes."""

import io
import os
from collections.abc import Iterator, Sequence

from PIL import Image

from geulnun.core.image import MAX_PIXELS, RgbImage, check_size, find_page_frames, read_bytes, read_image, refuse_bomb
from geulnun.documents.page_image import PageImage
from geulnun.documents.page_range import choose_pages
from geulnun.errors import InputError

_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def is_tiff(head: bytes) -> bool:
    """Whether a file that begins with `head` (4 bytes or more) is a TIFF."""
    return head.startswith(_SIGNATURES)


def read_tiff_pages(
    source: str | os.PathLike[str] | bytes,
    name: str,
    pages: str | Sequence[int] | None,
    max_pixels: int = MAX_PIXELS,
) -> Iterator[PageImage]:
    """The wanted pages, one after the other; thumbnails stored between the pages are left out.

    Raises:
        InputError: damaged, too large, or without the wanted pages.
    """
    with _open(source, name) as image:
        frames = _find_page_frames(image, name)
        numbers = choose_pages(pages, len(frames))
        for number in numbers:
            rgb = _decode_frame(image, frames[number - 1], f"{name}, page {number}", max_pixels)
            yield PageImage(rgb=rgb, number=number, page_count=len(numbers))


def count_tiff_pages(source: str | os.PathLike[str] | bytes, name: str) -> int:
    """How many pages the file has.

    Raises:
        InputError: damaged.
    """
    with _open(source, name) as image:
        return len(_find_page_frames(image, name))


def _open(source: str | os.PathLike[str] | bytes, name: str) -> Image.Image:
    data = source if isinstance(source, bytes) else read_bytes(source)
    try:
        return Image.open(io.BytesIO(data), formats=["TIFF"])
    except Image.DecompressionBombError as error:
        raise refuse_bomb(name, error) from error
    except Exception as error:  # Pillow's parser raises whatever a hostile header makes it raise
        raise _damaged(name, error) from error


def _find_page_frames(image: Image.Image, name: str) -> list[int]:
    try:
        return find_page_frames(image)
    except Exception as error:
        raise _damaged(name, error) from error


def _decode_frame(image: Image.Image, frame: int, name: str, max_pixels: int) -> RgbImage:
    try:
        image.seek(frame)
    except Exception as error:
        raise _damaged(name, error) from error
    check_size(image.width, image.height, name, max_pixels)
    try:
        return read_image(image, max_pixels=max_pixels)
    except InputError as error:
        raise InputError(f"{name}: {error}") from error


def _damaged(name: str, error: Exception) -> InputError:
    return InputError(f"{name} is a damaged or truncated TIFF ({error}). Save or copy it again.")
