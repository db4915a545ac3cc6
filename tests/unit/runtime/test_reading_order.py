import time
from dataclasses import replace

import numpy as np
import pytest

from geulnun.core.geometry import Quad
from geulnun.core.page import Line, Word
from geulnun.runtime.layout.reading_order import MOST_LINES, order_lines
from geulnun.runtime.layout.ruling_lines import Rules


def line(text: str, left: float, top: float, right: float, bottom: float, angle_deg: float = 0.0) -> Line:
    radians = np.radians(angle_deg)
    turn = np.array([[np.cos(radians), np.sin(radians)], [-np.sin(radians), np.cos(radians)]])
    quad = Quad.from_array(Quad.from_xyxy(left, top, right, bottom).array @ turn)
    return Line(words=(Word(text=text, quad=quad),), quad=quad)


def read(lines: list[Line]) -> str:
    shuffled = [lines[i] for i in np.random.default_rng(0).permutation(len(lines))]
    return " ".join(each.text for each in order_lines(shuffled))


@pytest.mark.parametrize("angle_deg", [0, -12, 5])
@pytest.mark.parametrize("stagger_px", [0, 9])
def test_columns_of_text_are_read_one_by_one(angle_deg: float, stagger_px: float) -> None:
    lines = [line("title", 100, 20, 500, 50, angle_deg)]
    lines += [line(f"l{i}", 20, 80 + 26 * i, 300 - 5 * i, 100 + 26 * i, angle_deg) for i in range(8)]
    lines += [line(f"r{i}", 330, 80 + stagger_px + 26 * i, 610, 100 + stagger_px + 26 * i, angle_deg) for i in range(8)]
    lines += [line("foot", 280, 330, 340, 350, angle_deg)]
    expected = ["title", *(f"l{i}" for i in range(8)), *(f"r{i}" for i in range(8)), "foot"]
    assert read(lines) == " ".join(expected)


