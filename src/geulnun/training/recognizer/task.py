"""The Lightning module of the recogniser."""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from rapidfuzz.distance import Levenshtein
from torch import Tensor
from torch.nn import functional as F

from geulnun.core.charset import Charset
from geulnun.evaluation.calibration import mark_right
from geulnun.runtime.bundles.calibration import Calibration
from geulnun.runtime.bundles.manifest import MetricRecord
from geulnun.runtime.recognition.decode_text import STEP_PX, Reading, decode_text
from geulnun.runtime.recognition.recognizer import build_scores
from geulnun.runtime.recognition.step_scores import TextScores
from geulnun.training.calibration import measure_calibration
from geulnun.training.callbacks import RunConfig
from geulnun.training.learning_task import LearningTask
from geulnun.training.optimising import OptimiserConfig
from geulnun.training.recognizer.data import StripBatch, StripDataConfig
from geulnun.training.recognizer.guide import AttentionGuide, measure_guide_loss
from geulnun.training.recognizer.heads import Scores
from geulnun.training.recognizer.layers import find_valid
from geulnun.training.recognizer.losses import StripLabels, measure_ctc_loss, spell_labels
from geulnun.training.recognizer.network import RECOGNIZERS, Head, Mixing, StripReader
from geulnun.training.recognizer.stages.config import FOUR_STAGES, FourStageConfig
from geulnun.training.weights import GUIDE


@dataclass(frozen=True, slots=True, kw_only=True)
class StripNetworkConfig:
    """The recogniser's shape; see `StripReader`. `added` are characters that it reads beside those of its charset."""

    name: str = "strip-reader"
    channels: tuple[int, int, int, int] = (32, 64, 128, 256)
    blocks: tuple[int, int] = (1, 2)
    mixer_inner: int = 96
    mixer_kernel: int = 5
    mixer_dilations: tuple[int, ...] = (1, 1, 2, 2, 4, 4)
    dropout: float = 0.1
    height_px: Literal[32, 40, 48] = 32
    mixing: Mixing = "convolution"
    mixer_layers: int = 2
    mixer_heads: int = 4
    attention_layers: int = 0
    head: Head = "factorised"
    head_inner: int = 0
    masked: bool = False
    rectified: bool = False
    added: str = ""

    def __post_init__(self) -> None:
        if self.name not in RECOGNIZERS:
            raise ValueError(f"network {self.name!r} is unknown; allowed are {', '.join((*RECOGNIZERS, FOUR_STAGES))}.")
        needing = {
            "a rectified network": self.rectified,
            f"mixing {self.mixing!r}": self.mixing != "convolution",
            "attention_layers": self.attention_layers > 0,
        }
        for chosen in [name for name, given in needing.items() if given and not self.masked]:
            raise ValueError(f"{chosen} must know where strips end. Set masked = true.")


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideConfig:
    """An attention decoder that guides the network while it learns; see `AttentionGuide`.

    Attributes:
        layers: of the decoder; 0 for none.
        inner: its width.
        weight: of its loss beside that of CTC.
        leads: whether it alone teaches the trunk, CTC teaching what lies behind.
    """

    layers: int = 0
    inner: int = 256
    weight: float = 1.0
    leads: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognizerConfig:
    """One training run of the recogniser."""

    network: StripNetworkConfig | FourStageConfig = field(default_factory=StripNetworkConfig)
    guide: GuideConfig = field(default_factory=GuideConfig)
    data: StripDataConfig = field(default_factory=StripDataConfig)
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)
    run: RunConfig = field(default_factory=RunConfig)

    def __post_init__(self) -> None:
        if self.guide.layers and isinstance(self.network, FourStageConfig):
            raise ValueError(f"a guide teaches no {FOUR_STAGES} network. Leave out [training.guide].")


def build_recognizer(config: StripNetworkConfig, charset: Charset) -> StripReader:
    """The network with fresh weights."""
    options = dataclasses.asdict(config)
    del options["added"]  # told by the size of the charset
    network = RECOGNIZERS[options.pop("name")](charset.gate_size, **options)
    assert isinstance(network, StripReader)
    return network


