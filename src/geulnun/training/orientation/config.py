"""Config of the orientation classifier: its tables, and the run that they set up."""

import functools
from dataclasses import dataclass, field
from pathlib import Path

from geulnun.synth.materials.corpus import Split
from geulnun.synth.strips.turned import TurnedStripSource
from geulnun.training.fit import TrainingSetup
from geulnun.training.materials import list_corpora
from geulnun.training.orientation.data import TurnStream, draw_turn_sets
from geulnun.training.orientation.task import OrientationConfig, OrientationTask
from geulnun.training.streams import VALIDATION_SEED, SourceFactory, ValidationSets


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnSourceConfig:
    """Where the lines that snippets are cut from come from.

    Attributes:
        materials: folder that `scripts/materials` filled.
        corpus: folder of UTF-8 text; without one, the built-in generators write all text.
        seed: of the training lines.
        column_share: how many of them are columns of characters.
        validation_lines: drawn from fonts and text never trained on, and fixed.
    """

    materials: Path = Path("materials")
    corpus: Path | None = None
    seed: int = 1
    column_share: float = 0.35
    validation_lines: int = 1024

    def train_factory(self) -> SourceFactory:
        """What makes the endless source of training lines, in a worker."""
        return self._factory(self.seed, "train", self.column_share)

    def validation_factories(self) -> ValidationSets:
        """Half any text, a quarter lines of six characters or more, a quarter columns of as many."""
        count, draw = self.validation_lines // 4, self._factory
        return {
            "any text": (draw(VALIDATION_SEED, "validation", self.column_share), 2 * count),
            "lines of 6 characters or more": (draw(VALIDATION_SEED + 1, "validation", 0.0, 6), count),
            "columns of 6 characters or more": (draw(VALIDATION_SEED + 2, "validation", 1.0, 6), count),
        }

    def _factory(self, seed: int, split: Split, column_share: float, least_chars: int = 1) -> SourceFactory:
        return functools.partial(
            TurnedStripSource.read,
            seed,
            self.materials,
            self.corpus,
            split=split,
            column_share=column_share,
            least_chars=least_chars,
        )

    def list_corpora(self) -> tuple[str, ...]:
        """The texts that samples show, with their licences."""
        return list_corpora(self.corpus)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrientationExperiment:
    """A config file of the orientation classifier."""

    source: TurnSourceConfig = field(default_factory=TurnSourceConfig)
    training: OrientationConfig = field(default_factory=OrientationConfig)

    def set_up(self) -> TrainingSetup[OrientationTask]:
        """A run on snippets of drawn lines."""
        return set_up_orientation(self.training, self.source.train_factory(), self.source.validation_factories())


def set_up_orientation(
    config: OrientationConfig, source: SourceFactory, validation: ValidationSets
) -> TrainingSetup[OrientationTask]:
    """A run of the orientation classifier; `validation` has the sets whose accuracy is reported."""
    return TrainingSetup(
        task=OrientationTask(config),
        stream=TurnStream(source, config.data, seed=config.run.seed),
        validation=draw_turn_sets(validation, config.data),
    )
