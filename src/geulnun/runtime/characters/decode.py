"""Scores of characters -> readings: exact top-n characters, and the scores of each head."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geulnun.core.arrays import Floats
from geulnun.core.hangul import CHO, COMPATIBILITY_JAMO, JONG, JUNG, KSX1001, SYLLABLE_COUNT
from geulnun.core.page import Alternative
from geulnun.errors import BundleError, UsageError
from geulnun.runtime.characters.classes import CharClasses, CharGuess, decode_factorised, decode_flat

HEADS = ("cho", "jung", "jong")
FLAT = "flat"
_LETTERS = (CHO, JUNG, JONG)


@dataclass(frozen=True, slots=True, kw_only=True)
class CharReading:
    """What one picture of a character says.

    Attributes:
        text: the likeliest character.
        confidence: its probability, 0..1.
        alternatives: the likeliest characters, `text` first, as many as were asked for.
        cho: the likeliest initials with their probabilities, likeliest first; "" is none.
        jung: the likeliest medials.
        jong: the likeliest finals.
    """

    text: str
    confidence: float
    alternatives: tuple[Alternative, ...]
    cho: tuple[Alternative, ...]
    jung: tuple[Alternative, ...]
    jong: tuple[Alternative, ...]


def decode_chars(tables: Mapping[str, Floats], n: int = 5) -> list[CharReading]:
    """A reading for each row of a network's tables of log-probabilities.

    Where there is a flat table it decides, since it knows which letters go together, and a letter's probability is that
    of all the characters that have it; without one, p(syllable) = p(cho) p(jung) p(jong).

    Args:
        tables: "cho" (N, 19 or 20), "jung" (N, 21 or 22) and "jong" (N, 28), or "flat" (N, K), or all four.
        n: how many characters and letters to give; all there are if there are fewer.

    Raises:
        UsageError: n is out of range.
        BundleError: tables of another kind.
    """
    check_top(n)
    if FLAT in tables:
        classes = find_classes(tables[FLAT].shape[1])
        guesses = decode_flat(tables[FLAT], classes, n)
        letters = _sum_letters(tables[FLAT], classes)
    elif set(HEADS) <= set(tables):
        guesses = decode_factorised(tables["cho"], tables["jung"], tables["jong"], n)
        letters = [np.exp(tables[head].astype(np.float64)) for head in HEADS]
    else:
        raise BundleError(
            f"the network gives the tables {', '.join(tables) or 'none'}; {', '.join(HEADS)} or {FLAT} are needed. "
            "Export the bundle anew with `geulnun export`."
        )
    return [_assemble(row, [each[i] for each in letters], n) for i, row in enumerate(guesses)]


def check_top(n: int) -> None:
    """Nothing, if so many characters can be given.

    Raises:
        UsageError: they cannot.
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or not 1 <= n <= SYLLABLE_COUNT:
        raise UsageError(f"n is {n!r}; allowed is a whole number from 1 to {SYLLABLE_COUNT:,}. 5 is the usual one.")


def find_classes(count: int) -> CharClasses:
    """The characters of a flat table with so many columns.

    Raises:
        BundleError: no set of characters has so many.
    """
    jamo = len(COMPATIBILITY_JAMO)
    known = {
        len(KSX1001): CharClasses(syllables="ksx1001"),
        len(KSX1001) + jamo: CharClasses(syllables="ksx1001", bare_jamo=True),
        SYLLABLE_COUNT: CharClasses(syllables="all"),
        SYLLABLE_COUNT + jamo: CharClasses(syllables="all", bare_jamo=True),
    }
    if count not in known:
        raise BundleError(
            f"the network tells {count} characters apart; this version knows sets of {', '.join(map(str, known))}. "
            "Export the bundle anew with `geulnun export`."
        )
    return known[count]


def _sum_letters(flat: Floats, classes: CharClasses) -> list[NDArray[np.float64]]:
    """Probabilities (N, size) of each head's letters: of all characters that have the letter, together."""
    if classes == CharClasses(syllables="all"):  # numbered by their letters, so that no index is needed
        cube = np.exp(flat).reshape(len(flat), *classes.sizes)
        return [cube.sum(axis=axes, dtype=np.float64) for axes in ((2, 3), (1, 3), (1, 2))]
    chances = np.exp(flat.astype(np.float64))
    return [
        np.stack([np.bincount(part, weights=row, minlength=size) for row in chances])
        for part, size in zip(_number_letters(classes), classes.sizes, strict=True)
    ]


@functools.cache
def _number_letters(classes: CharClasses) -> tuple[NDArray[np.intp], ...]:
    """For each head the class of its letter in every character of the set."""
    labels = np.array([classes.encode(text)[:3] for text in classes.texts], np.intp)
    return tuple(labels.T)


def _assemble(guesses: list[CharGuess], letters: list[NDArray[np.float64]], n: int) -> CharReading:
    alternatives = tuple(
        Alternative(text=guess.text, confidence=_bound(np.exp(guess.log_probability))) for guess in guesses
    )
    cho, jung, jong = (
        tuple(
            Alternative(text=names[i] if i < len(names) else "", confidence=_bound(chances[i]))
            for i in np.argsort(-chances, kind="stable")[:n].tolist()
        )
        for names, chances in zip(_LETTERS, letters, strict=True)
    )
    first = alternatives[0]
    return CharReading(
        text=first.text, confidence=first.confidence, alternatives=alternatives, cho=cho, jung=jung, jong=jong
    )


def _bound(probability: float) -> float:
    """The probability without the last digit's error, which may lift it above 1."""
    return min(1.0, float(probability))
