import re

import numpy as np
import pytest
from PIL import Image

from geulnun import reading
from geulnun.cli import check as command
from geulnun.core.geometry import Quad
from geulnun.core.page import Line, Page, Word
from geulnun.errors import BundleError, MissingExtraError


class TextReader:
    """The stand-in for the networks: it reads one text from every picture."""

    def __init__(self, text):
        self.text = text

    def read_image(self, rgb, options, *, number=1):
        quad = Quad.from_xyxy(0, 0, 9, 9)
        rows = [tuple(Word(text=word, quad=quad) for word in row.split()) for row in self.text.splitlines()]
        return Page(width_px=9, height_px=9, lines=tuple(Line(words=words, quad=quad) for words in rows))


@pytest.fixture
def let_read(monkeypatch):
    """Function that puts a stand-in for a text in the place of the networks."""
    return lambda text: monkeypatch.setattr(reading, "open_page_reader", lambda *choices: TextReader(text))


@pytest.fixture
def healthy(monkeypatch, let_read):
    """An installation whose weights are in order and that reads the self-test."""
    let_read(command.SELF_TEST_TEXT)
    monkeypatch.setattr(command, "_check_bundle", lambda kind, name: f"{kind}-v1: as promised")
    monkeypatch.setattr(command, "_check_backend", lambda engine: f"{engine.backend}, {engine.threads} threads")


@pytest.mark.usefixtures("healthy")
def test_a_healthy_installation(geulnun):
    done = geulnun("check", "--threads", "2", "--backend", "onnxruntime")
    assert (done.exit_code, done.err) == (0, "")
    rows = done.out.splitlines()
    names = [row.split()[0] for row in rows[:-1]]
    assert names == ["version", "packages", "detector", "recognizer", "orientation", "language", "backend", "self-test"]
    assert re.search(r"version +geulnun \d+\.\d+\.\d+, Python 3\.", rows[0])
    assert "language-v2" in rows[5]
    assert "onnxruntime, 2 threads" in rows[6]
    assert re.search(r"self-test +(\d+) of \1 characters right in", rows[7])
    assert rows[-1] == "All is well."


@pytest.mark.usefixtures("healthy")
def test_every_fault_is_told_and_the_first_decides_the_exit_code(geulnun, monkeypatch, let_read):
    def refuse(kind, name):
        raise BundleError(f"{kind} is damaged. Install geulnun again.")

    def miss(engine):
        raise MissingExtraError.for_extra("openvino")

    monkeypatch.setattr(command, "_check_bundle", refuse)
    monkeypatch.setattr(command, "_check_backend", miss)
    let_read("전혀 다른 글")
    done = geulnun("check")
    assert done.exit_code == 5
    assert done.out.count("FAILED") == 5
    assert "recognizer  FAILED: recognizer is damaged. Install geulnun again." in done.out
    assert "pip install 'geulnun[openvino]'" in done.out
    assert "but '전혀 다른 글' was read" in done.out
    assert done.out.endswith("Not all is well.\n")


@pytest.mark.usefixtures("healthy")
def test_one_wrong_letter_is_no_broken_installation(geulnun, let_read):
    let_read(command.SELF_TEST_TEXT.replace("눈", "논", 1))
    done = geulnun("check")
    assert done.exit_code == 0
    let_read("")
    assert geulnun("check").exit_code == 1


def test_the_picture_of_the_self_test_is_there_and_readable():
    picture = np.asarray(Image.open(command.SELF_TEST_PICTURE).convert("L"))
    assert picture.shape == (190, 520)
    rows = (picture < 128).any(axis=1).astype(int)
    assert (np.diff(rows) == 1).sum() >= len(command.SELF_TEST_TEXT.splitlines())
    assert command.SELF_TEST_PICTURE.stat().st_size < 10_000


def test_what_of_a_text_cannot_be_written(geulnun, tmp_path):
    (tmp_path / "글.txt").write_text("\ufeff한글 뷁 ㎡ ￦１２\n漢字 漢\t\N{GRINNING FACE}\x07\n", encoding="utf-8")
    done = geulnun("check", "--charset", "글.txt")
    assert done.exit_code == 1
    rows = [row.split("\t") for row in done.out.splitlines()]
    assert ["漢", "U+6F22", "2", "CJK UNIFIED IDEOGRAPH-6F22"] in rows
    assert ["😀", "U+1F600", "1", "GRINNING FACE"] in rows
    assert [" ", "U+0007", "1", "no name"] in rows
    assert len(rows) == 4
    assert "글.txt: 5 of 12 characters, 4 different ones, cannot be written in charset v1." in done.err


def test_writable_texts_of_both_encodings(geulnun, tmp_path):
    for encoding in ("utf-8", "cp949"):
        (tmp_path / "a.txt").write_text("똠방각하 펲시콜라 2,500원", encoding=encoding)
        done = geulnun("check", "--charset", "a.txt")
        assert (done.exit_code, done.out) == (0, "")
    assert geulnun("check", "--charset", "-", stdin="글".encode()).exit_code == 0


def test_texts_that_cannot_be_read(geulnun, tmp_path):
    (tmp_path / "a.bin").write_bytes(b"\xff\xfe\x00\xd8")
    done = geulnun("check", "--charset", "a.bin")
    assert done.exit_code == 3
    assert "a.bin is no text in UTF-8, nor in CP949. Save it as UTF-8" in done.err
    assert geulnun("check", "--charset", "none.txt").exit_code == 3
