"""The truth and what was read, line beside line, with the places where they differ."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein

from geulnun.evaluation.counts import Edits
from geulnun.evaluation.text_metrics import drop_spaces, measure_chars, split_lines

# Of 0..100. Lines that agree well are paired first, then lines that a longer one holds (columns read as one line, lines
# split in two), then what is left; lines less alike than that are no reading of one another.
AGREEING = 80.0
HELD = 70.0
ALIKE = 40.0
MIN_HELD_LETTERS = 3


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line: in both texts, in the truth only (missing), or in the reading only (extra)."""

    side: Literal["both", "missing", "extra"]
    text: str


def diff_lines(truth: str, found: str) -> list[tuple[Span, ...]]:
    """The truth's lines as spans, each against what was read of it; then what was read besides.

    Both texts are compared as `normalise` makes them. Lines are paired wherever they stand: neither the order of
    lines nor where they were joined is shown.
    """
    pairing = _pair(split_lines(truth), split_lines(found))
    lines = [
        tuple(_diff_line(line, pairing.reading[index])) if index in pairing.reading else (Span("missing", line),)
        for index, line in enumerate(pairing.wanted)
    ]
    return lines + [(Span("extra", line),) for line in pairing.given if line]


def measure_unordered(truth: str, found: str) -> Edits:
    """Character edits without white space when lines may stand in any order; its `rate` is the order-free CER.

    Each line of one text is paired with the line, or the part of a longer line, of the other that was read of it, and
    their edits are added up. Of what belongs to no pair, as many letters as the text has that has more of them left
    over: letters left over on both sides count as misread. The pairs are looked for from both texts; the
    smaller sum counts, and never more than the edits in order.
    """
    wanted, given = split_lines(truth), split_lines(found)
    ordered = measure_chars(truth, found)
    least = min(_count_unordered(wanted, given), _count_unordered(given, wanted))
    return Edits(edits=min(least, ordered.edits), length=ordered.length)


def _count_unordered(wanted: list[str], given: list[str]) -> int:
    pairing = _pair(wanted, given)
    paired = sum(
        Levenshtein.distance(drop_spaces(wanted[index]), drop_spaces(line)) for index, line in pairing.reading.items()
    )
    missing = sum(len(drop_spaces(line)) for index, line in enumerate(wanted) if index not in pairing.reading)
    extra = sum(len(drop_spaces(line)) for line in pairing.given)
    return paired + max(missing, extra)


def _pair(wanted: list[str], given: list[str]) -> "_Pairing":
    pairing = _Pairing(wanted, list(given))
    pairing.pair_lines(AGREEING)
    pairing.pair_held(HELD)
    pairing.pair_lines(ALIKE)
    return pairing


class _Pairing:
    """Assignment of the lines of a reading to the lines of the truth.

    Attributes:
        wanted: the truth's lines.
        given: the lines, or pieces of lines, that belong to none yet; empty ones are used up.
        reading: what was read of a line, by its index.
    """

    def __init__(self, wanted: list[str], given: list[str]) -> None:
        self.wanted = wanted
        self.given = given
        self.reading: dict[int, str] = {}

    def pair_lines(self, min_likeness: float) -> None:
        """Pair whole lines: the most alike first, of equally like ones those at like places."""
        rows_left = [index for index in range(len(self.wanted)) if index not in self.reading]
        columns_left = [index for index, line in enumerate(self.given) if line]
        if not rows_left or not columns_left:
            return
        likeness = process.cdist(
            [self.wanted[index] for index in rows_left],
            [self.given[index] for index in columns_left],
            scorer=fuzz.ratio,
            score_cutoff=min_likeness,
            dtype=np.float32,
        )
        rows, columns = np.nonzero(likeness)
        distance = np.abs(rows / len(rows_left) - columns / len(columns_left))
        for best in np.lexsort((distance, -likeness[rows, columns])):
            row, column = rows_left[rows[best]], columns_left[columns[best]]
            if row not in self.reading and self.given[column]:
                self.reading[row] = self.given[column]
                self.given[column] = ""

    def pair_held(self, min_likeness: float) -> None:
        """Pair lines with parts of longer lines, long ones first; the rest of the longer line stays for others."""
        for row in sorted(range(len(self.wanted)), key=lambda index: -len(self.wanted[index])):
            line = self.wanted[row]
            if row in self.reading or len(line) < MIN_HELD_LETTERS:
                continue
            best = max(_find_held(line, self.given, min_likeness), default=None)
            if best is not None:
                _, column, start, end = best
                piece = self.given[column]
                self.reading[row] = piece[start:end].strip()
                self.given[column] = ""
                self.given += [piece[:start].strip(), piece[end:].strip()]


def _find_held(line: str, given: Iterable[str], min_likeness: float) -> Iterator[tuple[float, int, int, int]]:
    """Where longer lines hold `line`: likeness, index of the longer line, start and end in it."""
    for column, longer in enumerate(given):
        if len(longer) <= len(line):
            continue
        held = fuzz.partial_ratio_alignment(line, longer, score_cutoff=min_likeness)
        if held is not None and held.dest_end > held.dest_start:
            yield held.score, column, held.dest_start, held.dest_end


def _diff_line(truth: str, found: str) -> Iterable[Span]:
    for block in Levenshtein.opcodes(truth, found):
        missing = truth[block.src_start : block.src_end]
        extra = found[block.dest_start : block.dest_end]
        if block.tag == "equal":
            yield Span("both", missing)
            continue
        if missing:
            yield Span("missing", missing)
        if extra:
            yield Span("extra", extra)
