"""Recall of syllables by their frequency in the training text."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from geulnun.core.hangul import is_syllable

_BANDS = ((0, 0, "never"), (1, 10, "1 to 10 times"), (11, None, "more than 10 times"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RarityBand:
    """The true syllables that training text had between `least` and `most` times (no limit if None)."""

    name: str
    least: int
    most: int | None
    count: int = 0
    found: int = 0

    @property
    def recall(self) -> float:
        """The share of them that was read; 0 where there are none."""
        return self.found / self.count if self.count else 0.0


def count_syllables(texts: Iterable[str]) -> Counter[str]:
    """How often each syllable stands in the texts."""
    return Counter(char for text in texts for char in text if is_syllable(char))


def count_read(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[int, int]]:
    """How often each character stands in the truth, and how often it was read there.

    Args:
        pairs: (read, truth) of each strip.
    """
    counts, found = Counter[str](), Counter[str]()
    for read, truth in pairs:
        counts.update(truth)
        for block in Levenshtein.opcodes(read, truth):
            if block.tag == "equal":
                found.update(truth[block.dest_start : block.dest_end])
    return {char: (times, found[char]) for char, times in counts.items()}


def measure_rarity(pairs: Iterable[tuple[str, str]], seen: Counter[str]) -> tuple[RarityBand, ...]:
    """Recall of syllables never seen, seen 1 to 10 times and seen more often.

    Args:
        pairs: (read, truth) of each strip.
        seen: syllables of the training text, from `count_syllables`.
    """
    counts, found = [0] * len(_BANDS), [0] * len(_BANDS)
    for char, (times, read) in count_read(pairs).items():
        if is_syllable(char):
            band = _find_band(seen[char])
            counts[band] += times
            found[band] += read
    return tuple(
        RarityBand(name=name, least=least, most=most, count=counts[k], found=found[k])
        for k, (least, most, name) in enumerate(_BANDS)
    )


def _find_band(times: int) -> int:
    return next(k for k, (least, most, _) in enumerate(_BANDS) if times >= least and (most is None or times <= most))
