"""Syllables as strokes: where in the square each jamo goes, and how hands and signs differ.

Strokes are drawn in the unit square, x to the right and y down. A jamo has several ways of being written; which one,
how round its corners are, and whether the pen is lifted between strokes is chosen for every syllable.
"""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geulnun.core.hangul import CHO, JONG, JUNG, decompose
from geulnun.synth.materials.letter_shapes import ARMS, LETTERED_WAYS, MERGED, SHAPES, Box, Path

Strokes = list[NDArray[np.float64]]
"""Pen strokes: (K, 2) points x, y each, K >= 2, y down."""

DrawJamo = Callable[[np.random.Generator, str], Strokes | None]

_PARTS = dict(
    zip(
        "ㄲㄸㅃㅆㅉㄳㄵㄶㄺㄻㄼㄽㄾㄿㅀㅄ",
        zip("ㄱㄷㅂㅅㅈㄱㄴㄴㄹㄹㄹㄹㄹㄹㄹㅂ", "ㄱㄷㅂㅅㅈㅅㅈㅎㄱㅁㅂㅅㅌㅍㅎㅅ", strict=True),
        strict=True,
    )
)
_BENT = dict(zip("ㅘㅙㅚㅝㅞㅟㅢ", ["ㅗㅏ", "ㅗㅐ", "ㅗㅣ", "ㅜㅓ", "ㅜㅔ", "ㅜㅣ", "ㅡㅣ"], strict=True))
_LYING = "ㅗㅛㅜㅠㅡ"
_OPEN = "ㄴㄷㅌ"
_CORNERED = "ㅁ"  # by its corners alone it is told from a ring
_VOWEL_WIDTHS = {"ㅣ": 0.12, "ㅐ": 0.36, "ㅒ": 0.36, "ㅔ": 0.42, "ㅖ": 0.42}
_USUAL_WIDTH = 0.3
_WHOLE_ARMS = (0.0, 1.0)
# Of the syllable's side, by a line that the pen leaves on its way to the next letter.
_LONGEST_TIE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """How a hand differs from print.

    Attributes:
        plain: chance that a letter is written in the plainest way.
        shake: how far points stray, over the letter's side.
        wander: how far letters stray from their places, over the syllable's side.
        join: chance that the pen is not lifted between two strokes of a letter.
        tie: chance that it is not lifted between two letters.
        rounding: times that corners are cut (0 angular, 2 round).
        bow: how far straight lines bend, over their length.
        loose: how much letters differ in size and long vowels reach beyond their places, over the syllable's side.
        lean: how far letters turn and slant each on its own, in radians.
        floor: where the final letter begins, over the syllable's height.
        tight: how far letters reach beyond their places towards each other, over the syllable's side.
        narrow: by how much lying vowels are shorter at each end, over the syllable's side.
        arms: from where to where the short strokes of standing vowels are drawn, over their length from the long one
            on; a dot where that is next to nothing.
        lying_arms: the same of lying vowels.
        merged: whether ㅆ and ㅉ are drawn as one letter.
        half_bars: whether the long stroke of ㅗ, ㅛ, ㅜ and ㅠ ends at the last short one.
        reach: how far initials that are open to the right go beyond their place, about the vowel's short stroke, over
            the syllable's side.
        lettered: whether letters are made in the ways of signs, and not of a pen; arms, half bars and `reach` are for
            these.
    """

    plain: float
    shake: float
    wander: float
    join: float
    tie: float
    rounding: int
    bow: float
    loose: float
    lean: float
    floor: float
    tight: float = 0.0
    narrow: float = 0.0
    arms: tuple[float, float] = _WHOLE_ARMS
    lying_arms: tuple[float, float] = _WHOLE_ARMS
    merged: bool = False
    half_bars: bool = False
    reach: float = 0.0
    lettered: bool = False


