"""Classes of single characters, their indices in the heads of a network, and top-n decoding.

The factorised heads number initial, medial and final letters 0..18, 0..20 and 0..27. Where bare jamo (ㄱ, ㅏ, ㄳ)
are characters too, one more class of the first two heads says "none", and each of the 51 has one place:
a vowel is (none, medial, 0), a consonant that can begin a syllable (initial, none, 0), any other (none, none, final).
"""

import functools
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from geulnun.core import hangul
from geulnun.core.arrays import Floats, find_top
from geulnun.errors import UsageError

SyllableSet = Literal["ksx1001", "all"]

NO_CHO = hangul.CHO_COUNT
NO_JUNG = hangul.JUNG_COUNT
UNKNOWN = -100
"""Flat class of a character that a flat head has no class for; losses leave it out."""


class CharLabel(NamedTuple):
    """Classes of one character in each head."""

    cho: int
    jung: int
    jong: int
    flat: int


class CharGuess(NamedTuple):
    """A character and its log-probability."""

    text: str
    log_probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CharClasses:
    """The characters that a network tells apart.

    Attributes:
        syllables: classes of a flat head: the 2,350 of KS X 1001 or all 11,172. Factorised heads write all.
        bare_jamo: whether the 51 compatibility jamo are characters too; a flat head has them last.
    """

    syllables: SyllableSet = "ksx1001"
    bare_jamo: bool = False

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Classes of the initial, medial and final head."""
        extra = int(self.bare_jamo)
        return hangul.CHO_COUNT + extra, hangul.JUNG_COUNT + extra, hangul.JONG_COUNT

    @property
    def texts(self) -> str:
        """The characters of a flat head in the order of its classes."""
        syllables = hangul.KSX1001 if self.syllables == "ksx1001" else hangul.SYLLABLES
        return syllables + (hangul.COMPATIBILITY_JAMO if self.bare_jamo else "")

    def encode(self, text: str) -> CharLabel:
        """The classes of one character.

        Raises:
            UsageError: it is none of the characters told apart.
        """
        flat = _index_texts(self).get(text, UNKNOWN)
        if hangul.is_syllable(text):
            return CharLabel(*hangul.decompose(text), flat)
        if self.bare_jamo and text in hangul.COMPATIBILITY_JAMO and len(text) == 1:
            return CharLabel(*encode_jamo(text), flat)
        raise UsageError(
            f"{text[:20]!r} is no character of this network. Allowed is one Hangul syllable (가 to 힣, composed)"
            f"{' or one compatibility jamo (ㄱ to ㅣ)' if self.bare_jamo else ''}. Correct the label or leave it out."
        )


@functools.cache
def _index_texts(classes: CharClasses) -> dict[str, int]:
    return {text: index for index, text in enumerate(classes.texts)}


def encode_jamo(jamo: str) -> tuple[int, int, int]:
    """The classes of one compatibility jamo in heads that have a class "none"."""
    if jamo in hangul.JUNG:
        return NO_CHO, hangul.JUNG.index(jamo), 0
    if jamo in hangul.CHO:
        return hangul.CHO.index(jamo), NO_JUNG, 0
    return NO_CHO, NO_JUNG, hangul.JONG.index(jamo)


def decode_factorised(cho: Floats, jung: Floats, jong: Floats, n: int = 1) -> list[list[CharGuess]]:
    """The `n` likeliest characters of each row, best first, exactly.

    Any of the n likeliest triples uses only the n likeliest of each head, so n³ sums hold them all.

    Args:
        cho: (N, 19 or 20) log-probabilities of the initial.
        jung: (N, 21 or 22) log-probabilities of the medial.
        jong: (N, 28) log-probabilities of the final.
        n: how many.
    """
    bare = cho.shape[1] > NO_CHO
    tables = [cho[:, :NO_CHO], jung[:, :NO_JUNG], jong]
    best = [np.argsort(-table, axis=1, kind="stable")[:, :n] for table in tables]
    values = [np.take_along_axis(table, order, axis=1) for table, order in zip(tables, best, strict=True)]
    sums = values[0][:, :, None, None] + values[1][:, None, :, None] + values[2][:, None, None, :]
    shape = sums.shape[1:]
    flat = sums.reshape(len(sums), -1)
    order = np.argsort(-flat, axis=1, kind="stable")[:, :n]
    guesses = []
    for row, places in enumerate(order):
        parts = zip(*(axis.tolist() for axis in np.unravel_index(places, shape)), strict=True)
        found = [
            CharGuess(
                hangul.compose(int(best[0][row, a]), int(best[1][row, b]), int(best[2][row, c])),
                float(sums[row, a, b, c]),
            )
            for a, b, c in parts
        ]
        if bare:
            found += _weigh_jamo(cho[row], jung[row], jong[row])
            found.sort(key=lambda guess: -guess.log_probability)
        guesses.append(found[:n])
    return guesses


def _weigh_jamo(cho: Floats, jung: Floats, jong: Floats) -> list[CharGuess]:
    places = [(jamo, *encode_jamo(jamo)) for jamo in hangul.COMPATIBILITY_JAMO]
    return [CharGuess(jamo, float(cho[a] + jung[b] + jong[c])) for jamo, a, b, c in places]


def decode_flat(flat: Floats, classes: CharClasses, n: int = 1) -> list[list[CharGuess]]:
    """The `n` likeliest characters of each row, best first.

    Args:
        flat: (N, K) log-probabilities of the characters `classes.texts`.
        classes: what K counts.
        n: how many.
    """
    texts = classes.texts
    return [
        [CharGuess(texts[k], float(scores[k])) for k in row.tolist()]
        for row, scores in zip(find_top(flat, n), flat, strict=True)
    ]
