"""What replicas on Ray read with in tests: a page's text names the replica and the picture's width. No weights."""

import os
import time
from collections.abc import Iterator, Sequence
from typing import Any

from geulnun.core.geometry import Quad
from geulnun.core.page import Line, Page, Word
from geulnun.documents import choose_pages, count_pages, open_pages
from geulnun.errors import BundleError
from geulnun.runtime.characters.decode import CharReading
from geulnun.server import Settings

GATE = "GEULNUN_TEST_GATE"
"""Environment variable with the name of a file; while it exists, nothing is read."""


class WidthReader:
    def __init__(self, settings: Settings) -> None:
        pass

    def list_pages(self, content: bytes, pages: str | None) -> list[int]:
        return choose_pages(pages, count_pages(content))

    def iter_pages(self, content: bytes, options: Any, pages: Sequence[int], dpi: float | None) -> Iterator[Page]:
        for image in open_pages(content, pages=pages, dpi=dpi):
            while os.path.exists(os.environ[GATE]):  # noqa: PTH110
                time.sleep(0.02)
            height, width, _ = image.rgb.shape
            quad = Quad.from_xyxy(0, 0, width, height)
            words = tuple(Word(text=str(each), quad=quad, confidence=0.9) for each in (os.getpid(), width))
            lines = (Line(words=words, quad=quad, confidence=0.9),)
            yield Page(width_px=width, height_px=height, number=image.number, lines=lines)

    def read_characters(self, images: Sequence[bytes], top: int) -> list[CharReading]:
        return []

    def describe(self) -> dict[str, Any]:
        return {"backend": "stand-in"}


def refuse(settings: Settings) -> WidthReader:
    raise BundleError("no weights here")
