"""The application: parts made once, routes, and what stands around them."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse

from geulnun._version import __version__
from geulnun.errors import GeulnunError
from geulnun.server import page_files
from geulnun.server.adapters import ADAPTERS
from geulnun.server.intake.body_limit import BodyLimit
from geulnun.server.jobs.runner import JobRunner
from geulnun.server.jobs.store import JobStore
from geulnun.server.limiter import Limiter
from geulnun.server.monitoring.logs import RequestLog
from geulnun.server.monitoring.metrics import Metrics
from geulnun.server.reader import EngineReader, Reader
from geulnun.server.refusals import Refusal, as_refusal, refuse
from geulnun.server.routes import characters, health, info, jobs, read
from geulnun.server.services import Services
from geulnun.server.settings import Settings

_DESCRIPTION = """Reads Korean text in pictures and PDFs, on this computer.

Errors are `application/problem+json`: `code` is for programs, `detail` says what was seen, what is allowed and what
to do, `request_id` finds the request in the server's log.
"""


def create_app(settings: Settings | None = None, reader: Reader | None = None) -> FastAPI:
    """The application that a server runs.

    Args:
        settings: places, limits and keys; those of `Settings` if None.
        reader: what reads; the bundled weights if None, opened here so that what is wrong with them shows at once.

    Raises:
        GeulnunError: weights, backend or the folder of jobs are not in order.
    """
    settings = settings or Settings()
    kept = JobStore(settings.jobs_folder) if settings.jobs_folder else None
    metrics = Metrics(__version__)
    services_reader = reader or EngineReader(settings)

    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        with tempfile.TemporaryDirectory(prefix="geulnun-jobs-") as temporary:
            store = kept or JobStore(Path(temporary) / "jobs")
            runner = JobRunner(store, settings.max_jobs, settings.keep_s)
            services = Services(
                settings=settings,
                reader=services_reader,
                limiter=Limiter(settings.slots, settings.queue),
                metrics=metrics,
                jobs=runner,
            )
            _watch(metrics, services)
            app.state.services = services
            runner.start(services)
            try:
                yield
            finally:
                services.stop()
                await runner.stop()
                services.limiter.close()

    app = FastAPI(
        title="geulnun",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=run,
    )
    for router in (read.router, jobs.router, characters.router, info.router, health.router, *ADAPTERS):
        app.include_router(router)
    page_files.add_page(app, settings)
    _add_error_handlers(app)
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes, timeout_s=settings.body_timeout_s)
    app.add_middleware(page_files.OwnSite, allowed_hosts=settings.allowed_hosts)
    app.add_middleware(RequestLog, metrics=metrics, answer_id=not settings.replica)
    return app


def _watch(metrics: Metrics, services: Services) -> None:
    metrics.watch("requests_inside", "Requests that are read or wait.", lambda: services.limiter.inside)
    metrics.watch("requests_waiting", "Requests that wait for a slot.", lambda: services.limiter.waiting)
    metrics.watch("pages_running", "Pages that are being read.", lambda: services.limiter.running)
    metrics.watch("jobs_active", "Jobs that have not ended.", lambda: services.jobs.active)


def _add_error_handlers(app: FastAPI) -> None:
    async def handle(request: Request, error: Exception) -> JSONResponse:
        refusal = as_refusal(error)
        request.state.code = refusal.code
        return refuse(refusal, getattr(request.state, "request_id", None))

    for kind in (Refusal, GeulnunError, HTTPException, RequestValidationError, ClientDisconnect, MemoryError):
        app.add_exception_handler(kind, handle)
