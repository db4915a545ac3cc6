from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.pages.box import Box
from geulnun.synth.pages.canvas import Canvas
from geulnun.synth.pages.elements.table import TableLook, write_table
from geulnun.synth.pages.flow import Column, fit_style, write_line, write_paragraph
from geulnun.synth.pages.style import (
    Shadow,
    Style,
    draw_face,
    find_least_size_px,
    is_spread,
    measure_width_px,
    wrap_text,
)
from geulnun.synth.pages.truth import build_page

TEXT = "대한민국 나라글자"


@pytest.fixture(scope="module")
def fonts(materials: Path) -> FontLibrary:
    return FontLibrary.read(materials).split("train")


@pytest.fixture
def canvas(fonts: FontLibrary) -> Canvas:
    return Canvas(np.full((400, 600, 3), 255, np.uint8), fonts, np.random.default_rng(5))


@pytest.fixture
def style(fonts: FontLibrary) -> Style:
    return Style(face=fonts.korean[0], size_px=30)


def assert_all_ink_is_boxed(canvas: Canvas, margin: float = 3.0) -> None:
    """No ink lies outside of the quads, and every quad has some."""
    dark = canvas.image.min(axis=2) < 128
    rest = dark.copy()
    for quad in np.concatenate([line.quads for line in canvas.lines]):
        (x0, y0), (x1, y1) = quad.min(axis=0) - margin, quad.max(axis=0) + margin
        area = slice(max(0, int(y0)), int(y1) + 1), slice(max(0, int(x0)), int(x1) + 1)
        assert dark[area].any()
        rest[area] = False
    assert not rest.any()


WRITERS: list[Callable[[Canvas, Style], object]] = [
    lambda canvas, style: canvas.write(TEXT, 60, 100, style),
    lambda canvas, style: canvas.write(TEXT, 300, 100, style, align="center", word_spacing_px=30),
    lambda canvas, style: canvas.write_vertical("대한 민국", 300, 40, style),
    lambda canvas, style: canvas.write_arc("대한민국", 300, 200, 120, style),
    lambda canvas, style: canvas.write_arc("대한민국", 300, 200, 120, style, above=False),
    lambda canvas, style: canvas.write_warped(TEXT, style, np.array([[0.9, -0.3, 150], [0.3, 0.9, 100], [1e-4, 0, 1]])),
]


@pytest.mark.parametrize("write", WRITERS)
def test_boxes_hold_the_ink(canvas: Canvas, style: Style, write: Callable[[Canvas, Style], object]) -> None:
    write(canvas, style)
    assert_all_ink_is_boxed(canvas)
    page = build_page(canvas.finish())
    assert page.text.replace(" ", "") in ("대한민국나라글자", "대한민국")


def test_alignment_is_that_of_the_boxes(canvas: Canvas, style: Style) -> None:
    assert canvas.write(TEXT, 50, 60, style).left == pytest.approx(50, abs=1)
    assert canvas.write(TEXT, 500, 120, style, align="right").right == pytest.approx(500, abs=1)
    box = canvas.write(TEXT, 300, 180, style, align="center")
    assert (box.left + box.right) / 2 == pytest.approx(300, abs=1)
    assert box.top == pytest.approx(180, abs=1)


def test_joined_runs_are_one_line_with_words_of_their_own(canvas: Canvas, style: Style) -> None:
    canvas.write("대한", 20, 50, style)
    canvas.write("민국", 400, 50, style, join=True)
    assert len(canvas.lines) == 1
    assert canvas.lines[0].words == ("대한", "민국")


@pytest.mark.parametrize("size_px", [9.5, 14, 60])
@pytest.mark.parametrize("text", ["대한 민국 나라", "나는 그 글자"])
def test_closely_set_words_stand_apart(canvas: Canvas, style: Style, size_px: float, text: str) -> None:
    close = replace(style, size_px=size_px, spacing_em=-0.08, width_ratio=0.85)
    box = canvas.write(text, 20, 50, close)
    gaps = find_gaps(canvas)
    assert gaps.min() >= max(2.0, 0.16 * 0.85 * size_px * style.face.body_em) - 0.51
    assert box.width == pytest.approx(canvas.measure(text, close), abs=0.2 * size_px + 2)


@pytest.mark.parametrize("text", ["대 한 민 국", "1. 나 라 :"])
def test_words_spread_letter_by_letter_have_wide_gaps(canvas: Canvas, style: Style, text: str) -> None:
    canvas.write(text, 20, 50, style)
    assert find_gaps(canvas).min() >= 0.44 * style.size_px * style.face.body_em
    assert not is_spread("그 말 한마디에 다 웃는다")
    assert not is_spread("대한 민국")


