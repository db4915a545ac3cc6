import tracemalloc

import numpy as np
import pytest

from geulnun.core.geometry import Quad
from geulnun.core.page import Line, Word
from geulnun.runtime.detection.find_words import find_words
from geulnun.runtime.layout.reading_order import order_lines
from geulnun.runtime.layout.ruled_frames import find_frames
from geulnun.runtime.layout.ruling_lines import NO_RULES, Rules, find_crossed, find_edges


def line(text: str, left: float, top: float, width: float = 60, height: float = 16) -> Line:
    quad = Quad.from_xyxy(left, top, left + width, top + height)
    return Line(words=(Word(text=text, quad=quad),), quad=quad)


def blank(width: int = 620, height: int = 420) -> np.ndarray:
    return np.full((height, width, 3), 255, np.uint8)


def rule(image: np.ndarray, left: int, top: int, right: int, bottom: int, level: int = 120) -> None:
    image[top : bottom + 1, left : right + 1] = level


def look(image: np.ndarray, lines: list[Line]) -> Rules:
    """The rules of a page whose lines are of one word each."""
    quads = [line.quad for line in lines]
    return find_edges(image, quads).find_rules(quads)


def read(lines: list[Line], image: np.ndarray | None) -> str:
    shuffled = [lines[i] for i in np.random.default_rng(0).permutation(len(lines))]
    rules = NO_RULES if image is None else look(image, lines)
    return " ".join(each.text for each in order_lines(shuffled, rules))


def test_lines_and_borders_of_shades_are_rules_and_strokes_of_letters_are_not() -> None:
    image = blank()
    rule(image, 20, 50, 600, 50, 190)
    rule(image, 300, 50, 300, 200)
    image[250:290, 20:600] = 230  # a shaded band
    rule(image, 40, 108, 100, 110, 0)  # a stroke in a line of text
    image = image + np.random.default_rng(1).integers(-3, 1, image.shape).astype(np.uint8)
    found = look(image, [line("ㅡ", 30, 100, 80), line("b", 30, 150)])
    levels = sorted(float(rule[:, 1].mean()) for rule in found.across)
    assert levels == pytest.approx([50, 250, 290], abs=2)
    assert found.across[:, 1, 0] - found.across[:, 0, 0] == pytest.approx(580, abs=4)
    assert sorted(float(rule[:, 0].mean()) for rule in found.down) == pytest.approx([20, 300, 600], abs=2)


def test_no_text_no_rules() -> None:
    found = look(blank(), [])
    assert found.across.shape == found.down.shape == (0, 2, 2)


def test_a_rule_between_the_words_of_a_row_is_seen_before_they_are_lines(paint_maps, set_words) -> None:
    image = blank()
    rule(image, 150, 40, 150, 200)
    words = [*set_words([4], 60, 100, 20), *set_words([4], 164, 100, 20)]
    quads = [word.quad for word in find_words(paint_maps(words, 620, 420))]
    down = find_edges(image, quads).find_rules(quads).down
    assert down.mean(axis=1)[:, 0] == pytest.approx([150], abs=2)
    steps = (np.array([[140.0, 110.0], [60.0, 110.0]]), np.array([[164.0, 110.0], [140.0, 110.0]]))
    assert find_crossed(*steps, np.array([20.0, 20.0]), down).tolist() == [True, False]


def test_a_cell_that_spans_rows_comes_before_them() -> None:
    image = blank()
    for left, y in ((20, 40), (20, 70), (140, 100), (140, 130), (20, 160), (140, 190), (20, 220)):
        rule(image, left, y, 600, y)
    for x in (140, 360):
        rule(image, x, 40, x, 220)
    lines = [line("head0", 30, 47), line("head1", 150, 47), line("head2", 370, 47)]
    lines += [line("span0", 30, 107), line("span1", 30, 182)]
    lines += [line(f"a{i}", 150, 77 + 30 * i) for i in range(5)] + [line(f"b{i}", 370, 77 + 30 * i) for i in range(5)]
    expected = "head0 head1 head2 span0 a0 b0 a1 b1 a2 b2 span1 a3 b3 a4 b4"
    assert read(lines, image) == expected


def test_cells_of_several_lines_are_read_one_by_one_by_their_rules() -> None:
    image = blank()
    for y in (40, 90, 140):
        rule(image, 20, y, 600, y)
    rule(image, 140, 40, 140, 140)
    lines = []
    for row in range(2):
        lines += [
            line(f"{name}{row}{i}", left, 48 + 50 * row + 20 * i)
            for name, left in (("a", 30), ("b", 150))
            for i in range(2)
        ]
    assert read(lines, image) == "a00 a01 b00 b01 a10 a11 b10 b11"


def test_a_table_with_level_rules_only_is_read_by_the_white_between_its_columns() -> None:
    image = blank()
    for y in (40, 90, 140, 190, 240):
        rule(image, 20, y, 600, y)
    lines, expected = [], []
    for row in range(4):
        count = 1 + row % 2
        for name, left, number in (("a", 30, 3 - count), ("b", 200, count)):
            top = 65 + 50 * row - 10 * number
            lines += [line(f"{name}{row}{i}", left, top + 20 * i) for i in range(number)]
            expected += [f"{name}{row}{i}" for i in range(number)]
    assert read(lines, image) == " ".join(expected)


def test_a_box_beside_text_is_read_as_one() -> None:
    image = blank()
    for y in (40, 140):
        rule(image, 20, y, 250, y)
    for x in (20, 250):
        rule(image, x, 40, x, 140)
    lines = [line(f"in{i}", 40, 55 + 30 * i, 190) for i in range(3)]
    lines += [line(f"out{i}", 300, 45 + 31 * i, 150) for i in range(3)]
    assert read(lines, image) == "in0 in1 in2 out0 out1 out2"


