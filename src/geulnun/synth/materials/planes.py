"""Random planes (H, W) float32 that grounds, grain and light are made of."""

import cv2
import numpy as np

from geulnun.core.arrays import FloatMap

_TILE_PX = 384


def draw_plane(rng: np.random.Generator, height_px: int, width_px: int, cell_px: float) -> FloatMap:
    """Smooth noise of about -1..1 that changes over `cell_px` pixels."""
    rows, columns = max(2, round(height_px / cell_px) + 1), max(2, round(width_px / cell_px) + 1)
    coarse = rng.uniform(-1, 1, (rows, columns)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (width_px, height_px), interpolation=cv2.INTER_CUBIC), np.float32)


def draw_fractal(rng: np.random.Generator, height_px: int, width_px: int, cell_px: float, octaves: int = 4) -> FloatMap:
    """Noise of several scales, of about -1..1."""
    total = np.zeros((height_px, width_px), np.float32)
    weight = 1.0
    for octave in range(octaves):
        cell = cell_px / 2**octave
        if cell < 1:
            break
        total += weight * draw_plane(rng, height_px, width_px, cell)
        weight /= 2
    return total / np.float32(1.6)


def draw_grain(rng: np.random.Generator, height_px: int, width_px: int, *, cell_px: int = 1) -> FloatMap:
    """White noise with deviation 1 in cells of `cell_px`; one tile, repeated with flips."""
    tile = rng.standard_normal((_TILE_PX, _TILE_PX), dtype=np.float32)
    if cell_px > 1:
        small = tile[: _TILE_PX // cell_px, : _TILE_PX // cell_px]
        tile = np.asarray(cv2.resize(small, None, fx=cell_px, fy=cell_px, interpolation=cv2.INTER_LINEAR), np.float32)
        tile = tile * np.float32(1.4)
    pair = np.concatenate([tile, tile[:, ::-1]], axis=1)
    block = np.concatenate([pair, pair[::-1]], axis=0)
    rows, columns = -(-height_px // block.shape[0]), -(-width_px // block.shape[1])
    field = np.tile(block, (rows, columns)) if rows * columns > 1 else block
    return field[:height_px, :width_px]


def draw_ramp(rng: np.random.Generator, height_px: int, width_px: int) -> FloatMap:
    """From 0 to 1, linear in a random direction, horizontal and vertical ones likelier; one in five round."""
    x = np.linspace(-0.5, 0.5, width_px, dtype=np.float32)
    y = np.linspace(-0.5, 0.5, height_px, dtype=np.float32)
    if rng.random() < 0.2:
        middle_x, middle_y = rng.uniform(-0.5, 0.5, 2)
        plane = np.hypot((x - np.float32(middle_x))[None], (y - np.float32(middle_y))[:, None])
    else:
        angle = float(rng.choice([0.0, np.pi / 2]) if rng.random() < 0.5 else rng.uniform(0, 2 * np.pi))
        plane = np.add.outer(y * np.float32(np.sin(angle)), x * np.float32(np.cos(angle)))
    low, span = float(plane.min()), float(np.ptp(plane))
    ramp = (plane - np.float32(low)) / np.float32(span or 1.0)
    return np.asarray(1 - ramp if rng.random() < 0.5 else ramp, np.float32)


def find_dot_wave(height_px: int, width_px: int, pitch_px: float, angle_deg: float) -> FloatMap:
    """Waves of -2..2 whose crests are the dots of a printing screen, `pitch_px` apart."""
    y, x = np.arange(height_px, dtype=np.float32)[:, None], np.arange(width_px, dtype=np.float32)[None]
    turn = np.radians(angle_deg)
    cos, sin = np.float32(np.cos(turn) * 2 * np.pi / pitch_px), np.float32(np.sin(turn) * 2 * np.pi / pitch_px)
    return np.asarray(np.cos(x * cos + y * sin) + np.cos(y * cos - x * sin), np.float32)


def draw_dot_screen(rng: np.random.Generator, height_px: int, width_px: int) -> FloatMap:
    """Coverage of 0..1 by the dot screen that newspapers and copiers lay under grey."""
    wave = find_dot_wave(height_px, width_px, float(rng.uniform(2.2, 6.0)), float(rng.uniform(0, 90)))
    spread = (wave + np.float32(rng.uniform(-0.9, 0.9))) * np.float32(1.5) + np.float32(0.5)
    return np.asarray(np.clip(spread, 0, 1), np.float32)


def draw_weave(rng: np.random.Generator, height_px: int, width_px: int) -> FloatMap:
    """Of about -1..1: cloth, brushed metal or ruled paper: noise drawn out along one or both axes."""
    across = rng.standard_normal((1, width_px), dtype=np.float32)
    down = rng.standard_normal((height_px, 1), dtype=np.float32)
    share = np.float32(rng.choice([0.0, 0.5, 1.0]))
    return np.float32(0.5) * (share * across + (1 - share) * down)
