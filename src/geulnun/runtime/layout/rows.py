"""Rows: lines that face each other on one baseline.

Boxes are (N, 5) on the flat page: left, top, right, bottom and the height of the letters. Which line each line faces
is an array (N,) of numbers, -1 where it faces none.
"""

import re
from collections.abc import Sequence

import numpy as np

from geulnun.core.arrays import Floats, Indices, Mask
from geulnun.core.page import Line

LIKE_HEIGHTS = 1.4
"""Height of the higher over that of the lower of two lines that belong together, at most."""

# Chosen by eye on drawn and real pages; there is no row of docs/experiments for them.
_FACING_RATIO = 0.45  # between the middles of lines that face each other, over the lower one's height, at most
_OVERLAP_RATIO = 0.3  # lines beside each other may overlap by so much of it
_BETWEEN_RATIO = 0.2  # of the height that two lines share, filled by what stands between them
_LEVEL_RATIO = 0.35  # of the lower line's height that lines at one height share, at least
_SURE_SHARE = 0.7  # of the amounts that stand in rows, on a page of such rows, at least
_AMOUNT = re.compile(r"[-+*~(\[₩￦$€¥]*\s?\d[-\d,.:/*%() ]*\s?[가-힣]{0,2}\)?")
_STACKED_GAP = 0.8  # white between lines below each other that are stacked, over their height, at most
_STACKED_SHARE = 0.5  # of the shorter one's length, above or below the other
_MOST_MARK = 3  # characters of the number before an item of a list
_TIME = re.compile(r"((오전|오후|AM|PM)\s?)?\d{1,2}:\d{2}(\s?(AM|PM))?", re.IGNORECASE)
_COUNT = re.compile(r"\d{1,3}")
_TIME_SIZE_RATIO = 0.9  # of the letters of the message that it stands beside, at most
_TIME_GAP_RATIO = 2.5  # white between the two, over the message's letters' height, at most
_TIME_DROP_RATIO = 0.75  # of its foot below the message's, over the message's letters' height, at most


def find_facing(boxes: Floats, upright: Mask) -> Indices:
    """(N,) the number of the line that each line faces at its right; -1 where there is none.

    Two lines face each other if each is the nearest of those that the other faces, and nothing stands between.

    Args:
        boxes: (N, 5) of the lines.
        upright: (N,) which are vertical lines; these face none.
    """
    height = np.minimum(boxes[:, None, 4], boxes[None, :, 4])
    apart = np.abs(boxes[:, None, 1] + boxes[:, None, 3] - boxes[None, :, 1] - boxes[None, :, 3]) / 2
    gap = boxes[None, :, 0] - boxes[:, None, 2]
    level = (apart < _FACING_RATIO * height) & (gap > -_OVERLAP_RATIO * height)
    level &= ~(upright[:, None] | upright[None, :]) & (boxes[None, :, 0] > boxes[:, None, 0])
    np.fill_diagonal(level, False)
    distance = np.where(level, np.maximum(gap, 0) + apart, np.inf)
    right, left = distance.argmin(axis=1), distance.argmin(axis=0)
    numbers = np.arange(len(boxes))
    mutual = (left[right] == numbers) & level[numbers, right]
    return np.where(mutual & ~_find_divided(boxes, right), right, -1)


def _find_divided(boxes: Floats, right: Indices) -> Mask:
    """(N,) whether some other box stands between each box and the one at its right (N,)."""
    others = boxes[right]
    middles = (boxes[:, 0] + boxes[:, 2]) / 2
    between = (middles[None] > middles[:, None]) & (middles[None] < middles[right][:, None])
    top, bottom = np.maximum(boxes[:, 1], others[:, 1]), np.minimum(boxes[:, 3], others[:, 3])
    shared = np.minimum(bottom[:, None], boxes[None, :, 3]) - np.maximum(top[:, None], boxes[None, :, 1])
    return np.asarray((between & (shared > _BETWEEN_RATIO * (bottom - top)[:, None])).any(axis=1))


def find_rows(lines: Sequence[Line], boxes: Floats, facing: Indices, down: Floats) -> list[list[int]]:
    """All lines, in rows of those that are read together whatever stands around them.

    These are amounts with what they are of, and messages of a chat with their times.

    Args:
        lines: N of the page.
        boxes: (N, 5) of them.
        facing: (N,) which of them face each other.
        down: (M, 3) top, bottom, x of upright rules; what these part is no pair.
    """
    return chain_rows(find_times(lines, boxes, find_amounts(lines, boxes, facing, down)))


def find_amounts(lines: Sequence[Line], boxes: Floats, facing: Indices, down: Floats) -> Indices:
    """`facing`, of those pairs alone of which the right one is an amount: they are one row, whatever else they are.

    Args:
        lines: N of the page.
        boxes: (N, 5) of them.
        facing: (N,) which of them face each other.
        down: (M, 3) top, bottom, x of upright rules; what these part is no pair.
    """
    has_amount = np.zeros(len(facing), bool)
    for left, right in enumerate(facing.tolist()):
        if right >= 0 and is_amount(lines[right].text) and not _is_parted(boxes[left], boxes[right], down):
            has_amount[left] = not _is_mark(lines, boxes, facing, left, right)
    # Lines close below each other of which one faces nothing are a paragraph, or a cell of several lines.
    alone = _find_stacked(boxes, facing < 0)
    sure = has_amount & ~alone & _find_whole(boxes, facing)
    return np.where(sure & (sure.sum() >= _SURE_SHARE * has_amount.sum()), facing, -1)


