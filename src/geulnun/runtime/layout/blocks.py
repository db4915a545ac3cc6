"""Lines of a page -> its blocks in reading order: tables, rows of facing lines, paragraphs and what else they are."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geulnun.core.geometry import Quad
from geulnun.core.page import Block, BlockKind, Cell, Line
from geulnun.runtime.layout.alignment import find_aligned_tables
from geulnun.runtime.layout.centred_tables import find_centred_tables
from geulnun.runtime.layout.deskew import undo_flattening
from geulnun.runtime.layout.flat_page import FlatPage
from geulnun.runtime.layout.reading_order import MOST_LINES, is_vertical_page, order_lines, order_rows
from geulnun.runtime.layout.rows import LIKE_HEIGHTS, find_facing, find_rows, group_rows, is_amount
from geulnun.runtime.layout.ruling_lines import NO_RULES, Rules
from geulnun.runtime.layout.tables import Grid, GridCell, find_ruled_tables

# Chosen by eye on drawn and real pages; there is no row of docs/experiments for them.
_HEAD_GAP = 2.5  # white between a table and the row that names its columns, over the letters' height, at most
_ITEM = re.compile(r"([-•·▪■□◦○●◆※*]|\(?\d{1,2}[.)]|\(?[가나다라마바사아자차카타파하][.)]|[①-⑳])\s+\S")
_CAPTION = re.compile(r"[<\[(〈【]?\s?(그림|표|사진|Figure|Fig\.|Table)\s?\d+")
_NUMBER = re.compile(r"[-–—]?\s?\d{1,4}\s?[-–—]?|\d{1,4}\s?/\s?\d{1,4}")
_LEAST_BLOCKS = 2  # beside the number of a page
_SAME_LINE_RATIO = 1.2  # white between pieces of one line, over the letters' height, at most
_LEAST_LEADING, _MOST_LEADING = 0.5, 2.2  # from line to line of a block, over the lower and the higher line's height
_LEAST_SHARED = 0.5  # of the shorter line's length, above or below the longer one


def build_blocks(lines: Sequence[Line], rules: Rules = NO_RULES) -> list[Block]:
    """The blocks of a page.

    Args:
        lines: In any order.
        rules: The page's ruling lines.
    """
    if not 2 <= len(lines) <= MOST_LINES or is_vertical_page(lines):
        return _build_paragraphs([[[line]] for line in order_lines(lines, rules)])
    page = FlatPage.lay(lines, rules)
    facing = find_facing(page.boxes, page.upright)
    order = order_rows(page, find_rows(lines, page.boxes, facing, page.down))
    amounts = np.array([is_amount(line.text) for line in lines])
    tables = find_ruled_tables(page, amounts)
    free = ~page.upright
    free[[number for grid in tables for cell in grid for number in cell.members]] = False
    tables += find_centred_tables(page.boxes, np.flatnonzero(free), facing)
    return _name_page_number(join_heads(_Structure(lines, page, facing, tables, order).build()))


def join_heads(blocks: Iterable[Block]) -> list[Block]:
    """The blocks, where a row close above a table that names its columns is the first row of the table."""
    joined: list[Block] = []
    for block in blocks:
        above = joined[-1] if joined else None
        if above and above.kind == "row" and block.kind == "table" and _is_head(above, block):
            joined[-1] = _join_head(above, block)
        else:
            joined.append(block)
    return joined


def _is_head(row: Block, table: Block) -> bool:
    """Whether the cells of a row above a table stand above its columns, each above another."""
    height = float(np.median([line.quad.height_px for line in row.lines]))
    gap = table.quad.xyxy[1] - row.quad.xyxy[3]
    return -height < gap < _HEAD_GAP * height and _find_columns(row, table) is not None


def _find_columns(row: Block, table: Block) -> list[int] | None:
    """The column of a table that each cell of a row is above; None if some is above none, or two above one."""
    spans = [_span_column(table, column) for column in range(table.column_count)]
    columns = []
    for cell in row.cells:
        left, _, right, _ = cell.quad.xyxy
        shared = [min(right, high) - max(left, low) for low, high in spans]
        columns.append(int(np.argmax(shared)))
        if max(shared) <= 0:
            return None
    return columns if columns == sorted(set(columns)) else None


def _span_column(table: Block, column: int) -> tuple[float, float]:
    quads = [cell.quad.xyxy for cell in table.cells if (cell.column, cell.column_span) == (column, 1)]
    return min((quad[0] for quad in quads), default=np.inf), max((quad[2] for quad in quads), default=-np.inf)


def _join_head(row: Block, table: Block) -> Block:
    columns = _find_columns(row, table) or []
    head = [replace(cell, column=column) for cell, column in zip(row.cells, columns, strict=True)]
    return replace(table, cells=(*head, *(replace(cell, row=cell.row + 1) for cell in table.cells)), header_rows=1)


def build_paragraphs(lines: Sequence[Line], rules: Rules = NO_RULES) -> list[Block]:
    """The blocks of a page without looking for rows and tables: each cell of these is a paragraph."""
    return _name_page_number(_build_paragraphs([[[line]] for line in order_lines(lines, rules)]))


@dataclass(frozen=True, slots=True)
class _Structure:
    """What was found on a page.

    Attributes:
        lines: N of the page.
        page: they, laid flat.
        facing: (N,) which line each faces at its right.
        tables: those between ruling lines, and those of centred cells.
        order: the numbers of the lines in reading order.
    """

    lines: Sequence[Line]
    page: FlatPage
    facing: NDArray[np.intp]
    tables: Sequence[Grid]
    order: Sequence[int]

    def build(self) -> Iterator[Block]:
        """The blocks in reading order; a table comes in the place of its first line."""
        table_of = {number: table for table, grid in enumerate(self.tables) for cell in grid for number in cell.members}
        written: set[int] = set()
        free: list[int] = []
        for number in self.order:
            table = table_of.get(number)
            if table is None:
                free.append(number)
            elif table not in written:
                yield from self._build_free(free)
                yield self._build_table(self.tables[table])
                written.add(table)
                free = []
        yield from self._build_free(free)

    def _build_free(self, order: Sequence[int]) -> Iterator[Block]:
        """The blocks of lines that stand in no table between rules."""
        rows = group_rows(order, self.facing)
        start = 0
        for table in find_aligned_tables(self.page.boxes, rows):
            yield from self._build_rows(rows[start : table.start])
            yield self._build_table(table.grid)
            start = table.end
        yield from self._build_rows(rows[start:])

    def _build_rows(self, rows: Sequence[Sequence[int]]) -> Iterator[Block]:
        """The blocks of rows that are no table."""
        texts: list[list[list[Line]]] = []
        for row in rows:
            cells = self._join_pieces(row)
            if len(cells) > 1:
                yield from _build_paragraphs(texts)
                texts = []
                yield Block(kind="row", cells=tuple(Cell(lines=tuple(cell), column=i) for i, cell in enumerate(cells)))
            else:
                texts.append(cells)
        yield from _build_paragraphs(texts)

    def _join_pieces(self, row: Sequence[int]) -> list[list[Line]]:
        """The cells of a row: pieces of one line stand close beside each other."""
        boxes = self.page.boxes
        cells: list[list[int]] = [[row[0]]]
        for left, right in zip(row, row[1:], strict=False):
            gap = boxes[right, 0] - boxes[left, 2]
            if gap < _SAME_LINE_RATIO * min(boxes[left, 4], boxes[right, 4]):
                cells[-1].append(right)
            else:
                cells.append([right])
        return [[self.lines[number] for number in cell] for cell in cells]

    def _build_table(self, grid: Grid) -> Block:
        return Block(kind="table", cells=tuple(map(self._build_cell, grid)))

    def _build_cell(self, cell: GridCell) -> Cell:
        bounds = None
        if cell.bounds is not None:
            left, top, right, bottom = cell.bounds
            corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
            bounds = Quad.from_array(undo_flattening(self.page.flattening, corners))
        return Cell(
            lines=tuple(self.lines[number] for number in sorted(cell.members, key=self.order.index)),
            row=cell.rows[0],
            column=cell.columns[0],
            row_span=cell.rows[1] - cell.rows[0],
            column_span=cell.columns[1] - cell.columns[0],
            bounds=bounds,
        )


def _build_paragraphs(rows: Sequence[Sequence[Sequence[Line]]]) -> list[Block]:
    """Paragraphs of rows that have one cell each; most cells are one line, others several pieces of one."""
    runs: list[list[Sequence[Line]]] = []
    for (cell,) in rows:
        if runs and _follows(runs[-1][-1][0], cell[0]) and not _ITEM.match(cell[0].text):
            runs[-1].append(cell)
        else:
            runs.append([cell])
    return [_build_paragraph(run) for run in runs]


def _build_paragraph(cells: Sequence[Sequence[Line]]) -> Block:
    return Block(
        kind=_find_kind(cells), cells=tuple(Cell(lines=tuple(cell), row=row) for row, cell in enumerate(cells))
    )


def _find_kind(cells: Sequence[Sequence[Line]]) -> BlockKind:
    first = cells[0][0]
    if len(cells) == 1 and len(cells[0]) == 1 and first.joined is not None:
        return "heading"
    if _ITEM.match(first.text) and not _NUMBER.fullmatch(first.text):
        return "list_item"
    return "caption" if _CAPTION.match(first.text) else "paragraph"


def _name_page_number(blocks: list[Block]) -> list[Block]:
    """The blocks, where a number alone above or below everything else is the page's."""
    for place in (0, -1):
        if len(blocks) > _LEAST_BLOCKS and blocks[place].kind == "paragraph" and _NUMBER.fullmatch(blocks[place].text):
            _, top, _, bottom = blocks[place].quad.xyxy
            spans = [block.quad.xyxy for block in blocks if block is not blocks[place]]
            if bottom < min(span[1] for span in spans) or top > max(span[3] for span in spans):
                blocks[place] = replace(blocks[place], kind="page_number")
    return blocks


def _follows(above: Line, below: Line) -> bool:
    """Whether a line goes on the block whose last line is `above`; both may be tilted alike."""
    if above.orientation != "horizontal" or below.orientation != "horizontal":
        return False
    heights = sorted((above.quad.height_px, below.quad.height_px))
    along = np.array(above.quad.points[1]) - np.array(above.quad.points[0])
    along = along / max(float(np.linalg.norm(along)), 1e-9)
    across = np.array([-along[1], along[0]])
    start, end = (quad.array @ along for quad in (above.quad, below.quad))
    shared = min(start.max(), end.max()) - max(start.min(), end.min())
    step = float((below.quad.array @ across).mean() - (above.quad.array @ across).mean())
    near = _LEAST_LEADING * heights[0] < step < _MOST_LEADING * heights[1]
    return near and heights[1] < LIKE_HEIGHTS * heights[0] and shared > _LEAST_SHARED * min(np.ptp(start), np.ptp(end))
