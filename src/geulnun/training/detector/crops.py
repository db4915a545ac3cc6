"""Drawn pages -> batches of square crops with their target maps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geulnun.core import raster
from geulnun.core.arrays import Quads, RgbImage
from geulnun.core.random_streams import open_rng
from geulnun.data.sample import Sample
from geulnun.runtime.detection.prepare_page import prepare_page
from geulnun.training.detector.gaussians import Gaussian
from geulnun.training.detector.targets import build_targets, get_word_quads
from geulnun.training.streams import SampleStream, find_share

_CROP_STEP_PX = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class CropDataConfig:
    """How pages become batches.

    Attributes:
        workers: processes that draw pages.
        crop_px: side of a crop, a multiple of 32.
        batch_crops: crops of one batch.
        page_crops: crops taken from each page.
        buffer_crops: crops each worker holds to mix pages.
        empty_ratio: share of crops looked for where there is no text.
        letter_px: heights that letters are brought to, in the half of the crops that is not near its own size.
        native_scale: scales of the other half.
        turned_ratio: share of crops turned by up to `turned_deg`.
        turned_deg: most such a crop is turned.
        stained_ratio: share of crops whose colours change.
        gaussian: shape of the targets; see `build_targets`.
    """

    workers: int = 2
    crop_px: int = 384
    batch_crops: int = 8
    page_crops: int = 6
    buffer_crops: int = 96
    empty_ratio: float = 0.1
    letter_px: tuple[float, float] = (9.0, 110.0)
    native_scale: tuple[float, float] = (0.6, 1.5)
    turned_ratio: float = 0.2
    turned_deg: float = 10.0
    stained_ratio: float = 0.5
    gaussian: Gaussian = "affine"

    def __post_init__(self) -> None:
        if self.crop_px < _CROP_STEP_PX or self.crop_px % _CROP_STEP_PX:
            raise ValueError(f"crop_px is {self.crop_px}; allowed are multiples of {_CROP_STEP_PX}.")
        if self.page_crops < 1:
            raise ValueError(f"page_crops is {self.page_crops}; at least 1 is needed.")


class CropBatch(NamedTuple):
    """Crops with what the detector should say about them.

    Attributes:
        images: (N, 3, H, W) float32 RGB, -1..1.
        targets: (N, 2, H / 2, W / 2) float32 region and affinity, 0..1.
        weights: (N, H / 2, W / 2) float32, 0 where nothing is asked.
        next_index: one above the highest page index drawn for it.
    """

    images: Tensor
    targets: Tensor
    weights: Tensor
    next_index: int


class Crop(NamedTuple):
    """One crop: (H, W, 3) uint8 and the character quads of its words in its own pixels."""

    image: RgbImage
    words: list[Quads]


@dataclass(frozen=True, slots=True, kw_only=True)
class CropPlan:
    """Where a crop lies: the page's point in its middle, crop pixels per page pixel, and how it is turned."""

    center: tuple[float, float]
    scale: float
    turn_deg: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stain:
    """How a crop's colours change."""

    gains: tuple[float, float, float] = (1.0, 1.0, 1.0)
    bias: float = 0.0
    gamma: float = 1.0
    inverted: bool = False
    grey: bool = False
    blur_px: float = 0.0
    noise: float = 0.0
    jpeg_quality: int | None = None


class CropStream(SampleStream[CropBatch, CropDataConfig]):
    """Endless batches of crops; see `SampleStream` for the arguments."""

    def __iter__(self) -> Iterator[CropBatch]:
        pages = self.draw_samples()
        rng = open_rng(self.seed, self.first_index, find_share(self.share)[0], stream="detector.batches")
        buffer: list[Crop] = []
        while True:
            while len(buffer) < max(self.config.buffer_crops, self.config.batch_crops):
                index, page = next(pages)
                buffer += draw_crops(open_rng(self.seed, index, stream="detector.crops"), page, self.config)
            rng.shuffle(buffer)
            chosen, buffer = buffer[: self.config.batch_crops], buffer[self.config.batch_crops :]
            yield collate_crops(chosen, index + 1, self.config.gaussian)


