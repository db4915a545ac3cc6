"""Detection measures: boxes matched one to one by intersection over union."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from geulnun.core.geometry import Quad, measure_iou
from geulnun.evaluation.counts import Matches

MATCH_IOU = 0.5
ROUNDING = 1e-6  # so that a pair exactly on the limit is not dropped
ROWS_AT_ONCE = 256


def measure_detection(truth: Iterable[Quad], found: Iterable[Quad], *, min_iou: float = MATCH_IOU) -> Matches:
    """Boxes found and wanted; `f1` is the H-mean of precision and recall.

    A pair counts when its intersection over union is at least `min_iou`; of all one-to-one matchings one with the
    most pairs counts.
    """
    wanted, given = list(truth), list(found)
    pairs = match_quads(wanted, given, min_iou=min_iou)
    return Matches.of(len(pairs), wanted=len(wanted), found=len(given))


def match_quads(truth: Sequence[Quad], found: Sequence[Quad], *, min_iou: float = MATCH_IOU) -> list[tuple[int, int]]:
    """A largest one-to-one matching as (index into `truth`, index into `found`), sorted.

    Every pair overlaps by `min_iou` (above 0) at least. Better overlaps are taken first, and given up only where
    that makes room for another pair.
    """
    overlaps = [
        (measure_iou(truth[wanted], found[given]), wanted, given)
        for wanted, given in _find_near_pairs(truth, found, min_iou)
    ]
    good = sorted((overlap for overlap in overlaps if overlap[0] >= min_iou - ROUNDING), reverse=True)
    partners: dict[int, list[int]] = {}
    owner: dict[int, int] = {}
    chosen: set[int] = set()
    for _, wanted, given in good:
        partners.setdefault(wanted, []).append(given)
        if wanted not in chosen and given not in owner:
            chosen.add(wanted)
            owner[given] = wanted
    for wanted in partners:
        if wanted not in chosen:
            _make_room(wanted, partners, owner)
    return sorted((wanted, given) for given, wanted in owner.items())


def _find_near_pairs(truth: Sequence[Quad], found: Sequence[Quad], min_iou: float) -> Iterator[tuple[int, int]]:
    """Pairs that may reach `min_iou`, by their areas and upright bounds alone."""
    if not truth or not found:
        return
    bounds_a, bounds_b = _get_bounds(truth), _get_bounds(found)
    areas_a, areas_b = _get_areas(truth), _get_areas(found)
    for first in range(0, len(truth), ROWS_AT_ONCE):
        a, area_a = bounds_a[first : first + ROWS_AT_ONCE, None], areas_a[first : first + ROWS_AT_ONCE, None]
        sides = np.minimum(a[..., 2:], bounds_b[:, 2:]) - np.maximum(a[..., :2], bounds_b[:, :2])
        most_shared = np.minimum(np.clip(sides, 0, None).prod(axis=2), np.minimum(area_a, areas_b))
        near = most_shared >= (min_iou - ROUNDING) * (area_a + areas_b - most_shared)
        for row, column in np.argwhere(near & (most_shared > 0)).tolist():
            yield first + row, column


def _get_bounds(quads: Sequence[Quad]) -> NDArray[np.float64]:
    """(N, 4) left, top, right, bottom."""
    return np.array([quad.xyxy for quad in quads], dtype=np.float64)


def _get_areas(quads: Sequence[Quad]) -> NDArray[np.float64]:
    return np.array([quad.area for quad in quads], dtype=np.float64)


def _make_room(start: int, partners: dict[int, list[int]], owner: dict[int, int]) -> None:
    """Match `start`, moving other matches if necessary (a shortest augmenting path)."""
    reached_from: dict[int, int] = {}
    queue = deque([start])
    while queue:
        wanted = queue.popleft()
        for given in partners[wanted]:
            if given in reached_from:
                continue
            reached_from[given] = wanted
            if given in owner:
                queue.append(owner[given])
                continue
            _shift_partners(given, start, reached_from, owner)
            return


def _shift_partners(free: int, start: int, reached_from: dict[int, int], owner: dict[int, int]) -> None:
    """Move the free box back along the path, until `start` has one."""
    given = free
    while True:
        wanted = reached_from[given]
        previous = next((box for box, holder in owner.items() if holder == wanted), None)
        owner[given] = wanted
        if wanted == start:
            return
        assert previous is not None  # every holder on the path but the first has a box to give up
        given = previous
