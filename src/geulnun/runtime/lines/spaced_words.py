"""Words spaced out letter by letter over the width of a heading or of a list: "사 업 자 등 록 증", "소      주"."""

import numpy as np

from geulnun.core.arrays import Floats
from geulnun.runtime.detection.find_words import FoundWord
from geulnun.runtime.lines.links import LinkNodes, chain_links, find_links

# The row of lines/spaced_words.py in docs/experiments/layout.md measures the rule of two characters; all numbers were
# chosen by eye on drawn and real pages.
_LEAST_SPACED = 3  # characters of a spaced-out heading
_MAX_SPACED_GAP_RATIO = 4.0  # between the characters of a spaced-out heading, over their size
_MOST_UNEVEN, _MOST_UNLIKE = 1.35, 1.3  # widest step over the narrowest, largest character over the smallest
_MAX_SPREAD_GAP_RATIO = 8.0  # between the two characters of a word of a list
_EDGE_RATIO, _LEVEL_RATIO = 0.4, 0.3  # how far edges and middles that agree may lie apart, over the characters' size
_MAX_LIST_RATIO = 10.0  # how far above and below rows of the same list are looked for
_LEAST_ROWS = 2  # of a list, beside the one in question


def join_spaced_words(chains: list[list[FoundWord]], page_direction: Floats) -> list[list[FoundWord]]:
    """Join three or more single characters with wide but equal gaps, as in "사 업 자 등 록 증"."""
    lone = [number for number, chain in enumerate(chains) if sum(len(word.char_centers) for word in chain) == 1]
    if len(lone) < _LEAST_SPACED:
        return chains
    centers = np.stack([chains[number][0].char_centers[0] for number in lone])
    size = np.array([chains[number][0].char_size_px for number in lone])
    half = size[:, None] * page_direction / 2
    course = np.tile(page_direction, (len(lone), 2, 1))
    nodes = LinkNodes(centers - half, centers + half, course, size, np.ones(len(lone), bool))
    joined: dict[int, list[FoundWord]] = {}
    for run in chain_links(len(lone), *find_links(nodes, _MAX_SPACED_GAP_RATIO)):
        steps = np.linalg.norm(np.diff(centers[run], axis=0), axis=1)
        even = (
            len(run) >= _LEAST_SPACED
            and steps.max() < _MOST_UNEVEN * steps.min()
            and size[run].max() < _MOST_UNLIKE * size[run].min()
        )
        if even:
            joined[run[0]] = [chains[lone[i]][0] for i in run]
    taken = {id(word) for run in joined.values() for word in run}
    return [chain for chain in chains if id(chain[0]) not in taken] + list(joined.values())


def join_spread_pairs(chains: list[list[FoundWord]], page_direction: Floats) -> list[list[FoundWord]]:
    """Join two single characters at the two edges of a list whose longer words fill its whole width."""
    along, across = page_direction, np.array([-page_direction[1], page_direction[0]])
    corners = [np.concatenate([word.quad.array for word in chain]) for chain in chains]
    left, right = (np.array([pick(points @ along) for points in corners]) for pick in (np.min, np.max))
    level = np.array([(points @ across).mean() for points in corners])
    size = np.array([chain[0].char_size_px for chain in chains])
    single = np.array([sum(len(word.char_centers) for word in chain) == 1 for chain in chains])
    partner: dict[int, int] = {}
    for first in np.flatnonzero(single).tolist():
        edge = _EDGE_RATIO * size[first]
        near = np.abs(level - level[first]) < _MAX_LIST_RATIO * size[first]
        full = near & ~single & (np.abs(left - left[first]) < edge)
        beside = (left > right[first]) & (np.abs(level - level[first]) < _LEVEL_RATIO * size[first])
        if not beside.any():
            continue
        second = int(np.where(beside, left, np.inf).argmin())
        ends = full & (np.abs(right - right[second]) < edge)
        alike = max(size[first], size[second]) < _MOST_UNLIKE * min(size[first], size[second])
        gap = left[second] - right[first]
        if single[second] and alike and gap < _MAX_SPREAD_GAP_RATIO * size[first] and ends.sum() >= _LEAST_ROWS:
            partner[first] = second
    joined = set(partner.values())
    return [
        chain + chains[partner[number]] if number in partner else chain
        for number, chain in enumerate(chains)
        if number not in joined
    ]
