"""Pages whose every part is known, for writers to be tested without reading anything."""

import pytest

from geulnun.core.geometry import Quad
from geulnun.core.page import Alternative, Block, Cell, Char, Line, Page, Word


def make_line(text, left=20.0, top=20.0, size=20.0, **options):
    """A row of these words: letters are as wide as high, spaces half of that."""
    words, x = [], left
    for word in text.split(" "):
        chars = tuple(
            Char(
                text=char,
                quad=Quad.from_xyxy(x + size * index, top, x + size * (index + 1), top + size),
                confidence=0.97,
                alternatives=(Alternative(text="긴", confidence=0.02),),
            )
            for index, char in enumerate(word)
        )
        quad = Quad.from_xyxy(x, top, x + size * len(word), top + size)
        words.append(Word(text=word, quad=quad, confidence=0.9534, chars=chars))
        x += size * (len(word) + 0.5)
    return Line(
        words=tuple(words), quad=Quad.from_xyxy(left, top, x - size / 2, top + size), confidence=0.95, **options
    )


def make_cell(text, row, column, **spans):
    """A cell of a table, 100 x 40 px, with its ruling lines."""
    bounds = Quad.from_xyxy(20 + 100 * column, 300 + 40 * row, 120 + 100 * column, 340 + 40 * row)
    lines = (make_line(text, 25 + 100 * column, 310 + 40 * row),) if text else ()
    return Cell(lines=lines, row=row, column=column, bounds=bounds, **spans)


@pytest.fixture
def line():
    return make_line


@pytest.fixture
def page():
    """A page with a block of every kind."""
    table = (
        make_cell("품명", 0, 0),
        make_cell("값", 0, 1),
        make_cell("비고", 0, 2),
        make_cell("007", 1, 0),
        make_cell("1|2", 1, 1),
        make_cell("", 1, 2, row_span=2),
        make_cell("합계 =1+1", 2, 0, column_span=2),
    )
    paragraph = (make_line("이 글은 읽", 20, 100, breaks_word=True), make_line("는다 *그리고* <끝>", 20, 130))
    row = (
        Cell(lines=(make_line("감바스", 20, 240),), row=0, column=0),
        Cell(lines=(make_line("18,000", 300, 240),), row=0, column=1),
    )
    return Page(
        width_px=600,
        height_px=800,
        blocks=(
            Block.of_lines("running_head", [make_line("글눈 회보", 20, 5)]),
            Block.of_lines("heading", [make_line("사 업 자 등 록 증", 20, 40)]),
            Block.of_lines("paragraph", paragraph),
            Block.of_lines("list_item", [make_line("• 하나 & 둘", 20, 180)]),
            Block(kind="row", cells=row),
            Block(kind="table", cells=table, header_rows=1),
            Block.of_lines("caption", [make_line("1. 그림 𠮷", 20, 500)]),
            Block.of_lines("page_number", [make_line("- 3 -", 200, 760)]),
        ),
        number=3,
    )


@pytest.fixture
def odd_page():
    """A page with what breaks formats: quads outside of it, control characters, upright and tilted lines."""
    far = Quad(((-50.0, -20.0), (700.0, -20.0), (700.0, 20.0), (-50.0, 20.0)))
    outside = Line(words=(Word(text="a\x00b\x0b\ufffe]]>", quad=far, confidence=1.0),), quad=far)
    tilted = Quad(((100.0, 100.0), (200.0, 120.0), (196.0, 140.0), (96.0, 120.0)))
    upright = Quad.from_xyxy(400, 100, 420, 300)
    return Page(
        width_px=600,
        height_px=800,
        lines=(
            outside,
            Line(words=(Word(text="기운", quad=tilted),), quad=tilted),
            Line(words=(Word(text="세로", quad=upright),), quad=upright, orientation="vertical"),
            Line(words=(Word(text="", quad=upright),), quad=upright),
        ),
    )
