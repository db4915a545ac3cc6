"""Words found at two scales: which of them stay."""

import time

import numpy as np

from geulnun.core.geometry import Quad
from geulnun.runtime.detection.detector import drop_doubles, merge_large_words
from geulnun.runtime.detection.find_words import FoundWord


def make_word(left: float, top: float, width: float, size: float, score: float = 0.9) -> FoundWord:
    """A word of letters as wide as high."""
    count = max(1, round(width / size))
    centers = np.array([(left + (i + 0.5) * width / count, top + size / 2) for i in range(count)])
    quad = Quad.from_xyxy(left, top, left + width, top + size)
    return FoundWord(
        quad=quad, score=score, char_centers=centers, char_sizes_px=np.full(count, size), char_size_px=size
    )


def test_pieces_of_a_large_letter_are_dropped() -> None:
    pieces = [make_word(20, 20, 30, 30, 0.6), make_word(60, 50, 25, 25, 0.65)]
    small = make_word(300, 300, 60, 15)
    large = make_word(10, 10, 200, 100)
    assert merge_large_words([*pieces, small], [large], 60) == [small, large]


def test_tight_lines_that_run_together_from_afar_stay_apart() -> None:
    lines = [make_word(10 + 60 * column, 10 + 13 * row, 48, 12, 0.95) for row in range(3) for column in range(3)]
    blurred = make_word(8, 8, 180, 50, 0.65)
    assert merge_large_words(lines, [blurred], 60) == lines


def test_a_large_word_is_not_kept_twice() -> None:
    whole = make_word(10, 10, 160, 70)
    letters = [make_word(12, 12, 68, 68), make_word(100, 12, 68, 68)]
    assert merge_large_words([whole], letters, 60) == letters


def test_a_long_page_takes_no_minutes() -> None:
    small = [make_word(40 * (number % 20), 15 * (number // 20), 30, 10) for number in range(8000)]
    large = [make_word(1000, 100 * number, 160, 80) for number in range(400)]
    started = time.process_time()
    assert merge_large_words(small, large, 60) == [*small, *large]
    assert time.process_time() - started < 20


def test_a_single_character_found_twice_is_kept_once_and_the_surer_one() -> None:
    first, again = make_word(10, 10, 20, 20, 0.7), make_word(12, 11, 20, 20, 0.9)
    others = [make_word(40, 10, 20, 20), make_word(10, 40, 20, 20), make_word(10, 10, 60, 20)]
    assert drop_doubles([first, *others, again]) == [*others, again]