def test_more_lines_than_a_page_has_are_read_from_top_to_bottom() -> None:
    lines = [
        line(f"{side}{i}", left, 26 * i, left + 280, 26 * i + 20)
        for i in range(MOST_LINES // 2 + 1)
        for side, left in (("l", 20), ("r", 330))
    ]
    assert read(lines) == " ".join(each.text for each in lines)


def test_the_rest_of_an_article_in_its_last_column_is_read_last() -> None:
    lines = [line(f"l{i}", 20, 20 + 25 * i, 300, 40 + 25 * i) for i in range(8)]
    lines += [line("r0", 330, 20, 610, 40), line("r1", 330, 45, 480, 65)]
    assert read(lines) == "l0 l1 l2 l3 l4 l5 l6 l7 r0 r1"


def test_columns_are_not_cut_short_by_a_heading_below_them() -> None:
    # The heading leaves room at its right, where another run of rows could go on.
    lines = [
        line(f"{name}{i}", left, 20 + 28 * i, left + 310, 40 + 28 * i)
        for name, left, count in (("a", 85, 9), ("b", 420, 10), ("c", 760, 4))
        for i in range(count)
    ]
    lines += [line("heading", 85, 330, 565, 365)]
    lines += [line(f"x{i}", 85, 390 + 28 * i, 565, 410 + 28 * i) for i in range(5)]
    expected = [*(f"a{i}" for i in range(9)), *(f"b{i}" for i in range(10)), *(f"c{i}" for i in range(4))]
    assert read(lines) == " ".join([*expected, "heading", *(f"x{i}" for i in range(5))])


def test_a_table_is_read_across() -> None:
    lines = [line("head", 20, 10, 400, 34)]
    for row in range(5):
        y = 60 + 40 * row
        lines += [line(f"a{row}", 20, y, 80, y + 20), line(f"b{row}", 150, y, 250, y + 20)]
        lines += [line(f"c{row}", 300, y + 2, 340, y + 22)]
    expected = ["head", *(f"{column}{row}" for row in range(5) for column in "abc")]
    assert read(lines) == " ".join(expected)


def test_blocks_that_do_not_face_each_other_are_read_one_by_one() -> None:
    left = [line(f"l{i}", 20, 20 + 40 * i, 110, 40 + 40 * i) for i in range(4)]
    right = [line(f"r{i}", 200, 38 + 31 * i, 300, 58 + 31 * i) for i in range(5)]
    assert read(left + right) == "l0 l1 l2 l3 r0 r1 r2 r3 r4"


def test_a_list_with_hanging_numbers_is_read_across() -> None:
    lines = []
    for row in range(4):
        y = 20 + 30 * row
        lines += [line(f"n{row}", 20, y, 40, y + 20), line(f"t{row}", 60, y, 500, y + 20)]
    assert read(lines) == "n0 t0 n1 t1 n2 t2 n3 t3"


def test_sections_of_different_columns_follow_each_other() -> None:
    lines = [line("one", 20, 20, 620, 40)]
    lines += [line(f"a{i}", 20, 60 + 25 * i, 200, 80 + 25 * i) for i in range(3)]
    lines += [line(f"b{i}", 230, 60 + 25 * i, 410, 80 + 25 * i) for i in range(3)]
    lines += [line(f"c{i}", 440, 60 + 25 * i, 620, 80 + 25 * i) for i in range(3)]
    lines += [line("two", 20, 150, 620, 170)]
    lines += [line(f"d{i}", 20, 190 + 25 * i, 300, 210 + 25 * i) for i in range(3)]
    lines += [line(f"e{i}", 340, 190 + 25 * i, 620, 210 + 25 * i) for i in range(3)]
    expected = "one a0 a1 a2 b0 b1 b2 c0 c1 c2 two d0 d1 d2 e0 e1 e2"
    assert read(lines) == expected


def test_overlapping_lines_still_come_from_top_to_bottom() -> None:
    lines = [line("a", 0, 0, 100, 40), line("b", 50, 25, 150, 65), line("c", 0, 50, 100, 90)]
    assert read(lines) == "a b c"


def test_vertical_text_is_read_from_the_right() -> None:
    def column(text: str, x: float) -> Line:
        quad = Quad.from_xyxy(x, 0, x + 30, 300)
        return Line(words=(Word(text=text, quad=quad),), quad=quad, orientation="vertical")

    assert read([column("b", 100), column("a", 200), column("c", 0)]) == "a b c"


def test_few_or_no_lines() -> None:
    assert order_lines([]) == []
    only = line("a", 0, 0, 10, 10)
    assert order_lines([only]) == [only]


def test_cells_of_several_lines_are_read_one_by_one() -> None:
    lines, expected = [], []
    for row, (labels, values) in enumerate([(1, 1), (2, 1), (1, 4), (3, 1), (1, 1), (2, 3)]):
        top = 40 + 120 * row
        for name, count, left, width in (("a", labels, 20, 150), ("b", values, 220, 380)):
            start = top + 10 * (max(labels, values) - count)
            for i in range(count):
                last = i == count - 1
                text = f"{name}{row}{i}"
                lines.append(line(text, left, start + 20 * i, left + width - 40 * last, start + 20 * i + 16))
                expected.append(text)
    assert read(lines) == " ".join(expected)


@pytest.mark.parametrize("message", ["15,000원", "010-1234-5678", "네 알겠습니다"])
def test_a_message_with_its_time_at_the_left_is_read_whatever_it_says(message: str) -> None:
    placed = [
        ("회비가 얼마였지?", 60, 40, 300, 28),
        ("3:04", 370, 52, 60, 18),
        (message, 500, 120, 100, 28),
        ("3:05", 430, 130, 60, 18),
        ("고마워 보낼게", 60, 220, 280, 28),
    ]
    lines = [line(text, x, y, x + width, y + height) for text, x, y, width, height in placed]
    assert read(lines) == f"회비가 얼마였지? 3:04 {message} 3:05 고마워 보낼게"


@pytest.mark.parametrize("shift", [-1, 1])
def test_pieces_of_a_column_of_vertical_text_are_read_from_its_top(shift: int) -> None:
    upright = [
        replace(line("위", 100, 0, 130, 100), orientation="vertical"),
        replace(line("아래", 100 + shift, 120, 130 + shift, 250), orientation="vertical"),
        replace(line("왼쪽", 40, 0, 70, 250), orientation="vertical"),
    ]
    assert read(upright) == "위 아래 왼쪽"


def test_columns_whose_lines_face_none_take_no_time() -> None:
    lines = [line("글", 100 + n % 3 * 500, 60 * n, 300 + n % 3 * 500, 60 * n + 20) for n in range(240)]
    started = time.process_time()
    assert len(order_lines(lines)) == len(lines)
    assert time.process_time() - started < 10


def test_messages_of_a_chat_come_in_their_order() -> None:
    lines = []
    for number, at_left in enumerate([True, False, False, True, True, False, True, False]):
        left = 20 if at_left else 330
        lines += [line(f"m{number}", left, 40 + 70 * number, left + 250, 64 + 70 * number)]
    assert read(lines) == " ".join(f"m{number}" for number in range(8))


def test_rows_under_perspective_are_read_across() -> None:
    matrix = np.array([[1, 0.05, 0], [0.12, 1, 0], [0.0002, 0.0001, 1]])
    lines = []
    for row in range(10):
        y = 30 + 40 * row
        lines += [line(f"a{row}", 20, y, 180, y + 20), line(f"b{row}", 480, y, 600, y + 20)]
    moved = [Line(words=each.words, quad=each.quad.warped(matrix)) for each in lines]
    assert read(moved) == " ".join(f"a{row} b{row}" for row in range(10))


def test_a_vertical_line_beside_horizontal_ones_keeps_out_of_their_order() -> None:
    side = Quad.from_xyxy(620, 100, 650, 400)
    lines = [line(f"l{i}", 20, 30 + 40 * i, 560, 55 + 40 * i) for i in range(8)]
    lines.append(Line(words=(Word(text="side", quad=side),), quad=side, orientation="vertical"))
    assert read(lines) == "l0 l1 side l2 l3 l4 l5 l6 l7"


def test_the_time_beside_a_message_comes_after_it() -> None:
    lines, expected = [], []
    for number in range(6):
        top = 30 + 110 * number
        left, beside = (60, 420) if number % 2 == 0 else (280, 190)
        lines += [
            line(f"a{number}", left, top, left + 330, top + 24),
            line(f"b{number}", left, top + 34, left + 80, top + 58),
        ]
        lines.append(line(f"t{number}", beside, top + 50, beside + 70, top + 66))
        expected += [f"a{number}", f"b{number}", f"t{number}"]
    assert read(lines) == " ".join(expected)


def test_times_at_the_right_of_messages_of_all_lengths_are_no_column() -> None:
    sent = [(90, 244), (180, 421), (312, 402), (402, 154), (534, 391)]
    lines = []
    for number, (y, right) in enumerate(sent):
        lines += [
            line(f"m{number}", 124, y, right, y + 29),
            line(f"11:3{number}", right + 30, y + 20, right + 108, y + 35),
        ]
    lines += [line("Crong", 114, 37, 160, 61), line("Loopy", 115, 260, 159, 283), line("Patty", 114, 482, 160, 506)]
    assert read(lines) == "Crong m0 11:30 m1 11:31 Loopy m2 11:32 m3 11:33 Patty m4 11:34"
    unread = [line("2", right + 30, y + 4, right + 40, y + 18) for y, right in sent]
    assert read([*lines, *unread]) == "Crong m0 2 11:30 m1 2 11:31 Loopy m2 2 11:32 m3 2 11:33 Patty m4 2 11:34"


def test_entries_in_boxes_below_each_other_come_behind_their_labels() -> None:
    labels = [line("a", 19, 38, 118, 64), line("b", 20, 119, 118, 144), line("c", 21, 199, 93, 224)]
    entries = [line("123-01", 163, 25, 691, 69), line("1002-3", 208, 104, 733, 148), line("2026", 163, 189, 504, 228)]
    bounds = [(149, 18, 703, 80), (149, 98, 749, 160), (149, 178, 519, 240)]
    across = [[(left, y), (right, y)] for left, top, right, bottom in bounds for y in (top, bottom)]
    down = [[(x, top), (x, bottom)] for left, top, right, bottom in bounds for x in (left, right)]
    rules = Rules(across=np.array(across, np.float64), down=np.array(down, np.float64))
    ordered = order_lines([*labels, *entries], rules)
    assert [each.text for each in ordered] == ["a", "123-01", "b", "1002-3", "c", "2026"]


def test_a_label_beside_a_value_of_several_lines_comes_before_it() -> None:
    lines, expected = [], []
    for row in range(3):
        top = 40 + 130 * row
        lines += [line(f"v{row}{i}", 200, top + 26 * i, 560 - 90 * (i == 2), top + 20 + 26 * i) for i in range(3)]
        lines.append(line(f"l{row}", 20, top + 29, 120, top + 44))
        expected += [f"l{row}", f"v{row}0", f"v{row}1", f"v{row}2"]
    assert read(lines) == " ".join(expected)


def test_labels_of_two_figures_are_divided_by_the_caption_between_them() -> None:
    lines, expected = [], []
    for figure in range(2):
        top = 30 + 220 * figure
        lines += [line(f"l{figure}{i}", 20, top + 45 * i, 90, top + 18 + 45 * i) for i in range(3)]
        lines += [line(f"r{figure}{i}", 180, top + 20 + 38 * i, 500, top + 38 + 38 * i) for i in range(4)]
        lines.append(line(f"caption{figure}", 165, top + 180, 355, top + 198))
        expected += [*(f"l{figure}{i}" for i in range(3)), *(f"r{figure}{i}" for i in range(4)), f"caption{figure}"]
    assert read(lines) == " ".join(expected)


def test_labels_of_two_centred_lines_side_by_side_are_read_one_by_one() -> None:
    lines, expected = [], []
    for row in range(2):
        for column, width in enumerate((60, 100, 40)):
            middle, top = 90 + 190 * column + 30 * row, 30 + 90 * row
            for part, half in (("a", width / 2), ("b", 60 - width / 3)):
                lines.append(line(f"{row}{column}{part}", middle - half, top, middle + half, top + 16))
                expected.append(f"{row}{column}{part}")
                top += 20
    assert read(lines) == " ".join(expected)


@pytest.mark.parametrize("alignment", [0.0, 0.5])
def test_larger_entries_below_labels_side_by_side_are_read_one_by_one(alignment: float) -> None:
    def place(text: str, x: float, y: float, width: float, height: float) -> Line:
        return line(text, x - alignment * width, y, x + (1 - alignment) * width, y + height)

    lines = [place("from", 190, 90, 70, 24), place("station", 190, 170, 160, 32)]
    lines += [place("to", 560, 90, 70, 24), place("airport", 560, 170, 210, 32)]
    assert read(lines) == "from station to airport"
    # Rows of entries are a table.
    lines += [place("harbour", 190, 250, 160, 32), place("market", 560, 250, 150, 32)]
    assert read(lines) == "from to station airport harbour market"


def test_boxes_of_one_and_of_two_lines_whose_middles_face_each_other_are_read_across() -> None:
    lines, expected = [], []
    for row in range(4):
        for name, left, offset in (("a", 20, 0), ("b", 260, 8)):
            top = 30 + 90 * row
            if (row + (name == "b")) % 2:
                lines.append(line(f"{name}{row}", left, top + 5 + offset // 2, left + 90, top + 21 + offset // 2))
                expected.append(f"{name}{row}")
            else:
                for i in range(2):
                    lines.append(line(f"{name}{row}{i}", left, top - 8 + 20 * i, left + 90, top + 8 + 20 * i))
                    expected.append(f"{name}{row}{i}")
    assert read(lines) == " ".join(expected)


def test_a_price_beside_a_name_in_two_languages_comes_with_the_first() -> None:
    lines = [line("head", 180, 20, 360, 50), line("name", 20, 100, 200, 124), line("english", 20, 132, 200, 148)]
    lines.append(line("price", 420, 104, 520, 138))
    assert read(lines) == "head name price english"
