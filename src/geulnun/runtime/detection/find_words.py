"""Region and affinity maps -> words as quads with the centres of their characters.

The detector paints a Gaussian over every character (sigma 0.3 of the character's side along each axis) and one over
every gap inside a word. Pieces of text are connected areas of either map; their *boxes* come from the peaks and from
the distance at which the map falls to half of a peak, which the Gaussian's known width turns into the side of the
character. Boxes grown from thresholded areas would depend on the threshold and join tight lines.

Source: Baek et al. 2019, Character Region Awareness for Text Detection (maps, thresholds, components).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geulnun.core import raster
from geulnun.core.arrays import FloatMap, Floats, Ints, Mask
from geulnun.core.geometry import Quad
from geulnun.runtime.detection.options import TextThresholds

SIGMA_RATIO = 0.3
"""Standard deviation of a character's Gaussian over the side of its box."""

CELL_PX = 2
"""Pixels of the detector's picture per map cell."""

_HALF_RATIO = SIGMA_RATIO * float(np.sqrt(2 * np.log(2)))  # half of a peak is reached at this share of the side
# docs/experiments/layout.md has a row for `_RISE`, docs/experiments/detector.md one for spaces and their peaks ("spaces
# inside areas"). The others were chosen by eye on drawn pages, without a row.
_RISE = 0.15  # of the map beyond a valley between rows, over the peak
_NOWHERE = -9.0  # around the map
_PEAK_SHARE = 0.9  # of the threshold of characters, for peaks of a smoothed map
_LONG_RATIO = 1.6  # length over width of an area whose direction is known
_VERTICAL_DEG = 55.0  # from level, of an area that is read downwards, at least
_BENT_RATIO = 0.35  # of a letter, from the highest to the lowest one of a bent word, at least
_TRIMMED_PEAKS = 5  # of so many the highest and the lowest say nothing of that
_OVERHANG_RATIO = 0.16  # of a letter, by which a word's box reaches beyond the cells of its region
# Areas of several lines that touch: so many peaks, spread across and as deep as so many letters,
_LINES_PEAKS, _LINES_SPREAD, _LINES_DEPTH = 3, 0.8, 1.6
_TURN_DEG, _MOST_STEP = 50.0, 2.0  # that turn by more, or step by more letters, than a curved line does
_MAX_SPLITS = 2  # times that they are parted,
_SPLIT_SHARE = 0.7  # of what is missing to 1 in the threshold being left each time
_SPACE_AFFINITY, _SPACE_LINK = 0.7, 0.25  # in terms of the peaks beside the gap
_SURE_PEAK = 0.85  # pictures and scribbles are not looked at for spaces
_VALLEY_SHARES = np.array([0.3, 0.4, 0.5, 0.6, 0.7])


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundWord:
    """Linked characters, in pixels of the page image.

    Attributes:
        quad: box of the characters' cells; upright characters stacked downwards have an upright quad.
        score: mean of the region map over the characters' peaks, 0..1.
        char_centers: (K, 2) in reading order, K >= 1; narrow neighbours may share one.
        char_sizes_px: (K,) size of each, as measured.
        char_size_px: their median; height of the characters (width, if vertical).
        vertical: whether the characters are stacked downwards.
    """

    quad: Quad
    score: float
    char_centers: Floats
    char_sizes_px: Floats
    char_size_px: float
    vertical: bool = False


@dataclass(frozen=True, slots=True)
class _Level:
    """How areas of one thickness are looked at: the map of large characters is ragged, so it is smoothed."""

    thick_cells: int  # side of the smallest square that fits into such areas
    sigma: float  # of the smoothing, cells
    radii: Floats  # distances from a peak, cells, at which the map is probed for its half


_LEVELS = (
    _Level(1, 0.0, np.concatenate([[0.0], 0.5 * 1.15 ** np.arange(25)])),  # to 14 cells
    _Level(7, 1.2, np.concatenate([[0.0], 0.5 * 1.15 ** np.arange(30)])),  # to 29
    _Level(17, 3.0, np.concatenate([[0.0], 0.5 * 1.15 ** np.arange(39)])),  # to 101
)


