"""``POST /v1/read``: one document in, what is written in it out."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from geulnun.core.page import Document
from geulnun.server.auth import authorize
from geulnun.server.formats import FORMATS, choose_format, format_document
from geulnun.server.intake.choices import ReadChoices
from geulnun.server.intake.uploads import Upload, read_upload
from geulnun.server.reader import draw_pages
from geulnun.server.services import get_services, read_document, serve_admitted

router = APIRouter(tags=["reading"])

FILE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A picture (png jpg webp avif bmp gif tiff) or PDF: a form with a field `file`, or bare bytes.",
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
FORMATTED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The document in the format asked for by `format` or `Accept`; JSON if neither says.",
        "content": {form.media_type.partition(";")[0]: {} for form in FORMATS.values()},
    }
}


@router.post("/v1/read", openapi_extra=FILE_BODY, responses=FORMATTED, response_class=Response)
async def read(request: Request, query: Annotated[ReadChoices, Query()]) -> Response:
    """Read one picture or PDF and answer when all of it is read. For long documents, see `/v1/jobs`."""
    authorize(request)

    async def work(upload: Upload) -> Response:
        choices = query.with_fields(upload.fields)
        name = choose_format(choices.format, request.headers.get("accept", ""))
        document = await read_document(request, upload.content, choices, choices.name or upload.name)
        return await write_response(request, document, name, upload.content, choices.dpi)

    return await serve_admitted(request, read_upload, work)


async def write_response(
    request: Request, document: Document, name: str, content: bytes, dpi: float | None
) -> Response:
    """The document in a format, as the answer to a request; its suffix is noted in `request.state.suffix`."""
    numbers = [page.number for page in document.pages]
    services = get_services(request)
    most = services.settings.max_pixels
    written = await services.limiter.run_writing(
        lambda: format_document(document, name, content, lambda: draw_pages(content, numbers, dpi, most))
    )
    request.state.suffix = written.suffix
    return Response(written.body, media_type=written.media_type)