def collate_crops(crops: Sequence[Crop], next_index: int, gaussian: Gaussian = "affine") -> CropBatch:
    """One batch of crops of one size."""
    built = [build_targets(crop.words, *crop.image.shape[1::-1], gaussian=gaussian) for crop in crops]
    return CropBatch(
        torch.from_numpy(np.concatenate([prepare_page(crop.image) for crop in crops])),
        torch.from_numpy(np.stack([maps for maps, _ in built])),
        torch.from_numpy(np.stack([weights for _, weights in built])),
        next_index,
    )


def draw_crops(rng: np.random.Generator, sample: Sample, config: CropDataConfig) -> list[Crop]:
    """The crops of one page."""
    words = [word for word in get_word_quads(sample.page) if len(word)]
    crops = []
    for _ in range(config.page_crops):
        plan = draw_plan(rng, sample.image.shape[:2], words, config)
        crop = apply_plan(sample.image, words, plan, config.crop_px)
        if rng.random() < config.stained_ratio:
            crop = crop._replace(image=apply_stain(crop.image, draw_stain(rng), rng))
        crops.append(crop)
    return crops


def draw_plan(
    rng: np.random.Generator, size: tuple[int, int], words: Sequence[Quads], config: CropDataConfig
) -> CropPlan:
    """A crop around some character, or away from all of them."""
    height, width = size
    turn_deg = rng.uniform(-1, 1) * config.turned_deg if rng.random() < config.turned_ratio else 0.0
    scale = _draw_between(rng, config.native_scale)
    if words and rng.random() >= config.empty_ratio:
        word = words[int(rng.integers(len(words)))]
        quad = word[int(rng.integers(len(word)))]
        letter_px = max(1.0, float(np.linalg.norm(quad[3] - quad[0])))
        if rng.random() < 0.5:
            scale = _draw_between(rng, config.letter_px) / letter_px
        scale = float(np.clip(scale, 0.2, 3.0))
        reach = 0.45 * config.crop_px / scale
        x, y = quad.mean(axis=0) + rng.uniform(-reach, reach, 2)
    else:
        x, y = _draw_empty_place(rng, size, words, config.crop_px / scale)
    half = 0.5 * config.crop_px / scale
    return CropPlan(
        center=(_keep_inside(x, half, width), _keep_inside(y, half, height)), scale=scale, turn_deg=turn_deg
    )


def _draw_empty_place(
    rng: np.random.Generator, size: tuple[int, int], words: Sequence[Quads], side_px: float
) -> tuple[float, float]:
    """The middle of a square without text, or of the one with the least text of a few tried."""
    height, width = size
    centers = np.concatenate([word.mean(axis=1) for word in words]) if words else np.zeros((0, 2))
    places = rng.uniform((0, 0), (width, height), (12, 2))
    inside = (np.abs(places[:, None] - centers[None]) < side_px / 2).all(axis=2).sum(axis=1)
    x, y = places[int(inside.argmin())]
    return float(x), float(y)


def apply_plan(image: RgbImage, words: Sequence[Quads], plan: CropPlan, crop_px: int) -> Crop:
    """The crop, resized as reading resizes pages; its border repeats where it leaves the page."""
    picture, matrix = cut_crop(image, plan, crop_px)
    moved = [move_quads(word, matrix) for word in words]
    return Crop(picture, [word for word in moved if is_seen(word, crop_px)])


def cut_crop(image: RgbImage, plan: CropPlan, crop_px: int) -> tuple[RgbImage, NDArray[np.float64]]:
    """The pixels of a crop, and the (2, 3) matrix that moves points of the page to it."""
    # A turned crop is cut from a larger upright one.
    outer_px = crop_px if plan.turn_deg == 0 else int(np.ceil(crop_px * 1.42))
    side = max(2, round(outer_px / plan.scale))
    left, top = round(plan.center[0] - side / 2), round(plan.center[1] - side / 2)
    square = _cut_square(image, left, top, side)
    picture = raster.resize(square, outer_px, outer_px)
    scale = outer_px / side
    matrix = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
    if plan.turn_deg:
        turn = np.asarray(cv2.getRotationMatrix2D((outer_px / 2, outer_px / 2), plan.turn_deg, 1.0), np.float64)
        turn[:, 2] -= (outer_px - crop_px) / 2
        # Pixel centres lie at half integers in geometry, at integers for the warp.
        shifted = turn.copy()
        shifted[:, 2] += turn[:, :2] @ (0.5, 0.5) - 0.5
        picture = np.asarray(cv2.warpAffine(picture, shifted, (crop_px, crop_px), flags=cv2.INTER_LINEAR), np.uint8)
        matrix = turn @ np.vstack([matrix, (0, 0, 1)])
    return np.asarray(picture, dtype=np.uint8), matrix


