"""The Lightning module of the orientation classifier."""

from collections import Counter
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional

from geulnun.runtime.bundles.manifest import MetricRecord
from geulnun.training.callbacks import RunConfig
from geulnun.training.learning_task import LearningTask
from geulnun.training.optimising import OptimiserConfig
from geulnun.training.orientation.data import OrientationDataConfig, TurnBatch
from geulnun.training.orientation.network import TurnFinder

_SURE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class OrientationNetworkConfig:
    """Size of the network.

    Attributes:
        channels: of the layers, two at least.
        dropout: before the last layer.
    """

    channels: tuple[int, ...] = (16, 32, 64, 128, 160)
    dropout: float = 0.1

    def __post_init__(self) -> None:
        if len(self.channels) < 2 or min(self.channels) < 1:
            raise ValueError(f"channels is {self.channels}; two layers or more, each of one channel at least.")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrientationConfig:
    """One training run of the orientation network."""

    network: OrientationNetworkConfig = field(default_factory=OrientationNetworkConfig)
    data: OrientationDataConfig = field(default_factory=OrientationDataConfig)
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)
    run: RunConfig = field(default_factory=RunConfig)


def build_orientation(config: OrientationNetworkConfig) -> TurnFinder:
    """The network with fresh weights."""
    return TurnFinder(config.channels, config.dropout)


class OrientationTask(LearningTask):
    """Cross entropy of the turns; accuracy on the average.

    Logs per validation set `validate/accuracy_NAME`, and among those the network is sure of, `validate/sure_NAME`.
    """

    def __init__(self, config: OrientationConfig) -> None:
        super().__init__(build_orientation(config.network), config.optimiser, config.run.total_samples)
        self.counts: dict[str, Counter[str]] = {}

    def measure_loss(self, batch: TurnBatch) -> Tensor:
        """The loss of a batch, per snippet."""
        snippets = batch.snippets.contiguous(memory_format=torch.channels_last)
        return functional.nll_loss(self.network(snippets), batch.turns)

    def count_samples(self, batch: TurnBatch) -> int:
        """Snippets in a batch."""
        return len(batch.turns)

    def on_validation_epoch_start(self) -> None:
        """Reset the counts of the last validation."""
        self.counts = {}

    def validation_step(self, batch: TurnBatch, batch_idx: int) -> None:
        """Count what the averaged weights get right."""
        self.counts.setdefault(batch.name, Counter()).update(count_turns(self.average, batch))

    def on_validation_epoch_end(self) -> None:
        """Log the accuracies of each set."""
        records = []
        for name in sorted(self.counts):
            counts = self.counts[name]
            keys = sorted(counts)
            mine = torch.tensor([counts[key] for key in keys]).to(self.device)
            totals = dict(zip(keys, self.trainer.strategy.reduce(mine, reduce_op="sum").tolist(), strict=True))
            samples = max(1, int(totals["samples"]))
            values = {
                "accuracy": totals["right"] / samples,
                "share that is sure": totals["sure"] / samples,
                "accuracy of the sure": totals["sure and right"] / max(1, totals["sure"]),
            }
            self.log(f"validate/accuracy_{name}", values["accuracy"])
            self.log(f"validate/sure_{name}", values["accuracy of the sure"])
            records.append(MetricRecord(set=f"validation: {name}, both ways up", samples=samples, values=values))
        self.scores = tuple(records)


@torch.no_grad()
def count_turns(network: torch.nn.Module, batch: TurnBatch) -> dict[str, int]:
    """How many snippets of a batch are seen right, of how many the network is sure, and which of these are right."""
    scores = network(batch.snippets.contiguous(memory_format=torch.channels_last)).float()
    right = scores.argmax(dim=1) == batch.turns
    sure = scores.amax(dim=1).exp() >= _SURE
    return {
        "samples": len(batch.turns),
        "right": int(right.sum()),
        "sure": int(sure.sum()),
        "sure and right": int((sure & right).sum()),
    }
