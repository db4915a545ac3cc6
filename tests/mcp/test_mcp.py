"""`geulnun mcp` as clients meet it: the tools, their errors, and the folders that they may touch."""

import asyncio
import base64
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.server import MCPServer
from mcp_types import CallToolResult, ListRootsResult, Root
from PIL import Image
from typer.testing import CliRunner

from geulnun.cli.check import SELF_TEST_PICTURE
from geulnun.cli.mcp import app
from geulnun.core.geometry import Quad
from geulnun.core.page import Line, Page, Word
from geulnun.documents import PageImage, open_pages
from geulnun.errors import UsageError
from geulnun.mcp import create_server
from geulnun.mcp.results import format_text
from geulnun.mcp.roots import Roots

Use = Callable[[Client], Awaitable[Any]]


class StubEngine:
    """Opens documents as the engine does, and reads two words on every page."""

    def iter_pages(self, source: Any, *, pages: Any = None) -> Iterator[tuple[Page, PageImage]]:
        for image in open_pages(source, pages=pages):
            words = tuple(
                Word(text=text, quad=Quad.from_xyxy(left, 5.4, left + 40, 25), confidence=0.98765)
                for text, left in (("한글", 10), ("읽기", 60))
            )
            height, width = image.rgb.shape[:2]
            line = Line(words=words, quad=Quad.from_xyxy(10, 5, 100, 25), confidence=0.98765)
            yield Page(width_px=width, height_px=height, number=image.number, lines=(line,)), image


def use(
    server: MCPServer | StdioServerParameters, work: Use, roots: list[Path] | None = None, mode: str = "auto"
) -> Any:
    """What `work` makes of a client of this server; with `roots` the client names them."""

    async def list_roots(context: Any) -> ListRootsResult:
        return ListRootsResult(roots=[Root(uri=root.as_uri()) for root in roots or ()])

    async def run() -> Any:
        callback = None if roots is None else list_roots
        async with Client(server, mode=mode, list_roots_callback=callback) as client:
            return await work(client)

    return asyncio.run(run())


def call(server: MCPServer, tool: str, roots: list[Path] | None = None, **arguments: Any) -> CallToolResult:
    """The answer of one tool."""
    result = use(server, lambda client: client.call_tool(tool, arguments), roots)
    assert isinstance(result, CallToolResult)
    return result


def read_message(result: CallToolResult) -> str:
    return "\n".join(content.text for content in result.content if content.type == "text")


@pytest.fixture
def server(tmp_path: Path) -> MCPServer:
    return create_server(StubEngine, [tmp_path])  # type: ignore[arg-type]


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "a.png"
    Image.new("RGB", (120, 30), "white").save(path)
    return path


@pytest.fixture
def long_pdf(tmp_path: Path) -> Path:
    path = tmp_path / "long.pdf"
    first, *others = [Image.new("L", (20, 20), "white") for _ in range(23)]
    first.save(path, save_all=True, append_images=others)
    return path


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_a_client_reads_and_makes_a_pdf_in_a_process_of_its_own(tmp_path: Path, mode: str) -> None:
    """The bundled weights, standard input and output, the old handshake and the new one."""
    picture = shutil.copy(SELF_TEST_PICTURE, tmp_path / "picture.png")
    arguments = ["-m", "geulnun", "mcp", "--root", str(tmp_path), "--threads", "1"]
    parameters = StdioServerParameters(command=sys.executable, args=arguments, env=dict(os.environ))

    async def work(client: Client) -> tuple[set[str], list[CallToolResult]]:
        content = base64.b64encode(SELF_TEST_PICTURE.read_bytes()).decode()
        calls = [
            ("read_text", {"path": str(picture)}),
            ("read_boxes", {"content_base64": content, "words": True}),
            ("make_searchable_pdf", {"path": "picture.png", "output": "picture.pdf"}),
        ]
        results = [await client.call_tool(name, arguments) for name, arguments in calls]
        return {tool.name for tool in (await client.list_tools()).tools}, results

    names, (text, boxes, pdf) = use(parameters, work, [tmp_path], mode)
    assert names == {"read_text", "read_boxes", "make_searchable_pdf"}
    assert not any(result.is_error for result in (text, boxes, pdf))
    lines = boxes.structured_content["pages"][0]["lines"]
    assert [line["text"] for line in lines] == read_message(text).replace("\t", "\n").splitlines()
    assert all(0 <= word["confidence"] <= 1 for line in lines for word in line["words"])
    assert pdf.structured_content == {"path": str(tmp_path.resolve() / "picture.pdf"), "pages": 1}
    assert lines[0]["words"][0]["text"] in pypdf.PdfReader(tmp_path / "picture.pdf").pages[0].extract_text()