def move_quads(quads: Quads, matrix: NDArray[np.float64]) -> Quads:
    """Points (..., 2) moved by a (2, 3) matrix."""
    return np.asarray(quads @ matrix[:, :2].T + matrix[:, 2])


def is_seen(quads: Quads, crop_px: int) -> bool:
    """Whether any part of a word's quads lies in a crop."""
    return bool(quads.max() > 0 and quads.min() < crop_px)


def _cut_square(image: RgbImage, left: int, top: int, side: int) -> RgbImage:
    height, width = image.shape[:2]
    right, bottom = left + side, top + side
    x0, y0 = min(max(0, left), width - 1), min(max(0, top), height - 1)
    x1, y1 = max(x0 + 1, min(right, width)), max(y0 + 1, min(bottom, height))
    part = image[y0:y1, x0:x1]
    if part.shape[:2] == (side, side):
        return part
    borders = max(0, y0 - top), max(0, bottom - y1), max(0, x0 - left), max(0, right - x1)
    padded = cv2.copyMakeBorder(part, *borders, cv2.BORDER_REPLICATE)
    return np.asarray(padded[:side, :side], dtype=np.uint8)


def draw_stain(rng: np.random.Generator) -> Stain:
    """A change of colours; mostly mild."""
    tint = rng.uniform(0.9, 1.1, 3) * rng.uniform(0.75, 1.2)
    return Stain(
        gains=(float(tint[0]), float(tint[1]), float(tint[2])),
        bias=float(rng.uniform(-25, 25)),
        gamma=float(np.exp(rng.uniform(-0.35, 0.35))),
        inverted=bool(rng.random() < 0.12),
        grey=bool(rng.random() < 0.15),
        blur_px=float(rng.uniform(0.4, 1.2)) if rng.random() < 0.1 else 0.0,
        noise=float(rng.uniform(2, 14)) if rng.random() < 0.15 else 0.0,
        jpeg_quality=int(rng.integers(30, 90)) if rng.random() < 0.15 else None,
    )


def apply_stain(image: RgbImage, stain: Stain, rng: np.random.Generator) -> RgbImage:
    """The picture with its colours changed."""
    levels = np.arange(256, dtype=np.float64) / 255
    levels = 255 * levels**stain.gamma
    table = np.clip(levels[:, None] * stain.gains + stain.bias, 0, 255)
    if stain.inverted:
        table = 255 - table
    changed = cv2.LUT(image, table.astype(np.uint8)[None])
    if stain.grey:
        changed = cv2.cvtColor(cv2.cvtColor(changed, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    if stain.blur_px:
        changed = cv2.GaussianBlur(changed, (0, 0), stain.blur_px)
    if stain.noise:
        noise = rng.standard_normal(changed.shape, dtype=np.float32) * np.float32(stain.noise)
        changed = np.clip(changed + noise, 0, 255).astype(np.uint8)
    if stain.jpeg_quality is not None:
        _, code = cv2.imencode(".jpg", changed, [cv2.IMWRITE_JPEG_QUALITY, stain.jpeg_quality])
        decoded = cv2.imdecode(code, cv2.IMREAD_COLOR)
        assert decoded is not None
        changed = decoded
    return np.asarray(changed, dtype=np.uint8)


def _draw_between(rng: np.random.Generator, bounds: tuple[float, float]) -> float:
    """A value between two bounds, uniform in its logarithm."""
    return float(np.exp(rng.uniform(np.log(bounds[0]), np.log(bounds[1]))))


def _keep_inside(value: float, half: float, length: int) -> float:
    """`value` moved so that `half` to either side stays within 0..length, the middle where that cannot be."""
    return float(np.clip(value, half, length - half)) if length > 2 * half else length / 2
