"""From a drawn page to a picture as it is met: printed and scanned, photographed, resized, cut, compressed."""

from dataclasses import replace

import numpy as np

from geulnun.synth.effects.damage import apply_picture_damage, draw_damage
from geulnun.synth.effects.effect import Conditions, Scene
from geulnun.synth.effects.picture.jpeg import apply_jpeg, draw_jpeg
from geulnun.synth.materials.photos import Photos
from geulnun.synth.materials.texture import draw_surface
from geulnun.synth.pages.distort import (
    apply_bend,
    apply_crop,
    apply_resize,
    apply_skew,
    apply_tilt,
    draw_bend,
    draw_skew,
    draw_tilt,
)
from geulnun.synth.pages.paper import apply_copying, draw_copying
from geulnun.synth.pages.truth import Drawing

_SMALLEST_BODY_PX = 9.5
_MOST_GRAIN: dict[Scene, float] = {"photo": 14.0, "screen": 8.0, "caption": 7.0}
_LEAST_SPECKED_PX = 15.0  # letters that stay readable among specks and in black and white


def finish_paper(rng: np.random.Generator, drawing: Drawing, photos: Photos) -> Drawing:
    """A printed page: as rendered in two of five cases, else scanned, or photographed."""
    return save_picture(rng, _copy(rng, drawing, photos, rendered=0.42, scanned=0.4))


def finish_screen(rng: np.random.Generator, drawing: Drawing, photos: Photos) -> Drawing:
    """A screenshot, most of them sharp; one in twenty photographed off the screen."""
    drawing = _photograph_some(rng, drawing, photos)
    return save_picture(rng, drawing, "screen" if rng.random() < 0.35 else None)


def finish_scene(rng: np.random.Generator, drawing: Drawing, photos: Photos) -> Drawing:
    """A photograph."""
    return save_picture(rng, drawing, "photo")


def finish_caption(rng: np.random.Generator, drawing: Drawing, photos: Photos) -> Drawing:
    """A film still."""
    return save_picture(rng, drawing, "caption")


def finish_picture(rng: np.random.Generator, drawing: Drawing, photos: Photos) -> Drawing:
    """A picture without text: some as photographs, none of them resized."""
    camera = rng.random() < 0.3
    drawing = drawing if camera else _photograph_some(rng, drawing, photos)
    return save_picture(rng, drawing, "photo" if camera else None, resized=False)


def save_picture(
    rng: np.random.Generator, drawing: Drawing, scene: Scene | None = None, *, resized: bool = True
) -> Drawing:
    """The drawing resized and cut, with the picture effects of a scene; without one, compressed in three of five."""
    if resized:
        drawing = _resize(rng, drawing)
    if rng.random() < 0.08:
        drawing = _cut_piece(rng, drawing)
    if scene is not None:
        conditions = Conditions(
            scene=scene, letter_px=_measure_smallest(drawing), most_grain=_MOST_GRAIN.get(scene, 8.0)
        )
        drawing = replace(drawing, image=apply_picture_damage(drawing.image, draw_damage(rng, conditions)))
    elif rng.random() < 0.6:
        drawing = replace(drawing, image=apply_jpeg(drawing.image, draw_jpeg(rng)))
    return replace(drawing, image=np.ascontiguousarray(drawing.image))


def _photograph_some(rng: np.random.Generator, drawing: Drawing, photos: Photos) -> Drawing:
    return photograph(rng, drawing, photos) if rng.random() < 0.05 else drawing


def _copy(rng: np.random.Generator, drawing: Drawing, photos: Photos, *, rendered: float, scanned: float) -> Drawing:
    """Left as a renderer made it, scanned, or photographed."""
    roll = rng.random()
    if roll < rendered:
        return drawing
    if roll < rendered + scanned:
        if rng.random() < 0.6:
            border = (255, 255, 255) if rng.random() < 0.8 else (40, 40, 40)
            drawing = apply_skew(drawing, draw_skew(rng), border)
        copying = draw_copying(rng)
        if _measure_smallest(drawing) < _LEAST_SPECKED_PX:
            copying = replace(copying, threshold=0.0, specks=min(copying.specks, 150.0))
        return replace(drawing, image=apply_copying(drawing.image, copying))
    return photograph(rng, drawing, photos)


def photograph(rng: np.random.Generator, drawing: Drawing, photos: Photos) -> Drawing:
    """The page lying on something, bent, seen at an angle, unevenly lit."""
    height, width = drawing.size
    if rng.random() < 0.6:
        drawing = apply_bend(drawing, draw_bend(rng, width, height))
    ground = photos.draw(rng, height, width) if rng.random() < 0.3 else draw_surface(rng, height, width)
    drawing = apply_tilt(drawing, draw_tilt(rng, rng.uniform(0.01, 0.1), rng.uniform(-0.04, 0.05)), ground)
    copying = replace(draw_copying(rng, 0.6), bleed=0.0, threshold=0.0, lines=0, gray=bool(rng.random() < 0.1))
    return replace(drawing, image=apply_copying(drawing.image, copying))


def _cut_piece(rng: np.random.Generator, drawing: Drawing) -> Drawing:
    """A part of the drawing, as people cut screenshots and photographs: letters may be cut through at its edges."""
    height, width = drawing.size
    cut_w, cut_h = int(width * rng.uniform(0.5, 1)), int(height * rng.uniform(0.35, 1))
    return apply_crop(
        drawing, int(rng.integers(width - cut_w + 1)), int(rng.integers(height - cut_h + 1)), cut_w, cut_h
    )


def _resize(rng: np.random.Generator, drawing: Drawing) -> Drawing:
    """A little smaller or larger, within what letters and sizes allow."""
    if rng.random() < 0.55:
        return drawing
    low = max(0.6, _SMALLEST_BODY_PX / max(_measure_smallest(drawing), 1.0))
    high = min(1.4, 1800 / max(drawing.size))
    if low >= high:
        return drawing
    scale = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    return apply_resize(drawing, scale)


def _measure_smallest(drawing: Drawing) -> float:
    """Height in pixels of the smallest letters; less for a face whose letters fill only half of it."""
    if not drawing.lines:
        return 20.0
    heights = [float(np.ptp(line.quads[0, :, 1])) for line in drawing.lines]
    widths = [float(np.ptp(line.quads[:, :, 0], axis=1).max()) for line in drawing.lines]
    return min(heights) * min(1.0, float(np.median(np.array(widths) / np.maximum(heights, 1.0))))
