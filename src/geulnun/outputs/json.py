"""Documents as JSON: all there is to know, in the form that `Document.from_json` reads."""

import json
from dataclasses import dataclass, field
from typing import Any

from geulnun.core.page import Document


@dataclass(slots=True)
class JsonFormat:
    """One JSON object, a line of text a row; several documents as a JSON array of such objects."""

    several: bool = False
    _count: int = field(default=0, init=False)

    def begin(self) -> str:
        """What stands before the first document."""
        return "[\n" if self.several else ""

    def add(self, document: Document) -> str:
        """The JSON of one more document."""
        text = _format_document(document)
        gap = ",\n" if self._count else ""
        self._count += 1
        return gap + text + ("" if self.several else "\n")

    def end(self) -> str:
        """What stands after the last document."""
        return ("\n" if self._count else "") + "]\n" if self.several else ""


@dataclass(slots=True)
class JsonLinesFormat:
    """One JSON object a row for each document, so that a file can be read before it is complete."""

    several: bool = False

    def begin(self) -> str:
        """What stands before the first document."""
        return ""

    def add(self, document: Document) -> str:
        """The JSON of one more document."""
        return document.to_json() + "\n"

    def end(self) -> str:
        """What stands after the last document."""
        return ""


def _format_document(document: Document) -> str:
    """JSON with one row for each line of text: easy to look through, to search and to compare."""
    data = document.to_dict()
    pages = ",\n".join(_format_page(page) for page in data.pop("pages"))
    return _extend(data, "pages", pages)


def _format_page(page: dict[str, Any]) -> str:
    lines = ",\n".join(_dump(line) for line in page.pop("lines"))
    return _extend(page, "lines", lines)


def _extend(data: dict[str, Any], key: str, rows: str) -> str:
    """`data` with one more key whose value is a list of rows that are JSON already."""
    return f'{_dump(data)[:-1]}, "{key}": [{f"{chr(10)}{rows}{chr(10)}" if rows else ""}]}}'


def _dump(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False)
