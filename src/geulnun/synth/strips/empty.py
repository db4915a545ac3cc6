"""Strips without text, as a detector's false positives are."""

import numpy as np
from numpy.typing import NDArray

from geulnun.synth.effects.picture.blur import apply_blur, draw_blur
from geulnun.synth.effects.picture.jpeg import apply_jpeg, draw_jpeg
from geulnun.synth.effects.picture.noise import apply_noise, draw_noise
from geulnun.synth.materials.icons import UNLIKE_SYMBOLS, draw_icon
from geulnun.synth.materials.photos import Photos
from geulnun.synth.materials.planes import draw_plane


def draw_empty_strip(rng: np.random.Generator, photos: Photos, height_px: int) -> NDArray[np.uint8]:
    """(H, w) uint8 grey: a piece of a photograph, mostly; blotches, or pictograms of a screen."""
    width_px = max(height_px // 2, round(height_px * float(np.exp(rng.uniform(np.log(0.6), np.log(9.0))))))
    u = rng.random()
    if u < 0.62:
        grey = photos.draw_detail(rng, height_px, width_px)
        if rng.random() < 0.5:
            grey = _stretch(grey, float(rng.uniform(40, 230)))
    elif u < 0.75:
        level, strength = rng.uniform(20, 235), rng.uniform(2, 60)
        field = draw_plane(rng, height_px, width_px, float(rng.uniform(0.1, 2.0)) * height_px)
        grey = np.clip(level + strength * field, 0, 255).astype(np.uint8)
    else:
        grey = _draw_icons(rng, width_px, height_px)
    if rng.random() < 0.5:
        grey = apply_blur(grey, draw_blur(rng, height_px))
    if rng.random() < 0.4:
        grey = apply_noise(grey, draw_noise(rng, 16.0))
    if rng.random() < 0.6:
        grey = apply_jpeg(grey, draw_jpeg(rng))
    return grey


def _stretch(grey: NDArray[np.uint8], contrast: float) -> NDArray[np.uint8]:
    low, high = float(grey.min()), float(grey.max())
    scaled = (grey - low) * (contrast / max(high - low, 16.0)) + (255 - contrast) / 2
    return np.asarray(np.clip(scaled, 0, 255), np.uint8)


def _draw_icons(rng: np.random.Generator, width_px: int, height_px: int) -> NDArray[np.uint8]:
    """One to four pictograms side by side."""
    side = round(height_px * float(rng.uniform(0.6, 0.95)))
    step = round(side * float(rng.uniform(1.1, 2.0)))
    count = max(1, min(4, width_px // step))
    ink = np.zeros((height_px, max(width_px, side + 4)), np.float32)
    y = (height_px - side) // 2
    for i in range(count):
        x = min(2 + i * step, ink.shape[1] - side)
        ink[y : y + side, x : x + side] = draw_icon(rng, UNLIKE_SYMBOLS[int(rng.integers(len(UNLIKE_SYMBOLS)))], side)
    dark, light = sorted(rng.uniform(0, 255, 2).tolist())
    light = min(255.0, max(light, dark + 60))
    ink_level, paper = (dark, light) if rng.random() < 0.7 else (light, dark)
    return np.asarray(np.clip(paper + (ink_level - paper) * ink / 255, 0, 255), np.uint8)
