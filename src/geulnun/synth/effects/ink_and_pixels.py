"""What happens to ink and pixels between the printer and the reader, geometry left alone.

Every effect is two things: parameters, drawn from a generator (`draw_...`), and a function that applies them
(`apply_...`). Pictures are uint8, (H, W) grey or (H, W, 3) RGB; ink is (H, W) uint8 coverage, 255 = full ink.
"""

import functools
import math
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

_NOISE_SIDE_PX = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Ink that runs (positive) or thins (negative).

    Attributes:
        amount_px: how far an edge moves, about -0.8..1.5.
        towards: the way it runs: every way, sideways, or up and down, as a scanner's slide drags it.
    """

    amount_px: float
    towards: Literal["all", "sides", "ends"] = "all"


def draw_spread(rng: np.random.Generator, letter_px: float) -> Spread:
    """Spread that letters of this height survive."""
    reach = letter_px * 0.024
    return Spread(amount_px=float(np.clip(rng.normal(0, reach), -0.7 * reach, 1.8 * reach)))


def apply_spread(ink: Pixels, spread: Spread) -> Pixels:
    """Ink with its edges moved; fractions of a pixel blend two whole steps."""
    amount = abs(spread.amount_px)
    if amount < 0.05:
        return ink
    step = cv2.dilate if spread.amount_px > 0 else cv2.erode
    kernel = _SPREADING[spread.towards]
    for _ in range(int(amount)):
        ink = np.asarray(step(ink, kernel), dtype=np.uint8)
    rest = amount - int(amount)
    if rest < 0.05:
        return ink
    return np.asarray(cv2.addWeighted(ink, 1 - rest, step(ink, kernel), rest, 0), dtype=np.uint8)


_SPREADING = {
    "all": cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)),
    "sides": cv2.getStructuringElement(cv2.MORPH_RECT, (3, 1)),
    "ends": cv2.getStructuringElement(cv2.MORPH_RECT, (1, 3)),
}


# Of the letter's side: how far the edges of a line of text move at most.
_BOLDEST = 0.07


@dataclass(frozen=True, slots=True, kw_only=True)
class Fattening:
    """Strokes grown as broad as heavy display faces have them, the gaps between them left as slits.

    Attributes:
        reach_px: how far an edge moves.
        slit: least share of a gap that stays open, 0..0.6.
        square: whether strokes end in corners, as they grow, and not in rounds.
    """

    reach_px: float
    slit: float
    square: bool = False


def draw_fattening(rng: np.random.Generator, letter_px: float, *, heaviest: float = _BOLDEST) -> Fattening:
    """From a bold weight to poster faces; of a letter's side, edges move by `heaviest` at most."""
    poster = heaviest > _BOLDEST and rng.random() < 0.5
    reach = float(rng.uniform(_BOLDEST, heaviest) if poster else rng.uniform(0.015, _BOLDEST))
    slit = float(rng.uniform(0.22, 0.5) if poster else rng.uniform(0.25, 0.6))
    return Fattening(reach_px=letter_px * reach, slit=slit, square=bool(rng.random() < 0.5))


