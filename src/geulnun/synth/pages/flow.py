"""Blocks of text set one below the other in a column."""

from dataclasses import dataclass
from typing import Literal

from geulnun.synth.pages.box import Box
from geulnun.synth.pages.canvas import Canvas
from geulnun.synth.pages.style import Style, find_least_size_px, wrap_text

Align = Literal["left", "center", "right", "justify"]


@dataclass(slots=True, kw_only=True)
class Column:
    """A strip of the page that fills from `y` down to `bottom`."""

    canvas: Canvas
    left: float
    width: float
    y: float
    bottom: float

    @property
    def right(self) -> float:
        """Right edge."""
        return self.left + self.width

    @property
    def room(self) -> float:
        """Pixels left below `y`."""
        return self.bottom - self.y

    def skip(self, pixels: float) -> None:
        """Move down."""
        self.y += pixels


def write_paragraph(
    column: Column,
    text: str,
    style: Style,
    *,
    leading: float = 1.5,
    align: Align = "left",
    indent_px: float = 0.0,
    by_letter: bool = False,
    max_lines: int = 10_000,
) -> list[Box]:
    """The boxes of the lines of a text wrapped into the column, as many as there is room for."""
    canvas = column.canvas
    lines = wrap_indented(column, text, style, indent_px, by_letter)
    step = style.size_px * leading
    boxes = []
    for number, line in enumerate(lines[:max_lines]):
        if column.y + style.height_px > column.bottom:
            break
        last = number == len(lines) - 1
        shift = indent_px if number == 0 else 0.0
        boxes.append(write_line(canvas, line, column.left + shift, column.y, column.width - shift, style, align, last))
        column.y += step
    return boxes


def wrap_indented(column: Column, text: str, style: Style, indent_px: float, by_letter: bool) -> list[str]:
    """The text wrapped to the column, where the first line is narrower by `indent_px`."""
    fonts = column.canvas.fonts
    if indent_px <= 0:
        return wrap_text(text, style, column.width, fonts, by_letter=by_letter)
    first = wrap_text(text, style, column.width - indent_px, fonts, by_letter=by_letter)[:1]
    rest = text[len(first[0]) :].strip() if first else ""
    return first + wrap_text(rest, style, column.width, fonts, by_letter=by_letter)


def write_line(
    canvas: Canvas, line: str, left: float, top: float, width: float, style: Style, align: Align, last: bool = False
) -> Box:
    """The box of one line set into a width; a justified line has its spaces stretched unless it is the last."""
    if align == "justify":
        spaces = line.count(" ")
        slack = width - canvas.measure(line, style)
        stretch = slack / spaces if spaces and not last and slack / spaces < style.size_px * 2 else 0.0
        return canvas.write(line, left, top, style, word_spacing_px=stretch)
    at = {"left": left, "center": left + width / 2, "right": left + width}[align]
    return canvas.write(line, at, top, style, align=align)


def fit_style(canvas: Canvas, text: str, style: Style, width_px: float, floor_px: float = 10.0) -> Style:
    """The style, smaller where the text would not fit into the width on one line."""
    width = canvas.measure(text, style)
    floor_px = max(floor_px, min(style.size_px, find_least_size_px(style.face)))
    return style if width <= width_px else style.sized(max(floor_px, style.size_px * width_px / width))
