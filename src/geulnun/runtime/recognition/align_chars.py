"""Alignment of recognised characters with detected ones, which gives them their positions.

The recogniser's peaks come in the order of the letters, and only about where these are: in the middle of a line they
may run ahead or behind by more than a letter. The detector's centres are where the letters are, but a letter may have
none or two. So the two are paired in their order.
"""

import numpy as np

from geulnun.core.arrays import Floats, Ints
from geulnun.core.hangul import is_syllable

# In letters; chosen by eye on drawn pages. What they brought together: "Words in the output" in
# docs/experiments/detector.md.
_MOST_DRIFT = 2.0  # of a peak from its letter
_NEAR = 0.35  # a detected character as near as this to a read one, and to no other, is the same
_SKIP = 0.8  # what it costs to pair a character with none
_START = 0.3  # what the drift of the first pair costs, over its size
_AGREED_SHARE = 0.9  # of characters that are near a detected one, for these to be believed alone
_MOST_SKIPPED = 2  # in a row
_MOST_ASTRAY = 3  # places in its order that a character may be off

# Advance over that of a syllable, medians of fonts; what is not named is as wide as a wide symbol.
_WIDTH_RATIOS = {
    **dict.fromkeys("0123456789", 0.68),
    **dict.fromkeys("ABCDEFGHJKLMNOPQRSTUVXYZ", 0.8),
    **dict.fromkeys("abcdeghknopqsuvxyz", 0.68),
    **dict.fromkeys('fjrt()[]{}-/:;!*"\\', 0.5),
    **dict.fromkeys("Iil.,'`|·", 0.37),
}
_SYMBOL_WIDTH_RATIO = 0.85


def find_width_ratio(text: str) -> float:
    """How wide a character is over a syllable."""
    return 1.0 if is_syllable(text) else _WIDTH_RATIOS.get(text, _SYMBOL_WIDTH_RATIO)


def find_centers(peaks: Floats, seen: Floats, letter_px: float) -> Floats:
    """Where each read character is: at the detected one that it is; else at its peak, moved as its neighbours are.

    Args:
        peaks: (N,) increasing x of the peaks of read characters, spaces left out.
        seen: (M,) increasing x of the detected characters.
        letter_px: how large letters are, at most.

    Returns:
        (N,) x of each.
    """
    if not len(seen) or not len(peaks):
        return peaks
    if len(seen) > 1:
        letter_px = min(letter_px, float(np.median(np.diff(seen))))
    if len(seen) == len(peaks) and np.abs(peaks - seen).max() < _MOST_DRIFT * letter_px:
        return seen
    drift = (peaks[:, None] - seen[None, :]) / letter_px
    distance = np.abs(drift)
    nearest = distance.argmin(axis=1)
    rows = np.arange(len(peaks))
    agree = (distance.argmin(axis=0)[nearest] == rows) & (distance[rows, nearest] < _NEAR)
    if agree.mean() < _AGREED_SHARE:
        rows, columns = _pair_in_order(drift.tolist())
    else:
        rows, columns = rows[agree], nearest[agree]
    if not len(rows):
        return peaks
    placed = peaks - np.interp(peaks, peaks[rows], peaks[rows] - seen[columns])
    placed[rows] = seen[columns]
    return np.asarray(placed)


def _pair_in_order(drift: list[list[float]]) -> tuple[Ints, Ints]:
    """Rows and columns of the cheapest pairs, both increasing: drift changes little from one to the next, few are left.

    Args:
        drift: (N, M) of each read character from each detected one, in letters.
    """
    count, width = len(drift), len(drift[0])
    low, high = min(0, width - count) - _MOST_ASTRAY, max(0, width - count) + _MOST_ASTRAY
    # For each row the cost of pairing it with a column, what is paired before it included, and that pair.
    table: list[dict[int, tuple[float, int, int]]] = []
    for row in range(count):
        found: dict[int, tuple[float, int, int]] = {}
        for column in range(max(0, row + low), min(width, row + high + 1)):
            own = drift[row][column]
            best = (_SKIP * (row + column) + _START * abs(own), -1, -1)
            for before in range(max(0, row - _MOST_SKIPPED - 1), row):
                for beside in range(max(0, column - _MOST_SKIPPED - 1), column):
                    if beside in table[before]:
                        skipped = row - before + column - beside - 2
                        cost = table[before][beside][0] + abs(own - drift[before][beside]) + _SKIP * skipped
                        if cost < best[0]:
                            best = (cost, before, beside)
            found[column] = best
        table.append(found)
    ends = (
        (cost + _SKIP * (count - 1 - row + width - 1 - column), row, column)
        for row, found in enumerate(table)
        for column, (cost, _, _) in found.items()
    )
    _, row, column = min(ends)
    pairs = []
    while row >= 0:
        pairs.append((row, column))
        _, row, column = table[row][column]
    rows, columns = np.array(pairs[::-1]).T
    return rows, columns