def draw_lettering(rng: np.random.Generator) -> Hand:
    """As signs and logos are lettered: straight and even, the short strokes of vowels now and then mere dots."""
    half_bars = bool(rng.random() < 0.4)
    short = (0.0, float(rng.uniform(0.3, 1.0)))
    return Hand(
        plain=1.0,
        lettered=True,
        shake=0.0,
        wander=0.015,
        join=0.0,
        tie=0.0,
        rounding=int(rng.integers(0, 3)),
        bow=0.0,
        loose=float(rng.uniform(0, 0.1)),
        lean=0.0,
        floor=float(rng.uniform(0.54, 0.68)),
        arms=_draw_arms(rng),
        tight=float(rng.uniform(0, 0.16)) if rng.random() < 0.5 else 0.0,
        merged=bool(rng.random() < 0.4),
        lying_arms=short if half_bars else _draw_arms(rng),
        half_bars=half_bars,
        reach=float(rng.uniform(0, 0.16)) if rng.random() < 0.5 else 0.0,
    )


def _draw_arms(rng: np.random.Generator) -> tuple[float, float]:
    """Dots, short, loose from the long stroke, as far as the next letter, or as they are."""
    style = rng.random()
    if style < 0.4:
        dot = float(rng.uniform(0.3, 0.75))
        return dot, dot + 0.02
    if style < 0.55:
        return 0.0, float(rng.uniform(0.3, 0.8))
    if style < 0.65:
        return float(rng.uniform(0.25, 0.5)), 1.0
    return (0.0, float(rng.uniform(1.1, 1.5))) if style < 0.8 else _WHOLE_ARMS


def draw_hand(rng: np.random.Generator) -> Hand:
    """From careful to hasty."""
    haste = float(rng.random())
    return Hand(
        plain=0.7 - 0.5 * haste,
        shake=0.02 + 0.035 * haste,
        wander=0.02 + 0.035 * haste,
        join=0.4 * max(0.0, haste - 0.3),
        tie=0.4 * max(0.0, haste - 0.4),
        rounding=int(rng.integers(0, 3)),
        bow=0.07 * haste,
        loose=0.05 + 0.2 * float(rng.random()),
        lean=0.02 + 0.09 * haste,
        floor=float(rng.uniform(0.54, 0.68)),
        tight=float(rng.uniform(0, 0.14)) if rng.random() < 0.5 else 0.0,
        narrow=float(rng.uniform(0, 0.22)) if rng.random() < 0.5 else 0.0,
    )


def draw_syllable(rng: np.random.Generator, syllable: str, hand: Hand, draw_jamo: DrawJamo | None = None) -> Strokes:
    """The strokes of a syllable in about the unit square.

    Args:
        rng: source of every choice.
        syllable: one of the 11,172.
        hand: how it is written.
        draw_jamo: gives the strokes of one letter in its own unit square; from `SHAPES` where it gives None.
    """
    strokes: Strokes = []
    for jamo, box in place_jamo(syllable, hand.floor, merged=hand.merged):
        x0, y0, x1, y1 = _loosen_box(rng, jamo, box, hand)
        corner, side = np.array([x0, y0]), np.array([max(x1 - x0, 0.05), max(y1 - y0, 0.05)])
        letter = (draw_jamo(rng, jamo) if draw_jamo else None) or draw_letter(rng, jamo, hand)
        turn, slant = np.clip(rng.normal(0, hand.lean, 2), -0.25, 0.25)
        lean = np.array([[1.0, turn], [-turn - slant, 1.0]])
        placed = [corner + side / 2 + ((stroke - 0.5) * side) @ lean for stroke in letter]
        if strokes and rng.random() < hand.tie and np.linalg.norm(placed[0][0] - strokes[-1][-1]) < _LONGEST_TIE:
            strokes[-1] = np.concatenate([strokes[-1], placed.pop(0)])
        strokes.extend(placed)
    return strokes


def _loosen_box(rng: np.random.Generator, jamo: str, box: Box, hand: Hand) -> NDArray[np.float64]:
    """The box of a letter in this hand: long vowels reach further, other letters are smaller within their place."""
    loose = np.array(box) + np.clip(rng.normal(0, hand.wander, 4), -0.09, 0.09)
    if jamo in _LYING:
        loose += rng.uniform(0, hand.loose, 4) * (-1.0, 0.0, 1.3, 0.0)
        loose += hand.narrow * np.array((1.0, 0.0, -1.0, 0.0))
    elif jamo in JUNG:
        loose += rng.uniform(0, hand.loose, 4) * (0.0, -0.5, 0.0, 1.0)
        loose[[0, 2]] += rng.uniform(-0.1, 0.5) * hand.loose
    else:
        less = rng.uniform(0, 1.4 * hand.loose, 2) * (box[2] - box[0], box[3] - box[1])
        at = rng.uniform(0, 1, 2)
        loose += np.concatenate([less * at, less * (at - 1)])
        first = box[1] < hand.floor / 2
        loose += hand.tight * rng.uniform(0, 1, 4) * ((0, 0, 1, 1) if first else (0, -1.3, 0, 0))
        if jamo in _OPEN and first:
            loose[2] += hand.reach
    return loose