def test_columns_with_a_rule_between_them_stay_columns() -> None:
    image = blank()
    rule(image, 20, 30, 600, 30)
    rule(image, 310, 30, 310, 400)
    lines = [line(f"l{i}", 20, 50 + 24 * i, 270) for i in range(12)] + [
        line(f"r{i}", 330, 50 + 24 * i, 270) for i in range(12)
    ]
    assert read(lines, image) == " ".join([*(f"l{i}" for i in range(12)), *(f"r{i}" for i in range(12))])


def test_pieces_of_a_vertical_line_follow_each_other() -> None:
    def stacked(text: str, top: float, bottom: float) -> Line:
        quad = Quad.from_xyxy(580, top, 600, bottom)
        return Line(words=(Word(text=text, quad=quad),), quad=quad, orientation="vertical")

    lines = [line(f"l{i}", 20, 30 + 30 * i, 400) for i in range(8)]
    lines += [stacked("upper", 62, 130), stacked("lower", 145, 200)]
    assert read(lines, None) == "l0 upper lower l1 l2 l3 l4 l5 l6 l7"


def test_columns_of_a_page_seen_at_an_angle_are_upright() -> None:
    matrix = np.array([[1, 0, 0], [0.1, 1, 0], [0, 0, 1]])
    lines = [line(f"l{i}", 20, 30 + 26 * i, 270) for i in range(16)]
    lines += [line(f"r{i}", 310, 41 + 26 * i, 270) for i in range(16)]
    moved = [Line(words=each.words, quad=each.quad.warped(matrix)) for each in lines]
    assert read(moved, None) == " ".join([*(f"l{i}" for i in range(16)), *(f"r{i}" for i in range(16))])


def box(image: np.ndarray, left: int, top: int, right: int, bottom: int) -> None:
    for y in (top, bottom):
        rule(image, left, y, right, y)
    for x in (left, right):
        rule(image, x, top, x, bottom)


def test_boxes_of_one_width_among_others_are_not_one_table() -> None:
    image = blank(620, 620)
    lines, expected = [], []
    for number, top in enumerate(range(20, 560, 90)):
        left, right = (40, 330) if number % 2 == 0 else (290, 580)
        box(image, left, top, right, top + 66)
        lines += [line(f"{number}a", left + 10, top + 10, 200), line(f"{number}b", left + 10, top + 40, 90)]
        expected += [f"{number}a", f"{number}b"]
    assert read(lines, image) == " ".join(expected)


def test_a_grid_of_boxes_is_read_row_by_row() -> None:
    image = blank(620, 260)
    lines = []
    for row in range(3):
        for column in range(3):
            left, top = 30 + 190 * column, 40 + 52 * row
            box(image, left, top, left + 160, top + 44)
            lines.append(line(f"{row}{column}", left + 30, top + 14, 70))
    expected = [f"{row}{column}" for row in range(3) for column in range(3)]
    assert read(lines, image) == " ".join(expected)


def test_boxes_that_arrows_join_are_read_one_by_one() -> None:
    image = blank(620, 320)
    lines, expected = [], []
    for row in range(3):
        for column in range(2):
            left, top = 60 + 270 * column, 30 + 90 * row + 12 * column
            box(image, left, top, left + 180, top + 64)
            lines += [line(f"{row}{column}a", left + 20, top + 10, 110), line(f"{row}{column}b", left + 30, top + 34)]
            expected += [f"{row}{column}a", f"{row}{column}b"]
        rule(image, 240, 60 + 90 * row, 330, 60 + 90 * row)
    for y in (94, 184):
        rule(image, 150, y, 150, y + 26)
    assert read(lines, image) == " ".join(expected)


def test_a_tab_at_the_side_is_read_as_the_vertical_line_on_it() -> None:
    image = blank(700, 420)
    image[60:300, 640:690] = 90
    tab = Line(
        words=(Word(text="tab", quad=Quad.from_xyxy(655, 70, 680, 250)),),
        quad=Quad.from_xyxy(655, 70, 680, 250),
        orientation="vertical",
    )
    lines = [line(f"l{i}", 30, 20 + 60 * i, 500) for i in range(6)]
    speck = line("speck", 655, 262, 20, 20)
    assert read([*lines, tab, speck], image).startswith("l0 tab l1")


def test_a_rule_over_all_of_the_page_parts_its_head_from_the_columns_below() -> None:
    image = blank(620, 420)
    rule(image, 20, 60, 600, 62, 0)
    lines = [line("head", 20, 36, 80), line("name", 270, 36, 50), line("number", 520, 36, 80)]
    lines += [line(f"l{i}", 20, 80 + 25 * i, 270) for i in range(12)]
    lines += [line(f"r{i}", 330, 80 + 25 * i, 270) for i in range(12)]
    expected = ["head", "name", "number", *(f"l{i}" for i in range(12)), *(f"r{i}" for i in range(12))]
    assert read(lines, image) == " ".join(expected)


def test_many_rules_of_one_width_do_not_fill_the_memory() -> None:
    across = np.array([(0.0, 1000.0, 20.0 * number) for number in range(400)])
    boxes = np.array([(10.0, 8.0 * number, 400.0, 8.0 * number + 7, 7.0) for number in range(1000)])
    tracemalloc.start()
    (frame,) = find_frames(across, np.zeros((0, 3)), boxes, 7.0)
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(frame.across) == 400
    assert most_bytes < 60_000_000
