import numpy as np
import pytest

from geulnun.core.geometry import Quad
from geulnun.synth.pages.truth import Drawing, DrawnLine, build_page, span


def row_of_boxes(count: int, left: float = 10, top: float = 20, size: float = 10) -> np.ndarray:
    x = left + np.arange(count) * size
    return np.stack(
        [
            x,
            np.full(count, top),
            x + size,
            np.full(count, top),
            x + size,
            np.full(count, top + size),
            x,
            np.full(count, top + size),
        ],
        axis=1,
    ).reshape(-1, 4, 2)


def page_of(*lines: DrawnLine, width: int = 200, height: int = 100):
    return build_page(Drawing(image=np.zeros((height, width, 3), np.uint8), lines=lines))


def test_words_lines_and_characters_share_their_corners() -> None:
    page = page_of(DrawnLine(words=("대한", "민국"), quads=row_of_boxes(4)))
    line = page.lines[0]
    assert line.text == "대한 민국"
    assert [char.text for char in page.chars] == list("대한민국")
    assert line.quad == Quad.from_xyxy(10, 20, 50, 30)
    assert line.words[1].quad == Quad.from_xyxy(30, 20, 50, 30)
    assert all(char.confidence is None for char in page.chars)


def test_letters_outside_the_picture_are_left_out() -> None:
    page = page_of(DrawnLine(words=("대한", "민국"), quads=row_of_boxes(4)), width=36)
    assert page.text == "대한 민"
    assert page_of(DrawnLine(words=("대한",), quads=row_of_boxes(2, left=500))).lines == ()


def test_a_vertical_word_spans_from_its_first_letters_top_to_its_last_ones_bottom() -> None:
    upright = row_of_boxes(3)[..., ::-1]
    quads = upright[:, [0, 3, 2, 1]]
    assert span(quads, "vertical") == Quad.from_xyxy(20, 10, 30, 40)


def test_a_bent_run_is_enclosed_by_a_rectangle() -> None:
    quads = row_of_boxes(9)
    quads[..., 1] += (np.abs(np.arange(9) - 4) ** 2)[:, None]
    quad = span(quads)
    assert quad.height_px == pytest.approx(26)
    assert quad.width_px == pytest.approx(90)


def test_corners_must_match_the_words() -> None:
    with pytest.raises(ValueError, match="3 characters need"):
        DrawnLine(words=("가나다",), quads=row_of_boxes(2))
