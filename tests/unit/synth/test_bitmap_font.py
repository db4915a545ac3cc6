import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from geulnun.synth.materials.fonts import Face
from geulnun.synth.materials.glyphs import Setting, draw_run

BITS = np.array([[1, 1, 0, 1], [0, 1, 0, 1], [1, 0, 1, 1], [1, 1, 1, 1]], np.uint8)


@pytest.fixture(scope="module")
def bitmap_font(repository: Path):  # type: ignore[no-untyped-def]
    """The module of `scripts`, which is no package."""
    sys.path.insert(0, str(repository / "scripts"))
    try:
        import bitmap_font
    finally:
        sys.path.pop(0)
    return bitmap_font


def write_pcf(path: Path) -> None:
    """A font of one glyph, 가, in KS X 1001 order: the code 0x3021."""
    metrics = struct.pack("<i", 0x100) + struct.pack("<h", 1) + bytes(0x80 + value for value in (1, 5, 6, 3, 1))
    rows = np.packbits(np.pad(BITS, ((0, 0), (0, 4))), axis=1).tobytes()
    bitmaps = struct.pack("<iii4i", 8, 1, 0, 4, 4, 4, 4) + rows
    encodings = struct.pack("<i5hh", 0, 0x21, 0x21, 0x30, 0x30, 0, 0)
    offset, toc = 8 + 3 * 16, b""
    for kind, table, form in ((4, metrics, 0x100), (8, bitmaps, 8), (32, encodings, 0)):
        toc += struct.pack("<iiii", kind, form, len(table), offset)
        offset += len(table)
    path.write_bytes(b"\1fcp" + struct.pack("<i", 3) + toc + metrics + bitmaps + encodings)


def test_a_bitmap_font_is_drawn_bit_by_bit_at_its_own_size(bitmap_font, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    write_pcf(tmp_path / "tiny.pcf")
    glyphs = bitmap_font.read_pcf(tmp_path / "tiny.pcf")
    assert list(glyphs) == ["가"] and glyphs["가"].advance == 6 and np.array_equal(glyphs["가"].bits, BITS)
    bitmap_font.write_truetype(glyphs, 6, "Tiny", tmp_path / "tiny.ttf")
    face = Face(
        path=str(tmp_path / "tiny.ttf"),
        index=0,
        family="Tiny",
        style="6px",
        glyph_class="bitmap",
        split="train",
        top_em=0.5,
        bottom_em=0.2,
        advances_em=[1.0] * 20_000,  # type: ignore[arg-type]
    )
    assert face.native_px == 6
    ink = draw_run("가", [face], Setting(size_px=6)).ink
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    drawn = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert np.array_equal(drawn, BITS * 255)


def test_other_files_are_refused(bitmap_font, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "other.pcf").write_bytes(b"not a font")
    with pytest.raises(ValueError, match="no PCF font"):
        bitmap_font.read_pcf(tmp_path / "other.pcf")
