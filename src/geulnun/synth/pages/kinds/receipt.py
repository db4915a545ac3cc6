"""Till receipts, card slips, kitchen orders: bitmap letters by heat or pins, faint, curled, crumpled."""

from dataclasses import replace
from functools import partial

import cv2
import numpy as np

from geulnun.core.arrays import RgbImage
from geulnun.synth import texts
from geulnun.synth.effects.damage import apply_ink_damage, apply_picture_damage, draw_damage
from geulnun.synth.effects.effect import Conditions, Damage
from geulnun.synth.effects.ink.breaks import Breaks
from geulnun.synth.effects.ink.spread import Spread
from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.photos import Photos
from geulnun.synth.materials.planes import draw_fractal, draw_plane, draw_ramp
from geulnun.synth.materials.texture import Color, draw_surface
from geulnun.synth.pages.canvas import Canvas
from geulnun.synth.pages.distort import (
    apply_bend,
    apply_resize,
    apply_skew,
    apply_tilt,
    draw_bend,
    draw_skew,
    draw_tilt,
)
from geulnun.synth.pages.elements.slip import draw_printer, write_row
from geulnun.synth.pages.finish import save_picture
from geulnun.synth.pages.kind import PageKind
from geulnun.synth.pages.paper import apply_copying, draw_copying
from geulnun.synth.pages.truth import Drawing, DrawnLine
from geulnun.synth.pages.wording import Wording

_MOST_ROWS = 60
_LEAST_LETTER_PX, _MOST_LETTER_PX = 9.5, 24.0
_BLACK_BELOW = 50  # grey level of print that may still fade by half
_LEAST_SPECKED_PX = 16.0  # letters that copies with specks and in black and white leave readable


def draw_receipt(rng: np.random.Generator, fonts: FontLibrary, wording: Wording, photos: Photos) -> Drawing:
    """One slip on its own paper; one in eight has a second one beside it, some of those upside down."""
    slip = draw_slip(rng, fonts)
    if rng.random() > 0.12:
        return slip
    other = draw_slip(rng, fonts)
    return _lay_beside(rng, slip, _turn_over(other) if rng.random() < 0.25 else other)


def draw_slip(rng: np.random.Generator, fonts: FontLibrary) -> Drawing:
    """A slip as its printer made it: ink by ink effects, on its paper."""
    printer, width = draw_printer(rng, fonts)
    rows = texts.draw_receipt(rng)[:_MOST_ROWS]
    height = round((len(rows) + 8) * printer.step_px * 2 + 10 * printer.style.size_px)
    canvas = Canvas(np.full((height, width, 3), 255, np.uint8), fonts, rng)
    y = printer.step_px * float(rng.uniform(0.5, 2))
    for row in rows:
        y += round(write_row(canvas, printer, row, round(y)))
    drawing = canvas.finish()
    bottom = min(height, round(y + printer.step_px * rng.uniform(0.5, 2)))
    ink = np.ascontiguousarray(255 - drawing.image[:bottom, :, 0])
    damage = _draw_print_damage(rng, printer.style.size_px)
    return replace(drawing, image=_print_ink(rng, apply_ink_damage(ink, damage)))


def _draw_print_damage(rng: np.random.Generator, letter_px: float) -> Damage:
    """Ink effects of paper, gentle on strokes one dot wide: they gain, and do not lose, and break less."""
    damage = draw_damage(rng, Conditions(scene="scan", letter_px=letter_px))
    spread, breaks = damage.find(Spread), damage.find(Breaks)
    if spread is not None:
        damage = damage.adding(replace(spread, amount_px=abs(spread.amount_px)))
    if breaks is not None:
        damage = damage.adding(replace(breaks, strength=min(breaks.strength, 0.5)))
    return damage


def _print_ink(rng: np.random.Generator, ink: RgbImage) -> RgbImage:
    """Ink (H, W) laid on thermal or plain paper, black, grey, blue or violet, fading to one side now and then."""
    height, width = ink.shape
    level = float(rng.uniform(215, 255))
    paper = np.array([level, level - rng.uniform(0, 6), level - rng.uniform(0, 22)], np.float32)
    ground = np.broadcast_to(paper, (height, width, 3)).astype(np.float32)
    if rng.random() < 0.4:
        ground = ground + draw_fractal(rng, height, width, width / rng.uniform(1, 6), 4)[..., None] * rng.uniform(2, 10)
    cover = ink.astype(np.float32) / 255
    color = _draw_ink_color(rng)
    if rng.random() < 0.3:
        most = 0.5 if color[0] < _BLACK_BELOW else 0.2
        cover = cover * (1 - np.float32(rng.uniform(0.1, most)) * draw_ramp(rng, height, width))
    image = ground + (np.array(color, np.float32) - ground) * cover[..., None]
    return np.clip(image, 0, 255).astype(np.uint8)


def _draw_ink_color(rng: np.random.Generator) -> Color:
    """From black to a pale grey; one in five blue or violet."""
    dark = int(rng.choice([0, 20, 45, 70, 100]))
    if rng.random() < 0.2:
        return dark, dark, min(255, dark + int(rng.integers(15, 70)))
    return dark, dark, dark


def _turn_over(drawing: Drawing) -> Drawing:
    """The slip upside down."""
    height, width = drawing.size
    image = np.ascontiguousarray(drawing.image[::-1, ::-1])
    return drawing.moved(image, lambda points: np.array([width, height]) - points)