def find_gaps(canvas: Canvas) -> np.ndarray:
    """Pixels between the words of the line written last."""
    words = build_page(canvas.finish()).lines[-1].words
    return np.array([b.quad.xyxy[0] - a.quad.xyxy[2] for a, b in pairwise(words)])


def test_outlines_and_shadows_do_not_move_boxes(canvas: Canvas, style: Style) -> None:
    plain = canvas.write(TEXT, 40, 60, style)
    fancy = Style(
        face=style.face,
        size_px=30,
        outline=((9, 9, 9), 2),
        shadow=Shadow(shift_px=(3, 3), blur_px=2),
        color_below=(90, 0, 0),
    )
    assert canvas.write(TEXT, 40, 60, fancy) == plain


def test_what_runs_off_the_picture_is_cut_without_harm(canvas: Canvas, style: Style) -> None:
    canvas.write(TEXT, -60, -10, style)
    canvas.write(TEXT, 560, 390, style)
    canvas.fill(Box(left=-20, top=-20, right=5, bottom=5), (0, 0, 0), radius_px=6)
    canvas.paste(np.zeros((50, 50, 3), np.uint8), 590, -25)
    assert canvas.image.shape == (400, 600, 3)


def test_wrapping_keeps_every_letter_and_the_width(fonts: FontLibrary, style: Style) -> None:
    text = "대한민국 나라 글자 사업자등록증 " * 8
    for by_letter in (False, True):
        lines = wrap_text(text, style, 160, fonts, by_letter=by_letter)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(measure_width_px(line, style, fonts) <= 161 for line in lines)
    assert wrap_text("대한민국", style, 5, fonts) == list("대한민국")


def test_a_paragraph_stays_in_its_column(canvas: Canvas, style: Style) -> None:
    column = Column(canvas=canvas, left=50, width=200, y=20, bottom=150)
    boxes = write_paragraph(column, "대한민국 나라 글자 " * 9, style, leading=1.3, align="justify", indent_px=20)
    assert boxes and all(box.left >= 48 and box.right <= 253 and box.bottom <= 151 for box in boxes)
    assert boxes[0].left > 65
    assert write_line(canvas, "대한 민국", 50, 300, 160, style, "justify").right == pytest.approx(210, abs=3)


def test_a_style_shrinks_to_its_floor(canvas: Canvas, style: Style) -> None:
    assert fit_style(canvas, TEXT, style, 1000) is style
    assert canvas.measure(TEXT, fit_style(canvas, TEXT, style, 120)) <= 121
    assert fit_style(canvas, TEXT, style, 10, 12).size_px == 12


LOOK = TableLook(
    rules="grid", line=((0, 0, 0), 1), head=((220, 220, 220), (0, 0, 0)), zebra=None, label=None,
    pad=0.2, leading=1.2, gap_px=None, center=True, merge=0.0,
)  # fmt: skip


def test_figures_stand_as_close_to_rules_as_a_table_says(canvas: Canvas, style: Style) -> None:
    cells = [["대한", "민국"], ["1,200", "300"]]
    write_table(canvas, cells, Box(left=20, top=20, right=400, bottom=380), style.sized(20), replace(LOOK, gap_px=3.0))
    last = canvas.lines[-1]
    assert last.words == ("300",)
    assert 400 - float(last.quads[..., 0].max()) == pytest.approx(3.0, abs=1.0)


def test_tables_are_written_row_by_row_inside_their_box(canvas: Canvas, style: Style) -> None:
    look = LOOK
    cells = [["대한", "민국"], ["나라", "글자"], ["등록", "업자"]]
    bottom = write_table(canvas, cells, Box(left=20, top=20, right=400, bottom=380), style.sized(20), look)
    assert build_page(canvas.finish()).text.split("\n") == ["대한", "민국", "나라", "글자", "등록", "업자"]
    assert 60 < bottom <= 380
    assert write_table(canvas, cells, Box(left=20, top=20, right=400, bottom=30), style, look) == 20


def test_classes_choose_faces(fonts: FontLibrary) -> None:
    rng = np.random.default_rng(1)
    wanted = fonts.korean[0].glyph_class
    assert all(draw_face(rng, fonts, (wanted,)).glyph_class == wanted for _ in range(20))
    assert draw_face(rng, fonts, ("no such class",)) in fonts.korean


@pytest.mark.parametrize("advance_em", [0.5, 0.95])
def test_small_print_stays_large_enough_to_read(fonts: FontLibrary, advance_em: float) -> None:
    face = fonts.korean[0]
    narrow = replace(face, advances_em=type(face.advances_em)("f", [advance_em]) * len(face.advances_em))
    assert find_least_size_px(narrow) * narrow.body_em == pytest.approx(8.5)
