"""Pages as hOCR 1.2: XHTML whose classes and titles say what was found where.

Source: Breuel 2007, The hOCR microformat for OCR workflow and results; specification 1.2 (kba.github.io/hocr-spec/1.2).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from geulnun._version import __version__
from geulnun.core.geometry import Quad
from geulnun.core.page import Block, Cell, Char, Line, Page, Word
from geulnun.outputs.boxes import BASELINE_RATIO, Box, find_quads
from geulnun.outputs.markup.xml_text import format_attributes, format_text
from geulnun.outputs.text_writer import TextFormat
from geulnun.outputs.writer import DocumentInfo

_LANGUAGE = "kor"  # as Tesseract names it
_CAPABILITIES = "ocr_page ocr_carea ocr_par ocr_line ocrx_word ocrp_wconf ocrp_lang"


@dataclass(slots=True)
class HocrFormat(TextFormat):
    """XHTML with a `div` for each page; the characters and their alternatives too, if asked for."""

    characters: bool = False
    _document: str = field(default="", init=False)
    _page_count: int = field(default=0, init=False)

    def begin(self) -> str:
        """The head."""
        capabilities = _CAPABILITIES + (" ocrx_cinfo" if self.characters else "")
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" '
            '"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n'
            '<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="ko" lang="ko">\n'
            " <head>\n"
            "  <title></title>\n"
            '  <meta http-equiv="Content-Type" content="text/html; charset=utf-8" />\n'
            f'  <meta name="ocr-system" content="geulnun {__version__}" />\n'
            f'  <meta name="ocr-capabilities" content="{capabilities}" />\n'
            '  <meta name="ocr-langs" content="kor" />\n'
            " </head>\n"
            " <body>\n"
        )

    def start_document(self, info: DocumentInfo) -> str:
        """Keep the name for the pages of the document."""
        self._document = info.name or ""
        return ""

    def format_page(self, page: Page) -> str:
        """The `div` of a page."""
        self._page_count += 1
        return "".join(_write_page(page, self._page_count, self._document, self.characters))

    def end(self) -> str:
        """The end of the body."""
        return " </body>\n</html>\n"


def _write_page(page: Page, count: int, document: str, characters: bool) -> Iterator[str]:
    # Quotation marks inside a property's string have no escape.
    image = document.replace('"', "'")
    title = f'image "{image}"; bbox 0 0 {page.width_px} {page.height_px}; ppageno {page.number - 1}'
    yield f"  <div{format_attributes(class_='ocr_page', id=f'page_{count}', title=title)}>\n"
    for number, block in enumerate(page.blocks, 1):
        yield from _write_block(page, block, f"{count}_{number}", characters)
    yield "  </div>\n"


def _write_block(page: Page, block: Block, key: str, characters: bool) -> Iterator[str]:
    title = _format_box(Box.around(find_quads(block), page))
    yield f"   <div{format_attributes(class_='ocr_carea', id=f'block_{key}', title=title)}>\n"
    cells = [cell for cell in block.cells if cell.lines]
    if block.kind not in ("row", "table"):
        cells = [Cell(lines=block.lines)]
    for number, cell in enumerate(cells, 1):
        box = _format_box(Box.around(find_quads(cell), page))
        attributes = format_attributes(class_="ocr_par", id=f"par_{key}_{number}", lang=_LANGUAGE, title=box)
        yield f"    <p{attributes}>\n"
        for index, line in enumerate(cell.lines, 1):
            yield from _write_line(page, line, f"{key}_{number}_{index}", characters)
        yield "    </p>\n"
    yield "   </div>\n"


def _write_line(page: Page, line: Line, key: str, characters: bool) -> Iterator[str]:
    box = Box.around(find_quads(line), page)
    title = "; ".join(filter(None, [_format_box(box), _format_direction(line, box)]))
    yield f"     <span{format_attributes(class_='ocr_line', id=f'line_{key}', title=title)}>\n"
    for number, word in enumerate(line.words, 1):
        attributes = format_attributes(
            class_="ocrx_word", id=f"word_{key}_{number}", title=_format_word_title(page, word)
        )
        text = "".join(_write_char(page, char) for char in word.chars) if characters else ""
        yield f"      <span{attributes}>{text or format_text(word.text)}</span>\n"
    yield "     </span>\n"


def _format_word_title(page: Page, word: Word) -> str:
    box = _format_box(Box.around([word.quad], page))
    return box if word.confidence is None else f"{box}; x_wconf {round(100 * word.confidence)}"


def _write_char(page: Page, char: Char) -> str:
    box = Box.around([char.quad], page)
    title = f"x_bboxes {box.left} {box.top} {box.right} {box.bottom}"
    if char.confidence is not None:
        title += f"; x_conf {100 * char.confidence:.2f}"
    others = "".join(
        f"<span{format_attributes(class_='ocrx_cinfo', title=f'x_confs {100 * other.confidence:.2f}')}>"
        f"{format_text(other.text)}</span>"
        for other in char.alternatives
    )
    # As Tesseract's lstm_choice_mode: the alternatives are inside, hidden from those who take only the text.
    hidden = f"<span{format_attributes(class_='ocrx_choices', style='display: none')}>{others}</span>" if others else ""
    return f"<span{format_attributes(class_='ocrx_cinfo', title=title)}>{format_text(char.text)}{hidden}</span>"


def _format_direction(line: Line, box: Box) -> str:
    """How the line lies: `baseline` for rows that are nearly level, `textangle` (counter-clockwise) for all others."""
    if line.orientation == "vertical":
        return ""
    angle_deg = line.quad.angle_deg
    if abs(angle_deg) >= 45:
        return f"textangle {-angle_deg % 360:.1f}".removesuffix(".0")
    slope, offset = _measure_baseline(line.quad, box)
    return f"baseline {slope:.3f} {offset}"


def _measure_baseline(quad: Quad, box: Box) -> tuple[float, int]:
    """Slope and offset of the baseline from the box's bottom left, y down: the offset is 0 or less."""
    slope = math.tan(math.radians(quad.angle_deg))
    x, y = quad.points[3]
    rise = BASELINE_RATIO * quad.height_px / math.cos(math.radians(quad.angle_deg))
    level = y + slope * (box.left - x) - rise
    return slope, min(0, round(level - box.bottom))


def _format_box(box: Box) -> str:
    return f"bbox {box.left} {box.top} {box.right} {box.bottom}"
