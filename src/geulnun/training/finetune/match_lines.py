"""Which line that was read on a page is which line of its label, where the label tells no places."""

import bisect
from collections.abc import Sequence

from rapidfuzz.distance import Levenshtein

LEAST_SIMILARITY = 0.5
"""Least share of characters that agree for two lines to be the same by their text."""

LEAST_LEAD = 0.15
"""By which the best partner of a line must be more similar than the second best."""

LENGTH_RATIO = 1.5
"""Most by which the longer of two lines may exceed the shorter, where only their order speaks for the pair."""

_SLACK_CHARS = 2


def match_lines(read: Sequence[str], labelled: Sequence[str]) -> dict[int, int]:
    """Number of a labelled line -> number of the read line that it labels; lines that are not sure are left out.

    Two lines belong together if each is the other's clearly best partner by text. Between such pairs, and before and
    behind them, as many read lines as labelled ones belong together in their order, if their lengths agree.

    Args:
        read: texts of the lines that were read, in reading order.
        labelled: texts of the label's lines, in reading order.
    """
    table = [[_compare(wanted, found) for found in read] for wanted in labelled]
    pairs = _find_best_pairs(table)
    taken = set(pairs.values())
    ends = [(-1, -1), *_find_longest_chain(pairs), (len(labelled), len(read))]
    inferred = {}
    for (label, line), (next_label, next_line) in zip(ends, ends[1:], strict=False):
        labels, lines = range(label + 1, next_label), range(line + 1, next_line)
        if len(labels) != len(lines) or not pairs.keys().isdisjoint(labels) or not taken.isdisjoint(lines):
            continue
        between = dict(zip(labels, lines, strict=True))
        if all(_agree_in_length(labelled[a], read[b]) for a, b in between.items()):
            inferred.update(between)
    return pairs | inferred


def _compare(wanted: str, found: str) -> float:
    """Share of characters that agree, spaces left out."""
    return float(Levenshtein.normalized_similarity(wanted.replace(" ", ""), found.replace(" ", "")))


def _find_best_pairs(table: Sequence[Sequence[float]]) -> dict[int, int]:
    """Pairs of rows and columns each of which is the other's clearly best."""
    columns = list(zip(*table, strict=True))
    pairs = {}
    for number, row in enumerate(table):
        best = _find_clear_best(row)
        if best is not None and _find_clear_best(columns[best]) == number:
            pairs[number] = best
    return pairs


def _find_clear_best(values: Sequence[float]) -> int | None:
    if not values:
        return None
    best = max(range(len(values)), key=values.__getitem__)
    second = max((value for number, value in enumerate(values) if number != best), default=0.0)
    return best if values[best] >= max(LEAST_SIMILARITY, second + LEAST_LEAD) else None


def _find_longest_chain(pairs: dict[int, int]) -> list[tuple[int, int]]:
    """The most of the pairs whose read lines come in the order of their labels."""
    tails: list[int] = []
    chains: list[list[tuple[int, int]]] = []
    for label, line in sorted(pairs.items()):
        place = bisect.bisect_left(tails, line)
        chain = [*(chains[place - 1] if place else []), (label, line)]
        tails[place : place + 1] = [line]
        chains[place : place + 1] = [chain]
    return chains[-1] if chains else []


def _agree_in_length(wanted: str, found: str) -> bool:
    shorter, longer = sorted((len(wanted.replace(" ", "")), len(found.replace(" ", ""))))
    return shorter > 0 and longer <= max(shorter * LENGTH_RATIO, shorter + _SLACK_CHARS)
