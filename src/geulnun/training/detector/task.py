"""The Lightning module of the detector."""

import dataclasses
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from geulnun.core.geometry import Quad
from geulnun.data.sample import Sample
from geulnun.evaluation.counts import Matches
from geulnun.evaluation.detection import measure_detection
from geulnun.runtime.bundles.manifest import MetricRecord
from geulnun.runtime.detection.find_words import find_words
from geulnun.runtime.detection.prepare_page import prepare_page
from geulnun.training.callbacks import RunConfig
from geulnun.training.detector.crops import CropBatch, CropDataConfig
from geulnun.training.detector.gaussians import Gaussian
from geulnun.training.detector.losses import Mining, measure_map_loss
from geulnun.training.detector.network import DETECTORS, MapHead
from geulnun.training.detector.targets import build_targets, get_word_quads
from geulnun.training.detector.weak.crops import WeakConfig
from geulnun.training.learning_task import LearningTask
from geulnun.training.optimising import OptimiserConfig
from geulnun.training.streams import SourceFactory

LONGEST_PX = 1280
"""Validation pages are brought to at most this. Reading looks at small letters again enlarged and finds more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinderNetworkConfig:
    """The detector's shape; see `TextFinder`. "craft-vgg16bn" takes its name and `width_ratio` alone; see `Craft`."""

    name: str = "text-finder"
    channels: tuple[int, int, int, int, int] = (16, 32, 80, 144, 224)
    blocks: tuple[int, int, int, int] = (1, 1, 2, 2)
    up_channels: tuple[int, int, int] = (96, 64, 32)
    head: MapHead = "shuffled"
    width_ratio: float = 1.0

    def __post_init__(self) -> None:
        if self.name not in DETECTORS:
            raise ValueError(f"network {self.name!r} is unknown; allowed are {', '.join(DETECTORS)}.")
        if not 0 < self.width_ratio <= 1:
            raise ValueError(f"width_ratio is {self.width_ratio}; allowed is more than 0 and at most 1.")
        if self.name != "craft-vgg16bn":
            if self.width_ratio != 1:
                raise ValueError('width_ratio belongs to name = "craft-vgg16bn". Set channels and up_channels instead.')
        elif dataclasses.replace(self, name="text-finder", width_ratio=1.0) != FinderNetworkConfig():
            raise ValueError(
                "network 'craft-vgg16bn' has the layers that were published. Leave out channels, blocks, up_channels "
                'and head, or choose name = "text-finder".'
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorConfig:
    """One training run of the detector.

    Attributes:
        network: what is trained.
        data: what it is trained with.
        optimiser: how.
        run: how long.
        negatives_ratio: hardest background cells that count, per cell of text.
        mining: how they are chosen; see `losses.MINERS`.
        weak: pictures with word boxes to learn from as well; none unless given.
    """

    network: FinderNetworkConfig = field(default_factory=FinderNetworkConfig)
    data: CropDataConfig = field(default_factory=CropDataConfig)
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)
    run: RunConfig = field(default_factory=RunConfig)
    negatives_ratio: float = 3.0
    mining: Mining = "batch"
    weak: WeakConfig = field(default_factory=WeakConfig)

    def __post_init__(self) -> None:
        if self.weak.labels is not None:
            self.weak.count_crops(self.data.batch_crops)


class PageTruth(NamedTuple):
    """One validation page as the network sees it, with its truth in the same pixels.

    Attributes:
        image: (1, 3, H, W) float32 RGB, -1..1.
        targets: (1, 2, H / 2, W / 2).
        weights: (1, H / 2, W / 2).
        words: (M, 4, 2) word quads.
        chars: (K, 4, 2) character quads.
        kind: of the page.
    """

    image: Tensor
    targets: Tensor
    weights: Tensor
    words: NDArray[np.float64]
    chars: NDArray[np.float64]
    kind: str


def build_detector(config: FinderNetworkConfig) -> nn.Module:
    """The network with fresh weights."""
    if config.name == "craft-vgg16bn":
        return DETECTORS[config.name](width_ratio=config.width_ratio)
    return DETECTORS[config.name](
        channels=config.channels, blocks=config.blocks, up_channels=config.up_channels, head=config.head
    )


