"""Drawn pictures of single syllables, printed and handwritten, for the character reader."""

import functools
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

from geulnun.core.arrays import Floats
from geulnun.core.hangul import KSX1001, OUTSIDE_KSX1001, SYLLABLES, is_syllable
from geulnun.core.random_streams import open_rng
from geulnun.data.sample import CharSample, Style
from geulnun.errors import UsageError
from geulnun.synth.characters.jamo_pictures import JamoPictures
from geulnun.synth.characters.look import FATTENED_PX, SIZE_PRESETS_PX, CharLook, draw_char_look, enlarge_letter
from geulnun.synth.characters.thinning import find_skeleton, trace_strokes
from geulnun.synth.effects.damage import apply_ink_damage, apply_picture_damage
from geulnun.synth.effects.effect import Damage
from geulnun.synth.effects.ink.fattening import Fattening, apply_fattening
from geulnun.synth.effects.picture.threshold import Threshold
from geulnun.synth.materials.corpus import Corpus
from geulnun.synth.materials.fonts import Face, FontLibrary
from geulnun.synth.materials.pen_strokes import Strokes, count_strokes_abreast, draw_hand, draw_lettering, draw_syllable
from geulnun.synth.materials.photos import Photos
from geulnun.synth.materials.planes import draw_plane, draw_ramp

Classes = Literal["ksx1001", "all", "others"]
CLASSES: dict[Classes, str] = {"ksx1001": KSX1001, "all": SYLLABLES, "others": OUTSIDE_KSX1001}
HANDWRITING_CLASSES = ("handwriting", "brush")

# How handwriting comes about in training: a face as it is, its middle lines drawn anew with another pen, a print
# face's middle lines, a pen's strokes put together, strokes of real hands put together.
_HANDS = {"face": 0.32, "redrawn": 0.2, "print": 0.08, "pen": 0.28, "pictures": 0.3}
# Of coarse scans, those of books: their letters have serifs.
_BOOK_SHARE = 0.55
# Of print in training, the share that is lettered as signs are, of strokes of one width; and how wide they are.
_LETTERED_SHARE = 0.14
_LETTERED_PEN = (0.05, 0.17)
_REDRAWN_PX = 56
_DRAFT_SCALE = 3
_TRIES = 40
_PIECE_CHARS = 12
_COUNTED_PIECES = 100_000
# Of all characters, those that may be any syllable although none such is drawn.
_NEVER_SHARE = 1e-3
# Area of pen strokes, as if they never crossed, over that of the square about the letter.
_MAX_FILLED = 0.33
_MAX_LETTERED = 0.55
_FAINT_INK = 24
_MOST_CUT = 0.06
# What may become of the ink before a letter cannot be read any more: the least share of it that is left, the most of
# the box about it that it covers, and how its share of a picture may change when that becomes black and white.
_LEAST_LEFT = 0.62
_MOST_COVERED = 0.6
_SHARE_KEPT = (0.65, 1.5)
# Poster faces cover up to four fifths of the box about them.
_MOST_FATTENED = 0.85


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
        return np.asarray((1 - _NEVER_SHARE) * shares + _NEVER_SHARE / len(SYLLABLES))

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
    codes = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32).astype(np.int64) - ord(SYLLABLES[0])
    return np.bincount(codes[(codes >= 0) & (codes < len(SYLLABLES))], minlength=len(SYLLABLES)).astype(np.float64)


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


def draw_glyph(face: Face, text: str, look: CharLook) -> NDArray[np.uint8]:
    """(H, W) coverage of a face's glyph, placed and bent."""
    extent = max(look.placing.extent_px, 12.0)
    ink = _render(face, text, extent * 1.05)
    if look.fattening is not None:
        ink = _fatten(_render(face, text, FATTENED_PX), look.fattening, max(ink.shape))
    placing, side = look.placing, max(ink.shape)
    inverse = np.linalg.inv(placing.matrix)
    xs, ys = _grid(placing.width_px, placing.height_px)
    offsets = np.stack([xs - placing.centre[0] * placing.width_px, ys - placing.centre[1] * placing.height_px], axis=-1)
    points = (offsets @ inverse.T).astype(np.float32)
    if look.elastic is not None:
        points = look.elastic.move(points)
    height, width = ink.shape
    map_x = points[..., 0] * np.float32(side) + np.float32(width / 2 - 0.5)
    map_y = points[..., 1] * np.float32(side) + np.float32(height / 2 - 0.5)
    return np.asarray(cv2.remap(ink, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT), dtype=np.uint8)


