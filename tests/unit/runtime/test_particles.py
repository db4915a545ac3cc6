import pytest

from geulnun.runtime.recognition.decode_text import ReadChar
from geulnun.runtime.recognition.particles import join_particles


def join(text: str) -> str:
    chars = [
        ReadChar(text=char, start_step=i, end_step=i + 1, peak_px=8.0 * i, confidence=1.0)
        for i, char in enumerate(text)
    ]
    return "".join(char.text for char in join_particles(chars))


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("(이하 ‘계약’ 이라 합니다)", "(이하 ‘계약’이라 합니다)"),
        ('「근로기준법」 에 따라 "갑" 과 (을) 은', '「근로기준법」에 따라 "갑"과 (을)은'),
        ("제3조(목적) 를.", "제3조(목적)를."),
    ],
)
def test_particles_follow_closing_marks_without_a_space(text: str, joined: str) -> None:
    assert join(text) == joined


@pytest.mark.parametrize("text", ["(목적) 이 계약", "‘계약’ 은행", "합계 (원) 1,000", "나는 를", "(가) 도"])
def test_words_behind_closing_marks_keep_their_space(text: str) -> None:
    assert join(text) == text
