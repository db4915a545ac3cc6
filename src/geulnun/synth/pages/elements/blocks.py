"""Blocks of printed documents: headings, paragraphs, lists, tables, figures, panels."""

from dataclasses import dataclass, replace

import numpy as np

from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.photos import Photos
from geulnun.synth.materials.texture import Color, draw_color
from geulnun.synth.pages.box import Box
from geulnun.synth.pages.elements.figure import write_figure
from geulnun.synth.pages.elements.marks import write_pen_marks
from geulnun.synth.pages.elements.table import draw_table_look, write_table
from geulnun.synth.pages.flow import Align, Column, fit_style, write_line, write_paragraph
from geulnun.synth.pages.style import Style, draw_face, find_least_size_px
from geulnun.synth.pages.wording import Wording

_BODY_CLASSES = ("serif",) * 8 + ("gothic",) * 9 + ("round", "round", "typewriter", "mono")
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


def draw_sheet(rng: np.random.Generator, fonts: FontLibrary, size_px: float) -> Sheet:
    """Faces, sizes and habits of a document with letters of about `size_px`."""
    face = draw_face(rng, fonts, _BODY_CLASSES) if rng.random() < 0.95 else fonts.draw_face(rng)
    black = int(rng.integers(0, 70)) if rng.random() < 0.6 else 0
    latin = fonts.draw_latin(rng) if rng.random() < 0.2 else None
    body = Style(
        face=face,
        latin=latin,
        size_px=max(size_px, find_least_size_px(face)),
        color=(black, black, black),
        spacing_em=float(rng.choice([0, 0, -0.05, -0.03, 0.03, rng.uniform(-0.08, 0.1)])),
        width_ratio=float(rng.choice([1, 1, 1, 0.95, 0.9, rng.uniform(0.82, 1.1)])),
    )
    # Newspapers and law books: Myeongjo with wide gaps between words, lines close below one another.
    tight = rng.random() < (0.3 if face.glyph_class == "serif" else 0.1)
    accent = draw_color(rng, light=(0.15, 0.5), vivid=(0.3, 0.9)) if rng.random() < 0.6 else (0, 0, 0)
    head_face = face if rng.random() < 0.4 else draw_face(rng, fonts, ("gothic", "gothic", "serif", "display", "round"))
    head = replace(
        body,
        face=head_face,
        latin=None,
        size_px=size_px * rng.uniform(1.15, 2.2),
        color=accent,
        spacing_em=0.0,
        width_ratio=1.0,
    )
    return Sheet(
        body=body,
        head=head,
        accent=accent,
        leading=float(rng.uniform(0.95, 1.2) if tight else rng.uniform(1.15, 2.0)),
        align="justify" if tight or rng.random() < 0.6 else "left",
        by_letter=bool(rng.random() < 0.55),
        indent_em=float(rng.choice([0, 0, 1, 2])),
    )


def fill_column(column: Column, wording: Wording, sheet: Sheet, photos: Photos) -> None:
    """Fill a column with blocks until it is full."""
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
    boxes = write_paragraph(
        column, text, sheet.body, leading=sheet.leading, align=sheet.align,
        indent_px=sheet.indent_em * sheet.body.size_px, by_letter=sheet.by_letter,
    )  # fmt: skip
    if rng.random() < 0.07:
        write_pen_marks(column.canvas, boxes, draw_color(rng, light=(0.2, 0.5), vivid=(0.3, 1)))


