"""Pages as ALTO 4.4: blocks, lines and words with their places, in reading order.

Source: Library of Congress, ALTO schema 4.4 (https://www.loc.gov/standards/alto/v4/alto-4-4.xsd).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from geulnun._version import __version__
from geulnun.core.geometry import Quad
from geulnun.core.page import Block, Cell, Char, Line, Page, Word
from geulnun.outputs.boxes import Box, clip_points, find_baseline, find_quads, format_points
from geulnun.outputs.markup.xml_text import format_attributes, format_confidence, format_text
from geulnun.outputs.text_writer import TextFormat
from geulnun.outputs.writer import DocumentInfo

_NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"
_SCHEMA = "http://www.loc.gov/standards/alto/v4/alto-4-4.xsd"
_TILTED_DEG = 1.0  # from here on a line has a polygon of its own
_LONGEST_VARIANT = 3  # characters


@dataclass(slots=True)
class AltoFormat(TextFormat):
    """One ALTO document; its pages, and the blocks of a page, stand in reading order."""

    characters: bool = False
    _count: int = field(default=0, init=False)

    def start_document(self, info: DocumentInfo) -> str:
        """The head."""
        name = "" if info.name is None else f"<fileName>{format_text(info.name)}</fileName>"
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<alto xmlns="{_NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            f'xsi:schemaLocation="{_NAMESPACE} {_SCHEMA}" SCHEMAVERSION="4.4">\n'
            " <Description>\n"
            "  <MeasurementUnit>pixel</MeasurementUnit>\n"
            f"  <sourceImageInformation>{name}</sourceImageInformation>\n"
            '  <Processing ID="geulnun"><processingSoftware><softwareName>geulnun</softwareName>'
            f"<softwareVersion>{__version__}</softwareVersion></processingSoftware></Processing>\n"
            " </Description>\n"
            " <Layout>\n"
        )

    def format_page(self, page: Page) -> str:
        """The `Page` element."""
        self._count += 1
        return "".join(_write_page(page, f"page_{self._count}", self.characters))

    def end_document(self) -> str:
        """The end of the document."""
        return " </Layout>\n</alto>\n"


def _write_page(page: Page, key: str, characters: bool) -> Iterator[str]:
    size = {"WIDTH": page.width_px, "HEIGHT": page.height_px}
    yield f"  <Page{format_attributes(ID=key, PHYSICAL_IMG_NR=page.number, **size)}>\n"
    yield f"   <PrintSpace{format_attributes(HPOS=0, VPOS=0, **size)}>\n"
    for number, block in enumerate(page.blocks, 1):
        block_key = f"{key}_block_{number}"
        if block.kind == "table":
            place = _format_place(Box.around(find_quads(block), page))
            yield f"    <ComposedBlock{format_attributes(ID=block_key, TYPE='table')}{place}>\n"
            for index, cell in enumerate(block.cells, 1):
                yield from _write_block(page, cell, f"{block_key}_cell_{index}", characters)
            yield "    </ComposedBlock>\n"
        else:
            yield from _write_block(page, block, block_key, characters)
    yield "   </PrintSpace>\n  </Page>\n"


def _write_block(page: Page, part: Block | Cell, key: str, characters: bool) -> Iterator[str]:
    place = _format_place(Box.around(find_quads(part), page))
    yield f"    <TextBlock{format_attributes(ID=key)}{place}{format_attributes(LANG='ko')}>\n"
    for number, line in enumerate(part.lines, 1):
        yield from _write_line(page, line, f"{key}_line_{number}", characters)
    yield "    </TextBlock>\n"


def _write_line(page: Page, line: Line, key: str, characters: bool) -> Iterator[str]:
    place = _format_place(Box.around(find_quads(line), page))
    vertical = line.orientation == "vertical"
    direction = format_attributes(
        BASELINE=None if vertical else format_points(find_baseline(line.quad, page)),
        BASEDIRECTION="ttb" if vertical else "ltr",
    )
    yield f"     <TextLine{format_attributes(ID=key)}{place}{direction}>\n"
    if _is_tilted(line.quad):
        yield f'      <Shape><Polygon POINTS="{format_points(clip_points(line.quad, page))}"/></Shape>\n'
    before: Box | None = None
    for number, word in enumerate(line.words, 1):
        box = Box.around([word.quad], page)
        if before is not None:
            gap = max(0, box.left - before.right)
            yield f"      <SP{format_attributes(HPOS=before.right, VPOS=before.top, WIDTH=gap)}/>\n"
        yield from _write_word(page, word, box, f"{key}_word_{number}", characters)
        before = box
    yield "     </TextLine>\n"


def _write_word(page: Page, word: Word, box: Box, key: str, characters: bool) -> Iterator[str]:
    known = word.chars and all(char.confidence is not None for char in word.chars)
    # One digit a character, 0 for sure and 9 for unsure: the other way round than WC.
    digits = " ".join(str(min(9, int(10 - 10 * (char.confidence or 0.0)))) for char in word.chars)
    attributes = format_attributes(
        CONTENT=word.text, WC=format_confidence(word.confidence), CC=digits if known else None
    )
    start = f"      <String{format_attributes(ID=key)}{_format_place(box)}{attributes}"
    glyphs = [_format_glyph(page, char) for char in word.chars if len(char.text) == 1] if characters else []
    yield f"{start}>\n{''.join(glyphs)}      </String>\n" if glyphs else f"{start}/>\n"


def _format_glyph(page: Page, char: Char) -> str:
    place = _format_place(Box.around([char.quad], page))
    attributes = format_attributes(CONTENT=char.text, GC=format_confidence(char.confidence))
    variants = "".join(
        f"<Variant{format_attributes(CONTENT=other.text, VC=format_confidence(other.confidence))}/>"
        for other in char.alternatives
        if len(other.text) <= _LONGEST_VARIANT
    )
    return f"       <Glyph{attributes}{place}>{variants}</Glyph>\n"


def _format_place(box: Box) -> str:
    return format_attributes(HPOS=box.left, VPOS=box.top, WIDTH=box.width, HEIGHT=box.height)


def _is_tilted(quad: Quad) -> bool:
    return abs(quad.angle_deg) > _TILTED_DEG