def _lay_beside(rng: np.random.Generator, first: Drawing, second: Drawing) -> Drawing:
    """Two slips on one ground, the first read first."""
    gap = int(first.size[1] * rng.uniform(0.03, 0.2))
    height = max(first.size[0], second.size[0]) + 2 * gap
    width = first.size[1] + second.size[1] + 3 * gap
    image = draw_surface(rng, height, width)
    lines: tuple[DrawnLine, ...] = ()
    left = gap
    for slip in (first, second):
        shift = np.array([left, gap + int(rng.integers(0, height - slip.size[0] - gap + 1) * rng.random())])
        x, y = int(shift[0]), int(shift[1])
        slip = replace(slip, image=slip.image[: height - y])
        image[y : y + slip.size[0], x : x + slip.size[1]] = slip.image
        lines += slip.moved(image, partial(np.add, shift)).lines
        left += slip.size[1] + gap
    return Drawing(image=image, lines=lines)


def finish_receipt(rng: np.random.Generator, drawing: Drawing, photos: Photos) -> Drawing:
    """As an app shows it, scanned, or (two thirds) photographed: curled, crumpled, in the shadow of a hand."""
    drawing = _shrink(rng, drawing)
    roll = rng.random()
    if roll < 0.12:
        return save_picture(rng, drawing, resized=False)
    if roll < 0.34:
        border = (255, 255, 255) if rng.random() < 0.7 else (40, 40, 40)
        drawing = apply_skew(drawing, draw_skew(rng), border)
        copying = draw_copying(rng, 0.7)
        if _measure_letter(drawing) < _LEAST_SPECKED_PX:
            copying = replace(copying, specks=0.0, threshold=0.0, grain=min(copying.grain, 6.0))
        return save_picture(rng, replace(drawing, image=apply_copying(drawing.image, copying)), resized=False)
    return save_picture(rng, _photograph(rng, drawing, photos), resized=False)


def _photograph(rng: np.random.Generator, drawing: Drawing, photos: Photos) -> Drawing:
    height, width = drawing.size
    if rng.random() < 0.45:
        drawing = replace(drawing, image=_crumple(rng, drawing.image))
    if rng.random() < 0.7:
        drawing = apply_bend(drawing, draw_bend(rng, width, height, float(rng.uniform(0.5, 1.7))))
    ground = photos.draw(rng, height, width) if rng.random() < 0.4 else draw_surface(rng, height, width)
    drawing = apply_tilt(drawing, draw_tilt(rng, rng.uniform(0.01, 0.08), rng.uniform(-0.04, 0.06)), ground)
    if rng.random() < 0.4:
        drawing = replace(drawing, image=_shade(rng, drawing.image))
    conditions = Conditions(scene="photo", letter_px=_LEAST_LETTER_PX, most_grain=9.0)
    return replace(drawing, image=apply_picture_damage(drawing.image, draw_damage(rng, conditions)))


def _shrink(rng: np.random.Generator, drawing: Drawing) -> Drawing:
    """The slip at the size of a picture of it: letters of 10 to 24 px, small ones likelier."""
    letter = _measure_letter(drawing)
    wanted = _LEAST_LETTER_PX + (_MOST_LETTER_PX - _LEAST_LETTER_PX) * rng.random() ** 1.6
    return apply_resize(drawing, float(min(wanted / letter, 1750 / max(drawing.size))))


def _measure_letter(drawing: Drawing) -> float:
    """Median height of letters in pixels."""
    return float(np.median([np.ptp(line.quads[0, :, 1]) for line in drawing.lines])) if drawing.lines else 20.0


def _crumple(rng: np.random.Generator, image: RgbImage) -> RgbImage:
    """Facets of paper that was crushed in a hand: ridges in light and shadow."""
    height, width = image.shape[:2]
    plane = np.abs(draw_fractal(rng, height, width, max(height, width) / rng.uniform(3, 9), 3))
    slope = cv2.Sobel(cv2.GaussianBlur(plane, (0, 0), 1.5), cv2.CV_32F, 1, 1, ksize=5)
    ridges = slope * np.float32(rng.uniform(25, 70) / max(float(np.abs(slope).max()), 1e-6))
    light = ridges + draw_plane(rng, height, width, width / 2) * np.float32(rng.uniform(3, 16))
    return np.asarray(np.clip(image + light[..., None], 0, 255), np.uint8)


def _shade(rng: np.random.Generator, image: RgbImage) -> RgbImage:
    """The shadow of a hand or telephone over a part of the picture, its edge soft."""
    height, width = image.shape[:2]
    # Soft enough to be drawn at an eighth of the size.
    rows, columns = max(2, height // 8), max(2, width // 8)
    mask = np.zeros((rows, columns), np.uint8)
    middle = np.array([rng.choice([0.0, 1.0]) * columns, rng.uniform(0.2, 1.1) * rows])
    angles = np.sort(rng.uniform(0, 2 * np.pi, 7))
    reach = np.array([columns, rows]) * rng.uniform(0.25, 0.8, (7, 1))
    corners = middle + np.column_stack([np.cos(angles), np.sin(angles)]) * reach
    cv2.fillPoly(mask, [corners.astype(np.int32)], 255)
    blurred = cv2.GaussianBlur(mask, (0, 0), max(rows, columns) * float(rng.uniform(0.01, 0.06)))
    soft = cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR)
    factor = 1 - soft.astype(np.float32) / 255 * float(rng.uniform(0.15, 0.45))
    return (image * factor[..., None]).astype(np.uint8)


KIND = PageKind(draw=draw_receipt, weight=0.09, finish=finish_receipt)
