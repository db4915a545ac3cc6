"""Forms and certificates: boxes of labels and values, spaced-out titles, check boxes, underlined blanks, seals."""

from dataclasses import replace

import numpy as np

from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.photos import Photos
from geulnun.synth.materials.texture import Color, draw_color
from geulnun.synth.pages.box import Box
from geulnun.synth.pages.canvas import Canvas
from geulnun.synth.pages.elements.marks import (
    write_barcode,
    write_ornament_frame,
    write_scribble,
    write_seal,
    write_square_code,
    write_stamp,
)
from geulnun.synth.pages.elements.table import draw_table_look, write_table
from geulnun.synth.pages.elements.widgets import write_check_box
from geulnun.synth.pages.finish import finish_paper
from geulnun.synth.pages.flow import Column, fit_style, write_paragraph
from geulnun.synth.pages.kind import PageKind
from geulnun.synth.pages.kinds.document import draw_page_size
from geulnun.synth.pages.paper import draw_paper
from geulnun.synth.pages.style import Style, draw_face
from geulnun.synth.pages.truth import Drawing
from geulnun.synth.pages.wording import Wording

_OFFICES = ("세무서장", "구청장", "시장", " 귀하", "대학교 총장", "주식회사")
_RED: Color = (200, 30, 40)


def draw_form(rng: np.random.Generator, fonts: FontLibrary, wording: Wording, photos: Photos) -> Drawing:
    """A form or certificate, filled in by print or by hand."""
    height, width = draw_page_size(rng)
    canvas = Canvas(draw_paper(rng, height, width), fonts, rng)
    size_px = float(np.clip(np.exp(rng.normal(np.log(min(height, width) / 40), 0.32)), 12.5, 42))
    black = int(rng.integers(0, 60))
    face = draw_face(rng, fonts, ("gothic", "serif", "gothic", "serif", "round"))
    label = Style(face=face, size_px=size_px, color=(black, black, black), width_ratio=float(rng.choice([1, 1, 0.9])))
    value = draw_value_style(rng, fonts, label)
    area = Box(
        left=width * rng.uniform(0.04, 0.1),
        top=height * rng.uniform(0.03, 0.08),
        right=width * rng.uniform(0.9, 0.96),
        bottom=height * 0.95,
    )
    if rng.random() < 0.3:
        canvas.outline(area.padded(size_px * 0.5), (black, black, black), int(rng.integers(1, 4)))
    elif rng.random() < 0.12:
        inset = size_px * rng.uniform(0.2, 0.6)
        border = Box(left=inset, top=inset, right=width - inset, bottom=height - inset)
        write_ornament_frame(canvas, border, draw_color(rng, light=(0.2, 0.7), vivid=(0, 0.8)))
    y = write_form_title(canvas, wording, area, label)
    column = Column(canvas=canvas, left=area.left, width=area.width, y=y, bottom=area.bottom - size_px * 6)
    while column.room > size_px * 3:
        roll = rng.random()
        if roll < 0.5:
            write_field_grid(column, wording, label, value)
        elif roll < 0.62:
            write_field_lines(column, wording, label, value)
        elif roll < 0.72:
            write_choices(column, wording, label)
        elif roll < 0.85:
            _write_dense_table(column, wording, label)
        elif roll < 0.91:
            write_paragraph(
                column,
                wording.paragraph(int(rng.integers(40, 220))),
                label.sized(max(10.0, size_px * 0.85)),
                leading=1.5,
            )
        else:
            write_number_boxes(column, wording, label, value)
        column.skip(size_px * rng.uniform(0.1, 1.5))
    write_closing(canvas, wording, area, column.y, label, value)
    if rng.random() < 0.25:
        write_stamp(canvas, wording.word(6), label, _RED if rng.random() < 0.7 else (40, 60, 160))
    return canvas.finish()


def draw_value_style(rng: np.random.Generator, fonts: FontLibrary, label: Style) -> Style:
    """How blanks are filled in: by printer, or by hand in black or blue."""
    if rng.random() < 0.65:
        face = (
            label.face
            if rng.random() < 0.5
            else draw_face(rng, fonts, ("gothic", "gothic", "serif", "mono", "typewriter"))
        )
        return replace(label, face=face, size_px=label.size_px * rng.uniform(0.9, 1.15))
    face = draw_face(rng, fonts, ("handwriting", "handwriting", "handwriting", "brush"))
    ink = draw_color(rng, light=(0.1, 0.4), vivid=(0.4, 0.9)) if rng.random() < 0.5 else label.color
    return replace(
        label, face=face, size_px=label.size_px * rng.uniform(1.0, 1.6), color=ink, width_ratio=1.0, jitter_em=0.02
    )


