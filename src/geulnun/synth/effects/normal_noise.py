"""Normally distributed numbers by the plane, a pure function of a seed and cheap enough for every sample."""

import functools

import numpy as np
from numpy.typing import NDArray

_NOISE_SIDE_PX = 1024


@functools.lru_cache(maxsize=1)
def _draw_bank() -> NDArray[np.float32]:
    """(1024, 1024) standard normal numbers, the same in every process; drawing them anew would cost too much."""
    return np.random.default_rng(20240607).standard_normal((_NOISE_SIDE_PX, _NOISE_SIDE_PX), dtype=np.float32)


def read_noise_tile(seed: int, height: int, width: int) -> NDArray[np.float32]:
    """(height, width) standard normal numbers, a pure function of the seed."""
    bank = _draw_bank()
    if height > _NOISE_SIDE_PX // 2 or width > 4 * _NOISE_SIDE_PX:
        return np.random.default_rng(seed).standard_normal((height, width), dtype=np.float32)
    if width <= _NOISE_SIDE_PX // 2:
        y, x = seed % (_NOISE_SIDE_PX - height), (seed >> 11) % (_NOISE_SIDE_PX - width)
        return bank[y : y + height, x : x + width]
    # Wide pictures take consecutive numbers of the flat bank row by row.
    start = seed % (_NOISE_SIDE_PX**2)
    index = np.arange(start, start + height * width) % _NOISE_SIDE_PX**2
    return bank.reshape(-1)[index].reshape(height, width)


def find_normal_quantile(share: float) -> float:
    """The value below which `share` (0..1) of standard normal numbers lie."""
    return float(_NORMAL_QUANTILES[int(share * (len(_NORMAL_QUANTILES) - 1))])


_NORMAL_QUANTILES = np.sort(np.random.default_rng(7).standard_normal(20_001))
