"""Endless, resumable streams of training batches, and the worker processes that draw them.

Workers draw samples by index; a stream that starts at `first_index` never repeats what an earlier run has seen.
"""

import signal
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import cv2
import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from geulnun.errors import GeulnunError

SourceFactory = Callable[[], Any]
"""Picklable; called once in each worker process, returns an object whose `draw(index)` makes a sample."""

ValidationSets = Mapping[str, tuple[SourceFactory, int]]
"""Name -> the source of a validation set and how many samples it has."""

VALIDATION_SEED = 1_000_003
"""The seed of validation samples of every kind."""

BatchT = TypeVar("BatchT")
ConfigT = TypeVar("ConfigT")


class SampleStream(IterableDataset[BatchT], Generic[BatchT, ConfigT]):
    """Endless batches of what a source draws, each worker drawing its own share of the indices.

    Args:
        factory: makes the source, in the worker.
        config: of the batches.
        first_index: the lowest index drawn.
        seed: of the choice of batches.
        share: (rank, number of ranks) of this process among those that train together.
    """

    def __init__(
        self,
        factory: SourceFactory,
        config: ConfigT,
        *,
        first_index: int = 0,
        seed: int = 0,
        share: tuple[int, int] = (0, 1),
    ) -> None:
        self.factory, self.config = factory, config
        self.first_index, self.seed, self.share = first_index, seed, share


def find_share(share: tuple[int, int]) -> tuple[int, int]:
    """(number of this worker, number of workers) over all ranks."""
    info = get_worker_info()
    worker, workers = (info.id, info.num_workers) if info else (0, 1)
    rank, ranks = share
    return rank * workers + worker, ranks * workers


def find_first_index(first_index: int, share: tuple[int, int]) -> tuple[int, int]:
    """(first index, step) of this worker: its indices are those congruent to its number."""
    worker, workers = find_share(share)
    return first_index + (worker - first_index) % workers, workers


def open_loader(stream: IterableDataset[Any], *, workers: int, prefetch: int = 6) -> DataLoader[Any]:
    """A loader of ready-made batches whose workers are spawned and use one thread each."""
    if workers == 0:
        return DataLoader(stream, batch_size=None, collate_fn=keep_batch)
    return DataLoader(
        stream,
        batch_size=None,
        collate_fn=keep_batch,
        num_workers=workers,
        multiprocessing_context="spawn",
        prefetch_factor=prefetch,
        worker_init_fn=_tame_worker,
        pin_memory=torch.cuda.is_available(),
        persistent_workers=True,
    )


def keep_batch(batch: Any) -> Any:
    """The batch itself: streams make ready batches."""
    return batch


def unwrap_worker_error(error: GeulnunError) -> GeulnunError:
    """The error with the message it had where a sample was drawn: from a worker comes a traceback before it."""
    kind = type(error)
    message = str(error).rpartition(f"\n{kind.__module__}.{kind.__qualname__}: ")[2]
    return kind(message.strip())


def _tame_worker(worker: int) -> None:
    """Leave the cores to the trainer, and Ctrl-C to the process that saves the checkpoint."""
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