def test_tools_say_what_they_take_and_change(server: MCPServer) -> None:
    tools = {tool.name: tool for tool in use(server, lambda client: client.list_tools()).tools}
    assert set(tools["read_text"].input_schema["properties"]) == {"path", "content_base64", "pages"}
    assert [tool.annotations.read_only_hint for tool in tools.values()] == [True, True, False]
    assert all(tool.description and tool.title for tool in tools.values())


def test_boxes_are_whole_pixels_of_the_page(server: MCPServer, picture: Path) -> None:
    result = call(server, "read_boxes", path=str(picture))
    line = {"text": "한글 읽기", "box": [10, 5, 100, 25], "confidence": 0.988, "words": []}
    page = {"number": 1, "width": 120, "height": 30, "lines": [line]}
    assert result.structured_content == {"pages": [page], "pages_left": []}


def test_a_long_document_is_read_in_parts(server: MCPServer, long_pdf: Path) -> None:
    told: list[tuple[float, float | None]] = []

    async def work(client: Client) -> tuple[CallToolResult, CallToolResult]:
        async def tell(done: float, total: float | None, message: str | None) -> None:
            told.append((done, total))

        first = await client.call_tool("read_text", {"path": str(long_pdf)}, progress_callback=tell)
        return first, await client.call_tool("read_text", {"path": str(long_pdf), "pages": "21-23"})

    first, rest = map(read_message, use(server, work))
    assert first.count("한글 읽기") == 20
    assert first.endswith("--- 3 pages are left; go on with pages='21-23' ---")
    assert rest.startswith("--- page 21 of 23 ---\n한글 읽기")
    assert told[0] == (1, 20)
    assert format_text([], [41, 43, 44, 50], 50).endswith("go on with pages='41,43-44,50' ---")


def test_a_searchable_pdf_overwrites_nothing(server: MCPServer, picture: Path, tmp_path: Path) -> None:
    output = tmp_path / "a.pdf"
    assert not call(server, "make_searchable_pdf", path=str(picture), output=str(output)).is_error
    assert pypdf.PdfReader(output).pages[0].extract_text().split() == ["한글", "읽기"]
    before = output.read_bytes()
    again = call(server, "make_searchable_pdf", path=str(picture), output=str(output))
    assert again.is_error
    assert "exists. Name another output" in read_message(again)
    assert output.read_bytes() == before


def test_a_file_that_came_while_a_document_was_read_stays(
    server: MCPServer, picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output, read = tmp_path / "a.pdf", StubEngine.iter_pages

    def write_and_read(*arguments: Any, **choices: Any) -> Any:
        output.write_text("mine")
        return read(*arguments, **choices)

    monkeypatch.setattr(StubEngine, "iter_pages", write_and_read)
    refused = call(server, "make_searchable_pdf", path=str(picture), output=str(output))
    assert (refused.is_error, output.read_text()) == (True, "mine")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "neither of path and content_base64 was given"),
        ({"path": "a.png", "content_base64": "AAAA"}, "both of path and content_base64 was given"),
        ({"path": "none.png"}, "none.png: no such file. Check the path."),
        ({"path": "~nosuchuser/a.png"}, "'~nosuchuser/a.png' is no path"),
        ({"path": "a\0.png"}, "embedded null"),
        ({"path": "file://[x"}, "'file://[x' is no path"),
        ({"path": "x" * 300}, "xxx cannot be read"),
        ({"content_base64": "~~~"}, "content_base64 is no base64"),
        ({"content_base64": " "}, "content_base64 is empty"),
        ({"content_base64": "A" * (64 * 2**20 + 1)}, "67,108,864 are allowed. Give the path of a file"),
        ({"content_base64": base64.b64encode(b"text").decode()}, "the given data"),
        ({"path": "a.png", "pages": "7"}, "page 7 was asked for, but there is only 1 page"),
    ],
)
def test_what_is_wrong_reaches_the_client(
    server: MCPServer, picture: Path, arguments: dict[str, str], message: str
) -> None:
    result = call(server, "read_text", **arguments)
    assert result.is_error
    assert message in read_message(result)


