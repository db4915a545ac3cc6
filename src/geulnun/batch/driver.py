"""Hands out shards, splits those over which workers die, merges the pieces, and counts.

A document that kills its worker is found by halving: of a shard over which a worker died, each half becomes a task of
its own, and so on down to one document. If that one dies too, `ATTEMPTS` times alone, an error is its record.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from geulnun.batch.events import Event, Finished, Lost, Read
from geulnun.batch.place import Place, write_file
from geulnun.batch.plan import SUCCESS, Counts, Plan, Task, start_or_resume
from geulnun.batch.records import dump, make_error
from geulnun.batch.shards import read_counts, read_shard, write_shard
from geulnun.errors import GeulnunError
from geulnun.outputs.text_writer import encode

ATTEMPTS = 3
_READERS = 16


class WorkerDied(GeulnunError):
    """A document over which workers died."""


class Workers(Protocol):
    """What reads tasks, several at once; a context manager that ends the workers."""

    @property
    def free(self) -> int:
        """How many more tasks can be taken now."""

    def submit(self, task: Task) -> None:
        """Take one more task."""

    def wait(self) -> Iterable[Event]:
        """What has happened; waits until something has, or for a while.

        Raises:
            GeulnunError: the run cannot go on: wrong weights, a full disk, or a fault of geulnun.
        """


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands.

    Attributes:
        total: documents of the run.
        counts: what is done, earlier runs included.
        earlier: what earlier runs had done.
    """

    total: int
    counts: Counts
    earlier: Counts


OpenWorkers = Callable[[], AbstractContextManager[Workers]]
Report = Callable[[Progress], None]


def run_batch(
    plan: Plan, place: Place, open_workers: OpenWorkers, *, retry_failed: bool = False, report: Report
) -> Counts:
    """Make all shards that are not there yet, and then ``_SUCCESS``; the counts of the whole run.

    Args:
        plan: the shards.
        place: where they go.
        open_workers: starts the workers; not called if nothing is to be read.
        retry_failed: whether documents that failed in earlier runs are tried again first.
        report: called whenever something is done.

    Raises:
        UsageError: the place holds something else.
        OutputError: the place cannot be written; what is done so far stays.
        GeulnunError: the workers cannot go on.
    """
    start_or_resume(plan, place)
    names = place.list_names()
    run = _Run(plan, place, report, _count_done(plan, place, names))
    tasks = deque(run.retries() if retry_failed else ())
    tasks.extend(plan.tasks(names))
    run.tell()
    if tasks:
        place.remove([SUCCESS])
        try:
            with open_workers() as workers:
                _work_off(tasks, workers, run)
        finally:
            place.tidy()
        names.discard(SUCCESS)
    if SUCCESS not in names:
        _write_success(place, run.counts, len(plan.shards))
    return run.counts


def _work_off(tasks: deque[Task], workers: Workers, run: "_Run") -> None:
    open_tasks = 0
    while tasks or open_tasks:
        while tasks and workers.free > 0:
            workers.submit(tasks.popleft())
            open_tasks += 1
        for event in workers.wait():
            open_tasks -= not isinstance(event, Read)
            tasks.extendleft(run.take(event))


def _count_done(plan: Plan, place: Place, names: set[str]) -> dict[int, Counts]:
    done = [shard for shard in plan.shards if plan.name(shard) in names]
    with ThreadPoolExecutor(_READERS) as pool:
        return dict(zip(done, pool.map(lambda shard: read_counts(place, plan.name(shard)), done), strict=True))


def _write_success(place: Place, counts: Counts, shards: int) -> None:
    data = {"documents": counts.documents, "pages": counts.pages, "failed": counts.failed, "shards": shards}
    write_file(place, SUCCESS, (dump(data) + "\n").encode())


@dataclass(slots=True)
class _Split:
    """A shard that is made of pieces.

    Attributes:
        open: tasks that have not ended.
        pieces: names of the pieces that are there.
        retried: whether the pieces replace records of a shard that is there, in place of making it up.
    """

    open: int = 0
    pieces: set[str] = field(default_factory=set)
    retried: bool = False


