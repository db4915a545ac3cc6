"""Files to page images: pictures, multi-page TIFF, PDF. Page after page, so that memory stays bounded."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from geulnun.core.image import IMAGE_SUFFIXES, MAX_PIXELS, ImageSource, check_image, read_image
from geulnun.documents.page_image import PageImage
from geulnun.documents.page_range import choose_pages, parse_page_range
from geulnun.documents.pdf import check_dpi, count_pdf_pages, has_scanned_page, is_pdf, read_pdf_pages
from geulnun.documents.tiff import count_tiff_pages, is_tiff, read_tiff_pages
from geulnun.errors import InputError

SUFFIXES = (*IMAGE_SUFFIXES, ".pdf")

__all__ = [
    "SUFFIXES",
    "PageImage",
    "check_dpi",
    "choose_pages",
    "count_pages",
    "has_scanned_page",
    "open_pages",
    "parse_page_range",
]


def open_pages(
    source: ImageSource,
    *,
    pages: str | Sequence[int] | None = None,
    dpi: float | None = None,
    max_pixels: int = MAX_PIXELS,
    with_text: bool = False,
) -> Iterator[PageImage]:
    """The pages of a document as upright RGB pictures, each read when its turn comes.

    A TIFF or PDF has as many pages as it says, everything else has one; of an animation that is the first frame.
    What a file is, its content decides and not its name.

    Args:
        source: a path, the bytes of a file, an array or a PIL image (see `geulnun.core.image.read_image`).
        pages: the wanted pages, ``"1,3-5"`` or numbers from 1; None: all.
        dpi: resolution to draw PDF pages at; None: 200 or what suits the page. Other sources have pixels already.
        max_pixels: larger pages are refused before they are decoded or drawn.
        with_text: whether to take the text that pages of a PDF carry too.

    Raises:
        UsageError: `pages` or `dpi` is not of the allowed form.
        InputError: the source, or one of its wanted pages, cannot be read.
    """
    parse_page_range(pages)
    check_dpi(dpi)
    if isinstance(source, np.ndarray | Image.Image):
        return _read_single_page(source, pages, max_pixels)
    name, head = _read_head(source)
    if is_pdf(head):
        return read_pdf_pages(source, name, pages, dpi, max_pixels, with_text)
    if is_tiff(head):
        return read_tiff_pages(source, name, pages, max_pixels)
    return _read_single_page(source, pages, max_pixels)


def count_pages(source: ImageSource) -> int:
    """How many pages a document has. Pictures other than TIFF count as one and are not decoded.

    Raises:
        InputError: missing, not a picture or PDF, or a damaged one.
    """
    if isinstance(source, np.ndarray | Image.Image):
        return 1
    name, head = _read_head(source)
    if is_pdf(head):
        return count_pdf_pages(source, name)
    if is_tiff(head):
        return count_tiff_pages(source, name)
    check_image(source, name)
    return 1


def _read_single_page(source: ImageSource, pages: str | Sequence[int] | None, max_pixels: int) -> Iterator[PageImage]:
    choose_pages(pages, 1)
    yield PageImage(rgb=read_image(source, max_pixels=max_pixels), number=1)


def _read_head(source: str | os.PathLike[str] | bytes) -> tuple[str, bytes]:
    """What to call the source in messages, and its first 1,024 bytes."""
    if isinstance(source, bytes):
        return "the given data", source[:1024]
    try:
        with Path(source).open("rb") as file:
            return str(source), file.read(1024)
    except FileNotFoundError:
        raise InputError(f"{source}: no such file. Check the path.") from None
    except IsADirectoryError:
        raise InputError(f"{source} is a folder; a file was expected.") from None
    except TypeError as error:
        raise InputError(
            f"{type(source).__name__} is no source. Give a path, bytes, an array or a PIL image."
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{source} cannot be read ({reason}). Check its path and permissions.") from error