def test_names_that_cannot_be_are_told(server: MCPServer, picture: Path, tmp_path: Path) -> None:
    result = call(server, "make_searchable_pdf", path=str(picture), output="x" * 300 + ".pdf")
    assert result.is_error and "x.pdf cannot be written" in read_message(result)
    result = call(server, "make_searchable_pdf", path=str(picture), output="a.txt")
    assert result.is_error and "does not end in .pdf" in read_message(result)
    for root in ("~nosuchuser/x", "x" * 300):
        told = CliRunner().invoke(app, ["--root", root])
        assert isinstance(told.exception, UsageError) and "no such folder" in str(told.exception)
    with pytest.raises(UsageError, match="'file:///a%00' is no path"):
        Roots.of([tmp_path], ["file:///a%00"])


def test_a_page_without_text_is_told() -> None:
    page = Page(width_px=10, height_px=10)
    assert format_text([page], [], 1) == "(no text was found)"
    assert format_text([page], [], 2) == "--- page 1 of 2 ---\n(no text was found)"


def test_base64_may_come_as_a_data_uri_and_in_lines(server: MCPServer, picture: Path) -> None:
    for encoded in (base64.b64encode(picture.read_bytes()), base64.encodebytes(picture.read_bytes())):
        for content in (encoded.decode(), "data:image/png;base64," + encoded.decode()):
            assert read_message(call(server, "read_text", content_base64=content)) == "한글 읽기"


def test_files_outside_the_roots_are_not_touched(picture: Path, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.png").symlink_to(picture)
    server = create_server(StubEngine, [inside])  # type: ignore[arg-type]
    for name in (str(picture), "../a.png", "link.png", picture.as_uri()):
        result = call(server, "read_text", path=name)
        assert result.is_error
        assert "lies outside the folders that may be read" in read_message(result)
    content = base64.b64encode(picture.read_bytes()).decode()
    result = call(server, "make_searchable_pdf", content_base64=content, output=str(tmp_path / "out.pdf"))
    assert result.is_error
    assert "outside the folders that may be written" in read_message(result)
    assert not (tmp_path / "out.pdf").exists()


def test_roots_of_the_client_narrow_those_of_the_server(picture: Path, tmp_path: Path) -> None:
    inside = tmp_path / "inside 1"
    inside.mkdir()
    shutil.copy(picture, inside / "b.png")
    for folders in ([], [tmp_path]):
        server = create_server(StubEngine, folders)  # type: ignore[arg-type]
        assert not call(server, "read_text", [inside], path="b.png").is_error
        assert not call(server, "read_text", [inside], path=(inside / "b.png").as_uri()).is_error
        assert call(server, "read_text", [inside], path=str(picture)).is_error
    elsewhere = create_server(StubEngine, [inside])  # type: ignore[arg-type]
    assert call(elsewhere, "read_text", [tmp_path], path=str(picture)).is_error


def test_without_roots_only_content_is_read(picture: Path) -> None:
    server = create_server(StubEngine)  # type: ignore[arg-type]
    result = call(server, "read_text", path=str(picture))
    assert result.is_error
    assert "geulnun mcp --root FOLDER" in read_message(result)
    content = base64.b64encode(picture.read_bytes()).decode()
    assert read_message(call(server, "read_text", content_base64=content)) == "한글 읽기"
