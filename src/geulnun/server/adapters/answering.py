"""What the adapters share: errors in the client's own shape, and words as they stand in rows."""

from collections.abc import Awaitable, Callable, Iterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from geulnun.core.geometry import Quad
from geulnun.core.page import Document, Page, Word
from geulnun.server.auth import authorize
from geulnun.server.intake.choices import ReadChoices
from geulnun.server.refusals import Refusal, as_refusal
from geulnun.server.services import read_document, serve_admitted

Explain = Callable[[Request, Refusal], tuple[int, object]]
"""Makes the status and the body of an error in the client's own shape."""


async def answer(
    request: Request, explain: Explain, work: Callable[[], Awaitable[Response]], secret: str | None = None
) -> Response:
    """The answer of `work` to a request that has a key, or `secret`; errors as `explain` puts them."""

    async def work_for_owner() -> Response:
        authorize(request, secret)
        return await work()

    return await explain_errors(request, explain, work_for_owner)


async def explain_errors(request: Request, explain: Explain, work: Callable[[], Awaitable[Response]]) -> Response:
    """The answer of `work`, which lets the request in itself; errors as `explain` puts them."""
    try:
        return await work()
    except Exception as error:
        refusal = as_refusal(error)
        if refusal.code == "internal":
            raise
        return refuse_as(request, explain, refusal)


def refuse_as(request: Request, explain: Explain, refusal: Refusal) -> Response:
    """A refusal as the client knows them, noted for the log."""
    request.state.code = refusal.code
    status, body = explain(request, refusal)
    return JSONResponse(body, status, refusal.headers)


async def read_admitted(request: Request, take: Callable[[Request], Awaitable[tuple[bytes, str | None]]]) -> Document:
    """What is written in the file that `take` finds in the body, with its name."""

    async def work(found: tuple[bytes, str | None]) -> Document:
        content, name = found
        return await read_document(request, content, ReadChoices(), name)

    return await serve_admitted(request, take, work)


def iter_rows(page: Page) -> Iterator[list[Word]]:
    """The words of each row of the page: of a line, or of cells that face each other."""
    for block in page.blocks:
        for row in block.rows:
            words = [word for cell in row for line in cell.lines for word in line.words]
            if words:
                yield words


def list_points(quad: Quad) -> list[dict[str, float]]:
    """The corners as objects with x and y."""
    return [{"x": float(round(x, 1)), "y": float(round(y, 1))} for x, y in quad.points]


def know(confidence: float | None) -> float:
    """A confidence of 0..1 as a float, which clients in Java and C# insist on."""
    return 1.0 if confidence is None else round(float(confidence), 4)
