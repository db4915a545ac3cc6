"""The Lightning module of the four stages."""

from collections import Counter
from collections.abc import Sequence

import torch
from rapidfuzz.distance import Levenshtein
from torch import Tensor, nn
from torch.nn import functional as F

from geulnun.core.charset import Charset
from geulnun.runtime.bundles.calibration import Calibration
from geulnun.runtime.bundles.manifest import MetricRecord
from geulnun.runtime.recognition.decode_text import Reading
from geulnun.runtime.recognition.fixed_size.alphabets import Alphabet
from geulnun.runtime.recognition.fixed_size.decode_fixed import decode_fixed
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


class FixedTally:
    """What is read in validation strips, by set: words exact, 1 - NED, CER; and the confidences."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = {}
        self.confidences: list[float] = []
        self.right: list[bool] = []

    def add(self, batch: FixedBatch, readings: Sequence[Reading]) -> None:
        """Count the readings of a batch."""
        read = [reading.text for reading in readings]
        edits = list(map(Levenshtein.distance, read, batch.texts))
        longest = [max(len(a), len(b), 1) for a, b in zip(read, batch.texts, strict=True)]
        self.counts.setdefault(batch.name, Counter()).update(
            strips=len(read),
            exact=sum(not each for each in edits),
            edits=sum(edits),
            characters=sum(map(len, batch.texts)),
            likeness=sum(1 - each / most for each, most in zip(edits, longest, strict=True)),  # type: ignore[arg-type]
        )
        confidences, right = list_confidences(readings, batch.texts)
        self.confidences += confidences
        self.right += right

    def measure_sets(self) -> dict[str, dict[str, float]]:
        """The measures of each set, by name."""
        return {name: measure_counts(counts) for name, counts in sorted(self.counts.items())}

    def measure_all(self) -> dict[str, float]:
        """The measures over all sets together."""
        return measure_counts(sum(self.counts.values(), Counter()))

    def record(self) -> tuple[MetricRecord, ...]:
        """The measures of each set, as a manifest states them."""
        return tuple(
            MetricRecord(set=f"validation: {name} strips", samples=self.counts[name]["strips"], values=values)
            for name, values in self.measure_sets().items()
        )

    def calibrate(self) -> tuple[Calibration | None, tuple[MetricRecord, ...]]:
        """The calibration of what was read, and how far off its confidences are."""
        return measure_calibration(self.confidences, self.right)


def measure_counts(counts: Counter[str]) -> dict[str, float]:
    """Share of strips read exactly, mean of 1 - edit distance over the longer text's length (1 - NED), and CER."""
    strips = max(1, counts["strips"])
    return {
        "accuracy": counts["exact"] / strips,
        "1-ned": counts["likeness"] / strips,
        "cer": counts["edits"] / max(1, counts["characters"]),
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
