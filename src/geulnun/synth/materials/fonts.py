"""The fonts that samples are drawn with, and what each of them really draws.

A character map is a promise that some fonts break: several map all 11,172 syllables and leave most of them empty, or
point them at one placeholder. So coverage is taken from outlines, once, and kept beside the fonts.
"""

import array
import functools
import json
import logging
import os
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from fontTools.ttLib import TTFont
from numpy.typing import NDArray
from PIL import ImageFont

from geulnun.core.charset import CHARSET_V1, FOLDED
from geulnun.core.hangul import SYLLABLES
from geulnun.core.hanja import HANJA
from geulnun.errors import InputError

COVERAGE_FILE = "coverage.npz"
LATIN_CLASS = "latin"
# Hangul whose strokes reach highest and lowest; their common extent is the height of a character box.
REFERENCE_TEXT = "가뷁힣를한글꽃빼왜읊"
LATIN_REFERENCE_TEXT = "lÅgjQ|"
# How often a class of letter shape is met: mostly body text, as in documents and on screens.
CLASS_WEIGHTS = {
    "gothic": 0.46,
    "serif": 0.22,
    "mono": 0.04,
    "round": 0.06,
    "display": 0.075,
    "handwriting": 0.085,
    "brush": 0.02,
    "hollow": 0.015,
    "worn": 0.006,
    "typewriter": 0.015,
    "bitmap": 0.035,
}
_RARE_STYLES = ("thin", "ultralight", "extralight", "black", "100", "200", "900")
_COMMON_STYLES = ("regular", "400", "bold", "700", "medium", "500")
_NATIVE_SIZE = re.compile(r"[0-9]+px")
_PROBE_PX = 48
_PLACEHOLDER_REPEATS = 4
_RULES_VERSION = 2
_WIDE_FORMS = "".join(map(chr, range(0xFF01, 0xFF5F)))
# Every character whose outline is looked at: the charset, the forms that fold into it, and hanja.
_CANDIDATES = CHARSET_V1.symbols + "".join(FOLDED) + _WIDE_FORMS + SYLLABLES + HANJA
_PLACE = {char: i for i, char in enumerate(_CANDIDATES)}
_DEFAULT_SPACE_EM = 0.3
_TWINS = (("\\", "/"), ("€", "£"), ("●", "○"), ("■", "□"), ("×", "x"), ("°", "."))
# Wider advances are negative numbers gone wrong in the font.
_MAX_ADVANCE_EM = 4.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Face:
    """One face (family and weight) and what it draws. Cheap to copy to other processes.

    Attributes:
        path: font file.
        index: face number inside a collection.
        family: families, not faces, are split between training and validation.
        style: weight as the publisher calls it, or the native size of a bitmap face, "24px".
        glyph_class: gothic, serif, round, mono, typewriter, display, handwriting, brush, hollow, worn, bitmap or latin.
        split: "train" or "validation".
        top_em: height of the reference Hangul above the baseline over the size.
        bottom_em: depth of the reference Hangul below the baseline over the size.
        advances_em: pen advance over the size of every character that can be asked for, 0 where there is no ink.
    """

    path: str
    index: int
    family: str
    style: str
    glyph_class: str
    split: str
    top_em: float
    bottom_em: float
    advances_em: "array.array[float]"

    @property
    def native_px(self) -> int | None:
        """The em size at which a bitmap face is drawn pixel by pixel; None for outlines, which have every size."""
        return int(self.style[:-2]) if _NATIVE_SIZE.fullmatch(self.style) else None

    @property
    def height_em(self) -> float:
        """Height of a character box over the size."""
        return self.top_em + self.bottom_em

    @property
    def body_em(self) -> float:
        """Side of an everyday syllable over the size: far less than the box where letters hang at different heights."""
        return min(self.height_em, self.advance_em("가") or self.height_em)

    def draws(self, char: str) -> bool:
        """Whether `char` has ink here; a space always counts as drawn."""
        place = _PLACE.get(char)
        return place is not None and self.advances_em[place] > 0

    def draws_all(self, text: Iterable[str]) -> bool:
        """Whether every character of `text` has ink here."""
        return all(map(self.draws, text))

    def at(self, size_px: float) -> ImageFont.FreeTypeFont:
        """This face at an em size, to the quarter of a pixel."""
        return _open_face(self.path, self.index, round(size_px * 4) / 4)

    def advance_em(self, char: str) -> float:
        """Pen advance of `char` over the size, unhinted; 0 where it is not drawn."""
        place = _PLACE.get(char)
        return 0.0 if place is None else self.advances_em[place]


