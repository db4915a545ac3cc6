"""Reading for the tools, in one worker thread: page by page, with progress, until the client cancels."""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio.from_thread

from geulnun.core.page import Page
from geulnun.documents import PageImage, choose_pages, count_pages
from geulnun.errors import OutputError, UsageError
from geulnun.mcp.sources import Source
from geulnun.outputs import DocumentInfo, OutputOptions, open_writer
from geulnun.outputs.writer import ExistingText
from geulnun.reading import Engine

MOST_PAGES = 20
"""Pages that one call reads; a client waits a minute or so for an answer."""

Report = Callable[[int, int], None]
"""Told after each page how many of how many are read."""


class SharedEngine:
    """An engine that is opened when it is first needed, so that a client's start does not wait for it."""

    def __init__(self, open_engine: Callable[[], Engine]) -> None:
        self._open = open_engine
        self._lock = threading.Lock()
        self._engine: Engine | None = None

    def get(self) -> Engine:
        """The one engine.

        Raises:
            GeulnunError: as of `Engine`.
        """
        with self._lock:
            if self._engine is None:
                self._engine = self._open()
            return self._engine


def read_some_pages(
    engine: SharedEngine, source: Source, wanted: str | None, report: Report
) -> tuple[list[Page], list[int], int]:
    """The first `MOST_PAGES` of the wanted pages, the numbers of the others, and how many pages the document has.

    Raises:
        GeulnunError: the document cannot be read, or has no such pages.
    """
    count = count_pages(source.content)
    numbers = choose_pages(wanted, count)
    now, left = numbers[:MOST_PAGES], numbers[MOST_PAGES:]
    images = engine.get().iter_pages(source.content, pages=now)
    return [page for page, _ in _follow(images, len(now), report)], left, count


def write_searchable_pdf(
    engine: SharedEngine, source: Source, output: Path, existing_text: ExistingText, report: Report
) -> int:
    """Write `source` with a text layer to `output`, whole or not at all; the number of its pages.

    Raises:
        GeulnunError: the document cannot be read or the place cannot be written; there is a file already.
    """
    if output.suffix.lower() != ".pdf":
        raise UsageError(f"output {output} does not end in .pdf. Name it so.")
    _refuse_existing(output)
    count = count_pages(source.content)
    with open_writer(output, options=OutputOptions(existing_text=existing_text)) as writer:
        writer.start_document(DocumentInfo(name=source.name, content=source.content, page_count=count))
        for page, image in _follow(engine.get().iter_pages(source.content), count, report):
            writer.write_page(page, image.rgb)
        _refuse_existing(output)  # somebody may have written it meanwhile
    return count


def _refuse_existing(output: Path) -> None:
    if os.path.exists(output):
        raise OutputError(f"{output} exists. Name another output, or delete the file first.")


def _follow(pages: Iterator[tuple[Page, PageImage]], count: int, report: Report) -> Iterator[tuple[Page, PageImage]]:
    """The pages as they come; tells `report` of each, and ends between two when the client has cancelled."""
    for done, page in enumerate(pages, start=1):
        anyio.from_thread.check_cancelled()
        report(done, count)
        yield page
