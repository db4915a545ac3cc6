"""Runs of any kind of network: set up, resume from the last checkpoint, train."""

import dataclasses
import logging
import pickle
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import lightning as L
import torch
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from torch.utils.data import DataLoader

from geulnun.core.memory import keep_freed_memory
from geulnun.errors import ConfigError, GeulnunError
from geulnun.training.callbacks import LAST_CHECKPOINT, CheckpointKeeper, ProgressReport, RunConfig
from geulnun.training.learning_task import LearningTask
from geulnun.training.materials import SourceConfig
from geulnun.training.optimising import OptimiserConfig
from geulnun.training.precision import choose_precision
from geulnun.training.record import write_examples
from geulnun.training.streams import SampleStream, keep_batch, open_loader, unwrap_worker_error
from geulnun.training.weights import load_weights

TaskT_co = TypeVar("TaskT_co", bound=LearningTask, covariant=True)
TaskT = TypeVar("TaskT", bound=LearningTask)

_EXPECTED_WARNINGS = (
    ".*does not have many workers.*",
    ".*LeafSpec.*",
    ".*ended before the epoch ended.*",
    ".*in eval mode at the start.*",
)


class DataConfig(Protocol):
    """How samples become batches."""

    @property
    def workers(self) -> int:
        """Processes that draw samples; 0 draws them in the process that trains."""


class TrainingConfig(Protocol):
    """One training run of any kind of network: the `[training]` table of a config file."""

    @property
    def network(self) -> Any:
        """The network's shape."""

    @property
    def data(self) -> DataConfig:
        """How samples become batches."""

    @property
    def optimiser(self) -> OptimiserConfig:
        """How weights move."""

    @property
    def run(self) -> RunConfig:
        """How long the run takes and what it reports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSetup(Generic[TaskT_co]):
    """What a run consists of.

    Attributes:
        task: the network and its loss.
        stream: the endless training batches.
        validation: the fixed batches it is validated on; none skips validation.
    """

    task: TaskT_co
    stream: SampleStream[Any, Any]
    validation: list[Any]


class Experiment(Protocol):
    """A config file: a source of samples, and a network that is trained on them."""

    @property
    def source(self) -> SourceConfig:
        """Where samples come from."""

    @property
    def training(self) -> TrainingConfig:
        """How the network is trained."""

    def set_up(self) -> TrainingSetup[LearningTask]:
        """The run that the config describes, with fresh weights."""


def settle(run: RunConfig) -> None:
    """Seed torch, set its threads and memory, and silence Lightning's warnings about choices made here on purpose."""
    keep_freed_memory()
    L.seed_everything(run.seed, verbose=False)
    if run.threads:
        torch.set_num_threads(run.threads)
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    for message in _EXPECTED_WARNINGS:
        warnings.filterwarnings("ignore", message)


class StreamData(L.LightningDataModule):
    """An endless stream of batches that starts where the task's checkpoint left off, and fixed validation batches."""

    def __init__(self, stream: SampleStream[Any, Any], workers: int, validation: list[Any]) -> None:
        super().__init__()
        self.stream, self.workers, self.validation = stream, workers, validation

    def train_dataloader(self) -> DataLoader[Any]:
        """Batches of samples that neither this run nor another process has seen."""
        trainer = self.trainer
        assert trainer is not None
        assert isinstance(trainer.lightning_module, LearningTask)
        self.stream.first_index = trainer.lightning_module.next_index
        self.stream.share = (trainer.global_rank, trainer.world_size)
        return open_loader(self.stream, workers=self.workers)

    def val_dataloader(self) -> DataLoader[Any]:
        """The validation batches as they are."""
        return DataLoader(self.validation, batch_size=None, collate_fn=keep_batch)  # type: ignore[arg-type]


def fit(
    config: TrainingConfig,
    set_up: Callable[[], TrainingSetup[TaskT]],
    folder: Path,
    *,
    init: Path | None = None,
    max_minutes: float | None = None,
) -> TaskT | None:
    """The task of a run after training, until it is finished or told to stop; None if it was finished before.

    Args:
        config: of the run.
        set_up: builds the run, once torch is seeded.
        folder: of checkpoints and logs; a run resumes from its `last.ckpt`.
        init: a bundle, safetensors or .pth file whose weights a fresh run starts from.
        max_minutes: stop after so long, leaving a checkpoint.

    Raises:
        GeulnunError: a sample that cannot be read; the last checkpoint stays.
    """
    if count_seen(folder) >= config.run.total_samples:
        print(f"{folder}: finished. Raise training.run.total_samples to go on, or name another run with --run.")
        return None
    settle(config.run)
    setup = set_up()
    task = setup.task
    folder.mkdir(parents=True, exist_ok=True)
    write_examples(folder, [task.get_input(batch) for batch in setup.validation])
    last = folder / LAST_CHECKPOINT
    if init is not None and not last.exists():
        load_weights(task, init)
    run = config.run
    keeper = CheckpointKeeper(folder, run.checkpoint_minutes, max_minutes, run.keep_every_samples)
    trainer = build_trainer(config.run, folder, keeper, clip_norm=task.clip_norm, validates=bool(setup.validation))
    for logger in trainer.loggers:
        logger.log_hyperparams(dataclasses.asdict(config))  # type: ignore[call-overload]
    data = StreamData(setup.stream, config.data.workers, setup.validation)
    try:
        trainer.fit(task, data, ckpt_path=str(last) if last.exists() else None, weights_only=True)
    except GeulnunError as error:
        raise unwrap_worker_error(error) from error
    return task


def count_seen(folder: Path) -> int:
    """The samples that a run has learned from, by its last checkpoint; 0 without one.

    Raises:
        ConfigError: not a checkpoint of this project.
    """
    last = folder / LAST_CHECKPOINT
    return int(read_checkpoint(last)["samples_seen"]) if last.exists() else 0


def read_checkpoint(path: Path) -> dict[str, Any]:
    """A checkpoint's tensors and counts, on the CPU.

    Raises:
        ConfigError: not a checkpoint of this project.
    """
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        raise ConfigError(
            f"{path} cannot be read as a checkpoint ({type(error).__name__}): it is damaged, or no checkpoint of "
            "geulnun train. Delete it to start the run from the beginning, or name another run with --run."
        ) from error
    if not isinstance(checkpoint, dict) or "samples_seen" not in checkpoint:
        raise ConfigError(f"{path} is no checkpoint of geulnun train. Name another run with --run.")
    return checkpoint


def build_trainer(
    run: RunConfig, folder: Path, keeper: CheckpointKeeper, *, clip_norm: float, validates: bool
) -> L.Trainer:
    """A Trainer for one endless epoch that `keeper` ends; the same on a CPU, a GPU or several."""
    return L.Trainer(
        accelerator="auto",
        precision=choose_precision(run.precision),  # type: ignore[arg-type]
        max_epochs=1,
        callbacks=[ProgressReport(run.log_every_steps), keeper],
        logger=[CSVLogger(folder, name="csv"), TensorBoardLogger(folder, name="", version="tensorboard")],
        log_every_n_steps=run.log_every_steps,
        val_check_interval=run.validate_every_steps,
        check_val_every_n_epoch=None,
        limit_val_batches=1.0 if validates else 0,
        num_sanity_val_steps=0,
        gradient_clip_val=clip_norm,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
