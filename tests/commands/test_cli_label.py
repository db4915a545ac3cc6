"""`geulnun label`: readings to labels, to Label Studio and back; nothing lost on the way."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from geulnun.data import open_dataset

pytestmark = pytest.mark.usefixtures("reader")


def read_labels(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "labels.jsonl").read_text("utf-8").splitlines()]


def correct(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What Label Studio exports once the predictions were taken over."""
    return [
        {"id": number, "data": task["data"], "annotations": [{"result": task["predictions"][0]["result"]}]}
        for number, task in enumerate(tasks, start=10)
    ]


@pytest.fixture
def folder(draw, tmp_path: Path) -> Path:
    draw("사진/가.png", "빨강")
    draw("사진/나.png", "초록")
    draw("사진/빈.png", "")
    return tmp_path / "사진"


def test_readings_become_labels_that_evaluation_reads(geulnun, folder: Path) -> None:
    done = geulnun("label", "사진")
    assert (done.exit_code, done.out) == (0, "")
    pictures = {picture.name: picture for picture in open_dataset(folder)}
    assert {name: picture.text for name, picture in pictures.items()} == {"가": "빨강 쪽", "나": "초록 쪽", "빈": ""}
    assert pictures["빈"].quads == ()
    word = read_labels(folder)[0]["words"][1]
    expected = {"text": "쪽", "quad": [[0, 0], [40, 0], [40, 30], [0, 30]], "line": 0, "confidence": 0.6}
    assert word == expected


def test_pages_of_a_pdf_are_labelled_by_their_numbers(geulnun, draw, tmp_path: Path) -> None:
    draw("akten/a.pdf", "빨강", "파랑")
    draw("akten/b.tif", "초록", "파랑")  # of a TIFF the first page is what reading labels
    assert geulnun("label", "akten").exit_code == 0
    found = [(picture.page_number, picture.text) for picture in open_dataset(tmp_path / "akten")]
    assert found == [(1, "빨강 쪽"), (2, "파랑 쪽"), (None, "초록 쪽")]


def test_labels_that_are_there_are_kept(geulnun, folder: Path, draw) -> None:
    geulnun("label", "사진")
    labels = folder / "labels.jsonl"
    mine = labels.read_text("utf-8").replace("빨강", "고침").rstrip("\n")  # an editor left the last line open
    labels.write_text(mine, "utf-8")
    done = geulnun("label", "사진")
    assert done.exit_code == 4
    assert "--add" in done.err and "--replace" in done.err
    assert labels.read_text("utf-8") == mine
    draw("사진/다.png", "파랑")
    assert geulnun("label", "사진", "--add").exit_code == 0
    assert [record["words"][0]["text"] for record in read_labels(folder) if record["words"]] == ["고침", "초록", "파랑"]
    assert geulnun("label", "사진", "--replace").exit_code == 0
    assert labels.with_name("labels.jsonl.bak").read_text("utf-8").startswith(mine)
    assert "고침" not in labels.read_text("utf-8")
    geulnun("label", "사진", "--replace")
    assert labels.with_name("labels.jsonl.bak2").exists()  # the first one is not overwritten either


def test_a_damaged_file_is_not_added_to(geulnun, folder: Path) -> None:
    (folder / "labels.jsonl").write_text('{"image": "가.png", "text": "빨강"}\n{"image": \n', "utf-8")
    done = geulnun("label", "사진", "--add")
    assert done.exit_code == 3
    assert "labels.jsonl, line 2" in done.err


def test_a_picture_that_cannot_be_read_is_reported_and_the_others_are_labelled(geulnun, folder: Path) -> None:
    (folder / "깨진.png").write_bytes(b"no picture")
    done = geulnun("label", "사진")
    assert done.exit_code == 3
    assert "깨진.png" in done.err
    assert len(read_labels(folder)) == 3


