"""Documents to files, page by page. The suffix of a file says its format."""

import importlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from geulnun.core.image import RgbImage
from geulnun.core.page import Document, Page
from geulnun.errors import UsageError, needing_extra
from geulnun.outputs.annotated import draw_annotated, encode_annotated
from geulnun.outputs.atomic_file import AtomicFile
from geulnun.outputs.csv import CsvFormat
from geulnun.outputs.json import JsonFormat, JsonLinesFormat
from geulnun.outputs.markdown import MarkdownFormat
from geulnun.outputs.markup.alto import AltoFormat
from geulnun.outputs.markup.hocr import HocrFormat
from geulnun.outputs.markup.page_xml import format_page_xml
from geulnun.outputs.office.docx import DocxWriter
from geulnun.outputs.office.xlsx import XlsxWriter
from geulnun.outputs.page_files import EncodePage, PageFilesWriter
from geulnun.outputs.pdf.writer import PdfWriter
from geulnun.outputs.plain_text import PlainTextFormat
from geulnun.outputs.text_writer import Sink, TextFormat, TextWriter, encode
from geulnun.outputs.tsv import TsvFormat
from geulnun.outputs.writer import DocumentInfo, OutputOptions, Writer

__all__ = [
    "ONE_DOCUMENT",
    "OUTPUT_SUFFIXES",
    "TEXT_FORMATS",
    "DocumentInfo",
    "OutputOptions",
    "Sink",
    "TextFormat",
    "TextWriter",
    "Writer",
    "check_extra",
    "check_suffix",
    "draw_annotated",
    "find_suffix",
    "open_writer",
    "write_document",
]

# The formats that are text, and may therefore go to standard output too: TextWriter(sink, TEXT_FORMATS[".txt"](...)).
# Called with whether several documents come, and the options.
TEXT_FORMATS: dict[str, Callable[[bool, OutputOptions], TextFormat]] = {
    ".txt": lambda several, options: PlainTextFormat(several),
    ".md": lambda several, options: MarkdownFormat(several),
    ".json": lambda several, options: JsonFormat(several),
    ".jsonl": lambda several, options: JsonLinesFormat(),
    ".tsv": lambda several, options: TsvFormat(several),
    ".csv": lambda several, options: CsvFormat(),
    ".hocr": lambda several, options: HocrFormat(options.characters),
    ".alto.xml": lambda several, options: AltoFormat(options.characters),
}
# The other formats; called with the path, whether several documents come, and the options.
_FILE_WRITERS: dict[str, Callable[[Path, bool, OutputOptions], Writer]] = {
    ".page.xml": lambda path, several, options: PageFilesWriter(path, ".page.xml", _page_xml_encoder(options)),
    ".xlsx": lambda path, several, options: XlsxWriter(path),
    ".docx": lambda path, several, options: DocxWriter(path, several),
    ".pdf": lambda path, several, options: PdfWriter(path, options),
    ".png": lambda path, several, options: PageFilesWriter(path, ".png", encode_annotated),
}
# Every suffix that an output may have. Some have two parts; the longest that fits a name counts.
OUTPUT_SUFFIXES: tuple[str, ...] = (*TEXT_FORMATS, *_FILE_WRITERS)
# The formats that need packages which do not come with the base install: the extra, and the packages.
_EXTRAS: dict[str, tuple[str, tuple[str, ...]]] = {
    ".xlsx": ("office", ("xlsxwriter",)),
    ".docx": ("office", ("docx",)),
    ".pdf": ("pdf", ("pikepdf",)),
}
_PDFA = ("pdfa", ("pikepdf", "fontTools", "jsonschema", "referencing"))
# The formats that hold one document.
ONE_DOCUMENT = frozenset({".alto.xml", ".page.xml", ".png"})


def find_suffix(path: str | os.PathLike[str]) -> str | None:
    """The format's suffix that the name of `path` ends in, in lower case; None if no format has it."""
    name = Path(path).name.lower()
    fitting = [suffix for suffix in OUTPUT_SUFFIXES if name.endswith(suffix) and name != suffix]
    return max(fitting, key=len, default=None)


def check_suffix(path: str | os.PathLike[str]) -> str:
    """The format's suffix that the name of `path` ends in, in lower case.

    Raises:
        UsageError: no format has it.
    """
    suffix = find_suffix(path)
    if suffix is None:
        seen = Path(path).suffix.lower()
        problem = f"the suffix {seen!r} is not known" if seen else "it has no suffix that says its format"
        raise UsageError(f"output {path}: {problem}; allowed are {', '.join(OUTPUT_SUFFIXES)}. Rename the output.")
    return suffix


def check_extra(suffix: str, options: OutputOptions | None = None) -> None:
    """Refuse a format whose packages are not installed.

    Raises:
        MissingExtraError: it names the line that installs them.
    """
    if suffix not in _EXTRAS:
        return
    pdfa = suffix == ".pdf" and options is not None and options.pdfa
    extra, packages = _PDFA if pdfa else _EXTRAS[suffix]
    with needing_extra(extra, f"Writing {'PDF/A' if pdfa else suffix}"):
        for package in packages:
            importlib.import_module(package)


def open_writer(path: str | os.PathLike[str], *, several: bool = False, options: OutputOptions | None = None) -> Writer:
    """The writer for `path`, to be used in a ``with`` block and given pages with `write_page`.

    The file appears, whole, when the block ends well.

    Args:
        path: the file; its suffix says the format.
        several: whether more than one document may come: text then has headings, JSON is an array.
        options: choices of single formats.

    Raises:
        UsageError: an unknown suffix, or several documents for a format that holds one.
        OutputError: the place cannot be written.
        MissingExtraError: the format needs a package that is not installed.
    """
    suffix = check_suffix(path)
    options = options or OutputOptions()
    check_extra(suffix, options)
    if several and suffix in ONE_DOCUMENT:
        raise UsageError(f"output {path}: a {suffix} shows one document, but several come. Write them into a folder.")
    if suffix == ".csv":
        return TextWriter(AtomicFile(path), CsvFormat(byte_order_mark=True))
    if suffix in TEXT_FORMATS:
        return TextWriter(AtomicFile(path), TEXT_FORMATS[suffix](several, options))
    return _FILE_WRITERS[suffix](Path(path), several, options)


def write_document(
    document: Document,
    path: str | os.PathLike[str],
    *,
    images: Iterable[RgbImage] | None = None,
    content: str | os.PathLike[str] | bytes | None = None,
    options: OutputOptions | None = None,
) -> None:
    """Write a whole document to `path` in the format of its suffix.

    Args:
        document: what was read.
        path: the file. A .png of several pages becomes NAME-1.png, NAME-2.png, ...
        images: the pictures of the pages, RGB uint8, for formats that show them.
        content: the picture or PDF that was read, for formats that carry it on.
        options: choices of single formats.

    Raises:
        UsageError: an unknown suffix, or no `images` where the format needs them.
        OutputError: the place cannot be written.
    """
    file = content if content is None or isinstance(content, bytes) else Path(content)
    with open_writer(path, options=options) as writer:
        writer.start_document(DocumentInfo(name=document.source, content=file, page_count=len(document.pages)))
        if images is None:
            for page in document.pages:
                writer.write_page(page)
        else:
            for page, image in zip(document.pages, images, strict=True):
                writer.write_page(page, image)


def _page_xml_encoder(options: OutputOptions) -> EncodePage:
    def encode_page(page: Page, image: RgbImage | None, info: DocumentInfo) -> bytes:
        return encode(format_page_xml(page, info.name or "", characters=options.characters))

    return encode_page
