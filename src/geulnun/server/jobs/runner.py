"""Jobs from their beginning to their end: read, watched, cancelled, deleted when their time is over."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from geulnun.server.intake.choices import ReadChoices
from geulnun.server.jobs.store import Job, JobStore, make_id
from geulnun.server.refusals import Refusal, as_refusal

if TYPE_CHECKING:
    from geulnun.server.services import Services

T = TypeVar("T")
_SWEEP_S = 20.0
_log = logging.getLogger(__name__)


class JobRunner:
    """The jobs of one server. It runs in the event loop; threads read pages, and read and write what is large."""

    def __init__(self, store: JobStore, max_jobs: int, keep_s: float) -> None:
        self._store = store
        self._max_jobs = max_jobs
        self._keep_s = keep_s
        self._jobs: dict[str, Job] = {job.id: job for job in store.load()}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()
        self._sweeper: asyncio.Task[None] | None = None
        # Both are there from `start` on.
        self._services: Services
        self._turn: asyncio.Semaphore

    @property
    def active(self) -> int:
        """Jobs that have not ended."""
        return sum(not job.ended for job in self._jobs.values())

    def start(self, services: "Services") -> None:
        """Go on with the jobs that an earlier server left."""
        self._services = services
        # As many jobs advance at once as pages are read at once; their pages wait in the same line as all others.
        self._turn = asyncio.Semaphore(services.limiter.slots)
        for job in self._jobs.values():
            if not job.ended:
                self._launch(job)
        self._sweeper = asyncio.create_task(self._sweep())

    async def stop(self) -> None:
        """Stop between two pages; what has been read is kept."""
        tasks = [*self._tasks.values(), *([self._sweeper] if self._sweeper else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def add(
        self, content: bytes, numbers: list[int], choices: ReadChoices, *, name: str | None, owner: str
    ) -> Job:
        """A new job, which starts when its turn comes.

        Raises:
            Refusal: 503, no room for one more.
            OutputError: the disk is full.
        """
        if len(self._jobs) >= self._max_jobs:
            raise Refusal(
                503,
                "jobs-full",
                f"{len(self._jobs)} jobs are kept, which is all there is room for (max_jobs). Delete finished ones, or "
                "try again later.",
                headers={"Retry-After": "60"},
            )
        job = Job(
            id=make_id(),
            owner=owner,
            name=name,
            numbers=tuple(numbers),
            choices=choices.model_dump(exclude_unset=True),
            created=time.time(),
        )
        self._jobs[job.id] = job  # before it is written, so that no other one takes its place meanwhile
        try:
            await self._finish(partial(self._store.add, job, content))
        except BaseException:
            del self._jobs[job.id]
            self._store.remove(job)
            raise
        self._launch(job)
        return job

    def find(self, job_id: str, owner: str) -> Job:
        """The job of this id.

        Raises:
            Refusal: 404, there is none, or it is another's.
        """
        job = self._jobs.get(job_id)
        if job is None or job.owner != owner:
            raise _refuse_unknown()
        return job

    async def read(self, function: Callable[[JobStore], T], *, long: bool = False) -> T:
        """What `function` makes of the files of a job, in a thread; one where it keeps nobody waiting, if it is long.

        Raises:
            Refusal: 404, the job has been removed meanwhile.
        """
        try:
            run = self._services.limiter.run_writing if long else self._services.limiter.run_aside
            return await run(lambda: function(self._store))
        except FileNotFoundError:
            raise _refuse_unknown() from None

    async def remove(self, job: Job) -> None:
        """Cancel a job if it has not ended, and delete all there is of it."""
        if task := self._tasks.get(job.id):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._jobs.pop(job.id, None)
        self._store.remove(job)
        self.announce()

    async def watch(self, job_id: str) -> AsyncIterator[Job | None]:
        """The job now and after each change, until it has ended or is gone, or the server stops.

        Yields:
            The job; None whenever nothing happened for 15 seconds.
        """
        seen: Job | None = None
        while (job := self._jobs.get(job_id)) and not self._services.stopping.is_set():
            changed = self._changed
            if job is not seen:
                seen = job
                yield job
                if job.ended:
                    return
                continue
            try:
                await asyncio.wait_for(changed.wait(), 15.0)
            except TimeoutError:
                yield None

    def announce(self) -> None:
        """Let those who watch look again."""
        self._changed.set()
        self._changed = asyncio.Event()

    def expires(self, job: Job) -> float | None:
        """When the job is deleted, in seconds since 1970; None as long as it has not ended."""
        return None if job.finished is None else job.finished + self._keep_s

    def _launch(self, job: Job) -> None:
        task = asyncio.create_task(self._run(job))
        self._tasks[job.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(job.id, None))

    async def _run(self, job: Job) -> None:
        try:
            async with self._turn:
                job = self._keep(replace(job, status="running"))
                job = await self._read(job)
                self._keep(replace(job, status="done", finished=time.time()))
        except Exception as error:
            refusal = as_refusal(error)
            _log.warning(
                "job failed",
                extra={"facts": {"job": job.id[:6], "code": refusal.code}},
                exc_info=error if refusal.status == 500 else None,
            )
            told = {"code": refusal.code, "detail": refusal.detail}
            latest = self._jobs.get(job.id, job)
            self._keep(replace(latest, status="failed", error=told, finished=time.time()))

    async def _read(self, job: Job) -> Job:
        # Imported here, because services know of jobs.
        from geulnun.server.services import read_pages

        left = list(job.numbers[job.pages_done :])
        choices = ReadChoices.model_validate(job.choices)
        content = await self.read(lambda store: store.read_source(job))
        async for page in read_pages(self._services, content, choices, left):
            job = await self._finish(partial(self._store.add_page, job, page))
            self._jobs[job.id] = job
            self.announce()
        return job

    async def _finish(self, write: Callable[[], T]) -> T:
        """What `write` returns, in a thread; who is cancelled waits for its end, so that nothing is written later."""
        writing = asyncio.ensure_future(self._services.limiter.run_aside(write))
        cancelled: asyncio.CancelledError | None = None
        while not writing.done():
            try:
                await asyncio.wait([writing])
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled:
            raise cancelled
        return writing.result()

    def _keep(self, job: Job) -> Job:
        self._jobs[job.id] = job
        try:
            self._store.save(job)
        except OSError as error:
            _log.error("a job's state cannot be written", extra={"facts": {"reason": error.strerror}})
        self.announce()
        return job

    async def _sweep(self) -> None:
        """Delete what has been kept long enough, for ever."""
        while True:
            now = time.time()
            for job in list(self._jobs.values()):
                if (end := self.expires(job)) is not None and end <= now:
                    await self.remove(job)
            await asyncio.sleep(min(_SWEEP_S, max(0.1, self._keep_s / 4)))


def _refuse_unknown() -> Refusal:
    return Refusal(404, "no-such-job", "there is no job of this id; it may have been deleted after its time.")
