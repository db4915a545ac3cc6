"""A server with a stand-in for reading, so that everything but reading is tested in milliseconds."""

import io
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from PIL import Image
from starlette.testclient import TestClient

from geulnun.core.geometry import Quad
from geulnun.core.page import Alternative, Block, Cell, Char, Line, Page, Word
from geulnun.documents import choose_pages, count_pages, open_pages
from geulnun.runtime.characters.decode import CharReading
from geulnun.server import Settings, create_app
from geulnun.server.run import StoppingServer

# Replicas start afresh, and find their stand-in where this process does.
sys.path.append(str(Path(__file__).parent))


class StubReader:
    """Opens documents as the engine does, and says of each page that it is the same small receipt.

    Attributes:
        page_s: what a page takes.
        read: numbers of the pages read so far.
        gate: pages wait until it is set.
    """

    def __init__(self) -> None:
        self.page_s = 0.0
        self.read: list[int] = []
        self.gate = threading.Event()
        self.gate.set()

    def list_pages(self, content: bytes, pages: str | None) -> list[int]:
        return choose_pages(pages, count_pages(content))

    def iter_pages(self, content: bytes, options: Any, pages: Sequence[int], dpi: float | None) -> Iterator[Page]:
        for image in open_pages(content, pages=pages, dpi=dpi, max_pixels=1_000_000):
            self.gate.wait(10)
            time.sleep(self.page_s)
            self.read.append(image.number)
            yield make_page(image.number)

    def read_characters(self, images: Sequence[bytes], top: int) -> list[CharReading]:
        guesses = (Alternative(text="글", confidence=0.9), Alternative(text="굴", confidence=0.1))[:top]
        letters = tuple((Alternative(text=text, confidence=0.9),) for text in "ㄱㅡㄹ")
        reading = CharReading(
            text="글", confidence=0.9, alternatives=guesses, cho=letters[0], jung=letters[1], jong=letters[2]
        )
        return [reading for _ in images]

    def describe(self) -> dict[str, Any]:
        return {"backend": "stand-in"}


def make_page(number: int = 1) -> Page:
    """A heading of two words, and a row of two cells that face each other."""
    heading = make_line(("느티나무", 0, 10), ("분식", 110, 10))
    name, price = make_line(("합계", 0, 50)), make_line(("7,960", 200, 50))
    row = Block(kind="row", cells=(Cell(lines=(name,)), Cell(lines=(price,), column=1)))
    return Page(width_px=300, height_px=100, number=number, blocks=(Block.of_lines("paragraph", [heading]), row))


def make_line(*words: tuple[str, float, float]) -> Line:
    """A line of words with their left and top; every character is 25 px wide and 30 px high."""
    made = []
    for text, left, top in words:
        chars = tuple(
            Char(
                text=char,
                quad=Quad.from_xyxy(left + 25 * i, top, left + 25 * i + 25, top + 30),
                confidence=0.7 if char == "분" else 0.99,
                alternatives=(
                    Alternative(text=char, confidence=0.7, jamo=(0.9, 0.8, 0.9)),
                    Alternative(text="본", confidence=0.3, jamo=(0.9, 0.2, 0.9)),
                )
                if char == "분"
                else (),
            )
            for i, char in enumerate(text)
        )
        quad = Quad.from_xyxy(left, top, left + 25 * len(text), top + 30)
        confidence = min(char.confidence or 0 for char in chars)
        made.append(Word(text=text, quad=quad, confidence=confidence, chars=chars))
    last = words[-1]
    quad = Quad.from_xyxy(words[0][1], words[0][2], last[1] + 25 * len(last[0]), last[2] + 30)
    return Line(words=tuple(made), quad=quad, confidence=0.9)


def draw_picture(width: int = 300, height: int = 100, form: str = "PNG") -> bytes:
    """A white picture as the bytes of a file."""
    encoded = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(encoded, form)
    return encoded.getvalue()


def draw_pdf(pages: int = 3) -> bytes:
    """A PDF of white pages."""
    encoded = io.BytesIO()
    first, *others = [Image.new("RGB", (300, 100), "white") for _ in range(pages)]
    first.save(encoded, "PDF", save_all=True, append_images=others)
    return encoded.getvalue()


@pytest.fixture
def reader() -> StubReader:
    return StubReader()


@pytest.fixture
def serve(reader: StubReader, tmp_path: Path) -> Iterator[Callable[..., TestClient]]:
    """Function that starts a server with the given settings; the client speaks to it without a socket."""
    clients: list[TestClient] = []

    def start(**choices: Any) -> TestClient:
        app = create_app(Settings(**{"jobs_folder": tmp_path / "jobs", **choices}), reader)
        client = TestClient(app, base_url="http://localhost", raise_server_exceptions=False)
        clients.append(client.__enter__())
        return client

    yield start
    reader.gate.set()
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def client(serve: Callable[..., TestClient]) -> TestClient:
    return serve()


@pytest.fixture
def draw() -> Callable[..., bytes]:
    return draw_picture


@pytest.fixture
def picture() -> bytes:
    return draw_picture()


@pytest.fixture
def pdf() -> Callable[..., bytes]:
    return draw_pdf


@pytest.fixture
def page() -> Page:
    return make_page()


@pytest.fixture
def live(reader: StubReader, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Function that starts a server on a socket and gives its address."""
    servers: list[tuple[StoppingServer, threading.Thread]] = []

    def start(**choices: Any) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        app = create_app(Settings(**{"jobs_folder": tmp_path / "jobs", **choices}), reader)
        server = StoppingServer(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=5))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        servers.append((server, thread))
        start.server = server  # type: ignore[attr-defined]
        while not server.started:
            time.sleep(0.01)
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    reader.gate.set()
    for server, thread in servers:
        server.should_exit = True
        thread.join()