class RecognizerTask(LearningTask):
    """CTC over factorised syllables; validated by greedy reading with the averaged weights.

    Logs `validate/cer_NAME` for each set: edits over characters, spaces included; and over all sets the calibration
    error of confidences, as they are and calibrated.
    """

    def __init__(self, config: RecognizerConfig, charset: Charset) -> None:
        assert isinstance(config.network, StripNetworkConfig)
        network = build_recognizer(config.network, charset)
        if config.guide.layers:
            channels, size = config.network.channels[3], charset.gate_size
            guide = AttentionGuide(channels, size, layers=config.guide.layers, inner=config.guide.inner)
            network.add_module(GUIDE, guide)
        super().__init__(network, config.optimiser, config.run.total_samples)
        self.charset, self.guide = charset, config.guide
        self.tally = StripTally()

    def measure_loss(self, batch: StripBatch) -> Tensor:
        """The CTC loss of a batch, per character."""
        strips = batch.strips.contiguous(memory_format=torch.channels_last)
        if self.guide.layers:
            return self._measure_guided_loss(strips, batch.labels)
        scores = self.network(strips)
        with torch.autocast(self.device.type, enabled=False):
            return measure_ctc_loss(scores, batch.labels)

    def _measure_guided_loss(self, strips: Tensor, labels: StripLabels) -> Tensor:
        """The CTC loss and that of the guide, which looks at the same features."""
        network = self.network
        valid = find_valid(strips)
        features = network.look(strips, valid if network.masked else None)
        scores = network.score(features.detach() if self.guide.leads else features, valid if network.masked else None)
        texts, kinds = spell_labels(labels)
        # Shifted by one, with the blank for the start and for the end.
        given, given_kinds = F.pad(texts, (0, 0, 1, 0)), F.pad(kinds, (1, 0))
        guessed = network.get_submodule(GUIDE)(features, valid[:, 0, 0, ::STEP_PX], given, given_kinds)
        with torch.autocast(self.device.type, enabled=False):
            wanted, wanted_kinds = F.pad(texts, (0, 0, 0, 1)), F.pad(kinds, (0, 1))
            guide_loss = measure_guide_loss(guessed, wanted, wanted_kinds, labels.lengths)
            ctc_loss = measure_ctc_loss(scores, labels)
        self.log_dict({"train/ctc_loss": ctc_loss, "train/guide_loss": guide_loss})
        return ctc_loss + self.guide.weight * guide_loss

    def count_samples(self, batch: StripBatch) -> int:
        """Strips in a batch."""
        return len(batch.texts)

    def on_validation_epoch_start(self) -> None:
        """Reset the counts of the last validation."""
        self.tally = StripTally()

    def validation_step(self, batch: StripBatch, batch_idx: int) -> None:
        """Read a batch with the averaged weights and count the edits."""
        self.tally.add(batch, decode_strips(self.average, batch, self.charset))

    def on_validation_epoch_end(self) -> None:
        """Log the error rate of each set and of all."""
        names, mine = zip(*self.tally.list_counts().items(), strict=True)
        reduced = self.trainer.strategy.reduce(torch.tensor(mine).to(self.device), reduce_op="sum")
        counts = dict(zip(names, map(tuple, reduced.tolist()), strict=True))
        rates = record_rates(counts)
        self.log_dict({f"validate/cer_{name}": rate.values["cer"] for name, rate in zip(names, rates, strict=True)})
        edits, length, _ = map(sum, zip(*counts.values(), strict=True))
        self.log("validate/cer", edits / max(1, length))
        self.calibration, errors = self.tally.calibrate()
        self.scores = (*rates, *errors)
        for record in errors:
            self.log("validate/ece_raw", record.values["ece of raw probabilities"])
            self.log("validate/ece_calibrated", record.values["ece"])


class StripTally:
    """What a network reads in validation strips, counted by set: edits, characters, strips; and its confidences."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = {}
        self.confidences: list[float] = []
        self.right: list[bool] = []

    def add(self, batch: StripBatch, readings: Sequence[Reading]) -> None:
        """Count the readings of a batch."""
        read = [reading.text for reading in readings]
        edits = sum(map(Levenshtein.distance, read, batch.texts))
        counts = self.counts.setdefault(batch.name, Counter())
        counts.update(edits=edits, characters=sum(map(len, batch.texts)), strips=len(batch.texts))
        confidences, right = list_confidences(readings, batch.texts)
        self.confidences += confidences
        self.right += right

    def list_counts(self) -> dict[str, tuple[int, int, int]]:
        """Edits, characters and strips of each set, by name."""
        return {
            name: (counts["edits"], counts["characters"], counts["strips"])
            for name, counts in sorted(self.counts.items())
        }

    def calibrate(self) -> tuple[Calibration | None, tuple[MetricRecord, ...]]:
        """The calibration of what was read, and how far off its confidences are."""
        return measure_calibration(self.confidences, self.right)


def list_confidences(readings: Sequence[Reading], truths: Sequence[str]) -> tuple[list[float], list[bool]]:
    """The confidence of each character that was read, and whether it is right."""
    confidences, right = [], []
    for reading, truth in zip(readings, truths, strict=True):
        confidences += [char.confidence for char in reading.chars]
        right += mark_right(reading.text, truth)
    return confidences, right


def record_rates(counts: Mapping[str, tuple[int, ...]]) -> tuple[MetricRecord, ...]:
    """The error rate of each set of `StripTally.list_counts`."""
    return tuple(
        MetricRecord(set=f"validation: {name} strips", samples=strips, values={"cer": edits / max(1, length)})
        for name, (edits, length, strips) in counts.items()
    )


@torch.no_grad()
def decode_strips(network: torch.nn.Module, batch: StripBatch, charset: Charset) -> list[Reading]:
    """What the network reads in each strip, by the very decoding that reading uses."""
    scores = network(batch.strips.contiguous(memory_format=torch.channels_last))
    widths = batch.widths_px.tolist()
    return decode_text(build_tables(scores), charset, widths_px=widths)


def build_tables(scores: Scores) -> TextScores:
    """The network's scores as reading takes them."""
    return build_scores(scores._fields, [table.detach().float().cpu().numpy() for table in scores])


def evaluate_network(
    network: torch.nn.Module, batches: Sequence[StripBatch], charset: Charset
) -> tuple[Calibration | None, tuple[MetricRecord, ...]]:
    """The calibration of a network by validation batches; its error rates there and how far off its confidences are."""
    tally = StripTally()
    for batch in batches:
        tally.add(batch, decode_strips(network, batch, charset))
    calibration, errors = tally.calibrate()
    return calibration, (*record_rates(tally.list_counts()), *errors)
