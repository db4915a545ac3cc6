"""Printed pages: reports, papers, guides, letters, newspapers, pages of dense tables."""

from dataclasses import replace

import numpy as np

from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.photos import Photos
from geulnun.synth.materials.texture import Color
from geulnun.synth.pages.box import Box
from geulnun.synth.pages.canvas import Canvas
from geulnun.synth.pages.elements.blocks import Sheet, draw_sheet, fill_column
from geulnun.synth.pages.elements.marks import write_seal, write_stamp
from geulnun.synth.pages.finish import finish_paper
from geulnun.synth.pages.flow import Align, Column, fit_style, write_line, write_paragraph
from geulnun.synth.pages.kind import PageKind
from geulnun.synth.pages.paper import draw_newsprint, draw_paper
from geulnun.synth.pages.truth import Drawing
from geulnun.synth.pages.wording import Wording

_RED: Color = (200, 30, 40)


def draw_page_size(rng: np.random.Generator) -> tuple[int, int]:
    """(height, width) of a sheet, upright mostly; its long side has 1050 to 1600 pixels, in one of five 800 to 1780."""
    long_px = int(rng.uniform(1050, 1600)) if rng.random() < 0.8 else int(rng.uniform(800, 1780))
    short_px = max(500, int(long_px / (1.414 * rng.uniform(0.92, 1.08))))
    return (long_px, short_px) if rng.random() < 0.86 else (short_px, long_px)


def draw_document(rng: np.random.Generator, fonts: FontLibrary, wording: Wording, photos: Photos) -> Drawing:
    """A printed page of one or more columns."""
    news = rng.random() < 0.16
    height, width = draw_page_size(rng)
    ground = draw_newsprint(rng, height, width) if news and rng.random() < 0.6 else draw_paper(rng, height, width)
    canvas = Canvas(ground, fonts, rng)
    size_px = float(np.clip(np.exp(rng.normal(np.log(min(height, width) / 42), 0.38)), 12, 46))
    sheet = draw_sheet(rng, fonts, size_px)
    if news:
        sheet = replace(sheet, accent=(0, 0, 0), head=sheet.head.colored((0, 0, 0)))
    margin_x, margin_y = width * rng.uniform(0.04, 0.13), height * rng.uniform(0.05, 0.1)
    area = Box(left=margin_x, top=margin_y, right=width - margin_x, bottom=height - margin_y)
    if rng.random() < 0.6:
        write_header(canvas, wording, area, sheet)
    top = area.top
    if rng.random() < 0.45:
        top = write_title(canvas, wording, area, sheet)
    footer = rng.random() < 0.65
    notes = rng.random() < 0.2
    bottom = area.bottom - (size_px * 7 if notes else 0)
    count = draw_column_count(rng, width, size_px, news)
    gap = size_px * rng.uniform(1.2, 2.5)
    column_w = (area.width - gap * (count - 1)) / count
    ruled = count > 1 and rng.random() < 0.35
    for i in range(count):
        left = area.left + i * (column_w + gap)
        column = Column(canvas=canvas, left=left, width=column_w, y=top, bottom=bottom)
        if ruled and i:
            canvas.rule(left - gap / 2, top, left - gap / 2, bottom, (120, 120, 120))
        fill_column(column, wording, sheet, photos)
    if notes:
        write_notes(
            canvas, wording, Box(left=area.left, top=bottom + size_px, right=area.right, bottom=area.bottom), sheet
        )
    if footer:
        write_footer(canvas, wording, area, sheet)
    if rng.random() < 0.1:
        write_side_tab(canvas, wording, sheet)
    if rng.random() < 0.1:
        size = size_px * rng.uniform(3, 8)
        write_seal(canvas, rng.uniform(0, width - size), rng.uniform(0, height - size), size, _RED)
    if rng.random() < 0.1:
        write_stamp(canvas, wording.word(6), sheet.body, _RED if rng.random() < 0.7 else sheet.accent)
    return canvas.finish()


def draw_column_count(rng: np.random.Generator, width: int, size_px: float, news: bool) -> int:
    """How many columns leave each at least ten letters wide."""
    wanted = int(rng.choice([2, 3, 4, 5])) if news else int(rng.choice([1, 1, 1, 2, 2, 3]))
    return max(1, min(wanted, int(width / (size_px * 12))))


