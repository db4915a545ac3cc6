"""``POST /ocr``: a form as LiteParse sends it, or JSON as Open-OCR-Engine's demo does.

Source: LiteParse's OCR API specification (OCR_API_SPEC.md); the README of Open-OCR-Engine.
"""

import asyncio
import time
from functools import partial
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from geulnun.core.page import Line
from geulnun.server.adapters.answering import answer, explain_errors, know, read_admitted
from geulnun.server.auth import authorize, brings_key
from geulnun.server.intake.uploads import decode_base64, read_json, read_upload
from geulnun.server.refusals import Refusal
from geulnun.server.services import get_services

router = APIRouter(tags=["instead of LiteParse's and Open-OCR-Engine's servers"])

_BODY_S = 30


@router.post("/ocr")
async def recognize(request: Request) -> Response:
    """Boxes of lines (`results`) in a form's `file`, or of words (`text`, `coord`) in the base64 `image` of JSON."""
    if "json" in request.headers.get("content-type", ""):
        return await explain_errors(request, _explain, partial(_read_json, request))

    async def work() -> Response:
        document = await read_admitted(request, _take_form)
        lines = [line for page in document.pages for line in page.lines]
        return JSONResponse({"results": [_describe(line) for line in lines]})

    return await answer(request, _explain, work)


async def _read_json(request: Request) -> Response:
    started = time.perf_counter()
    known = await _authorize(request)

    async def take(request: Request) -> tuple[bytes, str | None]:
        data = await read_json(request) if known is None else known
        return decode_base64(data.get("image"), "image"), None

    document = await read_admitted(request, take)
    words = [word for page in document.pages for word in page.words]
    return JSONResponse(
        {
            "text": [word.text for word in words],
            "time": round(time.perf_counter() - started, 4),
            "coord": [[round(side) for side in word.quad.xyxy] for word in words],
        }
    )


async def _authorize(request: Request) -> dict[str, Any] | None:
    """Let a request in by the key in its headers, or in its body, where these clients put it; the body, if it was read.

    Whose key is not known yet has no place among those who are read for, and not long to send its body.

    Raises:
        Refusal: 401, no key or a wrong one; 408, the body did not come in time.
    """
    if brings_key(request):
        authorize(request)
        return None
    try:
        async with asyncio.timeout(_BODY_S), get_services(request).limiter.strangers:
            data = await read_json(request)
    except TimeoutError:
        raise Refusal(
            408,
            "body-too-slow",
            f"the body was not here within {_BODY_S} s. Send the key in a header, as in X-API-Key: KEY.",
        ) from None
    key = data.get("key")
    authorize(request, key if isinstance(key, str) else None)
    return data


async def _take_form(request: Request) -> tuple[bytes, str | None]:
    upload = await read_upload(request)
    return upload.content, upload.name


def _describe(line: Line) -> dict[str, Any]:
    box = [round(side, 1) for side in line.quad.xyxy]
    polygon = [[round(x, 1), round(y, 1)] for x, y in line.quad.points]
    return {"text": line.text, "bbox": box, "confidence": know(line.confidence), "polygon": polygon}


def _explain(request: Request, refusal: Refusal) -> tuple[int, dict[str, Any]]:
    return refusal.status, {"error": refusal.detail}
