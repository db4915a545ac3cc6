"""Orientation: snippets of words -> rotation of their letters, and the vote of a page.

A snippet is a piece of a word or line, laid from left to right in the direction in which its characters follow one
another. The network says how far the letters in it are turned; together with the direction that gives the turn of
the letters on the page, whether they stand in rows, in columns, or in a page that lies on its side.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from geulnun.core import raster
from geulnun.core.arrays import Floats, GreyImage
from geulnun.core.geometry import Quad, cut_quad
from geulnun.core.page import Page
from geulnun.runtime.bundles.session import Session
from geulnun.runtime.detection.find_words import FoundWord
from geulnun.runtime.lines.find_lines import LineBox

TURNS_DEG = (0, 90, 180, 270)
"""Clockwise turns of the letters, in the order of the network's classes."""

SNIPPET_HEIGHT_PX, SNIPPET_WIDTH_PX = 24, 160

MAX_VOTES = 16
"""Words of a page that are asked, those with the most characters."""

SURE_OF_PAGE = 1.0
"""Log-odds against upright at which a page may lie otherwise. Low, because reading it then decides."""

SURE_OF_LINE = 2.0
"""Log-odds against upright at which a line that was read badly is read again, turned."""

# The row of lines/orientation.py in docs/experiments/layout.md measures the vote; its numbers were chosen by eye.
_TEXTURE_SCORE, _LEAST_TRUST = 0.5, 0.05  # rows of windows score little more; and no word says nothing
_LEAST_PROBABILITY = 0.02  # of any turn, so that no snippet decides alone
_SIDE_MARGIN_RATIO, _EDGE_MARGIN_RATIO = 0.1, 0.08  # around what is cut, over its height


def prepare_snippet(strip: GreyImage) -> GreyImage:
    """A strip (h, w) as (24, 160): a longer one is cut off, a shorter one repeated, so that letters fill it all."""
    height, width = strip.shape
    width = max(1, round(width * SNIPPET_HEIGHT_PX / height))
    scaled = raster.resize(strip, width, SNIPPET_HEIGHT_PX)[:, :SNIPPET_WIDTH_PX]
    return np.pad(scaled, ((0, 0), (0, SNIPPET_WIDTH_PX - scaled.shape[1])), mode="wrap")


def batch_snippets(snippets: Sequence[GreyImage]) -> NDArray[np.float32]:
    """Snippets, as `prepare_snippet` makes them, as (N, 1, 24, 160) float32 in -1..1."""
    return raster.to_signed(np.stack(snippets)[:, None])


