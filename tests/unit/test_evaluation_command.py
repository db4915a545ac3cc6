import json
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from geulnun.cli import app
from geulnun.core.geometry import Quad
from geulnun.core.page import Document, Line, Page, Word
from geulnun.errors import DatasetError, InputError
from geulnun.runtime.options import ReadOptions


class FakeEngine:
    """Finds one line of text on every picture, and none on black ones."""

    opened: ClassVar[list[tuple[str | int | None, ...]]] = []
    beams: ClassVar[list[int | None]] = []

    def __init__(
        self, detector: str | None, recognizer: str | None, backend: str, threads: int | None, precision: str
    ) -> None:
        self.opened.append((detector, recognizer, backend, threads, precision))

    def read(self, image: np.ndarray, options: ReadOptions) -> Document:
        self.beams.append(options.beam)
        height, width = image.shape[:2]
        quad = Quad.from_xyxy(0, 0, width, height)
        lines = (Line(words=(Word(text="한글", quad=quad),), quad=quad),) if image.any() else ()
        return Document(pages=(Page(width_px=width, height_px=height, lines=lines),))


@pytest.fixture(autouse=True)
def fake_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geulnun.reading.Engine", FakeEngine)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    folder = tmp_path / "그림"
    (folder / "images").mkdir(parents=True)
    records = []
    for name, colour, text, kind in [("가", "white", "한글", "word"), ("나", "black", "", "nothing")]:
        Image.new("RGB", (60, 30), colour).save(folder / "images" / f"{name}.png")
        records.append({"image": f"images/{name}.png", "text": text, "kind": kind})
    (folder / "labels.jsonl").write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
    return folder


def test_the_table_has_a_row_for_each_kind(dataset: Path) -> None:
    result = CliRunner().invoke(app, ["evaluate", str(dataset)])
    assert result.exit_code == 0, result.output
    for expected in ("그림", "word", "nothing", "total", "0 of 1"):
        assert expected in result.output


def test_what_reads_is_chosen_by_options(dataset: Path) -> None:
    options = ["--detector", "d", "--backend", "openvino", "--precision", "fp32", "--threads", "1", "--beam", "0"]
    assert CliRunner().invoke(app, ["evaluate", str(dataset), *options]).exit_code == 0
    assert FakeEngine.opened[-1] == ("d", None, "openvino", 1, "fp32")
    assert FakeEngine.beams[-1] == 0


def test_reports_are_written(dataset: Path, tmp_path: Path) -> None:
    options = ["--json", str(tmp_path / "a.json"), "--html", str(tmp_path / "a.html"), "--limit", "1"]
    result = CliRunner().invoke(app, ["evaluate", str(dataset), *options])
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["total"]["pictures"] == 1
    assert "<!doctype html>" in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_an_unreadable_picture_shows_in_the_exit_code_and_stops_nothing(dataset: Path) -> None:
    (dataset / "images" / "가.png").write_bytes(b"no picture")
    result = CliRunner().invoke(app, ["evaluate", str(dataset)])
    assert result.exit_code == InputError.exit_code
    assert "nothing" in result.output


def test_a_folder_without_labels_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["evaluate", str(tmp_path)])
    assert isinstance(result.exception, DatasetError)


def test_pictures_may_be_pages_of_pdfs(tmp_path: Path) -> None:
    pages = [Image.new("RGB", (60, 30), colour) for colour in ("black", "white")]
    pages[1].save(tmp_path / "one.pdf")
    pages[0].save(tmp_path / "two.pdf", save_all=True, append_images=pages[1:])
    records = [
        {"image": "one.pdf", "text": "한글"},
        {"image": "two.pdf", "text": "한글", "page": 2},
        {"image": "two.pdf", "text": "", "page": 1},
    ]
    labels = tmp_path / "labels.jsonl"
    labels.write_text("\n".join(map(json.dumps, records)))
    done = CliRunner().invoke(app, ["evaluate", str(tmp_path), "--json", str(tmp_path / "figures.json")])
    assert done.exit_code == 0, done.output
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert [picture["found"] for picture in figures["pictures"]] == ["한글", "한글", ""]
    labels.write_text(json.dumps(records[2] | {"page": None}))
    done = CliRunner().invoke(app, ["evaluate", str(tmp_path)])
    assert done.exit_code == 3
    assert 'must say which one is labelled, as in "page": 1' in done.output
