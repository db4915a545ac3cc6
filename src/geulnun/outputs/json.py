"""Documents as JSON: all there is to know, in the form that `Document.from_json` reads."""

import json
from dataclasses import dataclass, field
from typing import Any

from geulnun.core.page import Document, Page
from geulnun.outputs.text_writer import TextFormat
from geulnun.outputs.writer import DocumentInfo


@dataclass(slots=True)
class JsonFormat(TextFormat):
    """One JSON object, a line of text a row; several documents as a JSON array of such objects."""

    several: bool = False
    _documents: int = field(default=0, init=False)
    _pages: int = field(default=0, init=False)

    def begin(self) -> str:
        """The array's bracket, if there may be several documents."""
        return "[\n" if self.several else ""

    def start_document(self, info: DocumentInfo) -> str:
        """The head of the document's object."""
        gap = ",\n" if self._documents else ""
        self._documents += 1
        self._pages = 0
        return gap + _format_head(info)

    def format_page(self, page: Page) -> str:
        """The JSON of one page, a row for each block and each line: easy to look through, to search and to compare."""
        gap = ",\n" if self._pages else "\n"
        self._pages += 1
        return gap + _format_page(page.to_dict())

    def end_document(self) -> str:
        """The end of the document's object."""
        end = "\n]}" if self._pages else "]}"
        return end + ("" if self.several else "\n")

    def end(self) -> str:
        """The end of the array, if there is one."""
        return ("\n" if self._documents else "") + "]\n" if self.several else ""


@dataclass(slots=True)
class JsonLinesFormat(TextFormat):
    """One JSON object a row for each document, so that a file can be read before it is complete."""

    _pages: int = field(default=0, init=False)

    def start_document(self, info: DocumentInfo) -> str:
        """The head of the document's object."""
        self._pages = 0
        return _format_head(info)

    def format_page(self, page: Page) -> str:
        """The JSON of one page."""
        gap = ", " if self._pages else ""
        self._pages += 1
        return gap + _dump(page.to_dict())

    def end_document(self) -> str:
        """The end of the row."""
        return "]}\n"


def _format_head(info: DocumentInfo) -> str:
    """The JSON of a document up to the bracket that opens its pages."""
    data = Document(pages=(), source=info.name).to_dict()
    del data["pages"]
    return f'{_dump(data)[:-1]}, "pages": ['


def _format_page(page: dict[str, Any]) -> str:
    blocks, lines = (",\n".join(map(_dump, page.pop(key))) for key in ("blocks", "lines"))
    return _extend(_extend(_dump(page), "blocks", blocks), "lines", lines)


def _extend(data: str, key: str, rows: str) -> str:
    """A JSON object with one more key, whose value is a list of rows that are JSON already."""
    return f'{data[:-1]}, "{key}": [{f"{chr(10)}{rows}{chr(10)}" if rows else ""}]}}'


def _dump(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False)
