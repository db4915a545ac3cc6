"""The page in the browser, the documentation of the API, and the headers that keep both to themselves."""

import re
from collections.abc import Iterable
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.datastructures import Headers
from starlette.responses import FileResponse, HTMLResponse
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geulnun.server.refusals import Refusal, refuse
from geulnun.server.services import refuse_in_replica
from geulnun.server.settings import Settings

FOLDER = Path(__file__).parent / "page"

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; object-src 'none'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # With "no-referrer" browsers may send "Origin: null" from the server's own page, too.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_PORT = re.compile(r":\d*$")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class OwnSite:
    """ASGI middleware: nothing is loaded from elsewhere, and no other site's page may make a browser send work here."""

    def __init__(self, app: ASGIApp, allowed_hosts: Iterable[str]) -> None:
        """Wrap an application.

        Args:
            app: what is wrapped.
            allowed_hosts: names that it may be reached by; "*" is any.
        """
        self.app = app
        self._allowed_hosts = tuple(dict.fromkeys(name.lower() for name in allowed_hosts))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        added = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *added]}
            await send(message)

        if (refusal := self._find_refusal(scope["method"], Headers(scope=scope))) is None:
            await self.app(scope, receive, send_safely)
        else:
            scope["state"]["code"] = refusal.code
            await refuse(refusal, scope["state"]["request_id"])(scope, receive, send_safely)

    def _find_refusal(self, method: str, headers: Headers) -> Refusal | None:
        host = _PORT.sub("", headers.get("host", "").lower())
        if not {"*", host} & {*self._allowed_hosts}:
            return Refusal(
                400,
                "wrong-host",
                f"the server was reached by the name {host!r}; allowed are {', '.join(self._allowed_hosts)}. Use one "
                "of these, or start it with API keys (--keys).",
            )
        if method not in ("GET", "HEAD") and _is_foreign(headers):
            return Refusal(
                403, "other-site", "pages of other sites are not served. Send it from the server's own page."
            )
        return None


def _is_foreign(headers: Headers) -> bool:
    """Whether the page of another site has a browser send this. Programs send neither header."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site not in ("same-origin", "none")
    if origin is None:
        return False
    # Browsers leave Sec-Fetch-Site out where the address is plain http and not this computer's.
    scheme, _, place = origin.lower().partition("://")
    port = _DEFAULT_PORTS.get(scheme, "")
    return place.removesuffix(port) != headers.get("host", "").lower().removesuffix(port)


def add_page(app: FastAPI, settings: Settings) -> None:
    """Add `/`, its files below `/page`, and `/docs`."""

    @app.get("/docs", include_in_schema=False)
    async def show_docs(request: Request) -> HTMLResponse:
        return HTMLResponse((FOLDER / "docs.html").read_text(encoding="utf-8"))

    app.mount("/docs-files", StaticFiles(directory=_find_swagger()))
    app.mount("/page", StaticFiles(directory=FOLDER))
    if settings.page:

        @app.get("/", include_in_schema=False)
        async def show_page(request: Request) -> FileResponse:
            refuse_in_replica(request)
            return FileResponse(FOLDER / "index.html", headers={"Cache-Control": "no-cache"})


def _find_swagger() -> Path:
    import fastapi_offline

    return Path(fastapi_offline.__file__).parent / "static"