@dataclass(frozen=True, slots=True)
class _Areas:
    """Connected areas of text, P of them."""

    labels: NDArray[np.int32]  # (h, w), 0 = none, area p = p + 1
    level: Ints  # (P,) which smoothing suits their characters


@dataclass(frozen=True, slots=True)
class _Tops:
    """Characters' peaks, K of them, sorted by area. Points are (x, y) in cells, cell centres at half integers."""

    piece: Ints  # (K,)
    points: Floats  # (K, 2)
    level: Ints  # (K,) which smoothing they were found at


@dataclass(frozen=True, slots=True)
class _Frames:
    """Where the areas lie, P of them, in cells."""

    center: Floats  # (P, 2)
    along: Floats  # (P, 2) unit vector in reading direction
    across: Floats  # (P, 2) unit vector from a character's top to its bottom (vertical: from right to left)
    ends: Floats  # (P, 2) extent of the region's cells along, from the centre
    depth: Floats  # (P,) extent of the region's cells across
    vertical: Mask  # (P,)


@dataclass(frozen=True, slots=True)
class _Spaces:
    """Spaces inside of areas, S of them."""

    piece: Ints  # (S,)
    u: Floats  # (S,) along the area, from its centre


@dataclass(frozen=True, slots=True)
class _Peaks:
    """Characters' peaks, K of them, sorted by area and then in reading order."""

    piece: Ints  # (K,)
    points: Floats  # (K, 2) cells
    height: Floats  # (K,) the map's value
    u: Floats  # (K,) along the area, from its centre
    v: Floats  # (K,) across, of the middle of the character
    size: Floats  # (K,) side of the character across the area
    reach: Floats  # (K, 2) half of its side towards the start and towards the end of the area


def find_words(
    maps: FloatMap,
    thresholds: TextThresholds | None = None,
    *,
    cell_px: tuple[float, float] = (CELL_PX, CELL_PX),
) -> list[FoundWord]:
    """Words, in no particular order.

    Args:
        maps: ``(2, h, w)`` region and affinity, about 0..1.
        thresholds: What counts as text.
        cell_px: Width and height of a map cell in pixels of the page image: 2 over the scale it was read at.
    """
    thresholds = thresholds or TextThresholds()
    region, affinity = (np.ascontiguousarray(channel, dtype=np.float32) for channel in maps)
    labels, _ = raster.find_components((region > thresholds.region) | (affinity > thresholds.affinity))
    words: list[FoundWord] = []
    for attempt in range(_MAX_SPLITS + 1):
        areas = _find_areas(region, labels, thresholds)
        smoothed = [_smooth(region, level.sigma, areas, number) for number, level in enumerate(_LEVELS)]
        tops = _find_tops(smoothed, areas, thresholds.region)
        frames = _find_frames(region, areas, tops, thresholds.region)
        peaks = _measure_peaks(smoothed, frames, tops)
        kept, tangled = _check_areas(frames, peaks, thresholds)
        if attempt == _MAX_SPLITS:
            kept, tangled = kept | tangled, np.zeros_like(tangled)
        spaces = _find_spaces(region, affinity, peaks, kept & (attempt == 0))
        kept[spaces.piece] = False
        words += _build_words(frames, peaks, np.flatnonzero(kept), np.array(cell_px, dtype=np.float64))
        if not tangled.any() and not len(spaces.piece):
            break
        labels = _cut_areas(areas, frames, spaces)
        if tangled.any():
            # Lines that touch are parted by asking for more.
            level = 1 - (1 - max(thresholds.region, thresholds.affinity)) * _SPLIT_SHARE ** (attempt + 1)
            inside = np.concatenate([[False], tangled])[areas.labels]
            parted, _ = raster.find_components(inside & ((region > level) | (affinity > level)))
            labels = np.where(parted > 0, parted + labels.max(), labels)
    return words


