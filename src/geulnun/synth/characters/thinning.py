"""Letters as pen strokes: ink thinned to lines one pixel wide, lines traced into points.

Source: Zhang and Suen 1984, A fast parallel algorithm for thinning digital patterns.
"""

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

from geulnun.synth.materials.pen_strokes import Strokes

_MIN_SPUR_PX = 3
_MAX_ROUNDS = 64
# Clockwise from the pixel above, as the paper numbers p2..p9.
_AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
_WEIGHTS = np.zeros((3, 3), np.float32)
for _bit, (_dy, _dx) in enumerate(_AROUND):
    _WEIGHTS[1 + _dy, 1 + _dx] = 1 << _bit


def find_skeleton(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(H, W) the middle lines of the shapes of a mask, one pixel wide and connected as they were."""
    shape = np.pad(mask, 1).astype(np.uint8)
    tables = _deletable()
    for _ in range(_MAX_ROUNDS):
        changed = False
        for table in tables:
            code = np.asarray(cv2.filter2D(shape, cv2.CV_8U, _WEIGHTS, borderType=cv2.BORDER_CONSTANT))
            gone = table[code] & (shape > 0)
            if gone.any():
                shape[gone] = 0
                changed = True
        if not changed:
            break
    return np.asarray(shape[1:-1, 1:-1] > 0)


@functools.cache
def _deletable() -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """For both passes, whether a pixel goes, by the code of its eight neighbours."""
    passes = np.zeros((2, 256), np.bool_)
    for code in range(256):
        ring = [code >> bit & 1 for bit in range(8)]
        rises = sum(not a and b for a, b in zip(ring, ring[1:] + ring[:1], strict=True))
        if not 2 <= sum(ring) <= 6 or rises != 1:
            continue
        up, right, down, left = ring[0], ring[2], ring[4], ring[6]
        passes[0, code] = not (up and right and down) and not (right and down and left)
        passes[1, code] = not (up and right and left) and not (up and down and left)
    return passes[0], passes[1]


def trace_strokes(skeleton: NDArray[np.bool_]) -> Strokes:
    """The lines of a skeleton as strokes in pixels, smoothed; a stroke ends where lines end, meet or close."""
    links = _link_pixels(skeleton)
    knots = [pixel for pixel, others in links.items() if len(others) != 2]
    strokes: Strokes = []
    for start in [*knots, *links]:
        while links[start]:
            path = _walk(start, links)
            # Thinning leaves short hairs on the edges of thick strokes.
            if len(path) > _MIN_SPUR_PX or len(links) <= _MIN_SPUR_PX:
                strokes.append(_smooth(np.array(path, np.float64)[:, ::-1]))
    return strokes


def _link_pixels(skeleton: NDArray[np.bool_]) -> dict[tuple[int, int], set[tuple[int, int]]]:
    """Each pixel's neighbours on the line; a diagonal counts only where no step round the corner joins the two."""
    codes = np.asarray(cv2.filter2D(skeleton.astype(np.uint8), cv2.CV_8U, _WEIGHTS, borderType=cv2.BORDER_CONSTANT))
    steps = _linked_steps()
    ys, xs = np.nonzero(skeleton)
    return {
        (y, x): {(y + dy, x + dx) for dy, dx in steps[code]}
        for y, x, code in zip(ys.tolist(), xs.tolist(), codes[ys, xs].tolist(), strict=True)
    }


@functools.cache
def _linked_steps() -> tuple[tuple[tuple[int, int], ...], ...]:
    """For each code of eight neighbours the steps to those that a pixel is linked to."""
    table = []
    for code in range(256):
        there = {step for bit, step in enumerate(_AROUND) if code >> bit & 1}
        table.append(
            tuple(
                (dy, dx) for dy, dx in _AROUND if (dy, dx) in there and not (dy and dx and {(dy, 0), (0, dx)} & there)
            )
        )
    return tuple(table)


def _walk(start: tuple[int, int], links: dict[tuple[int, int], set[tuple[int, int]]]) -> list[tuple[int, int]]:
    """The pixels from `start` to the next knot; removes the links walked from the graph."""
    path = [start]
    at = start
    while links[at]:
        # The smallest, so that the order does not hang on how a set is kept.
        following = min(links[at])
        links[at].discard(following)
        links[following].discard(at)
        path.append(following)
        at = following
        if len(links[at]) != 1:
            break
    return path


def _smooth(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Every other point of the line averaged over its neighbours; the ends stay."""
    if len(points) < 5:
        return points[[0, -1]] if len(points) > 1 else np.repeat(points, 2, axis=0)
    padded = np.concatenate([points[:1], points[:1], points, points[-1:], points[-1:]])
    mean = np.mean([padded[i : i + len(points)] for i in range(5)], axis=0)
    mean[0], mean[-1] = points[0], points[-1]
    return np.asarray(np.concatenate([mean[:-1:2], mean[-1:]]))
