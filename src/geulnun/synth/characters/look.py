"""How a picture of one character looks: all that is random but the syllable, drawn before a pixel is touched."""

import math
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from geulnun.data.sample import Style
from geulnun.synth.effects.effect import Damage, Scene
from geulnun.synth.effects.ink.breaks import draw_breaks
from geulnun.synth.effects.ink.fattening import Fattening, draw_fattening
from geulnun.synth.effects.ink.spread import Spread, draw_spread
from geulnun.synth.effects.picture.blur import draw_blur
from geulnun.synth.effects.picture.noise import draw_noise
from geulnun.synth.effects.picture.threshold import Threshold, draw_threshold
from geulnun.synth.strips.look import draw_colours, draw_ground_strength, draw_strip_damage
from geulnun.synth.strips.look_parts import Colours, Ground

Real = TypeVar("Real", np.float32, np.float64)

SIZE_PRESETS_PX = (64, 96, 128, 256)
MAX_TURN_DEG = 10.0
FATTENED_PX = 112
"""Height of the letters whose strokes are made broader, before they are brought to their size."""

_SCENES: dict[Scene, float] = {"clean": 0.5, "scan": 0.32, "screen": 0.06, "photo": 0.12}
_GROUNDS: dict[Scene, tuple[tuple[Ground, float], ...]] = {
    "clean": (("plain", 1.0),),
    "scan": (("plain", 0.55), ("paper", 0.45)),
    "screen": (("plain", 0.7), ("gradient", 0.3)),
    "photo": (("plain", 0.2), ("gradient", 0.25), ("paper", 0.3), ("photo", 0.25)),
}
# Share of pictures that are cut tightly out of a page instead of standing free in a square.
_TIGHT_SHARE: dict[Style, float] = {"printed": 0.42, "handwritten": 0.15}
# Of those, the share that an old scanner delivers: some 20 pixels, black and white.
_COARSE_SHARE: dict[Style, float] = {"printed": 0.58, "handwritten": 0.25}
# Of faces as they are, the share whose strokes are made broader: few free faces are as heavy as posters.
_FATTENED_SHARE: dict[Style, float] = {"printed": 0.24, "handwritten": 0.06}
_HEAVIEST = 0.11
# Of the coarse ones, the share whose ink runs one way, so that strokes side by side touch.
_DRAGGED_SHARE = 0.25
# Of the coarse ones, the share with bits of their neighbours in them.
_INTRUDED_SHARE = 0.3
_LEAST_EXTENT_PX: dict[Style, float] = {"printed": 15.0, "handwritten": 21.0}
# Blur and shrinking are meant for letters of running text; a syllable alone has no neighbours to guess it by.
_FRAILTY = 0.8
# Pixels that a stroke and the gap beside it need, so that a person can still count the strokes of a letter.
_STROKE_PITCH_PX: dict[Style, float] = {"printed": 3.0, "handwritten": 3.8}
# Of the picture's side, by a letter that is turned, stretched and slanted; bending may take a little more.
_MOST_FILLED = 0.95
_WAVES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Elastic:
    """A smooth displacement: the sum of a few waves.

    Attributes:
        amplitude: of each wave over the letter's side.
        waves: (n, 5) cycles along x and y over the letter's side, phase, and the direction (x, y) of displacement.
    """

    amplitude: float
    waves: tuple[tuple[float, float, float, float, float], ...]

    def move(self, points: NDArray[Real]) -> NDArray[Real]:
        """Points (..., 2), in letter sides, displaced."""
        moved = points.copy()
        for fx, fy, phase, dx, dy in self.waves:
            swing = self.amplitude * np.sin(2 * math.pi * (fx * points[..., 0] + fy * points[..., 1]) + phase)
            moved[..., 0] += swing * dx
            moved[..., 1] += swing * dy
        return moved


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """Where the letter goes.

    Attributes:
        width_px: of the picture.
        height_px: of the picture.
        centre: of the letter's ink, over the picture's sides.
        extent_px: of the letter's ink, its longer side before it is turned.
        aspect: horizontal over vertical stretching.
        turn_deg: clockwise.
        slant: shear; positive leans to the right.
    """

    width_px: int
    height_px: int
    centre: tuple[float, float]
    extent_px: float
    aspect: float
    turn_deg: float
    slant: float

    @property
    def matrix(self) -> NDArray[np.float64]:
        """(2, 2) from letter sides about its middle to pixels about the centre."""
        angle = math.radians(self.turn_deg)
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        stretch = np.diag([math.sqrt(self.aspect), 1 / math.sqrt(self.aspect)])
        return np.asarray(self.extent_px * (turn @ np.array([[1.0, -self.slant], [0.0, 1.0]]) @ stretch))


