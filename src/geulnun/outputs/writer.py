"""What every output format is to those who write with it: a context manager that takes documents page by page."""

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self

from geulnun.core.image import RgbImage
from geulnun.core.page import Page

ExistingText = Literal["keep", "redo", "replace"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentInfo:
    """What is known of a document before its first page is read.

    Attributes:
        name: what the output calls it; None if it has no name.
        content: the picture or PDF itself, for formats that carry it on (searchable PDF); None if it is no file.
        page_count: how many pages will be written; None if that is not known yet.
    """

    name: str | None = None
    content: Path | bytes | None = None
    page_count: int | None = None

    @property
    def heading(self) -> str:
        """What stands above its text among other documents."""
        return self.name or "untitled"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOptions:
    """Choices of single formats; the others pass over them.

    Attributes:
        existing_text: what a .pdf does with pages that have text already: "keep" leaves such pages alone, "redo" writes
            an invisible text layer anew, "replace" draws the pages anew from their images.
        pdfa: whether a .pdf is written as PDF/A-2b.
        characters: whether .hocr, .alto.xml and .page.xml hold every character with its place and alternatives too.
    """

    existing_text: ExistingText = "keep"
    pdfa: bool = False
    characters: bool = False


class Writer(Protocol):
    """Writes documents to one place, page by page, without holding their images.

    Use it in a ``with`` block: the file appears, whole, when the block ends well. When it ends with an exception,
    nothing is left behind and an older file at the place stays as it was.

        with open_writer("scan.json") as writer:
            writer.start_document(DocumentInfo(name="scan.pdf"))
            for page, image in pages:
                writer.write_page(page, image)
    """

    def start_document(self, info: DocumentInfo) -> None:
        """Begin the next document; ends the one before. Without this call, pages belong to a nameless document.

        Raises:
            OutputError: the place cannot be written, for instance because the disk is full.
            InputError: the document's file cannot be carried on in this format.
        """

    def write_page(self, page: Page, image: RgbImage | None = None) -> None:
        """Write one more page of the current document.

        Args:
            page: what was read.
            image: the picture it was read from, RGB uint8 (H, W, 3), for formats that show it.

        Raises:
            OutputError: the place cannot be written.
            UsageError: the format needs the image, and there is none.
        """

    def discard_document(self) -> None:
        """Take back the pages of the current document, because reading it failed half way.

        What went to standard output or to a pipe stays there, and is ended as if the document were complete.
        """

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...
