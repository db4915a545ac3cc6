"""How a strip looks: everything random about it but its text, drawn before a pixel is touched."""

import re
from dataclasses import replace
from typing import TypeVar

import numpy as np

from geulnun.core.hangul import is_syllable
from geulnun.synth.effects.damage import draw_damage
from geulnun.synth.effects.effect import Conditions, Damage, Scene
from geulnun.synth.effects.picture.threshold import Threshold
from geulnun.synth.materials.fonts import Face, FontLibrary
from geulnun.synth.materials.glyphs import Setting
from geulnun.synth.materials.icons import UNLIKE_SYMBOLS
from geulnun.synth.strips.look_parts import (
    Accent,
    Bend,
    Colours,
    Ground,
    Icon,
    Margins,
    Panel,
    Rule,
    Stamp,
    StripLook,
    Surroundings,
)

T = TypeVar("T")

# Screens and PDFs are clean, and they are what most people read.
SCENES: dict[Scene, float] = {"clean": 0.42, "scan": 0.24, "screen": 0.12, "photo": 0.13, "caption": 0.09}
# Letter size (em, px) per scene: lowest, usual, highest; triangular in the logarithm.
_SIZES_PX: dict[Scene, tuple[float, float, float]] = {
    "clean": (10, 21, 48),
    "scan": (12, 26, 50),
    "screen": (10, 17, 44),
    "photo": (14, 28, 56),
    "caption": (14, 27, 50),
}
# A gap between words narrower than this could not be told from letters set apart, least so in hands that set letters
# unevenly and beside symbols, which have white of their own.
_MIN_GAP_EM, _MIN_UNEVEN_GAP_EM = 0.15, 0.22
_MOST_APART_EM = 0.25
"""Letters of one word stand at most so far apart; spaces between single letters are wider."""

_THIN_STYLES = ("thin", "ultralight", "extralight", "light", "100", "200", "300")
_SMALL_CLASSES = ("gothic", "serif", "mono", "round", "typewriter")
_LEAST_UNUSUAL_PX = 14.0
_FOOTNOTE = re.compile(r"(?<=[가-힣])(\d{1,2}\)|\*{1,2}|†|\[\d{1,2}\])")
_GROUNDS: dict[Scene, dict[Ground, float]] = {
    "clean": {"plain": 1.0},
    "scan": {"plain": 0.35, "paper": 0.55, "halftone": 0.1},
    "screen": {"plain": 0.62, "gradient": 0.23, "photo": 0.15},
    "photo": {"plain": 0.15, "gradient": 0.2, "paper": 0.2, "weave": 0.1, "photo": 0.35},
    "caption": {"photo": 0.85, "gradient": 0.15},
}


_STAMP_SHARES: dict[Scene, float] = {"clean": 0.008, "scan": 0.05}
_LEAST_FILLED_IN, _FILLED_IN_SHARE = 2, 0.12
_ICON_SHARES: dict[Scene, float] = {"clean": 0.006, "scan": 0.0, "screen": 0.08, "photo": 0.015, "caption": 0.0}


def draw_look(rng: np.random.Generator, text: str, fonts: FontLibrary) -> StripLook:
    """A look for `text`: face, setting, place, colours, ground, neighbours and damage."""
    scene = _pick(rng, SCENES)
    face = fonts.draw_face(rng, text)
    setting = draw_setting(rng, text, face, scene)
    letter_px = setting.size_px * face.body_em
    ground = _pick(rng, _GROUNDS[scene])
    thin = face.style.lower() in _THIN_STYLES
    colours = draw_colours(rng, scene, ground, least_ratio=1.5 if thin else 1.0)
    tight = draw_tightness(rng, text, face)
    margins = draw_margins(rng, tight, filled=_fills_box(face))
    icon = draw_icon_beside(rng) if rng.random() < _ICON_SHARES[scene] else None
    frail = thin or face.glyph_class not in _SMALL_CLASSES
    damage = draw_strip_damage(rng, scene, letter_px * (0.8 if frail else 1.0), colours)
    surroundings = draw_surroundings(rng, letter_px, scene, margins)
    strength = draw_ground_strength(rng, colours, ground)
    # In black and white, a strong texture turns into blots that hide the letters.
    calm = 0.45 if damage.find(Threshold) is not None else 1.0
    return StripLook(
        scene=scene,
        face=face,
        latin=_draw_latin(rng, text, face, fonts),
        setting=setting,
        margins=margins if icon is None else make_room(margins, icon),
        bend=draw_bend(rng, scene),
        colours=colours,
        ground=ground,
        ground_strength=strength * calm,
        outline_px=max(1.0, letter_px * float(rng.uniform(0.03, 0.10))),
        # Letters beside the line would come into view with an icon.
        surroundings=surroundings if icon is None else replace(surroundings, side_gap=None),
        damage=damage,
        accent=_draw_accent(rng, text, face, fonts),
        panel=draw_panel(rng, colours) if scene != "caption" and rng.random() < 0.05 else None,
        texture_seed=int(rng.integers(2**62)),
        tight=tight,
        icon=icon,
        stamp=draw_stamp(rng) if colours.ink < colours.paper and rng.random() < _STAMP_SHARES.get(scene, 0) else None,
    )


