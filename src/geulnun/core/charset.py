"""What can be written: text to class ids and back.

Class 0 is the CTC blank, then the symbols in `Charset.symbols` order, then the 11,172 syllables. The recogniser's
gate sees {blank, hangul, symbols}: gate index 0, 1 and 2 + symbol index.
"""

import functools
import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from geulnun.core.hangul import COMPATIBILITY_JAMO, FIRST_SYLLABLE, SYLLABLES, is_syllable, to_nfc
from geulnun.errors import UsageError

BLANK = 0
GATE_BLANK = 0
GATE_HANGUL = 1
GATE_FIRST_SYMBOL = 2

_ASCII = "".join(map(chr, range(0x20, 0x7F)))
_KOREAN_DOCUMENTS = (
    "₩€£¥°℃±×÷≒≠≤≥∞½¼¾²³㎜㎝㎞㎡㎥㎏㎎㎖ℓ‰§※†‡○●◎△▲▽▼□■◇◆☆★♥♡♪☎☞✓✔→←↑↓↔⇒▶◀·‥…‘’“”「」『』〈〉《》【】〔〕–—•"
    "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
    "㉠㉡㉢㉣㉤㉥㉦㉧㉨㉩㉪㉫㉬㉭㈜㉮㉯㉰㉱㉲㉳㉴㉵㉶㉷㉸㉹㉺㉻"
    "ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩⅪⅫⅰⅱⅲⅳⅴⅵⅶⅷⅸⅹ©®™αβγδμπΩΣ"
)

UNKNOWN = "□"
"""What is written for a letter that no charset has, hanja above all; an empty box is the same character."""

# Characters that look alike, or that keyboards and PDFs write in several ways, are read as one.
FOLDED = {
    "\uffe6": "₩",  # fullwidth won sign
    "\uffe1": "£",  # fullwidth pound sign
    "\uffe5": "¥",  # fullwidth yen sign
    "\u3000": " ",  # ideographic space
    "\u00a0": " ",  # no-break space
    "\u301c": "~",  # wave dash
    "\u223c": "~",  # tilde operator
    "\u318d": "·",  # hangul letter araea
    "\u30fb": "·",  # katakana middle dot
    "\uff65": "·",  # halfwidth katakana middle dot
    "\u2027": "·",  # hyphenation point
    "\u2219": "·",  # bullet operator
    "\u22c5": "·",  # dot operator
    "\u2015": "—",  # horizontal bar
    "\u2500": "—",  # box drawings light horizontal
    "\u2010": "-",  # hyphen
    "\u2011": "-",  # non-breaking hyphen
    "\u2212": "-",  # minus sign
    "\u2012": "–",  # figure dash
    "\u00b5": "μ",  # micro sign
    "\u2126": "Ω",  # ohm sign
    "\u2211": "Σ",  # n-ary summation
    "\u3007": "○",  # ideographic number zero
    "\u25ef": "○",  # large circle
    "\u22ef": "…",  # midline horizontal ellipsis
    "\u2032": "'",  # prime
    "\u00b4": "'",  # acute accent
    "\u2033": '"',  # double prime
    "\u02da": "°",  # ring above
    "\u00ba": "°",  # masculine ordinal indicator
    "\u2109": "°F",  # degree fahrenheit
    "\u33be": "kW",  # square kw
    "\u3388": "cal",  # square cal
    "\u3389": "kcal",  # square kcal
    "\u338d": "μg",  # square mu g
    "\u33c4": "cc",  # square cc
    "\u33a2": "km²",  # square km squared
    "\ufb01": "fi",  # latin small ligature fi
    "\ufb02": "fl",  # latin small ligature fl
}
_IGNORED = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0e\ufe0f"))


def _fold_table() -> dict[int, str | None]:
    table: dict[int, str | None] = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    table.update({ord(source): target for source, target in FOLDED.items()})
    table.update(_IGNORED)
    return table


_FOLD_TABLE = _fold_table()


