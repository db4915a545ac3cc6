"""Data sets with word boxes, in the forms that people have them in."""

import json
from pathlib import Path

import pytest
from PIL import Image

from geulnun.data.sources.word_boxes import read_word_boxes
from geulnun.errors import DatasetError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("img_1.jpg", "img_2.png"):
        Image.new("RGB", (90, 60), "white").save(tmp_path / name)
    return tmp_path


def read(path: Path) -> tuple[dict[str, list[tuple[str, tuple[float, ...]]]], list[str]]:
    """Words by picture, and the messages about what was left out."""
    said: list[str] = []
    found = {
        picture.image_path.name: [(word.text, word.quad.xyxy) for word in picture.words if word.quad]
        for picture in read_word_boxes(path, report=said.append)
    }
    return found, said


def test_text_files_of_icdar(folder: Path) -> None:
    lines = ["\ufeff10,5,50,5,50,20,10,20,가나, 다", '10,30,40,30,40,45,10,45,"인용"', "0,50,9,50,9,60,0,60,###", ""]
    (folder / "gt_img_1.txt").write_text("\r\n".join(lines), "utf-8")
    (folder / "img_2.txt").write_text('10, 5, 50, 20, "라, 마"\n10 30 40 45 "바"\n', "utf-8")
    found, said = read(folder)
    box = (10, 5, 50, 20)
    assert found["img_1.jpg"] == [("가나, 다", box), ('"인용"', (10, 30, 40, 45)), ("", (0, 50, 9, 60))]
    assert found["img_2.png"] == [("라, 마", box), ("바", (10, 30, 40, 45))]
    assert said == []


def test_a_wrong_line_and_a_missing_file_are_named(folder: Path) -> None:
    (folder / "gt_img_1.txt").write_text("10,5,50,5,50,20,10,20,가\n10,5,50\n", "utf-8")
    Image.new("RGB", (9, 9)).save(folder / "img_3.png")
    (folder / "img_2.txt").write_text("1,2,9,9,나\n", "utf-8")
    found, said = read(folder)
    assert list(found) == ["img_2.png"]
    assert 'gt_img_1.txt, line 2: "10,5,50" is no word' in said[0]
    assert "neither gt_img_3.txt nor img_3.txt" in said[1]


def test_coco_text_in_both_of_its_forms(folder: Path) -> None:
    anns = {
        "7": {"image_id": 1, "bbox": [10, 5, 40, 15], "utf8_string": "가", "legibility": "legible"},
        "8": {"image_id": 1, "bbox": [0, 0, 9, 9], "utf8_string": "", "legibility": "illegible"},
        "9": {"image_id": 1, "mask": [10, 30, 40, 30, 40, 45, 10, 45], "bbox": [0, 0, 1, 1], "utf8_string": "나"},
    }
    imgs = {"1": {"id": 1, "file_name": "img_1.jpg"}, "2": {"id": 2, "file_name": "없음.jpg"}}
    (folder / "coco.json").write_text(json.dumps({"imgs": imgs, "anns": anns}), "utf-8")
    found, said = read(folder / "coco.json")
    assert found == {"img_1.jpg": [("가", (10, 5, 50, 20)), ("", (0, 0, 9, 9)), ("나", (10, 30, 40, 45))]}
    assert len(said) == 1 and "image 2" in said[0] and "없음.jpg" in said[0]
    images = [{"id": 3, "file_name": "img_2.png"}, {"id": 4, "file_name": "img_1.jpg"}, "img_3.jpg"]
    annotations = [
        {"id": 1, "image_id": 3, "segmentation": [[10, 5, 50, 5, 50, 20, 10, 20]], "attributes": {"text": "다"}},
        {"id": 5, "image_id": 4, "text": "라"},
    ]
    (folder / "coco.json").write_text(json.dumps({"images": images, "annotations": annotations}), "utf-8")
    found, said = read(folder / "coco.json")
    assert found == {"img_2.png": [("다", (10, 5, 50, 20))]}
    assert "annotation 5" in said[0] and len(said) == 2


def test_labels_and_exports_of_label_studio(folder: Path) -> None:
    word = {"text": "가", "quad": [[10, 5], [50, 5], [50, 20], [10, 20]]}
    records = [{"image": "img_1.jpg", "words": [word]}, {"image": "img_2.png", "text": "글만"}]
    (folder / "labels.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    found, said = read(folder)
    assert found == {"img_1.jpg": [("가", (10, 5, 50, 20))]}
    assert "img_2.png lacks the quad" in said[0]
    assert read(folder / "labels.jsonl")[0] == found
    common = {"id": "a", "original_width": 90, "original_height": 60}
    box = {"x": 10, "y": 10, "width": 50, "height": 50, "rotation": 0}
    result = [common | {"type": "rectangle", "value": box}, common | {"type": "textarea", "value": {"text": ["###"]}}]
    tasks = [{"id": 4, "data": {"ocr": "/x/img_2.png"}, "annotations": [{"result": result}]}]
    broken = [{"data": "a.png", "annotations": []}, {"data": {"ocr": "a.png"}, "annotations": [None]}]
    (folder / "export.json").write_text(json.dumps([*tasks, *broken]), "utf-8")
    found, said = read(folder / "export.json")
    assert found == {"img_2.png": [("", (9, 6, 54, 36))]}
    assert [message.count("The task is skipped") for message in said] == [1, 1]


@pytest.mark.parametrize("name", ["nothing", "nothing.json", "list.json", "empty", "placeless"])
def test_what_is_no_data_set_is_refused(folder: Path, name: str) -> None:
    (folder / "placeless").mkdir()
    (folder / "placeless" / "labels.jsonl").write_text('{"image": "../img_2.png", "text": "글만"}', encoding="utf-8")
    (folder / "list.json").write_text("[1]")
    (folder / "empty").mkdir()
    with pytest.raises(DatasetError):
        read(folder / name)
