"""Ink on the canvas of a strip: the line, its neighbours, rules and icon, and what of it is cut out."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from geulnun.core.geometry import Quad
from geulnun.synth.materials.glyphs import GlyphRun
from geulnun.synth.materials.icons import draw_icon
from geulnun.synth.strips.look_parts import Bend, Icon, Margins, Rule, StripLook, Surroundings

Box = tuple[float, float, float, float]

# Room around what is cut, for the pixels that interpolation looks at.
_EDGE_PX = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Where on a canvas the line is and what of it becomes the strip.

    Attributes:
        box: (left, top, right, bottom) of the line box.
        quad: what is cut out: the box with its margins, tilted and bent.
    """

    box: Box
    quad: Quad

    @property
    def height_px(self) -> float:
        """Height of the line box."""
        return self.box[3] - self.box[1]


def place_ink(run: GlyphRun, look: StripLook, rng: np.random.Generator) -> tuple[NDArray[np.uint8], Frame]:
    """A canvas with the run, its neighbours and rules as coverage, just large enough for its frame."""
    quad = find_quad(run.xyxy, look.margins, look.bend)
    left, top, right, bottom = quad.xyxy
    # Whole pixels, so that placing does not soften the letters.
    dx, dy = _EDGE_PX - math.floor(left), _EDGE_PX - math.floor(top)
    canvas = np.zeros((math.ceil(bottom) + dy + _EDGE_PX, math.ceil(right) + dx + _EDGE_PX), np.uint8)
    _add_ink(canvas, run.ink, dx, dy)
    x0, y0, x1, y1 = run.xyxy
    frame = Frame(box=(x0 + dx, y0 + dy, x1 + dx, y1 + dy), quad=quad.shifted(dx, dy))
    _add_neighbours(canvas, run, frame.box, look.surroundings, look.texture_seed)
    _add_rules(canvas, frame.box, look.surroundings)
    if look.icon is not None:
        _add_icon(canvas, frame.box, look.icon, rng)
    return canvas, frame


def _add_icon(canvas: NDArray[np.uint8], box: Box, icon: Icon, rng: np.random.Generator) -> None:
    """Draw the icon beside the line on `canvas` in place."""
    left, top, right, bottom = box
    height = bottom - top
    side = max(4, round(icon.size * height))
    x = right + icon.gap * height if icon.gap > 0 else left + icon.gap * height - side
    _add_ink(canvas, draw_icon(rng, icon.kind, side), round(x), round((top + bottom - side) / 2))


def find_quad(box: Box, margins: Margins, bend: Bend) -> Quad:
    """The quad that is cut for a line box: its margins added, turned, its corners shifted."""
    left, top, right, bottom = box
    unit = bottom - top
    left, right = left - margins.left * unit, right + margins.right * unit
    top, bottom = top - margins.top * unit, bottom + margins.bottom * unit
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    if bend.tilt_deg:
        # Long lines only bear so much tilt before their ends leave the strip.
        limit = math.degrees(math.atan(0.24 * unit / max(right - left, unit)))
        angle = math.radians(max(-limit, min(limit, bend.tilt_deg)))
        middle = corners.mean(axis=0)
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        corners = (corners - middle) @ turn.T + middle
    if bend.corners:
        corners = corners + np.reshape(bend.corners, (4, 2)) * unit
    return Quad.from_array(corners)


def _add_ink(canvas: NDArray[np.uint8], ink: NDArray[np.uint8], x: int, y: int) -> None:
    """Draw `ink` on `canvas` in place with its corner at (x, y); what lies outside is cut off."""
    height, width = canvas.shape
    x0, y0 = max(0, x), max(0, y)
    x1, y1 = min(width, x + ink.shape[1]), min(height, y + ink.shape[0])
    if x1 <= x0 or y1 <= y0:
        return
    part = canvas[y0:y1, x0:x1]
    np.maximum(part, ink[y0 - y : y1 - y, x0 - x : x1 - x], out=part)


def _add_neighbours(
    canvas: NDArray[np.uint8],
    run: GlyphRun,
    box: Box,
    surroundings: Surroundings,
    seed: int,
) -> None:
    """Draw lines above and below and letters beside on `canvas` in place, made of the run's own letters shifted."""
    left, top, right, bottom = box
    height = bottom - top
    shift = seed % max(1, run.ink.shape[1])
    x = round(left - run.xyxy[0])
    if surroundings.above_gap is not None:
        ink = np.roll(run.ink, shift, axis=1)
        _add_ink(canvas, ink, x, round(top - (1 + surroundings.above_gap) * height - run.top_px))
    if surroundings.below_gap is not None:
        ink = np.roll(run.ink, -shift, axis=1)
        _add_ink(canvas, ink, x, round(bottom + surroundings.below_gap * height - run.top_px))
    if surroundings.side_gap is not None:
        gap = abs(surroundings.side_gap) * height
        if surroundings.side_gap > 0:
            _add_ink(canvas, run.ink, round(right + gap - run.xyxy[0]), round(top - run.top_px))
        else:
            _add_ink(canvas, run.ink, round(left - gap - run.xyxy[2]), round(top - run.top_px))


def _add_rules(canvas: NDArray[np.uint8], box: Box, surroundings: Surroundings) -> None:
    """Draw the rules on `canvas` in place."""
    left, top, right, bottom = box
    height, width = canvas.shape
    gap, thick = surroundings.rule_gap * (bottom - top), surroundings.rule_width_px
    reach = max(gap, 0.12 * (bottom - top))
    value = round(255 * surroundings.rule_share)
    middle = (top + bottom) / 2
    spans: dict[Rule, list[Box]] = {
        "under": [(0, bottom + gap, width, bottom + gap + thick)],
        "over": [(0, top - gap - thick, width, top - gap)],
        "left": [(left - reach - thick, 0, left - reach, height)],
        "right": [(right + reach, 0, right + reach + thick, height)],
        "strike": [(left, middle, right, middle + min(thick, 1.5))],
        "box": [
            (left - reach, top - gap - thick, right + reach, top - gap),
            (left - reach, bottom + gap, right + reach, bottom + gap + thick),
            (left - reach - thick, top - gap - thick, left - reach, bottom + gap + thick),
            (right + reach, top - gap - thick, right + reach + thick, bottom + gap + thick),
        ],
    }
    for rule in surroundings.rules:
        for span in spans[rule]:
            x0, y0, x1, y1 = (max(0, round(v)) for v in span)
            part = canvas[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
            np.maximum(part, np.uint8(value), out=part)


def bow_ink(strip: NDArray[np.uint8], sag_px: float) -> NDArray[np.uint8]:
    """The canvas with its middle `sag_px` lower than its ends."""
    height, width = strip.shape
    x = np.linspace(-1, 1, width, dtype=np.float32)
    drop = np.float32(sag_px) * (0.5 - x * x)
    map_x = np.broadcast_to(np.arange(width, dtype=np.float32), (height, width))
    map_y = np.arange(height, dtype=np.float32)[:, None] - drop[None, :]
    return np.asarray(cv2.remap(strip, np.ascontiguousarray(map_x), map_y, cv2.INTER_LINEAR), dtype=np.uint8)
