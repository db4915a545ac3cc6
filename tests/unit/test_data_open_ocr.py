"""Open-OCR-Engine's merged_gt.pkl: written, read, and never executed."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from geulnun.core.geometry import Quad
from geulnun.core.page import Char, Line, Page, Word
from geulnun.data import open_dataset
from geulnun.data.sample import Sample
from geulnun.data.sources.open_ocr import MERGED_FILE, read_merged, write_merged
from geulnun.errors import DatasetError, OutputError


def build_word(text: str, left: float, top: float) -> Word:
    chars = tuple(
        Char(text=char, quad=Quad.from_xyxy(left + 10 * i, top, left + 10 * i + 9, top + 12))
        for i, char in enumerate(text)
    )
    return Word(text=text, quad=Quad.from_xyxy(left, top, left + 10 * len(text) - 1, top + 12), chars=chars)


def build_sample(*lines: tuple[str, ...]) -> Sample:
    built = []
    for number, texts in enumerate(lines):
        words = tuple(build_word(text, 5 + 45 * i, 5 + 20 * number) for i, text in enumerate(texts))
        built.append(Line(words=words, quad=words[0].quad))
    return Sample(image=np.full((60, 120, 3), 235, np.uint8), page=Page(width_px=120, height_px=60, lines=tuple(built)))


def write_pickle(folder: Path, *records: Any) -> Path:
    Image.new("RGB", (120, 60)).save(folder / "a.jpg")
    (folder / MERGED_FILE).write_bytes(pickle.dumps(list(records)))
    return folder


def test_pages_come_back_as_they_were(tmp_path: Path) -> None:
    sample = build_sample(("가나다", "라"), ("마바",))
    assert write_merged(tmp_path / "set", [sample, build_sample()]) == 2
    full, empty = open_dataset(tmp_path / "set")
    assert full.page is not None and empty.page is not None
    assert full.text == "가나다 라\n마바"
    assert [char.quad for char in full.page.chars] == [char.quad for char in sample.page.chars]
    assert [word.text for word in full.words] == ["가나다", "라", "마바"]
    (word, *_), (true, *_) = full.page.words, sample.page.words
    assert np.abs(word.quad.array - true.quad.array).max() < 0.01
    assert full.read_image().shape == (60, 120, 3)
    assert (empty.text, empty.page.lines) == ("", ())
    record = pickle.loads((tmp_path / "set" / MERGED_FILE).read_bytes())[0]
    assert (record["charBB"].shape, record["txt"]) == ((2, 4, 6), "가나다 라\n마바")
    with pytest.raises(OutputError, match="not empty"):
        write_merged(tmp_path / "set", [])


def test_one_character_and_arrays_of_texts_are_read(tmp_path: Path) -> None:
    one = np.array(Quad.from_xyxy(1, 2, 11, 12).points).T
    two = np.stack([one, one + 20], axis=2)
    folder = write_pickle(
        tmp_path,
        {"fn": "a.jpg", "charBB": one, "txt": " 가 "},
        {"fn": "a.jpg", "charBB": two, "txt": np.array(["나 ", "다\n"])},
    )
    first, second = read_merged(folder / MERGED_FILE)
    assert (first.text, second.text) == ("가", "나\n다")


def test_what_is_wrong_with_a_record_is_said_by_its_number(tmp_path: Path) -> None:
    boxes = np.zeros((2, 4, 1))
    folder = write_pickle(
        tmp_path,
        {"fn": "a.jpg", "charBB": boxes, "txt": "가나"},
        {"fn": "없음.jpg", "charBB": boxes, "txt": "가"},
        {"fn": "a.jpg", "charBB": np.zeros((4, 2, 1)), "txt": "가"},
        {"fn": "a.jpg", "txt": "가"},
        "a.jpg",
        {"fn": "a.jpg", "charBB": boxes, "txt": "가"},
    )
    said: list[str] = []
    assert len(list(read_merged(folder, report=said.append))) == 1
    wrong = (
        "1 boxes for 2 characters",
        "없음.jpg",
        "(2, 4, characters) is needed",
        '"charBB" is missing',
        "not a dict",
    )
    for number, (message, expected) in enumerate(zip(said, wrong, strict=True), start=1):
        assert f"picture {number}: " in message and expected in message


class Trap:
    """What a pickle runs when it is opened without care."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_no_code_of_a_pickle_is_executed(tmp_path: Path) -> None:
    write_pickle(tmp_path, {"fn": Trap(tmp_path / "ran"), "charBB": None, "txt": ""})
    with pytest.raises(DatasetError, match="only numpy arrays and plain values"):
        list(read_merged(tmp_path))
    (tmp_path / MERGED_FILE).write_bytes(b"no pickle")
    with pytest.raises(DatasetError, match="no pickle of plain values"):
        list(read_merged(tmp_path))
    assert not (tmp_path / "ran").exists()
