"""Parts of a page that lie on their side are found by lines that do, and read as pages of their own."""

from collections.abc import Sequence

import pytest

from geulnun.core.geometry import Quad
from geulnun.core.page import Block, Line, Page, Word
from geulnun.runtime.lines.find_lines import box_quad
from geulnun.runtime.options import ReadOptions
from geulnun.runtime.sideways_parts import SidewaysPart, count_letters, find_sideways_parts, insert_blocks


def place(
    text: str, left: float, top: float, right: float, bottom: float, turn_deg: int = 0, sure: float = 1.0
) -> Line:
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    start = {0: 0, 90: 1, 270: 3}[turn_deg]
    quad = Quad((*corners[start:], *corners[:start]))
    return Line(words=(Word(text=text, quad=quad, confidence=sure),), quad=quad, confidence=sure)


def find(lines: Sequence[Line], turns: Sequence[int] = ()) -> list[SidewaysPart]:
    """Parts of a page of 800 x 600 px; `turns` of its first lines."""
    boxes = [box_quad(line.quad) for line in lines]
    return find_sideways_parts(boxes, lines, [*turns, *[0] * (len(lines) - len(turns))], 800, 600)


SIDEWAYS = [
    place(text, 100 + 40 * row, 200, 120 + 40 * row, 400, 270) for row, text in enumerate(("과목", "주석", "현금"))
]
HEADING = place("재무상태표", 100, 20, 300, 45)


def test_a_part_reaches_from_its_sure_lines_to_what_was_misread_beside_them() -> None:
    misread = [place("ㅇ", 220, 300, 240, 315, sure=0.8), place("L", 140, 430, 160, 445, sure=0.95)]
    (part,) = find([HEADING, *SIDEWAYS, *misread])
    assert part.turn_deg == 270
    assert all(part.holds(line.quad.xyxy) for line in (*SIDEWAYS, *misread))
    assert not part.holds(HEADING.quad.xyxy)


def test_a_few_sideways_lines_are_no_part() -> None:
    assert find(SIDEWAYS[:2]) == []
    assert find([*SIDEWAYS[:2], place("단위", 180, 200, 200, 400, 90)]) == []


def test_weak_lines_whose_letters_look_turned_count_with_those_read_surely() -> None:
    weak = [place("ㅡ", 180, 200 + 60 * row, 200, 230 + 60 * row, sure=0.5) for row in range(2)]
    (part,) = find([*weak, HEADING, *SIDEWAYS[:2]], turns=(270, 270))
    assert part.turn_deg == 270 and all(part.holds(line.quad.xyxy) for line in weak)
    assert find([*weak, HEADING, *SIDEWAYS[:2]], turns=(90, 180)) == []


def test_reading_decides_where_other_lines_seem_to_lie_on_the_other_side() -> None:
    weak = [place("ㅡ", 180, 200 + 60 * row, 200, 230 + 60 * row, sure=0.5) for row in range(3)]
    assert [part.turn_deg for part in find([*weak, *SIDEWAYS], (90,) * 3)] == [90, 270]
    assert [part.turn_deg for part in find([*weak[:1], *SIDEWAYS, *SIDEWAYS], (90,))] == [270]


def test_upright_text_between_sideways_lines_keeps_the_page_upright() -> None:
    assert find([*SIDEWAYS, place("위아래로", 90, 280, 260, 310)]) == []


def test_letters_count_by_how_surely_they_were_read() -> None:
    assert count_letters(SIDEWAYS, ReadOptions()) == 6
    assert count_letters([place("당기말전기말", 0, 0, 90, 20, sure=0.9)], ReadOptions()) == pytest.approx(5.4)


def test_a_part_comes_behind_what_begins_above_it() -> None:
    part = Page(width_px=800, height_px=600, lines=tuple(SIDEWAYS))
    above, below = (Block.of_lines("paragraph", [line]) for line in (HEADING, place("끝", 100, 500, 120, 520)))
    assert insert_blocks([above, below], part) == [above, *part.blocks, below]
    assert insert_blocks([below], Page(width_px=800, height_px=600)) == [below]
