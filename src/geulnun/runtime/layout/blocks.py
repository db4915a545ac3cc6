"""Lines in reading order -> blocks of lines that belong together."""

from collections.abc import Sequence

import numpy as np

from geulnun.core.page import Block, Line

_MOST_LEADING = 2.2  # from line to line of a block, over their height
_LIKE_HEIGHTS = 1.4  # of the higher over the lower line
_LEAST_SHARED = 0.5  # of the shorter line's length, above or below the longer one


def build_blocks(lines: Sequence[Line]) -> list[Block]:
    """The blocks of a page's lines, which are in reading order."""
    runs: list[list[Line]] = []
    for line in lines:
        if runs and _follows(runs[-1][-1], line):
            runs[-1].append(line)
        else:
            runs.append([line])
    return [Block.of_lines("heading" if _is_heading(run) else "paragraph", run) for run in runs]


def _is_heading(lines: Sequence[Line]) -> bool:
    return len(lines) == 1 and lines[0].joined is not None


def _follows(above: Line, below: Line) -> bool:
    """Whether a line goes on the block whose last line is `above`; both may be tilted alike."""
    if above.orientation != "horizontal" or below.orientation != "horizontal":
        return False
    heights = sorted((above.quad.height_px, below.quad.height_px))
    along = np.array(above.quad.points[1]) - np.array(above.quad.points[0])
    along = along / max(float(np.linalg.norm(along)), 1e-9)
    across = np.array([-along[1], along[0]])
    start, end = (quad.array @ along for quad in (above.quad, below.quad))
    shared = min(start.max(), end.max()) - max(start.min(), end.min())
    step = float((below.quad.array @ across).mean() - (above.quad.array @ across).mean())
    near = 0.5 * heights[0] < step < _MOST_LEADING * heights[1]
    return near and heights[1] < _LIKE_HEIGHTS * heights[0] and shared > _LEAST_SHARED * min(np.ptp(start), np.ptp(end))
