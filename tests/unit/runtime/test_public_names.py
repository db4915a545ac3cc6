import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import geulnun
from geulnun import reading
from geulnun.core.page import Page
from geulnun.errors import InputError, UsageError


class BlankReader:
    """Notes the pages it is given and finds nothing on them."""

    def __init__(self) -> None:
        self.given: list[tuple[tuple[int, ...], object, int]] = []

    def read_image(self, image: np.ndarray, options: object = None, *, number: int = 1) -> Page:
        self.given.append((image.shape, options, number))
        return Page(width_px=image.shape[1], height_px=image.shape[0], number=number)


@pytest.fixture
def blank(monkeypatch: pytest.MonkeyPatch) -> BlankReader:
    reader = BlankReader()
    monkeypatch.setattr(reading, "open_page_reader", lambda *choices: reader)
    return reader


def test_every_public_name_is_there_and_nothing_else() -> None:
    assert sorted(geulnun.__all__) == dir(geulnun)
    for name in geulnun.__all__:
        assert getattr(geulnun, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'raed'"):
        geulnun.raed  # noqa: B018


def test_importing_is_light() -> None:
    heavy = "numpy", "cv2", "onnxruntime", "openvino", "torch", "PIL", "typer"
    code = f"import sys, geulnun; print([name for name in {heavy!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_the_engine_needs_no_torch() -> None:
    code = "import sys, geulnun; geulnun.Engine; print([n for n in ('torch', 'lightning') if n in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_all_sources_become_documents(blank: BlankReader, tmp_path: Path) -> None:
    path = tmp_path / "한글 이름.png"
    image = Image.new("RGB", (30, 20), "white")
    image.save(path)
    engine = geulnun.Engine()
    for source in (path, str(path), path.read_bytes(), np.zeros((20, 30), np.uint8), image):
        document = engine.read(source)
        assert [(page.width_px, page.height_px) for page in document.pages] == [(30, 20)]
        assert document.text == ""
        assert document.source == (str(path) if isinstance(source, Path | str) else None)
    assert geulnun.Document.from_json(document.to_json()) == document


def test_pages_are_chosen_and_keep_their_numbers(blank: BlankReader, tmp_path: Path) -> None:
    path = tmp_path / "three.tiff"
    frames = [Image.new("L", (10 * n, 8)) for n in (1, 2, 3)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    options = geulnun.ReadOptions(alternatives=2)
    document = geulnun.Engine().read(path, options, pages="2-3")
    assert [(page.number, page.width_px) for page in document.pages] == [(2, 20), (3, 30)]
    assert [given for _, given, _ in blank.given] == [options, options]
    read = [(page.number, image.number, image.page_count) for page, image in geulnun.Engine().iter_pages(path)]
    assert read == [(1, 1, 3), (2, 2, 3), (3, 3, 3)]
    with pytest.raises(UsageError):
        geulnun.Engine().iter_pages(path, pages="x")


def test_failures_raise(blank: BlankReader, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        geulnun.read(tmp_path / "absent.png")
    assert geulnun.read(np.zeros((4, 4, 3), np.uint8)).pages[0].lines == ()
