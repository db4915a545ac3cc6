"""Open WebUI's external document loader.

Source: ExternalDocumentLoader in Open WebUI's backend.
"""

from typing import Any
from urllib.parse import unquote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from geulnun.server.adapters.answering import answer, read_admitted
from geulnun.server.intake.uploads import clean_name
from geulnun.server.refusals import Refusal

router = APIRouter(tags=["instead of Open WebUI's document loader"])


@router.put("/process")
async def process(request: Request) -> Response:
    """The text of a document, a part for each page: bare bytes, the name in X-Filename."""

    async def work() -> Response:
        document = await read_admitted(request, _take)
        pages = [
            {
                "page_content": page.text,
                "metadata": {"source": document.source, "page": page.number, "total_pages": len(document.pages)},
            }
            for page in document.pages
        ]
        return JSONResponse(pages)

    return await answer(request, _explain, work)


async def _take(request: Request) -> tuple[bytes, str | None]:
    content = await request.body()
    if not content:
        raise Refusal(400, "empty", "the body is empty. Send the bytes of a picture or a PDF.")
    return content, clean_name(unquote(request.headers.get("x-filename", "")))


def _explain(request: Request, refusal: Refusal) -> tuple[int, dict[str, Any]]:
    return refusal.status, {"detail": refusal.detail}