def test_corrections_come_back_from_label_studio(geulnun, folder: Path, tmp_path: Path) -> None:
    done = geulnun("label", "사진", "--label-studio", "tasks.json", "--url-prefix", "/data/local-files/?d=사진/")
    assert done.exit_code == 0
    assert (tmp_path / "tasks.xml").read_text("utf-8").startswith("<View>")
    tasks = json.loads((tmp_path / "tasks.json").read_text("utf-8"))
    assert tasks[0]["data"] == {"ocr": "/data/local-files/?d=사진/%EA%B0%80.png"}
    assert tasks[0]["predictions"][0]["score"] == pytest.approx(0.75)
    exported = correct(tasks)
    exported[0]["annotations"][0]["result"][2]["value"]["text"] = ["빨간색"]
    exported[1]["data"]["ocr"] = "/data/upload/3/0a1b2c3d-나.png"  # uploaded instead of synchronised
    (tmp_path / "export.json").write_text(json.dumps(exported[:2]), "utf-8")
    kept = json.loads((folder / "labels.jsonl").read_text("utf-8").splitlines()[2])
    (folder / "labels.jsonl").write_text(
        "".join(json.dumps({**record, "kind": "sign"}) + "\n" for record in read_labels(folder)), "utf-8"
    )
    assert geulnun("label", "사진", "--from", "export.json").exit_code == 4
    assert geulnun("label", "사진", "--from", "export.json", "--replace").exit_code == 0
    assert [picture.text for picture in open_dataset(folder)] == ["빨간색 쪽", "초록 쪽", ""]
    assert read_labels(folder)[2] == {**kept, "kind": "sign"}  # not exported, not touched
    first = read_labels(folder)[0]
    assert first["kind"] == "sign"
    assert first["words"][0]["quad"] == [[0, 0], [40, 0], [40, 30], [0, 30]]


def test_what_is_wrong_with_an_export_is_said_by_task(geulnun, folder: Path, tmp_path: Path) -> None:
    geulnun("label", "사진", "--label-studio", "tasks.json")
    before = (folder / "labels.jsonl").read_text("utf-8")
    bare, gone, waiting = correct(json.loads((tmp_path / "tasks.json").read_text("utf-8")))
    del bare["annotations"][0]["result"][2]  # the transcription of the first word
    gone["data"]["ocr"] = "없는.png"
    waiting["annotations"] = [{"was_cancelled": True, "result": []}]
    (tmp_path / "export.json").write_text(json.dumps([bare, gone, waiting, {"id": 99}]), "utf-8")
    done = geulnun("label", "사진", "--from", "export.json", "--replace")
    assert done.exit_code == 3
    for said in ("task 10: the box at (0, 0) px has no transcription", "task 11", "없는.png", "task 12", "task 99"):
        assert said in done.err
    assert (folder / "labels.jsonl").read_text("utf-8") == before  # nothing could be used, nothing was changed


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[1, ", "line 1: not JSON"),
        ('[{"ocr": "a.png", "bbox": []}]', "not JSON-MIN"),
        ('{"a": 1}', "no list of tasks"),
    ],
)
def test_other_files_are_no_export(geulnun, folder: Path, tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "export.json").write_text(content, "utf-8")
    done = geulnun("label", "사진", "--from", "export.json")
    assert done.exit_code == 3
    assert said in done.err
    assert not (folder / "labels.jsonl").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--add", "--replace"), "exclude each other"),
        (("--from", "x.json", "--add"), "--from reads nothing"),
        (("--url-prefix", "/data/"), "--label-studio FILE"),
    ],
)
def test_options_that_do_not_go_together(geulnun, folder: Path, options: tuple[str, ...], said: str) -> None:
    done = geulnun("label", "사진", *options)
    assert done.exit_code == 2
    assert said in done.err


def test_an_empty_name_is_not_the_current_folder(geulnun) -> None:
    done = geulnun("label", "")
    assert (done.exit_code, "'' is no folder" in done.err) == (2, True)


def test_tasks_are_not_written_over(geulnun, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "tasks.json").write_text("mine", "utf-8")
    assert geulnun("label", "사진", "--label-studio", "tasks.json").exit_code == 4
    assert not (folder / "labels.jsonl").exists()
    assert (tmp_path / "tasks.json").read_text("utf-8") == "mine"


def test_labels_of_a_missing_picture_are_left_out_of_the_tasks(geulnun, folder: Path, tmp_path: Path) -> None:
    lines = [
        '{"image": "없는.png", "text": "가"}',
        '{"image": "가.png", "words": [{"text": "가", "quad": null}]}',
        '{"image": "나.png", "words": ["나"]}',
    ]
    (folder / "labels.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    Image.new("RGB", (9, 9)).save(folder / "다.png")
    done = geulnun("label", "사진", "--add", "--label-studio", "tasks.json")
    assert done.exit_code == 3
    assert "record 1 (없는.png)" in done.err and "record 2 (가.png): a word has no quad" in done.err
    assert "record 3 (나.png): a word has no quad" in done.err
    assert len(json.loads((tmp_path / "tasks.json").read_text("utf-8"))) == 2


def test_pages_of_pdfs_are_no_tasks(geulnun, draw, tmp_path: Path) -> None:
    draw("akten/a.pdf", "빨강")
    draw("akten/b.png", "초록")
    done = geulnun("label", "akten", "--label-studio", "tasks.json")
    assert (done.exit_code, "(a.pdf): Label Studio shows no PDF." in done.err) == (3, True)
    (task,) = json.loads((tmp_path / "tasks.json").read_text("utf-8"))
    assert task["data"]["ocr"].endswith("b.png")
