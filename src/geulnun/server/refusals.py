"""Why a request is not served: one error for all of them, shown as problem+json (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse

from geulnun.errors import BundleError, GeulnunError, InputError, MissingExtraError, OutputError, UsageError

_KINDS: tuple[tuple[type[GeulnunError], int, str], ...] = (
    (UsageError, 400, "wrong-option"),
    (InputError, 422, "unreadable"),
    (MissingExtraError, 501, "not-installed"),
    (BundleError, 500, "weights"),
    (OutputError, 507, "no-room"),
)
CLIENT_GONE = 499


class Refusal(Exception):
    """A request that is not served.

    Attributes:
        status: HTTP status.
        code: a word for programs, such as "queue-full".
        detail: what was seen, what is allowed, what to do.
        headers: to send with it.
    """

    def __init__(self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail.encode("utf-8", "replace").decode()  # halves of surrogate pairs would not go into JSON
        self.headers = dict(headers or {})


def as_refusal(error: Exception) -> Refusal:
    """The refusal that an error amounts to. What nobody foresaw says nothing of its inside."""
    if isinstance(error, Refusal):
        return error
    for kind, status, code in _KINDS:
        if isinstance(error, kind):
            return Refusal(status, code, str(error))
    if isinstance(error, ClientDisconnect):
        return Refusal(CLIENT_GONE, "client-gone", "the client closed the connection.")
    if isinstance(error, RequestValidationError):
        return Refusal(400, "wrong-option", "; ".join(map(_explain_field, error.errors())))
    if isinstance(error, HTTPException):
        name = HTTPStatus(error.status_code).phrase if error.status_code in set(HTTPStatus) else "error"
        code = name.lower().replace(" ", "-")
        return Refusal(error.status_code, code, f"{error.detail or name}.".replace("..", "."), error.headers)
    if isinstance(error, MemoryError):
        return Refusal(422, "too-large", "it does not fit in memory. Scale it down, or lower dpi.")
    return Refusal(500, "internal", "the server failed. Its log says more under this request's id.")


def refuse(refusal: Refusal, request_id: str | None) -> JSONResponse:
    """The answer to a request that is not served."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(refusal.status).phrase if refusal.status in set(HTTPStatus) else "Client Closed Request",
        "status": refusal.status,
        "code": refusal.code,
        "detail": refusal.detail,
        "request_id": request_id,
    }
    return JSONResponse(body, refusal.status, refusal.headers, media_type="application/problem+json")


def _explain_field(problem: Any) -> str:
    where = ".".join(str(part) for part in problem.get("loc", ()) if part not in ("query", "body"))
    return f"{where or 'request'}: {problem.get('msg', 'wrong')}"
