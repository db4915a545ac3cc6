"""Arithmetic of Hangul syllables and jamo.

A syllable is an initial (초성, 19), a medial (중성, 21) and an optional final (종성, 28 with "none"):
`U+AC00 + (cho * 21 + jung) * 28 + jong`. Source: The Unicode Standard, section 3.12.
"""

import unicodedata

CHO = tuple("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ")
JUNG = tuple("ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ")
JONG = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
COMPATIBILITY_JAMO = "".join(map(chr, range(0x3131, 0x3164)))

FIRST_SYLLABLE = 0xAC00
CHO_COUNT, JUNG_COUNT, JONG_COUNT = len(CHO), len(JUNG), len(JONG)
SYLLABLE_COUNT = CHO_COUNT * JUNG_COUNT * JONG_COUNT
SYLLABLES = "".join(map(chr, range(FIRST_SYLLABLE, FIRST_SYLLABLE + SYLLABLE_COUNT)))
# Python's euc-kr codec also encodes the other 8,822, as 8-byte make-up sequences: only two bytes mean KS X 1001.
KSX1001 = "".join(ch for ch in SYLLABLES if len(ch.encode("euc-kr")) == 2)
OUTSIDE_KSX1001 = "".join(ch for ch in SYLLABLES if len(ch.encode("euc-kr")) > 2)


def is_syllable(char: str) -> bool:
    """Whether `char` is one precomposed Hangul syllable (가..힣)."""
    return len(char) == 1 and 0 <= ord(char) - FIRST_SYLLABLE < SYLLABLE_COUNT


def compose(cho: int, jung: int, jong: int = 0) -> str:
    """The syllable with these jamo indices (0..18, 0..20, 0..27; jong 0 is none).

    Raises:
        ValueError: an index is out of range.
    """
    if not (0 <= cho < CHO_COUNT and 0 <= jung < JUNG_COUNT and 0 <= jong < JONG_COUNT):
        raise ValueError(f"jamo indices ({cho}, {jung}, {jong}) are outside 0..18, 0..20, 0..27")
    return chr(FIRST_SYLLABLE + (cho * JUNG_COUNT + jung) * JONG_COUNT + jong)


def decompose(syllable: str) -> tuple[int, int, int]:
    """The jamo indices (cho, jung, jong) of one syllable.

    Raises:
        ValueError: not a precomposed syllable.
    """
    if not is_syllable(syllable):
        raise ValueError(f"{syllable!r} is not a Hangul syllable between 가 and 힣")
    rest, jong = divmod(ord(syllable) - FIRST_SYLLABLE, JONG_COUNT)
    cho, jung = divmod(rest, JUNG_COUNT)
    return cho, jung, jong


def to_nfc(text: str) -> str:
    """`text` with jamo sequences composed into syllables (NFC). Never NFKC: it would compose 'ㄱㅏ' too."""
    return unicodedata.normalize("NFC", text)


def to_jamo(text: str) -> str:
    """`text` with syllables taken apart into conjoining jamo (NFD), for jamo error rates."""
    return unicodedata.normalize("NFD", text)
