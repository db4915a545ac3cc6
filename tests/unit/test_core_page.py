import numpy as np
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


def place(left: float, top: float, width: float = 200, height: float = 20) -> Line:
    quad = Quad.from_xyxy(left, top, left + width, top + height)
    return Line(words=(Word(text="가", quad=quad),), quad=quad)


@pytest.mark.parametrize("angle_deg", [0, -8])
def test_lines_close_below_each_other_are_a_block(angle_deg: float) -> None:
    heading = place(20, 10, 150, 36)
    text = [place(20, 60 + 30 * i, 200 - 60 * (i == 3)) for i in range(4)]
    after = [place(20, 220 + 30 * i) for i in range(2)]
    beside = [place(260, 60 + 30 * i) for i in range(2)]
    page = Page(width_px=500, height_px=300, lines=(heading, *text, *after, *beside))
    turn = np.radians(angle_deg)
    matrix = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    turned = page.warped(matrix, 500, 300)
    assert [len(block) for block in turned.blocks] == [1, 4, 2, 2]
    assert turned.to_dict()["blocks"] == [1, 4, 2, 2]
    assert tuple(line for block in turned.blocks for line in block) == turned.lines


def test_cells_in_a_row_and_no_lines_are_no_blocks() -> None:
    page = Page(width_px=500, height_px=300, lines=(place(20, 10), place(260, 10), place(20, 70)))
    assert [len(block) for block in page.blocks] == [1, 1, 1]
    assert Page(width_px=1, height_px=1).blocks == ()
