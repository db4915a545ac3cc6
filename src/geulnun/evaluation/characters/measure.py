"""Evaluate a character reader on a data set: accuracy, and which letters and syllables are confused."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from geulnun.core.hangul import CHO, JONG, JUNG, decompose, is_syllable
from geulnun.data.sample import CharSample
from geulnun.errors import UsageError
from geulnun.runtime.characters.decode import CharReading

Predict = Callable[[Sequence[NDArray[np.uint8]], int], Sequence[CharReading]]
Counts = NDArray[np.int64]

LETTERS: dict[str, tuple[str, ...]] = {"cho": CHO, "jung": JUNG, "jong": JONG}
HEAD_NAMES = {"cho": "initial 초성", "jung": "medial 중성", "jong": "final 종성"}
_EXAMPLES_A_PAIR = 4
_MAX_EXAMPLES = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Size and speed of a network; None where unknown."""

    parameters: int | None = None
    size_bytes: int | None = None
    backend: str = ""


@dataclass(slots=True, kw_only=True)
class CharCounts:
    """How the characters of one style were read.

    Attributes:
        total: characters.
        ranks: how often the truth came first, second … among the characters given.
        letters_total: characters whose letters were compared: those that are syllables.
        letters_right: of those, how often each head's likeliest letter was right.
    """

    total: int = 0
    ranks: Counter[int] = field(default_factory=Counter)
    letters_total: int = 0
    letters_right: Counter[str] = field(default_factory=Counter)

    def accuracy(self, top: int = 1) -> float | None:
        """Share of characters whose truth is among the first `top`; None where there are none."""
        if not self.total:
            return None
        return sum(count for rank, count in self.ranks.items() if rank < top) / self.total

    def letter_accuracy(self, head: str) -> float | None:
        """Share of right letters of a head; None where none was compared."""
        return self.letters_right[head] / self.letters_total if self.letters_total else None

    def __add__(self, other: "CharCounts") -> "CharCounts":
        """The counts of both together."""
        return CharCounts(
            total=self.total + other.total,
            ranks=self.ranks + other.ranks,
            letters_total=self.letters_total + other.letters_total,
            letters_right=self.letters_right + other.letters_right,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ActivationMap:
    """A class activation map: an image and the weight of each of its regions for one answer.

    Attributes:
        image: (H, W) uint8 grey, as the network saw it.
        weights: (h, w) of any range; drawn from their least (nothing) to their largest (all).
        truth: what is written.
        answer: the letter or character whose activation this is.
    """

    image: NDArray[np.uint8]
    weights: NDArray[np.floating]
    truth: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationSheet:
    """Activation maps of one head by one method ("CAM", "Grad-CAM")."""

    method: str
    head: str
    maps: tuple[ActivationMap, ...]


@dataclass(frozen=True, kw_only=True)
class CharReport:
    """Results of a reader on a set of characters.

    Attributes:
        reader: what read.
        dataset: where the characters come from.
        top: how many characters it gave for each.
        styles: counts by style.
        letters: for each head (n,) how often each letter occurred.
        confusion: for each head (n, n) counts: row the true letter, column the likeliest one, if there was one.
        pairs: how often a syllable (first) was read as another.
        examples: pictures of the confused pairs, a few of each.
        seconds: of reading, preparing included.
        facts: about the network.
        sheets: activation maps, where there are any.
    """

    reader: str
    dataset: str
    top: int
    styles: dict[str, CharCounts]
    letters: dict[str, Counts]
    confusion: dict[str, Counts]
    pairs: Counter[tuple[str, str]]
    examples: dict[tuple[str, str], list[NDArray[np.uint8]]]
    seconds: float
    facts: Facts = field(default_factory=Facts)
    sheets: tuple[ActivationSheet, ...] = ()

    @cached_property
    def total(self) -> CharCounts:
        """All styles together."""
        return sum(self.styles.values(), CharCounts())

    @property
    def milliseconds(self) -> float | None:
        """Time of reading one picture; None where there was none."""
        return 1000 * self.seconds / self.total.total if self.total.total else None


def measure_characters(
    predict: Predict,
    samples: Iterable[CharSample],
    *,
    reader: str = "",
    dataset: str = "",
    top: int = 5,
    batch_size: int = 64,
    limit: int | None = None,
    facts: Facts | None = None,
    clock: Callable[[], float] = time.perf_counter,
    report_answer: Callable[[CharSample, CharReading], None] = lambda sample, reading: None,
) -> CharReport:
    """Evaluate a reader on a set of characters, in memory that does not grow with the set.

    Args:
        predict: returns a reading with that many alternatives for each grey image.
        samples: the set.
        reader: name for the report.
        dataset: name for the report.
        top: number of alternatives to ask for, 1 and up.
        batch_size: pictures at a time.
        limit: evaluate only the first N.
        facts: about the network.
        clock: source of time in seconds.
        report_answer: called with each character and its reading, in the order of the set.

    Raises:
        UsageError: `top` is less than 1, or the set is empty.
    """
    if top < 1:
        raise UsageError(f"top is {top}; allowed is 1 and up.")
    tally = _Tally()
    seconds = 0.0
    for batch in _batch(islice(samples, limit), batch_size):
        start = clock()
        readings = predict([sample.image for sample in batch], top)
        seconds += clock() - start
        for sample, reading in zip(batch, readings, strict=True):
            tally.count(sample, reading)
            report_answer(sample, reading)
    if not tally.styles:
        raise UsageError(f"{dataset or 'the set'} holds no character to evaluate. Name a set that does.")
    return CharReport(
        reader=reader,
        dataset=dataset,
        top=top,
        styles=dict(sorted(tally.styles.items(), reverse=True)),
        letters=tally.letters,
        confusion=tally.confusion,
        pairs=tally.pairs,
        examples=tally.examples,
        seconds=seconds,
        facts=facts or Facts(),
    )


def _batch(samples: Iterable[CharSample], size: int) -> Iterator[list[CharSample]]:
    stream = iter(samples)
    while batch := list(islice(stream, size)):
        yield batch


class _Tally:
    """Running counts."""

    def __init__(self) -> None:
        self.styles: dict[str, CharCounts] = {}
        self.letters = {head: np.zeros(len(names), np.int64) for head, names in LETTERS.items()}
        self.confusion = {head: np.zeros((len(names), len(names)), np.int64) for head, names in LETTERS.items()}
        self.pairs: Counter[tuple[str, str]] = Counter()
        self.examples: dict[tuple[str, str], list[NDArray[np.uint8]]] = {}
        self._kept = 0

    def count(self, sample: CharSample, reading: CharReading) -> None:
        """Count one reading."""
        counts = self.styles.setdefault(sample.style, CharCounts())
        counts.total += 1
        given = [each.text for each in reading.alternatives]
        if sample.text in given:
            counts.ranks[given.index(sample.text)] += 1
        if reading.text != sample.text:
            self._keep(sample, (sample.text, reading.text))
        if not is_syllable(sample.text):
            return
        counts.letters_total += 1
        for (head, names), true in zip(LETTERS.items(), decompose(sample.text), strict=True):
            letters = getattr(reading, head)
            found = names.index(letters[0].text) if letters and letters[0].text in names else None
            counts.letters_right[head] += found == true
            self.letters[head][true] += 1
            if found is not None:
                self.confusion[head][true, found] += 1

    def _keep(self, sample: CharSample, pair: tuple[str, str]) -> None:
        self.pairs[pair] += 1
        if self._kept < _MAX_EXAMPLES:
            kept = self.examples.setdefault(pair, [])
            if len(kept) < _EXAMPLES_A_PAIR:
                kept.append(sample.image)
                self._kept += 1


def find_letter_accuracy(confusion: Counts, letters: Counts) -> list[float | None]:
    """Accuracy of each true letter of a head; None where the letter does not occur."""
    return [float(right / total) if total else None for right, total in zip(confusion.diagonal(), letters, strict=True)]