def _draw_latin(rng: np.random.Generator, text: str, face: Face, fonts: FontLibrary) -> Face | None:
    """A face for ASCII: always beside bitmaps, which have none, else for one line in seven.

    Forms are filled in by hand: figures beside printed letters are sometimes those of a handwriting face.
    """
    if face.native_px:
        return fonts.draw_latin(rng, face.native_px)
    u = rng.random()
    if u < 0.15:
        return fonts.draw_latin(rng)
    filled_in = sum(map(str.isdigit, text)) >= _LEAST_FILLED_IN and u < 0.15 + _FILLED_IN_SHARE
    return fonts.draw_face(rng, classes=("handwriting",)) if filled_in else None


def _pick(rng: np.random.Generator, chances: dict[T, float]) -> T:
    at = rng.random() * sum(chances.values())
    for key, chance in chances.items():
        at -= chance
        if at < 0:
            return key
    return key


def draw_setting(rng: np.random.Generator, text: str, face: Face, scene: Scene) -> Setting:
    """Size, spacing, width and slant of the letters."""
    if face.native_px:
        return _draw_bitmap_setting(rng, text, face, face.native_px)
    low, usual, high = np.log(_SIZES_PX[scene])
    letter_px = float(np.exp(rng.triangular(low, usual, high)))
    if face.glyph_class not in _SMALL_CLASSES:
        letter_px = max(letter_px, _LEAST_UNUSUAL_PX)
    # Letters of some faces are far smaller than their em; sizes are meant for the usual 0.93 em.
    size = letter_px * 0.93 / max(face.body_em, 0.45)
    by_hand = face.glyph_class in ("handwriting", "brush")
    spacing, word_spacing = _draw_spacing(rng, text, face.advance_em(" "))
    least = _MIN_UNEVEN_GAP_EM if by_hand or not all(map(_is_even, text)) else _MIN_GAP_EM
    word_spacing = max(word_spacing, least - face.advance_em(" ") - 2 * min(spacing, 0.0))
    u = rng.random()
    ratio = 1.0 if u < 0.8 else float(rng.uniform(0.84, 1.1)) if u < 0.92 else float(rng.uniform(0.7, 1.3))
    if u > 0.97:
        # Twice as wide or twice as high, as tills and old terminals set what matters.
        ratio = float(np.exp(rng.uniform(np.log(1.3), np.log(2.6)) * (1 if rng.random() < 0.5 else -0.8)))
    return Setting(
        size_px=size,
        spacing_px=spacing * size,
        word_spacing_px=word_spacing * size,
        width_ratio=ratio,
        jitter_px=size * float(rng.uniform(0, 0.05)) if by_hand and rng.random() < 0.5 else 0.0,
        slant=float(rng.uniform(0.1, 0.25)) if rng.random() < 0.04 else 0.0,
        wide_gap=_draw_wide_gap(rng, text, size) if rng.random() < (0.3 if ":" in text else 0.08) else None,
    )


def _draw_bitmap_setting(rng: np.random.Generator, text: str, face: Face, native_px: int) -> Setting:
    """Bitmap letters pixel by pixel or doubled, as wide or as high as twice their other side for some."""
    size = native_px * (2 if native_px < 20 and rng.random() < 0.35 else 1)
    spacing = float(rng.choice([0, 0, 0, 1, 2]))
    wide = float(rng.choice([1, 1, 1, 1, 2, 0.5]))
    if wide == 0.5:
        size *= 2
    space_px = face.advance_em(" ") * size
    return Setting(
        size_px=size,
        spacing_px=spacing,
        word_spacing_px=max(float(rng.integers(0, 3)), _MIN_GAP_EM * size + 2 - space_px),
        width_ratio=wide,
        wide_gap=_draw_wide_gap(rng, text, size) if rng.random() < 0.12 else None,
    )


