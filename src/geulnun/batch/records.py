"""Records, one for each document: JSON lines, or the rows of a Parquet file.

    {"id": "scans/a.png", "sha256": "...", "engine": "geulnun 1.0 ...", "document": {...}}
    {"id": "scans/b.png", "error": {"type": "InputError", "message": "..."}, "attempts": 1}

With formats that are files of their own, a record holds their names instead: ``"pages": 1, "files": ["files/..."]``.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from geulnun.batch.plan import Counts
from geulnun.core.page import Page
from geulnun.outputs.atomic_file import AtomicFile
from geulnun.outputs.json import JsonLinesFormat
from geulnun.outputs.text_writer import encode
from geulnun.outputs.writer import DocumentInfo


@dataclass(slots=True)
class RecordWriter:
    """Writes the record of one document, its pages as they come.

    Attributes:
        file: takes the record.
        head: what the record begins with: id, sha256, engine.
        with_pages: whether the pages stand in the record.
    """

    file: AtomicFile
    head: Mapping[str, Any]
    with_pages: bool
    pages: int = field(default=0, init=False)
    _form: JsonLinesFormat = field(default_factory=JsonLinesFormat, init=False)

    def write_page(self, page: Page) -> None:
        """Write one more page.

        Raises:
            OutputError: the shard cannot be written, for instance because the disk is full.
        """
        if self.with_pages:
            if not self.pages:
                self._start()
            self.file.write(encode(self._form.format_page(page)))
        self.pages += 1

    def close(self, files: Iterable[str] = ()) -> None:
        """End the record; `files` are the files that were written of the document.

        Raises:
            OutputError: the shard cannot be written.
        """
        named = {"files": list(files)} if files else {}
        if not self.with_pages:
            self.file.write(format_record({**self.head, "pages": self.pages, **named}))
            return
        if not self.pages:
            self._start()
        rest = f", {dump(named)[1:-1]}" if named else ""
        self.file.write(encode(self._form.end_document().rstrip("\n") + rest + "}\n"))

    def _start(self) -> None:
        start = self._form.start_document(DocumentInfo(name=self.head["id"]))
        self.file.write(encode(f'{dump(self.head)[:-1]}, "document": {start}'))


def format_record(record: Mapping[str, Any]) -> bytes:
    """The line of a record."""
    return encode(dump(record) + "\n")


def make_error(name: str, error: Exception, attempts: int = 1) -> dict[str, Any]:
    """The record of a document that could not be read."""
    message = str(error) or type(error).__name__
    return {"id": name, "error": {"type": type(error).__name__, "message": message}, "attempts": attempts}


def count_record(record: Mapping[str, Any]) -> Counts:
    """What a record adds to the counts."""
    if "error" in record:
        return Counts(1, 0, 1)
    return Counts(1, record["pages"] if "pages" in record else len(record["document"]["pages"]))


def dump(record: Mapping[str, Any]) -> str:
    """A record as JSON, in the form of the other outputs."""
    return json.dumps(record, ensure_ascii=False)