class Orienter:
    """The orientation network with its session; may be used by several threads."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find_page_turns(self, page: GreyImage, words: Sequence[FoundWord]) -> list[int]:
        """How far a page's letters may be turned clockwise, by the vote of its words, the likeliest first.

        Empty if the page lies upright, or nothing else is sure enough.

        Args:
            page: ``(H, W)`` uint8 grey image.
            words: What was found on it.
        """
        voters = sorted(words, key=measure_evidence, reverse=True)[:MAX_VOTES]
        if not voters:
            return []
        votes = self.measure_turns(page, [word.quad for word in voters], [word.vertical for word in voters])
        # On a page that lies on a side, short words may be pieces of several lines: they say little.
        weights = np.array([measure_evidence(word) for word in voters])
        evidence = weights / weights.mean() @ votes
        likely = (evidence >= evidence[0] + SURE_OF_PAGE) & (evidence >= evidence.max() - SURE_OF_PAGE)
        return [TURNS_DEG[turn] for turn in np.argsort(-evidence, kind="stable") if likely[turn]]

    def find_turns(self, page: GreyImage, quads: Sequence[Quad], stacked: Sequence[bool]) -> list[int]:
        """How far the letters in each quad are turned clockwise on the page; 0 unless that is fairly sure."""
        if not quads:
            return []
        evidence = self.measure_turns(page, quads, stacked)
        best = evidence.argmax(axis=1)
        sure = evidence.max(axis=1) - evidence[:, 0] >= SURE_OF_LINE
        return [TURNS_DEG[each] if certain else 0 for each, certain in zip(best, sure, strict=True)]

    def measure_turns(self, page: GreyImage, quads: Sequence[Quad], stacked: Sequence[bool]) -> Floats:
        """(N, 4) log-probabilities, bounded below, that the letters of each quad are turned so far on the page.

        Args:
            page: ``(H, W)`` uint8 grey image.
            quads: Of words or lines.
            stacked: Whether the characters of each follow one another downwards in an upright quad.
        """
        snippets = [_cut_snippet(page, quad, down) for quad, down in zip(quads, stacked, strict=True)]
        (scores,) = self._session.run(batch_snippets(snippets))
        probabilities = np.maximum(np.exp(scores.astype(np.float64)), _LEAST_PROBABILITY)
        logs = np.log(probabilities / probabilities.sum(axis=1, keepdims=True))
        # What is laid along from a column was turned back by a quarter: its letters stand a quarter further on.
        return np.asarray(np.where(np.array(stacked, bool)[:, None], np.roll(logs, 1, axis=1), logs))


def measure_evidence(word: FoundWord) -> float:
    """How much a word says about how its page lies: the more, the longer and the surer to be text it is."""
    return len(word.char_centers) * max(word.score - _TEXTURE_SCORE, _LEAST_TRUST)


def _cut_snippet(page: GreyImage, quad: Quad, stacked: bool) -> GreyImage:
    """The first part of what a quad holds, laid from left to right."""
    a, b, c, d = np.roll(quad.array, -1, axis=0) if stacked else quad.array
    height = max(float(np.linalg.norm(d - a) + np.linalg.norm(c - b)) / 2, 1e-6)
    length = max(float(np.linalg.norm(b - a) + np.linalg.norm(c - d)) / 2, 1e-6)
    along, across = (b + c - a - d) / (2 * length), (d + c - a - b) / (2 * height)
    most = SNIPPET_WIDTH_PX / SNIPPET_HEIGHT_PX * (1 + 2 * _EDGE_MARGIN_RATIO) * height
    share = min(1.0, most / length)
    before, beside = _SIDE_MARGIN_RATIO * height * along, _EDGE_MARGIN_RATIO * height * across
    end_above, end_below = a + share * (b - a), d + share * (c - d)
    corners = [a - before - beside, end_above + before - beside, end_below + before + beside, d - before + beside]
    return prepare_snippet(cut_quad(page, Quad.from_array(np.array(corners)), SNIPPET_HEIGHT_PX))


def turn_upright(image: NDArray[np.uint8], turn_deg: int) -> NDArray[np.uint8]:
    """An image whose content lies turned clockwise by so much, turned back; whole quarters, so no pixel changes."""
    return np.ascontiguousarray(np.rot90(image, turn_deg // 90)) if turn_deg else image


def turn_page_back(page: Page, turn_deg: int) -> Page:
    """What was read on the upright image, on the image as it lies: its quads start at the text's own top left still."""
    if not turn_deg:
        return page
    width, height = (page.height_px, page.width_px) if turn_deg % 180 else (page.width_px, page.height_px)

    def move(quad: Quad) -> Quad:
        x, y = quad.array.T
        columns = {90: (width - y, x), 180: (width - x, height - y), 270: (y, height - x)}[turn_deg]
        return Quad.from_array(np.column_stack(columns))

    return replace(page.moved(move, width_px=width, height_px=height), rotation_deg=turn_deg)


def turn_box(box: LineBox, turn_deg: int) -> LineBox | None:
    """The place of a line whose letters lie turned clockwise by so much, to be read as they lie; None if it cannot be.

    Letters upside down in a row are read from the other end; letters on their side one below the other are a line
    that runs down or up. Other turns of rows are none that people write.
    """
    stacked = box.orientation == "vertical"
    if box.cells or turn_deg not in ((90, 270) if stacked else (180,)):
        return None
    words = tuple(replace(word, vertical=False) for word in box.words)
    if turn_deg == 90:  # the right side of the column is the top of its letters already
        return replace(box, words=words, orientation="horizontal")
    backwards = tuple(replace(word, char_centers=word.char_centers[::-1]) for word in words[::-1])
    return replace(box, words=backwards, top=box.bottom[::-1], bottom=box.top[::-1], orientation="horizontal")
