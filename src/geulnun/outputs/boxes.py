"""Quads as formats want them: whole pixels inside the page."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from geulnun.core.geometry import Quad
from geulnun.core.page import Block, Cell, Line, Page

BASELINE_RATIO = 0.2  # of a line's height, from its lower edge


@dataclass(frozen=True, slots=True)
class Box:
    """An upright box in whole pixels, inside its page; right and bottom lie outside the box."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """From top to bottom."""
        return self.bottom - self.top

    @classmethod
    def around(cls, quads: Iterable[Quad], page: Page) -> Self:
        """The box around `quads`; empty at the page's origin if there are none."""
        sides = [quad.xyxy for quad in quads]
        if not sides:
            return cls(0, 0, 0, 0)
        left, top = min(side[0] for side in sides), min(side[1] for side in sides)
        right, bottom = max(side[2] for side in sides), max(side[3] for side in sides)
        return cls(
            _clip(left, page.width_px),
            _clip(top, page.height_px),
            _clip(right, page.width_px),
            _clip(bottom, page.height_px),
        )


def clip_points(quad: Quad, page: Page) -> list[tuple[int, int]]:
    """The quad's corners as whole pixels inside the page."""
    return [(_clip(x, page.width_px), _clip(y, page.height_px)) for x, y in quad.points]


def find_quads(part: Block | Cell | Line) -> list[Quad]:
    """The quads of all that a block, cell or line holds: ruling lines, lines, words; a box around them holds theirs."""
    if isinstance(part, Line):
        return [part.quad, *(word.quad for word in part.words)]
    cells = part.cells if isinstance(part, Block) else (part,)
    bounds = [cell.bounds for cell in cells if cell.bounds is not None]
    return bounds + [quad for cell in cells for line in cell.lines for quad in find_quads(line)]


def find_baseline(quad: Quad, page: Page) -> list[tuple[int, int]]:
    """The two ends of a row's baseline, in whole pixels inside the page."""
    a, b, c, d = quad.array
    start, end = d + BASELINE_RATIO * (a - d), c + BASELINE_RATIO * (b - c)
    return clip_points(Quad.from_array([start, end, end, start]), page)[:2]


def format_points(points: list[tuple[int, int]]) -> str:
    """Points as ALTO and PAGE write them: ``1,2 3,4``."""
    return " ".join(f"{x},{y}" for x, y in points)


def _clip(value: float, most: int) -> int:
    return round(min(max(value, 0.0), most)) if value == value else 0
