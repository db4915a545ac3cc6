import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from geulnun.core.geometry import Quad
from geulnun.runtime.detection.find_words import FoundWord
from geulnun.runtime.lines.find_lines import find_lines
from geulnun.runtime.lines.letter_rows import PageLetters
from geulnun.runtime.lines.vertical_lines import space_letters, stack_words
from geulnun.runtime.recognition.strips import cut_strips


def make_word(
    top: float, bottom: float, ys: Sequence[float], *, vertical: bool = False, xs: Sequence[float] = ()
) -> FoundWord:
    """A box 16 px wide at x 100 with peaks at these heights."""
    size = 15.0 if vertical else bottom - top
    centers = np.column_stack([xs or [108.0] * len(ys), ys])
    return FoundWord(
        quad=Quad.from_xyxy(100, top, 116, bottom),
        score=0.8,
        char_centers=centers,
        char_sizes_px=np.full(len(ys), size),
        char_size_px=size,
        vertical=vertical,
    )


def list_ys(words: Sequence[FoundWord]) -> list[float]:
    return [float(y) for word in words for y in word.char_centers[:, 1]]


def stack_alone(
    chains: list[list[FoundWord]], stacked: list[FoundWord]
) -> tuple[list[list[FoundWord]], list[list[FoundWord]]]:
    """The lines and columns of words that are all of their page."""
    words = [*(word for chain in chains for word in chain), *stacked]
    return stack_words(chains, stacked, PageLetters.of_words(words))


def test_a_tall_box_with_one_peak_below_a_letter_joins_the_column() -> None:
    letter = make_word(0, 16, [8])
    pair = make_word(19, 50, [34])
    column = make_word(54, 122, [62, 76, 90, 104, 115], vertical=True)
    lines, columns = stack_alone([[letter], [pair]], [column])
    assert lines == []
    assert [len(words) for words in columns] == [3]
    assert list_ys(space_letters(columns[0])) == pytest.approx([8, 27.5, 41.5, 61.5, 75, 88, 101.5, 114.5], abs=1.5)


def test_words_of_a_column_are_further_apart_than_its_letters() -> None:
    """Three letters, a space, two letters, each found alone."""
    tops = [0, 17, 34, 62, 79]
    lines, columns = stack_alone([[make_word(top, top + 16, [top + 8])] for top in tops], [])
    assert (lines, [len(words) for words in columns]) == ([], [5])


def test_tall_boxes_alone_are_no_column() -> None:
    tall = [make_word(40 * row, 40 * row + 34, [40 * row + 17]) for row in range(4)]
    lines, columns = stack_alone([[word] for word in tall], [])
    assert columns == []
    assert len(lines) == 4


def test_a_box_of_two_letters_found_twice_and_a_letter_below_are_a_column() -> None:
    pair, again, letter = make_word(0, 43, [30]), make_word(0, 43, [13]), make_word(41, 57, [49])
    lines, (column,) = stack_alone([[pair], [again], [letter]], [])
    assert lines == []
    assert list_ys(space_letters(column)) == pytest.approx([13, 30, 49], abs=1.5)


def test_figures_below_each_other_are_no_column() -> None:
    # As high as each other, and some of them narrow for it.
    heights = (27, 24, 24, 27)
    figures = [make_word(32 * row, 32 * row + height, [32 * row + 12]) for row, height in enumerate(heights)]
    lines, columns = stack_alone([[word] for word in figures], [])
    assert columns == []
    assert len(lines) == 4


def test_a_second_look_at_the_end_of_a_column_adds_what_the_first_missed() -> None:
    column = make_word(0, 44, [7, 21, 35], vertical=True)
    again = make_word(15, 58, [50])
    _, (words,) = stack_alone([[again]], [column])
    assert list_ys(space_letters(words)) == pytest.approx([7, 21, 35, 50], abs=2)


def test_two_peaks_side_by_side_are_one_letter_of_a_column() -> None:
    column = make_word(0, 44, [7, 21, 35], vertical=True)
    wide = make_word(44, 60, [52, 52], xs=[104, 112])
    _, (words,) = stack_alone([[wide]], [column])
    assert list_ys(space_letters(words)) == pytest.approx([7, 21, 35, 52], abs=2)


def test_a_letter_without_a_peak_is_found_in_the_gap() -> None:
    (word,) = space_letters([make_word(0, 86, [7, 21, 49, 63, 77], vertical=True)])
    assert list_ys([word]) == pytest.approx([7, 21, 35, 49, 63, 77])


def test_words_of_a_column_are_told_by_their_distance() -> None:
    words = [
        make_word(top, top + 14 * n, [top + 7 + 14 * k for k in range(n)], vertical=True)
        for top, n in ((0, 2), (33, 3))
    ]
    (line,) = find_lines(words)
    (strip,) = cut_strips(np.full((100, 200), 255, np.uint8), line)
    assert strip.cell_words == (0, 0, 1, 1, 1)


def test_gaps_between_words_say_nothing_of_the_distance_of_letters() -> None:
    words = [make_word(0, 24, [9, 16], vertical=True), make_word(34, 58, [41, 52], vertical=True)]
    words += [make_word(68, 92, [75, 86], vertical=True)]
    assert [len(word.char_centers) for word in space_letters(words)] == [2, 2, 2]


def test_many_columns_are_stacked_fast() -> None:
    column, lone = make_word(0, 60, [10, 30, 50], vertical=True), make_word(0, 16, [8])
    places = [(60 * (number % 20), 100 * (number // 20)) for number in range(1000)]
    words = [
        replace(word, quad=word.quad.shifted(x + dx, y), char_centers=word.char_centers + (x + dx, y))
        for x, y in places
        for word, dx in ((column, 0), (lone, 30))
    ]
    started = time.process_time()
    assert sum(line.orientation == "vertical" for line in find_lines(words)) == 1000
    assert time.process_time() - started < 4
