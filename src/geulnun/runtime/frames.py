"""Frames of a page: rules that touch each other or share their ends, and how they cut what stands inside into cells.

A frame is read as a whole. It is cut along the rules that run all through it, first across, then down, and so on
within the parts: that reads tables row by row, a cell that spans several rows before these rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geulnun.runtime.rules import group_pairs

Floats = NDArray[np.floating[Any]]
Numbers = NDArray[np.intp]

_TOUCH_RATIO = 0.6  # rules closer than that touch, over the letters' height
_LEAST_WIDTH, _LEAST_HEIGHT = 3.0, 1.2  # of a frame in letters
_THROUGH_RATIO = 0.94  # a rule cuts a region if it covers so much of its length,
_PARTLY_RATIO = 0.75  # or so much where no rule covers more
_LEVEL_PX = 4.0  # pieces of one rule
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
    members: Numbers


def find_frames(across: Floats, down: Floats, letter_px: float) -> list[Frame]:
    """The frames that level rules (N, 3) left, right, y and upright rules (M, 3) top, bottom, x make; large first."""
    touch = _TOUCH_RATIO * letter_px
    left, right, y = across.T[:, :, None]
    top, bottom, x = down.T[:, None, :]
    crossing = (x > left - touch) & (x < right + touch) & (y > top - touch) & (y < bottom + touch)
    pairs = [np.argwhere(crossing) + (0, len(across))]
    for rules, offset in ((across, 0), (down, len(across))):
        ends = np.abs(rules[:, None, :2] - rules[None, :, :2]).max(axis=2)
        pairs.append(np.argwhere(ends < touch) + offset)
    frames = []
    for group in group_pairs(len(across) + len(down), np.concatenate(pairs)):
        level = across[[i for i in group if i < len(across)]]
        upright = down[[i - len(across) for i in group if i >= len(across)]]
        xs, ys = np.append(level[:, :2], upright[:, 2]), np.append(upright[:, :2], level[:, 2])
        bounds = np.array([xs.min(), ys.min(), xs.max(), ys.max()])
        wide = bounds[2] - bounds[0] >= _LEAST_WIDTH * letter_px
        if wide and bounds[3] - bounds[1] >= _LEAST_HEIGHT * letter_px:
            frames.append(Frame(bounds=bounds, across=level, down=upright))
    return sorted(frames, key=lambda frame: -frame.area)


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


def is_inside(boxes: Floats, bounds: Floats) -> NDArray[np.bool_]:
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
