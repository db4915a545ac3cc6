"""The Lightning module of the detector that learns from word boxes too."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geulnun.training.detector.crops import CropBatch, CropDataConfig
from geulnun.training.detector.task import DetectorConfig, DetectorTask
from geulnun.training.detector.weak.crops import WeakPictures, collate_weak_crops
from geulnun.training.streams import SampleStream


class WeakDetectorTask(DetectorTask):
    """The detector's task with crops of word-boxed pictures in every batch.

    Attributes:
        labeller: the copy of the network that splits words into characters; it takes the network's weights at the end
            of each pass over the pictures.
        weak_index: the next crop of these pictures has this number.
    """

    def __init__(self, config: DetectorConfig, pictures: WeakPictures) -> None:
        super().__init__(config)
        self.pictures = pictures
        self.weak_crops = config.weak.count_crops(config.data.batch_crops)[1]
        self.gaussian = config.data.gaussian
        self.labeller = copy.deepcopy(self.network).requires_grad_(False).eval()
        self.weak_index = 0

    def train(self, mode: bool = True) -> "WeakDetectorTask":
        """Training mode for the network only."""
        super().train(mode)
        self.labeller.eval()
        return self

    def on_train_start(self) -> None:
        """Begin with the weights that the run starts from."""
        if self.weak_index == 0:
            self.refresh_labeller()

    def refresh_labeller(self) -> None:
        """Give the copy the network's weights and statistics of now."""
        self.labeller.load_state_dict(self.network.state_dict())

    @torch.no_grad()
    def find_region(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """The region map (H / 2, W / 2) that the copy sees in (1, 3, H, W)."""
        given = torch.from_numpy(image).to(self.device).contiguous(memory_format=torch.channels_last)
        maps: NDArray[np.float32] = self.labeller(given).float()[0, 0].cpu().numpy()
        return maps

    def measure_loss(self, batch: CropBatch) -> Tensor:
        """The mined squared error of drawn crops and as many of the pictures as the ratio says."""
        weak = self.draw_weak_batch()
        joined = CropBatch(
            torch.cat([batch.images, weak.images.to(batch.images)]),
            torch.cat([batch.targets, weak.targets.to(batch.targets)]),
            torch.cat([batch.weights, weak.weights.to(batch.weights)]),
            batch.next_index,
        )
        return super().measure_loss(joined)

    def draw_weak_batch(self) -> CropBatch:
        """The next crops of the pictures, and a fresh copy where a pass ends with them."""
        rank, ranks = self.global_rank, self._trainer.world_size if self._trainer is not None else 1
        crops = []
        for _ in range(self.weak_crops):
            crops.append(self.pictures.draw(self.weak_index * ranks + rank, self.find_region))
            before = self.weak_index * ranks // self.pictures.pass_crops
            self.weak_index += 1
            if self.weak_index * ranks // self.pictures.pass_crops > before:
                self.refresh_labeller()
        return collate_weak_crops(crops, 0, self.gaussian)

    def count_samples(self, batch: CropBatch) -> int:
        """Crops in a batch, of both kinds."""
        return len(batch.images) + self.weak_crops

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the place in the pass to a checkpoint."""
        super().on_save_checkpoint(checkpoint)
        checkpoint["weak_index"] = self.weak_index

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take it from a checkpoint."""
        super().on_load_checkpoint(checkpoint)
        self.weak_index = checkpoint["weak_index"]


class NoDrawnCrops(SampleStream[CropBatch, CropDataConfig]):
    """Endless batches without any crop, for runs on word-boxed pictures alone."""

    def __iter__(self) -> Iterator[CropBatch]:
        side = self.config.crop_px
        empty = CropBatch(
            torch.zeros(0, 3, side, side),
            torch.zeros(0, 2, side // 2, side // 2),
            torch.zeros(0, side // 2, side // 2),
            0,
        )
        while True:
            yield empty


def shrink_drawn_part(config: DetectorConfig) -> CropDataConfig:
    """How drawn pages become their part of each batch."""
    drawn, _ = config.weak.count_crops(config.data.batch_crops)
    return replace(config.data, batch_crops=drawn)