def _fatten(ink: NDArray[np.uint8], fattening: Fattening, side_px: int) -> NDArray[np.uint8]:
    """Ink with broader strokes, its longer side as long as asked; as it was where its gaps would all but close."""
    grown = apply_fattening(ink, fattening)
    kept = ink if _fill(grown) > _MOST_FATTENED else grown
    scale = side_px / max(kept.shape)
    size = tuple(max(1, round(side * scale)) for side in reversed(kept.shape))
    return np.asarray(cv2.resize(kept, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


@functools.lru_cache(maxsize=64)
def _grid(width_px: int, height_px: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The middles of all pixels."""
    xs, ys = np.meshgrid(np.arange(width_px) + 0.5, np.arange(height_px) + 0.5)
    return xs, ys


def _render(face: Face, text: str, extent_px: float) -> NDArray[np.uint8]:
    """A glyph cut to its ink, whose longer side is about `extent_px` for full letters."""
    mask = _open_face(face, extent_px).getmask(text, mode="L")
    ink = np.frombuffer(bytes(mask), np.uint8).reshape(mask.size[1], mask.size[0])
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return np.zeros((4, 4), np.uint8)
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _open_face(face: Face, extent_px: float) -> ImageFont.FreeTypeFont:
    """The face at the next size of a few, for opening one takes longer than drawing with it."""
    step = math.ceil(2 * math.log2(max(extent_px, 16.0)))
    return _open_step(face.path, face.index, round(2 ** (step / 2) / max(face.height_em, 0.4)))


@functools.lru_cache(maxsize=640)
def _open_step(path: str, index: int, size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size_px, index=index, layout_engine=ImageFont.Layout.BASIC)


def redraw_glyph(face: Face, text: str, look: CharLook) -> NDArray[np.uint8]:
    """(H, W) coverage of a face's middle lines, drawn with a pen."""
    ink = _render(face, text, _REDRAWN_PX)
    strokes = trace_strokes(find_skeleton(ink > 100))
    if not strokes:
        return draw_glyph(face, text, look)
    side = max(ink.shape)
    return draw_strokes([stroke / side for stroke in strokes], look)


def draw_strokes(strokes: Strokes, look: CharLook, *, most_filled: float = _MAX_FILLED) -> NDArray[np.uint8]:
    """(H, W) coverage of strokes, of any extent, drawn with the look's pen; a finer one where ink would fill more."""
    placing = look.placing
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    middle, side = (low + high) / 2, max(float((high - low).max()), 1e-6)
    centre = np.array([placing.centre[0] * placing.width_px, placing.centre[1] * placing.height_px])
    # A broad pen would fill the counters of letters with many strokes.
    length = sum(float(np.linalg.norm(np.diff(stroke, axis=0), axis=1).sum()) for stroke in strokes) / side
    room = min(1.0, 1.4 * float((high - low).min()) / side)
    pen = min(look.pen, most_filled * max(room, 0.5) / max(length, 1.0))
    # The pen reaches beyond its line on both sides.
    matrix = placing.matrix.T * (1 - pen)
    scale = _DRAFT_SCALE if placing.extent_px < 120 else 1
    draft = np.zeros((placing.height_px * scale, placing.width_px * scale), np.uint8)
    pen_px = max(pen * placing.extent_px * scale, 1.1 * scale)
    rng = open_rng(look.texture_seed, stream="characters.pressure")
    for stroke in strokes:
        inner = (stroke - middle) / side
        if look.elastic is not None:
            inner = look.elastic.move(inner)
        pixels = np.round((inner @ matrix + centre) * scale * 16 - 8).astype(np.int32)
        _draw_stroke(draft, pixels, pen_px, look.pressure, rng)
    if scale == 1:
        return draft
    size = placing.width_px, placing.height_px
    return np.asarray(cv2.resize(draft, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _draw_stroke(
    draft: NDArray[np.uint8], pixels: NDArray[np.int32], pen_px: float, pressure: float, rng: np.random.Generator
) -> None:
    """Draw a line, given in sixteenths of a pixel, on `draft` in place."""
    if not pressure:
        cv2.polylines(draft, [pixels], False, 255, max(1, round(pen_px)), cv2.LINE_AA, 4)
        return
    swell = np.interp(np.linspace(0, 1, len(pixels) - 1), np.linspace(0, 1, 4), 1 + pressure * rng.uniform(-1, 0.6, 4))
    for start, stop, share in zip(pixels[:-1], pixels[1:], swell.tolist(), strict=True):
        cv2.line(draft, start.tolist(), stop.tolist(), 255, max(1, round(pen_px * share)), cv2.LINE_AA, 4)


def apply_char_look(ink: NDArray[np.uint8], look: CharLook, photos: Photos) -> NDArray[np.uint8]:
    """(H, W) grey: the ink worn, cut where the look is tight, coloured on its ground, damaged."""
    ink = _wear(ink, look.damage)
    if look.tight:
        ink = _cut(ink, look.margins)
    rng = open_rng(look.texture_seed, stream="characters.texture")
    for _ in range(look.intruders):
        _intrude(rng, ink)
    ground = _draw_ground(rng, look, ink.shape[1], ink.shape[0], photos)
    cover = ink * np.float32(1 / 255)
    grey = np.clip(ground + (np.float32(look.colours.ink) - ground) * cover, 0, 255).astype(np.uint8)
    damaged = apply_picture_damage(grey, look.damage)
    if look.damage.find(Threshold) is None or _keeps_share(damaged, cover):
        return damaged
    return apply_picture_damage(grey, look.damage.without(Threshold))


def _wear(ink: NDArray[np.uint8], damage: Damage) -> NDArray[np.uint8]:
    """The ink with its damage; as it was where that would lose strokes or close the gaps between them."""
    worn = apply_ink_damage(ink, damage)
    if worn is ink:
        return ink
    before, after = int(ink.sum()), int(worn.sum())
    closed = after > before and _fill(worn) > max(_MOST_COVERED, 1.05 * _fill(ink))
    return ink if closed or after < _LEAST_LEFT * before else worn


def _fill(ink: NDArray[np.uint8]) -> float:
    """The share of the box about the ink that it covers."""
    dark = ink > 127
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    if not len(rows):
        return 0.0
    return float(dark[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].mean())


def _keeps_share(binary: NDArray[np.uint8], cover: NDArray[np.float32]) -> bool:
    """Whether about as much of a black and white picture is ink as was before."""
    low, high = _SHARE_KEPT
    share, white = float(cover.mean()), float((binary > 127).mean())
    return low * share < white < high * share or low * share < 1 - white < high * share


def _cut(ink: NDArray[np.uint8], margins: tuple[float, float, float, float]) -> NDArray[np.uint8]:
    """The ink with these margins, over its sides, about it."""
    # A thin stroke of a small letter covers its pixels by a third or less, and still belongs to the letter.
    rows, columns = (np.flatnonzero((ink > _FAINT_INK).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return ink
    x0, x1, y0, y1 = int(columns[0]), int(columns[-1]) + 1, int(rows[0]), int(rows[-1]) + 1
    side = max(x1 - x0, y1 - y0)
    left, top, right, bottom = (round(margin * side) for margin in margins)
    # Where a cut would take a stroke with it, as that of 이 on the right, none is made.
    most = _MOST_CUT * float(ink.sum())
    if left < 0 and ink[:, x0 : x0 - left].sum() > most:
        left = 0
    if right < 0 and ink[:, x1 + right : x1].sum() > most:
        right = 0
    if top < 0 and ink[y0 : y0 - top].sum() > most:
        top = 0
    if bottom < 0 and ink[y1 + bottom : y1].sum() > most:
        bottom = 0
    return np.ascontiguousarray(ink[max(0, y0 - top) : y1 + bottom, max(0, x0 - left) : x1 + right])


def _intrude(rng: np.random.Generator, ink: NDArray[np.uint8]) -> None:
    """Draw a bit of a neighbouring letter at one edge of `ink` in place."""
    lying = ink.T if rng.random() < 0.3 else ink
    side, across = lying.shape
    depth, length = int(rng.integers(1, max(2, across // 9) + 1)), int(rng.integers(1, max(2, side // 3) + 1))
    start = int(rng.integers(0, side - length + 1))
    columns = slice(0, depth) if rng.random() < 0.4 else slice(across - depth, across)
    lying[start : start + length, columns] = 255


def _draw_ground(
    rng: np.random.Generator, look: CharLook, width: int, height: int, photos: Photos
) -> NDArray[np.float32]:
    paper, strength = np.float32(look.colours.paper), np.float32(look.ground_strength)
    if look.ground == "gradient":
        return paper + strength * (draw_ramp(rng, height, width) - np.float32(0.5))
    if look.ground == "paper":
        return paper + strength * draw_plane(rng, height, width, max(3.0, 0.4 * height))
    if look.ground == "photo":
        crop = photos.draw_detail(rng, height, width).astype(np.float32)
        low, high = float(crop.min()), float(crop.max())
        return paper + strength * ((crop - np.float32(low)) / np.float32(max(high - low, 24.0)) - np.float32(0.5))
    return np.full((height, width), paper, np.float32)
