"""A page image the way it may lie, and what is found on it so: words, edges, the places of lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from geulnun.core import raster
from geulnun.core.arrays import GreyImage, RgbImage
from geulnun.runtime.detection.detector import Detector
from geulnun.runtime.detection.find_words import FoundWord
from geulnun.runtime.layout.ruling_lines import Edges, find_edges
from geulnun.runtime.lines.find_lines import LineBox, find_lines
from geulnun.runtime.lines.orientation import turn_upright
from geulnun.runtime.options import ReadOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """A page image turned back by whole quarters; all places are in pixels of the turned image.

    Attributes:
        turn_deg: how far it was taken to lie turned clockwise: 0, 90, 180 or 270.
        image: its pixels in colours.
        grey: its luminance.
        words: in no particular order.
        edges: long straight edges, of which its ruling lines are made.
        boxes: where its lines are, in no particular order.
    """

    turn_deg: int
    image: RgbImage
    grey: GreyImage
    words: Sequence[FoundWord]
    edges: Edges
    boxes: Sequence[LineBox]

    @classmethod
    def look(cls, image: RgbImage, turn_deg: int, detector: Detector, options: ReadOptions) -> Self:
        """What a detector finds on an image whose content lies turned by so much."""
        upright = turn_upright(image, turn_deg)
        with options.timed("detect"):
            words = detector.find_words(upright, options)
        grey = raster.to_grey(upright)
        with options.timed("rules"):
            flat, stacked = ([word.quad for word in words if word.vertical is vertical] for vertical in (False, True))
            edges = find_edges(grey, flat, stacked)
        with options.timed("lines"):
            boxes = find_lines(words, edges.find_rules([*flat, *stacked]).down)
        return cls(turn_deg=turn_deg, image=upright, grey=grey, words=words, edges=edges, boxes=boxes)
