import unicodedata
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geulnun.evaluation.counts import Edits, Matches
from geulnun.evaluation.text_metrics import (
    drop_spaces,
    find_confusions,
    measure_bigrams,
    measure_chars,
    measure_jamo,
    measure_lines,
    measure_spacing,
    measure_words,
    normalise,
    split_lines,
)

texts = st.text(st.sampled_from("가각한글 눈\n\tab1.₩￦…’”ㆍ·ㅏ값"), max_size=40)
MULTISET_MEASURES = [measure_lines, measure_bigrams, measure_words, measure_spacing]


def test_cells_of_a_row_are_lines_where_the_truth_writes_them_so() -> None:
    assert measure_lines("합계 1,000\n이름\n홍길동", "합계\t1,000\n이름\t홍길동").f1 == 1
    assert measure_lines("합계 1,000", "합계\t1,000\n합계\t1,000").precision == 1 / 3
    for found in ("합계 100\n합계\t100", "합계\t100\n합계 100"):
        assert measure_lines("합계\n100", found).recall == 1


@pytest.mark.parametrize(
    ("seen", "wanted"),
    [
        ("￦1,000", "₩1,000"),
        ("‘가’ “나”", "'가' \"나\""),
        ("잠깐…", "잠깐..."),
        ("가ㆍ나・다•라·마", "가·나·다·라·마"),
        (unicodedata.normalize("NFD", "한글"), "한글"),
    ],
)
def test_signs_that_look_alike_compare_equal(seen: str, wanted: str) -> None:
    assert normalise(seen) == wanted


@given(st.text(max_size=30))
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def test_cer_ignores_white_space_and_keeps_order() -> None:
    assert measure_chars("한글 눈\n읽기", "한 글눈읽기").edits == 0
    assert measure_chars("가나다라", "다라가나") == Edits(edits=4, length=4)
    assert measure_chars("가나다라", "가다마") == Edits(edits=2, length=4)


def test_one_wrong_jamo_is_one_jamo_edit() -> None:
    assert measure_jamo("값", "갑") == Edits(edits=1, length=3)
    assert measure_jamo("한글", "힌글") == Edits(edits=1, length=6)


def test_empty_truth_counts_what_was_invented() -> None:
    assert measure_chars("", "") == Edits(edits=0, length=0)
    assert measure_chars("", "").rate == 0
    assert measure_chars("", "귀신").rate == 2
    assert measure_words("", "귀신").f1 == 0
    assert measure_words("", "").f1 == 1


def test_line_accuracy_takes_lines_wherever_they_stand() -> None:
    lines = measure_lines("첫 줄\n둘째  줄\n셋째 줄", "셋째 줄\n\n 둘째 줄\n첫줄")
    assert (lines.recall, lines.precision) == (2 / 3, 2 / 3)


def test_bigrams_forgive_block_order() -> None:
    bigrams = measure_bigrams("가나다\n라마바", "라마바\n가나다")
    assert bigrams == Matches.of(4, wanted=5, found=5)


def test_words_punish_wrong_spacing() -> None:
    assert measure_words("한글 눈이 밝다", "한글눈이 밝다") == Matches.of(1, wanted=3, found=2)


def test_spacing_counts_gaps_between_characters_read_right() -> None:
    assert measure_spacing("한글 눈이 밝다", "한글눈이 밝 다") == Matches.of(1, wanted=2, found=2)
    assert measure_spacing("한글 눈이 밝다", "한글 눈이 붉다") == Matches.of(1, wanted=1, found=1)
    assert measure_spacing("한글 눈이", "한글\n눈이") == Matches()
    assert measure_spacing("한글 \n 눈이", "한글 눈이") == Matches()


def test_spacing_leaves_out_neighbours_that_are_not_neighbours_in_the_other_text() -> None:
    assert measure_spacing("가 나", "가 다 나") == Matches()


def test_confusions_are_lone_substitutions() -> None:
    assert find_confusions("한글 눈이 밝다", "힌글 눈이 밝디") == Counter({("한", "힌"): 1, ("다", "디"): 1})
    assert find_confusions("가나다라", "가마바라") == Counter()
    assert find_confusions("가나다라", "가마라") == Counter()


@pytest.mark.parametrize("measure", MULTISET_MEASURES)
@given(text=texts)
def test_a_text_matches_itself(measure, text: str) -> None:
    assert measure(text, text).f1 == 1
    assert measure_chars(text, text).edits == measure_jamo(text, text).edits == 0


@pytest.mark.parametrize("measure", MULTISET_MEASURES)
@given(truth=texts, found=texts)
def test_swapping_truth_and_found_swaps_precision_and_recall(measure, truth: str, found: str) -> None:
    there, back = measure(truth, found), measure(found, truth)
    if measure is not measure_spacing:  # of several shortest alignments the one chosen may differ
        assert (there.precision, there.recall) == (back.recall, back.precision)
    assert 0 <= there.precision <= 1
    assert 0 <= there.recall <= 1
    assert 0 <= there.f1 <= 1


@given(truth=texts, found=texts)
def test_edits_are_a_distance(truth: str, found: str) -> None:
    there, back = measure_chars(truth, found), measure_chars(found, truth)
    assert there.edits == back.edits
    longer = max(there.length, back.length)
    assert abs(there.length - back.length) <= there.edits <= longer
    assert (there.edits == 0) == (drop_spaces(normalise(truth)) == drop_spaces(normalise(found)))


@given(texts)
def test_lines_are_what_splitting_says(text: str) -> None:
    lines = split_lines(text)
    assert all(line == line.strip() and line for line in lines)
    assert drop_spaces("".join(lines)) == drop_spaces(normalise(text))


counts = st.builds(
    lambda matched, wanted, found: Matches.of(matched, wanted=matched + wanted, found=matched + found),
    *[st.integers(0, 50)] * 3,
)


@given(counts, counts)
def test_counts_add_up(a: Matches, b: Matches) -> None:
    total = a + b
    assert total == b + a
    assert min(a.recall, b.recall) <= total.recall <= max(a.recall, b.recall) or not (a.wanted and b.wanted)
    assert a + Matches() == a


def test_recall_only_leaves_precision_alone() -> None:
    total = Matches.of(8, wanted=10, found=8) + Matches.of(5, wanted=10, found=50).recall_only()
    assert total.recall == 13 / 20
    assert total.precision == 1
