import numpy as np
import pytest

from geulnun.core.geometry import Quad, enclose, measure_iou
from geulnun.runtime.detection.find_words import FoundWord, find_words
from geulnun.runtime.lines.find_lines import LineBox, find_lines, lay_parallel


def find(paint_maps, words, width_px=800, height_px=640) -> list[LineBox]:
    return find_lines(find_words(paint_maps(words, width_px, height_px)))


def sort(lines: list[LineBox]) -> list[LineBox]:
    return sorted(lines, key=lambda line: (round(line.quad.center[1]), line.quad.center[0]))


def flatten(words: list[list[Quad]]) -> list[Quad]:
    return [quad for word in words for quad in word]


def test_words_of_a_row_make_a_line_and_rows_stay_apart(paint_maps, set_words) -> None:
    rows = [set_words([4, 2, 5, 1, 3], 30, 40 + row * 26, 20) for row in range(6)]
    lines = sort(find(paint_maps, flatten(rows)))
    assert [len(line.words) for line in lines] == [5] * 6
    for line, row in zip(lines, rows, strict=True):
        assert measure_iou(line.quad, enclose(flatten(row))) > 0.9
        assert line.size_px == pytest.approx(20, rel=0.1)
        starts = [word.quad.center[0] for word in line.words]
        assert starts == sorted(starts)


@pytest.mark.parametrize("angle_deg", [-20, -7, -2, 4, 12, 40])
def test_tilted_lines(paint_maps, set_words, angle_deg) -> None:
    rows = [set_words([4, 2, 3], 60 - row * 10, 270 + row * 40, 24, angle_deg=angle_deg) for row in range(3)]
    lines = find(paint_maps, flatten(rows))
    assert len(lines) == 3
    for row in rows:
        assert max(measure_iou(line.quad, enclose(flatten(row))) for line in lines) > 0.85
    assert all(line.quad.angle_deg == pytest.approx(angle_deg, abs=1.5) for line in lines)


def test_columns_and_cells_are_parted_by_their_gaps(paint_maps, set_words) -> None:
    rows = [set_words([6, 5], x, 40 + row * 28, 20) for row in range(6) for x in (20, 20 + 11.4 * 20 + 34)]
    lines = find(paint_maps, flatten(rows))
    assert len(lines) == 12
    assert all(len(line.words) == 2 for line in lines)


def test_the_space_in_a_title_is_no_gutter_of_the_small_columns_below(paint_maps, set_words) -> None:
    title = set_words([3, 3], 140, 30, 40, gap_ratio=0.7)
    gap = 140 + 3 * 40 + 14  # its middle
    rows = [set_words([3], left, 90 + 26 * row, 16) for row in range(7) for left in (gap - 30 - 48, gap + 30)]
    lines = sort(find(paint_maps, [*title, *flatten(rows)]))
    assert [len(line.words) for line in lines[:2]] == [2, 1]


def test_the_spaces_of_a_log_are_no_gutters(paint_maps, set_words) -> None:
    def find_rows(first: int | list[float]) -> list[LineBox]:
        rows = [set_words([first, 3 + row % 3], 40, 40 + 30 * row, 20, gap_ratio=0.7) for row in range(7)]
        return find(paint_maps, [word for row in rows for word in row])

    assert len(find_rows([0.55] * 8)) == 7
    assert len(find_rows(4)) == 14


def test_no_line_runs_over_an_upright_rule(paint_maps, set_words) -> None:
    label, value = set_words([4], 40, 100, 20), set_words([3, 2], 40 + 80 + 14, 100, 20)
    words = find_words(paint_maps(label + value, 800, 640))
    middle = 40 + 80 + 7
    assert len(find_lines(words)) == 1
    cells = sort(find_lines(words, np.array([[[middle, 90.0], [middle, 130.0]]])))
    assert [len(line.words) for line in cells] == [1, 2]
    # A stroke no higher than the line is a character that was not found, and one beside the line is another's.
    for top, bottom in ((102, 119), (20, 100), (115, 300)):
        assert len(find_lines(words, np.array([[[middle, top], [middle, bottom]]]))) == 1


def test_a_stroke_between_letters_set_close_divides_no_line(paint_maps, set_words) -> None:
    words = find_words(paint_maps(set_words([4], 40, 100, 20) + set_words([3], 40 + 80 + 7, 100, 20), 800, 640))
    assert len(find_lines(words, np.array([[[123.0, 60.0], [123.0, 160.0]]]))) == 1


def test_single_characters_in_boxes_side_by_side_are_one_line(paint_maps, set_words) -> None:
    digits = [quads for number in range(5) for quads in set_words([1], 40 + 34 * number, 100, 20)]
    walls = np.array([[[67.0 + 34 * number, 90.0], [67.0 + 34 * number, 130.0]] for number in range(5)])
    (line,) = find_lines(find_words(paint_maps(digits, 800, 640)), walls)
    assert len(line.words) == 5


def test_mixed_sizes_in_one_line(paint_maps, set_words) -> None:
    large = set_words([[0.6] * 5], 40, 40, 40)
    small = set_words([1, 3], 40 + 5 * 24 + 10, 54, 26)
    (line,) = find(paint_maps, large + small)
    left, top, right, bottom = line.quad.xyxy
    assert (top, bottom) == pytest.approx((40, 80), abs=4)
    assert (left, right) == pytest.approx((40, 40 + 120 + 10 + 4.4 * 26), abs=4)


