from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from geulnun.core.geometry import Quad
from geulnun.core.page import Block, Line, Page, Word
from geulnun.runtime.layout.blocks import build_blocks, build_paragraphs
from geulnun.runtime.layout.ruling_lines import find_edges


def place(text: str, left: float, top: float, width: float = 200, height: float = 20) -> Line:
    quad = Quad.from_xyxy(left, top, left + width, top + height)
    return Line(words=tuple(Word(text=word, quad=quad) for word in text.split()), quad=quad)


def shuffle(lines: list[Line]) -> list[Line]:
    return [lines[number] for number in np.random.default_rng(0).permutation(len(lines))]


def texts(blocks: list[Block]) -> str:
    return Page(width_px=1, height_px=1, blocks=tuple(blocks)).text


@pytest.mark.parametrize("angle_deg", [0, -8])
def test_lines_close_below_each_other_are_a_paragraph(angle_deg: float) -> None:
    heading = place("제목", 20, 10, 150, 36)
    text = [place("글", 20, 60 + 30 * i, 200 - 60 * (i == 3)) for i in range(4)]
    after = [place("끝", 20, 220 + 30 * i) for i in range(2)]
    turn = np.radians(angle_deg)
    matrix = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    page = Page(width_px=500, height_px=300, lines=(heading, *text, *after)).warped(matrix, 500, 300)
    blocks = build_blocks(page.lines)
    assert [len(block.lines) for block in blocks] == [1, 4, 2]
    assert tuple(line for block in blocks for line in block.lines) == page.lines


def test_no_lines_make_no_blocks_and_a_spaced_out_line_is_a_heading() -> None:
    assert build_blocks([]) == []
    assert [block.kind for block in build_blocks([place("위 임 장", 20, 10)])] == ["heading"]


def test_items_captions_and_the_number_of_the_page_are_named() -> None:
    lines = ["글이 길게 이어지는 첫 줄", "① 첫째 항목은", "두 줄이다", "2. 둘째 항목", "그림 3. 온도와 속도", "2026"]
    placed = [place(text, 20, 30 * i + 60 * (i > 3), 20 * len(text)) for i, text in enumerate(lines)]
    blocks = build_blocks(shuffle([*placed, place("- 7 -", 120, 400, 40)]))
    kinds = [(block.kind, len(block.lines)) for block in blocks]
    named = [("paragraph", 1), ("list_item", 2), ("list_item", 1), ("caption", 2), ("page_number", 1)]
    assert kinds == named


def test_a_receipt_is_read_row_by_row_also_where_its_paper_curls() -> None:
    rows = [("감바스", "18,000"), ("알리오올리오", "16,000"), ("소주", "5,000"), ("맥주", "6,000"), ("합계", "45,000")]
    cells = [
        [place(name, 20, 30 * i, 25 * len(name)), place(price, 400, 30 * i, 90)] for i, (name, price) in enumerate(rows)
    ]
    flat = [line for row in cells for line in row]
    expected = "\n".join("\t".join(row) for row in rows)
    assert texts(build_blocks(shuffle(flat))) == expected

    def curl(quad: Quad) -> Quad:
        points = quad.array
        return Quad.from_array(np.column_stack([points[:, 0], points[:, 1] + (points[:, 0] - 255) ** 2 / 1200]))

    bent = Page(width_px=500, height_px=300, lines=tuple(flat)).moved(curl, width_px=500, height_px=400)
    assert texts(build_blocks(shuffle(list(bent.lines)))) == expected
    assert texts(build_paragraphs(shuffle(flat))).count("\t") == 0


def test_columns_of_running_text_are_no_rows() -> None:
    left = [place("왼쪽 단의 글", 20, 30 * i, 300) for i in range(6)]
    right = [place("오른쪽 단의 글", 360, 30 * i, 300) for i in range(6)]
    blocks = build_blocks(shuffle(left + right))
    assert [(block.kind, len(block.lines)) for block in blocks] == [("paragraph", 6), ("paragraph", 6)]


def test_rows_with_white_at_the_same_places_are_a_table() -> None:
    rows = [("품목", "수량", "금액"), ("사과", "2", "3,000"), ("배", "10", "12,000")]
    lines = [
        place(text, 20 + 150 * i, 40 * j, 20 * len(text)) for j, row in enumerate(rows) for i, text in enumerate(row)
    ]
    title = place("거래 명세", 100, -60)
    blocks = build_blocks(shuffle([title, *lines]))
    assert [block.kind for block in blocks] == ["paragraph", "table"]
    assert [(cell.row, cell.column) for cell in blocks[1].cells] == [(j, i) for j in range(3) for i in range(3)]


def test_a_table_may_have_very_many_columns() -> None:
    lines = [place("가나", 100 * column, 40 * row, width=60) for row in range(2) for column in range(600)]
    (table,) = build_blocks(shuffle(lines))
    assert (table.kind, table.row_count, table.column_count) == ("table", 2, 600)