def place_jamo(syllable: str, floor: float = 0.62, *, merged: bool = False) -> list[tuple[str, Box]]:
    """The simple letters of a syllable and their boxes: double ones are taken apart, but for `merged` ㅆ and ㅉ.

    `floor` is where a final letter begins, over the height.
    """
    whole = MERGED if merged else {}
    cho, jung, jong = decompose(syllable)
    first, vowel, last = CHO[cho], JUNG[jung], JONG[jong]
    floor = floor if last else 1.0
    lying, standing = _split_vowel(vowel)
    width = _VOWEL_WIDTHS.get(standing, _USUAL_WIDTH) if standing else 0.0
    right = 0.93 - width if standing else 0.8
    placed: list[tuple[str, Box]] = []
    if lying:
        left = 0.06 if standing else 0.2
        middle = 0.56 * floor
        placed += _place_letter(first, whole, (left, 0.02, right - 0.02, middle - 0.02))
        low = floor - 0.04 if last else 0.93
        edge = right + 0.04 if standing else 1.0
        placed.append((lying, (0.0, middle + 0.07 * floor, edge, low if lying != "ㅡ" else middle + 0.25 * floor)))
    else:
        placed += _place_letter(first, whole, (0.04, 0.1 * floor, right - 0.04, 0.85 * floor))
    if standing:
        placed.append((standing, (0.97 - width, 0.0, 0.99, floor - 0.02 if last else 1.0)))
    if last:
        placed += _place_letter(last, whole, (0.18, floor + 0.05, 0.88, 1.0))
    return placed


def _split_vowel(vowel: str) -> tuple[str, str]:
    """The lying and the standing part of a vowel, "" where there is none."""
    if vowel in _BENT:
        return _BENT[vowel][0], _BENT[vowel][1]
    return (vowel, "") if vowel in _LYING else ("", vowel)


def _place_letter(letter: str, whole: Container[str], box: Box) -> list[tuple[str, Box]]:
    parts = _PARTS.get(letter)
    if parts is None or letter in whole:
        return [(letter, box)]
    x0, y0, x1, y1 = box
    # Two letters take a little more room than one.
    x0, x1 = x0 - 0.04, x1 + 0.04
    half = (x1 - x0) * 0.46
    return [(parts[0], (x0, y0, x0 + half, y1)), (parts[1], (x1 - half, y0, x1, y1))]


# Strokes that lie one above another and stand side by side, of each simple letter.
_ABREAST: dict[str, tuple[float, float]] = {
    **dict.fromkeys("ㄱㄴ", (1, 1)),
    **dict.fromkeys("ㄷㅅㅇㅁ", (2, 2)),
    **dict.fromkeys("ㅈㅋㅂㅍ", (2.5, 2)),
    **dict.fromkeys("ㄹㅌㅊ", (3, 2)),
    "ㅎ": (4, 2),
    **dict.fromkeys("ㅣ", (0, 1)),
    **dict.fromkeys("ㅏㅓㅐㅔ", (1, 2)),
    **dict.fromkeys("ㅑㅕㅒㅖ", (2, 2.5)),
    **dict.fromkeys("ㅗㅜㅡ", (1.5, 1)),
    **dict.fromkeys("ㅛㅠ", (1.5, 2)),
}


