"""Runs: build the task, go on from its last checkpoint, and train."""

import dataclasses
import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from torch.utils.data import DataLoader

from geulnun.core.charset import CHARSET_V1
from geulnun.errors import ConfigError
from geulnun.training.datasets import SourceFactory, StripStream, draw_strip_sets, open_loader
from geulnun.training.recognizer_task import RecognizerConfig, RecognizerTask
from geulnun.training.run import LAST_CHECKPOINT, CheckpointKeeper, ProgressReport, RunConfig
from geulnun.training.task import LearningTask
from geulnun.training.weights import load_weights

ValidationSets = Mapping[str, tuple[SourceFactory, int]]
"""Name -> the source of a validation set and how many samples it has."""


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
    first_index = find_next_index(folder)
    stream = StripStream(source, CHARSET_V1, config.data, first_index=first_index, seed=config.run.seed)
    batches = draw_strip_sets(validation, CHARSET_V1, config.data)
    fit(task, config, folder, open_loader(stream, workers=config.data.workers), batches, init, max_minutes)
    return task


def settle(run: RunConfig) -> None:
    """Seeds torch and sets its threads; quietens what Lightning says about choices made here on purpose."""
    L.seed_everything(run.seed, verbose=False)
    if run.threads:
        torch.set_num_threads(run.threads)
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    for message in (".*does not have many workers.*", ".*LeafSpec.*", ".*ended before the epoch ended.*", ".*in eval mode at the start.*"):
        warnings.filterwarnings("ignore", message)


def find_next_index(folder: Path) -> int:
    """The index of the first sample that the run in `folder` has not seen; 0 for a fresh run."""
    path = folder / LAST_CHECKPOINT
    return int(read_checkpoint(path)["next_index"]) if path.exists() else 0


def read_checkpoint(path: Path) -> dict[str, Any]:
    """A checkpoint's tensors and counts, on the CPU.

    Raises:
        ConfigError: not a checkpoint of this project.
    """
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError) as error:
        raise ConfigError(
            f"{path} cannot be read as a checkpoint ({error}). Delete it to start the run afresh, "
            "or name another run with --run."
        ) from error
    if not isinstance(checkpoint, dict) or "samples_seen" not in checkpoint:
        raise ConfigError(f"{path} is no checkpoint of geulnun train. Name another run with --run.")
    return checkpoint


def fit(
    task: LearningTask,
    config: Any,
    folder: Path,
    loader: DataLoader[Any],
    validation: list[Any],
    init: Path | None,
    max_minutes: float | None,
) -> None:
    """Trains `task`, from `init` or from the run's last checkpoint, until it is finished or told to stop."""
    folder.mkdir(parents=True, exist_ok=True)
    last = folder / LAST_CHECKPOINT
    if init is not None and not last.exists():
        load_weights(task, init)
    run: RunConfig = config.run
    keeper = CheckpointKeeper(folder, run.checkpoint_minutes, max_minutes)
    trainer = build_trainer(run, folder, keeper, config.optimiser.clip_norm)
    values = DataLoader(validation, batch_size=None) if validation else None  # type: ignore[arg-type]
    if last.exists() and read_checkpoint(last)["samples_seen"] >= run.total_samples:
        print(f"{folder}: finished; raise run.total_samples to go on.")
        return
    for logger in trainer.loggers:
        logger.log_hyperparams(dataclasses.asdict(config))
    resumed = str(last) if last.exists() else None
    trainer.fit(task, loader, values, ckpt_path=resumed, weights_only=True)


def build_trainer(run: RunConfig, folder: Path, keeper: CheckpointKeeper, clip_norm: float) -> L.Trainer:
    """A Trainer for one endless epoch that `keeper` ends; the same on a CPU, a GPU or several."""
    return L.Trainer(
        accelerator="auto",
        precision=run.precision,  # type: ignore[arg-type]
        max_epochs=1,
        callbacks=[ProgressReport(run.log_every_steps), keeper],
        logger=[
            CSVLogger(folder, name="csv"),
            TensorBoardLogger(folder, name="", version="tensorboard"),
        ],
        log_every_n_steps=run.log_every_steps,
        val_check_interval=run.validate_every_steps,
        check_val_every_n_epoch=None,
        num_sanity_val_steps=0,
        gradient_clip_val=clip_norm,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=True,
    )
