"""Hangul arithmetic and the charset."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geulnun.core import hangul
from geulnun.core.charset import CHARSET_V1, FOLDED
from geulnun.errors import UsageError


@given(st.sampled_from(hangul.SYLLABLES))
def test_syllables_come_apart_and_together(char: str) -> None:
    assert hangul.compose(*hangul.decompose(char)) == char


def test_counts_of_the_standards() -> None:
    assert len(hangul.SYLLABLES) == 11_172
    assert len(hangul.KSX1001) == 2_350
    assert hangul.KSX1001[0] == "가"
    assert hangul.KSX1001[-1] == "힝"


def test_jamo_are_in_unicode_order() -> None:
    for cho, name in enumerate(hangul.CHO):
        conjoining = hangul.to_jamo(hangul.compose(cho, 0))[0]
        assert unicodedata.normalize("NFKD", name) == conjoining
    assert hangul.compose(0, 0, 1) == "각"


@pytest.mark.parametrize("bad", ["", "A", "ㄱ", "가나"])
def test_only_syllables_come_apart(bad: str) -> None:
    assert not hangul.is_syllable(bad)
    with pytest.raises(ValueError, match="not a Hangul syllable"):
        hangul.decompose(bad)


def test_jamo_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        hangul.compose(19, 0)


WRITABLE = st.sampled_from(CHARSET_V1.symbols + hangul.SYLLABLES)


@given(st.text(WRITABLE))
def test_encoding_goes_both_ways(text: str) -> None:
    ids = CHARSET_V1.encode(text)
    assert CHARSET_V1.decode(ids) == text
    assert all(0 < i < CHARSET_V1.size for i in ids)


@given(st.text(WRITABLE))
def test_normalising_writable_text_changes_nothing(text: str) -> None:
    assert CHARSET_V1.normalise(text) == text


def test_every_folding_ends_in_the_charset() -> None:
    for source, target in FOLDED.items():
        assert not CHARSET_V1.can_write(source)
        assert not CHARSET_V1.find_unwritable(target)


def test_symbols_are_distinct_and_start_with_space() -> None:
    symbols = CHARSET_V1.symbols
    assert symbols[0] == " "
    assert len(set(symbols)) == len(symbols)
    assert CHARSET_V1.gate_size == len(symbols) + 2


def test_normalising_composes_jamo_but_leaves_compatibility_jamo() -> None:
    assert CHARSET_V1.normalise(hangul.to_jamo("한글")) == "한글"
    assert CHARSET_V1.normalise("ㄱㅏ") == "ㄱㅏ"
    assert CHARSET_V1.normalise("ＡＢ１　￦") == "AB1 ₩"


def test_unwritable_text_is_named() -> None:
    assert CHARSET_V1.replace_unwritable("漢字 한자①") == "□□ 한자①"
    assert CHARSET_V1.find_unwritable("漢字 한자\n漢") == {"漢": 2, "字": 1}
    with pytest.raises(UsageError, match=r"U\+6F22"):
        CHARSET_V1.encode("漢")
    with pytest.raises(ValueError, match="outside"):
        CHARSET_V1.char(0)


def test_the_charset_of_shipped_weights_never_changes() -> None:
    assert CHARSET_V1.hash == "d39b7e41207e85b6dd7575379bc26f43cedcf7a89d6e9af20d58cf41459d1217"