def apply_fattening(ink: Pixels, fattening: Fattening) -> Pixels:
    """Ink as black and white, larger than it was by the reach on every side.

    A gap is open where its middle is: there the distance to the ink is the greatest of all within reach.
    """
    margin = math.ceil(fattening.reach_px)
    padded = cv2.copyMakeBorder(ink, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)
    metric, shape = (cv2.DIST_C, cv2.MORPH_RECT) if fattening.square else (cv2.DIST_L2, cv2.MORPH_ELLIPSE)
    distance = cv2.distanceTransform(np.asarray(padded < 128, dtype=np.uint8), metric, 3)
    around = cv2.getStructuringElement(shape, (2 * margin + 1, 2 * margin + 1))
    middle = cv2.dilate(distance, around) * np.float32(1 - fattening.slit)
    grown = (distance <= fattening.reach_px) & (distance <= middle)
    return np.where(grown | (padded >= 128), np.uint8(255), np.uint8(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaks:
    """Ink lost in blots of about `cell_px`: `share` of the area, `strength` of the ink there (0..1)."""

    cell_px: float
    share: float
    strength: float
    seed: int


def draw_breaks(rng: np.random.Generator, letter_px: float) -> Breaks:
    """From worn print to dotted strokes; the larger the blots the fewer of them."""
    cell_ratio = float(rng.uniform(0.03, 0.13))
    return Breaks(
        cell_px=max(1.0, cell_ratio * letter_px),
        share=float(rng.uniform(0.03, 0.22 - cell_ratio)),
        strength=float(rng.uniform(0.35, 0.9)),
        seed=int(rng.integers(2**31)),
    )


def apply_breaks(ink: Pixels, breaks: Breaks) -> Pixels:
    """Ink with blots missing."""
    height, width = ink.shape
    rows, columns = (max(2, int(side / breaks.cell_px) + 2) for side in (height, width))
    coarse = _noise_tile(breaks.seed, rows, columns)
    threshold = float(_NORMAL_QUANTILES[int(breaks.share * (len(_NORMAL_QUANTILES) - 1))])
    field = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    # A smooth step, so that the edges of the blots are not harder than the strokes.
    kept = np.clip((field - threshold) * 2.5 + 0.5, 1 - breaks.strength, 1)
    return np.asarray(ink * kept, dtype=np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dots:
    """Ink in a grid of dots, as needle printers and light boards set it: `pitch_px` apart, `radius` in pitches."""

    pitch_px: float
    radius: float


def draw_dots(rng: np.random.Generator, letter_px: float) -> Dots:
    """16 to 24 dots to the height of a letter, from just touching to a little apart."""
    return Dots(pitch_px=letter_px / float(rng.uniform(16, 24)), radius=float(rng.uniform(0.42, 0.75)))


def apply_dots(ink: Pixels, dots: Dots) -> Pixels:
    """Ink where its dots are."""
    height, width = ink.shape
    rows, columns = (max(2, round(side / dots.pitch_px)) for side in (height, width))
    small = np.asarray(cv2.resize(ink, (columns, rows), interpolation=cv2.INTER_AREA))
    set_dots = np.where(small > 56, np.uint8(255), np.uint8(0))
    lit = cv2.resize(set_dots, (width, height), interpolation=cv2.INTER_NEAREST)
    y, x = ((np.arange(n, dtype=np.float32) + 0.5) * m / n % 1 - 0.5 for n, m in ((height, rows), (width, columns)))
    distance = np.sqrt(np.square(y)[:, None] + np.square(x)[None, :])
    share = np.clip((dots.radius - distance) * max(dots.pitch_px, 1.0) + 0.5, 0, 1)
    return np.asarray(lit * share, dtype=np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fading:
    """Ink that fades along one axis, as heat printers and dry ribbons leave it.

    Attributes:
        strength: greatest share of ink lost, 0..1.
        cell_ratio: length of the waves, in heights of the picture.
        lines: dead lines that run through all letters.
        along: whether the waves follow the line of text; across it, otherwise.
        seed: of the waves.
    """

    strength: float
    cell_ratio: float
    lines: int
    along: bool
    seed: int


def draw_fading(rng: np.random.Generator) -> Fading:
    """Slight to half gone, every third with a dead line or two."""
    return Fading(
        strength=float(rng.uniform(0.15, 0.6)),
        cell_ratio=float(rng.uniform(0.1, 2.5)),
        lines=int(rng.integers(1, 3)) if rng.random() < 0.3 else 0,
        along=bool(rng.random() < 0.6),
        seed=int(rng.integers(2**31)),
    )


def apply_fading(ink: Pixels, fading: Fading) -> Pixels:
    """Ink with waves of it gone, and with dead lines."""
    height, width = ink.shape
    rng = np.random.default_rng(fading.seed)
    length = width if fading.along else height
    knots = max(2, int(length / max(2.0, fading.cell_ratio * height)) + 2)
    waves = np.interp(np.linspace(0, knots - 1, length), np.arange(knots), rng.random(knots))
    kept = (1 - fading.strength * waves).astype(np.float32)
    share = np.broadcast_to(kept[None, :] if fading.along else kept[:, None], ink.shape).copy()
    for _ in range(fading.lines):
        if height > 12:
            share[int(rng.integers(2, height - 2))] *= 0.25
    return np.asarray(ink * share, dtype=np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blur:
    """Unsharpness: a Gaussian of `sigma_px`, or for motion a line of `length_px` at `angle_deg`."""

    kind: Literal["gaussian", "motion"] = "gaussian"
    sigma_px: float = 0.0
    length_px: float = 0.0
    angle_deg: float = 0.0


def draw_blur(rng: np.random.Generator, letter_px: float, strength: float = 1.0) -> Blur:
    """Blur that letters of this height survive; mostly slight."""
    if rng.random() < 0.15:
        length = float(rng.uniform(0.03, 0.11) * letter_px * strength)
        return Blur(kind="motion", length_px=length, angle_deg=float(rng.uniform(0, 180)))
    return Blur(sigma_px=float(min(abs(rng.normal(0, 0.026)), 0.052) * letter_px * strength))


def apply_blur(image: Pixels, blur: Blur) -> Pixels:
    """The picture out of focus or shaken."""
    if blur.kind == "motion":
        if blur.length_px < 1.2:
            return image
        return np.asarray(cv2.filter2D(image, -1, _motion_kernel(blur.length_px, blur.angle_deg)), dtype=np.uint8)
    if blur.sigma_px < 0.2:
        return image
    return np.asarray(cv2.GaussianBlur(image, (0, 0), blur.sigma_px), dtype=np.uint8)


def _motion_kernel(length_px: float, angle_deg: float) -> NDArray[np.float32]:
    side = int(np.ceil(length_px)) | 1
    kernel = np.zeros((side, side), np.float32)
    middle = side // 2
    dx, dy = np.cos(np.radians(angle_deg)) * middle, np.sin(np.radians(angle_deg)) * middle
    start = (round(middle - dx), round(middle - dy))
    cv2.line(kernel, start, (round(middle + dx), round(middle + dy)), 1.0, 1)
    return np.asarray(kernel / kernel.sum(), dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """Grain: Gaussian of `sigma` grey levels, smoothed to `grain_px`, and `specks` (share of pixels black or white)."""

    sigma: float
    grain_px: float
    specks: float
    seed: int


def draw_noise(rng: np.random.Generator, sigma_max: float) -> Noise:
    """Mostly fine grain; specks of dust in one out of six."""
    return Noise(
        sigma=float(sigma_max * rng.random() ** 1.5),
        grain_px=float(rng.choice([0.0, 0.0, 0.6, 1.0])),
        specks=float(rng.uniform(0.0005, 0.012)) if rng.random() < 1 / 6 else 0.0,
        seed=int(rng.integers(2**31)),
    )


def apply_noise(image: Pixels, noise: Noise) -> Pixels:
    """The picture with grain and specks; colour planes share their grain."""
    height, width = image.shape[:2]
    result = image
    if noise.sigma >= 0.5:
        grain = _noise_tile(noise.seed, height, width)
        if noise.grain_px > 0.3:
            # Smoothing takes contrast from the grain; the factor gives it back.
            grain = cv2.GaussianBlur(grain, (0, 0), noise.grain_px) * np.float32(2 * noise.grain_px + 0.6)
        plane = grain * np.float32(noise.sigma)
        result = np.clip(result + (plane if image.ndim == 2 else plane[..., None]), 0, 255).astype(np.uint8)
    if noise.specks:
        field = _noise_tile(noise.seed ^ 0x5BD1E995, height, width)
        limit = float(-_NORMAL_QUANTILES[int(noise.specks / 2 * (len(_NORMAL_QUANTILES) - 1))])
        result = result.copy()
        result[field > limit] = 255
        result[field < -limit] = 0
    return result


@functools.lru_cache(maxsize=1)
def _noise_bank() -> NDArray[np.float32]:
    """(1024, 1024) standard normal numbers, the same in every process; drawing them anew would cost too much."""
    return np.random.default_rng(20240607).standard_normal((_NOISE_SIDE_PX, _NOISE_SIDE_PX), dtype=np.float32)


def _noise_tile(seed: int, height: int, width: int) -> NDArray[np.float32]:
    """(height, width) standard normal numbers, a pure function of the seed."""
    bank = _noise_bank()
    if height > _NOISE_SIDE_PX // 2 or width > 4 * _NOISE_SIDE_PX:
        return np.random.default_rng(seed).standard_normal((height, width), dtype=np.float32)
    if width <= _NOISE_SIDE_PX // 2:
        y, x = seed % (_NOISE_SIDE_PX - height), (seed >> 11) % (_NOISE_SIDE_PX - width)
        return bank[y : y + height, x : x + width]
    # Wide pictures take consecutive numbers of the flat bank row by row.
    start = seed % (_NOISE_SIDE_PX**2)
    index = np.arange(start, start + height * width) % _NOISE_SIDE_PX**2
    return bank.reshape(-1)[index].reshape(height, width)


_NORMAL_QUANTILES = np.sort(np.random.default_rng(7).standard_normal(20_001))


@dataclass(frozen=True, slots=True, kw_only=True)
class Resample:
    """A detour through a smaller picture: `ratio` of the size (0..1), and the way back up."""

    ratio: float
    sharp: bool = False


def draw_resample(rng: np.random.Generator, letter_px: float) -> Resample:
    """Shrinks so far that letters keep at least 11 pixels."""
    least = min(1.0, 11.0 / letter_px)
    return Resample(ratio=float(rng.uniform(max(least, 0.35), 1.0)), sharp=bool(rng.random() < 0.4))


def apply_resample(image: Pixels, resample: Resample) -> Pixels:
    """The picture made small and large again: the same size, fine detail gone."""
    if resample.ratio > 0.97:
        return image
    height, width = image.shape[:2]
    size = max(2, round(width * resample.ratio)), max(2, round(height * resample.ratio))
    small = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR if resample.sharp else cv2.INTER_AREA)
    back = cv2.INTER_CUBIC if resample.sharp else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(small, (width, height), interpolation=back), dtype=np.uint8)


def draw_jpeg_quality(rng: np.random.Generator) -> int:
    """25..95; most pictures are saved well."""
    return int(95 - 70 * rng.random() ** 1.8)


def apply_jpeg(image: Pixels, quality: int) -> Pixels:
    """The picture after JPEG compression at `quality` (1..100)."""
    coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_UNCHANGED), dtype=np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """Black and white at `level` (0..1) between ink and paper as they are met; `local` adapts to lighting."""

    level: float
    local: bool


def draw_threshold(rng: np.random.Generator, *, inverted: bool = False) -> Threshold:
    """Nearer the paper than the ink, so that thin strokes are kept; one in five adaptive (`inverted`: light ink)."""
    level = float(np.clip(rng.normal(0.6, 0.07), 0.4, 0.75))
    return Threshold(level=1 - level if inverted else level, local=not inverted and bool(rng.random() < 0.2))


def apply_threshold(image: Pixels, threshold: Threshold) -> Pixels:
    """The picture in pure black and white, as fax and old scanners deliver it."""
    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    if threshold.local:
        side = max(15, int(min(grey.shape) * 0.8)) | 1
        offset = 6 + 30 * (threshold.level - 0.4)
        result = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, side, offset)
    else:
        # Not the extremes: a blurred thin stroke is far from them, and specks are not ink.
        low, high = np.percentile(grey, (4, 96))
        result = cv2.threshold(grey, float(low + (high - low) * threshold.level), 255, cv2.THRESH_BINARY)[1]
    if image.ndim == 3:
        result = cv2.cvtColor(result, cv2.COLOR_GRAY2RGB)
    return np.asarray(result, dtype=np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone:
    """Contrast about mid grey, brightness in grey levels, gamma."""

    contrast: float = 1.0
    brightness: float = 0.0
    gamma: float = 1.0


def draw_tone(rng: np.random.Generator) -> Tone:
    """Slight changes, as between cameras and screens."""
    return Tone(
        contrast=float(rng.uniform(0.75, 1.25)),
        brightness=float(rng.uniform(-18, 18)),
        gamma=float(np.exp(rng.normal(0, 0.15))),
    )


def apply_tone(image: Pixels, tone: Tone) -> Pixels:
    """The picture through one curve for all its values."""
    levels = np.linspace(0, 1, 256) ** tone.gamma * 255
    curve = np.clip((levels - 127.5) * tone.contrast + 127.5 + tone.brightness, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(image, curve), dtype=np.uint8)


def apply_sharpen(image: Pixels, amount: float) -> Pixels:
    """The picture with unsharp masking, as phones and scanners do: 0 = none, 1 = strong halos."""
    soft = cv2.GaussianBlur(image, (0, 0), 1.0)
    return np.asarray(cv2.addWeighted(image, 1 + amount, soft, -amount, 0), dtype=np.uint8)