def write_form_title(canvas: Canvas, wording: Wording, area: Box, label: Style) -> float:
    """Where the form goes on below its title; titles are mostly spaced out letter by letter."""
    rng = canvas.rng
    small = label.sized(max(10.5, label.size_px * 0.8))
    if rng.random() < 0.5:
        text = f"[별지 제{int(rng.integers(1, 60))}호서식]" if rng.random() < 0.5 else wording.any(20)
        canvas.write(text, area.left, area.top, small)
    text = wording.form_title().replace(" ", "")
    if rng.random() < 0.7:
        text = (" " * int(rng.integers(1, 4))).join(text)
    style = replace(label, size_px=label.size_px * rng.uniform(1.6, 3.2), face=label.face, width_ratio=1.0)
    if rng.random() < 0.4:
        style = replace(style, thicken_px=1)
    y = area.top + small.size_px * rng.uniform(1.5, 3.0)
    box = _write_spaced(canvas, text, (area.left + area.right) / 2, y, style, area.width * 0.9)
    if rng.random() < 0.25:
        for drop in (2, 6) if rng.random() < 0.5 else (3,):
            canvas.rule(box.left, box.bottom + drop, box.right, box.bottom + drop, label.color)
    if rng.random() < 0.3:
        text = f"({wording.phrase(12)})"
        canvas.write(text, (area.left + area.right) / 2, box.bottom + small.size_px * 0.8, small, align="center")
        return box.bottom + small.size_px * 3
    return box.bottom + label.size_px * rng.uniform(1, 2.5)


def _write_spaced(canvas: Canvas, text: str, middle: float, y: float, style: Style, width: float) -> Box:
    """A centred line whose runs of spaces are all kept as one wide gap."""
    parts = text.split()
    extra = style.size_px * 0.7 if "  " in text else 0.0
    joined = " ".join(parts)
    total = canvas.measure(joined, style) + extra * (len(parts) - 1)
    if total > width:
        style, extra = style.sized(style.size_px * width / total), extra * width / total
    return canvas.write(joined, middle, y, style, align="center", word_spacing_px=extra)


def write_field_grid(column: Column, wording: Wording, label: Style, value: Style) -> None:
    """Rows of boxed label and value pairs, one to three pairs a row."""
    canvas, rng = column.canvas, column.canvas.rng
    row_h = label.size_px * rng.uniform(1.45, 3.0)
    line = int(rng.choice([0, 0, 60, 120, 170]))
    color = (line, line, line)
    thick = int(rng.choice([1, 1, 2]))
    tint = draw_color(rng, light=(0.85, 0.96), vivid=(0, 0.5)) if rng.random() < 0.5 else None
    spaced = rng.random() < 0.3
    label_w = label.size_px * rng.uniform(4.2, 7.5)
    top = column.y
    for _ in range(int(rng.integers(2, 9))):
        if column.room < row_h + 2:
            break
        pairs = int(rng.choice([1, 2, 2, 3]))
        if column.width / pairs < label_w * 2:
            pairs = 1
        pair_w = column.width / pairs
        for i in range(pairs):
            left = column.left + i * pair_w
            name_box = Box(left=left, top=column.y, right=left + label_w, bottom=column.y + row_h)
            if tint:
                canvas.fill(name_box, tint)
            canvas.outline(name_box, color, thick)
            value_box = Box(left=left + label_w, top=column.y, right=left + pair_w, bottom=column.y + row_h)
            canvas.outline(value_box, color, thick)
            name, text = wording.field()
            _write_in_box(canvas, _space_out(name, spaced), name_box, label, "center")
            if rng.random() < 0.85:
                _write_in_box(canvas, text, value_box, value, "left" if rng.random() < 0.7 else "center")
        column.y += row_h
    if rng.random() < 0.4:
        canvas.outline(Box(left=column.left, top=top, right=column.right, bottom=column.y), color, thick + 1)


