"""The writer of formats that hold one page: a file for each page of a document."""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from geulnun.core.image import RgbImage
from geulnun.core.page import Page
from geulnun.errors import UsageError
from geulnun.outputs.atomic_file import AtomicFile
from geulnun.outputs.writer import DocumentInfo

# Makes the bytes of a file from a page, its image, and what is known of the document.
EncodePage = Callable[[Page, RgbImage | None, DocumentInfo], bytes]


class PageFilesWriter:
    """Writes the pages of one document: ``out.png``, or for several ``out-1.png``, ``out-2.png``, ...

    All files appear when the ``with`` block ends well.
    """

    def __init__(self, path: Path, suffix: str, encode_page: EncodePage) -> None:
        """Check that the place can be written.

        Raises:
            OutputError: it cannot.
        """
        self._path = path
        self._suffix = suffix
        self._encode_page = encode_page
        self._info = DocumentInfo()
        self._files: list[tuple[int, AtomicFile]] = []
        AtomicFile(path).discard()

    def start_document(self, info: DocumentInfo) -> None:
        """Begin the document.

        Raises:
            UsageError: it is the second.
        """
        if self._files:
            raise UsageError(
                f"output {self._path}: a {self._suffix} shows one document, but several come. Name a folder."
            )
        self._info = info

    def write_page(self, page: Page, image: RgbImage | None = None) -> None:
        """Write the file of one more page.

        Raises:
            UsageError: the format shows the image, and there is none.
            OutputError: the place cannot be written.
        """
        data = self._encode_page(page, image, self._info)
        file = AtomicFile(self._path)
        self._files.append((page.number, file))
        file.write(data)
        file.close()

    def discard_document(self) -> None:
        """Take back the pages written so far."""
        for _, file in self._files:
            file.discard()
        self._files.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                digits = len(str(max((number for number, _ in self._files), default=1)))
                for number, file in self._files:
                    file.commit(self._path if len(self._files) == 1 else self._number_path(number, digits))
        finally:
            self.discard_document()

    def _number_path(self, number: int, digits: int) -> Path:
        stem, suffix = self._path.name[: -len(self._suffix)], self._path.name[-len(self._suffix) :]
        return self._path.with_name(f"{stem}-{number:0{digits}d}{suffix}")
