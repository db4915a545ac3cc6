"""Config of the recogniser: its tables, and the run that they set up."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from torch import nn

from geulnun.core.charset import CHARSET_V1
from geulnun.runtime.bundles.calibration import Calibration
from geulnun.runtime.bundles.manifest import MetricRecord
from geulnun.runtime.recognition.prepare_strip import STRIP_HEIGHT_PX
from geulnun.synth.strips.newsprint import NewsprintStrips
from geulnun.synth.strips.source import StripSource
from geulnun.training.fit import TrainingSetup
from geulnun.training.learning_task import LearningTask
from geulnun.training.materials import list_corpora
from geulnun.training.recognizer.data import StripStream, draw_strip_sets
from geulnun.training.recognizer.stages.config import FourStageConfig
from geulnun.training.recognizer.stages.data import FixedStream, StripFitter, draw_fixed_sets
from geulnun.training.recognizer.stages.task import FourStageTask, evaluate_four_stages
from geulnun.training.recognizer.task import RecognizerConfig, RecognizerTask, evaluate_network
from geulnun.training.recognizer.validation import StripKind, ValidationStrips
from geulnun.training.recognizer.word_source import WordSource, check_words
from geulnun.training.stored_sets import CycledStrips, StoredStrips
from geulnun.training.streams import VALIDATION_SEED, SourceFactory, ValidationSets


@dataclass(frozen=True, slots=True, kw_only=True)
class StripSourceConfig:
    """Where strips come from.

    Attributes:
        materials: folder that `scripts/materials` filled.
        corpus: folder of UTF-8 text; without one, the built-in generators write all text.
        seed: of the training samples.
        validation_strips: drawn from fonts and text never trained on, and fixed.
        validation_store: folder that `benchmarks/freeze.py` wrote; its strips are taken instead of drawn ones.
        kind: "strips" of every kind, or "newsprint": dark lines on grey, grainy paper.
        longest_text: characters of a text; 0 leaves texts as long as they are.
        strips: data set of `geulnun synth --strips`, whose strips are trained on over and over instead of drawn ones.
        words: a `gt.pkl` of Open-OCR-Engine, or its folder, whose words are taken instead of drawn strips; one in ten
            is for validation.
    """

    materials: Path = Path("materials")
    corpus: Path | None = None
    seed: int = 1
    validation_strips: int = 1024
    validation_store: Path | None = None
    kind: Literal["strips", "newsprint"] = "strips"
    longest_text: int = 0
    strips: Path | None = None
    words: Path | None = None

    def __post_init__(self) -> None:
        if self.words is not None and self.strips is not None:
            raise ValueError("strips and words are both given. Leave out one of them.")
        if self.words is not None and self.validation_store is not None:
            raise ValueError("words has validation words of its own. Leave out validation_store.")

    def train_factory(self, height_px: int = STRIP_HEIGHT_PX) -> SourceFactory:
        """What makes the endless source of training strips, in a worker."""
        if self.words is not None:
            return functools.partial(WordSource, self.words, "train", self.seed)
        if self.strips is not None:
            return functools.partial(CycledStrips, self.strips, height_px)
        read = NewsprintStrips.read if self.kind == "newsprint" else StripSource.read
        return functools.partial(
            read,
            self.seed,
            self.materials,
            self.corpus,
            split="train",
            height_px=height_px,
            longest_text=self.longest_text,
        )

    def validation_factories(self, height_px: int = STRIP_HEIGHT_PX) -> ValidationSets:
        """The sets whose error rates are reported: of drawn strips half natural, a quarter clean, a quarter uniform."""
        if self.words is not None:
            words = functools.partial(WordSource, self.words, "validation")
            return {"words": (words, min(self.validation_strips, len(words().words)))}
        if self.kind == "newsprint" and self.validation_store is None:
            return {"newsprint": (self._newsprint_factory(height_px), self.validation_strips)}
        shares: dict[StripKind, int] = {"natural": 2, "clean": 1, "uniform": 1}
        return {
            kind: (self._validation_factory(kind, height_px), self.validation_strips * share // 4)
            for kind, share in shares.items()
        }

    def _validation_factory(self, kind: StripKind, height_px: int) -> SourceFactory:
        if self.validation_store is not None:
            return functools.partial(StoredStrips, self.validation_store / kind, height_px)
        return functools.partial(
            ValidationStrips, kind, self.materials, self.corpus, height_px, longest_text=self.longest_text
        )

    def _newsprint_factory(self, height_px: int) -> SourceFactory:
        return functools.partial(
            NewsprintStrips.read,
            VALIDATION_SEED,
            self.materials,
            self.corpus,
            split="validation",
            height_px=height_px,
            longest_text=self.longest_text,
        )

    def list_corpora(self) -> tuple[str, ...]:
        """The texts that samples show, with their licences."""
        return list_corpora(self.corpus)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognizerExperiment:
    """A config file of the recogniser."""

    source: StripSourceConfig = field(default_factory=StripSourceConfig)
    training: RecognizerConfig = field(default_factory=RecognizerConfig)

    def set_up(self) -> TrainingSetup[LearningTask]:
        """A run on strips of the network's own height.

        Raises:
            DatasetError: of words, a picture cannot be read.
        """
        if self.source.words is not None:
            check_words(self.source.words, CHARSET_V1)
        height_px = self.training.network.height_px
        strips, validation = self.source.train_factory(height_px), self.source.validation_factories(height_px)
        return set_up_recognizer(self.training, strips, validation)

    @property
    def has_int8(self) -> bool:
        """Whether its network is quantised; those of the four stages are not."""
        return not isinstance(self.training.network, FourStageConfig)

    def plan_evaluation(self) -> Callable[[nn.Module], tuple[Calibration | None, tuple[MetricRecord, ...]]]:
        """What measures a network on the config's validation strips and calibrates its confidences there."""
        network = self.training.network
        sets = self.source.validation_factories(network.height_px)
        if isinstance(network, FourStageConfig):
            fixed = draw_fixed_sets(sets, StripFitter(network, CHARSET_V1), self.training.data)
            return functools.partial(evaluate_four_stages, batches=fixed, shape=network, charset=CHARSET_V1)
        batches = draw_strip_sets(sets, CHARSET_V1, self.training.data, network.height_px)
        return functools.partial(evaluate_network, batches=batches, charset=CHARSET_V1)


def set_up_recognizer(
    config: RecognizerConfig, source: SourceFactory, validation: ValidationSets
) -> TrainingSetup[LearningTask]:
    """A run of the recogniser.

    Args:
        config: of the run.
        source: makes the source of training strips, in each worker.
        validation: sets whose CER is reported.
    """
    height_px = config.network.height_px
    if isinstance(config.network, FourStageConfig):
        fitter = StripFitter(config.network, CHARSET_V1)
        return TrainingSetup(
            task=FourStageTask(config.network, config.optimiser, config.run.total_samples, CHARSET_V1),
            stream=FixedStream(source, fitter, config.data, seed=config.run.seed),
            validation=draw_fixed_sets(validation, fitter, config.data),
        )
    return TrainingSetup(
        task=RecognizerTask(config, CHARSET_V1),
        stream=StripStream(source, CHARSET_V1, config.data, seed=config.run.seed, height_px=height_px),
        validation=draw_strip_sets(validation, CHARSET_V1, config.data, height_px),
    )
