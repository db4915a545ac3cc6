"""Base of all Lightning modules: sample counts, learning rate, averaged weights."""

import copy
from typing import Any

import lightning as L
import torch
from torch import Tensor, nn

from geulnun.runtime.bundles.calibration import Calibration
from geulnun.runtime.bundles.manifest import MetricRecord
from geulnun.training.optimising import (
    OptimiserConfig,
    build_optimiser,
    find_learning_rate,
    set_learning_rate,
    update_average,
)


class LearningTask(L.LightningModule):
    """A network, the running average of its weights, and where in the course of training they stand.

    Subclasses say what a batch costs (`measure_loss`), how many samples it holds (`count_samples`), and how the
    average does on validation batches.

    Attributes:
        network: what is trained.
        average: the running average of its weights, which validation and export use.
        samples_seen: over all processes and runs.
        next_index: no sample with an index from here on has been seen.
        scores: of the last validation.
        calibration: of confidences, fitted to the last validation, where a task fits one.
        in_hand: samples of the batch being learned from, and its next index.
    """

    def __init__(self, network: nn.Module, optimiser: OptimiserConfig, total_samples: int) -> None:
        super().__init__()
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.network).requires_grad_(False).eval()
        self.optimiser = optimiser
        self.total_samples = total_samples
        self.scores: tuple[MetricRecord, ...] = ()
        self.calibration: Calibration | None = None
        self.samples_seen = 0
        self.next_index = 0
        self.in_hand = (0, 0)

    @property
    def clip_norm(self) -> float:
        """What Lightning cuts the gradient's norm to; 0 leaves it as it is."""
        return self.optimiser.clip_norm

    @property
    def finished(self) -> bool:
        """Whether the run has come to its end."""
        return self.samples_seen >= self.total_samples

    def measure_loss(self, batch: Any) -> Tensor:
        """The scalar loss of a batch."""
        raise NotImplementedError

    def get_input(self, batch: Any) -> Tensor:
        """The network's input (N, C, H, W): the first part of a batch, be it of training or of validation."""
        given: Tensor = batch[0]
        return given

    def count_samples(self, batch: Any) -> int:
        """Samples in a batch."""
        raise NotImplementedError

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """The optimiser of the network's weights."""
        return build_optimiser(self.network, self.optimiser)

    def train(self, mode: bool = True) -> "LearningTask":
        """Training mode for the network only: the average's statistics follow the network's."""
        super().train(mode)
        self.average.eval()
        return self

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Set the learning rate for the samples seen so far."""
        rate = find_learning_rate(self.optimiser, self.samples_seen, self.total_samples)
        set_learning_rate(self.trainer.optimizers[0], rate)

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        """The loss to step down from, logged."""
        loss = self.measure_loss(batch)
        self.in_hand = (self.count_samples(batch), batch.next_index)
        self.log("train/loss", loss)
        self.log("train/lr", self.trainer.optimizers[0].param_groups[0]["lr"])
        self.log("samples_seen", float(self.samples_seen))
        return loss

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """Step, move the average and count the samples: before any callback may save a checkpoint."""
        super().optimizer_step(*args, **kwargs)
        update_average(self.average, self.network, self.global_step, self.optimiser.average_decay)
        samples, next_index = self.in_hand
        self.samples_seen += samples * self.trainer.world_size
        self.next_index = max(self.next_index, next_index)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the counts to a checkpoint."""
        checkpoint["samples_seen"] = self.samples_seen
        checkpoint["next_index"] = self.next_index

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take the counts from a checkpoint."""
        self.samples_seen = checkpoint["samples_seen"]
        self.next_index = checkpoint["next_index"]
