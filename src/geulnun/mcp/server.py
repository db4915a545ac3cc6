"""The tools. Their names, arguments and docstrings are what a language model chooses by."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import anyio.from_thread
import anyio.to_thread
from mcp.server import MCPServer
from mcp.server.mcpserver import Context, ListRoots, Resolve
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ListRootsResult, ToolAnnotations
from pydantic import Field

from geulnun._version import __version__
from geulnun.errors import GeulnunError
from geulnun.mcp import reading
from geulnun.mcp.results import BoxesResult, PageResult, PdfResult, format_text
from geulnun.mcp.roots import Roots
from geulnun.mcp.sources import Source, open_source
from geulnun.outputs import check_extra
from geulnun.outputs.writer import ExistingText
from geulnun.reading import Engine

Result = TypeVar("Result")

_INSTRUCTIONS = """Reads Korean (and Latin) text in pictures, scans and PDFs, on this computer, without a network.
Use read_text for what is written, read_boxes for where it stands, make_searchable_pdf for a PDF with a text layer."""

_READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
_WRITES = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)

FilePath = Annotated[str | None, Field(description="Path of a picture (PNG, JPEG, WebP, TIFF, ...) or PDF.")]
Base64 = Annotated[str | None, Field(description="The file itself in base64, instead of a path.")]
Pages = Annotated[
    str | None,
    Field(description=f'Pages of a PDF or TIFF, as "1,3-5"; all if left out. {reading.MOST_PAGES} are read in a call.'),
]


def ask_roots(context: Context[Any, Any]) -> ListRoots | ListRootsResult:
    """The roots of a client that has them; for others none."""
    capabilities = context.client_capabilities
    if capabilities is None or capabilities.roots is None:
        return ListRootsResult(roots=[])
    return ListRoots()


ClientRoots = Annotated[ListRootsResult, Resolve(ask_roots)]


class Tools:
    """What the tools do, and what they share: one engine, one thread that reads, the roots of the command line."""

    def __init__(self, open_engine: Callable[[], Engine], roots: Sequence[Path]) -> None:
        self._engine = reading.SharedEngine(open_engine)
        self._roots = tuple(roots)
        self._limiter = anyio.CapacityLimiter(1)

    async def read_text(
        self,
        context: Context[Any, Any],
        client_roots: ClientRoots,
        path: FilePath = None,
        content_base64: Base64 = None,
        pages: Pages = None,
    ) -> str:
        """Read the text of a picture, scan or PDF (OCR for Korean and Latin script).

        Lines come in reading order, cells of a table row parted by tabs. A note says where a page has none.
        """

        def read(source: Source, report: reading.Report) -> str:
            return format_text(*reading.read_some_pages(self._engine, source, pages, report))

        return await self._run(context, client_roots, path, content_base64, read)

    async def read_boxes(
        self,
        context: Context[Any, Any],
        client_roots: ClientRoots,
        path: FilePath = None,
        content_base64: Base64 = None,
        pages: Pages = None,
        words: Annotated[bool, Field(description="Whether to give every word of a line too.")] = False,
    ) -> BoxesResult:
        """Read the text of a picture, scan or PDF with the place and confidence (0 to 1) of every line.

        Boxes are [left, top, right, bottom] in pixels of the page's image, whose width and height are given.
        """

        def read(source: Source, report: reading.Report) -> BoxesResult:
            read_pages, left, _ = reading.read_some_pages(self._engine, source, pages, report)
            return BoxesResult(pages=[PageResult.of(page, with_words=words) for page in read_pages], pages_left=left)

        return await self._run(context, client_roots, path, content_base64, read)

    async def make_searchable_pdf(
        self,
        context: Context[Any, Any],
        client_roots: ClientRoots,
        output: Annotated[str, Field(description="Path of the PDF to write; a file that exists is not overwritten.")],
        path: FilePath = None,
        content_base64: Base64 = None,
        existing_text: Annotated[
            ExistingText,
            Field(
                description='Pages that have text: "keep" leaves them alone, "redo" replaces an invisible text layer, '
                '"replace" draws them anew as images.'
            ),
        ] = "keep",
    ) -> PdfResult:
        """Make a searchable PDF: the pages as they are, with an invisible text layer to search and to copy."""

        def write(source: Source, report: reading.Report) -> PdfResult:
            check_extra(".pdf")
            place = self._find_roots(client_roots).find_output(output)
            count = reading.write_searchable_pdf(self._engine, source, place, existing_text, report)
            return PdfResult(path=str(place), pages=count)

        return await self._run(context, client_roots, path, content_base64, write)

    def _find_roots(self, client_roots: ListRootsResult) -> Roots:
        return Roots.of(self._roots, [str(root.uri) for root in client_roots.roots])

    async def _run(
        self,
        context: Context[Any, Any],
        client_roots: ListRootsResult,
        path: str | None,
        content_base64: str | None,
        work: Callable[[Source, reading.Report], Result],
    ) -> Result:
        """Do `work` on the source in the one thread that reads; errors of geulnun reach the client as they are.

        Raises:
            ToolError: a `GeulnunError` was raised.
        """

        def report(done: int, count: int) -> None:
            anyio.from_thread.run(context.report_progress, done, count)

        def call() -> Result:
            return work(open_source(path, content_base64, self._find_roots(client_roots)), report)

        with _as_tool_errors():
            return await anyio.to_thread.run_sync(call, limiter=self._limiter)


@contextmanager
def _as_tool_errors() -> Iterator[None]:
    try:
        yield
    except GeulnunError as error:
        raise ToolError(str(error)) from error


def create_server(open_engine: Callable[[], Engine] = Engine, roots: Sequence[Path] = ()) -> MCPServer:
    """The server with its tools; `run` serves it on standard input and output.

    Args:
        open_engine: opens what reads, when it is first needed.
        roots: folders that may be read and written, beside those that a client names.
    """
    tools = Tools(open_engine, roots)
    server: MCPServer = MCPServer("geulnun", instructions=_INSTRUCTIONS, version=__version__, log_level="WARNING")
    server.tool(title="Read text", annotations=_READS, structured_output=False)(tools.read_text)
    server.tool(title="Read text with boxes", annotations=_READS)(tools.read_boxes)
    server.tool(title="Make a searchable PDF", annotations=_WRITES)(tools.make_searchable_pdf)
    return server
