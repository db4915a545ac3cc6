"""The tables of documents as an Excel workbook: a sheet for each table, all cells text."""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from geulnun.core.image import RgbImage
from geulnun.core.page import Block, Page
from geulnun.outputs.grid import clean_text
from geulnun.outputs.office.office_file import OfficeFile
from geulnun.outputs.writer import DocumentInfo

if TYPE_CHECKING:
    from xlsxwriter import Workbook

# What looks like a number, formula or link stays the text that it is.
_OPTIONS = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
_MOST_WIDTH = 60  # of a column, in letters
_MOST_LETTERS = 32_767  # of a cell; what Excel allows


class XlsxWriter(OfficeFile):
    """Collects the tables and writes them as one workbook."""

    def __init__(self, path: Path) -> None:
        """Check that the place can be written.

        Raises:
            OutputError: it cannot.
        """
        super().__init__(path)
        self._documents = 0

    def start_document(self, info: DocumentInfo) -> None:
        """Begin the next document."""
        self._begin_document()
        self._documents += 1

    def write_page(self, page: Page, image: RgbImage | None = None) -> None:
        """Take the tables of a page.

        Raises:
            OutputError: the disk is full.
        """
        for number, table in enumerate(page.tables, 1):
            document = f"{self._documents} " if self._documents > 1 else ""
            self._put((f"{document}page {page.number} table {number}", table))

    def _save(self, stream: BinaryIO) -> None:
        from xlsxwriter import Workbook
        from xlsxwriter.exceptions import FileCreateError

        try:
            with Workbook(stream, _OPTIONS) as workbook:
                _fill(workbook, self._read_parts())
        except FileCreateError as problem:
            raise OSError(*problem.args) from problem


def _fill(workbook: "Workbook", tables: Iterable[tuple[str, Block]]) -> None:
    text = workbook.add_format({"num_format": "@", "text_wrap": True, "valign": "top", "border": 1})
    header = workbook.add_format({"num_format": "@", "text_wrap": True, "valign": "top", "border": 1, "bold": True})
    taken = Counter[str]()
    for name, table in tables:
        taken[name] += 1  # pages of documents put together by hand can share a number
        sheet = workbook.add_worksheet(name if taken[name] == 1 else f"{name} ({taken[name]})")
        for cell in table.cells:
            style = header if cell.row < table.header_rows else text
            _write_cell(sheet, cell.row, cell.column, cell.row_span, cell.column_span, clean_text(cell.text), style)
        for column, width in enumerate(_measure_columns(table)):
            sheet.set_column(column, column, width)
        if table.header_rows:
            sheet.freeze_panes(table.header_rows, 0)
    if not workbook.worksheets():
        workbook.add_worksheet("no tables")  # a workbook needs a sheet


def _write_cell(sheet: Any, row: int, column: int, row_span: int, column_span: int, text: str, style: Any) -> None:
    text = text[:_MOST_LETTERS]
    if row_span > 1 or column_span > 1:
        sheet.merge_range(row, column, row + row_span - 1, column + column_span - 1, "", style)
    if text:
        sheet.write_string(row, column, text, style)
    elif row_span == column_span == 1:
        sheet.write_blank(row, column, None, style)


def _measure_columns(table: Block) -> list[float]:
    """Widths in letters; Hangul is two letters wide."""
    widths = [4.0] * table.column_count
    for cell in table.cells:
        if cell.column_span == 1:
            letters = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in cell.text)
            widths[cell.column] = min(_MOST_WIDTH, max(widths[cell.column], letters + 2.0))
    return widths
