import numpy as np
import pytest

from geulnun.core.geometry import Quad
from geulnun.core.page import Line, Page, Word
from geulnun.runtime.layout.blocks import build_blocks


def place(left: float, top: float, width: float = 200, height: float = 20) -> Line:
    quad = Quad.from_xyxy(left, top, left + width, top + height)
    return Line(words=(Word(text="가", quad=quad),), quad=quad)


@pytest.mark.parametrize("angle_deg", [0, -8])
def test_lines_close_below_each_other_are_a_block(angle_deg: float) -> None:
    heading = place(20, 10, 150, 36)
    text = [place(20, 60 + 30 * i, 200 - 60 * (i == 3)) for i in range(4)]
    after = [place(20, 220 + 30 * i) for i in range(2)]
    beside = [place(260, 60 + 30 * i) for i in range(2)]
    lines = (heading, *text, *after, *beside)
    turn = np.radians(angle_deg)
    matrix = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    turned = Page(width_px=500, height_px=300, lines=lines).warped(matrix, 500, 300)
    blocks = build_blocks(turned.lines)
    assert [len(block.lines) for block in blocks] == [1, 4, 2, 2]
    assert tuple(line for block in blocks for line in block.lines) == turned.lines


def test_cells_in_a_row_and_no_lines_are_no_blocks() -> None:
    blocks = build_blocks([place(20, 10), place(260, 10), place(20, 70)])
    assert [len(block.lines) for block in blocks] == [1, 1, 1]
    assert build_blocks([]) == []
