"""Documents into one text file, one after the other."""

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from geulnun.core.image import RgbImage
from geulnun.core.page import Document
from geulnun.outputs.atomic_file import AtomicFile


class Format(Protocol):
    """Documents to text, one after the other."""

    def begin(self) -> str:
        """What stands before the first document."""

    def add(self, document: Document) -> str:
        """The text of one more document."""

    def end(self) -> str:
        """What stands after the last document."""


def encode(text: str) -> bytes:
    r"""UTF-8; what no UTF-8 can hold, such as bytes of a file name that are no text, becomes ``\udcff``."""
    return text.encode("utf-8", errors="backslashreplace")


class TextFileWriter:
    """Writes documents in one format into one file, which appears when the ``with`` block ends well."""

    def __init__(self, path: Path, form: Format) -> None:
        """Opens the file.

        Raises:
            OutputError: the place cannot be written.
        """
        self._form = form
        self._file = AtomicFile(path)
        self._file.write(encode(form.begin()))

    def add(self, document: Document, images: Iterable[RgbImage] | None = None) -> None:
        """Writes one more document.

        Raises:
            OutputError: the place cannot be written, for instance because the disk is full.
        """
        self._file.write(encode(self._form.add(document)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None or self._file.broken:
            self._file.__exit__(kind, error, trace)
            return
        with self._file:
            self._file.write(encode(self._form.end()))
