"""Results of an evaluation: scores of an image, of a kind of image, of all."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from functools import cached_property
from statistics import fmean, median

from geulnun.core.page import Page
from geulnun.data.sample import LabelledPicture
from geulnun.evaluation import text_metrics
from geulnun.evaluation.counts import Edits, Matches
from geulnun.evaluation.diff import measure_unordered


@dataclass(frozen=True, slots=True, kw_only=True)
class TextScores:
    """All measures of a text against its truth; `unordered` forgives lines that stand in another order."""

    chars: Edits = Edits()
    unordered: Edits = Edits()
    jamo: Edits = Edits()
    lines: Matches = Matches()
    bigrams: Matches = Matches()
    words: Matches = Matches()
    spacing: Matches = Matches()

    def __add__(self, other: "TextScores") -> "TextScores":
        """The scores of both texts together."""
        return TextScores(**{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)})

    def recall_only(self) -> "TextScores":
        """These scores for an incomplete truth: no error rates, and no precision."""
        return TextScores(
            lines=self.lines.recall_only(),
            bigrams=self.bigrams.recall_only(),
            words=self.words.recall_only(),
            spacing=self.spacing,
        )


def measure_text(truth: str, found: str) -> TextScores:
    """All measures of `found` against `truth`."""
    return TextScores(
        chars=text_metrics.measure_chars(truth, found),
        unordered=measure_unordered(truth, found),
        jamo=text_metrics.measure_jamo(truth, found),
        lines=text_metrics.measure_lines(truth, found),
        bigrams=text_metrics.measure_bigrams(truth, found),
        words=text_metrics.measure_words(truth, found),
        spacing=text_metrics.measure_spacing(truth, found),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureResult:
    """How one picture was read.

    Attributes:
        name: the picture's name in its dataset.
        kind: what sort of picture it is.
        truth: its text.
        found: the text that was read; empty after an error.
        complete: whether the truth holds all text of the picture; if not, only recall is measured.
        seconds: wall-clock time of reading.
        error: the message with which reading failed.
        text: scores of the text.
        word_boxes: word boxes found and wanted; empty counts where the truth has no boxes.
        char_boxes: the same for characters.
        strips: scores of the recogniser alone inside the truth's boxes, where asked for.
    """

    name: str
    kind: str
    truth: str
    found: str
    complete: bool
    seconds: float
    error: str | None
    text: TextScores
    word_boxes: Matches
    char_boxes: Matches
    strips: TextScores

    @property
    def error_rate(self) -> float:
        """CER, or the share of bigrams not found where the labels are incomplete; infinite if reading failed."""
        if self.error is not None:
            return float("inf")
        return self.text.chars.rate if self.complete else 1 - self.text.bigrams.recall


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EvaluatedPicture:
    """An image, what was read on it, and how well."""

    picture: LabelledPicture
    result: PictureResult
    found: Page


@dataclass(frozen=True, kw_only=True)
class Group:
    """Results of several images and their sums."""

    name: str
    results: tuple[PictureResult, ...]

    @cached_property
    def text(self) -> TextScores:
        """Text scores from the counts of all pictures."""
        return sum((result.text for result in self.results), TextScores())

    @cached_property
    def strips(self) -> TextScores:
        """Scores of strips cut by the truth's boxes, from the counts of all pictures."""
        return sum((result.strips for result in self.results), TextScores())

    @cached_property
    def word_boxes(self) -> Matches:
        """Word boxes of all pictures."""
        return sum((result.word_boxes for result in self.results), Matches())

    @cached_property
    def char_boxes(self) -> Matches:
        """Character boxes of all pictures."""
        return sum((result.char_boxes for result in self.results), Matches())

    @property
    def textless(self) -> int:
        """Pictures without text."""
        return sum(result.complete and not result.truth.strip() for result in self.results)

    @property
    def errors(self) -> int:
        """Pictures whose reading failed."""
        return sum(result.error is not None for result in self.results)

    @property
    def false_alarms(self) -> int:
        """Pictures without text on which text was read."""
        return sum(
            result.complete and not result.truth.strip() and bool(result.found.strip()) for result in self.results
        )

    @property
    def mean_cer(self) -> float | None:
        """Mean of the pictures' CER, each picture weighing the same; None where no picture has a complete text."""
        rates = [result.text.chars.rate for result in self.results if result.complete and result.text.chars.length]
        return fmean(rates) if rates else None

    @property
    def total_seconds(self) -> float:
        """Time spent reading."""
        return sum(result.seconds for result in self.results)

    @property
    def median_seconds(self) -> float:
        """Median reading time of a picture; 0 without pictures."""
        return median(result.seconds for result in self.results) if self.results else 0.0


@dataclass(frozen=True, kw_only=True)
class Report:
    """Results of a reader on a data set.

    Attributes:
        reader: what read, e.g. "geulnun 0.1.0".
        dataset: where the pictures come from.
        results: one for each picture, in the dataset's order.
        worst: the worst pictures, worst first.
        confusions: how often a character was read as which other.
    """

    reader: str
    dataset: str
    results: tuple[PictureResult, ...]
    worst: tuple[EvaluatedPicture, ...] = ()
    confusions: Counter[tuple[str, str]] = field(default_factory=Counter)

    @cached_property
    def total(self) -> Group:
        """All pictures."""
        return Group(name="total", results=self.results)

    @cached_property
    def kinds(self) -> tuple[Group, ...]:
        """The pictures by kind, in the order of their first pictures."""
        return tuple(_group_by_kind(self.results))


def _group_by_kind(results: Iterable[PictureResult]) -> Iterable[Group]:
    grouped: dict[str, list[PictureResult]] = {}
    for result in results:
        grouped.setdefault(result.kind, []).append(result)
    return (Group(name=kind, results=tuple(members)) for kind, members in grouped.items())
