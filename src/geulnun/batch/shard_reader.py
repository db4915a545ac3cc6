"""Reads the documents of a task and writes their records: what every worker does, whatever started it."""

import faulthandler
import hashlib
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from geulnun.batch.place import Place
from geulnun.batch.plan import Counts, Task
from geulnun.batch.records import RecordWriter, format_record, make_error
from geulnun.batch.shards import create_shard, write_counts
from geulnun.batch.sources import DocumentRef, fetch, hash_content
from geulnun.core.page import Page
from geulnun.documents import PageImage
from geulnun.errors import InputError, OutputError
from geulnun.outputs import DocumentInfo, OutputOptions, Writer, open_writer
from geulnun.outputs.atomic_file import AtomicFile
from geulnun.runtime.options import ReadOptions

FILES = "files"
"""The folder of the files of single documents in a place."""

# File systems take 255; the rest is for the number of a page and the suffix of a format.
_MOST_BYTES = 235


class PageReader(Protocol):
    """What reads documents: `geulnun.Engine`."""

    def iter_pages(
        self, source: Path | bytes, options: ReadOptions | None = None, *, pages: str | None = None, dpi: float | None
    ) -> Iterator[tuple[Page, PageImage]]:
        """What is written on each page with the page's image, one at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingSettings:
    """How workers read and what they write; sent to every worker.

    Attributes:
        open_engine: opens what reads, once in each worker.
        engine: what records call it.
        place: where results go.
        folder: the folder that relative paths of documents start from.
        options: of reading.
        pages: which pages of PDFs and TIFFs.
        dpi: resolution for PDF pages.
        shard_suffix: format of the shards.
        in_record: whether the document stands in its record.
        suffixes: formats that are written as files of their own, each with its dot.
        outputs: choices of single formats.
        shared_names: names of files that would be those of several documents (see `find_shared_names`).
        document_timeout_s: for one document, all its pages; a worker that takes longer ends itself. None: no limit.
    """

    open_engine: Callable[[], PageReader]
    engine: str
    place: Place
    folder: str
    options: ReadOptions = field(default_factory=ReadOptions)
    pages: str | None = None
    dpi: float | None = None
    shard_suffix: str = ".jsonl"
    in_record: bool = True
    suffixes: tuple[str, ...] = ()
    outputs: OutputOptions = field(default_factory=OutputOptions)
    shared_names: frozenset[str] = frozenset()
    document_timeout_s: float | None = None


class ShardReader:
    """A worker's engine, and what it does with a task."""

    def __init__(self, settings: ReadingSettings) -> None:
        """Open the engine.

        Raises:
            GeulnunError: as of `geulnun.Engine`.
        """
        self._settings = settings
        self._engine = settings.open_engine()

    def read(self, task: Task, report: Callable[[Counts], None]) -> Counts:
        """Read the documents and write the shard, or the piece of one; what it counts.

        Args:
            task: what to read.
            report: called with what each document adds to the counts.

        Raises:
            OutputError: the place cannot be written. What is wrong with a document becomes its record instead.
        """
        place, counts = self._settings.place, Counts()
        with create_shard(place, task.target) as file:
            for document in task.documents:
                with _ending_after(self._settings.document_timeout_s):
                    read = self._read_document(document, file)
                counts += read
                report(read)
            write_counts(place, task.target, counts)
        return counts

    def _read_document(self, document: DocumentRef, file: AtomicFile) -> Counts:
        start = file.tell()
        assert start is not None, "shards are regular files"
        try:
            return Counts(1, self._write_record(document, file))
        except OutputError:
            raise
        except MemoryError:
            error: Exception = InputError("it does not fit in memory. Cut it into parts, or lower --dpi.")
        except Exception as problem:  # one bad document never stops the rest
            error = problem
        file.truncate(start)
        file.write(format_record(make_error(document.id, error)))
        return Counts(1, 0, 1)

    def _write_record(self, document: DocumentRef, file: AtomicFile) -> int:
        """Write the record and the files of a document; the number of its pages."""
        chosen = self._settings
        content = fetch(document, chosen.folder)
        head = {"id": document.id, "sha256": hash_content(content, document), "engine": chosen.engine}
        record = RecordWriter(file, head, chosen.in_record)
        place = Path(FILES, name_files(document.id, chosen.shared_names))
        with tempfile.TemporaryDirectory(prefix="geulnun-batch-") as folder, ExitStack() as stack:
            path = Path(folder, place.name)
            writers = [
                stack.enter_context(open_writer(f"{path}{suffix}", options=chosen.outputs))
                for suffix in chosen.suffixes
            ]
            self._write_pages(document, content, record, writers)
            stack.close()
            record.close(self._publish_files(Path(folder), place.parent))
        return record.pages

    def _write_pages(
        self, document: DocumentRef, content: Path | bytes, record: RecordWriter, writers: list[Writer]
    ) -> None:
        chosen = self._settings
        for page, image in self._engine.iter_pages(content, chosen.options, pages=chosen.pages, dpi=chosen.dpi):
            if not record.pages:
                info = DocumentInfo(name=document.id, content=content, page_count=image.page_count)
                for writer in writers:
                    writer.start_document(info)
            for writer in writers:
                writer.write_page(page, image.rgb)
            record.write_page(page)

    def _publish_files(self, folder: Path, place: Path) -> list[str]:
        names = []
        for path in sorted(folder.iterdir()):
            names.append((place / path.name).as_posix())
            self._settings.place.publish(path, names[-1])
        return names


@contextmanager
def _ending_after(seconds: float | None) -> Iterator[None]:
    """End this process, with exit code 1, if the block is not done in time.

    A thread outside of Python does it, so that code of other languages that never returns is ended too.
    """
    if seconds is None:
        yield
        return
    with Path(os.devnull).open("w") as nowhere:
        faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()


def find_shared_names(documents: Iterable[DocumentRef]) -> frozenset[str]:
    """The names that `name_files` would give to the files of several documents."""
    names = Counter("/".join(_split_id(document.id)) for document in documents)
    return frozenset(name for name, count in names.items() if count > 1)


def name_files(name: str, shared: Collection[str] = ()) -> str:
    """Where the files of a document stand below ``files/``, without the suffix of their format.

    The suffix of the document stays, so that ``a.png`` and ``a.jpg`` do not meet. Where the name is one of `shared` and
    not just the document's id, a hash of the id is added.
    """
    parts = _split_id(name)
    if "/".join(parts) in shared and "/".join(parts) != name:
        parts[-1] += _hash(name)
    return "/".join(map(_shorten, parts))


def _split_id(name: str) -> list[str]:
    parts = re.split(r"[/\\:]", name.replace("*", "_"))
    return [part for part in parts if part not in ("", ".", "..")]


def _shorten(part: str) -> str:
    """A part of a path as it is, or cut to the bytes that file systems take, with a hash."""
    data = part.encode("utf-8", "surrogateescape")
    ending = _hash(part)
    return part if len(data) <= _MOST_BYTES else data[: _MOST_BYTES - len(ending)].decode(errors="ignore") + ending


def _hash(text: str) -> str:
    return "-" + hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]
