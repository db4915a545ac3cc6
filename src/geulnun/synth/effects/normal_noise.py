"""Normally distributed numbers by the plane, a pure function of a seed and cheap enough for every sample."""

import functools
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from geulnun.core.random_streams import open_rng

_SIDE_PX = 1024


def read_noise_tile(seed: int, height_px: int, width_px: int) -> NDArray[np.float32]:
    """(H, W) standard normal numbers, a pure function of the seed."""
    bank = _draw_bank()
    if height_px > _SIDE_PX // 2 or width_px > 4 * _SIDE_PX:
        rng = open_rng(seed, stream="effects.noise")
        return rng.standard_normal((height_px, width_px), dtype=np.float32)
    if width_px <= _SIDE_PX // 2:
        y, x = seed % (_SIDE_PX - height_px), (seed >> 11) % (_SIDE_PX - width_px)
        return bank[y : y + height_px, x : x + width_px]
    # Wide pictures take consecutive numbers of the flat bank row by row.
    start = seed % (_SIDE_PX**2)
    index = np.arange(start, start + height_px * width_px) % _SIDE_PX**2
    return bank.reshape(-1)[index].reshape(height_px, width_px)


@functools.lru_cache(maxsize=1)
def _draw_bank() -> NDArray[np.float32]:
    """(1024, 1024) standard normal numbers, the same in every process; drawing them anew would cost too much."""
    return open_rng(0, stream="effects.noise").standard_normal((_SIDE_PX, _SIDE_PX), dtype=np.float32)


def find_normal_quantile(share: float) -> float:
    """The value below which `share` of standard normal numbers lie, strictly between 0 and 1."""
    return NormalDist().inv_cdf(share)
