"""Logs as JSON lines: who asked for what, how long it took, how it ended. Never a word of a document."""

import json
import logging
import re
import secrets
import sys
import time
import traceback
from datetime import UTC, datetime
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geulnun.errors import UsageError
from geulnun.server.monitoring.metrics import Metrics
from geulnun.server.refusals import as_refusal, refuse

LOGGER = "geulnun.server"
LEVELS = ("debug", "info", "warning", "error")
REQUEST_ID_HEADER = "X-Request-Id"
UNKNOWN_ROUTE = "(none)"

_GIVEN_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
_QUIET_ROUTES = {"/livez", "/readyz", "/metrics"}
_log = logging.getLogger(LOGGER)


def check_log_level(level: str) -> None:
    """Refuse a level that there is not.

    Raises:
        UsageError: it is none of `LEVELS`.
    """
    if level not in LEVELS:
        raise UsageError(f"log level {level!r} is not known; allowed are {', '.join(LEVELS)}.")


class JsonFormatter(logging.Formatter):
    """One JSON object for each record; what is in `record.facts` stands beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            fields["exception"] = _describe_exception(record.exc_info[1])
        return json.dumps(fields, ensure_ascii=False)


def set_up_logs(level: str) -> None:
    """Send all logs of this process to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # Requests are logged here, with the route instead of the path, which may hold a secret.
    logging.getLogger("uvicorn.access").disabled = True


class RequestLog:
    """ASGI middleware that gives each request an id, logs and counts it."""

    def __init__(self, app: ASGIApp, metrics: Metrics, *, answer_id: bool = True) -> None:
        """Wrap an application.

        Args:
            app: what is wrapped.
            metrics: counts the requests.
            answer_id: whether the id stands in the answer's headers; not where a proxy puts its own there.
        """
        self.app = app
        self._metrics = metrics
        self._answer_id = answer_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _find_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        started, status = time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            if message["type"] == "http.response.start" and self._answer_id:
                header = (REQUEST_ID_HEADER.lower().encode(), request_id.encode())
                message = {**message, "headers": [*message.get("headers", ()), header]}
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception as error:
            refusal = as_refusal(error)
            scope["state"]["code"] = refusal.code
            _log.error("failed", extra={"facts": {"request_id": request_id}}, exc_info=error)
            if not status:
                await refuse(refusal, request_id)(scope, receive, send_with_id)
        finally:
            self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", None) or UNKNOWN_ROUTE
        state = scope["state"]
        self._metrics.note_request(scope["method"], route, status)
        facts = {
            "request_id": state["request_id"],
            "method": scope["method"],
            "route": route,
            "status": status,
            "seconds": round(seconds, 4),
            "owner": state.get("owner"),
            **{name: state[name] for name in ("pages", "code") if name in state},
        }
        _log.log(logging.DEBUG if route in _QUIET_ROUTES else logging.INFO, "request", extra={"facts": facts})


def _describe_exception(error: BaseException) -> dict[str, Any]:
    """Its kind and where it came from; not its message, which may speak of what stands in a document."""
    frames = traceback.extract_tb(error.__traceback__)
    return {"kind": type(error).__name__, "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]}


def _find_id(scope: Scope) -> str:
    given = dict(scope["headers"]).get(REQUEST_ID_HEADER.lower().encode(), b"").decode("latin-1")
    return given if _GIVEN_ID.fullmatch(given) else secrets.token_hex(8)
