import pytest

from geulnun.evaluation.calibration import mark_right, measure_reliability
from geulnun.evaluation.characters.rarity import count_syllables, measure_rarity


def test_reliability_is_the_distance_of_confidence_from_truth() -> None:
    found = measure_reliability([0.9] * 10 + [0.55] * 10, [True] * 9 + [False] + [True] * 3 + [False] * 7, bins=10)
    assert found.error == pytest.approx(0.5 * 0.0 + 0.5 * 0.25)
    assert sum(each.count for each in found.bins) == 20
    assert found.bins[9].accuracy == pytest.approx(0.9)
    assert "| 0.50-0.60 | 10 | 0.550 | 0.300 |" in found.format()
    assert measure_reliability([1.0], [True]).error == 0.0
    assert measure_reliability([], []).error == 0.0


def test_characters_are_right_where_an_alignment_finds_them() -> None:
    assert mark_right("가나X다", "가나다") == [True, True, False, True]
    assert mark_right("", "가") == []


def test_recall_by_how_often_a_syllable_was_seen() -> None:
    seen = count_syllables(["가" * 11 + " A", "나"])
    assert seen == {"가": 11, "나": 1}
    never, seldom, often = measure_rarity([("가나닥 A", "가나달 A"), ("가", "가다")], seen)
    assert (never.count, never.found, never.recall) == (2, 0, 0.0)
    assert (seldom.count, seldom.found) == (1, 1)
    assert (often.count, often.found, often.recall) == (2, 2, 1.0)