@dataclass(frozen=True, slots=True, kw_only=True)
class CharLook:
    """One drawn look.

    Attributes:
        placing: where the letter goes.
        elastic: how it is bent, None for straight print.
        tight: whether the picture is cut about the ink, with `margins` (left, top, right, bottom) over its sides.
        coarse: whether an old scanner delivers it, in some 20 pixels.
        intruders: bits of neighbours that reach into a tight picture.
        pen: width of the pen over the letter's side, where the letter is drawn as strokes.
        pressure: how much that width varies, 0..0.5.
        colours: ink and paper.
        ground: what it lies on.
        ground_strength: amplitude of the ground in grey levels.
        fattening: how broad a printed letter's strokes are made, in letters of `FATTENED_PX`; None leaves them.
        damage: effects on the ink and the picture.
        texture_seed: settles what is drawn while the look is applied.
    """

    placing: Placing
    elastic: Elastic | None
    tight: bool
    margins: tuple[float, float, float, float]
    coarse: bool
    intruders: int
    pen: float
    pressure: float
    colours: Colours
    ground: Ground
    ground_strength: float
    fattening: Fattening | None
    damage: Damage
    texture_seed: int


def draw_char_look(rng: np.random.Generator, style: Style, size_px: int, *, clean: bool = False) -> CharLook:
    """A look for one character in a picture of that nominal size; tight and coarse pictures are smaller.

    A clean one is black on white, upright, neither bent, cut nor damaged; only offset and size differ.
    """
    look = _draw_natural_look(rng, style, size_px)
    if not clean:
        return look
    extent = _draw_extent(rng, style, size_px, tight=False, coarse=False)
    placing = replace(look.placing, width_px=size_px, height_px=size_px, aspect=1.0, turn_deg=0.0, slant=0.0)
    return replace(
        look,
        placing=_fit_placing(rng, placing, extent, wander=0.85),
        elastic=None,
        tight=False,
        coarse=False,
        intruders=0,
        colours=Colours(ink=0.0, paper=255.0),
        ground="plain",
        ground_strength=0.0,
        fattening=None,
        damage=Damage(),
    )


def enlarge_letter(look: CharLook, style: Style, strokes: float) -> CharLook:
    """The look with a letter so large that `strokes` strokes side by side can be told apart; damage stays as it is.

    Pictures that are cut about the ink grow with it; in others the letter grows as far as its picture allows.
    """
    placing = look.placing
    growth = strokes * _STROKE_PITCH_PX[style] / placing.extent_px
    if growth <= 1:
        return look
    if look.tight:
        side = math.ceil(placing.width_px * growth)
        placing = replace(placing, width_px=side, height_px=side, extent_px=placing.extent_px * growth)
        return replace(look, placing=placing)
    half = float(np.abs(placing.matrix).sum(axis=1).max()) / placing.width_px / 2
    growth = min(growth, _MOST_FILLED / 2 / half)
    room = max(0.0, 0.5 - half * growth)
    x, y = (min(max(each, 0.5 - room), 0.5 + room) for each in placing.centre)
    return replace(look, placing=replace(placing, extent_px=placing.extent_px * max(growth, 1.0), centre=(x, y)))


def _draw_natural_look(rng: np.random.Generator, style: Style, size_px: int) -> CharLook:
    scene = _pick_scene(rng)
    tight = bool(rng.random() < _TIGHT_SHARE[style])
    coarse = tight and bool(rng.random() < _COARSE_SHARE[style])
    extent = _draw_extent(rng, style, size_px, tight=tight, coarse=coarse)
    side = size_px if not tight else math.ceil(extent * 1.7) + 4
    placing = _draw_placing(rng, style, side, extent, tight=tight)
    colours = draw_colours(rng, "scan" if coarse else scene, "plain")
    colours = replace(colours, outline=None, shadow=None)
    ground = "plain" if coarse else _pick_ground(rng, scene)
    damage = (
        _draw_coarse_damage(rng, extent, colours)
        if coarse
        else draw_strip_damage(rng, scene, _FRAILTY * extent, colours)
    )
    calm = 0.45 if damage.find(Threshold) is not None else 0.8
    return CharLook(
        placing=placing,
        elastic=draw_elastic(rng, style),
        tight=tight,
        margins=_draw_margins(rng, coarse=coarse),
        coarse=coarse,
        intruders=int(rng.integers(1, 4)) if coarse and rng.random() < _INTRUDED_SHARE else 0,
        pen=float(np.exp(rng.uniform(math.log(0.03), math.log(0.13)))),
        pressure=float(rng.uniform(0, 0.4)) if rng.random() < 0.35 else 0.0,
        colours=colours,
        ground=ground,
        ground_strength=draw_ground_strength(rng, colours, ground) * calm,
        damage=damage,
        texture_seed=int(rng.integers(2**62)),
        fattening=_draw_fattening(rng) if rng.random() < _FATTENED_SHARE[style] else None,
    )


def _draw_fattening(rng: np.random.Generator) -> Fattening:
    """Letters alone may be nearly solid: they are larger than those of a line."""
    return draw_fattening(rng, FATTENED_PX, heaviest=_HEAVIEST)