def find_times(lines: Sequence[Line], boxes: Floats, following: Indices) -> Indices:
    """`following`, where the small time beside the foot of a chat's message, at either side, follows the message.

    A number above the time, of those who have not read the message yet, comes before it.

    Args:
        lines: N of the page.
        boxes: (N, 5) of them.
        following: (N,) which line follows each in its row; -1 where none does.
    """
    times = np.array([_TIME.fullmatch(line.text) is not None for line in lines])
    times[following[following >= 0]] = False
    small = boxes[None, :, 4] < _TIME_SIZE_RATIO * boxes[:, None, 4]
    middles = (boxes[:, 1] + boxes[:, 3]) / 2
    drop = boxes[None, :, 3] - boxes[:, None, 3]
    at_foot = (middles[None] > middles[:, None]) & (drop < _TIME_DROP_RATIO * boxes[:, None, 4])
    gap = np.maximum(boxes[None, :, 0] - boxes[:, None, 2], boxes[:, None, 0] - boxes[None, :, 2])
    beside = (gap > -_OVERLAP_RATIO * boxes[None, :, 4]) & (gap < _TIME_GAP_RATIO * boxes[:, None, 4])
    pairs = ~times[:, None] & times[None] & small & at_foot & beside
    distance = np.where(pairs, gap, np.inf)
    time_of, message_of = distance.argmin(axis=1), distance.argmin(axis=0)
    numbers = np.arange(len(boxes))
    mutual = (message_of[time_of] == numbers) & pairs[numbers, time_of]
    counts = np.array([_COUNT.fullmatch(line.text) is not None for line in lines])
    counts[following[following >= 0]] = False
    counts &= following < 0
    joined = following.copy()
    for message in np.flatnonzero(mutual).tolist():
        time, last = int(time_of[message]), message
        while following[last] >= 0:
            last = int(following[last])
        for count in np.flatnonzero(counts & _stand_above(boxes, time)).tolist()[:1]:
            joined[last], last, counts[count] = count, count, False
        joined[last], joined[time] = time, -1  # what an amount, which the message may be, would follow
    return joined


def _stand_above(boxes: Floats, number: int) -> Mask:
    """Which boxes stand close above a box, within its ends."""
    left, top, right, _, height = boxes[number]
    middles = (boxes[:, 0] + boxes[:, 2]) / 2
    gap = top - boxes[:, 3]
    return np.asarray((middles > left) & (middles < right) & (np.abs(gap) < height))


def _find_whole(boxes: Floats, facing: Indices) -> Mask:
    """(N,) whether everything at the height of each box is in its row."""
    row_of = np.zeros(len(boxes), np.intp)
    for number, row in enumerate(chain_rows(facing)):
        row_of[row] = number
    shared = np.minimum(boxes[:, None, 3], boxes[None, :, 3]) - np.maximum(boxes[:, None, 1], boxes[None, :, 1])
    height = np.minimum(boxes[:, None, 4], boxes[None, :, 4])
    return np.asarray(((shared < _LEVEL_RATIO * height) | (row_of[:, None] == row_of[None])).all(axis=1))


def _is_mark(lines: Sequence[Line], boxes: Floats, facing: Indices, left: int, right: int) -> bool:
    """Whether the number at the right is the mark of what follows it close by."""
    after = facing[right]
    if len(lines[right].text) > _MOST_MARK or after < 0 or is_amount(lines[after].text):
        return False
    return bool(boxes[after, 0] - boxes[right, 2] < boxes[right, 0] - boxes[left, 2])


def _find_stacked(boxes: Floats, others: Mask) -> Mask:
    """Which boxes stand close above or below one of `others`."""
    low, high = boxes[:, :2], boxes[:, 2:4]
    shared = np.minimum(high[:, None], high[None]) - np.maximum(low[:, None], low[None])
    size = np.minimum((high - low)[:, None], (high - low)[None])
    height = np.minimum(boxes[:, None, 4], boxes[None, :, 4])
    alike = np.maximum(boxes[:, None, 4], boxes[None, :, 4]) < LIKE_HEIGHTS * height
    over = (shared[:, :, 0] > _STACKED_SHARE * size[:, :, 0]) & (shared[:, :, 1] < size[:, :, 1] / 2)
    near = alike & over & (shared[:, :, 1] > -_STACKED_GAP * height)
    return np.asarray((near & others).any(axis=1))


def is_amount(text: str) -> bool:
    """Whether a text is a number, perhaps with its unit."""
    return _AMOUNT.fullmatch(text) is not None


def _is_parted(left: Floats, right: Floats, down: Floats) -> bool:
    """Whether an upright rule that is higher than two boxes stands between them."""
    middles = (left[0] + left[2]) / 2, (right[0] + right[2]) / 2
    top, bottom = max(left[1], right[1]), min(left[3], right[3])
    higher = (down[:, 0] < top) & (down[:, 1] > bottom)
    return bool((higher & (down[:, 2] > middles[0]) & (down[:, 2] < middles[1])).any())


def group_rows(order: Sequence[int], facing: Indices) -> list[list[int]]:
    """Indices in their order, in rows of those that follow and face each other."""
    rows: list[list[int]] = []
    for number in order:
        if rows and facing[rows[-1][-1]] == number:
            rows[-1].append(number)
        else:
            rows.append([number])
    return rows


def chain_rows(facing: Indices) -> list[list[int]]:
    """All numbers 0..N-1, each row of those that face each other from left to right."""
    starts = np.setdiff1d(np.arange(len(facing)), facing)
    rows = []
    for start in starts.tolist():
        rows.append([start])
        while (after := int(facing[rows[-1][-1]])) >= 0:
            rows[-1].append(after)
    return rows
