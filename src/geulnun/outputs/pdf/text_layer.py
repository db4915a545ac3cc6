"""The invisible text of a page as a PDF content stream.

Words are written so that readers of PDFs find every space and no more: each with one space behind it, stretched so that
both together reach the start of the next word. Lines that lie tilted are one piece; so are headings that are spaced
out letter by letter, which are written without these spaces.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import NamedTuple

import numpy as np

from geulnun.core.arrays import Floats
from geulnun.core.geometry import Quad
from geulnun.core.page import Line, Page
from geulnun.outputs.grid import clean_text
from geulnun.outputs.pdf.glyphless_font import ASCENT, DESCENT, UNITS_PER_EM, CodeTable, measure_text

_MOST_RISE = 0.25  # of a line's height, over its length: what may be laid along the page's axes
_LEAST_SIZE = 0.5  # points, of a line's height and length
_MOST_FIT = 1.6  # of a tilted line's size
_LEAST_STRETCH = 0.05  # of a word's natural width; words may overlap
_DEPTH = DESCENT / (DESCENT - ASCENT)  # of a line's height, below its baseline


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a page image lies in the user space of its PDF page: affine, (2, 3), pixels (y down) to units (y up)."""

    matrix: Floats

    @classmethod
    def from_box(
        cls, box: tuple[float, float, float, float], rotation_deg: int, width_px: int, height_px: int
    ) -> "Frame":
        """The frame of an image that shows the `box` of a page, turned clockwise as the page's /Rotate says.

        Args:
            box: left, bottom, right and top in user space.
            rotation_deg: 0, 90, 180 or 270.
            width_px: of the image, after turning.
            height_px: of the image, after turning.
        """
        left, bottom, right, top = box
        across, up = right - left, top - bottom
        # User-space positions of the image's top left, and the ways of its upper and left edge.
        origin, along, down = {
            0: ((left, top), (across, 0.0), (0.0, -up)),
            90: ((left, bottom), (0.0, up), (across, 0.0)),
            180: ((right, bottom), (-across, 0.0), (0.0, up)),
            270: ((right, top), (0.0, -up), (-across, 0.0)),
        }[rotation_deg]
        columns = [np.array(along) / max(width_px, 1), np.array(down) / max(height_px, 1), np.array(origin)]
        return cls(np.stack(columns, axis=1).astype(np.float64))

    def moved(self, matrix: Floats) -> "Frame":
        """This frame followed by an affine map of user space, (3, 3)."""
        return Frame(matrix[:2, :2] @ self.matrix + np.outer(matrix[:2, 2], (0.0, 0.0, 1.0)))

    def place(self, points_px: Floats) -> Floats:
        """(N, 2) pixels to (N, 2) user space."""
        result: Floats = points_px @ self.matrix[:, :2].T + self.matrix[:, 2]
        return result


class _Part(NamedTuple):
    """Text, and where it starts and ends along the baseline."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class _PlacedLine:
    """A line of text in user space.

    Attributes:
        start: of its baseline, (2,).
        along: unit vector of reading, (2,).
        up: unit vector from the baseline to the letters' heads, (2,).
        size: height of the line.
        parts: what is written in one piece each.
    """

    start: Floats
    along: Floats
    up: Floats
    size: float
    parts: tuple[_Part, ...]


def build_text_layer(page: Page, frame: Frame, font_name: str, codes: CodeTable) -> bytes:
    """The content stream that writes the page's lines invisibly; empty if there are none.

    Args:
        page: what was read.
        frame: where its image lies.
        font_name: of the glyphless font in the page's resources, with its slash.
        codes: of the font; grows by the characters that are new.
    """
    placed = [each for line in page.lines if (each := _place_line(line, frame)) is not None]
    if not placed:
        return b""
    rows = [b"q BT 3 Tr"]
    for each in placed:
        rows.extend(_write_line(each, font_name, codes))
    return b"\n".join([*rows, b"ET Q\n"])


def _place_line(line: Line, frame: Frame) -> _PlacedLine | None:
    """The line in user space, along an axis of the page if it lies nearly so; None if it has no text or no extent."""
    words = tuple(
        (text, frame.place(_own_corners(line, word.quad))) for word in line.words if (text := _clean(word.text))
    )
    quad = frame.place(_own_corners(line, line.quad))
    left, right = (quad[0] + quad[3]) / 2, (quad[1] + quad[2]) / 2
    length, size = (float(np.linalg.norm(way)) for way in (right - left, (quad[0] + quad[1] - quad[2] - quad[3]) / 2))
    if not words or not math.isfinite(length + size) or min(length, size) < _LEAST_SIZE:
        return None
    along = (right - left) / length
    tilted = bool(np.abs(along).min() * length > _MOST_RISE * size)
    if not tilted:
        along = np.round(along)
    up = np.array([-along[1], along[0]])
    start_along = float(left @ along)
    if line.joined is not None or tilted or along[0] < 0:
        whole = " ".join(text for text, _ in words) if line.joined is None else _clean(line.joined)
        parts: tuple[_Part, ...] = (_Part(whole, 0.0, float(right @ along) - start_along),)
    else:
        parts = tuple(
            _Part(text, float((q[0] + q[3]) @ along) / 2 - start_along, float((q[1] + q[2]) @ along) / 2 - start_along)
            for text, q in words
        )
    if tilted:
        size = _fit_size(size, parts[0])
    baseline = float(quad.mean(axis=0) @ up) + (_DEPTH - 0.5) * size
    return _PlacedLine(start=along * start_along + up * baseline, along=along, up=up, size=size, parts=parts)


def _fit_size(size: float, part: _Part) -> float:
    """The font size at which a tilted line is as long as it should be, if it is not far from `size`; else `size`.

    pdf.js compares the places of two tilted lines rightly only if neither is stretched.
    """
    stretch = (part.end - part.start) / (measure_text(part.text) * size / UNITS_PER_EM)
    return size * stretch if 1 / _MOST_FIT < stretch < _MOST_FIT else size


def _own_corners(line: Line, quad: Quad) -> Floats:
    """The quad's corners, (4, 2), as the written row has them: that of vertical text lies on its side, heads right."""
    return quad.array if line.orientation == "horizontal" else quad.array[[1, 2, 3, 0]]


def _write_line(line: _PlacedLine, font_name: str, codes: CodeTable) -> Iterator[bytes]:
    pen = line.parts[0].start
    x, y = line.start + line.along * pen
    matrix = " ".join(_format(value, 5) for value in (*line.along, *line.up))
    yield f"{font_name} {_format(line.size)} Tf {matrix} {_format(x)} {_format(y)} Tm".encode("ascii")
    for part, following in zip_longest(line.parts, line.parts[1:]):
        # The last space has nothing to reach.
        wanted = part.end - pen if following is None else following.start - pen
        natural = measure_text(part.text if following is None else part.text + " ") * line.size / UNITS_PER_EM
        stretch = max(wanted / natural, _LEAST_STRETCH)
        pen += natural * stretch
        yield _format(100 * stretch).encode("ascii") + b" Tz " + codes.encode(part.text + " ") + b" Tj"


def _clean(text: str) -> str:
    return " ".join(clean_text(text).split())


def _format(value: float, decimals: int = 2) -> str:
    text = f"{value:.{decimals}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
