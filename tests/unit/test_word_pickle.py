import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geulnun.data.sources.word_pickle import read_word_pickle, write_word_pickle
from geulnun.errors import DatasetError


def write_pictures(folder: Path, words: list[str]) -> list[tuple[str, str]]:
    for number in range(len(words)):
        Image.fromarray(np.full((20, 30 + number), 40 * number, np.uint8)).save(folder / f"{number}.png")
    return [(f"{number}.png", word) for number, word in enumerate(words)]


def test_words_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = write_word_pickle(tmp_path, write_pictures(tmp_path, ["가나", "다"]))
    assert pickle.loads(path.read_bytes()) == [("0.png", "가나"), ("1.png", "다")]
    for place in (path, tmp_path):
        words = read_word_pickle(place)
        assert [(word.path.name, word.text) for word in words] == [("0.png", "가나"), ("1.png", "다")]
    sample = words[1].read()
    assert sample.image.shape == (20, 31)
    assert (sample.image == 40).all()
    assert sample.text == "다"


class Program:
    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("executed",)


def test_no_code_is_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gt.pkl").write_bytes(pickle.dumps([("a.png", Program())]))
    with pytest.raises(DatasetError, match="only numpy arrays and plain values are read"):
        read_word_pickle(tmp_path)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": 1}, "holds dict"),
        ([], "holds an empty list"),
        ([("0.png", "가"), ("0.png", 3)], r"entry 1 is .*\(file, word\) is needed"),
        ([("none.png", "가")], r"entry 0 names none.png, which is not in"),
    ],
)
def test_wrong_entries_are_named(value: object, message: str, tmp_path: Path) -> None:
    write_pictures(tmp_path, ["가"])
    (tmp_path / "gt.pkl").write_bytes(pickle.dumps(value))
    with pytest.raises(DatasetError, match=message):
        read_word_pickle(tmp_path)
    with pytest.raises(DatasetError, match=r"cannot be read.*gt.pkl or its folder"):
        read_word_pickle(tmp_path / "elsewhere")
