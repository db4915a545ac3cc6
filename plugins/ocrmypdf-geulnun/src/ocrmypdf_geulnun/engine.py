"""The engine as OCRmyPDF calls it: in threads, a page each, on one reader that all of them share."""

import functools
import logging
import statistics
from pathlib import Path

from ocrmypdf import OcrElement, OcrEngine, OcrOptions, OrientationConfidence
from PIL import Image

from geulnun import Document, Engine, Line, Page, __version__
from geulnun.errors import InputError
from geulnun.outputs import write_document
from ocrmypdf_geulnun.elements import build_tree
from ocrmypdf_geulnun.text_pdf import write_text_pdf

LANGUAGES = frozenset({"kor", "eng"})
"""What is read, always both; OCRmyPDF asks for eng where no language is given."""
_SURE = 15.0  # of an orientation, as OCRmyPDF counts
_LEAST_LENGTH = 5.0  # of a line that tells how the page is skewed, in its heights
_MOST_SKEW_DEG = 15.0
_DEFAULT_DPI = 300.0
_log = logging.getLogger(__name__)


@functools.cache
def open_engine() -> Engine:
    """The one reader of this process. OCRmyPDF reads a page in each of its threads, so one thread is enough for it.

    Raises:
        GeulnunError: weights or packages are not in order.
    """
    return Engine(threads=1)


class GeulnunEngine(OcrEngine):
    """Reads pages with geulnun."""

    def __str__(self) -> str:
        return f"geulnun {__version__}"

    @staticmethod
    def version() -> str:
        """The version of geulnun."""
        return __version__

    @staticmethod
    def creator_tag(options: OcrOptions) -> str:
        """What the metadata of the PDF names."""
        return f"geulnun {__version__}"

    @staticmethod
    def languages(options: OcrOptions) -> set[str]:
        """The languages that are read."""
        return set(LANGUAGES)

    @staticmethod
    def get_orientation(input_file: Path, options: OcrOptions) -> OrientationConfidence:
        """How far the page lies turned, for ``--rotate-pages``; unsure where it has no text."""
        page = _read_page(input_file)
        return OrientationConfidence(angle=page.rotation_deg, confidence=_SURE if page.lines else 0.0)

    @staticmethod
    def get_deskew(input_file: Path, options: OcrOptions) -> float:
        """By how many degrees to turn the page counter-clockwise, for ``--deskew``: what its long lines lie askew."""
        return measure_skew(_read_page(input_file))

    @staticmethod
    def supports_generate_ocr() -> bool:
        """That `generate_ocr` is there."""
        return True

    @staticmethod
    def generate_ocr(input_file: Path, options: OcrOptions, page_number: int = 0) -> tuple[OcrElement, str]:
        """What is written on the page, for the renderer of OCRmyPDF (``--pdf-renderer fpdf2``), and its text."""
        page = _read_page(input_file)
        return build_tree(page, read_dpi(input_file), page_number), page.text

    @staticmethod
    def generate_pdf(input_file: Path, output_pdf: Path, output_text: Path, options: OcrOptions) -> None:
        """Write the text layer of geulnun as a PDF (``--pdf-renderer sandwich``), and the page's text."""
        page = _read_page(input_file)
        write_text_pdf(page, read_dpi(input_file), output_pdf)
        output_text.write_text(page.text, encoding="utf-8")

    @staticmethod
    def generate_hocr(input_file: Path, output_hocr: Path, output_text: Path, options: OcrOptions) -> None:
        """Write the page as hOCR, for OCRmyPDF's API of that name, and its text."""
        page = _read_page(input_file)
        write_document(Document(pages=(page,), source=input_file.name), output_hocr)
        output_text.write_text(page.text, encoding="utf-8")


def measure_skew(page: Page) -> float:
    """How far the long lines of a page lie turned clockwise, the median in degrees; 0.0 if there are none."""
    angles = [
        line.quad.angle_deg - page.rotation_deg
        for line in page.lines
        if line.orientation == "horizontal" and _is_long(line)
    ]
    near = [angle for angle in (_wrap(angle) for angle in angles) if abs(angle) <= _MOST_SKEW_DEG]
    return statistics.median(near) if near else 0.0


def read_dpi(image: Path) -> float:
    """The resolution that OCRmyPDF gave to the picture of a page; the same in both directions."""
    with Image.open(image) as opened:
        return float(opened.info.get("dpi", (_DEFAULT_DPI,))[0])


def _read_page(image: Path) -> Page:
    """The page; without text, and with a warning, where the picture is too large to be read, as with Tesseract."""
    try:
        return open_engine().read(image).pages[0]
    except InputError as error:
        _log.warning("A page stays without text: %s", error)
        with Image.open(image) as opened:
            return Page(width_px=opened.width, height_px=opened.height)


def _is_long(line: Line) -> bool:
    return line.quad.width_px >= _LEAST_LENGTH * line.quad.height_px


def _wrap(angle_deg: float) -> float:
    return (angle_deg + 180.0) % 360.0 - 180.0
