"""What every route works with, and the one way by which a document is read."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.requests import Request

from geulnun.core.page import Document, Page
from geulnun.server.intake.choices import ReadChoices
from geulnun.server.limiter import Limiter
from geulnun.server.monitoring.metrics import Metrics
from geulnun.server.reader import Reader
from geulnun.server.refusals import CLIENT_GONE, Refusal
from geulnun.server.settings import Settings

if TYPE_CHECKING:
    from geulnun.server.jobs.runner import JobRunner

T = TypeVar("T")
Input = TypeVar("Input")


@dataclass(slots=True, kw_only=True)
class Services:
    """One server's parts, made in its event loop. `stopping` is set once it is told to stop."""

    settings: Settings
    reader: Reader
    limiter: Limiter
    metrics: Metrics
    jobs: "JobRunner"
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    def stop(self) -> None:
        """Say that the server stops; in its event loop."""
        self.stopping.set()
        self.jobs.announce()


def get_services(request: Request) -> Services:
    """The parts of the server that this request came to."""
    services: Services = request.app.state.services
    return services


def refuse_in_replica(request: Request) -> None:
    """Refuse what lives in the memory of one process where several answer under the same address.

    Raises:
        Refusal: 501, as of jobs, the page and counters in a replica.
    """
    settings = get_services(request).settings
    if settings.replica:
        raise Refusal(
            501,
            "several-processes",
            "jobs, the page in the browser and counters live in the memory of one process, and several processes "
            f"answer here (geulnun serve --ray). Send documents to /v1/read, {settings.max_pages} pages at a time "
            f"(pages=1-{settings.max_pages}), or ask a server that was started without --ray.",
        )


async def serve_admitted(
    request: Request, take: Callable[[Request], Awaitable[Input]], work: Callable[[Input], Awaitable[T]]
) -> T:
    """What `work` makes of what `take` took from the body: with a place in the queue, and within the time there is.

    The place is taken before the body is, so that no more bodies are in memory than there are places. Once the body
    is here, a client that goes away ends the work.

    Raises:
        Refusal: 503 no place, 504 it took too long, 499 the client is gone.
    """
    services = get_services(request)
    timeout_s = services.settings.timeout_s
    with services.limiter.admit():
        try:
            async with asyncio.timeout(timeout_s):
                return await _work_while_heard(request, asyncio.ensure_future(work(await take(request))))
        except TimeoutError:
            raise Refusal(
                504,
                "took-too-long",
                f"it was not read within {timeout_s:g} s (timeout_s). Send fewer pages{_suggest_jobs(services)}.",
            ) from None


async def read_document(request: Request, content: bytes, choices: ReadChoices, name: str | None = None) -> Document:
    """What is written in a file; call it from within `serve_admitted`.

    Raises:
        GeulnunError: an option, or a file that cannot be read.
        Refusal: too many pages.
    """
    services = get_services(request)
    numbers = await find_pages(services, content, choices, services.settings.max_pages, "max_pages")
    pages = [page async for page in read_pages(services, content, choices, numbers)]
    request.state.pages = getattr(request.state, "pages", 0) + len(pages)  # some requests hold several documents
    return Document(pages=tuple(pages), source=name)


async def find_pages(services: Services, content: bytes, choices: ReadChoices, most: int, limit_name: str) -> list[int]:
    """The numbers of the wanted pages.

    Raises:
        GeulnunError: wrong pages, or a file that cannot be read.
        Refusal: more of them than are read.
    """
    choices.to_options()
    numbers = await services.limiter.run_aside(lambda: services.reader.list_pages(content, choices.pages))
    if len(numbers) > most:
        jobs = _suggest_jobs(services) if limit_name == "max_pages" else ""
        raise Refusal(
            422,
            "too-many-pages",
            f"{len(numbers)} pages are asked for; at most {most} are read ({limit_name}). Choose some with pages=1-"
            f"{most}{jobs}.",
        )
    return numbers


async def read_pages(
    services: Services, content: bytes, choices: ReadChoices, numbers: list[int]
) -> AsyncIterator[Page]:
    """The pages of these numbers, each with a slot of its own; who stops listening stops the reading."""
    pages = services.reader.iter_pages(content, choices.to_options(), numbers, choices.dpi)
    stopped = False

    def read_next() -> tuple[Page | None, float]:
        started = time.perf_counter()
        page = next(pages, None)
        seconds = time.perf_counter() - started
        if page is not None and page.number == numbers[-1]:
            next(pages, None)  # closes the file in this thread; in the event loop's it would wait for PDFium
        elif stopped:
            pages.close()
        return page, seconds

    def close() -> None:
        with suppress(ValueError):  # a thread is reading, and closes them when it has
            pages.close()

    try:
        for _ in numbers:
            page, seconds = await services.limiter.run(read_next)
            if page is None:
                return
            services.limiter.note_page(seconds)
            services.metrics.note_page(seconds)
            yield page
    finally:
        stopped = True
        services.limiter.start_aside(close)


def _suggest_jobs(services: Services) -> str:
    return "" if services.settings.replica else ", or send the document to /v1/jobs"


async def _work_while_heard(request: Request, work: "asyncio.Future[T]") -> T:
    gone = asyncio.ensure_future(_wait_until_gone(request))
    try:
        both: list[asyncio.Future[Any]] = [work, gone]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise Refusal(CLIENT_GONE, "client-gone", "the client closed the connection.")
        return work.result()
    finally:
        gone.cancel()
        work.cancel()
        await asyncio.gather(gone, work, return_exceptions=True)


async def _wait_until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
