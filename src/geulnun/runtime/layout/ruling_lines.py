"""Ruling lines of a page image: the borders of tables, boxes and shaded cells, found by their straight edges.

Both sides of a drawn line are edges, and so is the border of a shaded cell. An edge that goes on straight for several
letters, outside of any line of text, is a rule. Pillow and numpy do it on a reduced picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from PIL import Image

from geulnun.core.arrays import Floats, GreyImage, Indices, Mask, find_weighted_median, group_pairs
from geulnun.core.geometry import Quad

# The gap of a rule: "Lines over rules" in docs/experiments/detector.md. The others were chosen by eye on drawn and real
# pages, without a row.
_LETTER_PX = 14.0  # the picture is reduced until letters are about so high
_CONTRAST = 14  # grey levels between the two sides of an edge, at least
_NOISE_RATIO = 5.0  # that contrast over the picture's usual difference of neighbours, at least
_LEAST_ACROSS, _LEAST_DOWN = 3.0, 1.6  # length of rules in letters, at least
_SAMPLE_STEP_PX = 3  # between the pixels by which the usual difference is measured
_MOST_RUNS = 2500  # a picture with more straight edges than that is no ruled page
_THICK_PX = 4  # edges so near to each other are the two sides of one rule
_LEVEL_PX = 3  # pieces of one edge differ by no more
_FAINT_GAP = 10.0  # letters between two pieces of an edge, at most, if it goes on there
_FAINT_RATIO = 0.4  # with so much of the least contrast
_FAINT_SHARE = 0.5  # in this share of each of so many
_FAINT_PARTS = 4  # parts of the gap
_FAINT_REACH_PX = 3  # above and below the edge
_LEAST_WEIGHT = 0.01  # of the angle of a word that is no longer than high
_TURN_DEG = 0.3  # a page tilted by more is turned upright first
_CORE_RATIO = 0.12  # this much of a text line's upper and lower edge may touch a rule
_MARGIN_RATIO = 0.35  # and this much of its ends
_CROSSED_RATIO = 0.2  # of an upright rule's length, inside lines of text: strokes, or flaws of a copy
_WITHIN_RATIO = 0.5  # of a rule's length, inside one line of text: it is a stroke of letters
_BESIDE_RATIO = 0.3  # of a letter at either end of a gap, where a rule that divides the letters may be
_RULED_GAP_RATIO = 0.5  # of a letter, between the letters on both sides of a rule, at least
_SWAPPED = [1, 0, 3, 2]  # bounds seen with x and y exchanged
_HIGHER_RATIO = 0.65  # of a letter, from the middle of the line to either end of such a rule, at least


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Straight rules by their end points, in pixels of the page image.

    Attributes:
        across: (N, 2, 2) rules along the lines of text, from left to right.
        down: (M, 2, 2) rules across them, from top to bottom.
    """

    across: Floats
    down: Floats


