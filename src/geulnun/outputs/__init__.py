"""Documents to files: plain text, JSON, annotated pictures. The suffix of a file says its format."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from geulnun.core.image import RgbImage
from geulnun.core.page import Document
from geulnun.errors import UsageError
from geulnun.outputs.annotated import AnnotatedWriter, draw_annotated
from geulnun.outputs.json import JsonFormat, JsonLinesFormat
from geulnun.outputs.text import TextFormat
from geulnun.outputs.text_file import Format, TextFileWriter, encode

__all__ = [
    "FORMATS",
    "WRITERS",
    "Format",
    "Writer",
    "check_suffix",
    "draw_annotated",
    "encode",
    "open_output",
    "write_outputs",
]


class Writer(Protocol):
    """A place that takes documents one after the other; a context manager."""

    def add(self, document: Document, images: Iterable[RgbImage] | None = None) -> None:
        """Writes one more document; `images` are the pictures of its pages, for formats that show them."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


# The formats that are text, and may therefore go to standard output too; called with whether several documents come.
FORMATS: dict[str, Callable[[bool], Format]] = {
    ".txt": TextFormat,
    ".json": JsonFormat,
    ".jsonl": JsonLinesFormat,
}
# Every format by its suffix; called with the path and whether several documents come.
WRITERS: dict[str, Callable[[Path, bool], Writer]] = {
    ".txt": lambda path, several: TextFileWriter(path, TextFormat(several)),
    ".json": lambda path, several: TextFileWriter(path, JsonFormat(several)),
    ".jsonl": lambda path, several: TextFileWriter(path, JsonLinesFormat(several)),
    ".png": lambda path, several: AnnotatedWriter(path),
}


def check_suffix(path: str | os.PathLike[str]) -> str:
    """The suffix of an output's name, in lower case.

    Raises:
        UsageError: no format has it.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in WRITERS:
        seen = f"the suffix {suffix!r} is not known" if suffix else "it has no suffix that says its format"
        raise UsageError(f"output {path}: {seen}; allowed are {', '.join(WRITERS)}. Rename the output.")
    return suffix


def open_output(path: str | os.PathLike[str], *, several: bool = False) -> Writer:
    """The writer for `path`, to be used in a ``with`` block and given documents with `add`.

    Text files appear, whole, when the block ends well; annotated pictures one by one.

    Args:
        path: the file; its suffix says the format.
        several: whether more than one document may come: text then has headings, JSON is an array.

    Raises:
        UsageError: an unknown suffix, or several documents for a format that shows one.
        OutputError: the place cannot be written.
    """
    suffix = check_suffix(path)
    if several and suffix == ".png":
        raise UsageError(f"output {path}: a .png shows one document, but several come. Write them into a folder.")
    return WRITERS[suffix](Path(path), several)


def write_outputs(
    document: Document, path: str | os.PathLike[str], *, images: Iterable[RgbImage] | None = None
) -> None:
    """Writes `document` to `path` in the format of its suffix.

    Args:
        document: what was read.
        path: a file ending in .txt, .json, .jsonl or .png. A .png of several pages becomes NAME-1.png, NAME-2.png, ...
        images: the pictures of the pages, RGB uint8, for .png.

    Raises:
        UsageError: an unknown suffix, or a .png without `images`.
        OutputError: the place cannot be written.
    """
    with open_output(path) as output:
        output.add(document, images)
