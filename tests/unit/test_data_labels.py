import errno
import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geulnun.core.geometry import Quad
from geulnun.data import open_dataset
from geulnun.data.records import find_picture
from geulnun.data.sources.labels import read_labelled_pictures
from geulnun.errors import DatasetError

BOX = [[1, 2], [9, 2], [9, 8], [1, 8]]


def write_labels(folder, *records, picture="images/그림.png"):
    (folder / "images").mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((10, 12, 3), 255, np.uint8)).save(folder / picture)
    lines = (record if isinstance(record, str) else json.dumps(record, ensure_ascii=False) for record in records)
    (folder / "labels.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def test_words_text_kind_and_coverage_are_read(tmp_path):
    record = {
        "image": "images/그림.png",
        "kind": "sign",
        "words": [{"quad": BOX, "text": "가"}, {"quad": None, "text": "나"}],
        "text": "가\n나",
        "coverage": "main",
        "source": "somewhere",
    }
    (picture,) = read_labelled_pictures(write_labels(tmp_path, record))
    assert (picture.kind, picture.coverage, picture.text, picture.name) == ("sign", "main", "가\n나", "그림")
    assert picture.words[0] == (Quad.from_array(BOX), "가")
    assert picture.words[1].quad is None
    assert picture.quads is None
    assert picture.read_image().shape == (10, 12, 3)


def test_text_alone_is_enough(tmp_path):
    (picture,) = open_dataset(write_labels(tmp_path, {"image": "images/그림.png", "text": "힣"}))
    assert (picture.text, picture.words, picture.coverage, picture.quads) == ("힣", (), "full", None)


def test_words_alone_give_the_text(tmp_path):
    record = {"image": "images/그림.png", "words": [{"quad": BOX, "text": "가"}, {"quad": BOX, "text": "나"}]}
    (picture,) = open_dataset(write_labels(tmp_path, record))
    assert picture.text == "가 나"
    assert len(picture.quads) == 2


def test_a_picture_without_text_has_no_quads_to_find(tmp_path):
    (picture,) = open_dataset(write_labels(tmp_path, {"image": "images/그림.png", "words": [], "text": ""}))
    assert picture.quads == ()


def test_decomposed_text_and_file_names_are_composed(tmp_path):
    decomposed = unicodedata.normalize("NFD", "images/그림.png")
    record = {"image": "images/그림.png", "text": unicodedata.normalize("NFD", "한글")}
    (picture,) = open_dataset(write_labels(tmp_path, record, picture=decomposed))
    assert picture.text == "한글"
    assert picture.image_path.is_file()


def test_folders_and_files_may_be_composed_differently(tmp_path):
    path = tmp_path / "사진" / unicodedata.normalize("NFD", "그림.png")
    path.parent.mkdir()
    path.touch()
    assert find_picture(tmp_path, "사진/그림.png").is_file()
    with pytest.raises(DatasetError, match="is missing"):
        find_picture(tmp_path, "사진")


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("not json", "not JSON"),
        ({"text": "가"}, '"image" is missing'),
        ({"image": "images/그림.png"}, '"text" is missing'),
        ({"image": "images/없음.png", "text": "가"}, "없음.png"),
        ({"image": "images/그림.png", "text": 3}, "must be a string"),
        ({"image": "images/그림.png", "text": "가", "coverage": "half"}, '"full" or "main"'),
        ({"image": "images/그림.png", "text": "가", "words": [{"quad": [[1, 2]], "text": "가"}]}, "quad"),
        ({"image": "images/그림.png", "text": "가", "words": ["가"]}, "objects"),
        ({"image": "images/그림.png", "text": "가", "words": 5}, "int"),
    ],
)
def test_damaged_records_are_reported_with_their_line_and_skipped(tmp_path, bad, message):
    messages = []
    folder = write_labels(tmp_path, bad, {"image": "images/그림.png", "text": "가"})
    assert [picture.text for picture in open_dataset(folder, report=messages.append)] == ["가"]
    assert "line 1:" in messages[0]
    assert message in messages[0]


def test_damage_goes_to_the_log_unless_told_otherwise(tmp_path, caplog):
    list(open_dataset(write_labels(tmp_path, "{", {"image": "images/그림.png", "text": "가"})))
    assert "line 1" in caplog.text


def test_labels_that_are_all_damaged_are_an_error(tmp_path):
    with pytest.raises(DatasetError, match="None of the 1 records"):
        list(open_dataset(write_labels(tmp_path, "{"), report=lambda message: None))


def test_a_record_knows_the_place_of_its_label(tmp_path):
    write_labels(tmp_path, "no JSON", {"image": "images/그림.png", "text": "가"})
    (picture,) = read_labelled_pictures(tmp_path, report=lambda message: None)
    assert picture.place == "labels.jsonl, line 2"


def write_picture(path, text=None, encoding="utf-8"):
    Image.fromarray(np.full((10, 12, 3), 255, np.uint8)).save(path)
    if text is not None:
        path.with_suffix(".txt").write_bytes(text.encode(encoding))


def test_pictures_with_a_text_file_beside_each_are_a_data_set(tmp_path):
    write_picture(tmp_path / "나.png", "둘째\n줄\n")
    write_picture(tmp_path / (unicodedata.normalize("NFD", "가") + ".jpg"))
    (tmp_path / "가.txt").write_text("첫째", "utf-8-sig")
    dataset = open_dataset(tmp_path)
    assert dataset.form == "text files"
    assert [(each.place, each.text) for each in dataset] == [("가.txt", "첫째"), ("나.txt", "둘째\n줄")]


def test_files_without_partner_or_in_another_encoding_are_reported(tmp_path):
    write_picture(tmp_path / "good.png", "가")
    write_picture(tmp_path / "alone.png")
    write_picture(tmp_path / "old.png", "A\n가", "cp949")
    (tmp_path / "lost.txt").write_text("가", "utf-8")
    messages = []
    assert len(list(open_dataset(tmp_path, report=messages.append))) == 1
    assert [message.split(".")[0] for message in messages] == ["alone", "lost", "old"]
    assert "old.txt, line 2: not UTF-8" in messages[2]


def test_a_text_file_that_cannot_be_read_is_reported(tmp_path, monkeypatch):
    def read(path):
        if path.name == "closed.txt":
            raise PermissionError(errno.EACCES, "Permission denied")
        return "가".encode()

    write_picture(tmp_path / "closed.png", "가")
    write_picture(tmp_path / "good.png", "가")
    monkeypatch.setattr(Path, "read_bytes", read)
    messages = []
    assert [each.place for each in open_dataset(tmp_path, report=messages.append)] == ["good.txt"]
    assert messages == ["closed.txt cannot be read (Permission denied). Check its permissions; it is skipped."]
