"""Azure AI Document Intelligence, model `prebuilt-read`, with its searchable PDF: what paperless-ngx speaks.

Source: the REST reference of Document Intelligence 2024-11-30, Analyze Document and Get Analyze Result.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from geulnun.core.geometry import Quad
from geulnun.core.page import Document, Line
from geulnun.server.adapters.answering import answer, know
from geulnun.server.formats import choose_format
from geulnun.server.intake.choices import ReadChoices
from geulnun.server.intake.uploads import Upload, decode_base64, read_json
from geulnun.server.jobs.store import Job, JobStore
from geulnun.server.refusals import Refusal
from geulnun.server.routes.jobs import add_job, find_job, write_job
from geulnun.server.services import get_services, refuse_in_replica, serve_admitted

router = APIRouter(tags=["instead of Azure Document Intelligence"])

API_VERSION = "2024-11-30"
MODEL = "prebuilt-read"
_ROOTS = ("/documentintelligence", "/formrecognizer")
_STATES = {"queued": "notStarted", "running": "running", "done": "succeeded", "failed": "failed"}
_CODES = {401: "Unauthorized", 404: "NotFound", 503: "ServiceUnavailable"}


async def analyze(request: Request, model: str) -> Response:
    """Start to read a document: raw bytes, or JSON with `base64Source`."""

    async def work() -> Response:
        _check_model(model)
        refuse_in_replica(request)
        choices = ReadChoices(pages=request.query_params.get("pages"))
        job = await serve_admitted(request, _take, lambda upload: add_job(request, upload, choices))
        place = (
            f"{str(request.base_url).rstrip('/')}{request.url.path.removesuffix(':analyze')}/analyzeResults/{job.id}"
        )
        # The units of offsets are asked for here, and given with the result.
        query = {"api-version": request.query_params.get("api-version", API_VERSION)}
        if units := request.query_params.get("stringIndexType"):
            query["stringIndexType"] = units
        headers = {"Operation-Location": f"{place}?{urlencode(query)}", "Retry-After": "1"}
        return Response(status_code=202, headers={**headers, "apim-request-id": job.id})

    return await answer(request, _explain, work)


async def show_result(request: Request, model: str, result_id: str) -> Response:
    """How far the reading is, and what was read once it is done."""

    async def work() -> Response:
        _check_model(model)
        job = find_job(request, result_id)

        def describe(store: JobStore) -> Response:
            document = store.read_document(job) if job.status == "done" else None
            return JSONResponse(_describe(job, document, request), headers={"Retry-After": "1"})

        return await get_services(request).jobs.read(describe, long=True)

    return await answer(request, _explain, work)


async def show_pdf(request: Request, model: str, result_id: str) -> Response:
    """The document as a searchable PDF."""

    async def work() -> Response:
        _check_model(model)
        job = find_job(request, result_id)
        if job.status != "done":
            raise Refusal(404, "not-done", f"the document is {job.status}; its PDF is there once it is done.")
        document = await get_services(request).jobs.read(lambda store: store.read_document(job), long=True)
        return await write_job(request, job, document, choose_format("pdf", ""))

    return await answer(request, _explain, work)


for _root in _ROOTS:
    router.post(f"{_root}/documentModels/{{model}}:analyze", status_code=202)(analyze)
    router.get(f"{_root}/documentModels/{{model}}/analyzeResults/{{result_id}}")(show_result)
    router.get(f"{_root}/documentModels/{{model}}/analyzeResults/{{result_id}}/pdf")(show_pdf)


def _check_model(model: str) -> None:
    if model != MODEL:
        raise Refusal(404, "ModelNotFound", f"there is no model {model!r} here; the one there is, is {MODEL}.")


async def _take(request: Request) -> Upload:
    if "json" not in request.headers.get("content-type", ""):
        return Upload(content=await request.body())
    data = await read_json(request)
    if data.get("urlSource"):
        raise Refusal(400, "no-url", "urlSource: nothing is fetched from elsewhere here. Send base64Source.")
    return Upload(content=decode_base64(data.get("base64Source"), "base64Source"))


def _describe(job: Job, document: Document | None, request: Request) -> dict[str, Any]:
    created = datetime.fromtimestamp(job.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    state = {"status": _STATES.get(job.status, "failed"), "createdDateTime": created, "lastUpdatedDateTime": created}
    if job.error:
        return {**state, "error": {"code": "InvalidContent", "message": job.error["detail"]}}
    if document is None:
        return state
    utf16 = request.query_params.get("stringIndexType") == "utf16CodeUnit"
    return {**state, "analyzeResult": _describe_document(document, _count_utf16 if utf16 else len)}


def _describe_document(document: Document, measure: Callable[[str], int]) -> dict[str, Any]:
    content = "\n".join(line.text for page in document.pages for line in page.lines)
    total, pages, offset = measure(content), [], 0
    for page in document.pages:
        start, lines, words = offset, [], []
        for line in page.lines:
            span = {"offset": offset, "length": measure(line.text)}
            lines.append({"content": line.text, "polygon": _flatten(line.quad), "spans": [span]})
            words += _describe_words(line, offset, measure)
            offset += span["length"] + 1
        pages.append(
            {
                "pageNumber": page.number,
                "angle": 0,
                "width": page.width_px,
                "height": page.height_px,
                "unit": "pixel",
                "words": words,
                "lines": lines,
                "spans": [{"offset": min(start, total), "length": max(0, offset - 1 - start)}],
            }
        )
    return {
        "apiVersion": API_VERSION,
        "modelId": MODEL,
        "stringIndexType": "unicodeCodePoint" if measure is len else "utf16CodeUnit",
        "contentFormat": "text",
        "content": content,
        "pages": pages,
        "paragraphs": [],
        "styles": [],
        "languages": [],
    }


def _describe_words(line: Line, offset: int, measure: Callable[[str], int]) -> list[dict[str, Any]]:
    described = []
    for word in line.words:
        length = measure(word.text)
        described.append(
            {
                "content": word.text,
                "polygon": _flatten(word.quad),
                "confidence": know(word.confidence),
                "span": {"offset": offset, "length": length},
            }
        )
        offset += length + 1
    return described


def _flatten(quad: Quad) -> list[float]:
    return [round(value, 1) for point in quad.points for value in point]


def _count_utf16(text: str) -> int:
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def _explain(request: Request, refusal: Refusal) -> tuple[int, dict[str, Any]]:
    code = _CODES.get(refusal.status, "InvalidRequest" if refusal.status < 500 else "InternalServerError")
    return refusal.status, {"error": {"code": code, "message": refusal.detail, "innererror": {"code": refusal.code}}}