class _Run:
    """The state of a run: what is done, and which shards are in pieces.

    Attributes:
        counts: of finished shards, and of what is read of the others.
    """

    def __init__(self, plan: Plan, place: Place, report: Report, done: dict[int, Counts]) -> None:
        self._plan = plan
        self._place = place
        self._report = report
        self._done = done
        self.counts = self._earlier = sum(done.values(), Counts())
        self._reading: dict[str, Counts] = {}
        self._splits: dict[int, _Split] = {}

    def tell(self) -> None:
        """Report where the run stands."""
        self._report(Progress(len(self._plan.documents), self.counts, self._earlier))

    def retries(self) -> Iterator[Task]:
        """A task for the failed documents of each finished shard."""
        for shard in [shard for shard, counts in self._done.items() if counts.failed]:
            failed = {encode(each["id"]) for each in read_shard(self._place, self._plan.name(shard)) if "error" in each}
            documents = tuple(each for each in self._plan.documents_of(shard) if encode(each.id) in failed)
            self._splits[shard] = _Split(open=1, retried=True)
            self._earlier -= Counts(len(failed), 0, len(failed))
            self.counts = self._earlier
            yield Task(shard, 0, documents, self._plan.piece_name(shard, 0))

    def take(self, event: Event) -> list[Task]:
        """Note an event; the tasks that come of it."""
        tasks: list[Task] = []
        if isinstance(event, Read):
            self._note(event.task, self._reading.get(event.task.target, Counts()) + event.counts)
        elif isinstance(event, Finished):
            self._finish(event.task, event.counts)
        else:
            self._note(event.task, Counts())
            tasks = self._split(event)
        self.tell()
        return tasks

    def _note(self, task: Task, counts: Counts) -> None:
        """Note what has been read of a task so far."""
        self.counts += counts - self._reading.get(task.target, Counts())
        self._reading[task.target] = counts

    def _finish(self, task: Task, counts: Counts) -> None:
        self._note(task, counts)
        self._reading.pop(task.target)
        split = self._splits.get(task.shard)
        if split is None:
            return
        split.pieces.add(task.target)
        split.open -= 1
        if not split.open:
            self._merge(task.shard, split)

    def _merge(self, shard: int, split: _Split) -> None:
        """Make the shard of its pieces."""
        name, pieces = self._plan.name(shard), sorted(split.pieces)
        records = (record for piece in pieces for record in read_shard(self._place, piece))
        write_shard(self._place, name, self._replace_failed(name, records) if split.retried else records)
        self._place.remove(pieces)
        del self._splits[shard]

    def _replace_failed(self, name: str, records: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The records of a shard that is there, those of `records` in the place of failed ones.

        Ids are compared as they are encoded: Parquet holds no other form of a file name that is not UTF-8.
        """
        new = {encode(record["id"]): record for record in records}
        for before in read_shard(self._place, name):
            after = new.get(encode(before["id"]), before)
            if after is not before and "error" in after:
                after = {**after, "attempts": before["attempts"] + after["attempts"]}
            yield after

    def _split(self, lost: Lost) -> list[Task]:
        """The halves of a task over which a worker died; of one document, the task again or its record."""
        task = lost.task
        if len(task.documents) == 1:
            if task.attempt < ATTEMPTS:
                return [replace(task, attempt=task.attempt + 1)]
            self._give_up(task, lost.reason)
            return []
        split = self._splits.setdefault(task.shard, _Split(open=1))
        split.open += 1
        middle = (len(task.documents) + 1) // 2
        return [
            Task(task.shard, first, documents, self._plan.piece_name(task.shard, first))
            for first, documents in (
                (task.first + middle, task.documents[middle:]),
                (task.first, task.documents[:middle]),
            )
        ]

    def _give_up(self, task: Task, reason: str) -> None:
        """Write the record of a document over which every worker died."""
        error = WorkerDied(f"reading it ended the worker {ATTEMPTS} times: {reason}. Look at it with geulnun read.")
        record = make_error(task.documents[0].id, error, ATTEMPTS)
        self._finish(task, write_shard(self._place, task.target, [record]))
