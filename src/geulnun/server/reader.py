"""What reads: an engine for documents and a reader of characters, opened once and shared by all threads."""

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from geulnun.core.image import RgbImage
from geulnun.core.page import Page
from geulnun.documents import choose_pages, count_pages, open_pages
from geulnun.reading import Engine
from geulnun.runtime.bundles.bundle import find_default
from geulnun.runtime.characters.decode import CharReading
from geulnun.runtime.characters.reader import CharacterReader
from geulnun.runtime.options import ReadOptions
from geulnun.server.settings import Settings


class Reader(Protocol):
    """Reads documents page by page, and single characters; used by several threads at once."""

    def list_pages(self, content: bytes, pages: str | None) -> list[int]:
        """The numbers of the wanted pages."""

    def iter_pages(
        self, content: bytes, options: ReadOptions, pages: Sequence[int], dpi: float | None
    ) -> Generator[Page]:
        """The wanted pages, each read when its turn comes."""

    def read_characters(self, images: Sequence[bytes], top: int) -> list[CharReading]:
        """A reading for each picture of one character."""

    def describe(self) -> dict[str, Any]:
        """What it reads with."""


class EngineReader:
    """The reader of a server: `geulnun.Engine` and `geulnun.CharacterReader`."""

    def __init__(self, settings: Settings) -> None:
        """Open the weights that the settings name, else the bundled ones.

        Raises:
            BundleError: weights that are missing, damaged or do not fit.
            MissingExtraError: a backend that is not installed.
            UsageError: an unknown backend or precision.
        """
        self._max_pixels = settings.max_pixels
        self._chosen = {"detector": settings.detector, "recognizer": settings.recognizer}
        self._engine = Engine(
            settings.detector, settings.recognizer, settings.backend, settings.threads, settings.precision
        )
        self._characters = CharacterReader(threads=settings.threads, backend=settings.backend)

    def list_pages(self, content: bytes, pages: str | None) -> list[int]:
        """The numbers of the wanted pages.

        Raises:
            InputError: not a picture or PDF.
            UsageError: wrong pages.
        """
        return choose_pages(pages, count_pages(content))

    def iter_pages(
        self, content: bytes, options: ReadOptions, pages: Sequence[int], dpi: float | None
    ) -> Generator[Page]:
        """The wanted pages, each read when its turn comes.

        Raises:
            InputError: not a picture or PDF, or a damaged page.
        """
        for page, _ in self._engine.iter_pages(content, options, pages=pages, dpi=dpi, max_pixels=self._max_pixels):
            yield page

    def read_characters(self, images: Sequence[bytes], top: int) -> list[CharReading]:
        """A reading for each picture of one character.

        Raises:
            InputError: not a picture, or one that is too large.
        """
        return self._characters.predict(list(images), n=top, max_pixels=self._max_pixels)

    def describe(self) -> dict[str, Any]:
        """What it reads with."""
        kinds = ("detector", "recognizer", "orientation", "language", "characters")
        names = {kind: Path(self._chosen.get(kind) or find_default(kind)).name for kind in kinds}
        return {**names, "backends": {**self._engine.backends, "characters": self._characters.backend}}


def draw_pages(content: bytes, pages: Sequence[int], dpi: float | None, max_pixels: int) -> Iterator[RgbImage]:
    """The pictures of the pages once more: to keep them while reading would cost memory."""
    for page in open_pages(content, pages=pages, dpi=dpi, max_pixels=max_pixels):
        yield page.rgb