def count_strokes_abreast(syllable: str) -> float:
    """About how many strokes lie one above another in a syllable, or stand side by side, whichever is more."""
    cho, jung, jong = decompose(syllable)
    lying, standing = _split_vowel(JUNG[jung])
    first, last = (_add_abreast(_PARTS.get(letter, letter)) for letter in (CHO[cho], JONG[jong]))
    under, beside = _add_abreast(lying), _add_abreast(standing)
    if standing in ("ㅐ", "ㅔ", "ㅒ", "ㅖ"):
        beside = beside[0], beside[1] + 1
    height = max(first[0] + under[0], beside[0]) + last[0]
    width = max(max(first[1], under[1]) + beside[1], last[1])
    return max(height, width)


def _add_abreast(letters: Sequence[str]) -> tuple[float, float]:
    """Of letters side by side: the highest, and as wide as all together."""
    sizes = [_ABREAST[letter] for letter in letters]
    return max((high for high, _ in sizes), default=0.0), sum(wide for _, wide in sizes)


def draw_letter(rng: np.random.Generator, jamo: str, hand: Hand) -> Strokes:
    """The strokes of one simple letter in its unit square, in one of its ways of being written."""
    shapes = MERGED.get(jamo) or SHAPES[jamo]
    if hand.lettered:
        shape = _end_bar(jamo, shapes[int(rng.integers(LETTERED_WAYS.get(jamo, 1)))], hand)
        shape = _shorten_arms(jamo, shape, hand)
    else:
        shape = shapes[0] if rng.random() < hand.plain else shapes[int(rng.integers(len(shapes)))]
    strokes: Strokes = []
    for path in shape:
        points = np.array(path) + np.clip(rng.normal(0, hand.shake, (len(path), 2)), -0.1, 0.1)
        if strokes and rng.random() < hand.join and np.abs(strokes[-1][-1] - points[0]).sum() < 0.9:
            strokes[-1] = np.concatenate([strokes[-1], points])
        else:
            strokes.append(points)
    rounding = hand.rounding // 2 if jamo in _CORNERED and not hand.lettered else hand.rounding
    return [_round_corners(_bow_lines(rng, stroke, hand.bow), rounding) for stroke in strokes]


def _shorten_arms(jamo: str, shape: Sequence[Path], hand: Hand) -> Sequence[Path]:
    """The plainest way of a vowel, its short strokes drawn in part or further."""
    arms = hand.lying_arms if jamo in _LYING else hand.arms
    if jamo not in ARMS or arms == _WHOLE_ARMS:
        return shape
    paths = list(shape)
    for index, outwards in ARMS[jamo]:
        start, end = (np.array(point) for point in (paths[index] if outwards else reversed(paths[index])))
        paths[index] = [tuple((start + share * (end - start)).tolist()) for share in arms]
    return paths


def _end_bar(jamo: str, shape: Sequence[Path], hand: Hand) -> Sequence[Path]:
    """The plainest way of a vowel, its long stroke ended at the last short one where the hand does so."""
    if not hand.half_bars or jamo not in _LYING or jamo not in ARMS:
        return shape
    arms = [index for index, _ in ARMS[jamo]]
    end = max(x for index in arms for x, _ in shape[index])
    return [path if index in arms else [(min(x, end), y) for x, y in path] for index, path in enumerate(shape)]


def _bow_lines(rng: np.random.Generator, points: NDArray[np.float64], bow: float) -> NDArray[np.float64]:
    """The line with two more points on each straight part, moved aside by about `bow` of its length."""
    if len(points) > 5:
        return points
    along = points[1:] - points[:-1]
    aside = along[:, ::-1] * (1.0, -1.0) * np.clip(rng.normal(0, bow, len(along)), -0.15, 0.15)[:, None]
    parts = np.stack([points[:-1], points[:-1] + 0.3 * along + aside, points[:-1] + 0.7 * along + aside], axis=1)
    return np.concatenate([parts.reshape(-1, 2), points[-1:]])


def _round_corners(points: NDArray[np.float64], times: int) -> NDArray[np.float64]:
    """The line with its corners cut; the ends stay. Source: Chaikin 1974."""
    for _ in range(times):
        if len(points) < 3:
            return points
        near, far = points[:-1], points[1:]
        cut = np.stack([0.8 * near + 0.2 * far, 0.2 * near + 0.8 * far], axis=1).reshape(-1, 2)
        points = np.concatenate([points[:1], cut[1:-1], points[-1:]])
    return points
