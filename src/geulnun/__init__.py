"""geulnun reads Korean: pictures, scans and PDFs to text, on a CPU, offline.

    >>> import geulnun
    >>> print(geulnun.read("page.png").text)
    >>> engine = geulnun.Engine(threads=2)
    >>> document = engine.read("scan.pdf", pages="1-3")
    >>> document.pages[0].lines[0].words[0].quad
    >>> for page, image in engine.iter_pages("book.pdf"):  # as they are read, one at a time
    ...     print(page.number, page.text)

The names below are looked up when they are first used, so that `import geulnun` costs nothing.
"""

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geulnun._version import __version__
    from geulnun.core.geometry import Quad
    from geulnun.core.page import Alternative, Char, Document, Line, Page, Word
    from geulnun.errors import GeulnunError
    from geulnun.reading import Engine, read
    from geulnun.runtime.characters.decode import CharReading
    from geulnun.runtime.characters.reader import CharacterReader
    from geulnun.runtime.detection.options import TextThresholds
    from geulnun.runtime.options import ReadOptions
    from geulnun.tesseract import Output, image_to_boxes, image_to_data, image_to_string

# Builds of ONNX Runtime (1.31.1 for Linux is one) send telemetry to their maker once they are imported, unless this
# stands in the environment before. geulnun uses no network. A value that is there already stays.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

_HOMES = {
    "Alternative": "geulnun.core.page",
    "Char": "geulnun.core.page",
    "CharReading": "geulnun.runtime.characters.decode",
    "CharacterReader": "geulnun.runtime.characters.reader",
    "Document": "geulnun.core.page",
    "Engine": "geulnun.reading",
    "GeulnunError": "geulnun.errors",
    "Line": "geulnun.core.page",
    "Output": "geulnun.tesseract",
    "Page": "geulnun.core.page",
    "Quad": "geulnun.core.geometry",
    "ReadOptions": "geulnun.runtime.options",
    "TextThresholds": "geulnun.runtime.detection.options",
    "Word": "geulnun.core.page",
    "__version__": "geulnun._version",
    "image_to_boxes": "geulnun.tesseract",
    "image_to_data": "geulnun.tesseract",
    "image_to_string": "geulnun.tesseract",
    "read": "geulnun.reading",
}

__all__ = [
    "Alternative",
    "Char",
    "CharReading",
    "CharacterReader",
    "Document",
    "Engine",
    "GeulnunError",
    "Line",
    "Output",
    "Page",
    "Quad",
    "ReadOptions",
    "TextThresholds",
    "Word",
    "__version__",
    "image_to_boxes",
    "image_to_data",
    "image_to_string",
    "read",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'geulnun' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