def _space_out(text: str, spaced: bool) -> str:
    return " ".join(text) if spaced and len(text) < 5 else text


def _write_in_box(canvas: Canvas, text: str, box: Box, style: Style, align: str) -> None:
    pad = style.size_px * 0.3
    fitted = fit_style(canvas, text, style, box.width - 2 * pad)
    if canvas.measure(text, fitted) > box.width:
        return
    y = (box.top + box.bottom - fitted.height_px) / 2 + canvas.rng.normal(0, 0.03) * style.size_px
    at = box.left + pad if align == "left" else (box.left + box.right) / 2
    canvas.write(text, at, y, fitted, align=align)


def write_field_lines(column: Column, wording: Wording, label: Style, value: Style) -> None:
    """Labels followed by values on a rule: 성 명 : 홍길동 ________."""
    canvas, rng = column.canvas, column.canvas.rng
    dash = int(rng.choice([0, 0, 2, 4]))
    colon = " :" if rng.random() < 0.6 else ""
    end = column.left + column.width * rng.uniform(0.5, 1.0)
    for number in range(1, int(rng.integers(3, 7))):
        if column.room < label.size_px * 2:
            return
        head = f"{number}. " if rng.random() < 0.3 else ""
        name, text = wording.field()
        box = canvas.write(head + _space_out(name, rng.random() < 0.3) + colon, column.left, column.y, label)
        x = box.right + label.size_px * rng.uniform(0.3, 2)
        fitted = fit_style(canvas, text, value, end - x)
        if rng.random() < 0.9 and canvas.measure(text, fitted) <= end - x:
            canvas.write(text, x, box.bottom - fitted.height_px, fitted, join=True)
        if rng.random() < 0.7:
            y = box.bottom + rng.uniform(-1, 4)
            canvas.rule(x - 4, y, end, y, label.color, 1, dash)
        column.skip(label.size_px * rng.uniform(1.6, 2.6))


def write_choices(column: Column, wording: Wording, label: Style) -> None:
    """A question and boxes to tick."""
    canvas, rng = column.canvas, column.canvas.rng
    x = canvas.write(wording.field()[0], column.left, column.y, label).right + label.size_px * 1.5
    size = label.size_px * rng.uniform(0.7, 0.95)
    for _ in range(int(rng.integers(2, 6))):
        text = wording.phrase(7)
        width = size * 1.4 + canvas.measure(text, label)
        if x + width > column.right:
            break
        write_check_box(canvas, x, column.y + (label.height_px - size) / 2, size, label.color, bool(rng.random() < 0.4))
        x = canvas.write(text, x + size * 1.4, column.y, label).right + label.size_px * rng.uniform(1, 2.5)
    column.skip(label.size_px * 2)


def write_number_boxes(column: Column, wording: Wording, label: Style, value: Style) -> None:
    """One figure a box, as account and registration numbers and dates are asked for, strokes between their groups."""
    canvas, rng = column.canvas, column.canvas.rng
    side = label.size_px * rng.uniform(1.15, 2.0)
    height = side * rng.uniform(1.0, 1.4)
    color = label.color if rng.random() < 0.6 else draw_color(rng, light=(0.2, 0.6), vivid=(0.3, 1))
    thick = int(rng.choice([1, 1, 2]))
    inner = fit_style(canvas, "0", value, side - 2 * thick - 3, 8.0)
    for name, text in _draw_numbers(rng, wording):
        if column.room < height + label.size_px:
            return
        middle = column.y + (height - label.height_px) / 2
        x = canvas.write(name, column.left, middle, label).right + label.size_px * rng.uniform(0.4, 2)
        for number, char in enumerate(text):
            if x + side > column.right:
                break
            ruled = char != "-" or rng.random() < 0.5
            if ruled:
                outline = Box(left=x, top=column.y, right=x + side + 1, bottom=column.y + height)
                canvas.outline(outline, color, thick)
            y = column.y + (height - inner.height_px) / 2 + rng.normal(0, 0.02) * side
            canvas.write(char, x + side / 2, y, inner, align="center", join=number > 0)
            x += side if ruled else side * 0.6
        column.skip(height + label.size_px * rng.uniform(0.15, 0.8))


