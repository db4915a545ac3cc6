"""Links between pieces of text that follow each other: mutual best matches in size, position and direction."""

from dataclasses import dataclass

import numpy as np

from geulnun.core.arrays import Floats, Indices, Mask

# Chosen by eye on drawn and real pages; there is no row of docs/experiments for them.
MAX_GAP_RATIO = 1.3
"""Widest gap between words of one line, over the letters' size."""

_MAX_SIZE_RATIO = 1.9
_LEAST_OVERLAP = 0.5  # share of the smaller word's height that must lie beside the other
_MAX_TURN_DEG = 40.0
_MOST_INSIDE = 0.6  # a word may begin so far inside the one before it, over the smaller one's size
_SHIFT_COST, _SIZE_COST = 2.0, 2.0  # of words that are out of line and of unlike size, over that of a gap between them
_SEARCH_RATIO = 1.5  # the search reaches so much farther than the widest gap and a letter


@dataclass(frozen=True, slots=True)
class LinkNodes:
    """What links are decided by; N words or letters."""

    start: Floats  # (N, 2) middle of the edge where reading begins
    end: Floats  # (N, 2)
    course: Floats  # (N, 2, 2) unit vectors of reading at the start and at the end
    size: Floats  # (N,)
    sure: Mask  # (N,) long enough for its direction to be trusted


def find_links(nodes: LinkNodes, max_gap_ratio: float) -> tuple[Indices, Indices]:
    """(before, after) numbers of the pairs that follow each other: mutual best matches."""
    first, second = _find_near_pairs(nodes, max_gap_ratio)
    step = nodes.start[second] - nodes.end[first]
    trust_first, trust_second = nodes.sure[first], nodes.sure[second]
    leaving, arriving = nodes.course[first, 1], nodes.course[second, 0]
    direction = np.where(
        (trust_first == trust_second)[:, None],
        leaving + arriving,
        np.where(trust_first[:, None], leaving, arriving),
    )
    direction = direction / np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-9)
    gap = (step * direction).sum(axis=1)
    shift = np.abs(step[:, 1] * direction[:, 0] - step[:, 0] * direction[:, 1])
    sizes = np.sort(np.column_stack([nodes.size[first], nodes.size[second]]), axis=1)
    small, large = sizes[:, 0], sizes[:, 1]
    overlap = np.minimum((small + large) / 2 - shift, small)
    turn = (leaving * arriving).sum(axis=1)
    fits = (gap <= max_gap_ratio * (small + large) / 2) & (gap >= -_MOST_INSIDE * small)
    fits &= (overlap >= _LEAST_OVERLAP * small) & (large <= _MAX_SIZE_RATIO * small)
    fits &= turn > np.cos(np.radians(_MAX_TURN_DEG))
    cost = np.maximum(gap, 0) / small + _SHIFT_COST * shift / small + _SIZE_COST * np.log(large / small)
    return _pick_mutual(first[fits], second[fits], cost[fits], len(nodes.size))


def _find_near_pairs(nodes: LinkNodes, max_gap_ratio: float) -> tuple[Indices, Indices]:
    """Pairs (a, b), a != b, in which b starts near where a ends; the search is a band of rows, not all pairs."""
    order = np.argsort(nodes.start[:, 1], kind="stable")
    heights = nodes.start[order, 1]
    reach = (max_gap_ratio + 1.0) * nodes.size * _SEARCH_RATIO
    low = np.searchsorted(heights, nodes.end[:, 1] - reach)
    high = np.searchsorted(heights, nodes.end[:, 1] + reach)
    first = np.repeat(np.arange(len(order)), high - low)
    inside = np.arange(len(first)) - np.repeat(np.cumsum(high - low) - (high - low), high - low)
    second = order[np.repeat(low, high - low) + inside]
    near = (np.abs(nodes.start[second, 0] - nodes.end[first, 0]) <= reach[first]) & (first != second)
    return first[near], second[near]


def _pick_mutual(first: Indices, second: Indices, cost: Floats, total: int) -> tuple[Indices, Indices]:
    """The mutual best matches: pairs that are the cheapest of both of their members."""
    order = np.argsort(cost, kind="stable")[::-1]
    best_after, best_before = np.full(total, -1), np.full(total, -1)
    best_after[first[order]] = order  # the last written, the cheapest, stays
    best_before[second[order]] = order
    pairs = np.arange(len(cost))
    mutual = (best_after[first] == pairs) & (best_before[second] == pairs)
    return first[mutual], second[mutual]


def chain_links(total: int, before: Indices, after: Indices) -> list[list[int]]:
    """The numbers 0..total-1 as chains of linked ones. A ring, which no text forms, is opened anywhere."""
    follower = dict(zip(before.tolist(), after.tolist(), strict=True))
    led = set(follower.values())
    used: set[int] = set()
    chains = []
    for head in [*(i for i in range(total) if i not in led), *range(total)]:
        chain = []
        node: int | None = head
        while node is not None and node not in used:
            used.add(node)
            chain.append(node)
            node = follower.get(node)
        if chain:
            chains.append(chain)
    return chains
