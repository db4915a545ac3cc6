"""The parts of a strip's look: parameters only, drawn in `look` and applied in `source`."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from geulnun.core.random_streams import open_rng
from geulnun.synth.effects.effect import Damage, Scene
from geulnun.synth.effects.ink.fattening import Fattening
from geulnun.synth.materials.fonts import Face
from geulnun.synth.materials.glyphs import Setting
from geulnun.synth.materials.handwriting import Handwriting

Ground = Literal["plain", "gradient", "paper", "weave", "halftone", "photo"]
Rule = Literal["under", "over", "left", "right", "box", "strike"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """Room between the line box and the edges of the strip, in heights of the box; negative cuts into the letters."""

    top: float
    bottom: float
    left: float
    right: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bend:
    """How far the strip is from straight although it was rectified.

    Attributes:
        tilt_deg: rotation.
        corners: shift of the four corners, in heights of the box, x and y in turn.
        bow: sag of the middle of the line, in heights of the box.
    """

    tilt_deg: float = 0.0
    corners: tuple[float, ...] = ()
    bow: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """Grey levels, 0..255: of ink, of paper, of outline or shadow if there is one."""

    ink: float
    paper: float
    outline: float | None = None
    shadow: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What else is near the line.

    Attributes:
        above_gap: distance to the line above, in heights of the box; None for no such line.
        below_gap: distance to the line below.
        side_gap: distance to letters beside the line, right if positive, left if negative; None for none.
        rules: which rules run along or around the line.
        rule_gap: distance between box and rule, in heights.
        rule_width_px: thickness.
        rule_share: coverage of a rule, 0..1: grey rules are common.
    """

    above_gap: float | None = None
    below_gap: float | None = None
    side_gap: float | None = None
    rules: tuple[Rule, ...] = ()
    rule_gap: float = 0.1
    rule_width_px: float = 1.0
    rule_share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Accent:
    """A part of the line that is set otherwise: bold words, a smaller unit after a price, a paler remark.

    Attributes:
        start: first character.
        stop: character after the last.
        face: what it is set in.
        scale: its size over the line's, at most 1.
        share: its coverage, below 1 for paler letters.
        lift: how far it is raised, over the size.
    """

    start: int
    stop: int
    face: Face
    scale: float = 1.0
    share: float = 1.0
    lift: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Icon:
    """A pictogram beside the line, which is not text.

    Attributes:
        kind: which one, of `icons.UNLIKE_SYMBOLS`.
        gap: between line and icon, in heights of the line box; the icon is right of the line if positive, else left.
        size: its side, in heights of the line box.
    """

    kind: str
    gap: float
    size: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A seal that lies over the line, its ink paler than the letters.

    Attributes:
        center: x from left to right of the line box and y from its top to its bottom, 0..1 inside.
        radius: in heights of the box.
        round: a ring; a square frame otherwise.
        width: of its strokes, in heights of the box.
        strokes: inside it, ends x, y in radii from the centre, two ends a stroke.
        share: of the contrast between letters and paper, 0..1.
    """

    center: tuple[float, float]
    radius: float
    round: bool
    width: float
    strokes: tuple[tuple[float, float, float, float], ...]
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A plate behind the line, as buttons and table cells have.

    Attributes:
        gap: distance between line box and edge of the plate, in heights of the box.
        level: grey level around the plate.
    """

    gap: float
    level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StripLook:
    """One drawn look.

    `texture_seed` settles what grounds and jitter draw while they are applied. `tight` is how far the line box is drawn
    in from the extent of the font's Hangul to the ink of this line (0..1): detectors find ink. `fattening` is in
    heights of the line. `handwriting` takes the place of face and setting.
    """

    scene: Scene
    face: Face
    latin: Face | None
    setting: Setting
    margins: Margins
    bend: Bend
    colours: Colours
    ground: Ground
    ground_strength: float
    outline_px: float
    surroundings: Surroundings
    damage: Damage
    accent: Accent | None
    panel: Panel | None
    texture_seed: int
    tight: float = 0.0
    icon: Icon | None = None
    stamp: Stamp | None = None
    fattening: Fattening | None = None
    handwriting: Handwriting | None = None

    def open_rng(self) -> np.random.Generator:
        """The generator of what is drawn while the look is applied."""
        return open_rng(self.texture_seed, stream="strips.texture")
