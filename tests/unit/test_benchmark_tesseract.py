"""Tesseract's answers in benchmarks, over a stand-in for the program."""

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture
def tesseract(repository: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """The module of `benchmarks`; its Tesseract reads a text file, and notes it in `asked`."""
    spec = importlib.util.spec_from_file_location("benchmark_tesseract", repository / "benchmarks" / "tesseract.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.asked = []

    def run(arguments: list[str]) -> None:
        path, answer = Path(arguments[0]), arguments[1]
        module.asked.append(path)
        text = path.read_text()
        Path(f"{answer}.txt").write_text(text)
        row = f"5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t90\t{text}"
        Path(f"{answer}.tsv").write_text(
            "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n" + row
        )

    monkeypatch.setattr(module, "_run", run)
    return module


@pytest.mark.parametrize("cached", [False, True])
def test_pictures_of_one_stem_get_answers_of_their_own(tesseract, cached: bool, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    cache = tmp_path / "cache" if cached else None
    paths = [tmp_path / name for name in ("scan.png", "scan.jpg", "scan.v2.png", "second/scan.png")]
    (tmp_path / "second").mkdir()
    for number, path in enumerate(paths):
        path.write_text(f"page{number}")
    for _ in range(2):
        assert [tesseract.read_page(path, 6, cache)[0].text for path in paths] == ["page0", "page1", "page2", "page3"]
    assert len(tesseract.asked) == (4 if cached else 8)
