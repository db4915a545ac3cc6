"""The writer of searchable PDFs: pages as they were, with what was read under them.

PDFs keep their pages and pictures untouched; a picture becomes a page of its own size.
"""

import os
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self

from geulnun._version import __version__
from geulnun.core.image import RgbImage
from geulnun.core.page import Page
from geulnun.errors import InputError
from geulnun.outputs.atomic_file import AtomicFile
from geulnun.outputs.pdf.sources import PdfSource, PicturePool, PictureSource, is_pdf
from geulnun.outputs.writer import DocumentInfo, OutputOptions

if TYPE_CHECKING:
    import pikepdf

_MOST_FINDINGS = 3  # that a message tells


class PdfWriter:
    """Writes one searchable PDF; several documents follow one another in it."""

    def __init__(self, path: Path, options: OutputOptions) -> None:
        """Check that the place can be written.

        Raises:
            OutputError: it cannot.
        """
        self._options = options
        self._file = AtomicFile(path)
        self._pictures = PicturePool(Path(os.path.realpath(path)).parent)
        self._documents: list[PdfSource | PictureSource] = []

    def start_document(self, info: DocumentInfo) -> None:
        """Begin the next document.

        Raises:
            InputError: a PDF that is encrypted, signed or damaged.
        """
        name = info.name or "the given PDF"
        if info.content is not None and is_pdf(info.content):
            self._documents.append(PdfSource(info.content, name, self._options.existing_text))
        else:
            self._documents.append(PictureSource(self._pictures, info.content, self._file.path))

    def write_page(self, page: Page, image: RgbImage | None = None) -> None:
        """Lay the page's text under its picture.

        Raises:
            InputError: the page of a PDF is damaged.
            UsageError: neither a file nor an image to show.
        """
        if not self._documents:
            self.start_document(DocumentInfo())
        with self._file.collecting():
            self._documents[-1].add(page, image)

    def discard_document(self) -> None:
        """Take back the pages of the current document."""
        if self._documents:
            self._documents.pop().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is not None or not self._documents:
                self._file.discard()  # a PDF without pages is none
                return
            with self._file:
                self._save(self._join())
        finally:
            for document in self._documents:
                document.close()
            self._pictures.close()

    def _join(self) -> "pikepdf.Pdf":
        """All documents as one PDF: the only one itself, with its outline and metadata, or a new one of all pages."""
        import pikepdf

        if len(self._documents) == 1 and isinstance(only := self._documents[0], PdfSource):
            return only.keep_written_pages()
        joined = pikepdf.new()
        joined.docinfo["/Creator"] = f"geulnun {__version__}"
        for document in self._documents:
            for page in document.pages():
                joined.pages.append(page)
        return joined

    def _save(self, pdf: "pikepdf.Pdf") -> None:
        from pikepdf import Dictionary, Name

        root = pdf.Root
        if Name.Lang not in root:
            root[Name.Lang] = "ko"
        pieces = root.get(Name.PieceInfo)
        if isinstance(pieces, Dictionary) and Name.SearchIndex in pieces:
            del pieces[Name.SearchIndex]  # an index of the text as it was
        with self._file.open_stream() as stream:
            if self._options.pdfa:
                _save_pdfa(pdf, stream, self._file.path)
            else:
                pdf.save(stream, deterministic_id=True)


def _save_pdfa(pdf: "pikepdf.Pdf", stream: BinaryIO, path: Path) -> None:
    """Write `pdf` as PDF/A-2b, checked.

    Raises:
        InputError: it cannot be PDF/A as it is, for instance because a font is not embedded.
    """
    from pikepdf import pdfa

    try:
        pdfa.save(pdf, stream, "2b", deterministic_id=True)
    except pdfa.PdfaError as error:
        findings = [str(finding) for finding in error.report.findings]
        more = f" and {len(findings) - _MOST_FINDINGS} more" if len(findings) > _MOST_FINDINGS else ""
        raise InputError(
            f"{path} cannot be PDF/A-2b: {'; '.join(findings[:_MOST_FINDINGS])}{more}. Write it without pdfa, or draw "
            "the pages anew with --force-ocr."
        ) from error