class FontLibrary:
    """A set of faces to choose from. `FontLibrary.read(folder).split("train")` is what training draws with.

    Attributes:
        faces: all of them.
        folder: the materials folder they came from, None for faces put together by hand.
        korean: faces that draw Hangul.
        latin: faces that only fill in Latin letters and digits.
    """

    def __init__(self, faces: Sequence[Face], folder: Path | None = None) -> None:
        self.faces = tuple(faces)
        self.folder = folder
        self.korean = tuple(face for face in faces if face.glyph_class != LATIN_CLASS)
        self.latin = tuple(face for face in faces if face.glyph_class == LATIN_CLASS)
        self._chances = _face_chances(self.korean)
        self._cumulative = np.cumsum(self._chances)
        self._fallbacks = tuple(sorted(self.faces, key=_fallback_rank))[:12]
        self._drawing: dict[str, tuple[Face, ...]] = {}

    @classmethod
    def read(cls, folder: str | Path) -> "FontLibrary":
        """Every face listed in `folder`/fonts.json; coverage is measured on the first call and kept there.

        Raises:
            InputError: no such list, or a font it names is missing.
        """
        folder = Path(folder)
        listing = folder / "fonts.json"
        if not listing.is_file():
            raise InputError(
                f"no fonts.json in {folder}; it must be a materials folder with fonts/ and fonts.json. "
                "Run scripts/materials to fetch one."
            )
        records = json.loads(listing.read_text(encoding="utf-8"))
        missing = [r["file"] for r in records if not (folder / "fonts" / r["file"]).is_file()]
        if missing:
            raise InputError(
                f"{listing} names {missing[0]}, which is not in {folder / 'fonts'}; every listed font must be there. "
                "Run scripts/materials again."
            )
        return cls(_read_faces(folder, records), folder)

    @classmethod
    def of_files(cls, files: Sequence[Path]) -> "FontLibrary":
        """The first face of each font file, all of one split; coverage is measured anew, some seconds a font."""
        return cls([_read_face(path) for path in files])

    @property
    def families(self) -> tuple[str, ...]:
        """Names of the families that draw Hangul, sorted."""
        return tuple(sorted({face.family for face in self.korean}))

    def split(self, name: str) -> "FontLibrary":
        """The faces of one split, "train" or "validation"; Latin faces, which only fill in, belong to both."""
        faces = [face for face in self.faces if face.split == name or face.glyph_class == LATIN_CLASS]
        return FontLibrary(faces, self.folder)

    def draw_face(self, rng: np.random.Generator, text: str = "", *, classes: Sequence[str] = ()) -> Face:
        """A Korean face that draws every Hangul syllable and jamo of `text`, body-text faces likelier than others.

        Args:
            rng: source of the choice.
            text: what is to be written; symbols and Latin may be missing, they have fallbacks.
            classes: of letters, to choose from; where 24 draws hit none of them that draws `text`, any is taken.
        """
        hangul = {ch for ch in text if "가" <= ch <= "힣" or "ㄱ" <= ch <= "ㅣ"}
        for _ in range(24):
            face = self.korean[int(np.searchsorted(self._cumulative, rng.random() * self._cumulative[-1]))]
            if (not classes or face.glyph_class in classes) and face.draws_all(hangul):
                return face
        able = [face for face in self.korean if face.draws_all(hangul)]
        return able[int(rng.integers(len(able)))] if able else self._fallbacks[0]

    def draw_latin(self, rng: np.random.Generator, native_px: int | None = None) -> Face | None:
        """A Latin face to pair with a Korean one of the same kind of pixels, None where the library has none."""
        able = [face for face in self.latin if face.native_px == native_px]
        return able[int(rng.integers(len(able)))] if able else None

    def list_drawing(self, char: str) -> tuple[Face, ...]:
        """All faces that draw `char`."""
        known = self._drawing.get(char)
        if known is None:
            known = self._drawing[char] = tuple(face for face in self.faces if face.draws(char))
        return known

    def find_fallback(self, char: str) -> Face | None:
        """The face that stands in for one that lacks `char`, as browsers do; None where no face has it."""
        return next((face for face in self._fallbacks if face.draws(char)), None) or next(
            (face for face in self.faces if face.draws(char)), None
        )

    def __reduce__(self) -> tuple[type["FontLibrary"], tuple[tuple[Face, ...], Path | None]]:
        return FontLibrary, (self.faces, self.folder)


