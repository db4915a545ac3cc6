"""What the command line says on standard error while it works: a progress bar, failures, timings."""

import sys
import traceback
from types import TracebackType
from typing import TYPE_CHECKING, Self

from geulnun.cli.progress import say
from geulnun.errors import GeulnunError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Report:
    """Counts pages in a progress bar and failures for the exit code; a context manager that clears the bar.

    The bar appears when standard error is a terminal and there is more than one page.
    """

    def __init__(self, pages: int) -> None:
        """A report of a run of at least `pages` pages, one for each source."""
        self.exit_code = 0
        self._pages, self._done, self._left = pages, 0, 0
        self._label = ""
        self._shown = False
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def expect(self, pages: int) -> None:
        """Say how many pages there are in all, once that is known."""
        self._pages = max(self._pages, pages)

    def start_source(self, name: str) -> None:
        """Say which source is read now; it is taken for one page until more is known."""
        self._label = name
        self._left = 1
        self._update()

    def finish_page(self, *, left: int = 0) -> None:
        """Say that a page is done, and how many of its source are left."""
        self._done += 1
        self._pages += left + 1 - self._left
        self._left = left
        self._update()

    def finish_source(self) -> None:
        """Say that the source is done, or given up."""
        self._done += self._left
        self._left = 0
        self._update()

    def fail(self, error: Exception, name: str = "") -> None:
        """Print a failure; the first one decides the exit code."""
        code = error.exit_code if isinstance(error, GeulnunError) else 1
        self.exit_code = self.exit_code or code
        if isinstance(error, GeulnunError):
            self.say(str(error) if not name or name in str(error) else f"{name}: {error}")
            return
        details = "".join(traceback.format_exception(error)).rstrip()
        self.say(f"{name}: this is a fault of geulnun itself; please report it with these lines:\n{details}")

    def say(self, message: str) -> None:
        """Print a message without breaking the progress bar."""
        self.pause()
        say(message)

    def pause(self) -> None:
        """Take the bar away until the next page, so that something else can be printed."""
        if self._progress is not None and self._shown:
            self._progress.stop()
            self._shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pause()

    def _update(self) -> None:
        if self._pages < 2 or not _is_terminal():
            return
        if self._progress is None or self._task is None:
            self._progress, self._task = _make_bar()
        if not self._shown:
            self._progress.start()
            self._shown = True
        label = self._label if len(self._label) <= 40 else "…" + self._label[-39:]
        self._progress.update(self._task, total=self._pages, completed=self._done, description=label)


def _is_terminal() -> bool:
    return sys.stderr.isatty()


def _make_bar() -> "tuple[Progress, TaskID]":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # Not redirected: what goes to standard output must arrive there and not in the bar's console.
    progress = Progress(
        *columns, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False
    )
    return progress, progress.add_task("", total=None)
