"""Drawn pictures of single syllables, printed and handwritten, for the character reader."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from geulnun.core.arrays import Floats
from geulnun.core.hangul import (
    FIRST_SYLLABLE,
    KSX1001,
    OUTSIDE_KSX1001,
    SYLLABLE_COUNT,
    SYLLABLES,
    is_syllable,
)
from geulnun.core.random_streams import open_rng
from geulnun.data.sample import CharSample, Style
from geulnun.errors import UsageError
from geulnun.synth.characters.apply_look import apply_char_look
from geulnun.synth.characters.ink import draw_glyph, draw_strokes, redraw_glyph
from geulnun.synth.characters.jamo_pictures import JamoPictures
from geulnun.synth.characters.look import SIZE_PRESETS_PX, CharLook, draw_char_look, enlarge_letter
from geulnun.synth.materials.corpus import Corpus
from geulnun.synth.materials.fonts import Face, FontLibrary
from geulnun.synth.materials.pen_strokes import Strokes, count_strokes_abreast, draw_hand, draw_lettering, draw_syllable
from geulnun.synth.materials.photos import Photos

Classes = Literal["ksx1001", "all", "others"]
CLASSES: dict[Classes, str] = {"ksx1001": KSX1001, "all": SYLLABLES, "others": OUTSIDE_KSX1001}
HANDWRITING_CLASSES = ("handwriting", "brush")

# How handwriting comes about in training: a face as it is, its middle lines drawn anew with another pen, a print
# face's middle lines, a pen's strokes put together, strokes of real hands put together.
_HANDS = {"face": 0.32, "redrawn": 0.2, "print": 0.08, "pen": 0.28, "pictures": 0.3}
# Of coarse scans, those of books: their letters have serifs.
_BOOK_SHARE = 0.55
# Of print in training, the share that is lettered as signs are, of strokes of one width; and how wide they are.
_LETTERED_SHARE = 0.2
_LETTERED_PEN = (0.05, 0.17)
_MAX_LETTERED = 0.55
_TRIES = 40
_PIECE_CHARS = 12
_COUNTED_PIECES = 100_000
# Of all characters, those that may be any syllable although none such is drawn.
_NEVER_SHARE = 1e-3


class CharSource:
    """Endless pictures of syllables; the same seed and index give the same one on every machine. Picklable.

    Validation draws with families that training never sees, and writes by hand with such fonts alone (and with the
    writers of `jamo` kept for it), so that its figures hold for writers not seen in training.
    """

    def __init__(
        self,
        seed: int,
        fonts: FontLibrary,
        *,
        split: str = "train",
        size_px: int | None = 64,
        classes: Classes = "ksx1001",
        styles: Sequence[Style] = ("printed", "handwritten"),
        jamo: JamoPictures | None = None,
        common_share: float = 0.0,
        texts: Corpus | None = None,
        text_share: float = 0.0,
        clean: bool = False,
    ) -> None:
        self.texts, self.text_share = texts, text_share
        self.seed, self.fonts, self.split, self.clean, self.common_share = seed, fonts, split, clean, common_share
        self.size_px, self.classes, self.styles, self.jamo = size_px, classes, tuple(styles), jamo
        self._photos = Photos.beside(fonts.folder)
        by_hand = [face for face in fonts.korean if face.glyph_class in HANDWRITING_CLASSES]
        printed = [face for face in fonts.korean if face.glyph_class not in HANDWRITING_CLASSES]
        self._faces: dict[Style, FontLibrary] = {"printed": FontLibrary(printed), "handwritten": FontLibrary(by_hand)}

    @classmethod
    def read(
        cls,
        seed: int,
        materials: str | Path,
        *,
        split: str = "train",
        size_px: int | None = 64,
        classes: Classes = "ksx1001",
        styles: Sequence[Style] = ("printed", "handwritten"),
        jamo_folder: str | Path | None = None,
        common_share: float = 0.0,
        corpus: str | Path | None = None,
        text_share: float = 0.0,
        clean: bool = False,
    ) -> "CharSource":
        """A source with the fonts of one split, "train" or "validation".

        Args:
            seed: settles every picture together with the index.
            materials: folder written by scripts/materials.
            split: which font families, and which hands, are drawn with.
            size_px: side of the pictures; None draws it: one of 64, 96, 128, 256 or any between 24 and 256. Pictures
                that are cut tightly about their ink are of other sizes.
            classes: "ksx1001" for its 2,350 syllables, "all" for the 11,172, "others" for the 8,822 outside KS X 1001.
            styles: what is drawn, in equal shares.
            jamo_folder: pictures of single letters to put handwriting together from; see `jamo_pictures`.
            common_share: of "all", the share drawn from KS X 1001's alone, which are nearly all of running text.
            corpus: folder of UTF-8 text; without one, the built-in generators write it.
            text_share: share of characters taken out of text, as frequent as they are there.
            clean: black on white, upright, undamaged: to measure how well letters alone are told apart.

        Raises:
            UsageError: a value that is not allowed, or no font for a style in this split.
            InputError: the materials or the folder of letters cannot be read.
        """
        _check_choices(split, size_px, classes, styles)
        for name, share in (("common_share", common_share), ("text_share", text_share)):
            if not 0 <= share <= 1:
                raise UsageError(f"{name} is {share}; allowed is 0 to 1.")
        jamo = None if jamo_folder is None else JamoPictures.read(jamo_folder, split)
        library = FontLibrary.read(materials).split(split)
        source = cls(
            seed,
            library,
            split=split,
            size_px=size_px,
            classes=classes,
            styles=styles,
            jamo=jamo,
            common_share=common_share,
            texts=Corpus.read(corpus, split="train" if split == "train" else "validation") if text_share else None,
            text_share=text_share,
            clean=clean,
        )
        source._check_fonts(materials)
        return source

    def _check_fonts(self, materials: str | Path) -> None:
        for style in self.styles:
            if not self._faces[style].korean and (style == "printed" or self.split == "validation"):
                raise UsageError(
                    f"{materials} has no {style} font of the {self.split} split; at least one is needed. Fetch fonts "
                    "with scripts/materials, or leave that style out."
                )

    def measure_shares(self) -> Floats:
        """(11172,) how often each syllable is drawn, none never; how often text has it is counted in pieces of it."""
        common, whole = (_count_syllables([classes]) for classes in (KSX1001, CLASSES[self.classes]))
        shares = self.common_share * common / common.sum() + (1 - self.common_share) * whole / whole.sum()
        if self.texts is not None:
            rng = open_rng(self.seed, stream="characters.shares")
            counts = _count_syllables(self.texts.draw_piece(rng, _PIECE_CHARS) for _ in range(_COUNTED_PIECES))
            counts *= whole > 0
            shares = self.text_share * counts / counts.sum() + (1 - self.text_share) * shares
        return np.asarray((1 - _NEVER_SHARE) * shares + _NEVER_SHARE / SYLLABLE_COUNT)

    def draw(self, index: int) -> CharSample:
        """The picture of that number."""
        rng = open_rng(self.seed, index, stream="characters")
        style = self.styles[int(rng.integers(len(self.styles)))]
        look = draw_char_look(rng, style, self._draw_size(rng), clean=self.clean)
        for _ in range(_TRIES):
            text = self._draw_text(rng)
            fit = look if self.clean else enlarge_letter(look, style, count_strokes_abreast(text))
            made = self._draw_letter(rng, text, style, fit)
            if made is not None:
                ink, writer = made
                grey = apply_char_look(ink, fit, self._photos)
                return CharSample(image=grey, text=text, style=style, writer=writer)
        raise UsageError(
            f"no {style} font of the {self.split} split draws syllables of {self.classes}. Fetch more fonts with "
            "scripts/materials."
        )

    def _draw_size(self, rng: np.random.Generator) -> int:
        if self.size_px is not None:
            return self.size_px
        if rng.random() < 0.5:
            return SIZE_PRESETS_PX[int(rng.integers(len(SIZE_PRESETS_PX)))]
        return int(np.exp(rng.uniform(math.log(24), math.log(256))))

    def _draw_text(self, rng: np.random.Generator) -> str:
        if self.texts is not None and rng.random() < self.text_share:
            allowed = is_syllable if self.classes == "all" else CLASSES[self.classes].__contains__
            found = [char for char in self.texts.draw_piece(rng, _PIECE_CHARS) if allowed(char)]
            if found:
                return found[int(rng.integers(len(found)))]
        common = bool(self.common_share) and rng.random() < self.common_share
        syllables = KSX1001 if common else CLASSES[self.classes]
        return syllables[int(rng.integers(len(syllables)))]

    def _draw_letter(
        self, rng: np.random.Generator, text: str, style: Style, look: CharLook
    ) -> tuple[NDArray[np.uint8], str | None] | None:
        """Ink coverage of the syllable in this look and whose hand it is; None where nothing can draw it."""
        if style == "printed":
            if self.split == "train" and not self.clean and rng.random() < _LETTERED_SHARE:
                return self._letter(rng, text, look), None
            book = look.coarse and rng.random() < _BOOK_SHARE
            face = self._draw_face(rng, text, style, ("serif",) if book else ())
            return None if face is None else (draw_glyph(face, text, look), None)
        way = self._draw_way(rng)
        if way in ("face", "redrawn", "print"):
            face = self._draw_face(rng, text, "printed" if way == "print" else style)
            if face is not None:
                drawn = draw_glyph(face, text, look) if way == "face" else redraw_glyph(face, text, look)
                return drawn, face.family
            if self.split == "validation":
                return None
        strokes, writer = self._write(rng, text, pictures=way == "pictures")
        return draw_strokes(strokes, look), writer

    def _draw_way(self, rng: np.random.Generator) -> str:
        chances = dict(_HANDS)
        if self.jamo is None or not self.jamo.writers:
            del chances["pictures"]
        if self.split == "validation":
            chances = {way: chance for way, chance in chances.items() if way in ("face", "pictures")}
        ways = tuple(chances)
        return ways[int(np.searchsorted(np.cumsum(list(chances.values())), rng.random() * sum(chances.values())))]

    def _draw_face(self, rng: np.random.Generator, text: str, style: Style, classes: Sequence[str] = ()) -> Face | None:
        library = self._faces[style]
        if not library.korean:
            return None
        face = library.draw_face(rng, text, classes=classes)
        return face if face.draws(text) else None

    def _letter(self, rng: np.random.Generator, text: str, look: CharLook) -> NDArray[np.uint8]:
        low, high = _LETTERED_PEN
        even = replace(look, pen=float(rng.uniform(low, high)), pressure=0.0)
        return draw_strokes(draw_syllable(rng, text, draw_lettering(rng)), even, most_filled=_MAX_LETTERED)

    def _write(self, rng: np.random.Generator, text: str, *, pictures: bool) -> tuple[Strokes, str | None]:
        hand = draw_hand(rng)
        if not pictures or self.jamo is None:
            return draw_syllable(rng, text, hand), None
        jamo, writer = self.jamo, self.jamo.draw_writer(rng)
        return draw_syllable(rng, text, hand, lambda rng, letter: jamo.draw_strokes(rng, letter, writer)), writer


def _count_syllables(texts: Iterable[str]) -> Floats:
    """(11172,) how often texts have each syllable."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32).astype(np.int64) - FIRST_SYLLABLE
    return np.bincount(codes[(codes >= 0) & (codes < SYLLABLE_COUNT)], minlength=SYLLABLE_COUNT).astype(np.float64)


def _check_choices(split: str, size_px: int | None, classes: str, styles: Sequence[str]) -> None:
    if split not in ("train", "validation"):
        raise UsageError(f'split is {split!r}; allowed are "train" and "validation".')
    if size_px is not None and not 16 <= size_px <= 512:
        raise UsageError(f"size_px is {size_px}; allowed is 16 to 512, or None for a drawn size.")
    if classes not in CLASSES:
        raise UsageError(f"classes is {classes!r}; allowed are {', '.join(CLASSES)}.")
    unknown = [style for style in styles if style not in get_args(Style)]
    if unknown or not styles:
        raise UsageError(f"styles is {list(styles)}; allowed are one or both of {', '.join(get_args(Style))}.")
