"""The four stages joined: transformation, features, sequence, prediction."""

from typing import Literal

from torch import Tensor, nn

from geulnun.training.recognizer.stages.sequence import INNER, AttentionDecoder, RecurrentLayer
from geulnun.training.recognizer.stages.spline import Spline
from geulnun.training.recognizer.stages.trunks import STAGE_CHANNELS, TRUNKS, find_width

Transformation = Literal["none", "tps"]
FeatureTrunk = Literal["vgg", "rcnn", "resnet"]
Sequence = Literal["none", "bilstm"]
Prediction = Literal["ctc", "attention"]


class FourStages(nn.Module):
    """Reads a picture of fixed size: all 24 combinations of Baek et al. 2019.

    Args:
        classes: of the prediction: characters and the blank, or characters, start and end.
        transformation: "tps" straightens the picture first.
        features: the convolutional trunk.
        sequence: "bilstm" lets time steps know their neighbours.
        prediction: "ctc", a score of each class at each step, or an "attention" decoder.
        height_px: of the pictures,
        width_px: and their width; only "tps" depends on it.
        ratio: of all layers' widths to the published ones.

    Source: Baek et al. 2019, What is wrong with scene text recognition model comparisons?
    """

    def __init__(
        self,
        classes: int,
        *,
        transformation: Transformation = "none",
        features: FeatureTrunk = "vgg",
        sequence: Sequence = "bilstm",
        prediction: Prediction = "ctc",
        height_px: int = 32,
        width_px: int = 100,
        ratio: float = 1.0,
    ) -> None:
        super().__init__()
        self.spline = Spline(height_px, width_px, ratio) if transformation == "tps" else None
        self.trunk = TRUNKS[features](ratio)
        channels, inner = find_width(STAGE_CHANNELS, ratio), find_width(INNER, ratio)
        self.sequence: nn.Module = nn.Identity()
        if sequence == "bilstm":
            self.sequence = nn.Sequential(RecurrentLayer(channels, inner), RecurrentLayer(inner, inner))
            channels = inner
        self.prediction: nn.Module
        if prediction == "ctc":
            self.prediction = nn.Linear(channels, classes)
        else:
            self.prediction = AttentionDecoder(channels, classes, inner)
        self._reset()

    def look(self, pictures: Tensor) -> Tensor:
        """Time steps (N, T, C) of `pictures` (N, 1, H, W), grey in -1..1."""
        straight = pictures if self.spline is None else self.spline(pictures)
        steps: Tensor = self.sequence(self.trunk(straight).mean(dim=2).transpose(1, 2))
        return steps

    def forward(self, pictures: Tensor, texts: Tensor | None = None) -> Tensor:
        """Scores (N, T, classes) of "ctc"; of "attention" (N, L, classes), of the characters behind `texts` (N, L)."""
        steps = self.look(pictures)
        scores: Tensor = self.prediction(steps) if texts is None else self.prediction(steps, texts)
        return scores

    def _reset(self) -> None:
        """Kaiming's normal start of all weights but those of norms, no biases; the spline starts as it says."""
        for name, weight in self.named_parameters():
            if "bias" in name:
                nn.init.zeros_(weight)
            elif weight.ndim > 1:
                nn.init.kaiming_normal_(weight)
        if self.spline is not None:
            self.spline.restart()
