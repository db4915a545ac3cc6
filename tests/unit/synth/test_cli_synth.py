import json
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from geulnun.cli.synth import app
from geulnun.data import open_dataset
from geulnun.data.characters import open_characters
from geulnun.errors import InputError, OutputError, UsageError
from geulnun.synth.characters.source import CharSource


def call(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception:
        raise result.exception
    return result.output


def test_strips_are_written_with_labels_and_preview(materials: Path, tmp_path: Path) -> None:
    folder = tmp_path / "strips"
    call("--strips", 5, "-o", folder, "--materials", materials)
    records = [json.loads(line) for line in (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(records) == 5
    for record in records:
        with Image.open(folder / record["image"]) as picture:
            assert picture.height == 32 and picture.mode == "L"
        assert record["text"]
    assert (folder / "preview.png").is_file()
    assert [picture.text for picture in open_dataset(folder)] == [record["text"] for record in records]


def test_pages_are_written_as_a_data_set(materials: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    call("--pages", 2, "-o", folder, "--materials", materials)
    assert len(list(open_dataset(folder))) == 2
    assert (folder / "preview.png").is_file()


def test_one_kind_of_page_is_written_alone(materials: Path, tmp_path: Path) -> None:
    call("--pages", 2, "--kind", "newsprint", "-o", tmp_path / "news", "--materials", materials)
    assert [picture.kind for picture in open_dataset(tmp_path / "news")] == ["newsprint"] * 2


def test_short_strips_of_newsprint_are_written(materials: Path, tmp_path: Path) -> None:
    call("--strips", 4, "--kind", "newsprint", "--longest-text", 3, "-o", tmp_path, "--materials", materials)
    texts = [json.loads(line)["text"] for line in (tmp_path / "labels.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(texts) == 4
    assert max(map(len, texts)) <= 3


def test_pages_are_written_for_open_ocr_engine(materials: Path, tmp_path: Path) -> None:
    call("--pages", 2, "--kind", "newsprint", "--form", "open-ocr", "-o", tmp_path / "set", "--materials", materials)
    pictures = list(open_dataset(tmp_path / "set" / "merged_gt.pkl"))
    assert len(pictures) == 2 and all(picture.page and picture.page.chars for picture in pictures)
    assert (tmp_path / "set" / "preview.png").is_file()


def test_characters_are_written_with_labels_and_preview(
    materials: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CharSource, "_draw_text", lambda source, rng: "가")  # the fonts of the tests draw few others
    folder = tmp_path / "chars"
    call("--chars", 6, "-o", folder, "--materials", materials)
    samples = list(open_characters(folder))
    assert [sample.text for sample in samples] == ["가"] * 6
    assert {sample.style for sample in samples} == {"printed", "handwritten"}
    with Image.open(folder / "preview.png") as sheet:
        assert sheet.width > 6 * 64
    with pytest.raises(OutputError, match="already holds"):
        call("--chars", 1, "-o", folder, "--materials", materials)


def test_a_used_folder_is_not_written_over(materials: Path, tmp_path: Path) -> None:
    call("--strips", 1, "-o", tmp_path, "--materials", materials)
    with pytest.raises(OutputError, match="already holds"):
        call("--strips", 1, "-o", tmp_path, "--materials", materials)


def test_labels_of_other_pictures_are_not_written_over(materials: Path, tmp_path: Path) -> None:
    (tmp_path / "labels.jsonl").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="already holds"):
        call("--strips", 1, "-o", tmp_path, "--materials", materials)
    assert (tmp_path / "labels.jsonl").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--strips N"),
        (("--strips", 3), "-o FOLDER"),
        (("--bench", "-o", "x"), "-o FOLDER"),
        (("--strips", 3, "--pages", 3, "-o", "x"), "once for each"),
        (("--strips", 3, "--chars", 3, "-o", "x"), "once for each"),
        (("--chars", 3), "-o FOLDER"),
        (("--bench", "--split", "test"), "validation"),
        (("--pages", 3, "-o", "x", "--form", "pickle"), "open-ocr"),
        (("--chars", 3, "-o", "x", "--kind", "newsprint"), "characters have no kinds"),
        (("--strips", 3, "-o", "x", "--kind", "receipt"), "newsprint"),
    ],
)
def test_wrong_calls_say_what_to_do(arguments: tuple[object, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        call(*arguments)


def test_missing_materials_say_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="scripts/materials"):
        call("--strips", 1, "-o", tmp_path / "out", "--materials", tmp_path / "nothing")
