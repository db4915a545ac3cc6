import numpy as np
import pytest
from PIL import Image, ImageDraw

from geulnun.core.geometry import Quad
from geulnun.core.page import Block, Cell, Line, Word
from geulnun.runtime.layout.ruling_lines import NO_RULES, Rules
from geulnun.runtime.layout.table_heads import mark_header_rows

ROWS, COLUMNS = 5, 3


def draw_table(fills: list[int], strokes: list[int]) -> tuple[Block, np.ndarray]:
    """A table whose rows have these grounds (grey levels) and strokes (px), and its picture."""
    image = Image.new("L", (360, 40 * ROWS), 255)
    pen = ImageDraw.Draw(image)
    cells = []
    for row, (fill, stroke) in enumerate(zip(fills, strokes, strict=True)):
        pen.rectangle((0, 40 * row, 360, 40 * row + 39), fill=fill)
        for column in range(COLUMNS):
            left, top = 20 + 120 * column, 40 * row + 10
            for x in range(left + 2, left + 60, 15):
                pen.rectangle((x, top + 2, x + stroke - 1, top + 18), fill=0 if fill > 128 else 255)
            quad = Quad.from_xyxy(left, top, left + 62, top + 20)
            line = Line(words=(Word(text="글", quad=quad),), quad=quad)
            cells.append(Cell(lines=(line,), row=row, column=column))
    return Block(kind="table", cells=tuple(cells)), np.asarray(image)


def rules_at(*places: float) -> Rules:
    return Rules(across=np.array([[(0, y), (360, y)] for y in places], float).reshape(-1, 2, 2), down=NO_RULES.down)


@pytest.mark.parametrize(
    ("fills", "strokes", "places", "count"),
    [
        ([255] * 5, [2] * 5, (), 0),
        ([210] + [255] * 4, [2] * 5, (), 1),
        ([40] + [250, 235] * 2, [2] * 5, (), 1),  # white letters, and stripes below
        ([255, 240] * 2 + [255], [2] * 5, (), 0),
        ([200, 200, 255, 255, 255], [2] * 5, (), 2),
        ([255] * 5, [5, 2, 2, 2, 2], (), 1),
        ([255] * 5, [2] * 5, (0, 40, 200), 1),
        ([255] * 5, [2] * 5, (0, 40, 80, 120, 160, 200), 0),
    ],
)
def test_shading_bold_type_and_one_rule_tell_the_header(
    fills: list[int], strokes: list[int], places: tuple[float, ...], count: int
) -> None:
    table, grey = draw_table(fills, strokes)
    (marked,) = mark_header_rows([table], grey, rules_at(*places))
    assert marked.header_rows == count


def test_tables_with_empty_rows_and_other_blocks_stay_as_they_are() -> None:
    table, grey = draw_table([210] + [255] * 4, [2] * 5)
    emptied = Block(kind="table", cells=tuple(Cell(row=cell.row, column=cell.column) for cell in table.cells))
    row = Block(kind="row", cells=table.cells[:3])
    assert mark_header_rows([emptied, row], grey) == [emptied, row]
