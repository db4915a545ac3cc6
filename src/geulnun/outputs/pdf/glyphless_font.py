"""A font without visible glyphs, drawn here: what the invisible text of a searchable PDF is set in.

Codes are UTF-16 units. ASCII is half an em wide, everything else one em.
"""

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pikepdf import Object, Pdf

UNITS_PER_EM = 1000
# Together one em, so that a selection covers the height of a line whose font size is that height.
ASCENT, DESCENT = 800, -200
NARROW, WIDE = 500, 1000
NARROW_CODES = range(32, 127)

_NAME = "GeulnunGlyphless"
_MADE = 3_850_070_400  # 2026-01-01, in seconds since 1904
_TRIANGLE = 2  # units; see `_draw_box`
# Characters beyond the BMP need two UTF-16 units, which most readers of PDFs take for two characters. They, and the
# private characters themselves, get single codes of the private area.
_PRIVATE = range(0xE000, 0xF900)
_REPLACEMENT = 0xFFFD


def measure_text(text: str) -> int:
    """The width of a line of text in thousandths of an em."""
    return sum(NARROW if ord(char) in NARROW_CODES else WIDE for char in text)


class CodeTable:
    """Codes for the characters of one PDF; grows as text is encoded."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    def encode(self, text: str) -> bytes:
        """The text as a hexadecimal PDF string with its brackets."""
        return b"<" + "".join(f"{self._find_code(char):04X}" for char in text).encode("ascii") + b">"

    def format_to_unicode(self) -> bytes:
        """The /ToUnicode CMap of all text encoded so far.

        One range over all of the BMP stands for itself. The specification wants 256 ranges that share their first byte;
        Ghostscript loses text with those, and every reader tried takes the one range.
        """
        own = [f"<{code:04X}> <{char.encode('utf-16-be').hex().upper()}>" for char, code in self._codes.items()]
        blocks = [own[start : start + 100] for start in range(0, len(own), 100)]
        own_text = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
        return _TO_UNICODE.replace("OWN", own_text).encode("ascii")

    def _find_code(self, char: str) -> int:
        code = ord(char)
        if code < 0x10000 and code not in _PRIVATE:
            return code
        if char not in self._codes and len(self._codes) < len(_PRIVATE):
            self._codes[char] = _PRIVATE[len(self._codes)]
        return self._codes.get(char, _REPLACEMENT)


def build_font(pdf: "Pdf") -> "Object":
    """The font as an indirect object of `pdf`; its /ToUnicode is to be set when all text is encoded."""
    from pikepdf import Array, Dictionary, Name, Stream

    data = build_truetype()
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name("/" + _NAME),
        Flags=4,  # symbolic
        FontBBox=Array([0, DESCENT, WIDE, ASCENT]),
        ItalicAngle=0,
        Ascent=ASCENT,
        Descent=DESCENT,
        CapHeight=ASCENT,
        StemV=80,
        FontFile2=pdf.make_indirect(Stream(pdf, data, Length1=len(data))),
    )
    glyph_ids = b"".join(struct.pack(">H", 2 if code in NARROW_CODES else 1) for code in range(0x10000))
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=Name("/" + _NAME),
        CIDSystemInfo=Dictionary(Registry="Adobe", Ordering="Identity", Supplement=0),
        DW=WIDE,
        W=Array([NARROW_CODES.start, NARROW_CODES.stop - 1, NARROW]),
        FontDescriptor=pdf.make_indirect(descriptor),
        CIDToGIDMap=pdf.make_indirect(Stream(pdf, glyph_ids)),
    )
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=Name("/" + _NAME),
            Encoding=Name("/Identity-H"),
            DescendantFonts=Array([pdf.make_indirect(descendant)]),
        )
    )


def build_truetype() -> bytes:
    """A TrueType file with three glyphs: .notdef and a wide one of 1,000 units, and a narrow one of 500.

    Source: Apple, TrueType Reference Manual, and the OpenType specification, for the layout of the tables.
    """
    glyphs = [_draw_box(WIDE), _draw_box(WIDE), _draw_box(NARROW)]
    offsets = [sum(map(len, glyphs[:count])) for count in range(len(glyphs) + 1)]
    head = struct.pack(
        ">IIIIHHQQhhhhHHhhh",
        *(0x00010000, 0x00010000, 0, 0x5F0F3CF5, 0b1011, UNITS_PER_EM, _MADE, _MADE),
        *(0, DESCENT, WIDE, ASCENT, 0, 8, 2, 0, 0),
    )
    hhea = struct.pack(">IhhhHhhhhhhhhhhhH", 0x00010000, ASCENT, DESCENT, 0, WIDE, *(0, 0, WIDE, 1, 0, 0), *[0] * 5, 3)
    maxp = struct.pack(">IHHHHHHHHHHHHHH", 0x00010000, len(glyphs), 6, 2, 0, 0, 1, *[0] * 8)
    tables = {
        b"glyf": b"".join(glyphs),
        b"head": head,
        b"hhea": hhea,
        b"hmtx": struct.pack(">HhHhHh", WIDE, 0, WIDE, 0, NARROW, 0),
        b"loca": struct.pack(f">{len(offsets)}H", *(offset // 2 for offset in offsets)),
        b"maxp": maxp,
    }
    return _assemble(tables)


def _draw_box(width: int) -> bytes:
    """The outline of a glyph: two tiny triangles in opposite corners, which nobody sees.

    They give the glyph a bounding box. PDFium drops words of one letter, and all text of pages that lie on their side,
    where glyphs are truly empty.
    """
    right, top, bottom, step = width, ASCENT, DESCENT, _TRIANGLE
    points = [(0, bottom), (step, bottom), (0, bottom + step), (right, top), (right - step, top), (right, top - step)]
    xs = [x - before for (x, _), (before, _) in zip(points, [(0, 0), *points], strict=False)]
    ys = [y - before for (_, y), (_, before) in zip(points, [(0, 0), *points], strict=False)]
    header = struct.pack(">hhhhh", 2, 0, bottom, right, top)
    outline = struct.pack(">HHH", 2, 5, 0) + bytes([1] * 6) + struct.pack(">6h", *xs) + struct.pack(">6h", *ys)
    return (header + outline).ljust((len(header + outline) + 3) // 4 * 4, b"\0")


def _assemble(tables: dict[bytes, bytes]) -> bytes:
    """A TrueType file of these tables, with all checksums."""
    count = len(tables)
    power = count.bit_length() - 1
    start = struct.pack(">IHHHH", 0x00010000, count, 16 << power, power, 16 * count - (16 << power))
    offset = len(start) + 16 * count
    records, body = b"", b""
    for tag, data in sorted(tables.items()):
        padded = data.ljust((len(data) + 3) // 4 * 4, b"\0")
        records += struct.pack(">4sIII", tag, _sum_words(padded), offset + len(body), len(data))
        body += padded
    whole = start + records + body
    place = offset + body.index(tables[b"head"]) + 8
    adjustment = (0xB1B0AFBA - _sum_words(whole)) % 2**32
    return whole[:place] + struct.pack(">I", adjustment) + whole[place + 4 :]


def _sum_words(data: bytes) -> int:
    words: tuple[int, ...] = struct.unpack(f">{len(data) // 4}I", data)
    return sum(words) % 2**32


_TO_UNICODE = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
1 beginbfrange
<0000> <FFFF> <0000>
endbfrange
OWN
endcmap
CMapName currentdict /CMap defineresource pop
end
end
"""
