"""Pictures and scanned PDFs to Markdown; PDFs whose pages all have text are left to MarkItDown."""

import threading
from typing import Any, BinaryIO

from markitdown import DocumentConverter, DocumentConverterResult, StreamInfo

from geulnun import Document, Engine, ReadOptions
from geulnun.documents import SUFFIXES, has_scanned_page
from geulnun.outputs import TEXT_FORMATS, DocumentInfo, OutputOptions

_PDF = ".pdf"
_IMAGES = frozenset(SUFFIXES) - {_PDF}


class GeulnunConverter(DocumentConverter):
    """Reads with one engine, which is opened for the first picture."""

    def __init__(self, engine: Engine | None = None) -> None:
        super().__init__()
        self._engine = engine
        self._lock = threading.Lock()

    def accepts(self, file_stream: BinaryIO, stream_info: StreamInfo, **kwargs: Any) -> bool:
        """Whether it is a picture, or a PDF with a page that is a picture."""
        suffix = (stream_info.extension or "").lower()
        media_type = (stream_info.mimetype or "").lower()
        if suffix == _PDF or media_type.startswith(("application/pdf", "application/x-pdf")):
            return has_scanned_page(_peek(file_stream))
        return suffix in _IMAGES or (media_type.startswith("image/") and media_type != "image/svg+xml")

    def convert(self, file_stream: BinaryIO, stream_info: StreamInfo, **kwargs: Any) -> DocumentConverterResult:
        """The document as Markdown. Pages of a PDF that carry good text keep it, the others are read.

        Raises:
            GeulnunError: it cannot be read; MarkItDown then tries its own converters.
        """
        document = self._open_engine().read(file_stream.read(), ReadOptions(text_layer="auto"))
        return DocumentConverterResult(markdown=format_markdown(document))

    def _open_engine(self) -> Engine:
        with self._lock:
            if self._engine is None:
                self._engine = Engine()
            return self._engine


def format_markdown(document: Document) -> str:
    """The document in geulnun's Markdown."""
    form = TEXT_FORMATS[".md"](False, OutputOptions())
    pages = "".join(map(form.format_page, document.pages))
    return form.begin() + form.start_document(DocumentInfo()) + pages + form.end_document() + form.end()


def _peek(stream: BinaryIO) -> bytes:
    """All of the stream, which stays where it is."""
    position = stream.tell()
    content = stream.read()
    stream.seek(position)
    return content
