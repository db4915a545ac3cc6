import pytest

from geulnun.core.geometry import Quad
from geulnun.core.page import Char, Line, Word
from geulnun.runtime.line_text import is_text


def build_line(text: str, confidence: float) -> Line:
    quad = Quad.from_xyxy(0, 0, 10, 10)
    chars = tuple(Char(text=char, quad=quad, confidence=confidence) for char in text)
    return Line(words=(Word(text=text, quad=quad, chars=chars),), quad=quad, confidence=confidence)


@pytest.mark.parametrize(
    ("text", "doubtful", "sure"),
    [("가나다라마", 0.45, 0.55), ("3층", 0.65, 0.8), ("다", 0.75, 0.85), ("~", 0.8, 0.9), ("☆.", 0.8, 0.9)],
)
def test_short_lines_must_be_surer(text: str, doubtful: float, sure: float) -> None:
    assert not is_text(build_line(text, doubtful), 0.5)
    assert is_text(build_line(text, sure), 0.5)
    assert is_text(build_line(text, 0.01), 0.0)
