import numpy as np

from geulnun.core.geometry import Quad
from geulnun.runtime.detection.find_words import FoundWord
from geulnun.runtime.lines.find_lines import find_lines

SIZE = 30


def make_letter(x: float, y: float) -> FoundWord:
    """One character with its left edge at x and its middle at y."""
    return FoundWord(
        quad=Quad.from_xyxy(x, y - SIZE / 2, x + SIZE, y + SIZE / 2),
        score=0.9,
        char_centers=np.array([[x + SIZE / 2, y]]),
        char_sizes_px=np.array([float(SIZE)]),
        char_size_px=float(SIZE),
    )


def set_list(rows: list[int], width_px: float, step_px: float = 60) -> list[FoundWord]:
    """Words of so many characters, each spread over the width."""
    return [
        make_letter(float(x), 40 + number * step_px)
        for number, count in enumerate(rows)
        for x in np.linspace(20, 20 + width_px - SIZE, count)
    ]


def test_two_characters_at_the_edges_of_a_list_are_one_line() -> None:
    lines = find_lines(set_list([2, 3, 2, 4, 3], 200))
    assert sorted(len(line.words) for line in lines) == [2, 2, 3, 3, 4]


def test_two_characters_without_a_list_stay_apart() -> None:
    assert len(find_lines(set_list([2, 2, 2], 200))) == 6
