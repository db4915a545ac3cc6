"""Characters in equal cells, as on squared paper and in the boxes for a number, are one line."""

import numpy as np
import pytest

from geulnun.core.geometry import Quad
from geulnun.runtime.detection.find_words import FoundWord
from geulnun.runtime.lines.cell_rows import part_cell_rows
from geulnun.runtime.lines.find_lines import find_lines
from geulnun.runtime.recognition.build_line import build_line
from geulnun.runtime.recognition.decode_text import ReadChar, Reading
from geulnun.runtime.recognition.strips import cut_strips

PITCH = 50


def draw_rules(cells: int, top: float, bottom: float) -> np.ndarray:
    return np.array([[(20 + PITCH * number, top), (20 + PITCH * number, bottom)] for number in range(cells + 1)], float)


def place(cell: float, middle: float, width: float = 24, height: float = 28, centers: int = 1) -> FoundWord:
    """A word in the middle of a cell; its `centers` stand beside each other."""
    x = 20 + PITCH * (cell + 0.5)
    places = np.array([(x + (number - (centers - 1) / 2) * width / centers, middle) for number in range(centers)])
    return FoundWord(
        quad=Quad.from_xyxy(x - width / 2, middle - height / 2, x + width / 2, middle + height / 2),
        score=0.9,
        char_centers=places,
        char_sizes_px=np.full(centers, float(height)),
        char_size_px=float(height),
    )


def test_characters_between_equal_rules_are_a_row_and_pieces_of_one_are_joined() -> None:
    words = [place(cell, 45) for cell in (0, 1, 3, 5)] + [place(4, 40, 20, 14), place(4, 55, 20, 10), place(9, 45)]
    (row,), rest = part_cell_rows(words, draw_rules(6, 20, 70))
    assert row.cells == (0, 1, 3, 4, 5) and not row.in_grid
    assert row.words[3].quad.xyxy == (20 + 4.5 * PITCH - 10, 33, 20 + 4.5 * PITCH + 10, 60)
    assert rest == words[-1:]


def test_rows_of_a_grid_are_told_apart() -> None:
    rows, rest = part_cell_rows(
        [place(cell, 45 + PITCH * row) for row in range(3) for cell in range(6)], draw_rules(6, 20, 170)
    )
    assert [row.cells for row in rows] == [tuple(range(6))] * 3 and rest == []
    assert all(row.in_grid for row in rows)


@pytest.mark.parametrize(
    "words",
    [
        [place(cell, 45 + PITCH * row, 26, 28, centers=2) for row in range(2) for cell in range(6)],  # a calendar
        [place(cell, 45, 40, 14, centers=3) for cell in range(6)],  # a table of words
        [place(cell, 45, 8, 10) for cell in range(6)],  # small print
        [place(cell + 0.5, 45, 60, 28, centers=2) for cell in range(5)],  # lines over the rules
        [place(cell, 45) for cell in (0, 2)],
        [],
    ],
)
def test_other_tables_stay_as_they_are(words: list[FoundWord]) -> None:
    assert part_cell_rows(words, draw_rules(6, 20, 120)) == ([], words)


def test_rules_at_other_distances_are_no_cells() -> None:
    rules = draw_rules(6, 20, 70)
    rules[3:] += (20, 0)
    words = [place(cell, 45) for cell in range(6)]
    assert part_cell_rows(words, rules) == ([], words)


def test_characters_are_read_close_together_and_an_empty_cell_is_white() -> None:
    page = np.full((100, 400), 255, np.uint8)
    words = [place(cell, 45) for cell in (0, 1, 3, 4)]
    for word in words:
        left, top, right, bottom = map(int, word.quad.xyxy)
        page[top:bottom, left:right] = 0
    (line,) = find_lines(words, draw_rules(5, 20, 70))
    (strip,) = cut_strips(page, line)
    assert line.cells == (0, 1, 3, 4)
    assert strip.image.shape[1] < 6 * strip.image.shape[0]
    ink = (strip.image < 128).any(axis=0)
    assert np.count_nonzero(np.diff(ink.astype(int)) == 1) == 4
    gaps = np.diff(strip.centers_px)
    assert strip.centers_px.shape == (5,) and gaps.min() > 0
    located = strip.locate(strip.centers_px - 1, strip.centers_px + 1)
    assert [round(quad.center[0]) for quad in located] == [45, 95, 145, 195, 245]


@pytest.mark.parametrize(("text", "words"), [("1234", ["1", "2", "3", "4"]), ("가나 다", ["가나", "다"])])
def test_figures_in_a_grid_are_words_of_their_own(text: str, words: list[str]) -> None:
    page = np.full((200, 400), 255, np.uint8)
    found = [place(cell, 45 + PITCH * row) for row in range(2) for cell in range(4)]
    box = min(find_lines(found, draw_rules(4, 20, 120)), key=lambda line: line.quad.center[1])
    assert box.in_grid
    strips = cut_strips(page, box)
    step = strips[0].image.shape[1] / len(text)
    chars = [ReadChar(text=char, peak_px=(number + 0.5) * step, confidence=1.0) for number, char in enumerate(text)]
    line = build_line(box, strips, [Reading(text=text, chars=tuple(chars), confidence=1.0)])
    assert line is not None and [word.text for word in line.words] == words