class DetectorTask(LearningTask):
    """Squared error on region and affinity maps; validated on whole pages with the averaged weights.

    Logs `validate/loss`, `validate/words_f1` (quads at IoU 0.5) and `validate/chars_f1` (a centre found in its box).
    """

    def __init__(self, config: DetectorConfig) -> None:
        super().__init__(build_detector(config.network), config.optimiser, config.run.total_samples)
        self.negatives_ratio, self.mining = config.negatives_ratio, config.mining
        self.losses: list[float] = []
        self.word_matches = Matches()
        self.char_matches = Matches()

    def measure_loss(self, batch: CropBatch) -> Tensor:
        """The mined squared error of a batch."""
        maps = self.network(batch.images.contiguous(memory_format=torch.channels_last))
        with torch.autocast(self.device.type, enabled=False):
            return self._compare_maps(maps, batch.targets, batch.weights)

    def _compare_maps(self, maps: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
        return measure_map_loss(maps, targets, weights, negatives_ratio=self.negatives_ratio, mining=self.mining)

    def count_samples(self, batch: CropBatch) -> int:
        """Crops in a batch."""
        return len(batch.images)

    def on_validation_epoch_start(self) -> None:
        """Reset the counts of the last validation."""
        self.losses.clear()
        self.word_matches = Matches()
        self.char_matches = Matches()

    def validation_step(self, page: PageTruth, batch_idx: int) -> None:
        """Find the words of one page and count the matches."""
        maps = self.average(page.image.contiguous(memory_format=torch.channels_last)).float()
        self.losses.append(float(self._compare_maps(maps, page.targets, page.weights)))
        words, chars = match_maps(maps[0].cpu().numpy(), page.words, page.chars)
        self.word_matches += words
        self.char_matches += chars

    def on_validation_epoch_end(self) -> None:
        """Log the scores of all pages."""
        values = {
            "loss": float(np.mean(self.losses)),
            "words_f1": self.word_matches.f1,
            "chars_f1": self.char_matches.f1,
        }
        self.log_dict({f"validate/{name}": value for name, value in values.items()}, sync_dist=True)
        self.scores = (MetricRecord(set="validation: drawn pages", samples=len(self.losses), values=values),)


def match_maps(
    maps: NDArray[np.float32], words: NDArray[np.float64], chars: NDArray[np.float64]
) -> tuple[Matches, Matches]:
    """Words by IoU and characters by their centres, of maps (2, h, w) against quads (M, 4, 2) and (K, 4, 2)."""
    found = find_words(maps)
    word_matches = measure_detection([Quad.from_array(quad) for quad in words], [word.quad for word in found])
    centers = np.concatenate([word.char_centers for word in found]) if found else np.zeros((0, 2))
    return word_matches, match_centers(chars, centers)


def match_centers(quads: NDArray[np.float64], centers: NDArray[np.float64]) -> Matches:
    """How many upright-ish character boxes (K, 4, 2) have a found centre (M, 2) of their own."""
    taken = 0
    if len(quads) and len(centers):
        nearest = np.linalg.norm(centers[:, None] - quads.mean(axis=1)[None], axis=2).argmin(axis=1)
        low, high = quads.min(axis=1), quads.max(axis=1)
        inside = ((centers >= low[nearest]) & (centers <= high[nearest])).all(axis=1)
        taken = len(np.unique(nearest[inside]))
    return Matches.of(taken, wanted=len(quads), found=len(centers))


def draw_pages(factory: SourceFactory, count: int, gaussian: Gaussian = "affine") -> list[PageTruth]:
    """The fixed validation pages."""
    source = factory()
    return [prepare_truth(source.draw(index), gaussian) for index in range(count)]


def find_scale(sample: Sample) -> float:
    """The scale at which a whole validation page is read."""
    return min(1.0, LONGEST_PX / max(sample.image.shape[:2]))


def prepare_truth(sample: Sample, gaussian: Gaussian = "affine") -> PageTruth:
    """A page at reading size."""
    scale = find_scale(sample)
    image = prepare_page(sample.image, scale)
    quads = [quad * scale for quad in get_word_quads(sample.page) if len(quad)]
    maps, weights = build_targets(quads, image.shape[3], image.shape[2], gaussian=gaussian)
    words = np.array([word.quad.points for word in sample.page.words], dtype=np.float64).reshape(-1, 4, 2) * scale
    chars = np.concatenate(quads) if quads else np.zeros((0, 4, 2))
    return PageTruth(
        torch.from_numpy(image),
        torch.from_numpy(maps)[None],
        torch.from_numpy(weights)[None],
        words,
        chars,
        sample.kind,
    )
