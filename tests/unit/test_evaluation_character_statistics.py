"""Intervals and tests against published and hand-counted values."""

from collections import Counter
from pathlib import Path

import pytest

from geulnun.errors import ConfigError, UsageError
from geulnun.evaluation.characters.answers import SetAnswers, compare_answers, read_answers, write_answers
from geulnun.evaluation.characters.statistics import (
    adjust_holm,
    compare_paired,
    find_mcnemar_p,
    find_wilson_interval,
)


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    # The first three are rows of table I of Newcombe 1998 (method 3).
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (10, 10, 0.7225, 1.0),
        (0, 0, 0.0, 1.0),
    ],
)
def test_wilson_intervals_are_the_published_ones(right: int, total: int, low: float, high: float) -> None:
    assert find_wilson_interval(right, total) == pytest.approx((low, high), abs=5e-5)


def test_no_interval_of_more_than_all() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        find_wilson_interval(3, 2)


@pytest.mark.parametrize(
    ("first_only", "second_only", "p_value"),
    [(9, 1, 22 / 1024), (1, 9, 22 / 1024), (0, 5, 2 / 32), (0, 0, 1.0), (5, 5, 1.0), (3000, 3000, 1.0)],
)
def test_the_exact_test_counts_discordant_pairs(first_only: int, second_only: int, p_value: float) -> None:
    assert find_mcnemar_p(first_only, second_only) == pytest.approx(p_value)


def test_readers_are_compared_on_the_same_characters() -> None:
    first = [True] * 90 + [True] * 8 + [False] * 2
    second = [True] * 90 + [False] * 8 + [True] * 2
    test = compare_paired(first, second)
    assert (test.characters, test.first_only, test.second_only) == (100, 8, 2)
    assert test.p_value == pytest.approx(2 * (1 + 10 + 45) / 1024)
    assert test.difference == pytest.approx(0.06)
    # Agresti and Min: lead 6/102, half-width 1.96 sqrt(11 - 36/102)/102.
    assert test.interval == pytest.approx((6 / 102 - 0.062694, 6 / 102 + 0.062694), abs=1e-5)
    with pytest.raises(ValueError, match="100 and 99"):
        compare_paired(first, second[1:])


def test_holm_adjusts_from_the_least_on_and_keeps_the_order() -> None:
    assert adjust_holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert adjust_holm([0.9, 0.8]) == [1.0, 1.0]
    assert adjust_holm([]) == []


def test_answers_come_back_and_only_the_same_characters_are_compared(tmp_path: Path) -> None:
    first = SetAnswers(truths=("가", "나", "뷁"), answers=("가", "너", "뷁"))
    second = SetAnswers(truths=("가", "나", "뷁"), answers=("가", "나", "북"))
    truths = tmp_path / "a" / "truths.txt"
    write_answers(first, tmp_path / "a" / "first.json", truths)
    write_answers(second, tmp_path / "a" / "second.json", truths)
    assert read_answers(tmp_path / "a" / "first.json", truths) == first
    assert read_answers(tmp_path / "a" / "second.json", truths) == second
    truths.write_text("가나닭", encoding="utf-8")
    with pytest.raises(ConfigError, match="other characters"):
        read_answers(tmp_path / "a" / "first.json", truths)
    test = compare_answers([first, first], [second, second])
    assert (test.characters, test.first_only, test.second_only) == (6, 2, 2)
    bands = {band.name: (band.found, band.count) for band in first.measure_rarity(Counter("가" * 20 + "나"))}
    assert bands == {"never": (1, 1), "1 to 10 times": (0, 1), "more than 10 times": (1, 1)}
    with pytest.raises(UsageError, match="same characters"):
        compare_answers([first], [SetAnswers(truths=("가",), answers=("가",))])
    (tmp_path / "broken.json").write_text('{"truths": ["가"]}', encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be read as answers"):
        read_answers(tmp_path / "broken.json", truths)
