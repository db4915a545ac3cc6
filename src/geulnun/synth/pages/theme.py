"""Colours and letters that all parts of a screen share."""

from dataclasses import dataclass

import numpy as np

from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.texture import Color, draw_color, draw_near_color
from geulnun.synth.pages.style import Style, draw_face, find_least_size_px

_SANS = ("gothic",) * 9 + ("round", "serif", "mono")


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """Colours and letters of an app.

    Attributes:
        ground: behind everything.
        card: of cards and bars.
        ink: of text.
        faint: of secondary text.
        accent: of buttons, links and marks.
        line: of separators.
        body: style of text, in `ink`.
        unit: the body size in pixels, by which everything else is measured.
        radius: of card corners in pixels.
    """

    ground: Color
    card: Color
    ink: Color
    faint: Color
    accent: Color
    line: Color
    body: Style
    unit: float
    radius: float

    @property
    def small(self) -> Style:
        """Secondary text."""
        return self.body.sized(max(9.5, find_least_size_px(self.body.face), self.unit * 0.8)).colored(self.faint)


def draw_theme(rng: np.random.Generator, fonts: FontLibrary, unit: float) -> Theme:
    """Light in most cases, otherwise dark or tinted."""
    roll = rng.random()
    accent = draw_color(rng, light=(0.35, 0.6), vivid=(0.5, 1))
    if roll < 0.62:
        ground: Color = (255, 255, 255) if rng.random() < 0.5 else draw_color(rng, light=(0.93, 0.98), vivid=(0, 0.5))
        card: Color = (255, 255, 255) if rng.random() < 0.7 else draw_color(rng, light=(0.9, 0.97), vivid=(0, 0.4))
        level = int(rng.integers(0, 80))
        ink: Color = (level, level, level + int(rng.integers(0, 20)))
        line: Color = (225, 225, 228)
    elif roll < 0.88:
        ground = draw_color(rng, light=(0.0, 0.14), vivid=(0, 0.4))
        card = draw_lighter_color(rng, ground)
        level = int(rng.integers(205, 256))
        ink = (level, level, level)
        line = mix(ground, (255, 255, 255), 0.11)
    else:
        ground = draw_color(rng, light=(0.25, 0.8), vivid=(0.3, 0.9))
        level = 250 if is_dark(ground) else 22
        ink, card = (level, level, level), draw_near_color(rng, ground, 12)
        line = mix(ground, ink, 0.25)
    faint = mix(ink, card, float(rng.uniform(0.15, 0.52)))
    face = draw_face(rng, fonts, _SANS)
    size_px = max(unit, find_least_size_px(face))
    body = Style(face=face, size_px=size_px, color=ink, spacing_em=float(rng.choice([0, 0, -0.03, -0.05, 0.02])))
    return Theme(
        ground=ground,
        card=card,
        ink=ink,
        faint=faint,
        accent=accent,
        line=line,
        body=body,
        unit=unit,
        radius=float(rng.choice([0, unit * 0.4, unit * 0.8])),
    )


def draw_lighter_color(rng: np.random.Generator, color: Color) -> Color:
    """`color` with every channel lighter by 8 to 25."""
    red, green, blue = (min(255, channel + int(rng.integers(8, 26))) for channel in color)
    return red, green, blue


def invert(color: Color) -> Color:
    """The opposite colour."""
    return 255 - color[0], 255 - color[1], 255 - color[2]


def is_dark(color: Color) -> bool:
    """Whether light letters are read better on it."""
    return color[0] * 0.3 + color[1] * 0.59 + color[2] * 0.11 < 140


def mix(first: Color, second: Color, share: float) -> Color:
    """A colour between two, `share` of the way from the first."""
    mixed = [round(a + (b - a) * share) for a, b in zip(first, second, strict=True)]
    return mixed[0], mixed[1], mixed[2]
