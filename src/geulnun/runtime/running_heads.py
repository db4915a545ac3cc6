"""Running heads: lines that stand at the same place at the top or the bottom of several pages of a document."""

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from geulnun.core.page import Block, Page

# Chosen by eye; there is no row of docs/experiments for them.
_EDGE_RATIO = 0.12  # of a page's height, at its top and at its bottom
_PLACE_RATIO = 0.02  # of a page's height, by which the place differs from page to page
_LEAST_ALIKE = 0.8  # of the characters of two readings; figures count as alike
_PAGES_BACK = 4  # left and right pages differ, and a figure may fill a page
_FIGURES = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class _EdgeLine:
    """A line at the edge of a page: its text, figures as 0, and its middle over the page's height."""

    text: str
    place: float

    def repeats(self, other: "_EdgeLine") -> bool:
        near = abs(self.place - other.place) < _PLACE_RATIO
        return near and SequenceMatcher(None, self.text, other.text, autojunk=False).ratio() >= _LEAST_ALIKE


class RunningHeads:
    """Names the running heads of a document's pages as they come, from the second page of each on."""

    def __init__(self) -> None:
        """Before the first page."""
        self._before: deque[list[_EdgeLine]] = deque(maxlen=_PAGES_BACK)

    def name(self, page: Page) -> Page:
        """The next page, where paragraphs of one line that the pages before have too are running heads."""
        edges = _find_edge_lines(page)
        known = [line for lines in self._before for line in lines]
        self._before.append(list(edges.values()))
        repeated = {number for number, line in edges.items() if any(line.repeats(other) for other in known)}
        if not repeated:
            return page
        blocks = [
            replace(block, kind="running_head") if number in repeated else block
            for number, block in enumerate(page.blocks)
        ]
        return replace(page, lines=(), blocks=tuple(blocks))


def name_running_heads(pages: Sequence[Page]) -> list[Page]:
    """All pages of a document with their running heads named, on the first pages too."""
    forth, back = RunningHeads(), RunningHeads()
    named = [forth.name(page) for page in pages]
    return [back.name(page) for page in reversed(named)][::-1]


def _find_edge_lines(page: Page) -> dict[int, _EdgeLine]:
    """The lines alone above or below everything else, the page's number apart, by the numbers of their blocks."""
    if page.rotation_deg:
        return {}
    spans = {
        number: (block.quad.xyxy[1], block.quad.xyxy[3])
        for number, block in enumerate(page.blocks)
        if block.kind != "page_number" and block.lines
    }
    if len(spans) < 2:
        return {}
    first, last = min(spans, key=lambda number: spans[number][0]), max(spans, key=lambda number: spans[number][1])
    found = {}
    for number in {first, last}:
        rest = [span for other, span in spans.items() if other != number]
        alone = spans[number][1] < min(top for top, _ in rest) or spans[number][0] > max(bottom for _, bottom in rest)
        place = sum(spans[number]) / 2 / page.height_px
        if alone and min(place, 1 - place) < _EDGE_RATIO and _is_one_line(page.blocks[number]):
            found[number] = _EdgeLine(_FIGURES.sub("0", page.blocks[number].text), place)
    return found


def _is_one_line(block: Block) -> bool:
    return block.kind in ("paragraph", "running_head") and len(block.lines) == 1
