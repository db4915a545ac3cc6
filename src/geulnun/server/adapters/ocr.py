"""``POST /ocr``: a form as LiteParse sends it, or JSON as Open-OCR-Engine's demo does.

Source: LiteParse's OCR API specification (OCR_API_SPEC.md); the README of Open-OCR-Engine.
"""

import time
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from geulnun.core.page import Line
from geulnun.server.adapters.answering import answer, know, read_admitted, refuse_as
from geulnun.server.auth import authorize
from geulnun.server.intake.uploads import decode_base64, read_json, read_upload
from geulnun.server.refusals import Refusal, as_refusal

router = APIRouter(tags=["instead of LiteParse's and Open-OCR-Engine's servers"])


@router.post("/ocr")
async def recognize(request: Request) -> Response:
    """Boxes of lines (`results`) in a form's `file`, or of words (`text`, `coord`) in the base64 `image` of JSON."""
    if "json" in request.headers.get("content-type", ""):
        return await _answer_json(request)

    async def work() -> Response:
        document = await read_admitted(request, _take_form)
        lines = [line for page in document.pages for line in page.lines]
        return JSONResponse({"results": [_describe(line) for line in lines]})

    return await answer(request, _explain, work)


async def _answer_json(request: Request) -> Response:
    """These clients put their key into the body, which therefore is read before it is known who they are."""
    started = time.perf_counter()

    async def take(request: Request) -> tuple[bytes, str | None]:
        data = await read_json(request)
        key = data.get("key")
        authorize(request, key if isinstance(key, str) else None)
        return decode_base64(data.get("image"), "image"), None

    try:
        document = await read_admitted(request, take)
    except Exception as error:
        refusal = as_refusal(error)
        if refusal.code == "internal":
            raise
        return refuse_as(request, _explain, refusal)
    words = [word for page in document.pages for word in page.words]
    return JSONResponse(
        {
            "text": [word.text for word in words],
            "time": round(time.perf_counter() - started, 4),
            "coord": [[round(side) for side in word.quad.xyxy] for word in words],
        }
    )


async def _take_form(request: Request) -> tuple[bytes, str | None]:
    upload = await read_upload(request)
    return upload.content, upload.name


def _describe(line: Line) -> dict[str, Any]:
    box = [round(side, 1) for side in line.quad.xyxy]
    polygon = [[round(x, 1), round(y, 1)] for x, y in line.quad.points]
    return {"text": line.text, "bbox": box, "confidence": know(line.confidence), "polygon": polygon}


def _explain(request: Request, refusal: Refusal) -> tuple[int, dict[str, Any]]:
    return refusal.status, {"error": refusal.detail}
