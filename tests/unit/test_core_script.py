import pytest

from geulnun.core.geometry import Quad
from geulnun.core.page import Document, Line, Page, Word
from geulnun.core.script import find_script

QUAD = Quad.from_xyxy(0, 0, 30, 10)


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("한글을", "hangul"),
        ("ㅋㅋㅋ!", "hangul"),
        ("(e-mail)", "latin"),
        ("café", "latin"),
        ("12,500", "digits"),
        ("①", "digits"),
        ("Ⅲ.", "digits"),
        ("3월", "mixed"),
        ("A4", "mixed"),
        ("KBS뉴스", "mixed"),
        ("~★", "symbols"),
        ("μΩ±", "symbols"),
        ("㎏", "symbols"),
        ("", "symbols"),
        ("漢字", "unknown"),
        ("かな", "unknown"),
        ("韓國어", "mixed"),
        ("□", "symbols"),
        ("□□", "unknown"),
        ("□국채", "mixed"),
    ],
)
def test_scripts_of_words(text: str, script: str) -> None:
    assert find_script(text) == script


def test_a_word_says_its_script_and_so_does_its_json() -> None:
    words = tuple(Word(text=text, quad=QUAD) for text in ("값은", "3만"))
    document = Document(pages=(Page(width_px=9, height_px=9, lines=(Line(words=words, quad=QUAD),), rotation_deg=90),))
    assert [word.script for word in words] == ["hangul", "mixed"]
    (page,) = document.to_dict()["pages"]
    assert [word["script"] for word in page["lines"][0]["words"]] == ["hangul", "mixed"]
    assert page["rotation_deg"] == 90
    assert Document.from_json(document.to_json()) == document


def test_pages_written_before_rotations_were_known_lie_upright() -> None:
    data = Page(width_px=9, height_px=9).to_dict()
    del data["rotation_deg"]
    assert Page.from_dict(data).rotation_deg == 0
