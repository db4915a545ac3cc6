import pytest

from geulnun.core.geometry import Quad
from geulnun.core.page import Document, Line, Page, Word


def line(text: str) -> Line:
    quad = Quad.from_xyxy(0, 0, 10, 10)
    return Line(words=tuple(Word(text=word, quad=quad) for word in text.split()), quad=quad)


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("사 업 자 등 록 증", "사업자등록증"),
        ("영 수 증 (공급받는자용)", "영수증 (공급받는자용)"),
        ("[별지] 위 임 장", "[별지] 위임장"),
        ("성 명", None),
        ("이 그 저 사람", None),
        ("사업자등록증", None),
        ("1 2 3 4", None),
        ("A B C", None),
        ("가 나 (", None),
        ("", None),
    ],
)
def test_headings_spaced_out_letter_by_letter_have_a_joined_form(text: str, joined: str | None) -> None:
    assert line(text).joined == joined
    assert line(text).text == text


def test_json_has_the_joined_form_beside_the_literal_text() -> None:
    page = Page(width_px=10, height_px=10, lines=(line("위 임 장"), line("성 명")))
    first, second = page.to_dict()["lines"]
    assert (first["text"], first["joined"]) == ("위 임 장", "위임장")
    assert "joined" not in second
    document = Document(pages=(page,))
    assert Document.from_json(document.to_json()) == document