def _smooth(region: FloatMap, sigma: float, areas: "_Areas", level: int) -> FloatMap:
    """The map as areas of this level are to be looked at; as it is where there are none."""
    return raster.blur(region, sigma) if sigma and (areas.level == level).any() else region


def _find_areas(region: FloatMap, labels: NDArray[np.int32], thresholds: TextThresholds) -> _Areas:
    """Those of the numbered areas that are large and sure enough, numbered anew."""
    sizes = np.bincount(labels.ravel())
    good = np.zeros(len(sizes), bool)
    good[labels[region >= thresholds.peak]] = True
    good &= sizes >= thresholds.min_area_cells
    good[0] = False
    number = np.where(good, np.cumsum(good), 0).astype(np.int32)
    labels = number[labels]
    level = np.zeros(int(good.sum()) + 1, np.int64)
    for number_of_level, each in enumerate(_LEVELS[1:], start=1):
        level[labels[raster.find_thick(labels > 0, each.thick_cells)]] = number_of_level
    return _Areas(labels, level[1:])


def _find_tops(smoothed: list[FloatMap], areas: _Areas, least: float) -> _Tops:
    """Local maxima of the region map inside the areas."""
    pieces: list[Ints] = []
    places: list[Floats] = []
    levels: list[Ints] = []
    for level, smooth in enumerate(smoothed):
        chosen = np.concatenate([[False], areas.level == level])
        ys, xs = np.nonzero(chosen[areas.labels] & (smooth > _PEAK_SHARE * least))
        ys, xs, places_here = _find_maxima(smooth, ys, xs)
        pieces.append(areas.labels[ys, xs].astype(np.int64) - 1)
        places.append(places_here)
        levels.append(np.full(len(xs), level))
    piece = np.concatenate(pieces)
    order = np.argsort(piece, kind="stable")
    return _Tops(piece[order], np.concatenate(places)[order], np.concatenate(levels)[order])


def _find_maxima(values: FloatMap, ys: Ints, xs: Ints) -> tuple[Ints, Ints, Floats]:
    """Those of the given cells that are higher than their eight neighbours, and their (x, y) between the cells.

    Of equal neighbours the first counts; a parabola through the neighbours says where the top really lies.
    """
    padded = np.pad(values, 1, constant_values=_NOWHERE)
    width = padded.shape[1]
    flat, at = padded.ravel(), (ys + 1) * width + xs + 1
    own = flat[at]
    kept = np.ones(len(at), bool)
    for step in (-width - 1, -width, -width + 1, -1):
        kept &= own > flat[at + step]
        kept &= own >= flat[at - step]
    ys, xs, at, own = ys[kept], xs[kept], at[kept], own[kept].astype(np.float64)
    shifts = []
    for step in (1, width):
        before, after = flat[at - step].astype(np.float64), flat[at + step].astype(np.float64)
        shift = (after - before) / np.maximum(2 * (2 * own - before - after), 1e-6)
        shifts.append(np.where(np.minimum(before, after) > _NOWHERE, np.clip(shift, -0.5, 0.5), 0.0))
    return ys, xs, np.column_stack([xs + 0.5 + shifts[0], ys + 0.5 + shifts[1]])