@dataclass(frozen=True, slots=True)
class Charset:
    """An ordered set of symbols beside the 11,172 syllables, which every charset has.

    Attributes:
        name: what weights call it in their manifest.
        symbols: one character each, space first, no Hangul syllables.
    """

    name: str
    symbols: str

    @property
    def size(self) -> int:
        """Number of classes: blank, symbols and syllables."""
        return 1 + len(self.symbols) + len(SYLLABLES)

    @property
    def gate_size(self) -> int:
        """Number of gate classes: blank, hangul and symbols."""
        return GATE_FIRST_SYMBOL + len(self.symbols)

    @property
    def first_syllable(self) -> int:
        """Class id of 가."""
        return 1 + len(self.symbols)

    @property
    def hash(self) -> str:
        """SHA-256 of the symbols in order: weights trained on another charset are refused."""
        return hashlib.sha256(self.symbols.encode()).hexdigest()

    def extend(self, added: str) -> "Charset":
        """This charset with more symbols behind its own; itself where nothing is added.

        Raises:
            ValueError: one of them has a class already, or comes twice.
        """
        if not added:
            return self
        known = [char for char in added if self.can_write(char)]
        if known or len(set(added)) < len(added):
            raise ValueError(
                f"{known or list(added)} cannot be added to charset {self.name}: each must be new and once."
            )
        return Charset(f"{self.name}+{len(added)}", self.symbols + added)

    def normalise(self, text: str) -> str:
        """`text` as this project labels it: NFC, full-width forms as ASCII, look-alikes folded, zero-width dropped."""
        return to_nfc(text).translate(_FOLD_TABLE)

    def can_write(self, char: str) -> bool:
        """Whether `char`, already normalised, has a class."""
        return is_syllable(char) or char in _symbol_ids(self.symbols)

    def find_unwritable(self, text: str) -> dict[str, int]:
        """The characters of `text` that have no class even after normalising, with their counts, commonest first."""
        counts = Counter(ch for ch in self.normalise(text) if not (self.can_write(ch) or ch in "\n\r\t\f\v"))
        return dict(counts.most_common())

    def replace_unwritable(self, text: str) -> str:
        """`text`, already normalised, with □ for every character without a class: what reading it should give."""
        return "".join(char if self.can_write(char) else UNKNOWN for char in text)

    def encode(self, text: str) -> list[int]:
        """Class ids of `text`, which must be normalised.

        Raises:
            UsageError: a character has no class.
        """
        symbol_ids = _symbol_ids(self.symbols)
        first = self.first_syllable - FIRST_SYLLABLE
        try:
            return [first + ord(ch) if is_syllable(ch) else symbol_ids[ch] for ch in text]
        except KeyError as error:
            char = error.args[0]
            raise UsageError(
                f"{char!r} (U+{ord(char):04X}) in {text[:40]!r} is not in charset {self.name}. "
                "Normalise the text with Charset.normalise, or list what cannot be written with "
                "`geulnun check --charset FILE`."
            ) from None

    def decode(self, ids: Iterable[int]) -> str:
        """The text of class ids, blanks left out; nothing is collapsed."""
        return "".join(self.char(i) for i in ids if i != BLANK)

    def char(self, class_id: int) -> str:
        """The character of one class id other than blank.

        Raises:
            ValueError: not a class of this charset.
        """
        if not 1 <= class_id < self.size:
            raise ValueError(f"class {class_id} is outside 1..{self.size - 1} of charset {self.name}")
        if class_id < self.first_syllable:
            return self.symbols[class_id - 1]
        return SYLLABLES[class_id - self.first_syllable]


@functools.lru_cache(maxsize=8)
def _symbol_ids(symbols: str) -> dict[str, int]:
    return {char: i + 1 for i, char in enumerate(symbols)}


CHARSET_V1 = Charset("v1", _ASCII + COMPATIBILITY_JAMO + _KOREAN_DOCUMENTS)
