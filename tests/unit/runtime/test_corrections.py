from dataclasses import replace

import pytest

from geulnun.runtime.recognition.corrections import drop_false_spaces, spell_dates, spell_units
from geulnun.runtime.recognition.decode_text import Candidate, ReadChar

CELL_PX = 10.0


def set_cells(text: str, space_cells: float) -> list[ReadChar]:
    """The characters in cells of one width, a space taking so much of one."""
    chars, x = [], 0.0
    for char in text:
        width = CELL_PX * (space_cells if char == " " else 1.0)
        chars.append(ReadChar(text=char, peak_px=x + width / 2, confidence=1.0))
        x += width
    return chars


@pytest.mark.parametrize(
    "text", ["19, 000", "1, 465, 455원", "합계 3. 000", "공급가액 16, 364", "101, 250", "465, 455", "1,465, 455"]
)
def test_an_empty_half_of_a_comma_is_no_space(text: str) -> None:
    joined = "".join(char.text for char in drop_false_spaces(set_cells(text, 0.0)))
    assert joined == text.replace(", ", ",").replace(". ", ".")


@pytest.mark.parametrize("text", ["합계 ₩21, 865", "1, 465, 455원", "$ 3, 000"])
def test_no_space_of_whatever_width_parts_a_price(text: str) -> None:
    assert "".join(char.text for char in drop_false_spaces(set_cells(text, 1.0))) == text.replace(", ", ",")


@pytest.mark.parametrize(
    ("text", "space_cells"),
    [
        *(("19, 000", 1.0), ("3, 15", 0.0), ("12, 2026", 0.0), ("가, 나", 0.0)),
        *(("객실 101, 102, 103호", 0.0), ("98, 99, 100", 0.0), ("1, 2, 119", 0.0), ("3. 119 신고", 0.0)),
        *(("1. 100m 달리기", 0.0), ("2024. 100일", 0.0)),
    ],
)
def test_spaces_of_lists_stay(text: str, space_cells: float) -> None:
    assert "".join(char.text for char in drop_false_spaces(set_cells(text, space_cells))) == text


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("(이하 ‘계약’ 이라 합니다)", "(이하 ‘계약’이라 합니다)"),
        ('「근로기준법」 에 따라 "갑" 과 (을) 은', '「근로기준법」에 따라 "갑"과 (을)은'),
        ("제3조(목적) 를.", "제3조(목적)를."),
    ],
)
def test_particles_follow_closing_marks_without_a_space(text: str, joined: str) -> None:
    assert "".join(char.text for char in drop_false_spaces(set_cells(text, 1.0))) == joined


@pytest.mark.parametrize(
    "text", ["(목적) 이 계약", "‘계약’ 은행", "합계 (원) 1,000", "나는 를", "(가) 도", "[속보] 이란, 핵"]
)
def test_words_behind_closing_marks_keep_their_space(text: str) -> None:
    assert "".join(char.text for char in drop_false_spaces(set_cells(text, 1.0))) == text


def set_label(text: str, colon_at: float) -> list[ReadChar]:
    """A label's characters, syllables a cell wide, figures and spaces half of one, with its colon's peak moved."""
    chars, x = [], 0.0
    for char in text:
        width = CELL_PX * (1.0 if char >= "가" else 0.5)
        peak = x + width / 2 + (CELL_PX * colon_at if char == ":" else 0.0)
        chars.append(ReadChar(text=char, peak_px=peak, confidence=1.0))
        x += width
    return chars


@pytest.mark.parametrize(
    ("text", "colon_at", "read"),
    [
        ("받을금액 :", -0.5, "받을금액:"),
        ("받을금액 :", 0.0, "받을금액 :"),
        ("승인번호 : 55529", -0.4, "승인번호: 55529"),
        ("승인번호 : 55529", 0.0, "승인번호 : 55529"),
        ("승인번호 :55529", -0.4, "승인번호 :55529"),
    ],
)
def test_colons_close_to_their_label_have_no_space_before_them(text: str, colon_at: float, read: str) -> None:
    assert "".join(char.text for char in drop_false_spaces(set_label(text, colon_at))) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [("3K㎏", "3Kg"), ("56K㎞", "56Km"), ("30m㎎", "30mg"), ("5㎏", "5㎏"), ("길이 3㎝", "길이 3㎝"), ("m ㎎", "m ㎎")],
)
def test_a_unit_has_its_first_letter_once(text: str, read: str) -> None:
    assert "".join(char.text for char in spell_units(set_cells(text, 1.0))) == read


def test_a_unit_without_its_first_letter_is_among_its_alternatives_once() -> None:
    letter, unit = set_cells("K㎏", 1.0)
    others = (Candidate("㎏", 0.8), Candidate("g", 0.1), Candidate("9", 0.05))
    _, spelt = spell_units([letter, replace(unit, alternatives=others)])
    assert [(each.text, each.probability) for each in spelt.alternatives] == [("g", 0.8), ("9", 0.05)]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2025년 이월 이일", "2025년 01월 01일"),
        ("계약일 : 25년 이월 15일", "계약일 : 25년 01월 15일"),
        ("2025년12월이일까지", "2025년12월01일까지"),
        ("2025년 이월 결손금", "2025년 이월 결손금"),
        ("이월 이일", "이월 이일"),
    ],
)
def test_figures_of_a_date_are_no_letters(text: str, read: str) -> None:
    spelt = spell_dates(set_cells(text, 1.0))
    assert "".join(char.text for char in spelt) == read
    peaks = [char.peak_px for char in spelt]
    assert peaks == sorted(peaks)


def test_figures_of_a_date_are_likely_as_the_letter_was() -> None:
    chars = set_cells("2025년 이월 이일", 1.0)
    others = (Candidate("01", 0.6), Candidate("이", 0.4, (1.0, 0.5, 1.0)))
    spelt = spell_dates([replace(char, alternatives=others) if char.text == "이" else char for char in chars])
    figures = [char for char in spelt if char.alternatives]
    assert [char.alternatives for char in figures] == [(Candidate(text, 0.4),) for text in "0101"]