def write_title(canvas: Canvas, wording: Wording, area: Box, sheet: Sheet) -> float:
    """Where the text below a title, its subtitle and authors may begin."""
    rng = canvas.rng
    style = sheet.head.sized(sheet.body.size_px * rng.uniform(1.7, 3.6))
    align: Align = "center" if rng.random() < 0.65 else "left"
    column = Column(
        canvas=canvas, left=area.left, width=area.width, y=area.top + sheet.body.size_px, bottom=area.bottom
    )
    write_paragraph(column, wording.heading(32), style, leading=1.4, align=align, max_lines=2)
    small = sheet.body.sized(sheet.body.size_px * rng.uniform(0.9, 1.3))
    for _ in range(int(rng.integers(0, 4))):
        text = wording.any(26) if rng.random() < 0.5 else wording.phrase(20)
        write_line(
            canvas, text, column.left, column.y, column.width, fit_style(canvas, text, small, column.width), align
        )
        column.skip(small.size_px * 1.5)
    if rng.random() < 0.3:
        canvas.rule(area.left, column.y, area.right, column.y, sheet.accent, int(rng.integers(1, 4)))
    return column.y + sheet.body.size_px * rng.uniform(1, 2.5)


def write_header(canvas: Canvas, wording: Wording, area: Box, sheet: Sheet) -> None:
    """A running head above the text, perhaps with a rule."""
    rng = canvas.rng
    style = sheet.body.sized(max(10.5, sheet.body.size_px * rng.uniform(0.7, 0.95)))
    y = max(4.0, area.top - style.size_px * rng.uniform(2.2, 3.2))
    where = int(rng.integers(3))
    text = wording.heading(26)
    write_line(canvas, text, area.left, y, area.width, style, ("left", "center", "right")[where])
    if where != 2 and rng.random() < 0.4:
        used = canvas.measure(text, style)
        if area.width - used > style.size_px * 8 and where == 0:
            canvas.write(str(rng.integers(1, 400)), area.right, y, style, align="right")
    if rng.random() < 0.5:
        canvas.rule(area.left, y + style.height_px + 3, area.right, y + style.height_px + 3, sheet.accent)


def write_footer(canvas: Canvas, wording: Wording, area: Box, sheet: Sheet) -> None:
    """The page's number, sometimes with a text."""
    rng = canvas.rng
    style = sheet.body.sized(max(10.5, sheet.body.size_px * rng.uniform(0.75, 1)))
    y = min(area.bottom + style.size_px * rng.uniform(1, 2), canvas.height - style.height_px - 4)
    number = int(rng.integers(1, 500))
    forms = (
        f"{number}",
        f"- {number} -",
        f"{number} / {number + 40}",
        f"| {number}",
        f"{wording.heading(14)} {number}",
    )
    align: Align = ("center", "center", "right", "left")[int(rng.integers(4))]
    write_line(canvas, forms[int(rng.integers(len(forms)))], area.left, y, area.width, style, align)


def write_notes(canvas: Canvas, wording: Wording, box: Box, sheet: Sheet) -> None:
    """Footnotes in small print below a short rule."""
    rng = canvas.rng
    canvas.rule(box.left, box.top, box.left + box.width * 0.3, box.top, (0, 0, 0))
    style = sheet.body.sized(max(10.0, sheet.body.size_px * 0.78))
    column = Column(canvas=canvas, left=box.left, width=box.width, y=box.top + style.size_px * 0.6, bottom=box.bottom)
    for number in range(1, int(rng.integers(2, 5))):
        write_paragraph(column, f"{number}) {wording.sentence(110)}", style, leading=1.35, max_lines=2)


def write_side_tab(canvas: Canvas, wording: Wording, sheet: Sheet) -> None:
    """A coloured tab at the right edge with upright letters in a column, as thick guides have."""
    rng = canvas.rng
    size = sheet.body.size_px * rng.uniform(0.7, 1.1)
    style = sheet.body.sized(max(10.0, size)).colored((255, 255, 255))
    width = size * rng.uniform(1.6, 2.6)
    top = canvas.height * rng.uniform(0.05, 0.4)
    text = wording.heading(12)
    color = sheet.accent if sum(sheet.accent) else (60, 130, 190)
    bottom = top + style.size_px * 1.1 * (len(text) + 1.5)
    box = Box(left=canvas.width - width, top=top, right=canvas.width + 10, bottom=bottom)
    if canvas.lines and max(float(line.quads[..., 0].max()) for line in canvas.lines) > box.left:
        return
    canvas.fill(box, color, radius_px=6)
    canvas.write_vertical(text, canvas.width - width / 2, top + style.size_px * 0.6, style)


KIND = PageKind(draw=draw_document, weight=0.28, finish=finish_paper)
