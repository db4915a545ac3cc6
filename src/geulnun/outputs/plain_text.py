"""Documents as plain text."""

from dataclasses import dataclass, field

from geulnun.core.page import Page
from geulnun.outputs.text_writer import TextFormat
from geulnun.outputs.writer import DocumentInfo


@dataclass(slots=True)
class PlainTextFormat(TextFormat):
    """Text as it reads: lines, an empty line between pages; several documents each under a heading with its name.

    The heading is that of the Unix tools `head` and `tail`: ``==> receipt.png <==``.
    """

    several: bool = False
    _documents: int = field(default=0, init=False)
    _pages: int = field(default=0, init=False)
    _line_is_open: bool = field(default=False, init=False)

    def start_document(self, info: DocumentInfo) -> str:
        """The heading, if there may be several documents."""
        self._pages, self._line_is_open = 0, False
        self._documents += 1
        gap = "\n" if self._documents > 1 else ""
        return f"{gap}==> {info.heading} <==\n" if self.several else ""

    def format_page(self, page: Page) -> str:
        """The page's text, parted from the page before by an empty line."""
        self._pages += 1
        if self._pages == 1:
            self._line_is_open = not page.text
            return f"{page.text}\n" if page.text else ""
        gap = "\n\n" if self._line_is_open else "\n"
        self._line_is_open = False
        return f"{gap}{page.text}\n"
