"""Documents as Word files: paragraphs, tables, headings where they are known, a page break after each page."""

from pathlib import Path
from typing import Any, BinaryIO

from geulnun.core.image import RgbImage
from geulnun.core.page import Block, Page
from geulnun.outputs.grid import clean_text, read_grid, read_heading
from geulnun.outputs.markdown import BULLETS
from geulnun.outputs.office.office_file import OfficeFile
from geulnun.outputs.writer import DocumentInfo

_FONT, _KOREAN_FONT = "Arial", "맑은 고딕"
_MOST_COLUMNS = 63  # of a table; what Word opens
_MOST_SPANNED_ROWS = 500  # of a cell; python-docx merges them by recursion


class DocxWriter(OfficeFile):
    """Writes one Word file; several documents follow one another in it, each under its name."""

    def __init__(self, path: Path, several: bool = False) -> None:
        """Check that the place can be written.

        Raises:
            OutputError: it cannot.
        """
        super().__init__(path)
        self._several = several

    def start_document(self, info: DocumentInfo) -> None:
        """Begin the next document."""
        self._begin_document()
        self._put(info.heading)

    def write_page(self, page: Page, image: RgbImage | None = None) -> None:
        """Append the blocks of a page.

        Raises:
            OutputError: the disk is full.
        """
        self._put(page.blocks)

    def _save(self, stream: BinaryIO) -> None:
        import docx

        document: Any = docx.Document()
        _set_up(document)
        begun = False  # whether a page stands above, after which another begins
        for item in self._read_parts():  # names of documents, and the blocks of each of their pages
            if isinstance(item, str) and not self._several:
                continue
            if begun:
                document.add_page_break()
            if isinstance(item, str):
                document.add_paragraph(clean_text(item), style="Title")
            else:
                for block in item:
                    _add_block(document, block)
            begun = not isinstance(item, str)
        document.save(stream)


def _set_up(document: Any) -> None:
    """Set A4 paper, Korean and its fonts, in place."""
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.0)
    section.top_margin = section.bottom_margin = Cm(2.0)
    for name in ("Normal", "Title", "Heading 1"):
        style: Any = document.styles[name]
        style.font.name = _FONT
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for attribute in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(attribute), None)
        fonts.set(qn("w:eastAsia"), _KOREAN_FONT)
    normal: Any = document.styles["Normal"]
    normal.font.size = Pt(10)
    normal.paragraph_format.space_after = Pt(6)
    # Word would set a gap between Hangul and figures that looks like a space: "2 층" for "2층".
    properties = normal.element.get_or_add_pPr()
    for name in ("w:autoSpaceDN", "w:autoSpaceDE"):  # in front of all else: Word wants an order
        properties.insert(0, properties.makeelement(qn(name), {qn("w:val"): "0"}))
    language = normal.element.get_or_add_rPr().makeelement(
        qn("w:lang"), {qn("w:val"): "en-US", qn("w:eastAsia"): "ko-KR"}
    )
    normal.element.rPr.append(language)


def _add_block(document: Any, block: Block) -> None:
    if block.kind == "table" and _fits_table(block):
        _add_table(document, block)
    elif block.kind == "table":
        for row in read_grid(block):
            document.add_paragraph("\t".join(row))
    elif block.kind == "row":
        for text in block.row_texts:
            _add_row(document, clean_text(text))
    elif block.kind == "heading":
        document.add_paragraph(clean_text(read_heading(block)), style="Heading 1")
    else:
        text = clean_text(block.text)
        is_bullet = block.kind == "list_item" and text[:1] in tuple(BULLETS)
        document.add_paragraph(text[1:].strip() if is_bullet else text, style="List Bullet" if is_bullet else None)


def _fits_table(block: Block) -> bool:
    tallest = max((cell.row_span for cell in block.cells), default=0)
    return 0 < block.column_count <= _MOST_COLUMNS and tallest <= _MOST_SPANNED_ROWS


def _add_row(document: Any, text: str) -> None:
    """Append the cells of a row, parted by tabs; the last of them ends at the right margin."""
    from docx.enum.text import WD_TAB_ALIGNMENT
    from docx.shared import Cm, Pt

    paragraph = document.add_paragraph(text)
    paragraph.paragraph_format.space_after = Pt(0)
    cells = text.count("\t")
    for cell in range(1, cells + 1):
        alignment = WD_TAB_ALIGNMENT.RIGHT if cell == cells else WD_TAB_ALIGNMENT.LEFT
        paragraph.paragraph_format.tab_stops.add_tab_stop(Cm(17.0 * cell / cells), alignment)


def _add_table(document: Any, block: Block) -> None:
    from docx.shared import Pt

    table = document.add_table(rows=block.row_count, cols=block.column_count)
    table.style = "Table Grid"
    # Looked up once: python-docx finds a cell by walking through all of its row.
    grid = [list(row.cells) for row in table.rows]
    for cell in block.cells:
        target = grid[cell.row][cell.column]
        if cell.row_span > 1 or cell.column_span > 1:
            target = target.merge(grid[cell.row + cell.row_span - 1][cell.column + cell.column_span - 1])
        paragraph = target.paragraphs[0]
        paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2)
        run = paragraph.add_run(clean_text(cell.text))
        run.bold = True if cell.row < block.header_rows else None
    document.add_paragraph()
