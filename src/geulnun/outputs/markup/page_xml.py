"""Pages as PAGE XML of 2019-07-15, which OCR-D, eScriptorium and Transkribus read.

Source: Pletschacher and Antonacopoulos 2010, The PAGE format framework; PRImA's schema pagecontent/2019-07-15.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from geulnun._version import __version__
from geulnun.core.geometry import Quad
from geulnun.core.page import Alternative, Block, BlockKind, Cell, Char, Line, Page, Word
from geulnun.outputs.boxes import Box, clip_points, find_baseline, find_quads, format_points
from geulnun.outputs.markup.xml_text import format_attributes, format_confidence, format_text

_NAMESPACE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"
_REGION_TYPES: dict[BlockKind, str] = {
    "paragraph": "paragraph",
    "heading": "heading",
    "list_item": "paragraph",
    "caption": "caption",
    "page_number": "page-number",
    "running_head": "header",
}


def format_page_xml(page: Page, image_name: str, *, characters: bool = False) -> str:
    """A page as PAGE XML.

    Args:
        page: what was read.
        image_name: of the picture that the page shows.
        characters: whether to write characters and their alternatives too.
    """
    return "".join(_write_page(page, image_name, characters))


def _write_page(page: Page, image_name: str, characters: bool) -> Iterator[str]:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield (
        f'<PcGts xmlns="{_NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="{_NAMESPACE} {_NAMESPACE}/pagecontent.xsd">\n'
    )
    yield (
        f" <Metadata><Creator>geulnun {__version__}</Creator><Created>{now}</Created>"
        f"<LastChange>{now}</LastChange></Metadata>\n"
    )
    attributes = format_attributes(
        imageFilename=image_name,
        imageWidth=page.width_px,
        imageHeight=page.height_px,
        primaryLanguage="Korean",
        primaryScript="Kore - Korean (alias for Hangul + Han)",
    )
    yield f" <Page{attributes}>\n"
    if page.blocks:
        yield '  <ReadingOrder><OrderedGroup id="reading_order">\n'
        for index in range(len(page.blocks)):
            yield f'   <RegionRefIndexed index="{index}" regionRef="region_{index + 1}"/>\n'
        yield "  </OrderedGroup></ReadingOrder>\n"
    for number, block in enumerate(page.blocks, 1):
        yield from _write_block(page, block, f"region_{number}", characters)
    yield " </Page>\n</PcGts>\n"


def _write_block(page: Page, block: Block, key: str, characters: bool) -> Iterator[str]:
    if block.kind != "table":
        yield from _write_region(page, block, key, characters, type=_find_region_type(page, block))
        return
    attributes = format_attributes(id=key, rows=block.row_count, columns=block.column_count)
    yield f"  <TableRegion{attributes}>\n   {_format_coords(_find_outline(block, page))}\n"
    for index, cell in enumerate(block.cells, 1):
        role = format_attributes(
            rowIndex=cell.row,
            columnIndex=cell.column,
            rowSpan=cell.row_span,
            colSpan=cell.column_span,
            header="true" if cell.row < block.header_rows else "false",
        )
        roles = f"   <Roles><TableCellRole{role}/></Roles>\n"
        yield from _write_region(page, cell, f"{key}_cell_{index}", characters, roles=roles)
    yield "  </TableRegion>\n"


def _find_region_type(page: Page, block: Block) -> str | None:
    """What PAGE XML calls a block; running heads below are its footers."""
    _, top, _, bottom = block.quad.xyxy
    if block.kind == "running_head" and top + bottom > page.height_px:
        return "footer"
    return _REGION_TYPES.get(block.kind)


def _write_region(
    page: Page, part: Block | Cell, key: str, characters: bool, *, type: str | None = None, roles: str = ""
) -> Iterator[str]:
    coords = _format_coords(_find_outline(part, page))
    yield f"  <TextRegion{format_attributes(id=key, type=type)}>\n   {coords}\n{roles}"
    for number, line in enumerate(part.lines, 1):
        yield from _write_line(page, line, f"{key}_line_{number}", characters)
    if part.lines:
        text = "\n".join(line.text for line in part.lines)
        yield f"   {_format_text_equiv(text, None)}\n"
    yield "  </TextRegion>\n"


def _write_line(page: Page, line: Line, key: str, characters: bool) -> Iterator[str]:
    vertical = line.orientation == "vertical"
    direction = format_attributes(readingDirection="top-to-bottom" if vertical else "left-to-right")
    yield f"   <TextLine{format_attributes(id=key)}{direction}>{_format_coords(clip_points(line.quad, page))}"
    yield "\n" if vertical else f'<Baseline points="{format_points(find_baseline(line.quad, page))}"/>\n'
    for number, word in enumerate(line.words, 1):
        yield from _write_word(page, word, f"{key}_word_{number}", characters)
    yield f"    {_format_text_equiv(line.text, line.confidence)}\n   </TextLine>\n"


def _write_word(page: Page, word: Word, key: str, characters: bool) -> Iterator[str]:
    yield f"    <Word{format_attributes(id=key)}>{_format_coords(clip_points(word.quad, page))}"
    for number, char in enumerate(word.chars if characters else (), 1):
        yield _format_glyph(page, char, f"{key}_glyph_{number}")
    yield f"{_format_text_equiv(word.text, word.confidence)}</Word>\n"


def _format_glyph(page: Page, char: Char, key: str) -> str:
    # The reading itself comes first; its alternatives may hold it once more.
    others: list[Alternative] = [other for other in char.alternatives if other.text != char.text]
    index = 0 if others else None
    readings = _format_text_equiv(char.text, char.confidence, index) + "".join(
        _format_text_equiv(other.text, other.confidence, number) for number, other in enumerate(others, 1)
    )
    return f"<Glyph{format_attributes(id=key)}>{_format_coords(clip_points(char.quad, page))}{readings}</Glyph>"


def _format_text_equiv(text: str, confidence: float | None, index: int | None = None) -> str:
    attributes = format_attributes(index=index, conf=format_confidence(confidence))
    return f"<TextEquiv{attributes}><Unicode>{format_text(text)}</Unicode></TextEquiv>"


def _format_coords(points: list[tuple[int, int]]) -> str:
    return f'<Coords points="{format_points(points)}"/>'


def _find_outline(part: Block | Cell, page: Page) -> list[tuple[int, int]]:
    box = Box.around(find_quads(part), page)
    return clip_points(Quad.from_xyxy(box.left, box.top, box.right, box.bottom), page)
