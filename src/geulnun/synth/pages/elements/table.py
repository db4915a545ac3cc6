"""Tables: ruled, half-ruled or shaded grids of wrapped cells, merged cells included."""

from dataclasses import dataclass

import numpy as np

from geulnun.synth.materials.texture import Color, draw_color
from geulnun.synth.pages.box import Box
from geulnun.synth.pages.canvas import Canvas
from geulnun.synth.pages.flow import Align
from geulnun.synth.pages.style import Style, wrap_text


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLook:
    """How a table is ruled and shaded.

    Attributes:
        rules: "grid", "rows", "outer", "open" (no side borders), "none".
        line: colour and thickness of the rules.
        head: background and letters of the head row, None where it looks like the others.
        zebra: background of every other row, or None.
        label: background of the first column, or None.
        pad: room above and below the text of a cell, over the size.
        leading: line distance inside a cell, over the size.
        gap_px: least distance between text and the rules beside it; None for a quarter of the size.
        center: whether short cells stand in the middle.
        merge: chance that a cell of the first column spans rows.
    """

    rules: str
    line: tuple[Color, int]
    head: tuple[Color, Color] | None
    zebra: Color | None
    label: Color | None
    pad: float
    leading: float
    gap_px: float | None
    center: bool
    merge: float


def draw_table_look(rng: np.random.Generator, ink: Color = (0, 0, 0), ground: Color = (255, 255, 255)) -> TableLook:
    """The look of a table on a light or dark ground."""
    dark = sum(ground) < 380

    def tint(light: tuple[float, float]) -> Color:
        return draw_color(rng, light=(0.12, 0.3) if dark else light, vivid=(0, 0.5))

    head: tuple[Color, Color] | None = None
    roll = rng.random()
    if roll < 0.35:
        head = tint((0.8, 0.95)), ink
    elif roll < 0.6:
        head = draw_color(rng, light=(0.15, 0.5), vivid=(0.1, 0.8)), (255, 255, 255)
    tight = rng.random() < 0.25
    gray = int(rng.integers(60, 130)) if dark else int(rng.integers(0, 190))
    line = (gray, gray, gray) if rng.random() < 0.8 else draw_color(rng, light=(0.2, 0.6))
    return TableLook(
        rules=("grid", "grid", "grid", "rows", "open", "outer", "none")[int(rng.integers(7))],
        line=(line, int(rng.choice([1, 1, 1, 2, 3]))),
        head=head,
        zebra=tint((0.92, 0.98)) if rng.random() < 0.2 else None,
        label=tint((0.86, 0.97)) if rng.random() < 0.25 else None,
        pad=0.0 if tight else float(rng.choice([0.08, 0.2, 0.35, 0.6, 0.9])),
        leading=float(rng.uniform(0.95, 1.2)) if tight else float(rng.uniform(1.12, 1.5)),
        gap_px=float(rng.uniform(2.5, 5)) if rng.random() < 0.3 else None,
        center=bool(rng.random() < 0.6),
        merge=float(rng.choice([0, 0, 0.3])),
    )


def find_widths(cells: list[list[str]], width_px: float) -> list[float]:
    """Column widths by the length of what stands in them."""
    longest = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    weights = np.sqrt(np.array(longest) + 1.0)
    return [float(w) for w in weights / weights.sum() * width_px]


def write_table(canvas: Canvas, cells: list[list[str]], box: Box, style: Style, look: TableLook) -> float:
    """The bottom of a table drawn from the box's top; rows that do not fit into the box are left out."""
    widths = find_widths(cells, box.width)
    edges = np.concatenate([[0], np.cumsum(widths)]) + box.left
    wrapped = [[_wrap_cell(canvas, text, style, w) for text, w in zip(row, widths, strict=True)] for row in cells]
    heights = [max(map(len, row)) * style.size_px * look.leading + 2 * look.pad * style.size_px for row in wrapped]
    tops = [box.top]
    for height in heights:
        if tops[-1] + height > box.bottom:
            break
        tops.append(tops[-1] + height)
    rows = len(tops) - 1
    spans = _draw_spans(canvas.rng, rows, look.merge)
    for row in range(rows):
        _shade(canvas, look, row, edges, tops[row], tops[row + 1])
    _rule(canvas, look, edges, tops, spans)
    for row in range(rows):
        shown = style.colored(look.head[1]) if row == 0 and look.head else style
        for i, lines in enumerate(wrapped[row]):
            if i == 0 and not spans[row]:
                continue
            end = row + (spans[row] if i == 0 else 1)
            area = Box(left=edges[i], top=tops[row], right=edges[i + 1], bottom=tops[end])
            _write_cell(canvas, lines, area, shown, look, _choose_align(cells[row][i], row == 0, len(lines), look))
    return tops[-1]


def _draw_spans(rng: np.random.Generator, rows: int, chance: float) -> list[int]:
    """How many rows the first cell of each row covers; 0 where a cell above covers it."""
    spans = [1] * rows
    row = 1
    while row < rows:
        length = min(int(rng.integers(2, 5)), rows - row) if rng.random() < chance else 1
        spans[row : row + length] = [length] + [0] * (length - 1)
        row += length
    return spans


def _wrap_cell(canvas: Canvas, text: str, style: Style, width: float) -> list[str]:
    room = max(width - 0.5 * style.size_px, style.size_px)
    return wrap_text(text, style, room, canvas.fonts)[:4] or [""]


def _choose_align(text: str, is_head: bool, lines: int, look: TableLook) -> Align:
    if is_head:
        return "center"
    if text[:1].isdigit() and text.replace(",", "").replace(".", "").isdigit():
        return "right"
    return "center" if look.center and lines < 3 else "left"


def _shade(canvas: Canvas, look: TableLook, row: int, edges: np.ndarray, top: float, bottom: float) -> None:
    whole = Box(left=edges[0], top=top, right=edges[-1], bottom=bottom)
    if row == 0 and look.head:
        canvas.fill(whole, look.head[0])
        return
    if look.zebra and row % 2:
        canvas.fill(whole, look.zebra)
    if look.label:
        canvas.fill(Box(left=edges[0], top=top, right=edges[1], bottom=bottom), look.label)


def _write_cell(canvas: Canvas, lines: list[str], box: Box, style: Style, look: TableLook, align: Align) -> None:
    step = style.size_px * look.leading
    used = (len(lines) - 1) * step + style.height_px
    y = box.top + (box.height - used) / 2
    gap = 0.25 * style.size_px if look.gap_px is None else look.gap_px
    at = {"left": box.left + gap, "center": (box.left + box.right) / 2, "right": box.right - gap, "justify": box.left}[
        align
    ]
    for line in lines:
        canvas.write(line, at, y, style, align=align)
        y += step


def _rule(canvas: Canvas, look: TableLook, edges: np.ndarray, tops: list[float], spans: list[int]) -> None:
    color, thickness = look.line
    left, right = edges[0], edges[-1]
    if look.rules != "none":
        for i, y in enumerate(tops):
            if look.rules == "outer" and 1 < i < len(tops) - 1:
                continue
            border = i in (0, len(tops) - 1)
            start = edges[1] if not border and not spans[i] else left
            canvas.rule(start, y, right, y, color, thickness + (1 if border and look.rules != "grid" else 0))
    inner = {"grid": edges, "open": edges[1:-1]}.get(look.rules, edges[:0])
    for x in inner:
        canvas.rule(x, tops[0], x, tops[-1], color, thickness)
