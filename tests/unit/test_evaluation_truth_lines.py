from pathlib import Path

import numpy as np
import pytest

from geulnun.core.geometry import Quad
from geulnun.core.page import Char, Line, Page, Word
from geulnun.data.sample import LabelledPicture, LabelledWord
from geulnun.evaluation.truth_lines import find_truth_lines
from geulnun.runtime.recognition.strips import cut_strips

BLANK = np.full((400, 400), 255, np.uint8)


def make_labels(text: str, *words: tuple[str, float, float]) -> LabelledPicture:
    """Words with their left and top; a letter is 10 px wide and its box 20 px high."""
    boxed = tuple(
        LabelledWord(Quad.from_xyxy(left, top, left + 10 * len(word), top + 20), word) for word, left, top in words
    )
    return LabelledPicture(image_path=Path("none.png"), kind="", text=text, words=boxed)


def test_words_of_a_line_of_the_text_make_a_line() -> None:
    picture = make_labels("한글 눈이\n밝다", ("한글", 0, 0), ("눈이", 30, 0), ("밝다", 0, 40))
    lines = find_truth_lines(picture, BLANK)
    assert [line.text for line in lines] == ["한글 눈이", "밝다"]
    assert lines[0].box.quad.xyxy == pytest.approx((0, 0, 50, 20))
    assert [word.char_centers.tolist() for word in lines[0].box.words] == [[[5, 10], [15, 10]], [[35, 10], [45, 10]]]


def test_wide_gaps_divide_a_line() -> None:
    picture = make_labels("왼쪽 오른쪽", ("왼쪽", 0, 0), ("오른쪽", 80, 0))
    assert [line.text for line in find_truth_lines(picture, BLANK)] == ["왼쪽", "오른쪽"]


def test_words_stand_alone_when_the_text_has_others() -> None:
    picture = make_labels("한글 눈이 밝다", ("한글", 0, 0), ("눈이", 30, 0))
    assert [line.text for line in find_truth_lines(picture, BLANK)] == ["한글", "눈이"]


def test_words_without_boxes_yield_nothing() -> None:
    picture = LabelledPicture(image_path=Path("none.png"), kind="", text="한글", words=(LabelledWord(None, "한글"),))
    assert find_truth_lines(picture, BLANK) == []
    assert find_truth_lines(make_labels(""), BLANK) == []


def test_boxes_without_height_are_left_out() -> None:
    flat = LabelledWord(Quad.from_xyxy(10, 10, 110, 10), "가나다")
    picture = LabelledPicture(image_path=Path("none.png"), kind="", text="가나다", words=(flat,))
    assert find_truth_lines(picture, BLANK) == []


def test_boxes_of_labels_shrink_to_what_hangul_fills() -> None:
    page = BLANK.copy()
    page[5:17, 2:48] = 0
    page[5:17, 6:48:8] = 255
    picture = make_labels("한글 눈이\n0", ("한글", 0, 0), ("눈이", 30, 0), ("0", 0, 40))
    hangul, digit = find_truth_lines(picture, page)
    assert (hangul.box.top[0, 1], hangul.box.bottom[0, 1]) == pytest.approx((5, 17), abs=1.1)
    assert (digit.box.top[0, 1], digit.box.bottom[0, 1]) == pytest.approx((45, 57), abs=1.1)


def make_curved_line(bend_px: float) -> Line:
    chars = []
    for index, char in enumerate("굽은글줄"):
        top = 100 - bend_px * (1 - ((index - 1.5) / 1.5) ** 2)
        chars.append(Char(text=char, quad=Quad.from_xyxy(20 * index, top, 20 * index + 20, top + 20)))
    word = Word(text="굽은글줄", quad=Quad.from_xyxy(0, 100 - bend_px, 80, 120), chars=tuple(chars))
    return Line(words=(word,), quad=word.quad)


@pytest.mark.parametrize(("bend_px", "points"), [(0, 2), (1, 2), (8, 6)])
def test_lines_of_a_page_keep_their_course(bend_px: float, points: int) -> None:
    page = Page(width_px=400, height_px=400, lines=(make_curved_line(bend_px),))
    picture = LabelledPicture(image_path=Path("none.png"), kind="", text=page.text, page=page)
    (line,) = find_truth_lines(picture, BLANK)
    assert line.box.top.shape == line.box.bottom.shape == (points, 2)
    assert cut_strips(BLANK, line.box)[0].image.shape[0] == 32


def test_vertical_lines_are_cut_into_cells() -> None:
    chars = tuple(Char(text=char, quad=Quad.from_xyxy(10, 20 * i, 30, 20 * i + 20)) for i, char in enumerate("세로글"))
    word = Word(text="세로글", quad=Quad.from_xyxy(10, 0, 30, 60), chars=chars)
    page = Page(width_px=400, height_px=400, lines=(Line(words=(word,), quad=word.quad, orientation="vertical"),))
    picture = LabelledPicture(image_path=Path("none.png"), kind="", text=page.text, page=page)
    (line,) = find_truth_lines(picture, BLANK)
    assert line.box.quad.xyxy == (10, 0, 30, 60)
    (strip,) = cut_strips(BLANK, line.box)
    assert strip.image.shape == (32, 96)
