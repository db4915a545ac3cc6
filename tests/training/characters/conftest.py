"""A source of small characters that needs no fonts, and a small network."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from torch import nn

from geulnun.data.sample import CharSample
from geulnun.training.callbacks import RunConfig
from geulnun.training.characters import network_config as character_networks
from geulnun.training.characters.data import CharacterDataConfig
from geulnun.training.characters.network_config import CharacterNetworkConfig
from geulnun.training.characters.networks.trunk import ConvNorm, Trunk
from geulnun.training.characters.optimisers import CharacterOptimiserConfig
from geulnun.training.characters.task import CharacterConfig

TEXTS = "가나다각힣뷁"


class PatternChars:
    """Characters that are a fixed random pattern of dark squares each; handwritten ones are noisy."""

    def __init__(self, texts: str = TEXTS) -> None:
        self.texts = texts

    def draw(self, index: int) -> CharSample:
        rng = np.random.default_rng(index)
        text = self.texts[int(rng.integers(len(self.texts)))]
        printed = bool(rng.integers(2))
        image = np.full((32, 32), 255, np.uint8)
        pattern = np.random.default_rng(ord(text)).integers(0, 2, (6, 6)) * 255
        image[4:28, 4:28] = np.kron(pattern, np.ones((4, 4)))
        if not printed:
            image[4:28, 4:28] ^= rng.integers(0, 60, (24, 24)).astype(np.uint8)
        return CharSample(image=image, text=text, style="printed" if printed else "handwritten")


class SmallTrunk(Trunk):
    """Three convolutions, 32 px -> 16 -> 8 -> 8."""

    link = "gwap"

    def __init__(self, input_channels: int = 1) -> None:
        early = ConvNorm(input_channels, 8, stride=2, act=nn.ReLU())
        late = nn.Sequential(ConvNorm(8, 12, stride=2, act=nn.ReLU()), ConvNorm(12, 16, act=nn.ReLU()))
        super().__init__(early, late, 8, 16)


@pytest.fixture
def chars() -> Callable[[], Any]:
    return PatternChars


@pytest.fixture
def two_chars() -> Callable[[], Any]:
    return functools.partial(PatternChars, "가각")


@pytest.fixture
def character_config(monkeypatch: pytest.MonkeyPatch) -> CharacterConfig:
    monkeypatch.setitem(character_networks.TRUNKS, "melnyk", SmallTrunk)
    return CharacterConfig(
        network=CharacterNetworkConfig(size_px=32, dropout=0.0),
        data=CharacterDataConfig(workers=0, batch_chars=8),
        optimiser=CharacterOptimiserConfig(lr=1e-2, warmup_samples=8, average_decay=0.8),
        run=RunConfig(total_samples=48, validate_every_steps=3, log_every_steps=2),
    )
