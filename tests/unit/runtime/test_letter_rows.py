from collections.abc import Sequence

import numpy as np
import pytest

from geulnun.core.geometry import Quad
from geulnun.runtime.detection.find_words import FoundWord
from geulnun.runtime.lines.find_lines import find_lines
from geulnun.runtime.lines.letter_rows import PageLetters, part_rows


def stack(x: float, ys: Sequence[float], width_px: float, height_px: float) -> FoundWord:
    """A word found vertical, its characters at these heights."""
    return FoundWord(
        quad=Quad.from_xyxy(x - width_px / 2, ys[0] - height_px / 2, x + width_px / 2, ys[-1] + height_px / 2),
        score=0.9,
        char_centers=np.array([[x, y] for y in ys]),
        char_sizes_px=np.full(len(ys), width_px),
        char_size_px=width_px,
        vertical=True,
    )


def set_row(x: float, y: float, count: int, size_px: float) -> FoundWord:
    """A horizontal word of square letters."""
    xs = x + size_px * (np.arange(count) + 0.5)
    return FoundWord(
        quad=Quad.from_xyxy(x, y - size_px / 2, x + count * size_px, y + size_px / 2),
        score=0.9,
        char_centers=np.column_stack([xs, np.full(count, y)]),
        char_sizes_px=np.full(count, size_px),
        char_size_px=size_px,
    )


@pytest.mark.parametrize("leading", [1.0, 1.2, 1.5])
def test_labels_spaced_out_letter_by_letter_are_rows(leading: float) -> None:
    ys = [20 + 26 * leading * row for row in range(4)]
    columns = [stack(20 + 39 * number, ys, 26, 26) for number in range(4)]
    lines = find_lines(columns)
    assert [line.orientation for line in lines] == ["horizontal"] * 4
    assert all(len(line.words) == 4 for line in lines)


def test_two_columns_of_text_written_downwards_stay_columns() -> None:
    ys = [40 + 50 * row for row in range(5)]
    columns = [stack(100, ys, 48, 48), stack(230, ys, 48, 48)]
    assert part_rows(columns, PageLetters.of_words(columns)) == columns


def test_single_figures_below_each_other_face_the_rows_of_their_table() -> None:
    ys = [20.0, 44, 68]
    rows = [set_row(x, y, 4, 22) for y in ys for x in (20, 240)]
    lines = find_lines([*rows, stack(180, ys, 13, 22)])
    assert all(line.orientation == "horizontal" for line in lines)
    assert len(lines) == 9


def test_a_tab_beside_text_of_another_leading_stays_a_column() -> None:
    rows = [set_row(100, 20 + 31 * row, 10, 22) for row in range(6)]
    tab = stack(30, [25.0, 49, 73, 97, 121], 22, 22)
    words = [*rows, tab]
    assert part_rows(words, PageLetters.of_words(words))[-1] is tab


def test_flat_letters_in_columns_side_by_side_stay_columns() -> None:
    columns = [stack(75, [57, 92, 130], 57, 40), stack(176, [62, 88], 57, 40)]
    assert part_rows(columns, PageLetters.of_words(columns)) == columns
