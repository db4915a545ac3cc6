"""Maps as a perfect detector would paint them, so that finding text can be tested without weights."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest

from geulnun.core.geometry import Quad, transform_points

Words = Sequence[Sequence[Quad]]


def _paint(canvas: np.ndarray, corners: np.ndarray) -> None:
    """Puts a Gaussian of sigma 0.3 sides over a quad given in cells, by maximum."""
    height, width = canvas.shape
    center = corners.mean(axis=0)
    reach = 1.5 * (corners - center) + center
    left, top = np.maximum(np.floor(reach.min(axis=0)).astype(int) - 1, 0)
    right, bottom = np.minimum(np.ceil(reach.max(axis=0)).astype(int) + 2, (width, height))
    if right <= left or bottom <= top:
        return
    unit = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)], np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), unit)
    ys, xs = np.mgrid[top:bottom, left:right] + 0.5
    places = np.column_stack([xs.ravel(), ys.ravel()])
    distance = (transform_points(places, matrix) ** 2).sum(axis=1) / 0.3**2
    values = np.where(distance < 2.5**2, np.exp(-distance / 2), 0).reshape(xs.shape)
    view = canvas[top:bottom, left:right]
    np.maximum(view, values, out=view)


def _affinity_corners(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    step = second.mean(axis=0) - first.mean(axis=0)
    if abs(step @ (first[3] - first[0])) > abs(step @ (first[1] - first[0])):  # stacked: the side triangles join
        first, second = np.roll(first, 1, axis=0), np.roll(second, 1, axis=0)
    (tl1, tr1, br1, bl1), (tl2, tr2, br2, bl2) = first, second
    c1, c2 = first.mean(axis=0), second.mean(axis=0)
    return np.array([(tl1 + tr1 + c1) / 3, (tl2 + tr2 + c2) / 3, (bl2 + br2 + c2) / 3, (bl1 + br1 + c1) / 3])


@pytest.fixture(scope="session")
def paint_maps() -> Callable[..., np.ndarray]:
    """Function from words (each the quads of its characters, in image pixels) to (2, h, w) maps."""

    def paint(words: Words, width_px: int, height_px: int, scale: float = 1.0) -> np.ndarray:
        shape = -(-round(height_px * scale) // 32) * 16, -(-round(width_px * scale) // 32) * 16
        maps = np.zeros((2, *shape), np.float32)
        for word in words:
            corners = [quad.array * scale / 2 for quad in word]
            for one in corners:
                _paint(maps[0], one)
            for first, second in zip(corners[:-1], corners[1:], strict=True):
                _paint(maps[1], _affinity_corners(first, second))
        return maps

    return paint


@pytest.fixture(scope="session")
def set_words() -> Callable[..., list[list[Quad]]]:
    """Function that sets words in a line: lists of character quads from widths over height."""

    def set_line(
        words: Sequence[int | Sequence[float]],
        x: float,
        y: float,
        size_px: float,
        *,
        gap_ratio: float = 0.4,
        angle_deg: float = 0.0,
    ) -> list[list[Quad]]:
        radians = np.radians(angle_deg)
        turn = np.array([[np.cos(radians), np.sin(radians)], [-np.sin(radians), np.cos(radians)]])
        pen, placed = 0.0, []
        for word in words:
            quads = []
            for ratio in [1.0] * word if isinstance(word, int) else word:
                box = Quad.from_xyxy(pen, 0, pen + ratio * size_px, size_px)
                quads.append(Quad.from_array(box.array @ turn + (x, y)))
                pen += ratio * size_px
            placed.append(quads)
            pen += gap_ratio * size_px
        return placed

    return set_line
