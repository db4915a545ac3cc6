"""A materials folder with a small drawn font, so that these tests need no download."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

try:
    import cv2  # noqa: F401
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    from geulnun.synth.materials.fonts import REFERENCE_TEXT, FontLibrary

    collect_ignore_glob: list[str] = []
except ModuleNotFoundError as error:
    if (error.name or "").startswith("geulnun"):
        raise
    # Drawing samples is part of the train extra; without it there is nothing to test here.
    collect_ignore_glob = ["test_*.py"]
    REFERENCE_TEXT = ""

EM = 1000
HANGUL = sorted(set(REFERENCE_TEXT + "대한민국나라사업자등록증글자눈"))
EMPTY = "텅빈"
PLACEHOLDERS = "똠뺌쎄찦"
ASCII = [chr(code) for code in range(0x21, 0x7F)]


def _draw_box(pen: Any, left: int, bottom: int, right: int, top: int) -> None:
    pen.moveTo((left, bottom))
    pen.lineTo((left, top))
    pen.lineTo((right, top))
    pen.lineTo((right, bottom))
    pen.closePath()


def _draw_glyph(char: str, order: int) -> object:
    """Two bars whose widths and heights differ from glyph to glyph; nothing for a space or an empty glyph."""
    pen = TTGlyphPen(None)
    if char in EMPTY or char == " ":
        return pen.glyph()
    step = 0 if char in PLACEHOLDERS else order
    right = 850 if ord(char) > 0x2000 else 450
    _draw_box(pen, 60, -100, 160 + step % 29 * 7, 750 - step % 7 * 10)
    _draw_box(pen, 60, 300 + step % 13 * 9, right, 380 + step % 13 * 9)
    return pen.glyph()


def build_font(path: Path, family: str, *, latin_only: bool = False) -> None:
    chars = [" ", *ASCII] if latin_only else [" ", *ASCII, *HANGUL, *EMPTY, *PLACEHOLDERS]
    names = {char: f"g{ord(char):04X}" for char in chars}
    builder = FontBuilder(EM, isTTF=True)
    builder.setupGlyphOrder([".notdef", *names.values()])
    builder.setupCharacterMap({ord(char): name for char, name in names.items()})
    glyphs = {name: _draw_glyph(char, i) for i, (char, name) in enumerate(names.items())}
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), **glyphs})
    advances = {name: (920 if ord(char) > 0x2000 else 500, 60) for char, name in names.items()}
    builder.setupHorizontalMetrics({".notdef": (500, 0), **advances})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)


@pytest.fixture(scope="session")
def materials(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `scripts/materials` writes it: two Korean families, one of validation, a Latin one, a photograph."""
    folder = tmp_path_factory.mktemp("materials")
    (folder / "fonts").mkdir()
    (folder / "backgrounds").mkdir()
    records = []
    for family, glyph_class, split in (
        ("Bars", "gothic", "train"),
        ("Kept Bars", "serif", "validation"),
        ("Roman Bars", "latin", "train"),
    ):
        path = folder / "fonts" / f"{family.replace(' ', '')}.ttf"
        build_font(path, family, latin_only=glyph_class == "latin")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        records.append(
            {"file": path.name, "index": 0, "family": family, "style": "Regular", "class": glyph_class}
            | {"licence": "CC0", "source": "test", "version": "1", "sha256": digest, "split": split}
        )
    (folder / "fonts.json").write_text(json.dumps(records), encoding="utf-8")
    noise = np.random.default_rng(0).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "backgrounds" / "noise.jpg")
    return folder


@pytest.fixture(scope="session")
def fonts(materials: Path) -> "FontLibrary":
    """The library of that folder."""
    return FontLibrary.read(materials)
