import numpy as np
import pytest

from geulnun.core.geometry import Quad
from geulnun.core.page import Line, Word
from geulnun.runtime.detection.find_words import FoundWord
from geulnun.runtime.text_layer import choose_sample, is_complete, is_legible, measure_agreement, split_cells


def make_line(text, top=0.0, *, gap=10.0):
    words, x = [], 0.0
    for word in text.split():
        words.append(Word(text=word, quad=Quad.from_xyxy(x, top, x + 20 * len(word), top + 20)))
        x += 20 * len(word) + gap
    return Line(words=tuple(words), quad=Quad.from_xyxy(0, top, x - gap, top + 20))


def make_found(*centers):
    return FoundWord(
        quad=Quad.from_xyxy(0, 0, 1, 1),
        score=1.0,
        char_centers=np.array(centers, float),
        char_sizes_px=np.ones(len(centers)),
        char_size_px=1.0,
    )


@pytest.mark.parametrize(
    ("text", "legible"),
    [("한글 English 漢字 1", True), ("", False), ("\ufffd\ufffd 가", False), ("\ue012\ue013\ue014", False)],
)
def test_legible_text(text, legible):
    assert is_legible([make_line(text)] if text else []) == legible


def test_text_that_leaves_something_out_is_not_complete():
    lines = [make_line("가나 다라"), make_line("마바", 40)]
    inside = [(10, 10), (80, 12), (20, 50)]
    assert is_complete(lines, [make_found(*inside)])
    assert is_complete(lines, [])
    assert not is_complete(lines, [make_found(*inside), make_found((300, 300))])


def test_agreement_is_of_letters():
    lines = [make_line("부가세 1,636")]
    assert measure_agreement(lines, ["부 가 세 1,636"]) == 1
    assert measure_agreement(lines, ["xqzt wvk"]) < 0.2
    assert measure_agreement(lines, [""]) == 0


def test_the_sample_comes_from_all_over_the_page():
    lines = [make_line("가나다라 마바사" if number % 2 else "가", 30 * number) for number in range(40)]
    sample = choose_sample(lines)
    assert len(sample) == 6
    assert all(len(line.text) > 4 for line in sample)
    assert sample[0].quad.xyxy[1] < 100 < 1000 < sample[-1].quad.xyxy[1]
    assert choose_sample(lines[:1]) == lines[:1]


def test_cells_far_apart_are_lines_of_their_own():
    assert [line.text for line in split_cells(make_line("가 나 다", gap=50))] == ["가", "나", "다"]
    rows = [make_line(text, top).words[0] for text, top in (("3월", 0), ("4월", 30), ("5월", 60))]
    assert [line.text for line in split_cells(Line(words=tuple(rows), quad=Quad.from_xyxy(0, 0, 40, 80)))] == [
        "3월",
        "4월",
        "5월",
    ]
    (line,) = split_cells(make_line("가 나 다"))
    assert line.text == "가 나 다"
    assert {line.confidence, *(word.confidence for word in line.words)} == {1.0}
