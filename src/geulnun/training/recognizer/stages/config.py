"""Config of the four stages: the keys of deep-text-recognition-benchmark."""

from dataclasses import dataclass
from typing import Literal

from geulnun.core.charset import Charset
from geulnun.runtime.recognition.experimental.alphabets import Alphabet, AlphabetName
from geulnun.training.recognizer.stages.network import (
    FeatureTrunk,
    FourStages,
    Prediction,
    Sequence,
    Transformation,
)
from geulnun.training.recognizer.stages.sequence import END

FOUR_STAGES = "four-stages"


@dataclass(frozen=True, slots=True, kw_only=True)
class FourStageConfig:
    """The recogniser of Baek et al. 2019: four stages, each chosen by its own key; strips of one size.

    Attributes:
        name: tells this network from the other recognisers.
        transformation: "none", or "tps" for a thin-plate spline that straightens the strip.
        feature_extraction: "vgg", "rcnn" or "resnet".
        sequence_modelling: "none" or "bilstm".
        prediction: "ctc" or "attention".
        height_px: of the strips,
        width_px: and their width.
        keep_ratio: whether strips keep their proportions where they are narrower (`--PAD` of the original).
        alphabet: "flat", a class for each character as in the original, or "jamo", one for each letter of a syllable.
        most_characters: of a text; an attention decoder reads no more.
        width_ratio: of all layers to the published ones.

    Source: Baek et al. 2019, What is wrong with scene text recognition model comparisons?
    """

    name: Literal["four-stages"]
    transformation: Transformation = "tps"
    feature_extraction: FeatureTrunk = "resnet"
    sequence_modelling: Sequence = "bilstm"
    prediction: Prediction = "attention"
    height_px: int = 32
    width_px: int = 100
    keep_ratio: bool = False
    alphabet: AlphabetName = "flat"
    most_characters: int = 25
    width_ratio: float = 1.0

    def __post_init__(self) -> None:
        if self.height_px < 32 or self.width_px < 32:
            raise ValueError(
                f"strips of {self.height_px} x {self.width_px} px are too small. Allowed is 32 px or more."
            )
        if self.most_characters < 1:
            raise ValueError(f"most_characters is {self.most_characters}; allowed is 1 or more.")
        if not 0 < self.width_ratio <= 4:
            raise ValueError(f"width_ratio is {self.width_ratio}; allowed is more than 0 and at most 4.")

    @property
    def most_letters(self) -> int:
        """How many of the alphabet's numbers a text has at most."""
        return self.most_characters * (3 if self.alphabet == "jamo" else 1)

    @property
    def steps(self) -> int:
        """Time steps of a strip."""
        return self.width_px // 4 + (-1 if self.feature_extraction == "vgg" else 1)


def build_four_stages(config: FourStageConfig, charset: Charset) -> FourStages:
    """The network with fresh weights."""
    size = Alphabet(config.alphabet, charset).size
    return FourStages(
        size + (1 if config.prediction == "ctc" else END + 1),
        transformation=config.transformation,
        features=config.feature_extraction,
        sequence=config.sequence_modelling,
        prediction=config.prediction,
        height_px=config.height_px,
        width_px=config.width_px,
        ratio=config.width_ratio,
    )
