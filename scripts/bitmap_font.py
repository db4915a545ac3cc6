"""X11 bitmap fonts (PCF) as TrueType, each pixel a square of the outline, so that they draw like any other font."""

import gzip
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import newTable
from fontTools.ttLib.tables.ttProgram import Program

PIXEL_UNITS = 100
"""Font units of a pixel's side; drawn at its own size in pixels, a glyph has the bits of the bitmap."""

_METRICS, _BITMAPS, _ENCODINGS = 4, 8, 32
_NO_OPERATION = b"\x00"  # SVTCA[0]: measure along y, which is how programs begin anyway
_MSB_BYTES, _MSB_BITS, _COMPRESSED = 4, 8, 0x100


class Glyph(NamedTuple):
    """One bitmap: rows of bits from the top, where its box lies about the pen, and the pen's advance, in pixels."""

    bits: np.ndarray
    left: int
    ascent: int
    advance: int


def read_pcf(path: Path) -> dict[str, Glyph]:
    """The glyphs of a font in KS X 1001, Latin-1 or Unicode order, by character.

    Source: X.Org, "The X11 Portable Compiled Format" (pcf, font file format of libXfont).

    Raises:
        ValueError: the file is no PCF font.
    """
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if data[:4] != b"\1fcp":
        raise ValueError(f"{path.name} is no PCF font")
    count = struct.unpack_from("<i", data, 4)[0]
    tables = {}
    for i in range(count):
        kind, form, _, offset = struct.unpack_from("<iiii", data, 8 + 16 * i)
        tables[kind] = form, offset
    metrics = list(_read_metrics(data, *tables[_METRICS]))
    bitmaps = _read_bitmaps(data, *tables[_BITMAPS], metrics)
    glyphs = {}
    for char, index in _read_encoding(data, *tables[_ENCODINGS]):
        left, _, advance, ascent, _ = metrics[index]
        glyphs[char] = Glyph(bitmaps(index), left, ascent, advance)
    return glyphs


def _order(form: int) -> str:
    return ">" if form & _MSB_BYTES else "<"


def _read_metrics(data: bytes, form: int, offset: int) -> Iterator[tuple[int, int, int, int, int]]:
    """Left and right bearing, advance, ascent and descent of each glyph."""
    order = _order(form)
    if form & _COMPRESSED:
        count = struct.unpack_from(order + "h", data, offset + 4)[0]
        for i in range(count):
            left, right, width, ascent, descent = (value - 0x80 for value in data[offset + 6 + 5 * i :][:5])
            yield left, right, width, ascent, descent
        return
    count = struct.unpack_from(order + "i", data, offset + 4)[0]
    for i in range(count):
        yield struct.unpack_from(order + "5h", data, offset + 8 + 12 * i)


def _read_bitmaps(
    data: bytes, form: int, offset: int, metrics: list[tuple[int, int, int, int, int]]
) -> Callable[[int], np.ndarray]:
    order = _order(form)
    count = struct.unpack_from(order + "i", data, offset + 4)[0]
    starts = struct.unpack_from(f"{order}{count}i", data, offset + 8)
    base, pad = offset + 8 + 4 * count + 16, 1 << (form & 3)

    def read(index: int) -> np.ndarray:
        left, right, _, ascent, descent = metrics[index]
        width, height = right - left, ascent + descent
        stride = -(-width // (8 * pad)) * pad
        rows = np.frombuffer(data, np.uint8, stride * height, base + starts[index]).reshape(height, stride)
        bits = np.unpackbits(rows, axis=1, bitorder="big" if form & _MSB_BITS else "little")
        return bits[:, :width]

    return read


def _read_encoding(data: bytes, form: int, offset: int) -> Iterator[tuple[str, int]]:
    order = _order(form)
    first_2, last_2, first_1, last_1, _ = struct.unpack_from(order + "5h", data, offset + 4)
    columns = last_2 - first_2 + 1
    for row in range(last_1 - first_1 + 1):
        for column in range(columns):
            index = struct.unpack_from(order + "H", data, offset + 14 + 2 * (row * columns + column))[0]
            if index == 0xFFFF:
                continue
            byte_1, byte_2 = first_1 + row, first_2 + column
            try:
                code = bytes([byte_1 | 0x80, byte_2 | 0x80]) if byte_1 else bytes([byte_2])
                yield code.decode("euc_kr" if byte_1 else "latin-1"), index
            except UnicodeDecodeError:
                continue


def write_truetype(glyphs: dict[str, Glyph], size_px: int, family: str, target: Path) -> None:
    """Write the glyphs as a TrueType font with an em of `size_px` pixels."""
    names = {char: f"u{ord(char):05X}" for char in sorted(glyphs)}
    builder = FontBuilder(size_px * PIXEL_UNITS, isTTF=True)
    builder.setupGlyphOrder([".notdef", *names.values()])
    builder.setupCharacterMap({ord(char): name for char, name in names.items()})
    outlines = {".notdef": TTGlyphPen(None).glyph()}
    outlines |= {name: _draw_outline(glyphs[char]) for char, name in names.items()}
    builder.setupGlyf(outlines)
    advances = {name: (glyphs[char].advance * PIXEL_UNITS, 0) for char, name in names.items()}
    builder.setupHorizontalMetrics({".notdef": (size_px * PIXEL_UNITS // 2, 0), **advances})
    ascent = max(glyph.ascent for glyph in glyphs.values()) * PIXEL_UNITS
    builder.setupHorizontalHeader(ascent=ascent, descent=ascent - size_px * PIXEL_UNITS)
    builder.setupNameTable({"familyName": family, "styleName": f"{size_px}px"})
    builder.setupOS2(sTypoAscender=ascent, usWinAscent=ascent)
    builder.setupPost()
    # Fonts without any program are hinted by FreeType on its own, which would move their pixels.
    program = builder.font["fpgm"] = newTable("fpgm")
    program.program = Program()
    program.program.fromBytecode(_NO_OPERATION)
    # A date of its own would change the file's hash from day to day.
    builder.font["head"].created = builder.font["head"].modified = 0
    builder.font.recalcTimestamp = False
    builder.save(target)


def _draw_outline(glyph: Glyph) -> object:
    """Rectangles of pixels: runs of a row, joined with equal runs below."""
    pen = TTGlyphPen(None)
    open_runs: dict[tuple[int, int], int] = {}
    height = glyph.bits.shape[0]
    for row in range(height + 1):
        runs = set(_find_runs(glyph.bits[row])) if row < height else set()
        for run in [run for run in open_runs if run not in runs]:
            _draw_rectangle(pen, glyph, run, open_runs.pop(run), row)
        for run in runs:
            open_runs.setdefault(run, row)
    return pen.glyph()


def _find_runs(bits: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], bits, [0]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _draw_rectangle(pen: TTGlyphPen, glyph: Glyph, run: tuple[int, int], first: int, last: int) -> None:
    left, right = ((glyph.left + column) * PIXEL_UNITS for column in run)
    top, bottom = ((glyph.ascent - row) * PIXEL_UNITS for row in (first, last))
    pen.moveTo((left, bottom))
    pen.lineTo((left, top))
    pen.lineTo((right, top))
    pen.lineTo((right, bottom))
    pen.closePath()
