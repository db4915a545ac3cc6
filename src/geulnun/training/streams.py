"""Endless, resumable streams of training batches, and the worker processes that draw them.

Workers draw samples by index; a stream that starts at `first_index` never repeats what an earlier run has seen.
"""

import signal
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

import cv2
import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from geulnun.errors import DatasetError, GeulnunError

SourceFactory = Callable[[], Any]
"""Picklable; called once in each worker process, returns an object whose `draw(index)` makes a sample."""

ValidationSets = Mapping[str, tuple[SourceFactory, int]]
"""Name -> the source of a validation set and how many samples it has."""

VALIDATION_SEED = 1_000_003
"""The seed of validation samples of every kind."""

BatchT = TypeVar("BatchT")
ConfigT = TypeVar("ConfigT")
UsableT = TypeVar("UsableT")

_MOST_UNUSABLE_RATIO = 0.2  # of the samples of a source, of which so many at least were drawn
_LEAST_DRAWN = 1000
_PREFETCH = 6  # batches of each worker that wait


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

    def draw_samples(self) -> Iterator[tuple[int, Any]]:
        """This worker's samples with their indices, without end."""
        source = self.factory()
        index, step = find_first_index(self.first_index, self.share)
        while True:
            yield index, source.draw(index)
            index += step

    def draw_usable(
        self, what: str, label: Callable[[Any], UsableT | None], allowed: str
    ) -> Iterator[tuple[int, UsableT]]:
        """What `label` makes of this worker's samples, with their indices; samples of which it makes None are skipped.

        Args:
            what: the samples are, in the plural.
            label: prepares a sample that has a text and an image.
            allowed: sentences for the error that say which samples are usable and what to do.

        Raises:
            DatasetError: more than a fifth of a thousand samples or more are unusable.
        """
        unusable = 0
        for drawn, (index, sample) in enumerate(self.draw_samples(), start=1):
            labelled = label(sample)
            if labelled is not None:
                yield index, labelled
                continue
            unusable += 1
            if drawn >= _LEAST_DRAWN and unusable > drawn * _MOST_UNUSABLE_RATIO:
                raise DatasetError(
                    f"{unusable} of {drawn} {what} are unusable, the last with text {sample.text[:60]!r} and an image "
                    f"of shape {sample.image.shape}. {allowed}"
                )


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


def open_loader(stream: IterableDataset[Any], *, workers: int) -> DataLoader[Any]:
    """A loader of ready-made batches whose workers are spawned and use one thread each."""
    if workers == 0:
        return DataLoader(stream, batch_size=None, collate_fn=keep_batch)
    return DataLoader(
        stream,
        batch_size=None,
        collate_fn=keep_batch,
        num_workers=workers,
        multiprocessing_context="spawn",
        prefetch_factor=_PREFETCH,
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
