"""What a recogniser of fixed-size strips spells with: whole characters, or the letters of syllables."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from geulnun.core.charset import Charset
from geulnun.core.hangul import CHO, CHO_COUNT, JONG, JONG_COUNT, JUNG, JUNG_COUNT, compose, decompose, is_syllable

AlphabetName = Literal["flat", "jamo"]

_JONGS = JONG_COUNT - 1  # "no final" is not written


class SpeltChar(NamedTuple):
    """A character, spelt by ``ids[start:stop]``."""

    text: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Alphabet:
    """Numbers of what is spelt, from 1 on; 0 is left to the blank.

    "flat" has a number for each character, as the charset; "jamo" one for each symbol of the charset and each letter
    of a syllable, those of its three places told apart: 19 initials, 21 medials and 27 finals.

    Attributes:
        name: of the two.
        charset: what can be written.
    """

    name: AlphabetName
    charset: Charset

    @property
    def size(self) -> int:
        """How many numbers there are, 0 left out."""
        if self.name == "flat":
            return self.charset.size - 1
        return len(self.charset.symbols) + CHO_COUNT + JUNG_COUNT + _JONGS

    def encode(self, text: str) -> list[int]:
        """The numbers that spell `text`, which must be normalised.

        Raises:
            UsageError: a character is not in the charset.
        """
        ids = self.charset.encode(text)
        if self.name == "flat":
            return ids
        cho, jung, jong = self._find_firsts()
        spelt = []
        for char, number in zip(text, ids, strict=True):
            if is_syllable(char):
                initial, medial, final = decompose(char)
                spelt += [cho + initial, jung + medial, *([jong + final - 1] if final else [])]
            else:
                spelt.append(number)
        return spelt

    def spell(self, ids: Sequence[int]) -> list[SpeltChar]:
        """The characters that the numbers spell; a letter without the others of a syllable stands for itself."""
        if self.name == "flat":
            return [SpeltChar(self.charset.char(number), place, place + 1) for place, number in enumerate(ids)]
        cho, jung, jong = self._find_firsts()
        chars = []
        place = 0
        while place < len(ids):
            number, stop = ids[place], place + 1
            if cho <= number < jung and stop < len(ids) and jung <= ids[stop] < jong:
                final = 0
                medial, stop = ids[stop] - jung, stop + 1
                if stop < len(ids) and ids[stop] >= jong:
                    final, stop = ids[stop] - jong + 1, stop + 1
                text = compose(number - cho, medial, final)
            else:
                text = self._name_letter(number)
            chars.append(SpeltChar(text, place, stop))
            place = stop
        return chars

    def _find_firsts(self) -> tuple[int, int, int]:
        """The numbers of the first initial, medial and final."""
        cho = 1 + len(self.charset.symbols)
        return cho, cho + CHO_COUNT, cho + CHO_COUNT + JUNG_COUNT

    def _name_letter(self, number: int) -> str:
        cho, jung, jong = self._find_firsts()
        if number < cho:
            return self.charset.symbols[number - 1]
        if number < jung:
            return CHO[number - cho]
        return JUNG[number - jung] if number < jong else JONG[number - jong + 1]
