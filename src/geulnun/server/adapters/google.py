"""Google Cloud Vision, `images:annotate` with TEXT_DETECTION and DOCUMENT_TEXT_DETECTION.

Source: the REST reference of Cloud Vision v1, AnnotateImageRequest and AnnotateImageResponse.
"""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from geulnun.core.geometry import Quad, enclose
from geulnun.core.page import Block, Char, Document, Line, Page, Word
from geulnun.server.adapters.answering import answer, know
from geulnun.server.intake.choices import ReadChoices
from geulnun.server.intake.uploads import decode_base64, read_json
from geulnun.server.refusals import Refusal, as_refusal
from geulnun.server.services import read_document, serve_admitted

router = APIRouter(tags=["instead of Google Cloud Vision"])

MAX_IMAGES = 16
_TYPES = {"TEXT_DETECTION", "DOCUMENT_TEXT_DETECTION"}
_STATUS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 404: "NOT_FOUND", 503: "UNAVAILABLE"}
_GRPC = {400: 3, 401: 16, 404: 5, 413: 3, 422: 3, 503: 14, 504: 4}


@router.post("/v1/images:annotate")
@router.post("/v1/projects/{project:path}/images:annotate")
async def annotate(request: Request) -> Response:
    """Google Cloud Vision: text of up to 16 pictures in base64."""

    async def work() -> Response:
        return await serve_admitted(request, _take, lambda requests: _annotate_all(request, requests))

    return await answer(request, _explain, work, request.query_params.get("key"))


async def _take(request: Request) -> list[Any]:
    requests = (await read_json(request)).get("requests")
    if not isinstance(requests, list) or not 1 <= len(requests) <= MAX_IMAGES:
        raise Refusal(400, "wrong-json", f"requests is a list of 1 to {MAX_IMAGES} objects with image and features.")
    return requests


async def _annotate_all(request: Request, requests: list[Any]) -> Response:
    return JSONResponse({"responses": [await _annotate(request, each) for each in requests]})


async def _annotate(request: Request, wanted: Any) -> dict[str, Any]:
    """One answer; what is wrong with one picture does not stop the others."""
    try:
        document = await read_document(request, _find_content(wanted), ReadChoices())
    except Exception as error:
        refusal = as_refusal(error)
        if refusal.status >= 500:
            raise
        return {"error": {"code": _GRPC.get(refusal.status, 3), "message": refusal.detail}}
    return _describe(document)


def _find_content(wanted: Any) -> bytes:
    image = wanted.get("image") if isinstance(wanted, dict) else None
    if not isinstance(image, dict):
        raise Refusal(400, "wrong-json", "image is missing; send image.content in base64.")
    features = wanted.get("features")
    kinds = (
        {str(each.get("type")) for each in features if isinstance(each, dict)} if isinstance(features, list) else set()
    )
    if not kinds & _TYPES:
        seen, known = sorted(kinds) or "nothing", sorted(_TYPES)
        raise Refusal(400, "wrong-json", f"features name {seen}; send a list of objects whose type is one of {known}.")
    if "content" not in image:
        raise Refusal(400, "no-url", "image.source: nothing is fetched from elsewhere here. Send image.content.")
    return decode_base64(image["content"], "image.content")


def _describe(document: Document) -> dict[str, Any]:
    words = [word for page in document.pages for word in page.words]
    if not words:
        return {}
    text = document.text
    whole = {"locale": "ko", "description": text, "boundingPoly": _polygon(enclose(word.quad for word in words))}
    each = [{"description": word.text, "boundingPoly": _polygon(word.quad)} for word in words]
    return {
        "textAnnotations": [whole, *each],
        "fullTextAnnotation": {"pages": [_describe_page(page) for page in document.pages], "text": text},
    }


def _describe_page(page: Page) -> dict[str, Any]:
    return {
        "property": {"detectedLanguages": [{"languageCode": "ko", "confidence": 1.0}]},
        "width": page.width_px,
        "height": page.height_px,
        "blocks": [_describe_block(block) for block in page.blocks if block.lines],
    }


def _describe_block(block: Block) -> dict[str, Any]:
    words = [described for line in block.lines for described in _describe_line(line)]
    confidence = round(sum(know(line.confidence) for line in block.lines) / len(block.lines), 4)
    box = _polygon(block.quad)
    paragraph = {"boundingBox": box, "words": words, "confidence": confidence}
    return {"boundingBox": box, "paragraphs": [paragraph], "blockType": "TEXT", "confidence": confidence}


def _describe_line(line: Line) -> list[dict[str, Any]]:
    end = "LINE_BREAK" if line.breaks_word else "EOL_SURE_SPACE"
    return [_describe_word(word, end if word is line.words[-1] else "SPACE") for word in line.words]


def _describe_word(word: Word, end: str) -> dict[str, Any]:
    chars = word.chars or (Char(text=word.text, quad=word.quad, confidence=word.confidence),)
    symbols: list[dict[str, Any]] = [
        {"boundingBox": _polygon(char.quad), "text": char.text, "confidence": know(char.confidence)} for char in chars
    ]
    symbols[-1]["property"] = {"detectedBreak": {"type": end}}
    return {"boundingBox": _polygon(word.quad), "symbols": symbols, "confidence": know(word.confidence)}


def _polygon(quad: Quad) -> dict[str, Any]:
    """Whole pixels; like Google, without those that are 0."""
    points = [{"x": max(0, round(x)), "y": max(0, round(y))} for x, y in quad.points]
    return {"vertices": [{axis: value for axis, value in point.items() if value} for point in points]}


def _explain(request: Request, refusal: Refusal) -> tuple[int, dict[str, Any]]:
    status = _STATUS.get(refusal.status, "INVALID_ARGUMENT" if refusal.status < 500 else "INTERNAL")
    return refusal.status, {"error": {"code": refusal.status, "message": refusal.detail, "status": status}}
