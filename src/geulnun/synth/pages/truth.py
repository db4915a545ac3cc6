"""What stands on a drawn page while it is moved about: text lines as arrays, turned into a Page at the end."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geulnun.core.arrays import Floats, RgbImage
from geulnun.core.geometry import Quad, enclose
from geulnun.core.page import Char, Line, Orientation, Page, Word

Move = Callable[[Floats], Floats]
"""Points (N, 2) of one picture to those of another, in continuous pixel coordinates."""

_VISIBLE_SHARE = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnLine:
    """One line of drawn text.

    Attributes:
        words: its words in reading order.
        quads: (N, 4, 2) corners of the N characters of all words, in order.
        orientation: which way the line runs.
    """

    words: tuple[str, ...]
    quads: Floats
    orientation: Orientation = "horizontal"

    def __post_init__(self) -> None:
        count = sum(map(len, self.words))
        if self.quads.shape != (count, 4, 2):
            raise ValueError(f"{count} characters need ({count}, 4, 2) corners, not {self.quads.shape}")

    def moved(self, move: Move) -> "DrawnLine":
        """This line with every corner passed through `move`."""
        return replace(self, quads=move(self.quads.reshape(-1, 2)).reshape(-1, 4, 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A picture (H, W, 3) uint8 RGB and the text on it, in reading order."""

    image: RgbImage
    lines: tuple[DrawnLine, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.image.shape[0], self.image.shape[1]

    def moved(self, image: RgbImage, move: Move) -> "Drawing":
        """This drawing on another picture of it, where `move` says where each point went."""
        if not self.lines:
            return Drawing(image=image)
        counts = np.cumsum([len(line.quads) for line in self.lines])[:-1]
        corners = np.concatenate([line.quads for line in self.lines])
        corners = move(corners.reshape(-1, 2)).reshape(-1, 4, 2)
        parts = np.split(corners, counts)
        return Drawing(image=image, lines=tuple(replace(a, quads=b) for a, b in zip(self.lines, parts, strict=True)))


def build_page(drawing: Drawing) -> Page:
    """The drawing's truth as a Page; characters that lie mostly outside the picture are left out."""
    height, width = drawing.size
    lines = (_build_line(line, width, height) for line in drawing.lines)
    return Page(width_px=width, height_px=height, lines=tuple(line for line in lines if line is not None))


def _build_line(line: DrawnLine, width: int, height: int) -> Line | None:
    visible = find_visible(line.quads, width, height)
    if not visible.any():
        return None
    # A straight line's words are straight too, which saves looking at each of them.
    straight = is_straight(line.quads, line.orientation)
    words, start = [], 0
    for text in line.words:
        kept = [i for i in range(start, start + len(text)) if visible[i]]
        if kept:
            letters = "".join(text[i - start] for i in kept)
            words.append(_build_word(letters, line.quads[kept], line.orientation, straight))
        start += len(text)
    quad = span(line.quads[visible], line.orientation, straight)
    return Line(words=tuple(words), quad=quad, orientation=line.orientation)


def _build_word(text: str, quads: Floats, orientation: Orientation, straight: bool) -> Word:
    chars = tuple(Char(text=ch, quad=_to_quad(q)) for ch, q in zip(text, quads.tolist(), strict=True))
    return Word(text=text, quad=span(quads, orientation, straight), chars=chars)


def _to_quad(corners: list[list[float]]) -> Quad:
    (a, b), (c, d), (e, f), (g, h) = corners
    return Quad(((a, b), (c, d), (e, f), (g, h)))


def find_visible(quads: Floats, width: int, height: int) -> NDArray[np.bool_]:
    """Which of (N, 4, 2) quads lie mostly inside a picture of this size: (N,) bool."""
    low, high = quads.min(axis=1), quads.max(axis=1)
    size = np.maximum(high - low, 1e-6)
    inside = np.clip(np.minimum(high, (width, height)) - np.maximum(low, 0), 0, None) / size
    return np.asarray(inside.prod(axis=1) >= _VISIBLE_SHARE, np.bool_)


def span(quads: Floats, orientation: Orientation = "horizontal", straight: bool | None = None) -> Quad:
    """The quad from the first to the last of a straight run of characters; a rectangle around a bent run."""
    if straight is None:
        straight = is_straight(quads, orientation)
    if straight or len(quads) == 1:
        first, last = quads[0], quads[-1]
        parts = (
            (first[0], last[1], last[2], first[3])
            if orientation == "horizontal"
            else (first[0], first[1], last[2], last[3])
        )
        return _to_quad([part.tolist() for part in parts])
    return enclose(Quad.from_array(quad) for quad in quads)


def is_straight(quads: Floats, orientation: Orientation) -> bool:
    """Whether both edges of a run of (N, 4, 2) characters keep within 8 % of its thickness of straight lines."""
    first, last = quads[0], quads[-1]
    if orientation == "horizontal":
        edges = (first[0], last[1], quads[:, :2]), (first[3], last[2], quads[:, 2:])
        across = first[3] - first[0]
    else:
        edges = (first[0], last[3], quads[:, [0, 3]]), (first[1], last[2], quads[:, [1, 2]])
        across = first[1] - first[0]
    limit = 0.08 * max(float(np.hypot(*across)), 1e-6)
    return all(_measure_bend(start, end, points) < limit for start, end, points in edges)


def _measure_bend(start: Floats, end: Floats, points: Floats) -> float:
    """Largest distance of (N, K, 2) points from the straight line through `start` and `end`."""
    along = end - start
    length = float(np.hypot(*along))
    if length < 1e-6:
        return 0.0
    offset = points.reshape(-1, 2) - start
    return float(np.abs(offset[:, 0] * along[1] - offset[:, 1] * along[0]).max() / length)