NO_RULES = Rules(across=np.zeros((0, 2, 2)), down=np.zeros((0, 2, 2)))


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Level edges of a picture, as far as they go on without a gap.

    Attributes:
        runs: (N, 4) start, end, row of the middle, slope.
        joined: (K, 2) numbers of those between which a fainter edge goes on.
    """

    runs: Floats
    joined: Indices

    def find_rules(self, boxes: Floats, *, across: bool) -> Floats:
        """End points (M, 2, 2) of the rules that the pieces outside of text (boxes, see `_are_outside`) make."""
        outside = _are_outside(self.runs, boxes, across=across)
        numbers = np.cumsum(outside) - 1
        merged = _merge(self.runs[outside], numbers[self.joined[outside[self.joined].all(axis=1)]])
        merged = merged + (0, 0, 1.5, 0)  # from the row of a difference to the middle of its three pixels
        return _find_ends(merged[_are_outside(merged, boxes, across=across)])


_NO_PIECES = _Pieces(np.zeros((0, 4)), np.zeros((0, 2), np.intp))


@dataclass(frozen=True, slots=True)
class Edges:
    """The long straight edges of a page image, of which its rules are made once it is known where text stands."""

    across: _Pieces
    down: _Pieces
    turn: "_Turn"

    def find_rules(self, text: Sequence[Quad]) -> Rules:
        """The rules outside of this text.

        Words tell less than lines do of what is no rule: with words, flaws of a copy that run between them are rules.
        """
        if not text:
            return NO_RULES
        boxes = self.turn.bound(text)
        across = self.across.find_rules(boxes, across=True)
        down = self.down.find_rules(boxes[:, _SWAPPED], across=False)
        return Rules(across=self.turn.undo(across), down=self.turn.undo(down[:, :, ::-1]))


def find_edges(image: GreyImage, horizontal: Sequence[Quad], vertical: Sequence[Quad] = ()) -> Edges:
    """The edges of a page image that may be rules.

    Args:
        image: (H, W) or (H, W, 3) uint8.
        horizontal: the words in rows, by which the page is turned upright; without any, no edge is found.
        vertical: the words whose letters are stacked.
    """
    if not horizontal:
        return Edges(_NO_PIECES, _NO_PIECES, _Turn(0.0, (0.0, 0.0), 1))
    letter = float(np.median([quad.height_px for quad in horizontal]))
    factor = max(1, int(letter / _LETTER_PX))
    grey = Image.fromarray(image).reduce(factor).convert("L")
    turn = _Turn.fit(horizontal, (grey.width / 2, grey.height / 2), factor)
    if turn.angle_deg:
        grey = grey.rotate(turn.angle_deg, Image.Resampling.BILINEAR, fillcolor=255)
    levels, boxes = np.asarray(grey), turn.bound([*horizontal, *vertical])
    across = _find_pieces(levels, boxes, letter / factor, across=True)
    down = _find_pieces(np.ascontiguousarray(levels.T), boxes[:, _SWAPPED], letter / factor, across=False)
    return Edges(across, down, turn)


def find_crossed(starts: Floats, ends: Floats, sizes: Floats, down: Floats) -> Mask:
    """Which steps from one piece of text to the next lead over an upright rule that is higher than their line.

    A step shorter than the white on both sides of a rule leads over none: an edge there is some stroke.

    Args:
        starts: (L, 2) where the steps begin, at half of the letters' height; a little of the letters is looked at too.
        ends: (L, 2) where they end.
        sizes: (L,) of the letters.
        down: (M, 2, 2) upright rules, from top to bottom.
    """
    steps = ends - starts
    gaps = np.linalg.norm(steps, axis=1)
    crossed = np.zeros(len(gaps), bool)
    wide = np.flatnonzero(gaps >= _RULED_GAP_RATIO * sizes)
    size = sizes[wide, None]
    along = steps[wide] / np.maximum(gaps[wide, None], 1e-9) * size * _BESIDE_RATIO
    steps, starts = (steps[wide] + 2 * along)[:, None], (starts[wide] - along)[:, None]
    courses, offset = (down[:, 1] - down[:, 0])[None], down[None, :, 0] - starts
    turn = _cross(steps, courses)
    turn = np.where(np.abs(turn) < 1e-9, np.inf, turn)
    share, place = _cross(offset, courses) / turn, _cross(offset, steps) / turn
    beyond = np.minimum(place, 1 - place) * np.linalg.norm(courses, axis=2) >= _HIGHER_RATIO * size
    crossed[wide] = ((share >= 0) & (share <= 1) & beyond).any(axis=1)
    return crossed


def _cross(first: Floats, second: Floats) -> Floats:
    """The cross products of vectors (..., 2)."""
    return np.asarray(first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0])


@dataclass(frozen=True, slots=True)
class _Turn:
    """The way from the page to a picture of it that is reduced and turned upright, and back."""

    angle_deg: float
    center: tuple[float, float]
    factor: int

    @classmethod
    def fit(cls, quads: Sequence[Quad], center: tuple[float, float], factor: int) -> Self:
        """That of a page whose text stands in these quads; a page that hardly lies tilted is left as it is."""
        angles = np.array([quad.angle_deg for quad in quads])
        aspects = np.array([quad.width_px / max(quad.height_px, 1e-6) for quad in quads])
        angle = find_weighted_median(angles, np.maximum(aspects - 1, _LEAST_WEIGHT))
        return cls(angle if abs(angle) > _TURN_DEG else 0.0, center, factor)

    def undo(self, points: Floats) -> Floats:
        """Points (..., 2) of the picture on the page."""
        return np.asarray(((points - self.center) @ self._matrix() + self.center) * self.factor)

    def bound(self, quads: Sequence[Quad]) -> Floats:
        """Upright bounds (N, 4) on the picture of quads on the page: left, top, right, bottom."""
        corners = np.array([quad.array for quad in quads])
        points = (corners / self.factor - self.center) @ self._matrix().T + self.center
        return np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1)

    def _matrix(self) -> Floats:
        angle = np.radians(self.angle_deg)
        return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def _find_pieces(levels: GreyImage, boxes: Floats, letter_px: float, *, across: bool) -> _Pieces:
    """The picture's long level edges outside of its words, and which of them belong together."""
    before, after = levels[:-2], levels[2:]
    brighter = np.maximum(before, after)
    rising, falling = brighter - before, brighter - after
    # A pixel differs from its neighbours one way or the other, so that the larger of both is how much.
    usual = _find_median(np.maximum(*(steps[::_SAMPLE_STEP_PX, ::_SAMPLE_STEP_PX] for steps in (rising, falling))))
    least = min(max(_CONTRAST, _NOISE_RATIO * usual), 255)
    least_px = (_LEAST_ACROSS if across else _LEAST_DOWN) * letter_px
    runs = np.concatenate([_find_runs(_thicken(steps > least), least_px) for steps in (rising, falling)])
    if not len(runs) or len(runs) > _MOST_RUNS:
        return _NO_PIECES
    runs = _merge(runs, _find_near(runs, _THICK_PX, _THICK_PX))
    runs = runs[_are_outside(runs, boxes, across=across)]
    near = _find_near(runs, _LEVEL_PX, _FAINT_GAP * letter_px)
    faint = [pair for pair in near if _goes_on((rising, falling), runs[pair], least)]
    return _Pieces(runs, np.array(faint, dtype=np.intp).reshape(-1, 2))