def _is_even(char: str) -> bool:
    """Whether a character fills its advance, as Hangul and ASCII mostly do."""
    return is_syllable(char) or char.isascii()


def _draw_wide_gap(rng: np.random.Generator, text: str, size_px: float) -> tuple[int, float] | None:
    """One space as wide as between a dish and its price."""
    spaces = [i for i, char in enumerate(text) if char == " "]
    beside = [i for i in spaces if ":" in text[max(0, i - 1) : i + 2]]
    # Labels stand far from their colons, and colons from their values.
    spaces = beside if beside and rng.random() < 0.7 else spaces
    return (spaces[int(rng.integers(len(spaces)))], float(rng.uniform(0.5, 3.5)) * size_px) if spaces else None


def _draw_spacing(rng: np.random.Generator, text: str, space_em: float) -> tuple[float, float]:
    """Letter spacing and additional word spacing in em, for a face whose space is `space_em` wide.

    Letters of one word stand at most 0.25 em apart, single letters with spaces between them at least 0.38 em, or no
    reader could tell the two; with spaces between words, word gaps grow along.
    """
    u = rng.random()
    if u < 0.45:
        spacing = 0.0
    elif u < 0.72:
        spacing = float(rng.uniform(-0.08, 0.0))
    elif u < 0.93:
        spacing = float(rng.uniform(0.0, 0.10))
    else:
        spacing = 0.1 + (_MOST_APART_EM - 0.1) * float(rng.random()) ** 1.5
    word = float(rng.uniform(-0.08, 0.12))
    v = rng.random()
    if v < 0.10:
        word = float(rng.uniform(0.1, 0.5))
    elif v < 0.12:
        word = float(rng.uniform(0.5, 1.6))
    pieces = text.split(" ")
    if len(pieces) > 1 and max(map(len, pieces)) == 1:
        # A heading whose letters are set apart by spaces.
        spacing = float(rng.uniform(-0.05, 0.05))
        return spacing, 0.38 + 1.2 * float(rng.random()) ** 1.5 - space_em - 2 * min(spacing, 0.0)
    return spacing, max(word, -0.06) + 1.5 * max(spacing, 0.0)


def draw_margins(rng: np.random.Generator, tight: float = 0.0, *, filled: bool = True) -> Margins:
    """Around what reading cuts (0.08 above and below, 0.25 at the sides), as loose and tight as detection is."""
    u = rng.random()
    if u < 0.10:
        top, bottom = rng.uniform(-0.05, 0.34, 2)
    elif u < 0.13 and filled:
        # Boxes of line pitch instead of letters; letters smaller than their box could not be read in them.
        top, bottom = rng.uniform(0.15, 0.45, 2)
    else:
        top, bottom = np.clip(rng.normal(0.085, 0.055, 2), -0.04, 0.22)
    # Where the box keeps to the ink, cutting into it takes strokes away.
    top, bottom = max(top, 0.03 * tight - 0.05), max(bottom, 0.03 * tight - 0.05)
    left, right = np.clip(rng.normal(0.25, 0.14, 2), -0.03, 0.65)
    if rng.random() < 0.04:
        right = rng.uniform(0.6, 2.0)
    return Margins(top=float(top), bottom=float(bottom), left=float(left), right=float(right))


def draw_tightness(rng: np.random.Generator, text: str, face: Face) -> float:
    """How far the box keeps to the ink: half the lines with Hangul not at all, those without it mostly wholly.

    So do lines in faces whose letters are far smaller than the box that holds them all.
    """
    filled = any(map(is_syllable, text)) and _fills_box(face)
    loose, between = (0.5, 0.35) if filled else (0.25, 0.3)
    u = rng.random()
    return 0.0 if u < loose else float(rng.random()) if u < loose + between else 1.0


def _fills_box(face: Face) -> bool:
    """Whether everyday syllables are nearly as high as the box that holds them all."""
    return face.body_em > 0.75 * face.height_em


def draw_icon_beside(rng: np.random.Generator) -> Icon:
    """A pictogram left of the line, sometimes right of it."""
    gap = float(rng.uniform(0.12, 1.2)) * (1 if rng.random() < 0.25 else -1)
    return Icon(
        kind=UNLIKE_SYMBOLS[int(rng.integers(len(UNLIKE_SYMBOLS)))], gap=gap, size=float(rng.uniform(0.7, 1.15))
    )


