"""Ruled frames: ruling lines that touch or share their ends, and the cells inside them.

A frame is read as a whole. It is cut along the rules that run all through it, first across, then down, and so on
within the parts: that reads tables row by row, a cell that spans several rows before these rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from geulnun.core.arrays import Floats, Indices, Mask, group_pairs

# Chosen by eye on drawn pages, without a row of docs/experiments; benchmarks/order.py measures them together.
_TOUCH_RATIO = 0.6  # rules closer than that touch, over the letters' height
_LEAST_WIDTH, _LEAST_HEIGHT = 3.0, 1.2  # of a frame in letters
_THROUGH_RATIO = 0.94  # a rule cuts a region if it covers so much of its length,
_PARTLY_RATIO = 0.75  # or so much where no rule covers more
_LEVEL_PX = 4.0  # pieces of one rule
_ROW_RATIO = 4.0  # level rules so near, over the letters' height, are the sides of one row
_BESIDE_RATIO = 2.5  # frames that make one table stand no farther apart than so many letters,
_LEAST_LEVELS = 3  # and have so many level rules
_LARGEST_BOX = 0.5  # of its frame's area
_PAIRS_AT_ONCE = 1000  # of rules, to be compared with all lines of a page
_NESTED_RATIO = 0.8  # a frame with so much of its area inside another belongs there


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Rules that belong together.

    Attributes:
        bounds: (4,) left, top, right, bottom.
        across: (N, 3) left, right, y of the level rules.
        down: (M, 3) top, bottom, x of the upright ones.
    """

    bounds: Floats
    across: Floats
    down: Floats

    @property
    def area(self) -> float:
        """Of its bounds, in pixels."""
        return float((self.bounds[2] - self.bounds[0]) * (self.bounds[3] - self.bounds[1]))


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a frame, by its bounds (4,), and the numbers of what stands there."""

    bounds: Floats
    members: Indices


def find_frames(across: Floats, down: Floats, boxes: Floats, letter_px: float) -> list[Frame]:
    """The frames that rules make; large first.

    Args:
        across: (N, 3) left, right, y of the level rules.
        down: (M, 3) top, bottom, x of the upright ones.
        boxes: (K, 4+) left, top, right, bottom of the page's lines.
        letter_px: Height of the letters.
    """
    touch = _TOUCH_RATIO * letter_px
    left, right, y = across.T[:, :, None]
    top, bottom, x = down.T[:, None, :]
    crossing = (x > left - touch) & (x < right + touch) & (y > top - touch) & (y < bottom + touch)
    total = len(across) + len(down)
    pairs = np.argwhere(crossing) + (0, len(across))
    closed = _find_closed(group_pairs(total, pairs), len(across), total)
    for rules, offset in ((across, 0), (down, len(across))):
        ends = np.abs(rules[:, None, :2] - rules[None, :, :2]).max(axis=2)
        own = closed[offset : offset + len(rules)]
        # Boxes of one width, one below the other, are not one table.
        alike = np.argwhere(np.triu((ends < touch) & ~(own[:, None] & own[None, :]), 1))
        if offset == 0:
            far = np.abs(rules[alike[:, 0], 2] - rules[alike[:, 1], 2]) > _ROW_RATIO * letter_px
            parts = np.array_split(alike, len(alike) // _PAIRS_AT_ONCE + 1)
            crossed = np.concatenate([_is_crossed(rules[part], boxes, touch) for part in parts])
            alike = alike[~(far & crossed)]
        pairs = np.concatenate([pairs, alike + offset])
    frames = []
    for group in group_pairs(total, pairs):
        level = across[[i for i in group if i < len(across)]]
        upright = down[[i - len(across) for i in group if i >= len(across)]]
        frame = _build_frame(level, upright)
        wide = frame.bounds[2] - frame.bounds[0] >= _LEAST_WIDTH * letter_px
        if wide and frame.bounds[3] - frame.bounds[1] >= _LEAST_HEIGHT * letter_px:
            frames.append(frame)
    return sorted(_join_beside(frames, letter_px), key=lambda frame: -frame.area)


def _build_frame(across: Floats, down: Floats) -> Frame:
    xs, ys = np.append(across[:, :2], down[:, 2]), np.append(down[:, :2], across[:, 2])
    return Frame(bounds=np.array([xs.min(), ys.min(), xs.max(), ys.max()]), across=across, down=down)


def _join_beside(frames: Sequence[Frame], letter_px: float) -> list[Frame]:
    """The frames, those that stand close side by side and whose level rules are at the same heights made one."""
    levels = [np.unique((frame.across[:, 2] / (_TOUCH_RATIO * letter_px)).round()) for frame in frames]
    pairs = []
    for i, one in enumerate(frames):
        for j in range(i):
            other = frames[j]
            gap = max(one.bounds[0] - other.bounds[2], other.bounds[0] - one.bounds[2])
            if not 0 <= gap <= _BESIDE_RATIO * letter_px or min(len(levels[i]), len(levels[j])) < _LEAST_LEVELS:
                continue
            apart = np.abs(one.across[:, None, 2] - other.across[None, :, 2]) > _TOUCH_RATIO * letter_px
            if not (apart.all(axis=0).any() or apart.all(axis=1).any()):
                pairs.append((j, i))
    groups = group_pairs(len(frames), np.array(pairs, dtype=np.intp).reshape(-1, 2))
    return [_join([frames[number] for number in group]) for group in groups]


def _join(frames: Sequence[Frame]) -> Frame:
    """One frame for several whose level rules are at the same heights: these run through all of it."""
    if len(frames) == 1:
        return frames[0]
    joined = _build_frame(*(np.concatenate([getattr(each, name) for each in frames]) for name in ("across", "down")))
    first = frames[0]
    whole = np.ptp(first.across[:, :2], axis=1) >= _THROUGH_RATIO * (first.bounds[2] - first.bounds[0])
    through = np.column_stack([np.tile(joined.bounds[[0, 2]], (int(whole.sum()), 1)), first.across[whole, 2]])
    return _build_frame(np.concatenate([joined.across, through]), joined.down)


def find_boxes(frame: Frame, letter_px: float) -> list[Frame]:
    """Closed boxes inside a frame whose rules make no table, as those of a diagram that arrows join; large first."""
    touch = _TOUCH_RATIO * letter_px
    boxes = []
    ends = np.abs(frame.across[:, None, :2] - frame.across[None, :, :2]).max(axis=2) < touch
    for i, j in np.argwhere(np.triu(ends, 1)).tolist():
        upper, lower = sorted((frame.across[i], frame.across[j]), key=lambda rule: float(rule[2]))
        left, right = (upper[:2] + lower[:2]) / 2
        spans = (frame.down[:, 0] < upper[2] + touch) & (frame.down[:, 1] > lower[2] - touch)
        sides = [np.flatnonzero(spans & (np.abs(frame.down[:, 2] - x) < touch)) for x in (left, right)]
        wide, high = right - left >= _LEAST_WIDTH * letter_px, lower[2] - upper[2] >= _LEAST_HEIGHT * letter_px
        if wide and high and all(map(len, sides)):
            bounds = np.array([left, upper[2], right, lower[2]])
            box = Frame(bounds=bounds, across=np.array([upper, lower]), down=frame.down[[side[0] for side in sides]])
            if box.area < _LARGEST_BOX * frame.area:
                boxes.append(box)
    return sorted(boxes, key=lambda box: -box.area)


def _is_crossed(pairs: Floats, boxes: Floats, touch: float) -> Mask:
    """Between which pairs (P, 2, 3) of level rules with the same ends something stands that reaches over an end.

    Args:
        pairs: Left, right, y of both rules.
        boxes: (K, 4+) left, top, right, bottom of what stands on the page.
        touch: What reaches farther than this on both sides of an end crosses it.
    """
    middles = (boxes[:, 1] + boxes[:, 3]) / 2
    between = (middles > pairs[:, :, 2].min(axis=1)[:, None]) & (middles < pairs[:, :, 2].max(axis=1)[:, None])
    crossing = np.zeros(between.shape, bool)
    for end in (pairs[:, :, 0].min(axis=1)[:, None], pairs[:, :, 1].max(axis=1)[:, None]):
        crossing |= (boxes[:, 0] < end - touch) & (boxes[:, 2] > end + touch)
    return np.asarray((between & crossing).any(axis=1))


def _find_closed(groups: Sequence[Sequence[int]], level: int, total: int) -> Mask:
    """Which of all rules, the level ones first, touch others so that two at least of both kinds hang together."""
    closed = np.zeros(total, bool)
    for group in groups:
        count = sum(number < level for number in group)
        closed[group] = min(count, len(group) - count) >= 2
    return closed


def nest_frames(frames: Sequence[Frame]) -> list[tuple[Frame, list[Frame]]]:
    """The outermost of these frames, each with all frames inside it."""
    outer: list[tuple[Frame, list[Frame]]] = []
    for frame in frames:
        for host, inner in outer:
            low, high = np.maximum(frame.bounds[:2], host.bounds[:2]), np.minimum(frame.bounds[2:], host.bounds[2:])
            if np.prod(np.maximum(high - low, 0)) >= _NESTED_RATIO * frame.area:
                inner.append(frame)
                break
        else:
            outer.append((frame, []))
    return outer


def is_inside(boxes: Floats, bounds: Floats) -> Mask:
    """Which boxes (N, 4+) have their middles inside bounds."""
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    return np.asarray((x >= bounds[0]) & (x <= bounds[2]) & (y >= bounds[1]) & (y <= bounds[3]))


def cut_frame(frame: Frame, boxes: Floats, region: Region) -> Iterator[list[Region]]:
    """The parts of a region in reading order; those in one list stand side by side without level rules in them.

    Args:
        frame: Whose rules cut.
        boxes: (N, 4+) left, top, right, bottom of everything.
        region: The part to cut; all of the frame to begin with.
    """
    for axis, share in ((1, _THROUGH_RATIO), (0, _THROUGH_RATIO), (1, _PARTLY_RATIO), (0, _PARTLY_RATIO)):
        cuts = _find_cuts(frame, region, axis, share)
        if not len(cuts):
            continue
        parts = _cut_region(boxes, region, cuts, axis)
        if axis == 0:
            if not any(_has_rows(frame, part) for part in parts):
                yield parts
                return
            # Columns that share their rows stay together.
            together = [cut for cut in cuts if _has_rows(frame, _crop(region, cut))]
            parts = _cut_region(boxes, region, np.array([together[-1] if together else cuts[0]]), axis)
        for part in parts:
            yield from cut_frame(frame, boxes, part)
        return
    yield [region]


def _has_rows(frame: Frame, region: Region) -> bool:
    return len(_find_cuts(frame, region, 1, _THROUGH_RATIO)) > 0


def _crop(region: Region, right: float) -> Region:
    left, top, _, bottom = region.bounds
    return Region(np.array([left, top, right, bottom]), region.members)


def _find_cuts(frame: Frame, region: Region, axis: int, share: float) -> Floats:
    """Where rules run through a region: y of level ones (axis 1), x of upright ones (axis 0)."""
    rules = frame.across if axis == 1 else frame.down
    low, high = region.bounds[1 - axis], region.bounds[3 - axis]
    start, end = region.bounds[axis], region.bounds[axis + 2]
    shared = np.maximum(np.minimum(rules[:, 1], high) - np.maximum(rules[:, 0], low), 0)
    inner = (rules[:, 2] > start + _LEVEL_PX) & (rules[:, 2] < end - _LEVEL_PX)
    places, shared = rules[inner, 2], shared[inner]
    order = np.argsort(places)
    places, shared = places[order], shared[order]
    level = np.abs(places[:, None] - places[None, :]) < _LEVEL_PX
    return np.asarray(places[(level * shared).sum(axis=1) >= share * (high - low)])


def _cut_region(boxes: Floats, region: Region, cuts: Floats, axis: int) -> list[Region]:
    """The parts between the rules through a region; those without members are left out."""
    middles = (boxes[region.members, axis] + boxes[region.members, axis + 2]) / 2
    edges = np.concatenate([[region.bounds[axis]], cuts, [region.bounds[axis + 2]]])
    places = np.searchsorted(cuts, middles)
    parts = []
    for place in np.unique(places):
        bounds = region.bounds.copy()
        bounds[axis], bounds[axis + 2] = edges[place], edges[place + 1]
        parts.append(Region(bounds, region.members[places == place]))
    return parts
