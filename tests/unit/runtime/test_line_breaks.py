from geulnun.core.geometry import Quad
from geulnun.core.page import Block, Line, Word
from geulnun.runtime.line_breaks import mark_broken_words
from geulnun.runtime.recognition.language_model import read_default_model

QUAD = Quad.from_xyxy(0, 0, 10, 10)
TEXT = "우리는 어제 도서관에서 책을 읽었습니다. 그리고 저녁에는 친구를 만나서 함께 식사를 했습니다."


def join(*lines: str) -> str:
    built = [Line(words=tuple(Word(text=word, quad=QUAD) for word in line.split()), quad=QUAD) for line in lines]
    (block,) = mark_broken_words([Block.of_lines("paragraph", built)], read_default_model())
    return block.text


def test_lines_that_end_between_words_are_joined_by_spaces() -> None:
    assert (
        join("우리는 어제 도서관에서 책을", "읽었습니다. 그리고 저녁에는", "친구를 만나서 함께", "식사를 했습니다.")
        == TEXT
    )


def test_lines_that_break_inside_a_word_are_joined_by_nothing() -> None:
    assert (
        join(
            "우리는 어제 도서관에", "서 책을 읽었습니", "다. 그리고 저녁에는", "친구를 만나서 함께 식사", "를 했습니다."
        )
        == TEXT
    )


def test_what_the_model_does_not_know_keeps_its_space() -> None:
    assert join("漢字", "漢字") == "漢字 漢字"


def test_no_word_is_broken_in_a_short_line() -> None:
    texts = [
        "우리는 어제 도서관에",
        "서 책을 읽었습니",
        "다. 그리고",
        "저녁에는 친구",
        "를 만나서 함께 식사",
        "를 했습니다.",
    ]
    quads = [Quad.from_xyxy(0, 0, 200, 20)] * 3 + [Quad.from_xyxy(0, 0, 120, 20)] + [Quad.from_xyxy(0, 0, 200, 20)] * 2
    lines = [Line(words=(Word(text=text, quad=quad),), quad=quad) for text, quad in zip(texts, quads, strict=True)]
    (block,) = mark_broken_words([Block.of_lines("paragraph", lines)], read_default_model())
    assert [line.breaks_word for line in block.lines] == [True, True, False, False, True, False]


def test_latin_words_are_broken_in_addresses_only() -> None:
    broken = ("우리는 어제 도서관에", "서 책을 읽었습니", "다. 그리고 저녁에는 친", "구를 만나서 함께")
    assert "main.c main.h" in join(*broken, "main.c", "main.h")
    assert "www.korea.kr" in join(*broken, "www.ko", "rea.kr")
