"""The command line as its users meet it: arguments in; exit code, output and messages out."""

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from geulnun import reading
from geulnun.cli import main
from geulnun.core.geometry import Quad
from geulnun.core.image import RgbImage
from geulnun.core.page import Line, Page, Word
from geulnun.runtime.options import ReadOptions

# What the stand-in reads: the name of the picture's colour; a white picture holds no text.
COLOURS = {"빨강": (220, 0, 0), "초록": (0, 200, 0), "파랑": (0, 0, 220)}
WHITE = (255, 255, 255)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a command ended."""

    exit_code: int
    out: str
    err: str


class ColourReader:
    """The stand-in for the networks: it reads one word, the name of the nearest colour.

    Attributes:
        opened: the choices of every engine: detector, recogniser, backend, threads, precision.
        options: of every page that was read.
        watch: called with the pixels and the number of every page before it is read.
    """

    def __init__(self) -> None:
        self.opened: list[tuple[object, ...]] = []
        self.options: list[ReadOptions] = []
        self.watch: Callable[[RgbImage, int], None] = lambda rgb, number: None

    def open(self, *choices: object) -> "ColourReader":
        self.opened.append(choices)
        return self

    def read_image(self, rgb: RgbImage, options: ReadOptions, *, number: int = 1) -> Page:
        self.options.append(options)
        self.watch(rgb, number)
        height, width = rgb.shape[:2]
        pixel = rgb[height // 2, width // 2].astype(int)
        name = min((*COLOURS, ""), key=lambda each: abs(pixel - COLOURS.get(each, WHITE)).sum())
        quad = Quad.from_xyxy(0, 0, width, height)
        words = (Word(text=name, quad=quad, confidence=0.9), Word(text="쪽", quad=quad, confidence=0.6))
        lines = (Line(words=words, quad=quad, confidence=0.9),) if name else ()
        return Page(width_px=width, height_px=height, number=number, lines=lines)


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> ColourReader:
    """Puts the stand-in in the place of the networks."""
    stand_in = ColourReader()
    monkeypatch.setattr(reading, "open_page_reader", stand_in.open)
    return stand_in


@pytest.fixture
def geulnun(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Outcome]:
    """Function that runs the command line in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path, stdin: bytes = b"") -> Outcome:
        monkeypatch.setattr(sys, "argv", ["geulnun", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code: Any = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        captured = capsysbinary.readouterr()
        return Outcome(exit_code=code, out=captured.out.decode(), err=captured.err.decode())

    return run


@pytest.fixture
def draw(tmp_path: Path) -> Callable[..., Path]:
    """Function that writes a picture of one colour, or pages of several."""

    def draw_picture(name: str, *colours: str, size: tuple[int, int] = (40, 30)) -> Path:
        pictures = [Image.new("RGB", size, COLOURS.get(colour, WHITE)) for colour in colours]
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        more = {"save_all": True, "append_images": pictures[1:]} if len(pictures) > 1 else {}
        pictures[0].save(path, **more)
        return path

    return draw_picture
