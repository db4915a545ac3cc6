"""Drawn surfaces: noise fields, gradients, cloth, wood, brick, foliage. All (H, W, 3) uint8 RGB."""

from collections.abc import Callable

import cv2
import numpy as np

from geulnun.core.arrays import FloatMap, RgbImage
from geulnun.synth.materials.planes import draw_fractal, draw_grain, draw_plane, draw_ramp, find_dot_wave

Color = tuple[int, int, int]
Texture = Callable[[np.random.Generator, int, int], RgbImage]


def mix_colors(plane: FloatMap, colors: list[Color]) -> RgbImage:
    """A plane of 0..1 painted with a ramp through `colors`."""
    ramp = np.array(colors, np.float32)
    steps = np.linspace(0, len(colors) - 1, 256)
    low = np.minimum(steps.astype(int), len(colors) - 2) if len(colors) > 1 else np.zeros(256, int)
    high = np.minimum(low + 1, len(colors) - 1)
    table = ramp[low] + (ramp[high] - ramp[low]) * (steps - low)[:, None]
    index = np.clip(plane * 255, 0, 255).astype(np.uint8)
    return np.asarray(np.clip(table, 0, 255).astype(np.uint8)[index], np.uint8)


def draw_color(
    rng: np.random.Generator, *, light: tuple[float, float] = (0, 1), vivid: tuple[float, float] = (0, 1)
) -> Color:
    """A colour with lightness and saturation (0..1) inside the given ranges."""
    hue, sat, val = rng.uniform(0, 180), rng.uniform(*vivid) * 255, rng.uniform(*light) * 255
    pixel = cv2.cvtColor(np.array([[[hue, val, sat]]], np.uint8), cv2.COLOR_HLS2RGB)[0, 0]
    return int(pixel[0]), int(pixel[1]), int(pixel[2])


def draw_near_color(rng: np.random.Generator, color: Color, spread: float = 20) -> Color:
    """`color` with every channel moved by up to about `spread`."""
    moved = np.clip(np.array(color) + rng.normal(0, spread / 2, 3), 0, 255).astype(int)
    return int(moved[0]), int(moved[1]), int(moved[2])


def draw_flat(rng: np.random.Generator, height: int, width: int) -> RgbImage:
    """One colour."""
    return np.full((height, width, 3), draw_color(rng), np.uint8)