def _pick_scene(rng: np.random.Generator) -> Scene:
    at = rng.random() * sum(_SCENES.values())
    for scene, chance in _SCENES.items():
        at -= chance
        if at < 0:
            return scene
    return "clean"


def _pick_ground(rng: np.random.Generator, scene: Scene) -> Ground:
    at = rng.random()
    for ground, chance in _GROUNDS[scene]:
        at -= chance
        if at < 0:
            return ground
    return "plain"


def _draw_extent(rng: np.random.Generator, style: Style, size_px: int, *, tight: bool, coarse: bool) -> float:
    # Crooked strokes need more pixels than straight ones to be told apart.
    least = _LEAST_EXTENT_PX[style]
    if coarse:
        return float(rng.uniform(least, 2 * least))
    if tight:
        return float(np.exp(rng.uniform(math.log(1.15 * least), math.log(max(size_px, 2 * least)))))
    return size_px * float(rng.uniform(0.38 if style == "handwritten" else 0.45, 0.94))


def _draw_placing(rng: np.random.Generator, style: Style, side_px: int, extent_px: float, *, tight: bool) -> Placing:
    """Free letters wander within their picture, tight ones stand in its middle until they are cut; none leaves it."""
    by_hand = style == "handwritten"
    turned = rng.random() < (0.8 if by_hand else 0.5)
    turn = float(np.clip(rng.normal(0, 4.0 if by_hand else 2.0), -MAX_TURN_DEG, MAX_TURN_DEG)) if turned else 0.0
    spread = 0.16 if by_hand else 0.09
    slanted = rng.random() < (0.6 if by_hand else 0.15)
    placing = Placing(
        width_px=side_px,
        height_px=side_px,
        centre=(0.5, 0.5),
        extent_px=1.0,
        aspect=float(np.exp(np.clip(rng.normal(0, spread), -0.45, 0.45))),
        turn_deg=turn,
        slant=float(np.clip(rng.normal(0.04, 0.13), -0.3, 0.4)) if slanted else 0.0,
    )
    return _fit_placing(rng, placing, extent_px, wander=0.0 if tight else 0.85)


def _fit_placing(rng: np.random.Generator, placing: Placing, extent_px: float, *, wander: float) -> Placing:
    """The letter as large as asked, if it then fits, somewhere in the picture."""
    side = placing.width_px
    reach = float(np.abs(replace(placing, extent_px=1.0).matrix).sum(axis=1).max())
    extent = min(extent_px, _MOST_FILLED * side / reach)
    room = (1 - extent * reach / side) / 2
    x, y = (0.5 + rng.uniform(-wander, wander, 2) * room).tolist()
    return replace(placing, extent_px=extent, centre=(x, y))


def _draw_margins(rng: np.random.Generator, *, coarse: bool) -> tuple[float, float, float, float]:
    """About nothing, as boxes of connected ink are, sometimes cutting in by a hair, sometimes loose."""
    loose = 0.2 if rng.random() < 0.3 else 0.04
    left, top, right, bottom = rng.uniform(-0.08 if coarse else -0.03, loose, 4).tolist()
    return left, top, right, bottom


def draw_elastic(rng: np.random.Generator, style: Style) -> Elastic | None:
    """Waves of about half a cycle to one and a half over the letter; print is bent seldom and little."""
    by_hand = style == "handwritten"
    if rng.random() > (0.85 if by_hand else 0.3):
        return None
    waves = []
    for _ in range(_WAVES):
        towards, cycles, direction = rng.uniform(0, 2 * math.pi), rng.uniform(0.4, 1.5), rng.uniform(0, 2 * math.pi)
        fx, fy = cycles * math.cos(towards), cycles * math.sin(towards)
        phase = float(rng.uniform(0, 2 * math.pi))
        waves.append((float(fx), float(fy), phase, math.cos(direction), math.sin(direction)))
    return Elastic(amplitude=float(rng.uniform(0.004, 0.026 if by_hand else 0.012)), waves=tuple(waves))


def _draw_coarse_damage(rng: np.random.Generator, letter_px: float, colours: Colours) -> Damage:
    """Some 20 pixels in black and white: ink that runs, ragged edges, now and then dirt."""
    spread = draw_spread(rng, letter_px * 1.5) if rng.random() < 0.6 else None
    if rng.random() < _DRAGGED_SHARE:
        towards: Literal["sides", "ends"] = "sides" if rng.random() < 0.7 else "ends"
        spread = Spread(amount_px=float(rng.uniform(0.4, 1.3)), towards=towards)
    return Damage.of(
        spread,
        draw_breaks(rng, letter_px) if rng.random() < 0.2 else None,
        draw_blur(rng, letter_px, 0.8) if rng.random() < 0.4 else None,
        draw_noise(rng, 30.0) if rng.random() < 0.7 else None,
        draw_threshold(rng, inverted=colours.ink > colours.paper) if rng.random() < 0.85 else None,
    )
