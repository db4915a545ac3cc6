"""Gutters: white space between columns that is no wider than a word space.

Within one line such a gap cannot be told from a wide space. It is a gutter if the white goes on above and below
over several rows, with words close to both of its sides: chance aligns the spaces of two lines, seldom of four. Logs
align them too, by Latin words and figures as wide as those above and below them (a time, a process): these are spaces.
"""

import numpy as np

from geulnun.core.arrays import Floats, Indices, Mask

# Chosen by eye on drawn and real pages; there is no row of docs/experiments for them.
LEAST_GAP_RATIO = 0.6  # narrower gaps, over the letters' height, are spaces
WIDE_GAP_RATIO = 1.0
_ROWS_OF_NARROW, _ROWS_OF_WIDE = 5, 3  # with words on both sides, the row of the gap included
_NEAR_RATIO = 3.0  # words end or begin no farther than this from a gutter
_MOST_UNLIKE = 1.6  # rows of letters so much larger or smaller belong to something else
_EDGE_SHARE = 0.25  # words may reach so far into a gap from either side
_LEAST_STEP_RATIO = 0.5  # from the middle of one row to the next, over the letters' height
_MAX_ROWS_APART = 2.5  # a gutter ends where so many line heights are empty
# Words of a log end at the same place and are of the same width to this, over their height, in so many of the rows; the
# letters of Latin words and figures are at most so wide.
_SAME_END_RATIO, _SAME_WIDTH_RATIO, _SAME_SHARE, _LATIN_RATIO = 0.35, 0.3, 0.8, 0.75


def find_gutters(corners: Floats, counts: Indices, before: Indices, after: Indices, direction: Floats) -> Mask:
    """Which of the gaps between words are gutters.

    Args:
        corners: (N, 4, 2) quads of all words.
        counts: (N,) characters of each.
        before: (L,) numbers of the words in front of the gaps.
        after: (L,) numbers of the words behind them.
        direction: Unit vector in which the page is read.
    """
    turn = np.column_stack([direction, [-direction[1], direction[0]]])
    points = corners @ turn
    low, high = points.min(axis=1), points.max(axis=1)
    middle, height = (low[:, 1] + high[:, 1]) / 2, high[:, 1] - low[:, 1]
    found = np.zeros(len(before), bool)
    sizes = np.minimum(height[before], height[after])
    gaps = low[after, 0] - high[before, 0]
    for link in np.flatnonzero(gaps >= LEAST_GAP_RATIO * sizes):
        size, left, right = sizes[link], high[before[link], 0], low[after[link], 0]
        inner = _EDGE_SHARE * (right - left)
        level = (middle[before[link]] + middle[after[link]]) / 2
        crossing = (low[:, 0] < right - inner) & (high[:, 0] > left + inner)
        above, below = middle[crossing & (middle < level)], middle[crossing & (middle > level)]
        top, bottom = above.max(initial=-np.inf), below.min(initial=np.inf)
        alike = (height < _MOST_UNLIKE * size) & (size < _MOST_UNLIKE * height)
        inside = (middle > top) & (middle < bottom) & ~crossing & alike
        at_left = inside & (high[:, 0] <= left + inner) & (high[:, 0] > left - _NEAR_RATIO * size)
        at_right = inside & (low[:, 0] >= right - inner) & (low[:, 0] < right + _NEAR_RATIO * size)
        rows = min(_count_rows(middle[side], level, size) for side in (at_left, at_right))
        if gaps[link] >= WIDE_GAP_RATIO * size:
            found[link] = rows >= _ROWS_OF_WIDE
            continue
        width = left - low[before[link], 0]
        widths = (high - low)[at_left & (np.abs(high[:, 0] - left) < _SAME_END_RATIO * size), 0]
        same = np.abs(widths - width) < _SAME_WIDTH_RATIO * size
        is_log = same.sum() >= max(_ROWS_OF_NARROW, _SAME_SHARE * len(same))
        is_log &= width < _LATIN_RATIO * size * counts[before[link]]
        found[link] = rows >= _ROWS_OF_NARROW and not is_log
    return found


def _count_rows(middles: Floats, level: float, size: float) -> int:
    """Rows among these middles that are joined to the one at `level` without a large hole between."""
    ordered = np.sort(middles)
    rows = ordered[np.concatenate([[True], np.diff(ordered) > _LEAST_STEP_RATIO * size])] if len(ordered) else ordered
    holes = np.flatnonzero(np.diff(rows) > _MAX_ROWS_APART * size)
    group = np.searchsorted(holes, np.arange(len(rows)))
    if not len(rows):
        return 0
    own = group[np.abs(rows - level).argmin()]
    return int((group == own).sum())