def _find_frames(region: FloatMap, areas: _Areas, tops: _Tops, least: float) -> _Frames:
    """Centre, directions and extents of each area, by the cells of its characters (not of its gaps)."""
    total = len(areas.level)
    ys, xs = np.nonzero((areas.labels > 0) & (region > least))
    piece = areas.labels[ys, xs] - 1
    order = np.argsort(piece, kind="stable")
    piece, weight = piece[order], region[ys, xs][order].astype(np.float64)
    points = np.column_stack([xs[order], ys[order]]) + 0.5
    mass = np.maximum(np.bincount(piece, weight, total), 1e-9)

    def mean(values: Floats) -> Floats:
        return np.asarray(np.bincount(piece, weight * values, total) / mass, dtype=np.float64)

    center = np.column_stack([mean(points[:, 0]), mean(points[:, 1])])
    offset = points - center[piece]
    xx, yy, xy = mean(offset[:, 0] ** 2), mean(offset[:, 1] ** 2), mean(offset[:, 0] * offset[:, 1])
    lone = np.bincount(tops.piece, minlength=total) < 2
    along, vertical = _find_directions(xx, yy, xy, lone)
    across = np.column_stack([-along[:, 1], along[:, 0]])
    u, v = (offset * along[piece]).sum(axis=1), (offset * across[piece]).sum(axis=1)
    ends, depth = np.zeros((total, 2)), np.zeros(total)
    starts = np.flatnonzero(np.diff(piece, prepend=-1))
    if len(starts):
        ends[piece[starts], 0] = np.minimum.reduceat(u, starts) - 0.5
        ends[piece[starts], 1] = np.maximum.reduceat(u, starts) + 0.5
        depth[piece[starts]] = np.maximum.reduceat(v, starts) - np.minimum.reduceat(v, starts) + 1
    return _Frames(center, along, across, ends, depth, vertical)


def _find_directions(xx: Floats, yy: Floats, xy: Floats, lone: Mask) -> tuple[Floats, Mask]:
    """Reading direction (P, 2) and uprightness of areas with these second moments; a lone character is upright."""
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    spread = np.hypot(xx - yy, 2 * xy)
    longer, shorter = (xx + yy + spread) / 2, np.maximum((xx + yy - spread) / 2, 1e-6)
    angle[lone | (longer < _LONG_RATIO * shorter)] = 0.0
    vertical = np.abs(np.degrees(angle)) > _VERTICAL_DEG
    angle = np.where(vertical & (angle < 0), angle + np.pi, angle)  # vertical text is read downwards
    return np.column_stack([np.cos(angle), np.sin(angle)]), vertical


def _measure_peaks(smoothed: list[FloatMap], frames: _Frames, tops: _Tops) -> _Peaks:
    """The peaks with their places in their areas and the sides of their characters, in reading order."""
    along, across = frames.along[tops.piece], frames.across[tops.piece]
    height = np.zeros(len(tops.piece))
    half = np.zeros((4, len(height)))
    for number, level in enumerate(_LEVELS):
        mine = tops.level == number
        points = tops.points[mine]
        if not len(points):
            continue
        height[mine] = raster.sample(smoothed[number], points)
        for row, direction in zip(half, (-across, across, -along, along), strict=True):
            distance = _find_half(smoothed[number], points, height[mine], direction[mine], level.radii)
            # What the smoothing added to the Gaussian's width is taken off again.
            blur = 2 * np.log(2) * level.sigma**2
            row[mine] = np.sqrt(np.maximum(distance**2 - blur, distance**2 / 4))
    up, down, back, forth = half
    offset = tops.points - frames.center[tops.piece]
    u, v = (offset * along).sum(axis=1), (offset * across).sum(axis=1) + (down - up) / 2
    size = (up + down) / (2 * _HALF_RATIO)
    reach = np.column_stack([back, forth]) * (0.5 / _HALF_RATIO)
    o = np.lexsort([u, tops.piece])
    return _Peaks(tops.piece[o], tops.points[o], height[o], u[o], v[o], size[o], reach[o])


