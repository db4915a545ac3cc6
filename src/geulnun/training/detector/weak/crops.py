"""Pictures with word boxes -> crops whose words are split by a network, and their targets."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch

from geulnun.core.arrays import FloatMap, Quads, RgbImage
from geulnun.core.random_streams import open_rng
from geulnun.data.sample import LabelledPicture
from geulnun.data.sources.word_boxes import read_word_boxes
from geulnun.errors import DatasetError, InputError
from geulnun.runtime.detection.find_words import CELL_PX
from geulnun.runtime.detection.prepare_page import prepare_page
from geulnun.training.detector.crops import (
    CropBatch,
    CropDataConfig,
    apply_stain,
    cut_crop,
    draw_plan,
    draw_stain,
    is_seen,
    move_quads,
)
from geulnun.training.detector.gaussians import Gaussian
from geulnun.training.detector.targets import build_targets
from geulnun.training.detector.weak.split_words import RegionFinder, SplitWord, slice_quad, split_word


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakConfig:
    """Learning from pictures with word boxes as well.

    Attributes:
        labels: where they are, see `geulnun.data.sources.word_boxes`; none unless given, and nothing of this applies.
        ratio: crops of these pictures to one of drawn pages.
        drawn: whether there are drawn pages too.
        picture_crops: crops taken from each picture in a pass.
    """

    labels: Path | None = None
    ratio: float = 5.0
    drawn: bool = True
    picture_crops: int = 1

    def __post_init__(self) -> None:
        if self.ratio <= 0:
            raise ValueError(f"ratio is {self.ratio}; it must be more than 0. Leave out labels for none.")
        if self.picture_crops < 1:
            raise ValueError(f"picture_crops is {self.picture_crops}; it must be 1 or more.")

    def count_crops(self, batch_crops: int) -> tuple[int, int]:
        """How many crops of a batch are drawn, and how many come from these pictures, as near to the ratio as can be.

        Raises:
            ValueError: the batch is too small for both.
        """
        if not self.drawn:
            return 0, batch_crops
        drawn = max(1, round(batch_crops / (1 + self.ratio)))
        if drawn >= batch_crops:
            raise ValueError(
                f"batch_crops is {batch_crops}, of which {drawn} are drawn, so that none is left for [training.weak]. "
                "Raise training.data.batch_crops: 6 gives the ratio of 5 to 1."
            )
        return drawn, batch_crops - drawn


class WeakCrop(NamedTuple):
    """One crop (H, W, 3) uint8, its words in its own pixels, and whether all words of the picture are labelled."""

    image: RgbImage
    words: list[SplitWord]
    complete: bool


class WeakPictures:
    """Crops of pictures with word boxes, by number; each pass takes every picture once, in an order of its own.

    Raises:
        DatasetError: nothing of the labels can be used.
    """

    def __init__(self, config: WeakConfig, data: CropDataConfig, seed: int) -> None:
        self.config, self.data, self.seed = config, data, seed
        assert config.labels is not None
        self.pictures = [picture for picture in read_word_boxes(config.labels) if picture.quads]
        if not self.pictures:
            raise DatasetError(
                f"{config.labels} holds no picture with a word that has a box. There is nothing to learn."
            )

    @property
    def pass_crops(self) -> int:
        """Crops of one pass."""
        return len(self.pictures) * self.config.picture_crops

    def draw(self, index: int, find_region: RegionFinder) -> WeakCrop:
        """The crop of that number, its words split by what a network sees in them now.

        Raises:
            InputError: the picture cannot be read.
        """
        turn, place = divmod(index, self.pass_crops)
        order = open_rng(self.seed, turn, stream="detector.weak.order").permutation(len(self.pictures))
        picture = self.pictures[order[place // self.config.picture_crops]]
        rng = open_rng(self.seed, index, stream="detector.weak")
        return cut_weak_crop(rng, picture, picture.read_image(), self.data, find_region)


def cut_weak_crop(
    rng: np.random.Generator,
    picture: LabelledPicture,
    image: RgbImage,
    config: CropDataConfig,
    find_region: RegionFinder,
) -> WeakCrop:
    """A crop of a picture, laid and coloured as those of drawn pages; only words that it shows are split."""
    words = [(word.quad.array, word.text) for word in picture.words if word.quad is not None]
    slices = [slice_quad(quad, text) for quad, text in words]
    plan = draw_plan(rng, image.shape[:2], slices, config)
    pixels, matrix = cut_crop(image, plan, config.crop_px)
    seen = [word for word in words if is_seen(move_quads(word[0], matrix), config.crop_px)]
    split = [split_word(image, quad, text, find_region) for quad, text in seen]
    moved = [
        SplitWord(move_quads(word.quad, matrix), move_quads(word.chars, matrix), word.confidence) for word in split
    ]
    if rng.random() < config.stained_ratio:
        pixels = apply_stain(pixels, draw_stain(rng), rng)
    return WeakCrop(pixels, moved, picture.coverage == "full")


def build_weak_targets(
    words: Sequence[SplitWord], width_px: int, height_px: int, *, complete: bool = True, gaussian: Gaussian = "affine"
) -> tuple[FloatMap, FloatMap]:
    """Maps (2, H / 2, W / 2) and weights (H / 2, W / 2): inside a word how far its characters are to be trusted.

    Words whose text is not known weigh 0. So does what lies between words, unless all of the picture's are labelled.
    """
    maps, weights = build_targets([word.chars for word in words], width_px, height_px, gaussian=gaussian)
    trust = np.full(weights.shape, 1.0 if complete else 0.0, np.float32)
    for word in words:
        corners: Quads = np.round(word.quad / CELL_PX * 16)
        cv2.fillConvexPoly(trust, corners.astype(np.int32), word.confidence, shift=4)
    return maps, weights * trust


def collate_weak_crops(crops: Sequence[WeakCrop], next_index: int, gaussian: Gaussian) -> CropBatch:
    """One batch of crops of one size."""
    build = partial(build_weak_targets, gaussian=gaussian)
    built = [build(crop.words, *crop.image.shape[1::-1], complete=crop.complete) for crop in crops]
    return CropBatch(
        torch.from_numpy(np.concatenate([prepare_page(crop.image) for crop in crops])),
        torch.from_numpy(np.stack([maps for maps, _ in built])),
        torch.from_numpy(np.stack([weights for _, weights in built])),
        next_index,
    )


def open_pictures(pictures: Sequence[LabelledPicture]) -> None:
    """Open every picture once, so that a damaged one is said before hours of training.

    Raises:
        InputError: one cannot be read.
    """
    for picture in pictures:
        try:
            picture.read_image()
        except InputError as error:
            raise InputError(f"{error} Take its record out of the labels, or mend it.") from error
