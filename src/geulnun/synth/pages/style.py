"""How text looks on a page: face, size, colour and what surrounds the letters."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from geulnun.core.hangul import is_syllable
from geulnun.synth.materials.fonts import Face, FontLibrary
from geulnun.synth.materials.glyphs import Setting
from geulnun.synth.materials.texture import Color

# Least gaps between words, over the body of a letter or in pixels, and between the letters of spread words.
_LEAST_GAP = 0.16
_LEAST_GAP_PX = 2.0
_SPREAD_GAP = 0.45
_LEAST_BODY_PX = 8.5  # of a syllable


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """A soft copy of the letters below them; `blur_px` 0 is a hard one, `grow_px` widens it to a glow."""

    color: Color = (0, 0, 0)
    shift_px: tuple[float, float] = (0.0, 0.0)
    blur_px: float = 0.0
    grow_px: int = 0
    opacity: float = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """The look of a run of text.

    Attributes:
        face: of Hangul; what it lacks comes from fallbacks.
        size_px: em size.
        color: of the letters; the upper one where `color_below` is given.
        latin: another face for ASCII, as word processors pair them.
        color_below: end of a vertical gradient.
        spacing_em: letter spacing over the size.
        width_ratio: width over normal width.
        slant: horizontal shear.
        jitter_em: vertical unrest of hand-set letters over the size.
        opacity: of the letters.
        outline: colour and thickness in pixels of an outline.
        shadow: below outline and letters.
        thicken_px: extra boldness in pixels.
    """

    face: Face
    size_px: float
    color: Color = (0, 0, 0)
    latin: Face | None = None
    color_below: Color | None = None
    spacing_em: float = 0.0
    width_ratio: float = 1.0
    slant: float = 0.0
    jitter_em: float = 0.0
    opacity: float = 1.0
    outline: tuple[Color, int] | None = None
    shadow: Shadow | None = None
    thicken_px: int = 0

    @property
    def height_px(self) -> float:
        """Height of the character boxes."""
        return self.face.height_em * self.size_px

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing but letters in one colour."""
        return self.outline is None and self.shadow is None and self.color_below is None and not self.thicken_px

    def sized(self, size_px: float) -> "Style":
        """This style at another size."""
        return replace(self, size_px=size_px)

    def colored(self, color: Color) -> "Style":
        """This style in another colour."""
        return replace(self, color=color, color_below=None)

    def setting(self, word_spacing_px: float = 0.0) -> Setting:
        """What drawing a run of glyphs needs to know."""
        return Setting(
            size_px=self.size_px,
            spacing_px=self.spacing_em * self.size_px,
            word_spacing_px=word_spacing_px,
            width_ratio=self.width_ratio,
            jitter_px=self.jitter_em * self.size_px,
            slant=self.slant,
        )


def draw_face(rng: np.random.Generator, fonts: FontLibrary, classes: Sequence[str]) -> Face:
    """A face of one of the classes (repeated ones are likelier), families evenly; any face where none has it."""
    families = _find_families(fonts, classes[int(rng.integers(len(classes)))])
    if not families:
        return fonts.draw_face(rng)
    family = families[int(rng.integers(len(families)))]
    return family[int(rng.integers(len(family)))]


@lru_cache(maxsize=32)
def _find_families(fonts: FontLibrary, glyph_class: str) -> tuple[tuple[Face, ...], ...]:
    """The faces of a class by family; regular and bold ones three times, since they are met most."""
    families: dict[str, list[Face]] = {}
    for face in fonts.korean:
        if face.glyph_class == glyph_class:
            times = 3 if face.style.lower() in ("regular", "bold", "medium", "400", "500", "700") else 1
            families.setdefault(face.family, []).extend([face] * times)
    return tuple(tuple(faces) for faces in families.values())


def measure_width_px(text: str, style: Style, fonts: FontLibrary) -> float:
    """Width of a run by its pen advances."""
    total = 0.0
    for char in text:
        face = style.face
        if style.latin is not None and "!" <= char <= "~" and style.latin.draws(char):
            face = style.latin
        elif not face.draws(char):
            face = fonts.find_fallback(char) or face
        total += face.advance_em(char) * style.width_ratio + style.spacing_em
    return total * style.size_px + text.count(" ") * find_word_spacing_px(text, style)


def find_word_spacing_px(text: str, style: Style) -> float:
    """What every space of a text is widened by, so that one can see where its words end.

    Closely set letters leave next to nothing of a space; and words that are spread letter by letter ("성 명") look
    like one word in loose letters unless their spaces are wide.
    """
    gap_px = (style.face.advance_em(" ") * style.width_ratio + 2 * style.spacing_em) * style.size_px
    wanted = _SPREAD_GAP if is_spread(text) else _LEAST_GAP
    wanted_px = max(_LEAST_GAP_PX, wanted * style.face.body_em * style.width_ratio * style.size_px)
    return max(0.0, wanted_px - gap_px)


def find_least_size_px(face: Face) -> float:
    """The em size below which a face cannot be read; in some faces letters fill little more than half of the em."""
    return _LEAST_BODY_PX / max(face.body_em, 0.3)


def is_spread(text: str) -> bool:
    """Whether a text is spread letter by letter, numbers and marks beside it left aside: "1. 성 명 :"."""
    words = [word for word in text.split() if any(map(is_syllable, word))]
    return len(words) > 1 and all(len(word) == 1 for word in words)


def wrap_text(text: str, style: Style, width_px: float, fonts: FontLibrary, *, by_letter: bool = False) -> list[str]:
    """The text as lines that fit into `width_px`; broken between words, or anywhere as Korean print often does."""
    lines: list[str] = []
    line, used = "", 0.0
    space = measure_width_px(" ", style, fonts)
    for word in text.split():
        size = measure_width_px(word, style, fonts)
        gap = space if line else 0.0
        if used + gap + size <= width_px:
            line, used = (f"{line} {word}" if line else word), used + gap + size
            continue
        if by_letter or size > width_px:
            head, tail = _split_word(word, style, width_px - used - gap, fonts, force=not line)
            if head:
                line = f"{line} {head}" if line else head
            if line:
                lines.append(line)
            while tail and measure_width_px(tail, style, fonts) > width_px:
                head, tail = _split_word(tail, style, width_px, fonts, force=True)
                lines.append(head)
            line, used = tail, measure_width_px(tail, style, fonts)
        else:
            lines.append(line)
            line, used = word, size
    return [*lines, line] if line else lines


def _split_word(word: str, style: Style, room_px: float, fonts: FontLibrary, *, force: bool) -> tuple[str, str]:
    """The part of a word that fits and the rest; at least one letter fits where `force` is set."""
    count, used = 0, 0.0
    for char in word:
        used += measure_width_px(char, style, fonts)
        if used > room_px:
            break
        count += 1
    if force:
        count = max(count, 1)
    # A closing mark must not begin a line.
    while 0 < count < len(word) and word[count] in ".,!?)]」』…%":
        count -= 1
    if force and count == 0:
        count = 1
    return word[:count], word[count:]
