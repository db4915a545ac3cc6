"""Header rows of tables: the first ones, where shading, bold type or the only rule inside the table sets them apart."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from geulnun.core.arrays import Floats, GreyImage
from geulnun.core.page import Block, Cell, Line
from geulnun.runtime.layout.ruling_lines import NO_RULES, Rules

# Chosen by the row of layout/table_heads.py in docs/experiments/layout.md.
_MOST_ROWS = 3  # of a header
_LEAST_SHADE = 10.0  # grey levels between the grounds of header and table,
_SHADE_RATIO = 1.6  # and over the largest such difference between any other rows that follow each other;
_SEVERAL_RATIO = 3.0  # where the header has several rows
_RULED_SHARE = 0.8  # of the table's width that a rule below its header covers
_BOLD_RATIO = 1.25  # strokes of bold letters over those of the others, at least
_INK_PERCENTILE = 98.0  # of the differences from the ground: what is as dark as ink
_LEAST_CONTRAST = 20.0  # grey levels between ink and ground, to measure strokes


@dataclass(frozen=True, slots=True)
class _Look:
    """How a line is printed: the grey level of its ground, and the width of its strokes over its height."""

    ground: float
    stroke: float


def mark_header_rows(blocks: Iterable[Block], grey: GreyImage, rules: Rules = NO_RULES) -> list[Block]:
    """The blocks, with the number of header rows of each table whose header can be told by its look.

    Args:
        blocks: of a page.
        grey: (H, W) the page image.
        rules: the page's ruling lines.
    """
    return [
        replace(block, header_rows=count_header_rows(block, grey, rules))
        if block.kind == "table" and not block.header_rows
        else block
        for block in blocks
    ]


def count_header_rows(table: Block, grey: GreyImage, rules: Rules = NO_RULES) -> int:
    """How many of a table's first rows are its header; 0 where nothing says so."""
    rows = [[cell for cell in row if cell.lines] for row in table.rows]
    if len(rows) < 2 or not all(rows):
        return 0
    looks = [[_measure(cell.lines, grey) for cell in row] for row in rows]
    grounds = np.array([np.median([look.ground for look in row]) for row in looks])
    strokes = np.array([np.median([look.stroke for look in row]) for row in looks])
    found = _count_shaded(grounds) or _count_bold(strokes) or _count_ruled(rows, rules)
    return 0 if any(_reaches_over(cell, found) for row in rows for cell in row) else found


def _count_shaded(grounds: Floats) -> int:
    """The first rows that are shaded otherwise than all rows below them."""
    steps = np.abs(np.diff(grounds))
    count = int(np.argmax(steps[:_MOST_ROWS])) + 1
    rest = float(np.delete(steps, count - 1).max(initial=0.0))
    ratio = _SHADE_RATIO if count == 1 else _SEVERAL_RATIO
    return count if steps[count - 1] >= max(_LEAST_SHADE, ratio * rest) else 0


def _count_bold(strokes: Floats) -> int:
    """1 if the first of several rows has clearly broader strokes than each of the others, 0 if not."""
    rest = strokes[1:]
    return int(len(rest) > 1 and strokes[0] >= _BOLD_RATIO * np.median(rest) and strokes[0] > rest.max())


def _count_ruled(rows: Sequence[Sequence[Cell]], rules: Rules) -> int:
    """1 if a rule runs below the first of several rows, and below no other but the last; 0 if not."""
    spans = [np.array([line.quad.xyxy for cell in row for line in cell.lines]) for row in rows]
    left, right = min(span[:, 0].min() for span in spans), max(span[:, 2].max() for span in spans)
    starts, ends = rules.across[:, :, 0].min(axis=1), rules.across[:, :, 0].max(axis=1)
    wide = np.minimum(ends, right) - np.maximum(starts, left) >= _RULED_SHARE * (right - left)
    places = rules.across[wide, :, 1].mean(axis=1)
    middles = np.array([(span[:, 1].mean() + span[:, 3].mean()) / 2 for span in spans])
    inside = places[(places > middles[0]) & (places < middles[-1])]
    return int(len(rows) > 2 and len(inside) > 0 and bool((inside < middles[1]).all()))


def _reaches_over(cell: Cell, row: int) -> bool:
    """Whether a cell spans the edge above a row."""
    return cell.row < row < cell.row + cell.row_span


def _measure(lines: Sequence[Line], grey: GreyImage) -> _Look:
    """The look of a cell's first line."""
    left, top, right, bottom = lines[0].quad.xyxy
    crop = grey[max(0, int(top)) : max(0, int(bottom)) + 1, max(0, int(left)) : max(0, int(right)) + 1]
    if not crop.size:
        return _Look(ground=255.0, stroke=0.0)
    crop = crop.astype(np.float32)
    ground = float(np.median(crop))  # more of a line is ground than ink
    ink = np.abs(crop - ground)
    most = float(np.percentile(ink, _INK_PERCENTILE))
    if most < _LEAST_CONTRAST:
        return _Look(ground=ground, stroke=0.0)
    cover = np.clip(ink / most, 0, 1)
    edges = np.abs(np.diff(cover, axis=0)).sum() + np.abs(np.diff(cover, axis=1)).sum()
    stroke_px = 2 * float(cover.sum()) / max(float(edges), 1.0)
    return _Look(ground=ground, stroke=stroke_px / max(bottom - top, 1.0))
