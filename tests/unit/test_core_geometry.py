"""Quads, crops and the page schema."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geulnun.core.geometry import Quad, cut_curved, cut_quad, enclose, measure_iou, measure_overlap
from geulnun.core.page import Alternative, Char, Document, Line, Page, Word
from geulnun.errors import InputError

SIDE = st.floats(1, 500)


@given(st.floats(-100, 100), st.floats(-100, 100), SIDE, SIDE)
def test_an_upright_quad_knows_its_measures(x: float, y: float, width: float, height: float) -> None:
    quad = Quad.from_xyxy(x, y, x + width, y + height)
    assert quad.width_px == pytest.approx(width)
    assert quad.height_px == pytest.approx(height)
    assert quad.area == pytest.approx(width * height, rel=1e-6, abs=1e-6)
    assert quad.angle_deg == pytest.approx(0)
    assert measure_iou(quad, quad) == pytest.approx(1, abs=1e-3)
    assert Quad.from_array(quad.array) == quad


def test_iou_of_half_overlapping_and_apart() -> None:
    a, b = Quad.from_xyxy(0, 0, 10, 10), Quad.from_xyxy(5, 0, 15, 10)
    assert measure_iou(a, b) == pytest.approx(1 / 3, abs=1e-4)
    assert measure_iou(a, b.shifted(50, 0)) == 0


@given(st.integers(0, 2**32 - 1))
def test_overlap_is_that_of_opencv(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = (
        cv2.boxPoints(((rng.uniform(0, 20), rng.uniform(0, 20)), tuple(rng.uniform(2, 20, 2)), rng.uniform(0, 360)))
        for _ in range(2)
    )
    expected = cv2.intersectConvexConvex(first, second)[0]
    assert measure_overlap(Quad.from_array(first), Quad.from_array(second[::-1])) == pytest.approx(expected, abs=0.02)


def test_enclosing_follows_the_direction_of_reading() -> None:
    turn = cv2.getRotationMatrix2D((0, 0), -30, 1)
    matrix = np.vstack([turn, [0, 0, 1]])
    quads = [Quad.from_xyxy(i * 20, 0, i * 20 + 15, 20).warped(matrix) for i in range(4)]
    quad = enclose(quads)
    assert quad.angle_deg == pytest.approx(30)
    assert quad.width_px == pytest.approx(75)
    assert quad.height_px == pytest.approx(20)
    with pytest.raises(ValueError, match="no quads"):
        enclose([])


def test_a_bad_quad_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\(4, 2\)"):
        Quad.from_array(np.zeros((3, 2)))


def test_cutting_an_upright_quad_is_cropping() -> None:
    image = np.random.default_rng(0).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    cut = cut_quad(image, Quad.from_xyxy(10, 20, 50, 40), 20).astype(int)
    assert np.abs(cut - image[20:40, 10:50]).max() <= 1  # Pillow rounds down


def test_cutting_outside_repeats_the_edge() -> None:
    image = np.full((20, 20), 77, np.uint8)
    assert (cut_quad(image, Quad.from_xyxy(-30, -30, -10, -10), 16) == 77).all()
    assert cut_quad(image, Quad.from_xyxy(-5, 0, 25, 20), 10).shape == (10, 15)


def test_straight_curves_cut_like_a_quad() -> None:
    image = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 255, (64, 200), dtype=np.uint8), (0, 0), 2)
    xs = np.linspace(20, 180, 5)
    top, bottom = np.column_stack([xs, np.full(5, 16.0)]), np.column_stack([xs, np.full(5, 48.0)])
    curved = cut_curved(image, top, bottom, 32).astype(int)
    straight = cut_quad(image, Quad.from_xyxy(20, 16, 180, 48), 32).astype(int)
    assert curved.shape == straight.shape
    assert np.abs(curved - straight).mean() < 1


def make_document() -> Document:
    quad = Quad.from_xyxy(1, 2, 11, 12)
    char = Char(
        text="글",
        quad=quad,
        confidence=0.9,
        alternatives=(Alternative(text="굴", confidence=0.1, jamo=(1.0, 0.1, 1.0)),),
    )
    word = Word(text="글", quad=quad, confidence=0.9, chars=(char,))
    line = Line(words=(word, word), quad=quad, confidence=0.5, orientation="vertical")
    return Document(pages=(Page(width_px=20, height_px=30, lines=(line,)),), source="한글.png")


def test_json_goes_both_ways() -> None:
    document = make_document()
    assert Document.from_json(document.to_json()) == document
    assert document.text == "글 글"
    assert "한글.png" in document.to_json()


def test_a_page_moves_with_its_quads() -> None:
    page = make_document().pages[0].warped(np.diag([2.0, 3.0, 1.0]), 40, 90)
    assert (page.width_px, page.height_px) == (40, 90)
    assert next(page.chars).quad == Quad.from_xyxy(2, 6, 22, 36)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 9, "pages": []}', '{"version": 1, "pages": [{}]}'])
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="geulnun|JSON"):
        Document.from_json(text)
