"""``/v1/jobs``: long documents, read in the background."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse

from geulnun.core.page import Document
from geulnun.server.auth import authorize
from geulnun.server.formats import choose_format
from geulnun.server.intake.choices import ReadChoices
from geulnun.server.intake.uploads import Upload, read_upload
from geulnun.server.jobs.page_picture import draw_page_picture
from geulnun.server.jobs.store import Job, JobStore, Status
from geulnun.server.refusals import Refusal
from geulnun.server.routes.read import FILE_BODY, FORMATTED, write_response
from geulnun.server.services import Services, find_pages, get_services, refuse_in_replica, serve_admitted

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])


class JobState(BaseModel):
    """How far a job is. `expires` says when its result is deleted, once it has ended."""

    id: str
    name: str | None
    status: Status
    pages: list[int]
    pages_done: int
    error: dict[str, Any] | None
    created: str
    expires: str | None


@router.post("", status_code=202, openapi_extra=FILE_BODY)
async def start_job(request: Request, response: Response, query: Annotated[ReadChoices, Query()]) -> JobState:
    """Start to read one picture or PDF in the background."""
    authorize(request)
    refuse_in_replica(request)

    async def work(upload: Upload) -> Job:
        return await add_job(request, upload, query.with_fields(upload.fields))

    job = await serve_admitted(request, read_upload, work)
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return describe_job(get_services(request), job)


@router.get("/{job_id}")
async def show_job(request: Request, job_id: str) -> JobState:
    """How far the job is."""
    return describe_job(get_services(request), find_job(request, job_id))


@router.delete("/{job_id}", status_code=204)
async def delete_job(request: Request, job_id: str) -> None:
    """Cancel the job if it is still read, and delete its document and its result."""
    await get_services(request).jobs.remove(find_job(request, job_id))


@router.get("/{job_id}/events", response_class=StreamingResponse)
async def watch_job(request: Request, job_id: str) -> StreamingResponse:
    """Server-sent events: `progress` with the job's state after each page, and `end` once it has ended."""
    find_job(request, job_id)
    events = _stream_events(get_services(request), job_id)
    return StreamingResponse(events, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


@router.get("/{job_id}/result", responses=FORMATTED, response_class=Response)
async def show_result(
    request: Request, job_id: str, format: Annotated[str | None, Query(description="Format of the answer.")] = None
) -> Response:
    """What was read, once the job is done; it may be asked for in one format after the other."""
    job = find_job(request, job_id)
    name = choose_format(format, request.headers.get("accept", ""))
    _refuse_unfinished(job)
    document = await get_services(request).jobs.read(lambda store: store.read_document(job), long=True)
    return await write_job(request, job, document, name)


@router.post("/{job_id}/result", responses=FORMATTED, response_class=Response)
async def write_corrected(
    request: Request, job_id: str, format: Annotated[str | None, Query(description="Format of the answer.")] = None
) -> Response:
    """The document in a format, with the pages in the body, as JSON, in the place of those that were read.

    It is for text that was corrected. Nothing of it is kept.
    """
    job = find_job(request, job_id)
    name = choose_format(format, request.headers.get("accept", ""))
    _refuse_unfinished(job)

    async def work(body: bytes) -> Response:
        def correct(store: JobStore) -> Document:
            pages = Document.from_json(body.decode("utf-8", errors="replace")).pages
            corrected = {page.number: page for page in pages}
            if not corrected.keys() <= {*job.numbers}:
                raise Refusal(400, "wrong-pages", "the body has pages that the job does not have.")
            document = store.read_document(job)
            return replace(document, pages=tuple(corrected.get(page.number, page) for page in document.pages))

        return await write_job(request, job, await get_services(request).jobs.read(correct, long=True), name)

    return await serve_admitted(request, Request.body, work)


@router.get("/{job_id}/pages/{number}")
async def show_page(request: Request, job_id: str, number: int) -> Response:
    """One page as JSON, as soon as it has been read."""
    job, position = _find_page(request, job_id, number)
    if position >= job.pages_done:
        raise Refusal(409, "not-done", f"page {number} has not been read yet.")
    page = await get_services(request).jobs.read(lambda store: store.read_page(job, position))
    return Response(page, media_type="application/json")


@router.get("/{job_id}/pages/{number}/image", response_class=Response)
async def show_page_image(
    request: Request, job_id: str, number: int, size: Literal["page", "thumbnail"] = "page"
) -> Response:
    """The picture of one page, upright, with the pixels that its quads speak of; or a small one of it."""
    job, _ = _find_page(request, job_id, number)
    services = get_services(request)
    dpi, most = job.choices.get("dpi"), services.settings.max_pixels
    picture = await services.jobs.read(
        lambda store: draw_page_picture(store.read_source(job), number, dpi, most, small=size == "thumbnail"), long=True
    )
    return Response(picture, media_type="image/webp", headers={"Cache-Control": "private, max-age=3600"})


async def add_job(request: Request, upload: Upload, choices: ReadChoices) -> Job:
    """A new job of the request's owner.

    Raises:
        GeulnunError: a file that cannot be read, or a full disk.
        Refusal: too many pages, or no room for the job.
    """
    services = get_services(request)
    numbers = await find_pages(services, upload.content, choices, services.settings.max_job_pages, "max_job_pages")
    owner: str = request.state.owner
    return await services.jobs.add(upload.content, numbers, choices, name=choices.name or upload.name, owner=owner)


def find_job(request: Request, job_id: str) -> Job:
    """The job of this id, if it is the request's owner's.

    Raises:
        Refusal: 401 or 404; 501 in a replica.
    """
    authorize(request)
    refuse_in_replica(request)
    return get_services(request).jobs.find(job_id, request.state.owner)


async def write_job(request: Request, job: Job, document: Document, name: str) -> Response:
    """A document of a job in a format, to be saved under the document's name."""
    content = await get_services(request).jobs.read(lambda store: store.read_source(job), long=True)
    response = await write_response(request, document, name, content, job.choices.get("dpi"))
    stem = (job.name or "document").rsplit(".", 1)[0] or "document"
    file = quote(stem + request.state.suffix, safe="")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{file}"
    return response


def describe_job(services: Services, job: Job) -> JobState:
    """How far a job is, for its client."""
    expires = services.jobs.expires(job)
    return JobState(
        id=job.id,
        name=job.name,
        status=job.status,
        pages=list(job.numbers),
        pages_done=job.pages_done,
        error=job.error,
        created=_format_time(job.created),
        expires=None if expires is None else _format_time(expires),
    )


def _refuse_unfinished(job: Job) -> None:
    if job.status != "done":
        raise Refusal(409, "not-done", f"the job is {job.status}; a result is there once it is done.")


def _find_page(request: Request, job_id: str, number: int) -> tuple[Job, int]:
    job = find_job(request, job_id)
    if number not in job.numbers:
        raise Refusal(404, "no-such-page", f"page {number} is none of the job's.")
    return job, job.numbers.index(number)


async def _stream_events(services: Services, job_id: str) -> AsyncIterator[str]:
    job = None
    async for job in services.jobs.watch(job_id):
        if job is None:
            yield ": still here\n\n"
            continue
        state = describe_job(services, job).model_dump_json()
        yield f"event: {'end' if job.ended else 'progress'}\ndata: {state}\n\n"
    if not services.stopping.is_set() and (job is None or not job.ended):
        yield f"event: end\ndata: {json.dumps({'id': job_id, 'status': 'cancelled'})}\n\n"


def _format_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
