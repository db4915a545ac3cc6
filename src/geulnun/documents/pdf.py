"""PDF files: pages drawn one after the other.

Every call into PDFium happens under its lock; a page is handed out only after the lock is released.
"""

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geulnun.core.image import MAX_PIXELS, RgbImage, check_size
from geulnun.core.page import Line
from geulnun.core.pdfium import PDFIUM
from geulnun.documents.page_image import PageImage
from geulnun.documents.page_range import choose_pages
from geulnun.documents.pdf_text import read_text_lines
from geulnun.errors import InputError, UsageError

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

# At 200 dpi letters of 7 to 40 points are 20 to 110 pixels high, which the detector reads best.
DEFAULT_DPI = 200.0
MIN_DPI, MAX_DPI = 36.0, 1200.0
# Without a wish for a resolution, larger pages (posters, plans, endless web pages) are drawn smaller than
# DEFAULT_DPI, down to this many dots an inch, so that they stay below this many pixels.
LOWEST_AUTOMATIC_DPI = 72.0
AUTOMATIC_PIXELS = 40_000_000
POINTS_PER_INCH = 72.0
PAGES_AN_OPENING = 32
"""A longer file is opened anew after so many pages, because PDFium keeps what it has parsed until it is closed."""

_HEAD_BYTES = 1024
# Some files carry a little rubbish, or a block of zeros, after their end mark.
_TAIL_BYTES, _END_BYTES = 65_536, 4096
_ERROR_PASSWORD, _ERROR_SECURITY = 4, 5


def is_pdf(head: bytes) -> bool:
    """Whether a file that begins with `head` (1,024 bytes, less for a shorter file) is a PDF."""
    return b"%PDF-" in head[:_HEAD_BYTES]


def check_dpi(dpi: float | None) -> None:
    """Refuse resolutions that make no sense.

    Raises:
        UsageError: out of range.
    """
    if dpi is not None and not MIN_DPI <= dpi <= MAX_DPI:
        raise UsageError(
            f"dpi {dpi:g} was asked for; allowed are {MIN_DPI:g} to {MAX_DPI:g}. Most documents read well at 200."
        )


def read_pdf_pages(
    source: str | os.PathLike[str] | bytes,
    name: str,
    pages: str | Sequence[int] | None,
    dpi: float | None,
    max_pixels: int = MAX_PIXELS,
    with_text: bool = False,
) -> Iterator[PageImage]:
    """The wanted pages, one after the other, as they look on paper: notes and filled-in form fields are drawn too.

    Args:
        source: a path or the bytes of the file.
        name: what to call it in messages.
        pages: see `choose_pages`.
        dpi: dots an inch; None: `DEFAULT_DPI`, less for pages that are one coarser picture and for very large ones.
        max_pixels: pages that would have more are refused, or drawn coarser if `dpi` is None.
        with_text: whether to take the text that pages carry too.

    Raises:
        UsageError: a dpi out of range.
        InputError: damaged, encrypted, too large, or without the wanted pages.
    """
    check_dpi(dpi)
    numbers: list[int] | None = None
    done = 0
    while numbers is None or done < len(numbers):
        with _open(source, name) as document:
            if numbers is None:
                with PDFIUM:
                    numbers = choose_pages(pages, len(document))
            for number in numbers[done : done + PAGES_AN_OPENING]:
                drawn = _draw_page(document, number, f"{name}, page {number}", dpi, max_pixels)
                text_lines = _read_text(document, number, drawn) if with_text else ()
                yield PageImage(rgb=drawn, number=number, page_count=len(numbers), text_lines=text_lines)
        done += PAGES_AN_OPENING


def count_pdf_pages(source: str | os.PathLike[str] | bytes, name: str) -> int:
    """How many pages the file has.

    Raises:
        InputError: damaged or encrypted.
    """
    with _open(source, name) as document, PDFIUM:
        return len(document)


def has_scanned_page(source: str | os.PathLike[str] | bytes) -> bool:
    """Whether a PDF has a page with pictures and without text; False for a file that cannot be read.

    Args:
        source: a path or the bytes of the file.
    """
    from pypdfium2 import PdfiumError

    try:
        with _open(source, "the PDF") as document:
            with PDFIUM:
                indices = range(len(document))
            return any(_is_scanned(document, index) for index in indices)
    except (InputError, PdfiumError):
        return False


def _is_scanned(document: "PdfDocument", index: int) -> bool:
    with PDFIUM, closing(document[index]) as page, closing(page.get_textpage()) as text_page:
        return not text_page.get_text_bounded().strip() and bool(_find_pictures(page))


@contextmanager
def _open(source: str | os.PathLike[str] | bytes, name: str) -> Iterator["PdfDocument"]:
    import pypdfium2

    _check_end(source, name)
    with PDFIUM:
        try:
            document = pypdfium2.PdfDocument(source if isinstance(source, bytes) else Path(source).absolute())
        except (pypdfium2.PdfiumError, OSError) as error:
            raise _explain(name, error) from error
    try:
        with PDFIUM:
            _draw_form_fields(document, name)
        yield document
    finally:
        with PDFIUM:
            document.close()


def _draw_form_fields(document: "PdfDocument", name: str) -> None:
    """Have filled-in form fields drawn with the pages."""
    import pypdfium2

    try:
        if document.get_formtype():
            document.init_forms()
    except pypdfium2.PdfiumError as error:
        raise _explain(name, error) from error


