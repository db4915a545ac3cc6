"""Worker processes on this machine: started afresh (spawn), each with an engine of its own."""

import multiprocessing
import signal
import tempfile
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import Self

from geulnun.batch.events import Event, Finished, Lost, Read
from geulnun.batch.plan import Counts, Task
from geulnun.batch.shard_reader import ReadingSettings, ShardReader
from geulnun.core.image import set_up_pillow
from geulnun.errors import GeulnunError

_STARTS = 3
_END_S = 5.0
_READY = "ready"


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    connection: "Connection[object, object]"
    ready: bool = False
    task: Task | None = None


class ProcessWorkers:
    """Processes that read tasks (see `geulnun.batch.driver.Workers`); one that dies is replaced.

    They end with the process that made them, however it ends: their pipe is closed then.
    """

    def __init__(self, settings: ReadingSettings, count: int) -> None:
        """Workers that are started when there are tasks for them.

        Args:
            settings: how they read.
            count: how many processes.
        """
        self._settings = settings
        self._count = count
        self._workers: list[_Worker] = []
        self._failed_starts = 0
        # Of all workers, so that what those leave there that are killed is removed at the end.
        self._temporary = tempfile.TemporaryDirectory(prefix="geulnun-batch-", ignore_cleanup_errors=True)

    @property
    def free(self) -> int:
        """How many more tasks can be taken now."""
        return self._count - sum(worker.task is not None for worker in self._workers)

    @property
    def pids(self) -> list[int]:
        """The ids of the processes."""
        return [worker.process.pid for worker in self._workers if worker.process.pid is not None]

    def submit(self, task: Task) -> None:
        """Give a task to a worker that is free."""
        worker = next((each for each in self._workers if each.task is None), None) or self._start()
        worker.task = task
        with suppress(OSError):  # it has died; `wait` sees that
            worker.connection.send(task)

    def wait(self) -> Iterator[Event]:
        """What has happened; waits until something has.

        Raises:
            GeulnunError: a worker cannot go on: wrong weights, a full disk, or a fault of geulnun.
        """
        busy = {worker.connection: worker for worker in self._workers if worker.task is not None}
        for connection in wait(list(busy)):
            worker = busy[connection]  # type: ignore[index]
            try:
                message = worker.connection.recv()
            except (EOFError, OSError):
                yield from self._bury(worker)
                continue
            yield from self._take(worker, message)

    def close(self) -> None:
        """End the workers: at once those that are reading, the others when they see that there are no more tasks."""
        for worker in self._workers:
            worker.connection.close()
            if worker.task is not None:
                worker.process.kill()
        for worker in self._workers:
            worker.process.join(_END_S)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
        self._workers.clear()
        self._temporary.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        arguments = theirs, self._settings, self._temporary.name
        process = context.Process(target=_work, args=arguments, name="geulnun-batch", daemon=True)
        with _ignoring_interrupts():
            process.start()
        theirs.close()
        worker = _Worker(process, ours)
        self._workers.append(worker)
        return worker

    def _take(self, worker: _Worker, message: object) -> Iterator[Event]:
        task = worker.task
        assert task is not None, "only workers with a task are listened to"
        if message == _READY:
            worker.ready = True
            self._failed_starts = 0
        elif isinstance(message, Exception):
            raise message
        elif isinstance(message, Finished):
            worker.task = None
            yield message
        elif isinstance(message, Counts):
            yield Read(task, message)

    def _bury(self, worker: _Worker) -> Iterator[Event]:
        """A worker has died: its task is lost, unless it died before it could begin."""
        worker.process.join(_END_S)
        worker.connection.close()
        self._workers.remove(worker)
        code = worker.process.exitcode
        assert worker.task is not None, "only workers with a task are listened to"
        if worker.ready:
            yield Lost(worker.task, _explain_exit(code, self._settings.document_timeout_s))
            return
        self._failed_starts += 1
        if self._failed_starts == _STARTS:
            raise GeulnunError(
                f"{_STARTS} workers in a row ended before they had opened the weights ({_explain_exit(code)}). Check "
                "that there is memory for them, or ask for fewer with --workers."
            )
        self.submit(worker.task)


def _explain_exit(code: int | None, document_timeout_s: float | None = None) -> str:
    if code == 1 and document_timeout_s is not None:
        return f"it took longer than {document_timeout_s:g} s (--document-timeout)"
    if code is None or code >= 0:
        return f"its process ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = str(-code)
    return f"its process was ended by {name}" + (", perhaps for want of memory" if name == "SIGKILL" else "")


@contextmanager
def _ignoring_interrupts() -> Iterator[None]:
    """Ctrl-C goes to all processes of a terminal; workers inherit that they ignore it, and end with their driver."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _work(connection: "Connection[object, object]", settings: ReadingSettings, temporary: str) -> None:
    """What a worker process does; its temporary files stand in a folder of that name."""
    tempfile.tempdir = temporary
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    set_up_pillow()
    try:
        reader = ShardReader(settings)
        connection.send(_READY)
        while True:
            task = connection.recv()
            assert isinstance(task, Task), "the driver sends tasks"
            counts = reader.read(task, connection.send)
            connection.send(Finished(task, counts))
    except (EOFError, BrokenPipeError, ConnectionResetError):  # the driver has ended
        return
    except Exception as error:
        known = isinstance(error, GeulnunError)
        with suppress(OSError):
            connection.send(error if known else RuntimeError(traceback.format_exc()))