def draw_gradient(rng: np.random.Generator, height: int, width: int, colors: list[Color] | None = None) -> RgbImage:
    """A straight or round gradient through two or three colours."""
    if colors is None:
        first = draw_color(rng)
        colors = [first] + [draw_near_color(rng, first, 120) for _ in range(rng.integers(1, 3))]
    plane = draw_ramp(rng, max(2, height // 4), max(2, width // 4))
    image = mix_colors(plane, colors)
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def draw_clouds(rng: np.random.Generator, height: int, width: int) -> RgbImage:
    """Soft blotches of two or three related colours (plaster, water, sky)."""
    first = draw_color(rng, vivid=(0.05, 0.6))
    colors = [first, draw_near_color(rng, first, 60), draw_near_color(rng, first, 90)]
    plane = draw_fractal(rng, height, width, rng.uniform(40, 300), 5)
    image = mix_colors(plane * 0.5 + 0.5, colors)
    return add_grain(image, draw_grain(rng, height, width), rng.uniform(0, 6))


def add_grain(image: RgbImage, grain: FloatMap, strength: float) -> RgbImage:
    """`image` with a noise plane times `strength` added to all channels."""
    if strength <= 0.3:
        return image
    shift = (grain * strength).astype(np.int16)
    return np.asarray(cv2.add(image, cv2.merge([shift, shift, shift]), dtype=cv2.CV_8U), np.uint8)


def draw_wood(rng: np.random.Generator, height: int, width: int) -> RgbImage:
    """Boards with long grain."""
    tone = draw_color(rng, light=(0.2, 0.7), vivid=(0.2, 0.5))
    dark = int(tone[0] * rng.uniform(0.55, 0.85)), int(tone[1] * rng.uniform(0.55, 0.85)), int(tone[2] * 0.7)
    stretched = draw_fractal(rng, max(2, height // 2), max(2, width // 16), 8, 3)
    plane = np.asarray(cv2.resize(stretched, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    plane = plane * 0.5 + 0.5 + 0.08 * draw_grain(rng, height, width)
    image = mix_colors(plane, [dark, tone])
    board = int(rng.integers(60, 220))
    for y in range(int(rng.integers(0, board)), height, board):
        cv2.line(image, (0, y), (width, y), tuple(int(c * 0.5) for c in tone), int(rng.integers(1, 4)))
    return (
        image
        if rng.random() < 0.6
        else np.ascontiguousarray(cv2.resize(cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE), (width, height)))
    )


def draw_bricks(rng: np.random.Generator, height: int, width: int) -> RgbImage:
    """A brick or tile wall with joints."""
    brick_h, brick_w = int(rng.integers(14, 70)), int(rng.integers(30, 180))
    tone = draw_color(rng, light=(0.25, 0.8), vivid=(0, 0.5))
    image = np.full((height, width, 3), draw_near_color(rng, tone, 90), np.uint8)
    joint = int(rng.integers(1, 6))
    spread = rng.uniform(10, 70)
    shift = rng.random() < 0.8
    for row, y in enumerate(range(0, height, brick_h)):
        start = -(brick_w // 2) * (row % 2) if shift else 0
        for x in range(start, width, brick_w):
            color = draw_near_color(rng, tone, spread)
            cv2.rectangle(image, (x, y), (x + brick_w - joint, y + brick_h - joint), color, -1)
    image = add_grain(image, draw_fractal(rng, height, width, 12, 3), rng.uniform(5, 25))
    return add_grain(image, draw_grain(rng, height, width), rng.uniform(0, 8))


def draw_cloth(rng: np.random.Generator, height: int, width: int) -> RgbImage:
    """A woven surface."""
    y, x = np.arange(height, dtype=np.float32)[:, None], np.arange(width, dtype=np.float32)[None]
    period = rng.uniform(2.5, 9)
    angle = rng.uniform(-0.2, 0.2)
    weave = np.sin(2 * np.pi * (x + angle * y) / period) * np.sin(2 * np.pi * (y - angle * x) / period)
    base = draw_color(rng, light=(0.1, 0.9))
    plane = 0.5 + 0.25 * weave + 0.12 * draw_fractal(rng, height, width, 80, 3)
    return mix_colors(plane, [draw_near_color(rng, base, rng.uniform(10, 60)), base])


def draw_stripes(rng: np.random.Generator, height: int, width: int) -> RgbImage:
    """Stripes, or checks where two sets cross."""
    image = np.full((height, width, 3), draw_color(rng), np.uint8)
    for turn in range(int(rng.integers(1, 3))):
        color = draw_color(rng)
        period = float(np.exp(rng.uniform(np.log(6), np.log(120))))
        angle = rng.choice([0, np.pi / 2, np.pi / 4, rng.uniform(0, np.pi)]) + turn * np.pi / 2
        y, x = np.arange(height, dtype=np.float32)[:, None], np.arange(width, dtype=np.float32)[None]
        phase = ((x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))) / period) % 1
        mask = phase < rng.uniform(0.1, 0.6)
        opacity = rng.uniform(0.3, 1)
        image[mask] = (image[mask] * (1 - opacity) + np.array(color) * opacity).astype(np.uint8)
    return image


def draw_foliage(rng: np.random.Generator, height: int, width: int) -> RgbImage:
    """Leaves, gravel or crowd: hard-edged blotches of letter size over one another."""
    tones = [draw_color(rng, light=(0.1, 0.8), vivid=(0.1, 0.7)) for _ in range(3)]
    image = np.full((height, width, 3), tones[0], np.uint8)
    cell = rng.uniform(8, 60)
    for depth in range(int(rng.integers(3, 6))):
        plane = draw_fractal(rng, height, width, cell / (1 + 0.3 * depth), 2)
        mask = plane > rng.uniform(0.1, 0.4)
        image[mask] = draw_near_color(rng, tones[depth % 3], 60)
    return add_grain(image, draw_grain(rng, height, width), rng.uniform(0, 15))


def draw_bokeh(rng: np.random.Generator, height: int, width: int) -> RgbImage:
    """Blurred lights and shapes on a soft ground, as behind a film still."""
    small_h, small_w = max(8, height // 4), max(8, width // 4)
    image = np.ascontiguousarray(draw_gradient(rng, small_h, small_w))
    for _ in range(int(rng.integers(8, 60))):
        center = int(rng.integers(0, small_w)), int(rng.integers(0, small_h))
        axes = int(rng.integers(2, max(3, small_w // 5))), int(rng.integers(2, max(3, small_h // 4)))
        layer = image.copy()
        cv2.ellipse(layer, center, axes, float(rng.uniform(0, 180)), 0, 360, draw_color(rng), -1, cv2.LINE_AA)
        image = np.asarray(cv2.addWeighted(layer, 0.6, image, 0.4, 0), np.uint8)
        if rng.random() < 0.2:
            image = np.asarray(cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.5, 4))), np.uint8)
    image = np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    return add_grain(image, draw_grain(rng, height, width), rng.uniform(0, 8))


def draw_halftone(rng: np.random.Generator, height: int, width: int) -> RgbImage:
    """A grey printed with a screen of dots."""
    return add_halftone(
        np.full((height, width, 3), 245, np.uint8),
        rng.uniform(3, 9),
        rng.uniform(0, 90),
        1 - rng.uniform(110, 215) / 255,
    )


def add_halftone(image: RgbImage, pitch_px: float, angle_deg: float, density: float) -> RgbImage:
    """`image` darkened by a screen of dots that cover `density` (0..1) of it."""
    wave = find_dot_wave(image.shape[0], image.shape[1], pitch_px, angle_deg)
    edge = np.quantile(wave[::7, ::7], 1 - density)
    ink = np.clip((wave - edge) * pitch_px / 4, 0, 1)
    factor = (255 * (1 - 0.75 * ink)).astype(np.uint8)
    return np.asarray(cv2.multiply(image, cv2.merge([factor, factor, factor]), scale=1 / 255), np.uint8)


def draw_brushed(rng: np.random.Generator, height: int, width: int) -> RgbImage:
    """Brushed metal, blackboard or rubbed paint."""
    tone = draw_color(rng, vivid=(0, 0.3))
    streaks = cv2.GaussianBlur(draw_grain(rng, height, width), (int(rng.integers(8, 60)) * 2 + 1, 1), 0) * 3
    image = mix_colors(0.5 + 0.3 * streaks, [draw_near_color(rng, tone, 40), tone])
    return add_grain(image, draw_plane(rng, height, width, max(height, width) / 2), 20)


SURFACES: tuple[Texture, ...] = (
    draw_clouds,
    draw_wood,
    draw_bricks,
    draw_cloth,
    draw_stripes,
    draw_brushed,
    draw_gradient,
    draw_flat,
)
BUSY: tuple[Texture, ...] = (draw_foliage, draw_bokeh, draw_bricks, draw_stripes, draw_halftone, draw_cloth)


def draw_surface(rng: np.random.Generator, height: int, width: int) -> RgbImage:
    """A surface that signs and posters are put on."""
    return SURFACES[int(rng.integers(len(SURFACES)))](rng, height, width)