def _draw_numbers(rng: np.random.Generator, wording: Wording) -> list[tuple[str, str]]:
    """One to three labels with numbers, few of them with strokes between groups of figures."""
    forms = (
        ("등록번호", (3, 2, 5)),
        ("주민등록번호", (6, 7)),
        ("계좌번호", (4, 3, 6)),
        ("생년월일", (8,)),
        ("년월일", (4, 2, 2)),
        ("전화번호", (3, 4, 4)),
        ("우편번호", (5,)),
        (wording.field()[0], (int(rng.integers(4, 12)),)),
    )
    rows = []
    for _ in range(int(rng.integers(1, 4))):
        name, groups = forms[int(rng.integers(len(forms)))]
        link = "-" if rng.random() < 0.6 else ""
        rows.append((name, link.join("".join(map(str, rng.integers(0, 10, count))) for count in groups)))
    return rows


def _write_dense_table(column: Column, wording: Wording, label: Style) -> None:
    canvas, rng = column.canvas, column.canvas.rng
    style = label.sized(max(10.5, label.size_px * rng.uniform(0.65, 0.95)))
    columns = int(np.clip(column.width / (style.size_px * rng.uniform(3.2, 7)), 3, 14))
    look = replace(draw_table_look(rng, label.color), pad=float(rng.uniform(0.05, 0.35)))
    box = Box(left=column.left, top=column.y, right=column.right, bottom=column.bottom)
    column.y = write_table(canvas, wording.table(int(rng.integers(3, 16)), columns), box, style, look)


def write_closing(canvas: Canvas, wording: Wording, area: Box, y: float, label: Style, value: Style) -> None:
    """Date, signature and seal, the office that issues the paper, codes."""
    rng = canvas.rng
    middle = (area.left + area.right) / 2
    y += label.size_px * rng.uniform(0.3, 1.5)
    if rng.random() < 0.7:
        blank = rng.random() < 0.3
        text = "20    년    월    일" if blank else wording.draw("date")
        y = canvas.write(text, middle, y, label, align="center").bottom + label.size_px * 0.7
    if rng.random() < 0.7 and y < canvas.height - label.size_px * 3:
        sign = ("(인)", "(서명 또는 인)", "(서명)", "㊞")[int(rng.integers(3))]
        who = f"{('신청인', '대표자', '위임인', '성명')[int(rng.integers(4))]} : "
        box = canvas.write(who, middle, y, label)
        name = canvas.write(
            wording.word()[:4], box.right + label.size_px, box.bottom - value.height_px, value, join=True
        )
        end = canvas.write(sign, name.right + label.size_px * 2, y, label, join=True)
        if rng.random() < 0.3:
            write_scribble(canvas, Box(left=name.right, top=y - 8, right=end.left, bottom=end.bottom + 8), value.color)
        if rng.random() < 0.7:
            size = label.size_px * rng.uniform(2, 3.5)
            write_seal(canvas, end.left - size * 0.2, y + label.height_px / 2 - size / 2, size, _RED)
        y = end.bottom + label.size_px
    if rng.random() < 0.6 and y < canvas.height - label.size_px * 3:
        office = wording.word(4) + _OFFICES[int(rng.integers(len(_OFFICES)))]
        style = fit_style(canvas, office, label.sized(label.size_px * rng.uniform(1.2, 2.2)), area.width * 0.6)
        text = " ".join(office.replace(" ", "")) if rng.random() < 0.4 else office
        box = canvas.write(text, middle, y, fit_style(canvas, text, style, area.width * 0.8), align="center")
        if rng.random() < 0.6:
            size = style.size_px * rng.uniform(1.6, 3)
            write_seal(canvas, box.right - size * 0.3, (box.top + box.bottom - size) / 2, size, _RED)
    if rng.random() < 0.2:
        size = label.size_px * rng.uniform(3, 6)
        write_square_code(canvas, area.right - size, canvas.height - size - 8, size)
    if rng.random() < 0.15:
        write_barcode(
            canvas,
            Box(
                left=area.left,
                top=canvas.height - label.size_px * 3,
                right=area.left + label.size_px * 10,
                bottom=canvas.height - label.size_px,
            ),
        )


KIND = PageKind(draw=draw_form, weight=0.17, finish=finish_paper)
