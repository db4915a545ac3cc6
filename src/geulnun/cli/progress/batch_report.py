"""How far a batch is: a progress bar on a terminal, else a line now and then."""

import sys
import time
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Self

from geulnun.cli.progress import say

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from geulnun.batch import Progress

_LINE_EVERY_S = 30.0


class BatchReport:
    """Shows documents done, pages a second and the time left; a context manager that clears its bar."""

    def __init__(self) -> None:
        """A report whose clock starts now."""
        self._start = time.monotonic()
        self._line_due = self._start + _LINE_EVERY_S
        self._bar: tuple[Bar, TaskID] | None = None

    def show(self, progress: "Progress") -> None:
        """Show where the run stands."""
        if progress.counts.documents == progress.total and self._bar is None:
            return
        text = describe_speed(progress, time.monotonic() - self._start)
        if sys.stderr.isatty():
            bar, task = self._bar = self._bar or _start_bar()
            bar.update(task, total=progress.total, completed=progress.counts.documents, description=text)
        elif time.monotonic() >= self._line_due:
            self._line_due = time.monotonic() + _LINE_EVERY_S
            say(f"{progress.counts.documents:,} of {progress.total:,} documents, {text}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar[0].stop()


def describe_speed(progress: "Progress", seconds: float) -> str:
    """Pages a second of this run, the time left at this pace, and failures so far."""
    new = progress.counts - progress.earlier
    failed = f", {progress.counts.failed:,} failed" if progress.counts.failed else ""
    if not new.documents or seconds <= 0:
        return f"starting{failed}"
    left = (progress.total - progress.counts.documents) * seconds / new.documents
    speed = new.pages / seconds
    return f"{speed:.{1 if speed >= 1 else 2}f} pages/s, {timedelta(seconds=round(left))} left{failed}"


def _start_bar() -> "tuple[Bar, TaskID]":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("documents, {task.description}", markup=False))
    bar = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False)
    bar.start()
    return bar, bar.add_task("", total=None)
