"""What reads in these tests, in workers too: a document is text, a page a line of it. No weights, no pictures.

Run as a program, it is a driver that ends itself: ``python stand_in.py PLACE DOCUMENTS KILL_AT``.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geulnun.batch import (
    Plan,
    ProcessWorkers,
    Progress,
    ReadingSettings,
    find_documents,
    find_shared_names,
    open_place,
    run_batch,
)
from geulnun.core.geometry import Quad
from geulnun.core.page import Line, Page, Word
from geulnun.documents import PageImage
from geulnun.errors import BundleError, InputError

PIXELS = np.full((4, 8, 3), 255, np.uint8)


@dataclass(frozen=True)
class StandIn:
    """Opens readers; notes in a file which process has begun which document, and takes its time over each."""

    log: Path | None = None
    pause_s: float = 0.0

    def __call__(self) -> "TextReader":
        return TextReader(self.log, self.pause_s)


class TextReader:
    def __init__(self, log: Path | None, pause_s: float = 0.0) -> None:
        self._log = log
        self._pause_s = pause_s

    def iter_pages(self, source: Path | bytes, options=None, *, pages=None, dpi=None) -> Iterator:
        text = (source if isinstance(source, bytes) else source.read_bytes()).decode()
        if self._log is not None:
            with self._log.open("a") as log:
                log.write(f"{os.getpid()}\n")
        time.sleep(self._pause_s)
        for number, line in enumerate(text.splitlines(), start=1):
            if line == "poison":
                os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
            if line == "together" and self._log is not None:
                while len(set(self._log.read_text().split())) < 2:
                    time.sleep(0.02)
            if line == "hang":
                time.sleep(3600)
            if line == "wrong":
                raise InputError("this is no picture.")
            if line == "fault":
                raise ZeroDivisionError("a fault")
            quad = Quad.from_xyxy(0, 0, 8, 4)
            lines = (Line(words=(Word(text=line, quad=quad, confidence=0.9),), quad=quad, confidence=0.9),)
            page = Page(width_px=8, height_px=4, number=number, lines=lines)
            yield page, PageImage(rgb=PIXELS, number=number)


@dataclass(frozen=True)
class FullDisk:
    """Opens a reader in whose process no file may grow beyond some kilobytes."""

    def __call__(self) -> TextReader:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        return TextReader(None)


def refuse() -> TextReader:
    raise BundleError("no weights here")


def die() -> TextReader:
    os._exit(1)


def make_settings(place: str | Path, folder: Path, **more) -> ReadingSettings:
    more = {"open_engine": StandIn(), **more}
    return ReadingSettings(engine="stand-in", place=open_place(str(place)), folder=str(folder), **more)


def run(place: str | Path, folder: Path, sources=("scans",), *, workers=1, size=4, report=None, retry=False, **more):
    """Run a batch with sources that are relative to `folder`, which is the current one."""
    documents = find_documents(sources)
    settings = make_settings(place, folder, shared_names=find_shared_names(documents), **more)
    plan = Plan(documents=documents, shard_size=size, suffix=settings.shard_suffix)
    return run_batch(
        plan,
        settings.place,
        lambda: ProcessWorkers(settings, workers),
        retry_failed=retry,
        report=report or (lambda progress: None),
    )


def main(place: str, folder: str, kill_at: str) -> None:
    os.chdir(folder)

    def end(progress: Progress) -> None:
        if (progress.counts - progress.earlier).documents >= int(kill_at):
            os.kill(os.getpid(), signal.SIGKILL)

    run(place, Path(folder), workers=2, report=end)


if __name__ == "__main__":
    main(*sys.argv[1:])