def _find_half(region: FloatMap, points: Floats, height: Floats, direction: Floats, radii: Floats) -> Floats:
    """Distance in cells from each point, in its direction, at which the map first falls to half of the point's.

    Where rows touch, the map between them may stay above half: then it is the valley at which the map rises again.
    """
    line = points[:, None, :] + radii[None, :, None] * direction[:, None, :]
    values = raster.sample(region, line.reshape(-1, 2), outside=0.0).reshape(len(points), -1)
    values = values / np.maximum(height, 1e-6)[:, None]
    lowest = np.minimum.accumulate(values, axis=1)
    low = (values < 0.5) | (values > lowest + _RISE)
    low[:, -1] = True
    rows = np.arange(len(points))
    after = np.maximum(low.argmax(axis=1), 1)
    valley = values[rows, after] > lowest[rows, after] + _RISE
    high, less = values[rows, after - 1], values[rows, after]
    share = np.clip((high - 0.5) / np.maximum(high - less, 1e-6), 0, 1)
    half = radii[after - 1] + share * (radii[after] - radii[after - 1])
    inside = np.arange(len(radii)) < after[:, None]
    deepest = np.where(inside, values, np.inf).argmin(axis=1)
    return np.asarray(np.where(valley, radii[deepest], half))


def _check_areas(frames: _Frames, peaks: _Peaks, thresholds: TextThresholds) -> tuple[Mask, Mask]:
    """Which areas are words, and which are several lines that touch."""
    total = len(frames.depth)
    count = np.bincount(peaks.piece, minlength=total)
    size = _find_medians(peaks.piece, peaks.size, total)
    kept = (count > 0) & (size >= thresholds.min_char_cells)
    if not len(peaks.piece):
        return kept, np.zeros_like(kept)
    starts = np.flatnonzero(np.diff(peaks.piece, prepend=-1))
    spread = np.zeros(total)
    spread[peaks.piece[starts]] = np.maximum.reduceat(peaks.v, starts) - np.minimum.reduceat(peaks.v, starts)
    suspects = kept & (count >= _LINES_PEAKS) & (spread > _LINES_SPREAD * size) & (frames.depth > _LINES_DEPTH * size)
    tangled = suspects & ~_follow_curves(peaks, suspects, size)
    return kept & ~tangled, tangled


def _find_spaces(region: FloatMap, affinity: FloatMap, peaks: _Peaks, asked: Mask) -> _Spaces:
    """The spaces inside of areas that are words otherwise: less affinity and less region than inside of words."""
    first = np.flatnonzero((peaks.piece[1:] == peaks.piece[:-1]) & asked[peaks.piece[:-1]])
    second = first + 1
    steps = peaks.points[second] - peaks.points[first]
    line = peaks.points[first][:, None] + _VALLEY_SHARES[:, None] * steps[:, None]
    valley = raster.sample(region, line.reshape(-1, 2)).reshape(-1, len(_VALLEY_SHARES)).min(axis=1)
    gap = raster.sample(affinity, peaks.points[first] + steps / 2)
    height = np.minimum(peaks.height[first], peaks.height[second])
    gaps = (height > _SURE_PEAK) & (gap < _SPACE_AFFINITY * height) & (gap * valley < _SPACE_LINK * height**2)
    first, second = first[gaps], second[gaps]
    middle = (peaks.u[first] + peaks.reach[first, 1] + peaks.u[second] - peaks.reach[second, 0]) / 2
    return _Spaces(peaks.piece[first], np.clip(middle, peaks.u[first], peaks.u[second]))


def _cut_areas(areas: _Areas, frames: _Frames, spaces: _Spaces) -> NDArray[np.int32]:
    """Labels of the areas that have spaces, cut straight across at each; of other areas nothing is left."""
    labels = np.zeros_like(areas.labels)
    torn = np.zeros(len(areas.level) + 1, bool)
    torn[spaces.piece + 1] = True
    ys, xs = np.nonzero(torn[areas.labels])
    piece = areas.labels[ys, xs].astype(np.int64) - 1
    u = ((np.column_stack([xs, ys]) + 0.5 - frames.center[piece]) * frames.along[piece]).sum(axis=1)
    # One search finds how many spaces lie before each cell: the areas lie far apart on one long axis.
    apart = 4.0 * sum(labels.shape)
    labels[ys, xs] = piece + 1 + np.searchsorted(np.sort(spaces.piece * apart + spaces.u), piece * apart + u)
    return labels


