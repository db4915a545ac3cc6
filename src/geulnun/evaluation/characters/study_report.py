"""What a study found: rows, tests between them, recommendations, learning curves and learning rates."""

import dataclasses
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geulnun.evaluation.characters.answers import SetAnswers, compare_answers
from geulnun.evaluation.characters.curves import CurvePoint
from geulnun.evaluation.characters.statistics import Interval, PairedTest, adjust_holm, find_wilson_interval
from geulnun.evaluation.characters.table import MethodRow

SIGNIFICANT = 0.05
"""Adjusted p-values below it are called a difference."""

_LIMITS_MS = (1.0, 2.0, 5.0, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RateTrial:
    """A learning rate that was tried.

    Attributes:
        of: the optimiser or row that it was tried for.
        rate: that was tried.
        samples: that were learned from.
        score: mean top-1 of the validation sets then, 0..1.
    """

    of: str
    rate: float
    samples: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two rows that a question compares.

    Attributes:
        first: name of a row.
        second: name of the other.
        repeats: names of the same two with other seeds.
    """

    first: str
    second: str
    repeats: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question with the pairs of rows that answer it, and the sets they are tested on (all seen ones if empty)."""

    question: str
    pairs: tuple[Pair, ...]
    sets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two rows tested on the same characters.

    Attributes:
        question: it answers.
        first: name of a row.
        second: name of the other.
        test: of both.
        adjusted_p: its p-value adjusted for all planned tests.
        repeats: the difference between the same two with each other seed, as `test.difference`.
    """

    question: str
    first: str
    second: str
    test: PairedTest
    adjusted_p: float
    repeats: tuple[float, ...] = ()

    @property
    def verdict(self) -> str:
        """What the test says, in words; with other seeds the same row must be ahead."""
        if self.adjusted_p >= SIGNIFICANT:
            return "no difference shown"
        if any(each * self.test.difference <= 0 for each in self.repeats):
            return "differs by seed"
        return f"{self.first if self.test.difference > 0 else self.second} is better"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a row stands on several sets together."""

    row: MethodRow
    right: int
    characters: int

    @property
    def share(self) -> float:
        """Right at the first guess, 0..1."""
        return self.right / self.characters

    @property
    def interval(self) -> Interval:
        """95 % Wilson interval of the share."""
        return find_wilson_interval(self.right, self.characters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """The best row within a limit of time.

    Attributes:
        limit_ms: for reading a picture; None for no limit.
        best: the row.
        equals: other rows within the limit that a test cannot tell from it.
    """

    limit_ms: float | None
    best: Standing
    equals: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedSpread:
    """Shares of the runs of one method with different seeds, on all seen sets together."""

    title: str
    shares: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Their mean."""
        return statistics.fmean(self.shares)

    @property
    def deviation(self) -> float:
        """Their standard deviation."""
        return statistics.stdev(self.shares)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyReport:
    """All that a report page tells.

    Attributes:
        title: of the page.
        top: n of top-n.
        rows: of the table.
        seen_sets: names of the sets of syllables that rows learned from.
        unseen_sets: names of the sets of syllables that rows trained on KS X 1001 have never seen.
        planned: runs of the study, made or not; 0 where that is not known.
        answers: by row and set.
        curves: by row.
        trials: of learning rates.
        comparisons: tests that were made.
        planned_tests: tests of the study, made or not; 0 where that is not known.
        pages: links to pages of single sets: by row, name of the set and address.
    """

    title: str
    top: int
    rows: tuple[MethodRow, ...]
    seen_sets: tuple[str, ...]
    unseen_sets: tuple[str, ...] = ()
    planned: int = 0
    answers: Mapping[str, Mapping[str, SetAnswers]] = dataclasses.field(default_factory=dict)
    curves: Mapping[str, tuple[CurvePoint, ...]] = dataclasses.field(default_factory=dict)
    trials: tuple[RateTrial, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    planned_tests: int = 0
    pages: Mapping[str, tuple[tuple[str, str], ...]] = dataclasses.field(default_factory=dict)

    def stand(self, row: MethodRow, sets: Sequence[str]) -> Standing | None:
        """How a row stands on these sets together; None where it was evaluated on none of them."""
        figures = [each for each in row.sets if each.name in sets and each.top1 is not None]
        count = sum(each.characters for each in figures)
        right = sum(each.right for each in figures)
        return Standing(row=row, right=right, characters=count) if count else None

    @property
    def timed_by(self) -> str:
        """The processor that timed most rows; empty where none was timed or no processor is known."""
        timed = Counter(row.processor for row in self.rows if row.reading_ms is not None)
        return timed.most_common(1)[0][0] if timed else ""

    def rank(self) -> list[Standing]:
        """Rows by their share on all seen sets, best first."""
        standings = (self.stand(row, self.seen_sets) for row in self.rows)
        return sorted((each for each in standings if each), key=lambda each: -each.share)

    def recommend(self) -> list[Recommendation]:
        """The best row within each limit of time, and those that cannot be told from it.

        Times of different processors cannot be compared: only rows that `timed_by` timed are within a limit.
        """
        found = []
        for limit in _LIMITS_MS:
            ranked = [each for each in self.rank() if limit is None or self._is_within(each.row, limit)]
            if ranked:
                found.append(Recommendation(limit_ms=limit, best=ranked[0], equals=self._find_equals(ranked)))
        return found

    def _is_within(self, row: MethodRow, limit_ms: float) -> bool:
        return row.processor == self.timed_by and row.reading_ms is not None and row.reading_ms < limit_ms

    def _find_equals(self, ranked: Sequence[Standing]) -> tuple[str, ...]:
        best, *others = (each.row.name for each in ranked)
        tests = {other: self._test(best, other) for other in others}
        told = {name: test.p_value for name, test in tests.items() if test}
        adjusted = dict(zip(told, adjust_holm(list(told.values())), strict=True))
        return tuple(name for name in adjusted if adjusted[name] >= SIGNIFICANT)

    def _test(self, first: str, second: str) -> PairedTest | None:
        return compare_rows(self.answers, first, second, self.seen_sets)

    def spread_seeds(self) -> list[SeedSpread]:
        """The methods that were run with several seeds."""
        shares: dict[str, list[float]] = {}
        for row in self.rows:
            standing = self.stand(row, self.seen_sets)
            if standing:
                shares.setdefault(row.title, []).append(standing.share)
        return [SeedSpread(title=title, shares=tuple(each)) for title, each in shares.items() if len(each) > 1]


def compare_rows(
    answers: Mapping[str, Mapping[str, SetAnswers]], first: str, second: str, sets: Sequence[str]
) -> PairedTest | None:
    """Two rows tested on these sets together; None where one of them has not read one of them."""
    sides = [[answers.get(row, {}).get(name) for name in sets] for row in (first, second)]
    whole = [[each for each in side if each is not None] for side in sides]
    if not sets or any(len(side) != len(sets) for side in whole):
        return None
    return compare_answers(*whole)


def answer_questions(
    questions: Sequence[Question], answers: Mapping[str, Mapping[str, SetAnswers]], seen_sets: Sequence[str]
) -> tuple[Comparison, ...]:
    """A test for each pair of each question that both rows of it were evaluated for.

    P-values are adjusted for the tests of all pairs. One that is not made yet counts as p = 1, so that making it later
    takes no verdict back.

    Raises:
        UsageError: two rows have not read the same characters.
    """
    made = [
        (each.question, pair, test, _measure_repeats(answers, pair, each.sets or seen_sets))
        for each in questions
        for pair in each.pairs
        if (test := compare_rows(answers, pair.first, pair.second, each.sets or seen_sets)) is not None
    ]
    missing = sum(len(each.pairs) for each in questions) - len(made)
    adjusted = adjust_holm([*(test.p_value for _, _, test, _ in made), *[1.0] * missing])[: len(made)]
    return tuple(
        Comparison(question=question, first=pair.first, second=pair.second, test=test, adjusted_p=p, repeats=repeats)
        for (question, pair, test, repeats), p in zip(made, adjusted, strict=True)
    )


def _measure_repeats(
    answers: Mapping[str, Mapping[str, SetAnswers]], pair: Pair, sets: Sequence[str]
) -> tuple[float, ...]:
    """The differences between two rows with each other seed that both were evaluated with."""
    tests = (compare_rows(answers, first, second, sets) for first, second in pair.repeats)
    return tuple(test.difference for test in tests if test)
