"""What a client sent: one file and its options, from a form or as the bare body."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from geulnun.server.refusals import Refusal

_MAX_FORM_FILES, _MAX_FORM_FIELDS, _MAX_FIELD_BYTES = 16, 64, 1_000_000
_MAX_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One file and what came with it.

    Attributes:
        content: the bytes of the file.
        name: what the client calls it, without folders; None if it does not say.
        fields: the other fields of the form.
    """

    content: bytes
    name: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


async def read_upload(request: Request) -> Upload:
    """The one file of a request, from the field `file` (or the only one there is) of a form, or the bare body.

    Raises:
        Refusal: no file, several of them, an empty one, or a form that cannot be read.
    """
    uploads = await read_uploads(request)
    if len(uploads) != 1:
        raise Refusal(
            400, "one-file", f"{len(uploads)} files came; one is read in a request. Send one after the other."
        )
    return uploads[0]


async def read_uploads(request: Request) -> list[Upload]:
    """All files of a request, in their order.

    Raises:
        Refusal: no file, an empty one, or a form that cannot be read.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "multipart/form-data":
        uploads = [Upload(content=await request.body(), name=_find_name(request))]
    else:
        uploads = await _read_form(request)
    for upload in uploads:
        if not upload.content:
            raise Refusal(400, "empty", "the file is empty (0 bytes). Send a picture or a PDF.")
    return uploads


async def read_json(request: Request) -> dict[str, Any]:
    """The JSON object of a request's body.

    Raises:
        Refusal: not JSON, or something else than an object.
    """
    return parse_json(await request.body())


def parse_json(text: bytes | str) -> dict[str, Any]:
    """A JSON object.

    Raises:
        Refusal: not JSON, or something else than an object.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise Refusal(400, "wrong-json", "the body is not JSON. Send a JSON object as UTF-8.") from None
    if not isinstance(data, dict):
        raise Refusal(400, "wrong-json", f"the body is a JSON {type(data).__name__}; an object was expected.")
    return data


def decode_base64(text: object, where: str) -> bytes:
    """The bytes of base64 text; the beginning of a data URL is passed over.

    Raises:
        Refusal: not text, not base64, or empty.
    """
    if not isinstance(text, str):
        raise Refusal(400, "wrong-base64", f"{where} is {type(text).__name__}; base64 text was expected.")
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        # Line breaks and missing padding are what clients send; anything else is no base64.
        joined = "".join(text.split())
        content = base64.b64decode(joined + "=" * (-len(joined) % 4), validate=True)
    except ValueError:
        raise Refusal(400, "wrong-base64", f"{where} is not base64. Send the bytes of the file in base64.") from None
    if not content:
        raise Refusal(400, "empty", f"{where} is empty. Send a picture or a PDF.")
    return content


async def open_form(request: Request) -> FormData:
    """The form of a request, to be closed.

    Raises:
        Refusal: it cannot be read.
    """
    try:
        return await request.form(
            max_files=_MAX_FORM_FILES, max_fields=_MAX_FORM_FIELDS, max_part_size=_MAX_FIELD_BYTES
        )
    except Refusal:
        raise
    except Exception as error:  # the parser raises whatever a hostile form makes it raise
        reason = f" ({error.detail.rstrip('.')})" if isinstance(error, HTTPException) else ""
        raise Refusal(
            400, "wrong-form", f"the form cannot be read{reason}. Send multipart/form-data with a field `file`."
        ) from error


async def _read_form(request: Request) -> list[Upload]:
    form = await open_form(request)
    try:
        files = [part for _, part in form.multi_items() if isinstance(part, UploadFile)]
        fields = {name: part for name, part in form.multi_items() if isinstance(part, str)}
        if not files:
            raise Refusal(400, "no-file", "the form has no file. Send it in a field `file`, as curl -F file=@scan.pdf.")
        return [Upload(content=await part.read(), name=clean_name(part.filename), fields=fields) for part in files]
    finally:
        await form.close()


def _find_name(request: Request) -> str | None:
    return clean_name(request.query_params.get("name"))


def clean_name(name: str | None) -> str | None:
    """A file's name without folders and control characters; None if nothing is left."""
    if not name:
        return None
    name = PurePosixPath(PureWindowsPath(name).name).name
    name = "".join(char for char in name if char.isprintable())[:_MAX_NAME].strip(". ")
    return name or None
