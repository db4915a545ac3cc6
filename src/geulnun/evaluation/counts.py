"""Counts that scores are made of. They add up over pictures; rates are taken from the sums."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """How many edits lead from what was read to the truth, and how long the truth is."""

    edits: int = 0
    length: int = 0

    def __add__(self, other: "Edits") -> "Edits":
        """The counts of both together."""
        return Edits(edits=self.edits + other.edits, length=self.length + other.length)

    @property
    def rate(self) -> float:
        """Edits per symbol of the truth, 0 and up; where the truth is empty, the number of edits itself."""
        return self.edits / max(self.length, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """How many wanted things were found and how many found things were wanted.

    The two are counted apart because a picture may have truth for a part of its text only: it adds to `wanted`,
    and nothing to `found`.
    """

    wanted: int = 0
    wanted_met: int = 0
    found: int = 0
    found_right: int = 0

    @classmethod
    def of(cls, matched: int, *, wanted: int, found: int) -> "Matches":
        """The counts of a one-to-one matching with `matched` pairs."""
        return cls(wanted=wanted, wanted_met=matched, found=found, found_right=matched)

    def __add__(self, other: "Matches") -> "Matches":
        """The counts of both together."""
        return Matches(
            wanted=self.wanted + other.wanted,
            wanted_met=self.wanted_met + other.wanted_met,
            found=self.found + other.found,
            found_right=self.found_right + other.found_right,
        )

    @property
    def empty(self) -> bool:
        """Whether there was nothing to find and nothing found."""
        return not self.wanted and not self.found

    @property
    def recall(self) -> float:
        """Share of the wanted that was found, 0..1; 1 when nothing was wanted."""
        return self.wanted_met / self.wanted if self.wanted else 1.0

    @property
    def precision(self) -> float:
        """Share of the found that was wanted, 0..1; 1 when nothing was found."""
        return self.found_right / self.found if self.found else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0..1; 1 when nothing was wanted and nothing found."""
        if self.empty:
            return 1.0
        # Without anything wanted, or anything found, the other rate's 1 is no merit.
        if not self.wanted_met and not self.found_right:
            return 0.0
        return 2 * self.precision * self.recall / (self.precision + self.recall)

    def recall_only(self) -> "Matches":
        """These counts for a picture whose truth is incomplete: what else was found does not count."""
        return Matches(wanted=self.wanted, wanted_met=self.wanted_met)
