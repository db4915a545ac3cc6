import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geulnun.core.geometry import Quad, measure_iou
from geulnun.evaluation.counts import Matches
from geulnun.evaluation.detection import match_quads, measure_detection


def box(left: float, top: float = 0, width: float = 10, height: float = 10) -> Quad:
    return Quad.from_xyxy(left, top, left + width, top + height)


def test_boxes_on_the_limit_match() -> None:
    assert match_quads([box(0)], [box(0, width=5)]) == [(0, 0)]
    assert match_quads([box(0)], [box(0, width=4.9)]) == []


def test_a_box_is_matched_once() -> None:
    assert measure_detection([box(0)], [box(0), box(1)]) == Matches.of(1, wanted=1, found=2)
    assert match_quads([box(0)], [box(1), box(0)]) == [(0, 1)]


def test_merged_and_split_boxes_are_errors() -> None:
    assert measure_detection([box(0), box(12)], [box(0, width=22)]).f1 == 0


def test_better_overlaps_give_way_to_more_pairs() -> None:
    truth = [box(0), box(3)]
    found = [box(2.5), box(6)]  # the first found box fits both truths, and the second truth best
    assert measure_iou(truth[0], found[1]) < 0.5
    assert match_quads(truth, found) == [(0, 0), (1, 1)]


def test_turned_boxes_are_compared_as_polygons() -> None:
    turn = np.radians(45)
    matrix = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    truth = box(0, 0, 100, 10).warped(matrix)
    assert match_quads([truth], [box(2, 0, 100, 10).warped(matrix)]) == [(0, 0)]
    assert match_quads([truth], [Quad.from_xyxy(*truth.xyxy)]) == []


def test_nothing_to_find() -> None:
    assert measure_detection([], []).f1 == 1
    assert measure_detection([], [box(0)]).f1 == 0
    assert measure_detection([box(0)], []).f1 == 0


@settings(max_examples=60)
@given(
    st.lists(st.integers(0, 25), max_size=7),
    st.lists(st.integers(0, 25), max_size=7),
)
def test_no_matching_has_more_pairs(truth_lefts: list[int], found_lefts: list[int]) -> None:
    truth, found = [box(left) for left in truth_lefts], [box(left) for left in found_lefts]
    pairs = match_quads(truth, found)
    assert len({wanted for wanted, _ in pairs}) == len({given for _, given in pairs}) == len(pairs)
    fits = [[measure_iou(a, b) >= 0.5 - 1e-6 for b in found] for a in truth]
    assert all(fits[wanted][given] for wanted, given in pairs)
    assert len(pairs) == count_most_pairs(fits)


def count_most_pairs(fits: list[list[bool]]) -> int:
    """The largest number of pairs, by trying all."""
    sizes = {0: 0}  # set of taken columns, as bits -> most pairs
    for row in fits:
        grown = dict(sizes)
        for taken, size in sizes.items():
            for column, fit in enumerate(row):
                if fit and not taken >> column & 1:
                    key = taken | 1 << column
                    grown[key] = max(grown.get(key, 0), size + 1)
        sizes = grown
    return max(sizes.values())


@pytest.mark.parametrize("count", [1000])
def test_only_near_boxes_of_a_full_page_are_compared(count: int, count_calls) -> None:
    truth = [box(i % 40 * 12, i // 40 * 12) for i in range(count)]
    found = [quad.shifted(1, 1) for quad in reversed(truth)]
    assert measure_detection(truth, found).f1 == 1
    assert count_calls(lambda: measure_detection(truth, found)) < 240 * count
