import pytest

from geulnun.core.geometry import Quad
from geulnun.core.page import Line, Word
from geulnun.runtime.recognition.text_evidence import is_text

QUAD = Quad.from_xyxy(0, 0, 100, 20)


def make_line(text: str, confidence: float, quad: Quad = QUAD) -> Line:
    words = tuple(Word(text=word, quad=quad, confidence=confidence) for word in text.split())
    return Line(words=words, quad=quad, confidence=confidence)


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        ("FEEEEEFFE", 0.75),
        ("TTTT TTT TTT", 0.88),
        ("ㅣㅣㅣㅣㅣㅣ", 0.9),
        ("□DIDIDD", 0.52),
        ("tHt Hit", 0.65),
        ("ㅋ", 0.82),
        ("TTTT TT1T", 0.986),
        ("tHtt", 0.8),
        ("□", 0.97),
        ("11111fft", 0.51),
        ("R", 0.83),
    ],
)
def test_windows_and_strokes_are_no_text(text: str, confidence: float) -> None:
    assert not is_text(make_line(text, confidence), 0.5)
    assert is_text(make_line(text, confidence), 0.0)


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        ("의식이 없습니다!", 0.55),
        ("010000****", 0.75),
        ("2,000,000", 0.6),
        ("ㅋㅋㅋㅋㅋㅋ", 0.99),
        ("seafood noodles", 0.72),
        ("(단위: ㎡)", 0.93),
        ("★★주의★★", 0.9),
    ],
)
def test_weak_text_is_kept(text: str, confidence: float) -> None:
    assert is_text(make_line(text, confidence), 0.5)


def test_tiny_letters_must_be_surer() -> None:
    tiny = Quad.from_xyxy(0, 0, 40, 6)
    assert not is_text(make_line("14010", 0.57, tiny), 0.5)
    assert is_text(make_line("14010", 0.57), 0.5)
    assert is_text(make_line("한국대학교병원", 0.66, tiny), 0.5)
