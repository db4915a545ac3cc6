"""Functions shaped like those of pytesseract, over a stand-in for reading."""

import sys

import numpy as np
import pytest

import geulnun
from geulnun import tesseract
from geulnun.core.geometry import Quad
from geulnun.core.page import Char, Document, Line, Page, Word
from geulnun.errors import MissingExtraError, UsageError


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch):
    words, x = [], 10.0
    for text in ("글눈", "007"):
        chars = tuple(
            Char(text=char, quad=Quad.from_xyxy(x + 10 * i, 20, x + 10 * i + 10, 30)) for i, char in enumerate(text)
        )
        quad = Quad.from_xyxy(x, 20, x + 10 * len(text), 30)
        words.append(Word(text=text, quad=quad, confidence=0.5, chars=chars))
        x += 50
    line = Line(words=tuple(words), quad=Quad.from_xyxy(10, 20, 90, 30))
    page = Page(width_px=100, height_px=50, lines=(line,))
    monkeypatch.setattr(tesseract, "_read", lambda image: Document(pages=(page,)))


IMAGE = np.zeros((50, 100, 3), np.uint8)


def test_text():
    assert geulnun.image_to_string(IMAGE, lang="kor", config="--psm 6") == "글눈 007\n\f"
    assert geulnun.image_to_string(IMAGE, output_type="dict") == {"text": "글눈 007\n\f"}
    assert geulnun.image_to_string(IMAGE, output_type="bytes").decode() == "글눈 007\n\f"


def test_data_as_programs_for_pytesseract_take_it():
    data = geulnun.image_to_data(IMAGE, output_type=geulnun.Output.DICT)
    kept = [i for i in range(len(data["text"])) if data["text"][i].strip() and float(data["conf"][i]) > 40]
    assert [(data["text"][i], data["left"][i], data["width"][i]) for i in kept] == [("글눈", 10, 20), ("007", 60, 30)]
    rows = geulnun.image_to_data(IMAGE).splitlines()
    assert rows[0].split("\t")[:2] == ["level", "page_num"]
    assert rows[-1] == "5\t1\t1\t1\t1\t2\t60\t20\t30\t10\t50.000000\t007"


def test_data_frames(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError, match="pip install pandas"):
        geulnun.image_to_data(IMAGE, output_type="data.frame")
    monkeypatch.undo()


def test_data_frames_keep_words_as_text():
    pytest.importorskip("pandas")
    frame = geulnun.image_to_data(IMAGE, output_type="data.frame")
    assert frame.dropna().text.tolist() == ["글눈", "007"]
    assert frame.conf.tolist() == [-1, -1, -1, -1, 50, 50]


def test_boxes_have_their_origin_at_the_lower_left():
    assert geulnun.image_to_boxes(IMAGE).splitlines()[0] == "글 10 20 20 30 0"
    assert geulnun.image_to_boxes(IMAGE, output_type="dict")["char"] == list("글눈007")


def test_an_unknown_output_type():
    with pytest.raises(UsageError, match="allowed are string, bytes and dict"):
        geulnun.image_to_string(IMAGE, output_type="list")
