"""Learning to read strips."""

from collections import Counter
from dataclasses import dataclass, field

import torch
from rapidfuzz.distance import Levenshtein
from torch import Tensor

from geulnun.core.charset import Charset
from geulnun.runtime.bundle import MetricRecord
from geulnun.runtime.decode_text import LineScores, decode_text
from geulnun.training.datasets import StripBatch, StripDataConfig
from geulnun.training.losses import measure_ctc_loss
from geulnun.training.networks import RECOGNIZERS
from geulnun.training.networks.recognizer import StripReader
from geulnun.training.optimising import OptimiserConfig
from geulnun.training.run import RunConfig
from geulnun.training.task import LearningTask


@dataclass(frozen=True, slots=True, kw_only=True)
class StripNetworkConfig:
    """The recogniser's shape; see `StripReader`."""

    name: str = "strip-reader"
    channels: tuple[int, int, int, int] = (32, 64, 128, 256)
    blocks: tuple[int, int] = (1, 2)
    mixer_inner: int = 96
    mixer_kernel: int = 5
    mixer_dilations: tuple[int, ...] = (1, 1, 2, 2, 4, 4)
    dropout: float = 0.1

    def __post_init__(self) -> None:
        if self.name not in RECOGNIZERS:
            raise ValueError(f"network {self.name!r} is unknown; allowed are {', '.join(RECOGNIZERS)}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognizerConfig:
    """One training run of the recogniser."""

    network: StripNetworkConfig = field(default_factory=StripNetworkConfig)
    data: StripDataConfig = field(default_factory=StripDataConfig)
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)
    run: RunConfig = field(default_factory=RunConfig)


def build_recognizer(config: StripNetworkConfig, charset: Charset) -> StripReader:
    """The network with fresh weights."""
    network = RECOGNIZERS[config.name](
        charset.gate_size,
        channels=config.channels,
        blocks=config.blocks,
        mixer_inner=config.mixer_inner,
        mixer_kernel=config.mixer_kernel,
        mixer_dilations=config.mixer_dilations,
        dropout=config.dropout,
    )
    assert isinstance(network, StripReader)
    return network


class RecognizerTask(LearningTask):
    """CTC over factorised syllables; validated by greedy reading with the averaged weights.

    Logs `validate/cer_NAME` for each set: edits over characters, spaces included.
    """

    def __init__(self, config: RecognizerConfig, charset: Charset) -> None:
        super().__init__(build_recognizer(config.network, charset), config.optimiser, config.run.total_samples)
        self.charset = charset
        self.edits: Counter[str] = Counter()
        self.characters: Counter[str] = Counter()
        self.strips: Counter[str] = Counter()

    def measure_loss(self, batch: StripBatch) -> Tensor:
        """The CTC loss of a batch, per character."""
        scores = self.network(batch.strips.contiguous(memory_format=torch.channels_last))
        with torch.autocast(self.device.type, enabled=False):
            return measure_ctc_loss(scores, batch.labels)

    def count_samples(self, batch: StripBatch) -> int:
        """Strips in a batch."""
        return len(batch.texts)

    def on_validation_epoch_start(self) -> None:
        """Forgets the last validation."""
        for counter in (self.edits, self.characters, self.strips):
            counter.clear()

    def validation_step(self, batch: StripBatch, batch_idx: int) -> None:
        """Reads a batch with the averaged weights and counts the edits."""
        read = read_strips(self.average, batch, self.charset)
        self.edits[batch.name] += sum(map(Levenshtein.distance, read, batch.texts))
        self.characters[batch.name] += sum(map(len, batch.texts))
        self.strips[batch.name] += len(batch.texts)

    def on_validation_epoch_end(self) -> None:
        """Logs the error rate of each set and of all."""
        names = sorted(self.characters)
        mine = [(self.edits[name], self.characters[name], self.strips[name]) for name in names]
        reduced = self.trainer.strategy.reduce(torch.tensor(mine).to(self.device), reduce_op="sum")
        counts = dict(zip(names, reduced.tolist(), strict=True))
        self.log_dict({f"validate/cer_{name}": edits / max(1, length) for name, (edits, length, _) in counts.items()})
        edits, length, _ = map(sum, zip(*counts.values(), strict=True))
        self.log("validate/cer", edits / max(1, length))
        self.scores = tuple(
            MetricRecord(set=f"validation: {name} strips", samples=strips, values={"cer": edits / max(1, length)})
            for name, (edits, length, strips) in counts.items()
        )


@torch.no_grad()
def read_strips(network: torch.nn.Module, batch: StripBatch, charset: Charset) -> list[str]:
    """What the network reads in each strip, by the very decoding that reading uses."""
    scores = network(batch.strips.contiguous(memory_format=torch.channels_last))
    tables = LineScores(**{name: table.float().cpu().numpy() for name, table in scores._asdict().items()})
    return [reading.text for reading in decode_text(tables, charset, widths_px=batch.widths_px.tolist())]
