"""The text that a PDF page carries, as lines and words with their places in the page's picture."""

import ctypes
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from geulnun.core.geometry import Quad
from geulnun.core.hangul import to_nfc
from geulnun.core.page import Line, Word

if TYPE_CHECKING:
    from pypdfium2 import PdfPage, PdfTextPage

_MOST_CHARS = 100_000  # of a page; more is no page that anyone reads


class _Char(NamedTuple):
    """A character, and its left, top, right and bottom in pixels."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


def read_text_lines(page: "PdfPage", width_px: int, height_px: int) -> tuple[Line, ...]:
    """The lines of text of a page, in the order in which PDFium lists them; none for a page without text.

    Invisible text counts too. Quads are upright. Call it under the lock of PDFium.

    Args:
        page: the page.
        width_px: of its picture.
        height_px: of its picture.
    """
    text_page = page.get_textpage()
    try:
        chars = list(_list_chars(page, text_page, width_px, height_px))
    finally:
        text_page.close()
    lines: list[Line] = []
    for row in _split(chars, "\n"):
        words = [word for part in _split(row, " ") if part and (word := _build_word(part)).text]
        if words:
            lines.append(Line(words=tuple(words), quad=_enclose(row)))
    return tuple(lines)


def _list_chars(page: "PdfPage", text_page: "PdfTextPage", width_px: int, height_px: int) -> Iterator[_Char]:
    from pypdfium2 import raw

    box = raw.FS_RECTF()
    for index in range(min(text_page.count_chars(), _MOST_CHARS)):
        char = chr(raw.FPDFText_GetUnicode(text_page, index))
        if char in "\r\n" or char.isspace():
            yield _Char("\n" if char in "\r\n" else " ", 0, 0, 0, 0)
        elif raw.FPDFText_GetLooseCharBox(text_page, index, box):
            xs, ys = zip(
                _to_pixels(page, box.left, box.top, width_px, height_px),
                _to_pixels(page, box.right, box.bottom, width_px, height_px),
                strict=True,
            )
            yield _Char(char, min(xs), min(ys), max(xs), max(ys))


def _to_pixels(page: "PdfPage", x: float, y: float, width_px: int, height_px: int) -> tuple[float, float]:
    from pypdfium2 import raw

    # Whole numbers come out: a finer grid, so that boxes stay as exact as they are.
    fine = 16
    column, row = ctypes.c_int(), ctypes.c_int()
    raw.FPDF_PageToDevice(page, 0, 0, width_px * fine, height_px * fine, 0, x, y, column, row)
    return column.value / fine, row.value / fine


def _split(chars: list[_Char], mark: str) -> Iterator[list[_Char]]:
    part: list[_Char] = []
    for char in chars:
        if char.text == mark:
            yield part
            part = []
        else:
            part.append(char)
    yield part


def _build_word(chars: list[_Char]) -> Word:
    text = "".join(char.text for char in chars)
    # Halves of surrogate pairs come one by one.
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    kept = "".join(char for char in whole if unicodedata.category(char) != "Cc")
    return Word(text=to_nfc(kept), quad=_enclose(chars))


def _enclose(chars: list[_Char]) -> Quad:
    placed = [char for char in chars if char.text != " "]
    return Quad.from_xyxy(
        min(char.left for char in placed),
        min(char.top for char in placed),
        max(char.right for char in placed),
        max(char.bottom for char in placed),
    )
