"""Ruling lines of a page image: the borders of tables, boxes and shaded cells, found by their straight edges.

Both sides of a drawn line are edges, and so is the border of a shaded cell. An edge that goes on straight for several
letters, outside of any line of text, is a rule. Pillow and numpy do it on a reduced picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from geulnun.core.geometry import Quad
from geulnun.core.page import Line
from geulnun.runtime.detection.find_words import FoundWord

Floats = NDArray[np.floating[Any]]
Bits = NDArray[np.bool_]
GreyImage = NDArray[np.uint8]

_LETTER_PX = 14.0  # the picture is reduced until letters are about so high
_CONTRAST = 14  # grey levels between the two sides of an edge, at least
_NOISE_RATIO = 5.0  # that contrast over the picture's usual difference of neighbours, at least
_LEAST_ACROSS, _LEAST_DOWN = 3.0, 1.6  # length of rules in letters, at least
_MOST_RUNS = 2500  # a picture with more straight edges than that is no ruled page
_THICK_PX = 4  # edges so near to each other are the two sides of one rule
_LEVEL_PX = 3  # pieces of one edge differ by no more
_FAINT_GAP = 10.0  # letters between two pieces of an edge, at most, if it goes on there
_FAINT_RATIO = 0.4  # with so much of the least contrast
_FAINT_SHARE = 0.5  # in this share of each of so many
_FAINT_PARTS = 4  # parts of the gap
_TURN_DEG = 0.3  # a page tilted by more is turned upright first
_CORE_RATIO = 0.12  # this much of a text line's upper and lower edge may touch a rule
_MARGIN_RATIO = 0.35  # and this much of its ends
_CROSSED_RATIO = 0.2  # of an upright rule's length, inside lines of text: strokes, or flaws of a copy
_WITHIN_RATIO = 0.5  # of a rule's length, inside one line of text: it is a stroke of letters
_BESIDE_RATIO = 0.3  # of a letter at either end of a gap, where a rule that divides the letters may be
_RULED_GAP_RATIO = 0.5  # of a letter, between the letters on both sides of a rule, at least
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


def find_rules(image: NDArray[np.uint8], lines: Sequence[Line]) -> Rules:
    """The rules of a page image, (H, W, 3) or (H, W) uint8, whose lines of text are known."""
    sheet = _Sheet.lay(
        image, [line.quad for line in lines], [line.quad for line in lines if line.orientation == "horizontal"]
    )
    if sheet is None:
        return NO_RULES
    return Rules(across=sheet.find(across=True), down=sheet.find(across=False))


def find_upright_rules(image: NDArray[np.uint8], words: Sequence[FoundWord]) -> Floats:
    """The rules (M, 2, 2) across the lines of a page image whose words are known, and not yet what lines they make.

    Words tell less than lines do of what is no rule: flaws of a copy that run between words are among these.
    """
    sheet = _Sheet.lay(image, [word.quad for word in words], [word.quad for word in words if not word.vertical])
    return NO_RULES.down if sheet is None else sheet.find(across=False)


def find_crossed(starts: Floats, ends: Floats, sizes: Floats, down: Floats) -> NDArray[np.bool_]:
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


def _find_angle(quads: Sequence[Quad]) -> float:
    """The angle of the page's lines in degrees, each weighing as much as it is long."""
    angles, lengths = np.array([quad.angle_deg for quad in quads]), np.array([quad.width_px for quad in quads])
    order = np.argsort(angles)
    shares = np.cumsum(lengths[order])
    return float(angles[order][np.searchsorted(shares, shares[-1] / 2)])


@dataclass(frozen=True, slots=True)
class _Turn:
    """The way from the page to the reduced picture that is turned upright, and back."""

    angle_deg: float
    center: tuple[float, float]
    factor: int

    def bound(self, corners: Floats) -> Floats:
        """Upright bounds (N, 4) in the picture of (N, 4, 2) corners on the page."""
        points = (corners / self.factor - self.center) @ self._matrix().T + self.center
        return np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1)

    def undo(self, points: Floats) -> Floats:
        """Points (N, 2, 2) of the picture on the page."""
        return np.asarray(((points - self.center) @ self._matrix() + self.center) * self.factor)

    def _matrix(self) -> Floats:
        angle = np.radians(self.angle_deg)
        return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The page reduced and turned upright, the bounds (N, 4) of its text there, and the size of its letters."""

    levels: GreyImage
    boxes: Floats
    letter_px: float
    turn: _Turn

    @classmethod
    def lay(cls, image: NDArray[np.uint8], quads: Sequence[Quad], flat: Sequence[Quad]) -> "_Sheet | None":
        """The sheet of a page whose text stands in `quads`, the horizontal of it in `flat`; None without any."""
        if not flat:
            return None
        letter = float(np.median([quad.height_px for quad in flat]))
        angle = _find_angle(flat)
        factor = max(1, int(letter / _LETTER_PX))
        grey = Image.fromarray(image).reduce(factor).convert("L")
        turn = _Turn(angle if abs(angle) > _TURN_DEG else 0.0, (grey.width / 2, grey.height / 2), factor)
        if turn.angle_deg:
            grey = grey.rotate(turn.angle_deg, Image.Resampling.BILINEAR, fillcolor=255)
        return cls(np.asarray(grey), turn.bound(np.array([quad.array for quad in quads])), letter / factor, turn)

    def find(self, *, across: bool) -> Floats:
        """The rules (N, 2, 2) along the lines of text, or across them, on the page."""
        if across:
            return self.turn.undo(_find_ends(_find_edges(self.levels, self.boxes, self.letter_px, across=True)))
        levels = np.ascontiguousarray(self.levels.T)
        found = _find_edges(levels, self.boxes[:, [1, 0, 3, 2]], self.letter_px, across=False)
        return self.turn.undo(_find_ends(found)[:, :, ::-1])


def _find_edges(levels: GreyImage, boxes: Floats, letter_px: float, *, across: bool) -> Floats:
    """Rules (N, 4) start, end, place of the middle and slope: the picture's long level edges outside of its text."""
    before, after = levels[:-2], levels[2:]
    brighter = np.maximum(before, after)
    rising, falling = brighter - before, brighter - after
    # A pixel differs from its neighbours one way or the other, so that the larger of both is how much.
    usual = _find_median(np.maximum(rising[::3, ::3], falling[::3, ::3]))
    least = min(max(_CONTRAST, _NOISE_RATIO * usual), 255)
    least_px = (_LEAST_ACROSS if across else _LEAST_DOWN) * letter_px
    runs = np.concatenate([_find_runs(_thicken(steps > least), least_px) for steps in (rising, falling)])
    if not len(runs) or len(runs) > _MOST_RUNS:
        return np.zeros((0, 4))
    runs = _merge(runs, _find_near(runs, _THICK_PX, _THICK_PX))
    runs = _drop_strokes(runs, boxes, across=across)
    near = _find_near(runs, _LEVEL_PX, _FAINT_GAP * letter_px)
    faint = [pair for pair in near if _goes_on((rising, falling), runs[pair], least)]
    merged = _merge(runs, np.array(faint, dtype=np.intp).reshape(-1, 2))
    return _drop_strokes(merged + (0, 0, 1.5, 0), boxes, across=across)