def draw_stamp(rng: np.random.Generator) -> Stamp:
    """A personal seal or a company's, mostly at the end of the line."""
    end = rng.random() < 0.6
    strokes = rng.uniform(-0.7, 0.7, (int(rng.integers(2, 7)), 4)).tolist()
    return Stamp(
        center=(float(rng.uniform(0.85, 1.05) if end else rng.random()), float(rng.uniform(-0.3, 1.3))),
        radius=float(rng.uniform(0.5, 1.6)),
        round=bool(rng.random() < 0.65),
        width=float(rng.uniform(0.05, 0.13)),
        strokes=tuple((a, b, c, d) for a, b, c, d in strokes),
        share=float(rng.uniform(0.2, 0.55)),
    )


def make_room(margins: Margins, icon: Icon) -> Margins:
    """Margins that hold the icon, or the greater part of it."""
    reach = abs(icon.gap) + icon.size * 0.9
    if icon.gap > 0:
        return replace(margins, right=max(margins.right, 0.0) + reach)
    return replace(margins, left=max(margins.left, 0.0) + reach)


def draw_bend(rng: np.random.Generator, scene: Scene) -> Bend:
    """Straight for most; tilted, drawn in perspective or bowed for the rest, more so in photographs."""
    bent = {"clean": 0.2, "scan": 0.5, "screen": 0.2, "photo": 0.8, "caption": 0.2}[scene]
    if rng.random() > bent:
        return Bend()
    corners: tuple[float, ...] = ()
    if rng.random() < (0.6 if scene == "photo" else 0.15):
        corners = tuple(np.clip(rng.normal(0, 0.035, 8), -0.08, 0.08).tolist())
    return Bend(
        tilt_deg=float(np.clip(rng.normal(0, 0.8), -2.0, 2.0)),
        corners=corners,
        bow=float(rng.uniform(-0.06, 0.06)) if rng.random() < 0.12 else 0.0,
    )


def draw_colours(rng: np.random.Generator, scene: Scene, ground: Ground, least_ratio: float = 1.0) -> Colours:
    """Ink and paper: black on white in print, any pair that can be told apart elsewhere, one in five light on dark.

    `least_ratio` raises the least contrast, for thin letters.
    """
    if scene == "caption":
        ink = float(rng.uniform(215, 255)) if rng.random() < 0.8 else float(rng.uniform(150, 230))
        outline = float(rng.uniform(0, 40)) if rng.random() < 0.72 else None
        shadow = float(rng.uniform(0, 50)) if outline is None or rng.random() < 0.3 else None
        return Colours(ink=ink, paper=float(rng.uniform(20, 150)), outline=outline, shadow=shadow)
    if scene in ("clean", "scan") and rng.random() < 0.66:
        dark, light = float(rng.uniform(0, 60) * rng.random()), float(255 - rng.uniform(0, 60) * rng.random())
    else:
        least = {"clean": 60, "scan": 75, "screen": 45, "photo": 55, "caption": 80}[scene] * least_ratio
        contrast = float(least + (235 - least) * rng.random() ** 0.8)
        dark = float(rng.uniform(0, 255 - contrast))
        light = dark + contrast
    inverted = rng.random() < {"clean": 0.14, "scan": 0.07, "screen": 0.38, "photo": 0.38, "caption": 1.0}[scene]
    ink, paper = (light, dark) if inverted else (dark, light)
    u = rng.random()
    effect = 0.10 if scene in ("photo", "screen") else 0.01
    if ground == "photo":
        effect = 0.35
    outline = paper if u < effect else None
    shadow = float(max(0.0, min(ink, paper) - 30)) if effect <= u < 1.5 * effect else None
    return Colours(ink=ink, paper=paper, outline=outline, shadow=shadow)


def _draw_accent(rng: np.random.Generator, text: str, face: Face, fonts: FontLibrary) -> Accent | None:
    """The mark of a footnote raised in most lines that have one; another accent in one line of fourteen."""
    mark = _FOOTNOTE.search(text)
    if mark is not None and face.native_px is None and rng.random() < 0.8:
        scale, lift = float(rng.uniform(0.5, 0.72)), float(rng.uniform(0.28, 0.42))
        return Accent(start=mark.start(), stop=mark.end(), face=face, scale=scale, lift=lift)
    return draw_accent(rng, text, face, fonts) if rng.random() < 0.07 else None


