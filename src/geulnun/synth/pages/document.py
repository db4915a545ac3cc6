"""Printed pages: reports, papers, guides, letters, newspapers, pages of dense tables."""

from dataclasses import dataclass, replace

import numpy as np

from geulnun.synth.fonts import FontLibrary
from geulnun.synth.pages.canvas import Box, Canvas
from geulnun.synth.pages.figure import write_figure
from geulnun.synth.pages.flow import Align, Column, fit_style, write_line, write_paragraph
from geulnun.synth.pages.paper import draw_newsprint, draw_paper
from geulnun.synth.pages.photos import Backgrounds
from geulnun.synth.pages.style import Style
from geulnun.synth.pages.table import draw_table_look, write_table
from geulnun.synth.pages.texture import Color, draw_color
from geulnun.synth.pages.truth import Drawing
from geulnun.synth.pages.wording import Wording

_BULLETS = ("•", "-", "○", "●", "■", "□", "▶", "※", "·", "◆", "–", "✓")
_ITEMS = ("가나다라마바사아자차", "①②③④⑤⑥⑦⑧⑨⑩", "㉠㉡㉢㉣㉤㉥㉦㉧㉨㉩", "ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What all blocks of a document share.

    Attributes:
        body: style of running text.
        head: style of headings.
        accent: colour of rules, bands and marks.
        leading: line distance of running text.
        align: of running text.
        by_letter: whether lines break inside words.
        indent_em: of the first line of paragraphs.
    """

    body: Style
    head: Style
    accent: Color
    leading: float
    align: Align
    by_letter: bool
    indent_em: float


def draw_page_size(rng: np.random.Generator, proportion: float = 1.414) -> tuple[int, int]:
    """(height, width) of a sheet, upright mostly, with a long side of 900 to 1700 pixels."""
    long_px = int(rng.uniform(1000, 1600)) if rng.random() < 0.8 else int(rng.uniform(800, 1750))
    short_px = max(500, int(long_px / (proportion * rng.uniform(0.92, 1.08))))
    return (long_px, short_px) if rng.random() < 0.86 else (short_px, long_px)


def draw_sheet(rng: np.random.Generator, fonts: FontLibrary, size_px: float) -> Sheet:
    """Faces, sizes and habits of a document with letters of about `size_px`."""
    classes = ("serif", "gothic", "gothic", "round", "typewriter", "mono") if rng.random() < 0.93 else ()
    face = fonts.draw_face(rng, classes=[classes[int(rng.integers(len(classes)))]] if classes else [])
    black = int(rng.integers(0, 70)) if rng.random() < 0.6 else 0
    latin = fonts.draw_latin(rng) if rng.random() < 0.2 else None
    body = Style(
        face=face,
        latin=latin,
        size_px=size_px,
        color=(black, black, black),
        spacing_em=float(rng.choice([0, 0, -0.05, -0.03, 0.03, rng.uniform(-0.08, 0.1)])),
        width_ratio=float(rng.choice([1, 1, 1, 0.95, 0.9, rng.uniform(0.82, 1.1)])),
    )
    accent = draw_color(rng, light=(0.15, 0.5), vivid=(0.3, 0.9)) if rng.random() < 0.6 else (0, 0, 0)
    head_face = face if rng.random() < 0.4 else fonts.draw_face(rng, classes=("gothic", "serif", "display", "round"))
    head = replace(body, face=head_face, latin=None, size_px=size_px * rng.uniform(1.15, 2.2), color=accent, spacing_em=0.0, width_ratio=1.0)
    return Sheet(
        body=body,
        head=head,
        accent=accent,
        leading=float(rng.uniform(1.15, 2.0)),
        align="justify" if rng.random() < 0.6 else "left",
        by_letter=bool(rng.random() < 0.55),
        indent_em=float(rng.choice([0, 0, 1, 2])),
    )


def draw_document(rng: np.random.Generator, fonts: FontLibrary, wording: Wording, photos: Backgrounds) -> Drawing:
    """A printed page of one or more columns."""
    news = rng.random() < 0.16
    height, width = draw_page_size(rng)
    ground = draw_newsprint(rng, height, width) if news and rng.random() < 0.6 else draw_paper(rng, height, width)
    canvas = Canvas(ground, fonts, rng)
    size_px = float(np.clip(np.exp(rng.normal(np.log(min(height, width) / 55), 0.25)), 10.5, 34))
    sheet = draw_sheet(rng, fonts, size_px)
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
        write_notes(canvas, wording, Box(left=area.left, top=bottom + size_px, right=area.right, bottom=area.bottom), sheet)
    if footer:
        write_footer(canvas, wording, area, sheet)
    if rng.random() < 0.1:
        write_side_tab(canvas, wording, sheet)
    return canvas.finish()


def draw_column_count(rng: np.random.Generator, width: int, size_px: float, news: bool) -> int:
    """How many columns leave each at least ten letters wide."""
    wanted = int(rng.choice([2, 3, 4, 5])) if news else int(rng.choice([1, 1, 1, 2, 2, 3]))
    return max(1, min(wanted, int(width / (size_px * 12))))


def fill_column(column: Column, wording: Wording, sheet: Sheet, photos: Backgrounds) -> None:
    """Fills a column with blocks until it is full."""
    rng = column.canvas.rng
    chapter = int(rng.integers(1, 6))
    while column.room > sheet.body.size_px * 2.2:
        roll = rng.random()
        if roll < 0.2 and column.room > sheet.head.size_px * 3:
            write_heading(column, wording, sheet, chapter)
            chapter += 1
        elif roll < 0.62:
            _write_text(column, wording, sheet)
        elif roll < 0.74:
            write_list(column, wording, sheet)
        elif roll < 0.88 and column.room > sheet.body.size_px * 8:
            _write_table(column, wording, sheet)
        elif roll < 0.95 and column.room > sheet.body.size_px * 12:
            _write_figure(column, wording, sheet, photos)
        elif roll >= 0.95:
            write_panel(column, wording, sheet)
        column.skip(sheet.body.size_px * rng.uniform(0.1, 1.2))


def _write_text(column: Column, wording: Wording, sheet: Sheet) -> None:
    rng = column.canvas.rng
    text = wording.paragraph(int(rng.integers(40, 500)))
    write_paragraph(
        column, text, sheet.body, leading=sheet.leading, align=sheet.align,
        indent_px=sheet.indent_em * sheet.body.size_px, by_letter=sheet.by_letter,
    )  # fmt: skip


def write_heading(column: Column, wording: Wording, sheet: Sheet, number: int) -> None:
    """A heading: plain, numbered, underlined, or on a band."""
    canvas, rng = column.canvas, column.canvas.rng
    style = sheet.head.sized(max(sheet.body.size_px, sheet.head.size_px * rng.uniform(0.7, 1.1)))
    marks = (f"{number}. ", f"{number}.{int(rng.integers(1, 5))} ", f"제{number}장 ", f"제{number}조 ", f"{_ITEMS[0][number % 10]}. ", f"{_ITEMS[3][number % 10]}. ", "", "■ ", "□ ", "▶ ", f"({number}) ")
    text = marks[int(rng.integers(len(marks)))] + wording.heading(22)
    look = rng.random()
    fitted = fit_style(canvas, text, style, column.width * 0.94, sheet.body.size_px * 0.9)
    column.skip(style.size_px * 0.4)
    if look < 0.18:
        pad = style.size_px * rng.uniform(0.15, 0.45)
        band = Box(left=column.left, top=column.y - pad, right=column.right, bottom=column.y + fitted.height_px + pad)
        color = sheet.accent if sum(sheet.accent) else (70, 90, 140)
        canvas.fill(band, color, radius_px=float(rng.choice([0, 0, 8, 99])))
        canvas.write(text, column.left + style.size_px * 0.7, column.y, fitted.colored((255, 255, 255)))
        column.skip(pad)
    else:
        align: Align = "center" if look > 0.88 else "left"
        box = write_line(canvas, text, column.left, column.y, column.width, fitted, align)
        if look < 0.38:
            y = box.bottom + style.size_px * rng.uniform(0.02, 0.3)
            canvas.rule(column.left, y, column.right, y, sheet.accent, int(rng.integers(1, 4)))
    column.skip(style.size_px * rng.uniform(1.35, 1.8))


def write_list(column: Column, wording: Wording, sheet: Sheet) -> None:
    """Bulleted or numbered items with hanging second lines."""
    canvas, rng = column.canvas, column.canvas.rng
    style = sheet.body
    bullet = _BULLETS[int(rng.integers(len(_BULLETS)))]
    numbered = int(rng.integers(0, 8))
    shift = style.size_px * rng.uniform(0, 1.5)
    for item in range(int(rng.integers(2, 7))):
        if column.room < style.size_px * 1.5:
            return
        mark = bullet if numbered > 5 else f"{item + 1}." if numbered == 0 else f"{item + 1})" if numbered == 1 else _ITEMS[numbered % 4][item % 10] + ("." if numbered % 4 == 0 else "")
        box = canvas.write(mark, column.left + shift, column.y, style)
        text_left = box.right + style.size_px * 0.35
        inner = Column(canvas=canvas, left=text_left, width=column.right - text_left, y=column.y, bottom=column.bottom)
        joined = len(canvas.lines)
        write_paragraph(inner, wording.sentence(90), style, leading=sheet.leading, max_lines=3)
        # The mark and the first line of its item are read in one go.
        if len(canvas.lines) > joined:
            first = canvas.lines.pop(joined)
            mark_line = canvas.lines.pop(joined - 1)
            canvas.lines.insert(joined - 1, replace(mark_line, words=mark_line.words + first.words, quads=np.concatenate([mark_line.quads, first.quads])))
        column.y = max(inner.y, column.y + style.size_px * sheet.leading)


def _write_table(column: Column, wording: Wording, sheet: Sheet) -> None:
    canvas, rng = column.canvas, column.canvas.rng
    style = sheet.body.sized(max(9.5, sheet.body.size_px * rng.uniform(0.75, 1.0)))
    caption = rng.random() < 0.5
    if caption:
        text = f"<표 {int(rng.integers(1, 30))}> {wording.heading(18)}" if rng.random() < 0.6 else f"[{wording.heading(14)}]"
        write_line(canvas, text, column.left, column.y, column.width, fit_style(canvas, text, style, column.width), "center")
        column.skip(style.size_px * 1.5)
    columns = int(np.clip(column.width / (style.size_px * rng.uniform(4.5, 9)), 2, 12))
    box = Box(left=column.left, top=column.y, right=column.right, bottom=column.bottom)
    look = draw_table_look(rng, style.color)
    column.y = write_table(canvas, wording.table(int(rng.integers(3, 18)), columns), box, style, look)
    column.skip(style.size_px * 0.8)


def _write_figure(column: Column, wording: Wording, sheet: Sheet, photos: Backgrounds) -> None:
    canvas, rng = column.canvas, column.canvas.rng
    height = min(column.room - sheet.body.size_px * 3, column.width * rng.uniform(0.35, 0.75))
    style = sheet.body.sized(max(9.5, sheet.body.size_px * rng.uniform(0.75, 0.95)))
    write_figure(canvas, wording, Box(left=column.left, top=column.y, right=column.right, bottom=column.y + height), style, photos)
    column.skip(height + sheet.body.size_px * 0.5)
    text = f"그림 {int(rng.integers(1, 20))}. {wording.heading(20)}" if rng.random() < 0.6 else f"[{wording.heading(16)}]"
    write_line(canvas, text, column.left, column.y, column.width, fit_style(canvas, text, style, column.width), "center")
    column.skip(style.size_px * 1.8)


def write_panel(column: Column, wording: Wording, sheet: Sheet) -> None:
    """A box around a quotation, a hint or code."""
    canvas, rng = column.canvas, column.canvas.rng
    pad = sheet.body.size_px * rng.uniform(0.5, 1.2)
    inner = Column(canvas=canvas, left=column.left + pad, width=column.width - 2 * pad, y=column.y + pad, bottom=column.bottom - pad)
    lines = int(rng.integers(2, 7))
    need = lines * sheet.body.size_px * sheet.leading + 2 * pad
    if need > column.room:
        return
    box = Box(left=column.left, top=column.y, right=column.right, bottom=column.y + need)
    if rng.random() < 0.7:
        canvas.fill(box, draw_color(rng, light=(0.88, 0.97), vivid=(0, 0.6)), radius_px=float(rng.choice([0, 10])))
    if rng.random() < 0.7:
        canvas.outline(box, sheet.accent, int(rng.integers(1, 3)))
    write_paragraph(inner, wording.paragraph(lines * 40), sheet.body, leading=sheet.leading, max_lines=lines, by_letter=sheet.by_letter)
    column.y += need


def write_title(canvas: Canvas, wording: Wording, area: Box, sheet: Sheet) -> float:
    """Where the text below a title, its subtitle and authors may begin."""
    rng = canvas.rng
    style = sheet.head.sized(sheet.body.size_px * rng.uniform(1.7, 3.6))
    align: Align = "center" if rng.random() < 0.65 else "left"
    column = Column(canvas=canvas, left=area.left, width=area.width, y=area.top + sheet.body.size_px, bottom=area.bottom)
    write_paragraph(column, wording.heading(32), style, leading=1.4, align=align, max_lines=2)
    small = sheet.body.sized(sheet.body.size_px * rng.uniform(0.9, 1.3))
    for _ in range(int(rng.integers(0, 4))):
        text = wording.any(26) if rng.random() < 0.5 else wording.phrase(20)
        write_line(canvas, text, column.left, column.y, column.width, fit_style(canvas, text, small, column.width), align)
        column.skip(small.size_px * 1.5)
    if rng.random() < 0.3:
        canvas.rule(area.left, column.y, area.right, column.y, sheet.accent, int(rng.integers(1, 4)))
    return column.y + sheet.body.size_px * rng.uniform(1, 2.5)


def write_header(canvas: Canvas, wording: Wording, area: Box, sheet: Sheet) -> None:
    """A running head above the text, perhaps with a rule."""
    rng = canvas.rng
    style = sheet.body.sized(max(9.5, sheet.body.size_px * rng.uniform(0.7, 0.95)))
    y = max(4.0, area.top - style.size_px * rng.uniform(2.2, 3.2))
    where = int(rng.integers(3))
    text = fit = wording.heading(26)
    write_line(canvas, fit, area.left, y, area.width, style, ("left", "center", "right")[where])  # type: ignore[arg-type]
    if where != 2 and rng.random() < 0.4:
        used = canvas.measure(text, style)
        if area.width - used > style.size_px * 8 and where == 0:
            canvas.write(str(rng.integers(1, 400)), area.right, y, style, align="right")
    if rng.random() < 0.5:
        canvas.rule(area.left, y + style.height_px + 3, area.right, y + style.height_px + 3, sheet.accent)


def write_footer(canvas: Canvas, wording: Wording, area: Box, sheet: Sheet) -> None:
    """The page's number, sometimes with a text."""
    rng = canvas.rng
    style = sheet.body.sized(max(9.5, sheet.body.size_px * rng.uniform(0.75, 1)))
    y = min(area.bottom + style.size_px * rng.uniform(1, 2), canvas.height - style.height_px - 4)
    number = int(rng.integers(1, 500))
    forms = (f"{number}", f"- {number} -", f"{number} / {number + 40}", f"| {number}", f"{wording.heading(14)} {number}")
    align = ("center", "center", "right", "left")[int(rng.integers(4))]
    write_line(canvas, forms[int(rng.integers(len(forms)))], area.left, y, area.width, style, align)  # type: ignore[arg-type]


def write_notes(canvas: Canvas, wording: Wording, box: Box, sheet: Sheet) -> None:
    """Footnotes in small print below a short rule."""
    rng = canvas.rng
    canvas.rule(box.left, box.top, box.left + box.width * 0.3, box.top, (0, 0, 0))
    style = sheet.body.sized(max(9.0, sheet.body.size_px * 0.78))
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
