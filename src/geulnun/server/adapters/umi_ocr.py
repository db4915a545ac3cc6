"""Umi-OCR's HTTP interface for pictures.

Source: docs/http/api_ocr.md of Umi-OCR.
"""

import time
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from geulnun.core.page import Document, Line
from geulnun.server.adapters.answering import answer, know, read_admitted
from geulnun.server.intake.uploads import decode_base64, read_json
from geulnun.server.refusals import Refusal

router = APIRouter(prefix="/api/ocr", tags=["instead of Umi-OCR"])

_FOUND, _NOTHING, _FAILED = 100, 101, 902
_FORMAT = {
    "data.format": {
        "title": "Format of data",
        "optionsList": [["dict", "With positions"], ["text", "Plain text"]],
        "type": "enum",
        "default": "dict",
    }
}


@router.get("/get_options")
async def show_options() -> dict[str, Any]:
    """What may be chosen."""
    return _FORMAT


@router.post("")
async def recognize(request: Request) -> Response:
    """Lines of a picture in base64; `data` is their text alone if `options` has `data.format` "text"."""
    started = time.perf_counter()
    formats: list[str] = []

    async def take(request: Request) -> tuple[bytes, str | None]:
        data = await read_json(request)
        options = data.get("options")
        formats.append(str(options.get("data.format", "dict")) if isinstance(options, dict) else "dict")
        return decode_base64(data.get("base64"), "base64"), None

    async def work() -> Response:
        document = await read_admitted(request, take)
        lines = [line for page in document.pages for line in page.lines]
        data, code = _describe(document, lines, formats[0]), _FOUND if lines else _NOTHING
        score = sum(know(line.confidence) for line in lines) / len(lines) if lines else 0.0
        seconds = round(time.perf_counter() - started, 4)
        return JSONResponse(
            {"code": code, "data": data, "score": round(score, 4), "time": seconds, "timestamp": time.time()}
        )

    return await answer(request, _explain, work)


def _describe(document: Document, lines: list[Line], form: str) -> object:
    if not lines:
        return "No text found in image."
    return document.text if form == "text" else [_describe_line(line) for line in lines]


def _describe_line(line: Line) -> dict[str, Any]:
    box = [[round(x), round(y)] for x, y in line.quad.points]
    return {"text": line.text, "score": know(line.confidence), "box": box, "end": "\n"}


def _explain(request: Request, refusal: Refusal) -> tuple[int, dict[str, Any]]:
    body = {"code": _FAILED, "data": f"[Error] {refusal.detail}", "time": 0.0, "timestamp": time.time()}
    return refusal.status, body