def _find_median(values: NDArray[np.uint8]) -> float:
    """As `np.median`, by counting."""
    reached = np.cumsum(np.bincount(values.ravel(), minlength=1))
    lower, upper = np.searchsorted(reached, [(values.size + 1) // 2, values.size // 2 + 1])
    return float(lower + upper) / 2


def _find_ends(rules: Floats) -> Floats:
    """End points (N, 2, 2), along and across, of rules (N, 4)."""
    rise = rules[:, 3] * (rules[:, 1] - rules[:, 0]) / 2
    ends = [np.column_stack([rules[:, side], rules[:, 2] + sign * rise]) for side, sign in ((0, -1), (1, 1))]
    return np.stack(ends, axis=1)


def _find_near(runs: Floats, apart_px: float, most_gap: float) -> NDArray[np.intp]:
    """Pairs (K, 2) of runs (N, 4) whose places differ by no more than that, and with such gaps between their ends."""
    gap = np.maximum(runs[:, None, 0], runs[None, :, 0]) - np.minimum(runs[:, None, 1], runs[None, :, 1])
    near = np.abs(runs[:, None, 2] - runs[None, :, 2]) <= apart_px
    return np.argwhere(np.triu(near & (gap <= most_gap), 1))


def _merge(runs: Floats, pairs: NDArray[np.intp]) -> Floats:
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
    rows = [step[max(row - 3, 0) : row + 4, start:end] > _FAINT_RATIO * least for step in steps]
    seen = [
        [part.mean(axis=1) for part in np.array_split(each, min(_FAINT_PARTS, end - start), axis=1)] for each in rows
    ]
    return bool(np.min(seen, axis=1).max() >= _FAINT_SHARE)


def _thicken(bits: Bits) -> Bits:
    """Also the pixels above and below, so that edges that are not quite level go on."""
    thick = bits.copy()
    thick[1:] |= bits[:-1]
    thick[:-1] |= bits[1:]
    return thick


def _find_runs(bits: Bits, least_px: float) -> Floats:
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


def _drop_strokes(rules: Floats, boxes: Floats, *, across: bool) -> Floats:
    """The rules without those inside a line of text, which are strokes, and those across lines, which are flaws.

    Args:
        rules: (N, 4) start, end, place of the middle, slope.
        boxes: (N, 4) the lines of text: start, place of the near side, end, place of the far side.
        across: Whether the rules run along the lines of text and not across them.
    """
    if not len(rules):
        return rules
    edge = (_CORE_RATIO if across else _MARGIN_RATIO) * np.minimum(boxes[:, 3] - boxes[:, 1], boxes[:, 2] - boxes[:, 0])
    inside = (rules[:, 2, None] > boxes[:, 1] + edge) & (rules[:, 2, None] < boxes[:, 3] - edge)
    shared = np.minimum(rules[:, 1, None], boxes[:, 2]) - np.maximum(rules[:, 0, None], boxes[:, 0])
    covered = np.where(inside, np.maximum(shared, 0), 0)
    worst = covered.max(axis=1) if across else covered.sum(axis=1)
    most = _WITHIN_RATIO if across else _CROSSED_RATIO
    return np.asarray(rules[worst < most * (rules[:, 1] - rules[:, 0])])


def group_pairs(total: int, pairs: NDArray[np.intp]) -> list[list[int]]:
    """The numbers 0..total-1 in groups of those that pairs (N, 2) link."""
    least = np.arange(total)
    first, second = pairs.T
    while (least[first] != least[second]).any():
        low = np.minimum(least[first], least[second])
        np.minimum.at(least, least[first], low)
        np.minimum.at(least, least[second], low)
        least = least[least]
    order = np.argsort(least, kind="stable")
    return [group.tolist() for group in np.split(order, np.flatnonzero(np.diff(least[order])) + 1)] if total else []
