"""The Lightning module of the four stages."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from rapidfuzz.distance import Levenshtein
from torch import Tensor, nn
from torch.nn import functional as F

from geulnun.core.charset import Charset
from geulnun.runtime.bundles.calibration import Calibration
from geulnun.runtime.bundles.manifest import MetricRecord
from geulnun.runtime.recognition.decode_text import Reading
from geulnun.runtime.recognition.experimental.alphabets import Alphabet
from geulnun.runtime.recognition.experimental.decode_fixed import decode_fixed
from geulnun.training.calibration import measure_calibration
from geulnun.training.learning_task import LearningTask
from geulnun.training.optimising import OptimiserConfig
from geulnun.training.recognizer.stages.config import FourStageConfig, build_four_stages
from geulnun.training.recognizer.stages.data import FixedBatch
from geulnun.training.recognizer.stages.network import FourStages
from geulnun.training.recognizer.stages.reader import FixedReader, name_outputs
from geulnun.training.recognizer.stages.sequence import END, START
from geulnun.training.recognizer.task import list_confidences


class FourStageTask(LearningTask):
    """CTC, or the cross-entropy of each next character; validated by greedy reading with the averaged weights.

    Logs `validate/NAME_SET` and `validate/NAME` for each measure of `FixedTally`.
    """

    network: FourStages
    average: FourStages

    def __init__(
        self, shape: FourStageConfig, optimiser: OptimiserConfig, total_samples: int, charset: Charset
    ) -> None:
        super().__init__(build_four_stages(shape, charset), optimiser, total_samples)
        self.shape, self.alphabet = shape, Alphabet(shape.alphabet, charset)
        self.tally = FixedTally()

    def measure_loss(self, batch: FixedBatch) -> Tensor:
        """The loss of a batch: of CTC the mean over strips of that per character, else the mean over characters."""
        strips = batch.strips.contiguous(memory_format=torch.channels_last)
        if self.shape.prediction == "ctc":
            return measure_ctc(self.network(strips), batch)
        given, wanted = shift_labels(batch)
        scores = self.network(strips, given)
        return F.cross_entropy(scores.float().flatten(0, 1), wanted.flatten(), ignore_index=START)

    def count_samples(self, batch: FixedBatch) -> int:
        """Strips in a batch."""
        return len(batch.texts)

    def on_validation_epoch_start(self) -> None:
        """Reset the counts of the last validation."""
        self.tally = FixedTally()

    def validation_step(self, batch: FixedBatch, batch_idx: int) -> None:
        """Read a batch with the averaged weights."""
        self.tally.add(batch, decode_batch(self.average, batch, self.shape, self.alphabet))

    def on_validation_epoch_end(self) -> None:
        """Log the measures of each set and of all."""
        for name, values in self.tally.measure_sets().items():
            self.log_dict({f"validate/{measure}_{name}": value for measure, value in values.items()})
        self.log_dict({f"validate/{measure}": value for measure, value in self.tally.measure_all().items()})
        self.calibration, errors = self.tally.calibrate()
        self.scores = (*self.tally.record(), *errors)


def measure_ctc(scores: Tensor, batch: FixedBatch) -> Tensor:
    """The CTC loss of scores (N, T, C).

    Source: Graves et al. 2006; the mean of clovaai/deep-text-recognition-benchmark.
    """
    with torch.autocast(scores.device.type, enabled=False):
        logs = scores.float().log_softmax(dim=2).transpose(0, 1)
        steps = torch.full((logs.shape[1],), logs.shape[0], dtype=torch.int64)
        return F.ctc_loss(logs, batch.labels, steps, batch.lengths, blank=0, zero_infinity=True)


def shift_labels(batch: FixedBatch) -> tuple[Tensor, Tensor]:
    """Classes (N, L + 1) that an attention decoder is given, `START` first, and those it is to say, `END` last.

    What lies behind an `END` is `START`, which the loss passes over.
    """
    places = torch.arange(batch.labels.shape[1] + 1, device=batch.labels.device)[None]
    letters = F.pad(torch.where(batch.labels > 0, batch.labels + 1, START), (0, 1), value=START)
    wanted = torch.where(places == batch.lengths[:, None], END, letters)
    return F.pad(letters[:, :-1], (1, 0), value=START), wanted


@torch.no_grad()
def decode_batch(network: FourStages, batch: FixedBatch, shape: FourStageConfig, alphabet: Alphabet) -> list[Reading]:
    """What the network reads in each strip, by the very decoding that reading uses."""
    tables = FixedReader(network, shape)(batch.strips.contiguous(memory_format=torch.channels_last))
    named = zip(name_outputs(shape), tables, strict=True)
    spans = [shape.width_px] * len(batch.texts)
    return decode_fixed({name: table.float().cpu().numpy() for name, table in named}, alphabet, spans_px=spans)


class StripEdits(NamedTuple):
    """Edits from what was read to the true text of a strip, the true text's length, and that of the longer one."""

    edits: int
    length: int
    longest: int


class FixedTally:
    """What is read in validation strips, by set; and the confidences."""

    def __init__(self) -> None:
        self.strips: dict[str, list[StripEdits]] = {}
        self.confidences: list[float] = []
        self.right: list[bool] = []

    def add(self, batch: FixedBatch, readings: Sequence[Reading]) -> None:
        """Compare the readings of a batch with its texts."""
        pairs = zip((reading.text for reading in readings), batch.texts, strict=True)
        self.strips.setdefault(batch.name, []).extend(
            StripEdits(Levenshtein.distance(read, text), len(text), max(len(read), len(text))) for read, text in pairs
        )
        confidences, right = list_confidences(readings, batch.texts)
        self.confidences += confidences
        self.right += right

    def measure_sets(self) -> dict[str, dict[str, float]]:
        """The measures of each set, by name."""
        return {name: measure_strips(strips) for name, strips in sorted(self.strips.items())}

    def measure_all(self) -> dict[str, float]:
        """The measures over all sets together."""
        return measure_strips([each for strips in self.strips.values() for each in strips])

    def record(self) -> tuple[MetricRecord, ...]:
        """The measures of each set, as a manifest states them."""
        return tuple(
            MetricRecord(set=f"validation: {name} strips", samples=len(self.strips[name]), values=values)
            for name, values in self.measure_sets().items()
        )

    def calibrate(self) -> tuple[Calibration | None, tuple[MetricRecord, ...]]:
        """The calibration of what was read, and how far off its confidences are."""
        return measure_calibration(self.confidences, self.right)


def measure_strips(strips: Sequence[StripEdits]) -> dict[str, float]:
    """Share of strips read exactly, mean of 1 - edits over the longer text's length (1 - NED), and CER."""
    count = max(1, len(strips))
    return {
        "accuracy": sum(not each.edits for each in strips) / count,
        "1-ned": sum(1 - each.edits / max(1, each.longest) for each in strips) / count,
        "cer": sum(each.edits for each in strips) / max(1, sum(each.length for each in strips)),
    }


def evaluate_four_stages(
    network: nn.Module, batches: Sequence[FixedBatch], shape: FourStageConfig, charset: Charset
) -> tuple[Calibration | None, tuple[MetricRecord, ...]]:
    """The calibration of a network by validation batches; its measures there and how far off its confidences are."""
    assert isinstance(network, FourStages)
    tally, alphabet = FixedTally(), Alphabet(shape.alphabet, charset)
    for batch in batches:
        tally.add(batch, decode_batch(network, batch, shape, alphabet))
    calibration, errors = tally.calibrate()
    return calibration, (*tally.record(), *errors)