def draw_accent(rng: np.random.Generator, text: str, face: Face, fonts: FontLibrary) -> Accent | None:
    """Some words, or the end of the only one, in another face, smaller or paler; None where nothing fits."""
    starts = [0] + [i + 1 for i, char in enumerate(text) if char == " "]
    stops = [i for i, char in enumerate(text) if char == " "] + [len(text)]
    first = int(rng.integers(len(starts)))
    last = int(rng.integers(first, len(stops)))
    start, stop = starts[first], stops[last]
    if len(starts) == 1 and len(text) > 2:
        start = int(rng.integers(1, len(text)))
    if stop <= start:
        return None
    siblings = [f for f in fonts.korean if f.family == face.family and f is not face and f.draws_all(text[start:stop])]
    if siblings and rng.random() < 0.7:
        other = siblings[int(rng.integers(len(siblings)))]
    else:
        other = fonts.draw_face(rng, text[start:stop]) if rng.random() < 0.5 else face
    return Accent(
        start=start,
        stop=stop,
        face=other,
        scale=float(rng.uniform(0.6, 0.95)) if rng.random() < 0.4 else 1.0,
        share=float(rng.uniform(0.55, 0.95)) if rng.random() < 0.4 else 1.0,
    )


def draw_panel(rng: np.random.Generator, colours: Colours) -> Panel:
    """A plate whose surroundings differ from it by at least 12 grey levels."""
    step = float(rng.uniform(12, 130)) * (1 if colours.paper < 128 else -1)
    return Panel(gap=float(rng.uniform(0.03, 0.25)), level=float(np.clip(colours.paper + step, 0, 255)))


def draw_ground_strength(rng: np.random.Generator, colours: Colours, ground: Ground) -> float:
    """Amplitude of the ground in grey levels, held well below the contrast unless an outline protects the letters."""
    contrast = abs(colours.ink - colours.paper)
    if ground == "plain":
        return 0.0
    if ground == "photo":
        protected = colours.outline is not None
        return float(rng.uniform(25, 110)) if protected else float(rng.uniform(0.15, 0.5) * contrast)
    share = {"gradient": 0.5, "paper": 0.22, "weave": 0.25, "halftone": 0.26}[ground]
    return float(rng.uniform(0.05, share) * contrast)


def draw_surroundings(rng: np.random.Generator, letter_px: float, scene: Scene, margins: Margins) -> Surroundings:
    """Lines above and below that reach into the strip, a trace of letters beside it, rules."""
    crowd = {"clean": 0.25, "scan": 0.35, "screen": 0.15, "photo": 0.15, "caption": 0.1}[scene]
    ruled = {"clean": 0.10, "scan": 0.18, "screen": 0.08, "photo": 0.06, "caption": 0.0}[scene]
    # At most half a letter of other lines comes in, or nothing would say which line is meant.
    above, below = (
        max(float(rng.uniform(0.0, 0.35)), room - 0.5) if rng.random() < crowd else None
        for room in (margins.top, margins.bottom)
    )
    side = None
    if rng.random() < 0.12:
        # Only a sliver comes in: more of a letter would have to be read.
        sign = 1 if rng.random() < 0.5 else -1
        room = margins.right if sign > 0 else margins.left
        side = max(room - float(rng.uniform(0.0, 0.13)), 0.2) * sign
    rules: tuple[Rule, ...] = ()
    if rng.random() < ruled:
        sets: dict[tuple[Rule, ...], float] = {
            ("under",): 0.4,
            ("over",): 0.08,
            ("under", "over"): 0.14,
            ("left",): 0.1,
            ("right",): 0.1,
            ("left", "right"): 0.06,
            ("box",): 0.1,
            ("strike",): 0.02,
        }
        rules = _pick(rng, sets)
    return Surroundings(
        above_gap=above,
        below_gap=below,
        side_gap=side,
        rules=rules,
        rule_gap=float(rng.uniform(-0.02, 0.2)),
        rule_width_px=max(1.0, float(rng.uniform(0.02, 0.08)) * letter_px),
        rule_share=float(rng.uniform(0.3, 1.0)),
    )


def draw_strip_damage(rng: np.random.Generator, scene: Scene, letter_px: float, colours: Colours) -> Damage:
    """Effects of the scene; noise is held below the contrast so that the text stays readable."""
    contrast = abs(colours.ink - colours.paper)
    inverted = colours.ink > colours.paper
    return draw_damage(
        rng, Conditions(scene=scene, letter_px=letter_px, most_grain=min(0.16 * contrast, 26.0), inverted=inverted)
    )
