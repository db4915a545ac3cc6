"""Documents as bytes of the format that a client asked for."""

import io
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from geulnun.core.image import RgbImage
from geulnun.core.page import Document
from geulnun.outputs import write_document
from geulnun.server.refusals import Refusal


class Form(NamedTuple):
    """A format as the server speaks of it: the suffix of its files and its media type."""

    suffix: str
    media_type: str


FORMATS = {
    "json": Form(".json", "application/json"),
    "txt": Form(".txt", "text/plain; charset=utf-8"),
    "md": Form(".md", "text/markdown; charset=utf-8"),
    "jsonl": Form(".jsonl", "application/jsonl"),
    "tsv": Form(".tsv", "text/tab-separated-values; charset=utf-8"),
    "hocr": Form(".hocr", "text/vnd.hocr+html; charset=utf-8"),
    "alto": Form(".alto.xml", "application/alto+xml"),
    "page": Form(".page.xml", "application/vnd.prima.page+xml"),
    "csv": Form(".csv", "text/csv; charset=utf-8"),
    "xlsx": Form(".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "docx": Form(".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "pdf": Form(".pdf", "application/pdf"),
    "png": Form(".png", "image/png"),
}
"""By the name that ``?format=`` takes; one whose extra is not installed is answered 501."""

_SHOWING = {"png"}
_ALIASES = {"text/html": "hocr", "application/xml": "alto", "application/x-ndjson": "jsonl", "text/*": "txt"}


def choose_format(name: str | None, accept: str) -> str:
    """The name of the format that is asked for; "json" if nothing is.

    Args:
        name: of ``?format=``, one of `FORMATS` or a suffix without its first dot; it goes before `accept`.
        accept: the header Accept.

    Raises:
        Refusal: 400, an unknown name; 406, nothing that `accept` allows is written here.
    """
    if name is not None:
        found = next((key for key, form in FORMATS.items() if name in (key, form.suffix[1:])), None)
        if found is None:
            raise Refusal(400, "wrong-option", f"format {name!r} is not known; allowed are {', '.join(FORMATS)}.")
        return found
    by_type = {form.media_type.partition(";")[0]: key for key, form in reversed(FORMATS.items())}
    for media_type in _sort_accepted(accept):
        if media_type in ("*/*", "application/*"):
            return "json"
        found = by_type.get(media_type) or _ALIASES.get(media_type)
        if found in FORMATS:
            return found
    if not accept.strip():
        return "json"
    raise Refusal(
        406, "not-acceptable", f"nothing that Accept allows is written here; formats are {', '.join(FORMATS)}."
    )


class Written(NamedTuple):
    """A document in a format: one file, or a zip of several."""

    body: bytes
    suffix: str
    media_type: str


def format_document(document: Document, name: str, content: bytes, draw: Callable[[], Iterable[RgbImage]]) -> Written:
    """The document in a format of `FORMATS`; where that has a file for each page, they come as a zip.

    Args:
        document: what was read.
        name: of the format.
        content: the picture or PDF that it was read from.
        draw: draws its pages again, for formats that show them.

    Raises:
        GeulnunError: the format cannot carry this document.
    """
    form = FORMATS[name]
    with tempfile.TemporaryDirectory(prefix="geulnun-") as folder:
        path = Path(folder) / f"document{form.suffix}"
        write_document(document, path, images=draw() if name in _SHOWING else None, content=content)
        files = sorted(Path(folder).iterdir())
        if files == [path]:
            return Written(path.read_bytes(), *form)
        return Written(_zip_files(files), ".zip", "application/zip")


def _zip_files(files: list[Path]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.name)
    return packed.getvalue()


def _sort_accepted(accept: str) -> list[str]:
    """Media types of the header Accept, the best liked first; those with q=0 left out."""
    weighted = []
    for position, part in enumerate(accept.split(",")[:32]):
        media_type, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = next((_parse_weight(each[2:]) for each in parameters if each.startswith("q=")), 1.0)
        if media_type and weight > 0:
            weighted.append((-weight, position, media_type))
    return [media_type for _, _, media_type in sorted(weighted)]


def _parse_weight(text: str) -> float:
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return 0.0
