"""Places for pages that are read at once, and a bounded number of requests that wait for one."""

import asyncio
import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TypeVar

from geulnun.server.refusals import Refusal

T = TypeVar("T")
_SMOOTHING = 0.1  # of the mean time of a page, for each new page


class Limiter:
    """Runs page after page in threads, never more at once than there are slots; the rest waits in order.

    A document takes a slot for each of its pages anew, so that long documents and short ones advance side by side. A
    thread cannot be stopped: a slot is free again when its page has been read, even if nobody waits for it any more.

    Attributes:
        slots: pages that are read at once.
        places: requests that may be inside at once, waiting ones among them.
        inside: requests that are inside.
        running: pages that are being read.
        strangers: those whose body is read before it is known who they are, two at a time.
    """

    def __init__(self, slots: int, queue: int) -> None:
        self.slots = slots
        self.places = slots + queue
        self.inside = 0
        self.running = 0
        self.strangers = asyncio.Semaphore(2)
        self._free = asyncio.Semaphore(slots)
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="reading")
        self._aside = ThreadPoolExecutor(slots, thread_name_prefix="aside")
        self._writing = ThreadPoolExecutor(slots, thread_name_prefix="writing")
        self._page_s = 1.0

    @property
    def waiting(self) -> int:
        """Requests that are inside and not being read."""
        return max(0, self.inside - self.running)

    @property
    def full(self) -> bool:
        """Whether the next request would be refused."""
        return self.inside >= self.places

    @property
    def retry_after_s(self) -> int:
        """Seconds after which a place may be free: those inside, a page each, over the slots."""
        return max(1, math.ceil(self.inside * self._page_s / self.slots))

    @contextmanager
    def admit(self) -> Iterator[None]:
        """A place for one request, as long as the block lasts.

        Raises:
            Refusal: 503, all places are taken.
        """
        if self.full:
            raise Refusal(
                503,
                "queue-full",
                f"{self.inside} requests are inside, which is all there is room for. Try again after the time that "
                "Retry-After says.",
                headers={"Retry-After": str(self.retry_after_s)},
            )
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1

    async def run(self, function: Callable[[], T]) -> T:
        """What `function` returns, run in a thread when a slot is free."""
        await self._free.acquire()
        self.running += 1

        def finish(done: "asyncio.Future[T]") -> None:
            self.running -= 1
            self._free.release()
            if not done.cancelled():
                done.exception()  # asked for, so that asyncio does not complain if nobody else is left to ask

        future = asyncio.get_running_loop().run_in_executor(self._threads, function)
        future.add_done_callback(finish)
        return await asyncio.shield(future)

    async def run_aside(self, function: Callable[[], T]) -> T:
        """What `function` returns, run beside the pages: for what is short, and must not wait for a slot again."""
        return await asyncio.get_running_loop().run_in_executor(self._aside, function)

    async def run_writing(self, function: Callable[[], T]) -> T:
        """What `function` returns, run beside the pages and beside what is short: for results, which may be long."""
        return await asyncio.get_running_loop().run_in_executor(self._writing, function)

    def start_aside(self, function: Callable[[], object]) -> None:
        """Have `function` run beside the pages, and do not wait for it."""
        with suppress(RuntimeError):  # the server has stopped
            self._aside.submit(function)

    def note_page(self, seconds: float) -> None:
        """Take the time of one more page into the mean that `retry_after_s` counts with."""
        self._page_s += _SMOOTHING * (seconds - self._page_s)

    def close(self) -> None:
        """Let the threads end when their pages are read."""
        for threads in (self._threads, self._aside, self._writing):
            threads.shutdown(wait=False, cancel_futures=True)
