"""Runs: build the task, go on from its last checkpoint, and train."""

import dataclasses
import logging
import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import lightning as L
import torch
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from torch.utils.data import DataLoader

from geulnun.core.charset import CHARSET_V1
from geulnun.errors import ConfigError
from geulnun.training.callbacks import LAST_CHECKPOINT, CheckpointKeeper, ProgressReport, RunConfig
from geulnun.training.detector.crops import CropStream
from geulnun.training.detector.task import DetectorConfig, DetectorTask, draw_pages
from geulnun.training.learning_task import LearningTask
from geulnun.training.precision import choose_precision
from geulnun.training.recognizer.data import SourceFactory, StripStream, draw_strip_sets, keep_batch, open_loader
from geulnun.training.recognizer.task import RecognizerConfig, RecognizerTask
from geulnun.training.weights import load_weights

ValidationSets = Mapping[str, tuple[SourceFactory, int]]
"""Name -> the source of a validation set and how many samples it has."""

TaskT = TypeVar("TaskT", bound=LearningTask)

_EXPECTED_WARNINGS = (
    ".*does not have many workers.*",
    ".*LeafSpec.*",
    ".*ended before the epoch ended.*",
    ".*in eval mode at the start.*",
)


def train_recognizer(
    config: RecognizerConfig,
    source: SourceFactory,
    validation: ValidationSets,
    folder: Path,
    *,
    init: Path | None = None,
    max_minutes: float | None = None,
) -> RecognizerTask:
    """The recogniser's task after training in the run's `folder`, going on from its `last.ckpt` if there is one.

    Args:
        config: of the run.
        source: makes the source of training strips, in each worker.
        validation: sets whose CER is reported.
        folder: of checkpoints and logs.
        init: a bundle or safetensors file to start a fresh run from.
        max_minutes: stop after so long, leaving a checkpoint.
    """
    settle(config.run)
    task = RecognizerTask(config, CHARSET_V1)
    height_px = config.network.height_px
    batches = draw_strip_sets(validation, CHARSET_V1, config.data, height_px)
    stream = StripStream(source, CHARSET_V1, config.data, seed=config.run.seed, height_px=height_px)
    data = StreamData(stream, config.data.workers, batches)
    return fit(task, config, data, folder, init=init, max_minutes=max_minutes)


def train_detector(
    config: DetectorConfig,
    source: SourceFactory,
    validation: tuple[SourceFactory, int],
    folder: Path,
    *,
    init: Path | None = None,
    max_minutes: float | None = None,
) -> DetectorTask:
    """The detector's task after training in the run's `folder`; arguments as of `train_recognizer`.

    `validation` is a source of pages and how many of them are looked at.
    """
    settle(config.run)
    task = DetectorTask(config)
    stream = CropStream(source, config.data, seed=config.run.seed)
    data = StreamData(stream, config.data.workers, draw_pages(*validation))
    return fit(task, config, data, folder, init=init, max_minutes=max_minutes)


def settle(run: RunConfig) -> None:
    """Seeds torch and sets its threads; quietens what Lightning says about choices made here on purpose."""
    L.seed_everything(run.seed, verbose=False)
    if run.threads:
        torch.set_num_threads(run.threads)
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    for message in _EXPECTED_WARNINGS:
        warnings.filterwarnings("ignore", message)


class StreamData(L.LightningDataModule):
    """An endless stream of batches that starts where the task's checkpoint left off, and fixed validation batches."""

    def __init__(self, stream: StripStream | CropStream, workers: int, validation: list[Any]) -> None:
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
    task: TaskT,
    config: RecognizerConfig | DetectorConfig,
    data: StreamData,
    folder: Path,
    *,
    init: Path | None = None,
    max_minutes: float | None = None,
) -> TaskT:
    """`task`, trained from the run's last checkpoint, else from `init`, until it is finished or told to stop."""
    folder.mkdir(parents=True, exist_ok=True)
    last = folder / LAST_CHECKPOINT
    if last.exists() and read_checkpoint(last)["samples_seen"] >= config.run.total_samples:
        print(f"{folder}: finished. Raise training.run.total_samples to go on, or name another run with --run.")
        return task
    if init is not None and not last.exists():
        load_weights(task, init)
    keeper = CheckpointKeeper(folder, config.run.checkpoint_minutes, max_minutes)
    trainer = build_trainer(config, folder, keeper, validates=bool(data.validation))
    for logger in trainer.loggers:
        logger.log_hyperparams(dataclasses.asdict(config))
    trainer.fit(task, data, ckpt_path=str(last) if last.exists() else None, weights_only=True)
    return task


def read_checkpoint(path: Path) -> dict[str, Any]:
    """A checkpoint's tensors and counts, on the CPU.

    Raises:
        ConfigError: not a checkpoint of this project.
    """
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        raise ConfigError(
            f"{path} cannot be read as a checkpoint ({type(error).__name__}): it is damaged, or none of geulnun train. "
            "Delete it to start the run afresh, or name another run with --run."
        ) from error
    if not isinstance(checkpoint, dict) or "samples_seen" not in checkpoint:
        raise ConfigError(f"{path} is no checkpoint of geulnun train. Name another run with --run.")
    return checkpoint


def build_trainer(
    config: RecognizerConfig | DetectorConfig, folder: Path, keeper: CheckpointKeeper, *, validates: bool
) -> L.Trainer:
    """A Trainer for one endless epoch that `keeper` ends; the same on a CPU, a GPU or several."""
    run = config.run
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
        gradient_clip_val=config.optimiser.clip_norm,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