def _fallback_rank(face: Face) -> tuple[int, str]:
    order = ("Noto Sans CJK KR", "DejaVu Sans", "Noto Serif CJK KR", "Baekmuk Gulim", "Baekmuk Batang", "D2Coding")
    rank = order.index(face.family) * 2 if face.family in order else 99
    return rank + (face.style != "Regular"), face.path


def _face_chances(faces: Sequence[Face]) -> NDArray[np.float64]:
    """Chance of each face: by class, then evenly by family, then by how common the weight is."""
    families = {(face.glyph_class, face.family) for face in faces}
    per_class = Counter(glyph_class for glyph_class, _ in families)
    within = np.array([_style_weight(face.style) for face in faces])
    totals: dict[tuple[str, str], float] = {}
    for face, weight in zip(faces, within, strict=True):
        key = face.glyph_class, face.family
        totals[key] = totals.get(key, 0.0) + weight
    chances = np.array(
        [
            CLASS_WEIGHTS.get(face.glyph_class, 0.02)
            / per_class[face.glyph_class]
            * weight
            / totals[face.glyph_class, face.family]
            for face, weight in zip(faces, within, strict=True)
        ]
    )
    return chances / chances.sum() if len(chances) else chances


def _style_weight(style: str) -> float:
    name = style.lower()
    if name in _RARE_STYLES:
        return 0.35
    return 1.5 if name in _COMMON_STYLES else 0.8


@functools.lru_cache(maxsize=96)
def _open_face(path: str, index: int, size_px: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size_px, index=index, layout_engine=ImageFont.Layout.BASIC)


def _read_faces(folder: Path, records: Sequence[dict[str, object]]) -> list[Face]:
    cache = folder / COVERAGE_FILE
    known: dict[str, NDArray[np.float32]] = {}
    if cache.is_file():
        with np.load(cache) as stored:
            known = {key: stored[key] for key in stored.files}
    # A changed charset asks for other characters, and changed rules accept others: both measure anew.
    keys = [f"{_RULES_VERSION}-{zlib.crc32(_CANDIDATES.encode()):08x}-{r['sha256']}-{r['index']}" for r in records]
    lacking = [i for i, key in enumerate(keys) if key not in known]
    for i in lacking:
        path = folder / "fonts" / str(records[i]["file"])
        known[keys[i]] = _measure_coverage(path, int(str(records[i]["index"])))
    if lacking:
        # Several processes may measure at once; each puts its whole file in place in one step.
        fresh = folder / f".{os.getpid()}-{COVERAGE_FILE}"
        np.savez_compressed(fresh, allow_pickle=False, **{key: known[key] for key in keys})
        fresh.replace(cache)
    return [_build_face(folder, record, known[key]) for record, key in zip(records, keys, strict=True)]


def _read_face(path: Path) -> Face:
    """A face of a font of which nothing is recorded: its names are its own, its class that of body text."""
    with TTFont(path, fontNumber=0, lazy=True) as table:
        family, style = (str(table["name"].getDebugName(number) or path.stem) for number in (1, 2))
    record = {"file": path, "index": 0, "family": family, "style": style, "class": "gothic", "split": "train"}
    return _build_face(Path(), record, _measure_coverage(path, 0))


