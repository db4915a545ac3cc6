"""Callbacks of a run: progress, checkpoints, stopping."""

import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import lightning as L
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from geulnun.training.learning_task import LearningTask
from geulnun.training.precision import AUTO_PRECISION
from geulnun.training.record import ScoreRecord, append_to_curve, write_scores
from geulnun.training.weights import write_weights

LAST_CHECKPOINT = "last.ckpt"
EPOCHS_FOLDER = "epochs"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """How long a run takes, and how often it validates, saves and reports.

    Attributes:
        total_samples: the run ends, and the learning rate with it, when so many samples were seen.
        seed: of the first weights and of the choice of batches.
        validate_every_steps: steps between validations.
        checkpoint_minutes: between two savings of `last.ckpt`.
        keep_every_samples: the weights at every so many samples are kept in `epochs/`; 0 keeps the last ones alone.
        log_every_steps: steps between two lines of the log.
        precision: of Lightning's Trainer; "auto" is bf16-mixed where the processor has bfloat16, else 32-true.
        threads: CPU threads of the trainer; 0 leaves the choice to torch.
    """

    total_samples: int = 1_000_000
    seed: int = 1
    validate_every_steps: int = 400
    checkpoint_minutes: float = 5.0
    keep_every_samples: int = 0
    log_every_steps: int = 50
    precision: str = AUTO_PRECISION
    threads: int = 0


class CheckpointKeeper(L.Callback):
    """Saves `last.ckpt` every few minutes and when the run is told to stop, and ends the run in time.

    SIGTERM, Ctrl-C and `max_minutes` end it after the step in hand, with a checkpoint. What validations measure is
    appended to the learning curve; where asked for, the averaged weights are kept every so many samples.
    """

    def __init__(
        self, folder: Path, every_minutes: float, max_minutes: float | None, keep_every_samples: int = 0
    ) -> None:
        self.path = folder / LAST_CHECKPOINT
        self.keep_every_samples = keep_every_samples
        self.started_s = time.process_time()
        self.every_s = every_minutes * 60
        self.deadline = time.monotonic() + max_minutes * 60 if max_minutes else None
        self.saved_at = time.monotonic()
        self.told_to_stop = False

    def on_train_start(self, trainer: L.Trainer, task: L.LightningModule) -> None:
        """Listen to the signals that end a run."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop_soon)

    def _stop_soon(self, number: int, frame: FrameType | None) -> None:
        if self.told_to_stop:
            raise KeyboardInterrupt
        self.told_to_stop = True

    def on_train_batch_end(
        self, trainer: L.Trainer, task: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Save if it is time to; end the run if it is finished, late or told to stop."""
        assert isinstance(task, LearningTask)
        now = time.monotonic()
        late = self.deadline is not None and now >= self.deadline
        decide = trainer.strategy.reduce_boolean_decision
        stop = decide(task.finished or self.told_to_stop or late, all=False)
        if stop or decide(now - self.saved_at >= self.every_s, all=False):
            self.save(trainer)
        if trainer.is_global_zero:
            self._keep_weights(task)
        if self.told_to_stop:
            trainer.limit_val_batches = 0  # stopping does not wait for a last validation
        trainer.should_stop = trainer.should_stop or stop

    def on_validation_end(self, trainer: L.Trainer, task: L.LightningModule) -> None:
        """Store the scores for the export."""
        assert isinstance(task, LearningTask)
        if trainer.is_global_zero:
            record = ScoreRecord(samples_seen=task.samples_seen, scores=task.scores, calibration=task.calibration)
            write_scores(self.path.parent, record)
            if task.scores:
                append_to_curve(self.path.parent, record, time.process_time() - self.started_s)

    def _keep_weights(self, task: LearningTask) -> None:
        """Keep the averaged weights where as many samples were seen as make one more pass."""
        passes = task.samples_seen // self.keep_every_samples if self.keep_every_samples else 0
        path = self.path.parent / EPOCHS_FOLDER / f"{passes:03d}.safetensors"
        if passes and not path.exists():
            path.parent.mkdir(exist_ok=True)
            fresh = path.with_suffix(".new")
            write_weights(task.average, fresh)
            fresh.replace(path)

    def save(self, trainer: L.Trainer) -> None:
        """Write the checkpoint beside the last one, then put it in its place."""
        fresh = self.path.with_suffix(".new")
        trainer.save_checkpoint(fresh)
        if trainer.is_global_zero:
            fresh.replace(self.path)
        self.saved_at = time.monotonic()


class ProgressReport(L.Callback):
    """A progress bar on a terminal, else one line every `every_steps` steps."""

    def __init__(self, every_steps: int) -> None:
        self.every_steps = every_steps
        self.bar: Progress | None = None
        self.marked = (0.0, 0)

    def on_train_start(self, trainer: L.Trainer, task: L.LightningModule) -> None:
        """Open the progress bar, on a terminal."""
        assert isinstance(task, LearningTask)
        self.marked = (time.monotonic(), task.samples_seen)
        if trainer.is_global_zero and sys.stderr.isatty():
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self.bar = Progress(*columns, refresh_per_second=2)
            self.bar.add_task("training", total=task.total_samples, completed=task.samples_seen)
            self.bar.start()

    def on_train_batch_end(
        self, trainer: L.Trainer, task: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Report progress every few steps."""
        assert isinstance(task, LearningTask)
        if not trainer.is_global_zero or trainer.global_step % self.every_steps:
            return
        loss = float(outputs["loss"])
        rate = (task.samples_seen - self.marked[1]) / max(1e-9, time.monotonic() - self.marked[0])
        self.marked = (time.monotonic(), task.samples_seen)
        task.log("train/samples_per_s", rate)
        if self.bar is not None:
            text = f"loss {loss:.4f}  {rate:.0f} samples/s"
            self.bar.update(self.bar.task_ids[0], completed=task.samples_seen, description=text)
            return
        left_s = (task.total_samples - task.samples_seen) / max(rate, 1e-9)
        print(
            f"{time.strftime('%H:%M:%S')} step {trainer.global_step} samples {task.samples_seen}/{task.total_samples} "
            f"loss {loss:.4f} lr {trainer.optimizers[0].param_groups[0]['lr']:.2e} "
            f"{rate:.0f} samples/s, {left_s / 60:.0f} min left",
            flush=True,
        )

    def on_validation_end(self, trainer: L.Trainer, task: L.LightningModule) -> None:
        """Print the validation scores."""
        if not trainer.is_global_zero:
            return
        metrics = {k: float(v) for k, v in trainer.callback_metrics.items() if k.startswith("validate/")}
        line = "  ".join(f"{name.removeprefix('validate/')} {value:.4f}" for name, value in metrics.items())
        message = f"{time.strftime('%H:%M:%S')} step {trainer.global_step} validation: {line}"
        (self.bar.console.print if self.bar else print)(message)
        sys.stdout.flush()

    def on_fit_end(self, trainer: L.Trainer, task: L.LightningModule) -> None:
        """Close the progress bar."""
        self._close_bar()

    def on_exception(self, trainer: L.Trainer, task: L.LightningModule, error: BaseException) -> None:
        """Close the progress bar."""
        self._close_bar()

    def _close_bar(self) -> None:
        if self.bar is not None:
            self.bar.stop()
            self.bar = None
