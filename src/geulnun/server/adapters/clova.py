"""CLOVA OCR General, versions V2 and V1.

Source: the API guide of CLOVA OCR, "General OCR" (api.ncloud-docs.com), and its error codes.
"""

import time
import uuid
from typing import Any, NamedTuple

from fastapi import APIRouter
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from geulnun.core.page import Block, Cell, Document, Line, Page, Word
from geulnun.server.adapters.answering import answer, iter_rows, know, list_points, read_admitted
from geulnun.server.intake.uploads import clean_name, decode_base64, open_form, parse_json, read_json
from geulnun.server.refusals import Refusal

router = APIRouter(tags=["instead of CLOVA OCR"])

_URL, _SECRET, _BODY, _VERSION, _COUNT, _RATE, _FAILED = "0001", "0002", "0011", "0021", "0023", "0025", "0500"
# Status here -> status and code there.
_ERRORS = {401: (401, _SECRET), 404: (404, _URL), 413: (413, _BODY), 503: (400, _RATE), 504: (500, "0501")}


class Message(NamedTuple):
    """What of a request's message counts here."""

    version: str
    request_id: str
    name: str
    tables: bool


@router.post("/general")
@router.post("/infer")
@router.post("/{path:path}/general")
@router.post("/{path:path}/infer")
async def recognize(request: Request) -> Response:
    """CLOVA OCR General: `message` and `file` of a form, or JSON with the picture in base64; header X-OCR-SECRET."""

    async def work() -> Response:
        messages: list[Message] = []

        async def take(request: Request) -> tuple[bytes, str | None]:
            message, content = await _take(request)
            messages.append(message)
            return content, message.name

        document = await read_admitted(request, take)
        return JSONResponse(_describe(document, messages[0]))

    return await answer(request, _explain, work)


async def _take(request: Request) -> tuple[Message, bytes]:
    if "multipart/form-data" not in request.headers.get("content-type", ""):
        data = await read_json(request)
        image = _find_image(data)
        if image.get("url"):
            raise Refusal(400, _BODY, "images.url: nothing is fetched from elsewhere here. Send images.data in base64.")
        return _parse(data, image), decode_base64(image.get("data"), "images.data")
    form = await open_form(request)
    try:
        told, file = form.get("message"), form.get("file")
        text = await told.read() if isinstance(told, UploadFile) else told
        if not text or not isinstance(file, UploadFile):
            raise Refusal(400, _BODY, "the form needs the fields message and file.")
        data = parse_json(text)
        return _parse(data, _find_image(data)), await file.read()
    finally:
        await form.close()


def _find_image(data: dict[str, Any]) -> dict[str, Any]:
    images = data.get("images")
    if not isinstance(images, list) or not all(isinstance(image, dict) for image in images):
        raise Refusal(400, _BODY, "images is missing; send one object with format and name.")
    if len(images) != 1:
        raise Refusal(400, _COUNT, f"{len(images)} images came; one is read in a request.")
    return dict(images[0])


def _parse(data: dict[str, Any], image: dict[str, Any]) -> Message:
    version = str(data.get("version", "V2")).upper()
    if version not in ("V1", "V2"):
        raise Refusal(400, _VERSION, f"version {version!r} is not known; allowed are V1 and V2.")
    return Message(
        version=version,
        request_id=str(data.get("requestId", "")).encode("utf-8", "replace").decode(),
        name=clean_name(str(image.get("name") or "")) or "image",
        tables=str(data.get("enableTableDetection", "")).lower() == "true",
    )


def _describe(document: Document, message: Message) -> dict[str, Any]:
    return {
        "version": message.version,
        "requestId": message.request_id,
        "timestamp": _now_ms(),
        "images": [_describe_page(page, index, message) for index, page in enumerate(document.pages)],
    }


def _describe_page(page: Page, index: int, message: Message) -> dict[str, Any]:
    fields = [_describe_word(word, message.version, last=word is row[-1]) for row in iter_rows(page) for word in row]
    return {
        "uid": uuid.uuid4().hex,
        "name": message.name,
        "inferResult": "SUCCESS",
        "message": "SUCCESS",
        "validationResult": {"result": "NO_REQUESTED"},
        "convertedImageInfo": {
            "width": page.width_px,
            "height": page.height_px,
            "pageIndex": index,
            "longImage": False,
        },
        **({"tables": [_describe_table(table) for table in page.tables]} if message.tables else {}),
        "fields": fields,
    }


def _describe_word(word: Word, version: str, *, last: bool) -> dict[str, Any]:
    if version == "V1":
        left, top, right, bottom = word.quad.xyxy
        place: dict[str, Any] = {"bounding": {"top": top, "left": left, "width": right - left, "height": bottom - top}}
    else:
        place = {"boundingPoly": {"vertices": list_points(word.quad)}}
    return {
        "valueType": "ALL",
        **place,
        "inferText": word.text,
        "inferConfidence": know(word.confidence),
        "type": "NORMAL",
        "lineBreak": last,
    }


def _describe_table(table: Block) -> dict[str, Any]:
    return {
        "cells": [_describe_cell(cell) for cell in table.cells],
        "boundingPoly": {"vertices": list_points(table.quad)},
        "inferConfidence": _mean(table.lines),
    }


def _describe_cell(cell: Cell) -> dict[str, Any]:
    return {
        "cellTextLines": [_describe_cell_line(line) for line in cell.lines],
        "boundingPoly": {"vertices": list_points(cell.quad)},
        "inferConfidence": _mean(cell.lines),
        "rowSpan": cell.row_span,
        "rowIndex": cell.row,
        "columnSpan": cell.column_span,
        "columnIndex": cell.column,
    }


def _describe_cell_line(line: Line) -> dict[str, Any]:
    words = [
        {
            "boundingPoly": {"vertices": list_points(word.quad)},
            "inferText": word.text,
            "inferConfidence": know(word.confidence),
        }
        for word in line.words
    ]
    return {"boundingPoly": {"vertices": list_points(line.quad)}, "inferConfidence": know(line.confidence)} | {
        "cellWords": words
    }


def _mean(lines: tuple[Line, ...]) -> float:
    known = [know(line.confidence) for line in lines]
    return round(sum(known) / len(known), 4) if known else 1.0


def _explain(request: Request, refusal: Refusal) -> tuple[int, dict[str, Any]]:
    """CLOVA's own errors; there, too many requests are a 400 with the code 0025."""
    status, code = _ERRORS.get(refusal.status, (400, _BODY) if refusal.status < 500 else (500, _FAILED))
    body = {
        "code": refusal.code if refusal.code.isdigit() else code,
        "message": refusal.detail,
        "path": request.url.path,
        "traceId": getattr(request.state, "request_id", ""),
        "timestamp": _now_ms(),
    }
    return status, body


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