def _find_median(values: GreyImage) -> float:
    """As `np.median`, by counting."""
    reached = np.cumsum(np.bincount(values.ravel(), minlength=1))
    lower, upper = np.searchsorted(reached, [(values.size + 1) // 2, values.size // 2 + 1])
    return float(lower + upper) / 2


def _find_ends(rules: Floats) -> Floats:
    """End points (N, 2, 2), along and across, of rules (N, 4)."""
    rise = rules[:, 3] * (rules[:, 1] - rules[:, 0]) / 2
    ends = [np.column_stack([rules[:, side], rules[:, 2] + sign * rise]) for side, sign in ((0, -1), (1, 1))]
    return np.stack(ends, axis=1)


def _find_near(runs: Floats, apart_px: float, most_gap: float) -> Indices:
    """Pairs (K, 2) of runs (N, 4) whose places differ by no more than that, and with such gaps between their ends."""
    gap = np.maximum(runs[:, None, 0], runs[None, :, 0]) - np.minimum(runs[:, None, 1], runs[None, :, 1])
    near = np.abs(runs[:, None, 2] - runs[None, :, 2]) <= apart_px
    return np.argwhere(np.triu(near & (gap <= most_gap), 1))


def _merge(runs: Floats, pairs: Indices) -> Floats:
    """Runs (N, 4) with those that pairs link made one."""
    groups = group_pairs(len(runs), pairs) if len(pairs) else []
    return np.array([_join(runs[group]) for group in groups]).reshape(-1, 4) if groups else runs


def _join(runs: Floats) -> tuple[float, float, float, float]:
    """One run for several (N, 4); it may be less level than they are."""
    if len(runs) == 1:
        start, end, place, slope = runs[0].tolist()
        return start, end, place, slope
    start, end = float(runs[:, 0].min()), float(runs[:, 1].max())
    along = runs[:, :2].ravel() - (start + end) / 2
    half = (runs[:, 1] - runs[:, 0]) / 2 * runs[:, 3]
    across = np.column_stack([runs[:, 2] - half, runs[:, 2] + half]).ravel()
    middle = along.mean()
    slope = float((along - middle) @ across / max(float((along - middle) @ along), 1e-9))
    return start, end, float(across.mean() - slope * middle), slope


def _goes_on(steps: tuple[GreyImage, GreyImage], pair: Floats, least: float) -> bool:
    """Whether two pieces (2, 4) of an edge are joined by a fainter one."""
    first, second = pair[pair[:, 0].argsort()].astype(np.intp)
    row = (first[2] + second[2]) // 2
    start, end = first[1], second[0]
    if end <= start:
        return True
    # In every part of the gap: another piece that lies in it must not speak for all of it.
    reach = slice(max(row - _FAINT_REACH_PX, 0), row + _FAINT_REACH_PX + 1)
    rows = [step[reach, start:end] > _FAINT_RATIO * least for step in steps]
    seen = [
        [part.mean(axis=1) for part in np.array_split(each, min(_FAINT_PARTS, end - start), axis=1)] for each in rows
    ]
    return bool(np.min(seen, axis=1).max() >= _FAINT_SHARE)


def _thicken(bits: Mask) -> Mask:
    """Also the pixels above and below, so that edges that are not quite level go on."""
    thick = bits.copy()
    thick[1:] |= bits[:-1]
    thick[:-1] |= bits[1:]
    return thick


def _find_runs(bits: Mask, least_px: float) -> Floats:
    """Runs (N, 4) start, end, row, slope 0 of set pixels at least so long."""
    block = max(int(least_px) // 2, 1)
    whole = bits.shape[1] // block * block
    # A run that is long enough fills one at least of the blocks of half its length.
    blocks = np.all(bits[:, :whole].reshape(len(bits), -1, block), axis=2)
    chosen = np.flatnonzero(np.any(blocks, axis=1))
    padded = np.zeros((len(chosen), bits.shape[1] + 2), bool)
    padded[:, 1:-1] = bits[chosen]
    flat = padded.ravel()
    change = np.flatnonzero(flat[1:] != flat[:-1])
    starts, ends = change[0::2], change[1::2]
    long = ends - starts >= least_px
    rows, columns = np.divmod(starts[long], padded.shape[1])
    lengths, places = ends[long] - starts[long], chosen[rows]
    return np.column_stack([columns, columns + lengths, places, np.zeros(len(rows))]).astype(np.float64)


def _are_outside(rules: Floats, boxes: Floats, *, across: bool) -> Mask:
    """Which rules are neither strokes inside a line of text nor flaws that run across lines.

    Args:
        rules: (N, 3+) start, end, place of the middle.
        boxes: (N, 4) the lines of text: start, place of the near side, end, place of the far side.
        across: Whether the rules run along the lines of text and not across them.
    """
    edge = (_CORE_RATIO if across else _MARGIN_RATIO) * np.minimum(boxes[:, 3] - boxes[:, 1], boxes[:, 2] - boxes[:, 0])
    inside = (rules[:, 2, None] > boxes[:, 1] + edge) & (rules[:, 2, None] < boxes[:, 3] - edge)
    shared = np.minimum(rules[:, 1, None], boxes[:, 2]) - np.maximum(rules[:, 0, None], boxes[:, 0])
    covered = np.where(inside, np.maximum(shared, 0), 0)
    worst = covered.max(axis=1) if across else covered.sum(axis=1)
    most = _WITHIN_RATIO if across else _CROSSED_RATIO
    return np.asarray(worst < most * (rules[:, 1] - rules[:, 0]))