def _follow_curves(peaks: _Peaks, suspects: Mask, size: Floats) -> Mask:
    """Which suspects bend like one curved line: from peak to peak, in reading order, the course turns gently."""
    gentle = suspects.copy()
    for piece in np.flatnonzero(suspects):
        mine = peaks.piece == piece
        steps = np.column_stack([np.diff(peaks.u[mine]), np.diff(peaks.v[mine])])
        course = np.degrees(np.arctan2(steps[:, 1], steps[:, 0]))
        near = np.hypot(*steps.T).max() < _MOST_STEP * size[piece]
        gentle[piece] = np.abs(np.diff(course)).max() < _TURN_DEG and near
    return gentle


def _find_medians(group: Ints, values: Floats, total: int) -> Floats:
    """The (upper) median of the values of each group; 0 for a group without any. Groups are sorted."""
    medians = np.zeros(total)
    if not len(group):
        return medians
    order = np.lexsort([values, group])
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    counts = np.diff(np.append(starts, len(group)))
    medians[group[starts]] = values[order][starts + counts // 2]
    return medians


def _build_words(frames: _Frames, peaks: _Peaks, chosen: Ints, cell_px: Floats) -> list[FoundWord]:
    if not len(chosen):
        return []
    total = len(frames.depth)
    sizes = _find_medians(peaks.piece, peaks.size, total)
    pixels = _find_corners(frames, peaks, sizes) * cell_px
    bounds = np.searchsorted(peaks.piece, np.arange(total + 1))
    words = []
    for piece in chosen:
        mine = slice(bounds[piece], bounds[piece + 1])
        vertical = bool(frames.vertical[piece])
        side = cell_px[0 if vertical else 1]
        words.append(
            FoundWord(
                quad=Quad.from_array(np.roll(pixels[piece], 1, axis=0) if vertical else pixels[piece]),
                score=min(float(peaks.height[mine].mean()), 1.0),
                char_centers=peaks.points[mine] * cell_px,
                char_sizes_px=peaks.size[mine] * side,
                char_size_px=float(sizes[piece] * side),
                vertical=vertical,
            )
        )
    return words


def _find_corners(frames: _Frames, peaks: _Peaks, sizes: Floats) -> Floats:
    """(P, 4, 2) cells: start-above, end-above, end-below, start-below, seen in each area's own direction."""
    starts = np.flatnonzero(np.diff(peaks.piece, prepend=-1))
    owners = peaks.piece[starts]
    least, most = frames.ends[owners].T
    size = sizes[owners]
    # The region's cells end a little inside the characters' boxes; reach says where, the cells keep it in bounds.
    start = np.minimum.reduceat(peaks.u - peaks.reach[:, 0], starts)
    end = np.maximum.reduceat(peaks.u + peaks.reach[:, 1], starts)
    overhang = _OVERHANG_RATIO * size
    start, end = np.clip(start, least - overhang, least), np.clip(end, most, most + overhang)
    # A straight word has one height; a bent one reaches from its highest to its lowest character.
    counts = np.diff(np.append(starts, len(peaks.piece)))
    ordered = peaks.v[np.lexsort([peaks.v, peaks.piece])]
    trimmed = (counts >= _TRIMMED_PEAKS).astype(np.int64)
    above, below = ordered[starts + trimmed], ordered[starts + counts - 1 - trimmed]
    middle = ordered[starts + counts // 2]
    bent = below - above > _BENT_RATIO * size
    above, below = np.where(bent, above, middle) - size / 2, np.where(bent, below, middle) + size / 2
    us, vs = np.stack([start, end, end, start], axis=1), np.stack([above, above, below, below], axis=1)
    corners = np.zeros((len(sizes), 4, 2))
    corners[owners] = (
        frames.center[owners][:, None]
        + us[:, :, None] * frames.along[owners][:, None]
        + vs[:, :, None] * frames.across[owners][:, None]
    )
    return corners
