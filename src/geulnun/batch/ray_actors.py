"""Workers on a Ray cluster: actors with an engine each, as many as there are tasks and places for.

Ray only carries tasks (names of documents) to the actors, and counts back. Documents are fetched and results are
written by the actors themselves, so that no picture passes through the object store. A node that ends takes its actors
with it; their tasks are lost like those of a process that dies, and are split.
"""

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from geulnun.batch.events import Event, Finished, Lost
from geulnun.batch.plan import Counts, Task
from geulnun.batch.shard_reader import ReadingSettings, ShardReader
from geulnun.cluster import connect
from geulnun.core.image import set_up_pillow
from geulnun.errors import GeulnunError, first_line

_STARTS = 3
_WAIT_S = 1.0
_SIZE_EVERY_S = 10.0


class ReadingActor:
    """What runs on the cluster."""

    def __init__(self, settings: ReadingSettings) -> None:
        self._settings = settings
        self._reader: ShardReader | None = None

    def open(self) -> None:
        """Open the engine. Not done by the constructor, so that an error comes back as what it is."""
        set_up_pillow()
        self._reader = ShardReader(self._settings)

    def read(self, task: Task) -> Counts:
        """Read a task; what it counts."""
        assert self._reader is not None, "opened before the first task"
        return self._reader.read(task, lambda counts: None)


@dataclass(slots=True)
class _Actor:
    """An actor and the call that runs on it: opening while there is no task."""

    handle: Any
    task: Task | None = None


class RayWorkers:
    """Actors of a Ray cluster that read tasks (see `geulnun.batch.driver.Workers`).

    There is an actor for each task that can be read now. Where there are more tasks than cores and `count` allows it,
    actors wait for cores, which is what a cluster with autoscaling grows by; actors without tasks are ended, which is
    what it shrinks by.
    """

    def __init__(self, settings: ReadingSettings, address: str, *, memory_gb: float, count: int | None = None) -> None:
        """Connect to a cluster.

        Args:
            settings: how actors read.
            address: of the cluster, see `geulnun.cluster.connect`.
            count: how many actors at most; None: as many as the cluster has cores.
            memory_gb: memory that Ray sets aside for an actor, so that a node gets no more of them than it can hold.

        Raises:
            MissingExtraError: Ray is not installed.
            UsageError: this computer has no room for an actor.
            GeulnunError: the cluster cannot be reached.
        """
        self._ray, self._connected = connect(address, cpus=1, memory_gb=memory_gb)
        self._settings = settings
        self._most = count
        self._make_actor = self._ray.remote(num_cpus=1, memory=int(memory_gb * 2**30), max_restarts=0)(ReadingActor)
        self._calls: dict[Any, _Actor] = {}
        self._idle: list[_Actor] = []
        self._waiting: deque[Task] = deque()
        self._failed_starts = 0
        self._size = (0, -_SIZE_EVERY_S)

    @property
    def free(self) -> int:
        """How many more tasks can be taken now."""
        busy = sum(actor.task is not None for actor in self._calls.values())
        return self._count_places() - busy - len(self._waiting)

    def submit(self, task: Task) -> None:
        """Give a task to an actor that is idle; otherwise it waits for one, and one more is asked for."""
        self._waiting.append(task)
        if self._idle:
            self._hand_out(self._idle.pop())
        elif len(self._calls) < self._count_places():
            actor = _Actor(self._make_actor.remote(self._settings))
            self._calls[actor.handle.open.remote()] = actor

    def wait(self) -> Iterator[Event]:
        """What has happened; waits until something has, or for a second, in which the cluster may have grown.

        Raises:
            GeulnunError: an actor cannot go on: wrong weights, a full disk, or a fault of geulnun.
        """
        while self._idle:  # there was no task for them
            self._ray.kill(self._idle.pop().handle)
        ready, _ = self._ray.wait(list(self._calls), num_returns=1, timeout=_WAIT_S)
        for call in ready:
            yield from self._end_call(call)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for actor in (*self._calls.values(), *self._idle):
            self._ray.kill(actor.handle)
        if self._connected:
            self._ray.shutdown()

    def _end_call(self, call: Any) -> Iterator[Event]:
        actor = self._calls.pop(call)
        task, actor.task = actor.task, None
        try:
            counts = self._ray.get(call)
        except self._ray.exceptions.RayTaskError as error:
            raise error.cause if isinstance(error.cause, GeulnunError) else RuntimeError(str(error)) from error
        except self._ray.exceptions.RayError as error:  # the actor or its node has ended
            reason = first_line(error)
            if task is None:
                self._note_failed_start(reason)
            else:
                limit = self._settings.document_timeout_s
                yield Lost(task, reason if limit is None else f"{reason}, or a document took longer than {limit:g} s")
            return
        self._failed_starts = 0
        if task is not None:
            yield Finished(task, counts)
        self._hand_out(actor)

    def _hand_out(self, actor: _Actor) -> None:
        if not self._waiting:
            self._idle.append(actor)
            return
        actor.task = self._waiting.popleft()
        self._calls[actor.handle.read.remote(actor.task)] = actor

    def _note_failed_start(self, reason: str) -> None:
        self._failed_starts += 1
        if self._failed_starts == _STARTS:
            raise GeulnunError(
                f"{_STARTS} actors in a row ended before they had opened the weights ({reason}). Check that each node "
                "has the same geulnun installed, and memory for its actors (--worker-memory)."
            )
        if self._waiting:
            self.submit(self._waiting.popleft())

    def _count_places(self) -> int:
        """How many actors there may be."""
        if self._most is not None:
            return self._most
        cores, seen = self._size
        if time.monotonic() - seen >= _SIZE_EVERY_S:
            cores = int(self._ray.cluster_resources().get("CPU", 1))
            self._size = (cores, time.monotonic())
        return max(1, cores)