def _build_face(folder: Path, record: Mapping[str, object], coverage: NDArray[np.float32]) -> Face:
    top_em, bottom_em, *advances_em = coverage.tolist()
    return Face(
        path=str((folder / "fonts" / str(record["file"])).resolve()),
        index=int(str(record["index"])),
        family=str(record["family"]),
        style=str(record["style"]),
        glyph_class=str(record["class"]),
        split=str(record["split"]),
        top_em=top_em,
        bottom_em=bottom_em,
        advances_em=array.array("f", advances_em),
    )


def _measure_coverage(path: Path, index: int) -> NDArray[np.float32]:
    """Extents top_em and bottom_em, then the advance in em of every candidate, 0 where there is no ink."""
    advances = _read_advances_em(path, index)
    font = ImageFont.truetype(str(path), _PROBE_PX, index=index, layout_engine=ImageFont.Layout.BASIC)
    prints = {char: _print_of(font, char) for char in advances if char != " "}
    repeats = Counter(shape for char, shape in prints.items() if "가" <= char <= "힣")
    drawn = {c for c, shape in prints.items() if shape is not None and repeats[shape] < _PLACEHOLDER_REPEATS}
    drawn -= _find_impostors(font, prints, drawn)
    result = np.zeros(2 + len(_CANDIDATES), np.float32)
    reference = "".join(char for char in REFERENCE_TEXT if char in drawn)
    result[:2] = _measure_extent_em(path, index, reference or LATIN_REFERENCE_TEXT)
    for char in drawn:
        result[2 + _PLACE[char]] = max(advances[char], 0.01)
    space = advances.get(" ", 0.0)
    result[2 + _PLACE[" "]] = space if 0.1 <= space <= 1.2 else _DEFAULT_SPACE_EM
    return result


def _read_advances_em(path: Path, index: int) -> dict[str, float]:
    """Advance over the em size of every candidate that the character map holds, drawn or not."""
    logging.getLogger("fontTools").setLevel(logging.ERROR)  # old fonts have odd tables that do not matter here
    with TTFont(path, fontNumber=index, lazy=True) as table:
        mapped, metrics, em = table.getBestCmap() or {}, table["hmtx"].metrics, table["head"].unitsPerEm
        glyphs = {char: mapped.get(ord(char), ".notdef") for char in _PLACE}
        widths = {char: metrics[glyph][0] / em for char, glyph in glyphs.items() if glyph != ".notdef"}
        return {char: width for char, width in widths.items() if width <= _MAX_ADVANCE_EM}


def _find_impostors(font: ImageFont.FreeTypeFont, prints: dict[str, int | None], drawn: set[str]) -> set[str]:
    """Characters drawn as another one: Korean fonts show a won sign for the backslash, some a tilde for the won."""
    found = {char for char, other in _TWINS if char in drawn and other in drawn and prints[char] == prints[other]}
    if "\\" in drawn:
        mask = font.getmask("\\", mode="L")
        ys, xs = np.nonzero(np.frombuffer(bytes(mask), np.uint8).reshape(mask.size[1], mask.size[0]) > 96)
        # Ink of a backslash falls from left to right; a won sign has no direction.
        if len(xs) < 3 or np.corrcoef(xs, ys)[0, 1] < 0.7:
            found.add("\\")
    if {"₩", "W"} <= drawn and _ink_height(font, "₩") < 0.6 * _ink_height(font, "W"):
        found.add("₩")
    return found


def _ink_height(font: ImageFont.FreeTypeFont, char: str) -> int:
    box = font.getmask(char, mode="L").getbbox()
    return 0 if box is None else int(box[3] - box[1])


def _print_of(font: ImageFont.FreeTypeFont, char: str) -> int | None:
    """A hash of the ink of one glyph, None where there is none."""
    mask = font.getmask(char, mode="L")
    return None if mask.getbbox() is None else hash((mask.size, bytes(mask)))


def _measure_extent_em(path: Path, index: int, text: str) -> tuple[float, float]:
    """How far the ink of `text` reaches above and below the baseline, over the size."""
    size = 256
    font = ImageFont.truetype(str(path), size, index=index, layout_engine=ImageFont.Layout.BASIC)
    boxes = [font.getbbox(char, anchor="ls") for char in text]
    return -min(box[1] for box in boxes) / size, max(box[3] for box in boxes) / size
