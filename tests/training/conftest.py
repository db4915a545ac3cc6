"""Tiny networks and sources that need neither fonts nor time."""

import dataclasses
import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from geulnun.core.config import config_hash
from geulnun.core.geometry import Quad
from geulnun.core.page import Char, Line, Page, Word
from geulnun.data.sample import Sample, StripSample
from geulnun.training.callbacks import RunConfig
from geulnun.training.detector.crops import CropDataConfig
from geulnun.training.detector.task import DetectorConfig, FinderNetworkConfig
from geulnun.training.optimising import OptimiserConfig
from geulnun.training.recognizer.data import StripDataConfig
from geulnun.training.recognizer.task import RecognizerConfig, StripNetworkConfig
from geulnun.training.record import RunRecord, write_record

LETTERS = "가나다각힣A1 "


class PatternStrips:
    """Strips in which each character is a fixed random pattern of 24 columns."""

    def __init__(self, count: int | None = None) -> None:
        self.count = count

    def draw(self, index: int) -> StripSample:
        index = index % self.count if self.count else index
        rng = np.random.default_rng(index)
        text = "".join(rng.choice(list(LETTERS[:-1]), int(rng.integers(2, 6))))
        patterns = [np.random.default_rng(ord(ch)).integers(0, 2, (8, 6)) * 255 for ch in text]
        image = np.concatenate([np.kron(p, np.ones((4, 4))) for p in patterns], axis=1)
        return StripSample(image=image.astype(np.uint8), text=text)


class SquarePages:
    """Pages with two words of dark squares, 20 px high."""

    def __init__(self, count: int | None = None) -> None:
        self.count = count

    def draw(self, index: int) -> Sample:
        index = index % self.count if self.count else index
        rng = np.random.default_rng(index)
        image = np.full((160, 200, 3), 230, np.uint8)
        words = []
        for top in (20, 90):
            left = int(rng.integers(10, 60))
            chars = []
            for k in range(int(rng.integers(1, 5))):
                x0, y0 = left + 22 * k, top
                image[y0 + 3 : y0 + 17, x0 + 3 : x0 + 17] = 20
                chars.append(Char(text="가", quad=Quad.from_xyxy(x0, y0, x0 + 20, y0 + 20)))
            quad = Quad.from_xyxy(left, top, left + 22 * len(chars) - 2, top + 20)
            words.append(Word(text="가" * len(chars), quad=quad, chars=tuple(chars)))
        lines = tuple(Line(words=(word,), quad=word.quad) for word in words)
        return Sample(image=image, page=Page(width_px=200, height_px=160, lines=lines), kind="squares")


@pytest.fixture
def strips() -> Callable[[], Any]:
    return PatternStrips


@pytest.fixture
def pages() -> Callable[[], Any]:
    return SquarePages


@pytest.fixture
def eight_strips() -> Callable[[], Any]:
    return functools.partial(PatternStrips, 8)


@pytest.fixture
def recognizer_config() -> RecognizerConfig:
    return RecognizerConfig(
        network=StripNetworkConfig(
            channels=(8, 16, 32, 64), blocks=(1, 1), mixer_inner=16, mixer_kernel=3, mixer_dilations=(1,), dropout=0.0
        ),
        data=StripDataConfig(workers=0, batch_px=8 * 128, most_strips=8, pool_strips=16),
        optimiser=OptimiserConfig(lr=5e-3, warmup_samples=16, average_decay=0.8),
        run=RunConfig(total_samples=48, validate_every_steps=3, log_every_steps=2),
    )


@pytest.fixture
def detector_config() -> DetectorConfig:
    return DetectorConfig(
        network=FinderNetworkConfig(channels=(8, 8, 16, 16, 16), blocks=(1, 1, 1, 1), up_channels=(16, 16, 8)),
        data=CropDataConfig(workers=0, crop_px=96, batch_crops=4, page_crops=2, buffer_crops=8),
        optimiser=OptimiserConfig(lr=5e-3, warmup_samples=8, average_decay=0.8),
        run=RunConfig(total_samples=24, validate_every_steps=3, log_every_steps=2),
    )


@pytest.fixture
def record() -> Callable[[Path, str, Any], None]:
    """Function that writes the record of a run of some kind, as training does before it begins."""

    def write(folder: Path, kind: str, config: Any) -> None:
        network, sha256 = dataclasses.asdict(config.network), config_hash(config)
        made = {"config": "tiny.toml", "config_sha256": sha256, "network": network, "commit": "c", "device": "d"}
        write_record(folder, RunRecord(kind=kind, seed=1, **made))

    return write


@pytest.fixture(autouse=True)
def _seeded_and_single() -> Iterator[None]:
    """Steady numbers; one thread, as so little work is done sooner without waiting for one another."""
    torch.manual_seed(0)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