def test_a_title_above_small_text_is_a_line_of_its_own(paint_maps, set_words) -> None:
    lines = sort(find(paint_maps, set_words([4, 3], 40, 30, 48) + set_words([8, 6, 4], 40, 84, 16)))
    assert [len(line.words) for line in lines] == [2, 3]


def test_a_spaced_heading_is_one_line(paint_maps, set_words) -> None:
    words = set_words([1] * 6, 100, 50, 30, gap_ratio=2.2) + set_words([4, 5], 100, 120, 20)
    lines = sort(find(paint_maps, words))
    assert [len(line.words) for line in lines] == [6, 2]


def test_uneven_single_characters_are_not_a_heading(paint_maps, set_words) -> None:
    words = [set_words([1], x, 50, 24)[0] for x in (30, 110, 290, 350, 520)]
    assert len(find(paint_maps, words)) == 5


def bend(count: int, radius: float, size: float, spread_deg: float, center: tuple[float, float]) -> list[Quad]:
    quads = []
    for angle in np.radians(np.linspace(-spread_deg, spread_deg, count)):
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        box = Quad.from_xyxy(-size / 2, -size / 2, size / 2, size / 2).array @ turn
        place = np.array([center[0] + radius * np.sin(angle), center[1] - radius * np.cos(angle)])
        quads.append(Quad.from_array(box + place))
    return quads


def test_a_curved_line_has_curved_rails(paint_maps) -> None:
    chars = bend(11, 200, 32, 48, (300, 300))
    (line,) = find(paint_maps, [chars[:4], chars[4:]], 600, 400)
    assert len(line.top) > 2
    for rail, radius in ((line.top, 216), (line.bottom, 184)):
        distance = np.hypot(*(rail - (300, 300)).T)
        assert np.abs(distance - radius).max() < 6
    assert len(line.words) == 2


def test_a_straight_line_of_uneven_letters_is_not_curved(paint_maps, set_words) -> None:
    words = set_words([[1, 0.5, 0.3, 0.9], [0.3, 0.3], 5, [0.5, 0.3, 0.2]], 40, 50, 24)
    (line,) = find(paint_maps, words)
    assert len(line.top) == 2


def test_perspective_makes_a_trapezoid(paint_maps, set_words) -> None:
    matrix = np.array([[1.0, 0.0, 0.0], [0.1, 1.0, 0.0], [0.0014, 0.0, 1.0]])
    words = [[quad.warped(matrix) for quad in word] for word in set_words([5, 4, 3], 40, 40, 40)]
    (line,) = find(paint_maps, words)
    left = np.linalg.norm(line.top[0] - line.bottom[0])
    right = np.linalg.norm(line.top[-1] - line.bottom[-1])
    true_left, true_right = (
        np.linalg.norm(q.array[a] - q.array[b]) for q, a, b in ((words[0][0], 0, 3), (words[-1][-1], 1, 2))
    )
    assert (left, right) == pytest.approx((true_left, true_right), rel=0.12)


def test_stacked_characters_are_read_downwards(paint_maps) -> None:
    linked = [Quad.from_xyxy(50, 40 + 34 * row, 80, 70 + 34 * row) for row in range(5)]
    lone = [[Quad.from_xyxy(150, 40 + 38 * row, 180, 70 + 38 * row)] for row in range(4)]
    lines = sorted(find(paint_maps, [linked, *lone], 320, 320), key=lambda line: line.quad.center[0])
    assert [line.orientation for line in lines] == ["vertical", "vertical"]
    assert [sum(len(word.char_centers) for word in line.words) for line in lines] == [5, 4]
    assert lines[1].quad.points[0] == pytest.approx((150, 40), abs=4)
    assert lines[1].quad.points[2] == pytest.approx((180, 184), abs=4)


def test_numbers_down_a_margin_are_rows(paint_maps) -> None:
    lone = [[Quad.from_xyxy(150, 40 + 60 * row, 180, 70 + 60 * row)] for row in range(4)]
    assert [line.orientation for line in find(paint_maps, lone)] == ["horizontal"] * 4


def test_a_dash_with_two_peaks_begins_the_row_beside_it() -> None:
    def set_word(
        left: float, right: float, centers: list[tuple[float, float]], size: float, vertical: bool
    ) -> FoundWord:
        return FoundWord(
            quad=Quad.from_xyxy(left, 140, right, 162),
            score=0.8,
            char_centers=np.array(centers, float),
            char_sizes_px=np.full(len(centers), size),
            char_size_px=size,
            vertical=vertical,
        )

    dash = set_word(32, 51, [(41, 146), (41, 156)], 16, True)
    (line,) = find_lines([dash, set_word(60, 112, [(73, 151), (99, 151)], 25, False)])
    assert [len(word.char_centers) for word in line.words] == [1, 2]
    assert line.orientation == "horizontal"


def test_no_words_no_lines() -> None:
    assert find_lines([]) == []


def test_a_line_in_perspective_can_be_laid_between_parallel_rails() -> None:
    centers = np.column_stack([20.0 + 30 * np.arange(8), np.full(8, 50.0)])
    sizes = np.linspace(36, 20, 8)
    word = FoundWord(
        quad=Quad.from_xyxy(5, 32, 245, 68),
        score=0.9,
        char_centers=centers,
        char_sizes_px=sizes,
        char_size_px=28.0,
    )
    (line,) = find_lines([word])
    heights = np.linalg.norm(line.bottom - line.top, axis=1)
    assert heights[0] > 1.5 * heights[1]
    parallel = lay_parallel(line)
    assert parallel is not None
    assert np.ptp(np.linalg.norm(parallel.bottom - parallel.top, axis=1)) == pytest.approx(0)
    assert lay_parallel(parallel) is None
