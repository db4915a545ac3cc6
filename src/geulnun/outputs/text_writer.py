"""The writer of all formats that are text: a `TextFormat` makes strings, a `Sink` takes them as UTF-8."""

import copy
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Protocol, Self

from geulnun.core.image import RgbImage
from geulnun.core.page import Page
from geulnun.outputs.writer import DocumentInfo


class TextFormat(ABC):
    """Turns documents into text, page by page; the strings are written one after the other."""

    __slots__ = ()

    def begin(self) -> str:
        """What stands before the first document."""
        return ""

    def start_document(self, info: DocumentInfo) -> str:
        """What stands before a document's first page."""
        return ""

    @abstractmethod
    def format_page(self, page: Page) -> str:
        """One more page."""

    def end_document(self) -> str:
        """What stands after a document's last page."""
        return ""

    def end(self) -> str:
        """What stands after the last document."""
        return ""


class Sink(Protocol):
    """Takes bytes; an `AtomicFile`, or standard output."""

    def write(self, data: bytes, /) -> None:
        """Append `data`."""

    def tell(self) -> int | None:
        """The position in bytes that `truncate` can return to; None where nothing can be taken back."""

    def truncate(self, position: int, /) -> None:
        """Take back everything after `position`."""

    def __enter__(self) -> object: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


def encode(text: str) -> bytes:
    r"""UTF-8; what no UTF-8 can hold, such as bytes of a file name that are no text, becomes ``\udcff``."""
    return text.encode("utf-8", errors="backslashreplace")


class TextWriter:
    """Writes documents in a text format to a sink, page by page (see `geulnun.outputs.writer.Writer`)."""

    def __init__(self, sink: Sink, form: TextFormat) -> None:
        """Write what stands before the first document.

        Raises:
            OutputError: the place cannot be written.
        """
        self._sink = sink
        self._form = form
        self._open = False
        self._start: tuple[int | None, TextFormat] = (None, form)
        self._write(form.begin())

    def start_document(self, info: DocumentInfo) -> None:
        """Begin the next document.

        Raises:
            OutputError: the place cannot be written.
        """
        self._end_document()
        self._start = (self._sink.tell(), copy.copy(self._form))
        self._open = True
        self._write(self._form.start_document(info))

    def write_page(self, page: Page, image: RgbImage | None = None) -> None:
        """Write one more page; text formats pass over `image`.

        Raises:
            OutputError: the place cannot be written, for instance because the disk is full.
        """
        if not self._open:
            self.start_document(DocumentInfo())
        self._write(self._form.format_page(page))

    def discard_document(self) -> None:
        """Take back the current document; where the sink cannot, end it as it is."""
        position, form = self._start
        if not self._open or position is None:
            self._end_document()
            return
        self._sink.truncate(position)
        self._form = form
        self._open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._sink.__exit__(kind, error, trace)
            return
        with self._sink:
            self._end_document()
            self._write(self._form.end())

    def _end_document(self) -> None:
        if self._open:
            self._write(self._form.end_document())
        self._open = False

    def _write(self, text: str) -> None:
        if text:
            self._sink.write(encode(text))
