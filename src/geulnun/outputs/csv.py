"""The tables of documents as comma-separated values, an empty row between two of them.

Rows end with CR and LF (RFC 4180). Files begin with a byte order mark, by which Excel knows UTF-8.
"""

import csv
import io
from dataclasses import dataclass, field

from geulnun.core.page import Page
from geulnun.outputs.grid import read_grid
from geulnun.outputs.text_writer import TextFormat

_BYTE_ORDER_MARK = "\ufeff"


@dataclass(slots=True)
class CsvFormat(TextFormat):
    """Tables alone; what is no table is left out."""

    byte_order_mark: bool = False
    _tables: int = field(default=0, init=False)

    def begin(self) -> str:
        """The byte order mark, if there is to be one."""
        return _BYTE_ORDER_MARK if self.byte_order_mark else ""

    def format_page(self, page: Page) -> str:
        """The tables of a page."""
        text = io.StringIO(newline="")
        rows = csv.writer(text)
        for table in page.tables:
            if self._tables:
                text.write("\r\n")
            self._tables += 1
            rows.writerows(read_grid(table))
        return text.getvalue()
