"""A page's lines and ruling lines without skew and perspective, for reading order and structure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from geulnun.core.arrays import Floats, Mask
from geulnun.core.page import Line
from geulnun.runtime.layout.deskew import Flattening
from geulnun.runtime.layout.ruled_frames import Frame, find_frames
from geulnun.runtime.layout.ruling_lines import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatPage:
    """A page without its tilt and perspective.

    Attributes:
        boxes: (N, 5) left, top, right, bottom of its N lines, and the height of their letters.
        upright: (N,) which of them are vertical lines.
        across: (R, 3) left, right, y of the level rules.
        down: (M, 3) top, bottom, x of the upright rules.
        frames: rules that belong together; large first.
        flattening: from the page image to the flat page, and back.
    """

    boxes: Floats
    upright: Mask
    across: Floats
    down: Floats
    frames: Sequence[Frame]
    flattening: Flattening

    @classmethod
    def lay(cls, lines: Sequence[Line], rules: Rules) -> Self:
        """That of lines, one of which at least is horizontal, and of the page's rules."""
        upright = np.array([_is_vertical(line) for line in lines])
        corners = np.stack([line.quad.array for line in lines])
        flatten = Flattening.fit(corners[~upright])
        points = flatten(corners)
        sizes = [line.quad.width_px if _is_vertical(line) else line.quad.height_px for line in lines]
        boxes = np.column_stack([points.min(axis=1), points.max(axis=1), sizes])
        across, down = flatten(rules.across), flatten(rules.down)
        across = np.column_stack([across[:, :, 0], across[:, :, 1].mean(axis=1)])
        down = np.column_stack([down[:, :, 1], down[:, :, 0].mean(axis=1)])
        frames = find_frames(across, down, boxes, float(np.median(boxes[~upright, 4])))
        return cls(boxes=boxes, upright=upright, across=across, down=down, frames=frames, flattening=flatten)


def _is_vertical(line: Line) -> bool:
    """Whether a line runs downwards; a single character, as a narrow 1, says nothing about that."""
    return line.orientation == "vertical" and len(line.text) > 1
