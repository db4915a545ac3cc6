"""Config of the character reader: its tables, and the run that they set up."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from geulnun.core.arrays import Floats
from geulnun.data.sample import Style
from geulnun.data.store_chars import CharStore, MixedChars
from geulnun.synth.characters.source import CharSource, Classes
from geulnun.training.characters.adversarial import AdversarialTask
from geulnun.training.characters.data import CharStream, draw_char_sets
from geulnun.training.characters.task import CharacterConfig, CharacterTask
from geulnun.training.fit import TrainingSetup
from geulnun.training.materials import list_corpora
from geulnun.training.streams import VALIDATION_SEED, SourceFactory, ValidationSets


@dataclass(frozen=True, slots=True, kw_only=True)
class CharSourceConfig:
    """Where single characters come from.

    Attributes:
        materials: folder that `scripts/materials` filled.
        jamo: folder of pictures of handwritten letters to put syllables together from, if there is one.
        seed: of the training samples.
        size_px: side of the drawn pictures; 0 draws it too.
        classes: "ksx1001" draws its 2,350 syllables, "all" all 11,172, "others" the 8,822 outside KS X 1001.
        common_share: of "all", the share that is drawn from KS X 1001's in training.
        corpus: folder of UTF-8 text; without one, the built-in generators write all text.
        text_share: share of training characters that are taken out of text, as frequent as they are there.
        styles: "printed", "handwritten" or both, in equal shares.
        real: store of real characters, as `geulnun chars store` writes it, to mix into training.
        real_share: how many of those learned from are real.
        validation_chars: of each style, clean and as in training, drawn from fonts never trained on, and fixed.
    """

    materials: Path = Path("materials")
    jamo: Path | None = None
    seed: int = 1
    size_px: int = 64
    classes: Classes = "ksx1001"
    common_share: float = 0.0
    corpus: Path | None = None
    text_share: float = 0.0
    styles: tuple[Style, ...] = ("printed", "handwritten")
    real: Path | None = None
    real_share: float = 0.5
    validation_chars: int = 2048

    def train_factory(self) -> SourceFactory:
        """What makes the endless source of training characters, in a worker."""
        drawn = self._factory(self.seed, "train", self.styles)
        if self.real is None:
            return drawn
        return functools.partial(_mix_chars, drawn, self.real, self.real_share, self.seed)

    def validation_factories(self) -> ValidationSets:
        """Two sets for each style, whatever styles are trained on: as training draws them, and clean."""
        styles: tuple[Style, ...] = ("printed", "handwritten")
        return {
            f"{style}{'-clean' if clean else ''}": (
                self._factory(VALIDATION_SEED, "validation", (style,), clean=clean),
                self.validation_chars,
            )
            for style in styles
            for clean in (False, True)
        }

    def measure_shares(self) -> Floats:
        """(11172,) the share of each syllable among drawn training characters."""
        return self._factory(self.seed, "train", self.styles)().measure_shares()

    def list_corpora(self) -> tuple[str, ...]:
        """The texts, pictures of letters and real characters that samples are made of, with their licences."""
        return (
            *(list_corpora(self.corpus) if self.text_share else ()),
            *((f"pictures of letters: {self.jamo.name}",) if self.jamo else ()),
            *((f"real characters: {self.real.name}",) if self.real else ()),
        )

    def _factory(
        self, seed: int, split: str, styles: tuple[Style, ...], *, clean: bool = False
    ) -> Callable[[], CharSource]:
        return functools.partial(
            CharSource.read,
            seed,
            self.materials,
            split=split,
            size_px=self.size_px or None,
            classes=self.classes,
            styles=styles,
            jamo_folder=self.jamo,
            common_share=self.common_share if split == "train" else 0.0,
            corpus=self.corpus,
            text_share=self.text_share if split == "train" else 0.0,
            clean=clean,
        )


def _mix_chars(drawn: Callable[[], CharSource], store: Path, share: float, seed: int) -> MixedChars:
    return MixedChars(drawn(), CharStore(store, seed=seed), share)


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterExperiment:
    """A config file of the character reader."""

    source: CharSourceConfig = field(default_factory=CharSourceConfig)
    training: CharacterConfig = field(default_factory=CharacterConfig)

    def set_up(self) -> TrainingSetup[CharacterTask]:
        """A run on drawn characters, mixed with real ones where the config names a store of them."""
        setup = set_up_characters(self.training, self.source.train_factory(), self.source.validation_factories())
        if self.training.network.head == "prior":
            setup.task.set_prior(self.source.measure_shares())
        return setup


def set_up_characters(
    config: CharacterConfig, source: SourceFactory, validation: ValidationSets
) -> TrainingSetup[CharacterTask]:
    """A run of the character reader; `validation` has the sets whose accuracy is reported."""
    return TrainingSetup(
        task=AdversarialTask(config) if config.adversarial.steps_thrice else CharacterTask(config),
        stream=CharStream(source, config.network, config.data),
        validation=draw_char_sets(validation, config.network, config.data),
    )
