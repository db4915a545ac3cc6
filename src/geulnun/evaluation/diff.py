"""The truth and what was read, line beside line, with the places where they differ."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein

from geulnun.evaluation.text_metrics import split_lines

MIN_LIKENESS = 40.0  # of 0..100: lines less alike are no reading of one another


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line: in both texts, in the truth only (missing), or in the reading only (extra)."""

    side: Literal["both", "missing", "extra"]
    text: str


def diff_lines(truth: str, found: str) -> list[tuple[Span, ...]]:
    """The truth's lines as spans, each against the found line most like it; then the found lines left over.

    Both texts are compared as `normalise` makes them. Lines are paired wherever they stand: their order is not shown.
    """
    wanted, given = split_lines(truth), split_lines(found)
    partner = dict(_pair_lines(wanted, given))
    lines = [
        tuple(_diff_line(line, given[partner[index]])) if index in partner else (Span("missing", line),)
        for index, line in enumerate(wanted)
    ]
    used = set(partner.values())
    return lines + [(Span("extra", line),) for index, line in enumerate(given) if index not in used]


def _pair_lines(wanted: Sequence[str], given: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Pairs of like lines, each line once; the most alike first, of equally like ones those at like places."""
    if not wanted or not given:
        return
    likeness = process.cdist(wanted, given, scorer=fuzz.ratio, score_cutoff=MIN_LIKENESS, dtype=np.float32)
    rows, columns = np.nonzero(likeness)
    distance = np.abs(rows / len(wanted) - columns / len(given))
    free_rows, free_columns = set(range(len(wanted))), set(range(len(given)))
    for best in np.lexsort((distance, -likeness[rows, columns])):
        row, column = int(rows[best]), int(columns[best])
        if row in free_rows and column in free_columns:
            free_rows.remove(row)
            free_columns.remove(column)
            yield row, column


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