def _check_end(source: str | os.PathLike[str] | bytes, name: str) -> None:
    """Refuse a file without a PDF's end mark: PDFium would mend it, and silently leave out what was cut off."""
    if isinstance(source, bytes):
        tail = source[-_TAIL_BYTES:]
    else:
        try:
            with Path(source).open("rb") as file:
                file.seek(-min(_TAIL_BYTES, file.seek(0, os.SEEK_END)), os.SEEK_END)
                tail = file.read()
        except OSError as error:
            raise InputError(f"{name} cannot be read ({error.strerror}). Check its path and permissions.") from error
    end = tail.rstrip(b"\0 \t\r\n")[-_END_BYTES:]
    if b"%%EOF" not in end and b"startxref" not in end:
        raise InputError(f"{name} is a truncated PDF: its end mark is missing. Download or save it again.")


def _explain(name: str, error: Exception) -> InputError:
    code = getattr(error, "err_code", None)
    if code == _ERROR_PASSWORD:
        return InputError(
            f"{name} is encrypted and opens only with a password; PDFs that open without one are read. "
            "Save a copy without the password, for instance with: qpdf --decrypt --password=... IN.pdf OUT.pdf"
        )
    if code == _ERROR_SECURITY:
        return InputError(f"{name} is encrypted in a way that cannot be read. Print it to a new PDF or to pictures.")
    return InputError(f"{name} is a damaged PDF, or has no pages. Download or save it again.")


def _draw_page(document: "PdfDocument", number: int, name: str, dpi: float | None, max_pixels: int) -> RgbImage:
    import pypdfium2

    with PDFIUM:
        try:
            page = document[number - 1]
            try:
                return _render(page, _choose_dpi(page, name, dpi, max_pixels))
            finally:
                page.close()
        except pypdfium2.PdfiumError as error:
            raise InputError(
                f"{name} is damaged ({error}). Download or save the PDF again, or leave that page out."
            ) from error
        except MemoryError:
            raise InputError(f"{name} does not fit in memory. Ask for a lower resolution with dpi.") from None


def _read_text(document: "PdfDocument", number: int, drawn: RgbImage) -> tuple[Line, ...]:
    """The text of a page that was drawn; none where it cannot be taken."""
    from pypdfium2 import PdfiumError

    with PDFIUM:
        try:
            page = document[number - 1]
            try:
                return read_text_lines(page, drawn.shape[1], drawn.shape[0])
            finally:
                page.close()
        except PdfiumError:
            return ()


def _render(page: "PdfPage", dpi: float) -> RgbImage:
    bitmap = page.render(scale=dpi / POINTS_PER_INCH, rev_byteorder=True)
    try:
        # A copy, because the bitmap's memory goes with the bitmap.
        return np.array(bitmap.to_numpy(), dtype=np.uint8)
    finally:
        bitmap.close()


def _choose_dpi(page: "PdfPage", name: str, wanted: float | None, max_pixels: int) -> float:
    """The resolution to draw `page` at; refuses what would not fit in memory."""
    width_pt, height_pt = page.get_size()
    pictures = _find_pictures(page)
    for picture_width, picture_height, _ in pictures:
        check_size(max(1, picture_width), max(1, picture_height), f"a picture inside {name}", max_pixels)
    if wanted is not None:
        _check_pixels(width_pt, height_pt, wanted, max_pixels, name)
        return wanted
    dpi = _find_own_dpi(width_pt, height_pt, pictures)
    most = min(AUTOMATIC_PIXELS, max_pixels)
    # A thinner page is a pixel thin all the same.
    largest = POINTS_PER_INCH * math.sqrt(most / (max(width_pt, 1.0) * max(height_pt, 1.0)))
    if largest < LOWEST_AUTOMATIC_DPI:
        _check_pixels(width_pt, height_pt, LOWEST_AUTOMATIC_DPI, most, name)
    return min(dpi, largest)


def _find_own_dpi(width_pt: float, height_pt: float, pictures: list[tuple[int, int, float]]) -> float:
    """`DEFAULT_DPI`, or less for a page that is one picture: to draw that finer would only blow it up."""
    for picture_width, picture_height, area_pt in pictures:
        if area_pt > 0.8 * width_pt * height_pt:
            own = POINTS_PER_INCH * math.sqrt(picture_width * picture_height / area_pt)
            return min(DEFAULT_DPI, max(LOWEST_AUTOMATIC_DPI, own))
    return DEFAULT_DPI


def _find_pictures(page: "PdfPage") -> list[tuple[int, int, float]]:
    """Width and height in pixels of every picture on the page, and the area it covers in square points."""
    from pypdfium2 import PdfiumError, raw

    pictures: list[tuple[int, int, float]] = []
    for placed in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=4):
        picture: Any = placed
        try:
            (width, height), (left, bottom, right, top) = picture.get_px_size(), picture.get_bounds()
        except PdfiumError:
            continue
        pictures.append((width, height, (right - left) * (top - bottom)))
    return pictures


def _check_pixels(width_pt: float, height_pt: float, dpi: float, most: int, name: str) -> None:
    width_px, height_px = (round(side * dpi / POINTS_PER_INCH) for side in (width_pt, height_pt))
    if width_px * height_px <= most and width_px >= 1 and height_px >= 1:
        return
    size_mm = f"{width_pt / POINTS_PER_INCH * 25.4:.0f}x{height_pt / POINTS_PER_INCH * 25.4:.0f} mm"
    raise InputError(
        f"{name} is {size_mm}, which is {width_px}x{height_px} pixels at {dpi:g} dpi; at most {most / 1e6:.0f} "
        "megapixels are drawn. Ask for a lower resolution with dpi, or cut the page into parts."
    )