def write_heading(column: Column, wording: Wording, sheet: Sheet, number: int) -> None:
    """A heading: plain, numbered, underlined, or on a band."""
    canvas, rng = column.canvas, column.canvas.rng
    style = sheet.head.sized(max(sheet.body.size_px, sheet.head.size_px * rng.uniform(0.7, 1.1)))
    marks = (
        f"{number}. ",
        f"{number}.{int(rng.integers(1, 5))} ",
        f"제{number}장 ",
        f"제{number}조 ",
        f"{_ITEMS[0][number % 10]}. ",
        f"{_ITEMS[3][number % 10]}. ",
        "",
        "■ ",
        "□ ",
        "▶ ",
        f"({number}) ",
    )
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
        mark = (
            bullet
            if numbered > 5
            else f"{item + 1}."
            if numbered == 0
            else f"{item + 1})"
            if numbered == 1
            else _ITEMS[numbered % 4][item % 10] + ("." if numbered % 4 == 0 else "")
        )
        box = canvas.write(mark, column.left + shift, column.y, style)
        text_left = box.right + style.size_px * 0.35
        inner = Column(canvas=canvas, left=text_left, width=column.right - text_left, y=column.y, bottom=column.bottom)
        joined = len(canvas.lines)
        write_paragraph(inner, wording.sentence(90), style, leading=sheet.leading, max_lines=3)
        # The mark and the first line of its item are read in one go.
        if len(canvas.lines) > joined:
            first = canvas.lines.pop(joined)
            mark_line = canvas.lines.pop(joined - 1)
            canvas.lines.insert(
                joined - 1,
                replace(
                    mark_line, words=mark_line.words + first.words, quads=np.concatenate([mark_line.quads, first.quads])
                ),
            )
        column.y = max(inner.y, column.y + style.size_px * sheet.leading)


def _write_table(column: Column, wording: Wording, sheet: Sheet) -> None:
    canvas, rng = column.canvas, column.canvas.rng
    style = sheet.body.sized(max(10.5, sheet.body.size_px * rng.uniform(0.75, 1.0)))
    caption = rng.random() < 0.5
    if caption:
        text = (
            f"<표 {int(rng.integers(1, 30))}> {wording.heading(18)}"
            if rng.random() < 0.6
            else f"[{wording.heading(14)}]"
        )
        write_line(
            canvas, text, column.left, column.y, column.width, fit_style(canvas, text, style, column.width), "center"
        )
        column.skip(style.size_px * 1.5)
    columns = int(np.clip(column.width / (style.size_px * rng.uniform(4.5, 9)), 2, 12))
    box = Box(left=column.left, top=column.y, right=column.right, bottom=column.bottom)
    look = draw_table_look(rng, style.color)
    column.y = write_table(canvas, wording.table(int(rng.integers(3, 18)), columns), box, style, look)
    column.skip(style.size_px * 0.8)


def _write_figure(column: Column, wording: Wording, sheet: Sheet, photos: Photos) -> None:
    canvas, rng = column.canvas, column.canvas.rng
    height = min(column.room - sheet.body.size_px * 3, column.width * rng.uniform(0.35, 0.75))
    style = sheet.body.sized(max(10.5, sheet.body.size_px * rng.uniform(0.75, 0.95)))
    write_figure(
        canvas,
        wording,
        Box(left=column.left, top=column.y, right=column.right, bottom=column.y + height),
        style,
        photos,
    )
    column.skip(height + sheet.body.size_px * 0.5)
    text = (
        f"그림 {int(rng.integers(1, 20))}. {wording.heading(20)}" if rng.random() < 0.6 else f"[{wording.heading(16)}]"
    )
    write_line(
        canvas, text, column.left, column.y, column.width, fit_style(canvas, text, style, column.width), "center"
    )
    column.skip(style.size_px * 1.8)


def write_panel(column: Column, wording: Wording, sheet: Sheet) -> None:
    """A box around a quotation, a hint or code."""
    canvas, rng = column.canvas, column.canvas.rng
    pad = sheet.body.size_px * rng.uniform(0.5, 1.2)
    inner = Column(
        canvas=canvas,
        left=column.left + pad,
        width=column.width - 2 * pad,
        y=column.y + pad,
        bottom=column.bottom - pad,
    )
    lines = int(rng.integers(2, 7))
    need = lines * sheet.body.size_px * sheet.leading + 2 * pad
    if need > column.room:
        return
    box = Box(left=column.left, top=column.y, right=column.right, bottom=column.y + need)
    if rng.random() < 0.7:
        canvas.fill(box, draw_color(rng, light=(0.88, 0.97), vivid=(0, 0.6)), radius_px=float(rng.choice([0, 10])))
    if rng.random() < 0.7:
        canvas.outline(box, sheet.accent, int(rng.integers(1, 3)))
    write_paragraph(
        inner,
        wording.paragraph(lines * 40),
        sheet.body,
        leading=sheet.leading,
        max_lines=lines,
        by_letter=sheet.by_letter,
    )
    column.y += need
