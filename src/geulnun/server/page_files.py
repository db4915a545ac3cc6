"""The page in the browser, the documentation of the API, and the headers that keep both to themselves."""

from pathlib import Path

from fastapi import FastAPI, Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geulnun.server.services import refuse_in_replica
from geulnun.server.settings import Settings

FOLDER = Path(__file__).parent / "page"

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; object-src 'none'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SafeHeaders:
    """ASGI middleware: nothing is loaded from elsewhere, and no other site's page may make a browser send work here."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if dict(scope["headers"]).get(b"sec-fetch-site") == b"cross-site" and scope["method"] not in ("GET", "HEAD"):
            await Response("Requests from pages of other sites are not served.\n", 403)(scope, receive, send)
            return
        added = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *added]}
            await send(message)

        await self.app(scope, receive, send_safely)


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
