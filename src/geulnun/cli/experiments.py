"""What a config file of `configs/` holds: where samples come from and how a network learns from them."""

import functools
from dataclasses import dataclass, field
from pathlib import Path

from geulnun.data.sample import SampleSource, StripSample
from geulnun.synth.corpus import Corpus
from geulnun.synth.fonts import FontLibrary
from geulnun.training.recognizer_task import RecognizerConfig
from geulnun.training.train import SourceFactory, ValidationSets

VALIDATION_SEED = 1_000_003


@dataclass(frozen=True, slots=True, kw_only=True)
class StripSourceConfig:
    """Where strips come from.

    Attributes:
        materials: folder that `scripts/materials` filled.
        corpus: folder of UTF-8 text; without one, the built-in generators write all text.
        seed: of the training samples.
        validation_strips: drawn from fonts and text never trained on, and fixed.
    """

    materials: Path = Path("materials")
    corpus: Path | None = None
    seed: int = 1
    validation_strips: int = 1024

    def train_factory(self) -> SourceFactory:
        """Makes the endless source of training strips."""
        return functools.partial(_open_strips, self, "train", self.seed)

    def validation_factories(self) -> ValidationSets:
        """The sets whose error rates are reported."""
        half = self.validation_strips // 2
        return {"natural": (functools.partial(_open_strips, self, "validation", VALIDATION_SEED), half)}


def _open_strips(config: StripSourceConfig, split: str, seed: int) -> SampleSource[StripSample]:
    from geulnun.synth.strips import StripSource

    fonts = FontLibrary.read(config.materials).split(split)
    return StripSource(seed=seed, fonts=fonts, corpus=Corpus.read(config.corpus, split=split))


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognizerExperiment:
    """A config file of the recogniser."""

    source: StripSourceConfig = field(default_factory=StripSourceConfig)
    training: RecognizerConfig = field(default_factory=RecognizerConfig)