def test_centred_names_and_the_figures_at_the_right_below_them_are_one_column() -> None:
    rows = [(None, "9,334", "시청과 진단"), ("신규", "99", None), (None, "3,817,918", "과자"), ("별첨", "603", "요구")]
    lines = [place(name, left, 0, 40) for name, left in (("비고", 20), ("단가", 180), ("내용", 460))]
    for row, (note, price, text) in enumerate(rows, 1):
        lines += [place(note, 20, 30 * row, 40)] if note else []
        lines += [place(price, 350 - 12 * len(price), 30 * row, 12 * len(price))]
        lines += [place(text, 400, 30 * row, 20 * len(text))] if text else []
    (table,) = build_blocks(shuffle(lines))
    assert (table.kind, table.row_count, table.column_count) == ("table", 5, 3)
    assert [cell.text for cell in table.cells if cell.column == 1] == ["단가", *(price for _, price, _ in rows)]


def test_cells_of_several_lines_that_are_centred_are_rows_of_a_table() -> None:
    heads = [place(name, left, 0, 60) for name, left in (("사업명", 80), ("수량", 300), ("비고", 420), ("평균", 520))]
    lines = [*heads]
    for top, count in ((60, 2), (160, 3), (280, 1), (340, 2)):
        lines += [place("글이 이어진다", 40, top + 25 * i, 180) for i in range(count)]
        middle = top + 25 * (count - 1) / 2
        lines += [place("69,266", 290, middle, 80), place("56.76", 510, middle, 60)]
    (table,) = build_blocks(shuffle(lines))
    assert (table.kind, table.row_count, table.column_count) == ("table", 5, 4)
    assert [len(cell.lines) for cell in table.cells if cell.column == 0] == [1, 2, 3, 1, 2]
    assert [cell.row for cell in table.cells if cell.column == 1] == [0, 1, 2, 3, 4]


def test_lists_of_other_leading_side_by_side_are_no_table() -> None:
    left = [place(f"부산 신발 {i}", 20, 34 * i, 180) for i in range(9)]
    right = [place(f"엄마손 열쇠 {i}", 300, 8 + 22 * i, 200) for i in range(13)]
    assert not [block for block in build_blocks(shuffle(left + right)) if block.kind == "table"]


def test_a_single_character_that_was_taken_for_a_vertical_line_stays_in_its_row() -> None:
    one = replace(place("1", 330, 0, 12), orientation="vertical")
    lines = [place("구름이완전자동", 20, 0), place("5,000", 240, 0, 60), one, place("5,000", 400, 0, 60)]
    assert texts(build_blocks([*lines, place("합계 금액", 20, 90)])).splitlines()[0].split("\t")[-2:] == ["1", "5,000"]


def test_ruling_lines_make_cells_that_span_rows_and_columns() -> None:
    image = Image.new("L", (640, 260), 255)
    pen = ImageDraw.Draw(image)
    for box in (
        (20, 20, 120, 220),
        (120, 20, 620, 70),
        *((120 + 250 * i, 70 + 75 * j, 370 + 250 * i, 145 + 75 * j) for i in (0, 1) for j in (0, 1)),
    ):
        pen.rectangle(box, outline=0, width=2)
    lines = [place("공급자", 30, 105, 80), place("등록번호 214-86-55310", 140, 35, 300)]
    lines += [
        place("(주)대성문구", 140, 80, 160),
        place("본점", 140, 110, 50),
        place("최민호", 400, 95, 80),
        place("도소매", 140, 170, 80),
    ]
    quads = [each.quad for each in lines]
    (table,) = build_blocks(shuffle(lines), find_edges(np.asarray(image), quads).find_rules(quads))
    assert table.kind == "table"
    spans = [(cell.text, cell.row, cell.column, cell.row_span, cell.column_span) for cell in table.cells]
    assert spans == [
        ("공급자", 0, 0, 3, 1),
        ("등록번호 214-86-55310", 0, 1, 1, 2),
        ("(주)대성문구 본점", 1, 1, 1, 1),
        ("최민호", 1, 2, 1, 1),
        ("도소매", 2, 1, 1, 1),
        ("", 2, 2, 1, 1),
    ]
    assert np.abs(table.cells[-1].quad.array - [(370, 145), (620, 145), (620, 220), (370, 220)]).max() < 4


def test_a_cell_of_several_amounts_makes_no_table() -> None:
    board = Image.new("L", (700, 420), 240)
    pen = ImageDraw.Draw(board)
    pen.rectangle((10, 10, 690, 410), outline=0, width=3)
    for x in (260, 430):
        pen.line((x, 10, x, 410), fill=0, width=3)
    names = [place("냉채수육", 40, 30 + 44 * i, 150) for i in range(8)]
    prices = [place("3,000", 300, 40 + 66 * i, 70) for i in range(5)]
    others = [place("비빔냉면 9,000", 450, 40 + 50 * i, 180) for i in range(5)]
    lines = [*names, *prices, *others]
    quads = [line.quad for line in lines]
    blocks = build_blocks(shuffle(lines), find_edges(np.asarray(board), quads).find_rules(quads))
    assert not [cell for block in blocks for cell in block.cells if cell.text.count("3,000") > 1]
