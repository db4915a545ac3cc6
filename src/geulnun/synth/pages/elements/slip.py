"""A till's printer: letters on a grid of cells, as wide and high as twice the others, rows close below one another."""

from dataclasses import dataclass, replace

import numpy as np

from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.pages.box import Box
from geulnun.synth.pages.canvas import Canvas
from geulnun.synth.pages.elements.marks import write_barcode, write_square_code
from geulnun.synth.pages.style import Style, draw_face
from geulnun.synth.texts.receipts import Row

_BLACK = (0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Printer:
    """What all rows of a slip share.

    Attributes:
        style: of letters at their normal size, black.
        cell_px: width of a digit.
        step_px: distance of rows of normal height.
        left_px: where rows begin.
        right_px: where they end.
        stops: right edges of the last columns but one, as shares of the width, for three and four columns.
        values: where values of pairs stand: at the right edge, or from a share of the width on.
        dashes: what rules consist of.
    """

    style: Style
    cell_px: float
    step_px: float
    left_px: float
    right_px: float
    stops: tuple[float, float]
    values: float | None
    dashes: str

    @property
    def width_px(self) -> float:
        """Right minus left."""
        return self.right_px - self.left_px


def draw_printer(rng: np.random.Generator, fonts: FontLibrary) -> tuple[Printer, int]:
    """A printer and the width of its paper in dots: 24-dot or 16-dot bitmaps mostly, outlines otherwise."""
    face = draw_face(rng, fonts, ("bitmap",)) if rng.random() < 0.62 else None
    if face is None or face.native_px is None:
        face = draw_face(rng, fonts, ("mono", "mono", "typewriter", "gothic", "gothic", "round", "serif"))
        size = float(rng.uniform(20, 30))
        latin = None
    else:
        size = float(face.native_px)
        latin = fonts.draw_latin(rng, face.native_px)
    ratio = 1.0 if face.native_px else float(rng.choice([1, 1, 0.9, 0.8, 0.7]))
    style = Style(face=face, size_px=size, color=_BLACK, latin=latin, width_ratio=ratio)
    cell = size * ratio / 2
    columns = int(rng.choice([32, 32, 38, 40, 42, 42, 48]))
    width = round(columns * cell)
    margin = round(width * rng.uniform(0.03, 0.08))
    printer = Printer(
        style=style,
        cell_px=cell,
        step_px=round(size * float(rng.choice([1.0, 1.0, 1.05, 1.1, 1.2, 1.3, 1.5, 1.7]))),
        left_px=margin,
        right_px=margin + width,
        stops=(float(rng.uniform(0.56, 0.66)), float(rng.uniform(0.7, 0.78))),
        values=None if rng.random() < 0.6 else float(rng.uniform(0.36, 0.5)),
        dashes=str(rng.choice(["-", "-", "=", ".", "solid", "double"])),
    )
    return printer, width + 2 * margin


def write_row(canvas: Canvas, printer: Printer, row: Row, y: float) -> float:
    """Write one row with its top at `y`; returns its height."""
    step = printer.step_px * row.tall
    if row.role == "rule":
        write_dashes(canvas, printer, y)
        return printer.step_px * float(canvas.rng.uniform(0.6, 1.0))
    if row.role == "code":
        return _write_code(canvas, printer, row.cells[0], y)
    if row.role in ("title", "centre"):
        width = measure_cells(canvas, printer, row.cells[0], row.wide)
        _write(canvas, printer, row.cells[0], printer.left_px + max(0.0, (printer.width_px - width) / 2), y, row)
    elif len(row.cells) == 1:
        _write(canvas, printer, row.cells[0], printer.left_px, y, row)
    else:
        _write_columns(canvas, printer, row, y)
    return step


def _write_columns(canvas: Canvas, printer: Printer, row: Row, y: float) -> None:
    first, *others = row.cells
    if len(others) == 1:
        edges = [printer.right_px]
        if row.role == "pair" and printer.values is not None:
            at = printer.left_px + printer.values * printer.width_px
            taken = printer.left_px + measure_cells(canvas, printer, first, row.wide) + printer.cell_px
            edges = [max(at, taken) + measure_cells(canvas, printer, others[0], row.wide)]
    else:
        shares = printer.stops[-(len(others) - 1) :]
        edges = [printer.left_px + share * printer.width_px for share in shares] + [printer.right_px]
    starts = [edge - measure_cells(canvas, printer, text, row.wide) for text, edge in zip(others, edges, strict=True)]
    room = starts[0] - printer.left_px - printer.cell_px
    first = _cut_to_cells(canvas, printer, first, room, row.wide)
    joined = bool(first)
    if first:
        _write(canvas, printer, first, printer.left_px, y, row)
    for text, start in zip(others, starts, strict=True):
        _write(canvas, printer, text, start, y, row, join=joined)
        joined = True


def _cut_to_cells(canvas: Canvas, printer: Printer, text: str, room_px: float, wide: int) -> str:
    """The text, as tills cut it: at the last letter that fits, inside a bracket if need be."""
    while len(text) > 1 and measure_cells(canvas, printer, text, wide) > room_px:
        text = text[:-1]
    return text.strip()


def measure_cells(canvas: Canvas, printer: Printer, text: str, wide: int) -> float:
    """Width of a text in pixels."""
    return canvas.measure(text, printer.style) * wide


def _write(canvas: Canvas, printer: Printer, text: str, x: float, y: float, row: Row, *, join: bool = False) -> None:
    style = printer.style
    room = printer.right_px + printer.left_px - x
    text = _cut_to_cells(canvas, printer, text, room, row.wide)
    if text:
        canvas.write_magnified(text, x, y, style, (row.wide, row.tall), join=join)


def write_dashes(canvas: Canvas, printer: Printer, y: float) -> None:
    """A rule across the slip: a line, two, or a row of dashes, dots or equal signs, which are no text."""
    middle = y + printer.step_px * 0.35
    if printer.dashes in ("solid", "double"):
        canvas.rule(printer.left_px, middle, printer.right_px, middle, _BLACK, int(canvas.rng.integers(1, 3)))
        if printer.dashes == "double":
            canvas.rule(printer.left_px, middle + 4, printer.right_px, middle + 4, _BLACK)
        return
    count = int(printer.width_px / max(printer.cell_px, 1))
    known = len(canvas.lines)
    canvas.write(printer.dashes * count, printer.left_px, y - printer.step_px * 0.15, printer.style)
    del canvas.lines[known:]


def _write_code(canvas: Canvas, printer: Printer, digits: str, y: float) -> float:
    """A bar code with its digits below, or a square code."""
    rng, size = canvas.rng, printer.style.size_px
    if rng.random() < 0.3:
        write_square_code(canvas, printer.left_px + printer.width_px / 2 - size * 3, y, size * 6)
        return size * 6.6
    span = printer.width_px * rng.uniform(0.25, 0.42)
    middle = printer.left_px + printer.width_px / 2
    write_barcode(canvas, Box(left=middle - span, top=y, right=middle + span, bottom=y + size * 2.2))
    plain = Row(role="centre", cells=(digits,))
    below = size * 2.2 + rng.uniform(1, 5)
    height = write_row(canvas, replace(printer, step_px=max(printer.step_px, size)), plain, y + below)
    return float(below + height)
