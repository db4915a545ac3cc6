"""The tall pictures that sellers put below a product: sections of coloured headlines, facts, reviews, notices."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from geulnun.synth import texts
from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.photos import Photos
from geulnun.synth.materials.texture import Color, draw_color, draw_gradient, draw_near_color
from geulnun.synth.pages.box import Box
from geulnun.synth.pages.canvas import Canvas
from geulnun.synth.pages.elements.lettering import find_contrast
from geulnun.synth.pages.elements.widgets import write_avatar, write_emoji, write_icon
from geulnun.synth.pages.flow import Align, Column, fit_style, write_line, write_paragraph
from geulnun.synth.pages.style import Style, draw_face, wrap_text
from geulnun.synth.pages.theme import Theme, draw_theme, invert, is_dark, mix
from geulnun.synth.pages.truth import Drawing
from geulnun.synth.pages.wording import Wording

Section = Callable[[Column, Wording, Theme, Photos], None]


def draw_shop_picture(rng: np.random.Generator, fonts: FontLibrary, wording: Wording, photos: Photos) -> Drawing:
    """The tall picture that sellers put below a product: one section after another, each on its own ground."""
    width = int(rng.uniform(600, 1150))
    height = int(np.clip(width * np.exp(rng.uniform(np.log(0.28), np.log(2.2))), 260, 1800))
    canvas = Canvas(np.full((height, width, 3), 255, np.uint8), fonts, rng)
    unit = float(np.clip(width / rng.uniform(22, 46), 12.5, 44))
    theme = draw_theme(rng, fonts, unit)
    sections: tuple[Section, ...] = (_headline, _headline, _points, _facts, _reviews, _bars, _notice, _spread)
    y = 0.0
    while y < height - unit * 4:
        block = min(height - y, max(unit * 12, height * rng.uniform(0.3, 1.0)))
        theme = _draw_ground(canvas, theme, y, block, photos)
        margin = width * rng.uniform(0.05, 0.14)
        column = Column(
            canvas=canvas,
            left=margin,
            width=width - 2 * margin,
            y=y + unit * rng.uniform(1.2, 3),
            bottom=y + block - unit,
        )
        sections[int(rng.integers(len(sections)))](column, wording, theme, photos)
        y = max(column.y + unit * rng.uniform(1, 3), y + unit * 6)
    return canvas.finish()


def _draw_ground(canvas: Canvas, theme: Theme, y: float, block: float, photos: Photos) -> Theme:
    """Paints what a section stands on from y to the picture's end, and the theme with letters that show on it."""
    rng = canvas.rng
    top, bottom = int(y), canvas.height
    area = canvas.image[top:bottom]
    roll = rng.random()
    if roll < 0.42:
        area[:] = (255, 255, 255) if rng.random() < 0.6 else draw_color(rng, light=(0.9, 0.98), vivid=(0, 0.7))
    elif roll < 0.62:
        area[:] = draw_color(rng, light=(0.08, 0.7), vivid=(0.1, 0.9))
    elif roll < 0.82:
        first = draw_color(rng, light=(0.5, 0.97), vivid=(0.2, 0.9))
        area[:] = draw_gradient(rng, area.shape[0], area.shape[1], [first, draw_near_color(rng, first, 70)])
    else:
        picture = photos.draw(rng, *area.shape[:2])
        veil = rng.uniform(0.2, 0.75)
        tone = 255 if rng.random() < 0.5 else 0
        area[:] = (picture * (1 - veil) + tone * veil).astype(np.uint8)
    ink = find_contrast(rng, area[: max(8, int(block))])
    dark = sum(ink) > 380
    tone = area[: max(8, int(block)) : 8, ::8].reshape(-1, 3).mean(axis=0).astype(int)
    faint = mix(ink, (int(tone[0]), int(tone[1]), int(tone[2])), rng.uniform(0.1, 0.4))
    accent = draw_color(rng, light=(0.6, 0.85) if dark else (0.3, 0.5), vivid=(0.6, 1))
    card: Color = (255, 255, 255) if not dark or rng.random() < 0.5 else (30, 32, 40)
    return replace(theme, ink=ink, faint=faint, accent=accent, card=card, body=theme.body.colored(ink))


def _headline(column: Column, wording: Wording, theme: Theme, photos: Photos) -> None:
    """One to three large lines in one or two colours, small text below, perhaps a picture or an arrow."""
    canvas, rng = column.canvas, column.canvas.rng
    align: Align = "center" if rng.random() < 0.6 else "left"
    face = draw_face(rng, canvas.fonts, ("gothic", "gothic", "gothic", "round", "display", "serif"))
    if rng.random() < 0.4:
        _write_tag(column, wording, theme, align)
    for _ in range(int(rng.integers(1, 4))):
        text = wording.heading(int(rng.integers(4, 15)))
        size = column.width * rng.uniform(0.05, 0.22)
        style = replace(
            theme.body,
            face=face,
            size_px=size,
            color=theme.accent if rng.random() < 0.5 else theme.ink,
            thicken_px=int(rng.random() < 0.3),
        )
        style = fit_style(canvas, text, style, column.width, 14)
        if column.y + style.height_px > column.bottom:
            return
        column.y = _write_two_tone(column, text, style, theme, align) + style.size_px * rng.uniform(0.12, 0.4)
    column.skip(theme.unit)
    write_paragraph(
        column,
        wording.paragraph(int(rng.integers(20, 120))),
        theme.body,
        leading=rng.uniform(1.4, 1.8),
        align=align,
        max_lines=5,
    )
    if rng.random() < 0.5:
        note = theme.small.sized(max(9.5, theme.unit * rng.uniform(0.55, 0.8)))
        column.skip(theme.unit * 0.6)
        write_paragraph(column, f"* {wording.sentence(90)}", note, leading=1.4, align=align, max_lines=3)
    if rng.random() < 0.4 and column.room > theme.unit * 10:
        height = min(column.room, column.width * rng.uniform(0.3, 0.7))
        canvas.paste(photos.draw(rng, int(height), int(column.width)), column.left, column.y)
        column.skip(height)


def _write_two_tone(column: Column, text: str, style: Style, theme: Theme, align: Align) -> float:
    """The bottom of a line whose last word may be in another colour, or marked with a band behind it."""
    canvas, rng = column.canvas, column.canvas.rng
    head, _, tail = text.rpartition(" ")
    if not head or rng.random() < 0.5:
        if rng.random() < 0.15:
            used = canvas.measure(text, style)
            left = column.left + (column.width - used) / 2 * (align == "center")
            box = Box(left=left, top=column.y, right=left + used, bottom=column.y + style.height_px)
            canvas.fill(box.padded(style.size_px * 0.12, style.size_px * 0.08), theme.accent)
            style = style.colored((255, 255, 255) if is_dark(theme.accent) else (20, 20, 20))
        return write_line(canvas, text, column.left, column.y, column.width, style, align).bottom
    used = canvas.measure(text, style)
    left = column.left + (column.width - used) / 2 * (align == "center")
    box = canvas.write(head, left, column.y, style)
    other = style.colored(theme.ink if style.color != theme.ink else theme.accent)
    return (
        canvas.write(tail, left + canvas.measure(head + " ", style), column.y, other, join=True).bottom
        if box.width
        else box.bottom
    )


def _write_tag(column: Column, wording: Wording, theme: Theme, align: Align) -> None:
    """A short word on a pill above a headline."""
    canvas, rng = column.canvas, column.canvas.rng
    text = (
        wording.draw("english_word", 10).upper() + f" {int(rng.integers(1, 9)):02}"
        if rng.random() < 0.4
        else wording.button()
    )
    width, height = canvas.measure(text, theme.body) + theme.unit * 1.6, theme.unit * 2
    left = column.left + (column.width - width) / 2 * (align == "center")
    canvas.fill(
        Box(left=left, top=column.y, right=left + width, bottom=column.y + height),
        theme.accent,
        radius_px=float(rng.choice([0, height / 2])),
    )
    style = theme.body.colored((255, 255, 255) if is_dark(theme.accent) else (20, 20, 20))
    canvas.write(text, left + width / 2, column.y + (height - style.height_px) / 2, style, align="center")
    column.skip(height + theme.unit)


def _points(column: Column, wording: Wording, theme: Theme, photos: Photos) -> None:
    """Check marks, numbers in discs or icons before short lines."""
    canvas, rng = column.canvas, column.canvas.rng
    kind = int(rng.integers(4))
    size = theme.unit * rng.uniform(1.4, 2.4)
    for number in range(1, int(rng.integers(3, 7))):
        if column.room < size * 1.6:
            return
        if kind == 0:
            write_icon(canvas, column.left, column.y, size, theme.accent)
        elif kind == 2:
            write_emoji(canvas, column.left, column.y, size)
        elif kind == 1:
            canvas.disc(column.left + size / 2, column.y + size / 2, size / 2, theme.accent)
            digit = theme.body.colored((255, 255, 255) if is_dark(theme.accent) else (20, 20, 20))
            canvas.write(
                str(number), column.left + size / 2, column.y + (size - digit.height_px) / 2, digit, align="center"
            )
        text = wording.sentence(28)
        style = fit_style(canvas, text, theme.body, column.width - size * 1.6, 10)
        canvas.write(text, column.left + size * 1.5, column.y + (size - style.height_px) / 2, style)
        column.skip(size * rng.uniform(1.3, 1.8))


def _facts(column: Column, wording: Wording, theme: Theme, photos: Photos) -> None:
    """The table of required particulars: label left, running text right, thin rules."""
    canvas, rng = column.canvas, column.canvas.rng
    style = theme.body.sized(max(11.0, theme.unit * rng.uniform(0.6, 0.95)))
    label_w = column.width * rng.uniform(0.22, 0.34)
    rules = rng.random() < 0.7
    shaded = rng.random() < 0.35
    line: Color = (190, 190, 190)
    for name, value in texts.draw_form_fields(rng, int(rng.integers(5, 12))):
        text = wording.paragraph(int(rng.integers(30, 150))) if rng.random() < 0.35 else value or "해당 없음"
        lines = wrap_text(text, style, column.width - label_w - theme.unit, canvas.fonts)[:6]
        names = wrap_text(name, style, label_w - theme.unit, canvas.fonts)[:3]
        height = max(len(lines), len(names)) * style.size_px * 1.4 + style.size_px * rng.uniform(0.5, 1.1)
        if column.room < height:
            break
        if shaded and not is_dark(theme.card) and not is_dark(invert(theme.ink)):
            canvas.fill(
                Box(left=column.left, top=column.y, right=column.left + label_w, bottom=column.y + height),
                (243, 244, 246),
            )
        for texts_, left in (
            (names, column.left + theme.unit * 0.4),
            (lines, column.left + label_w + theme.unit * 0.4),
        ):
            y = column.y + (height - len(texts_) * style.size_px * 1.4) / 2
            for item in texts_:
                canvas.write(item, left, y, style)
                y += style.size_px * 1.4
        column.y += height
        if rules:
            canvas.rule(column.left, column.y, column.right, column.y, line)


def _reviews(column: Column, wording: Wording, theme: Theme, photos: Photos) -> None:
    """White rounded cards with quotations, names and stars."""
    canvas, rng = column.canvas, column.canvas.rng
    ink: Color = (240, 240, 240) if is_dark(theme.card) else (30, 30, 34)
    style = theme.body.colored(ink)
    align: Align = "center" if rng.random() < 0.5 else "left"
    for _ in range(int(rng.integers(1, 5))):
        lines = wrap_text(wording.sentence(80), style, column.width - theme.unit * 3, canvas.fonts)[:4]
        height = theme.unit * (1.6 * len(lines) + 3.4)
        if column.room < height:
            return
        box = Box(left=column.left, top=column.y, right=column.right, bottom=column.y + height)
        canvas.fill(box, theme.card, radius_px=theme.unit * rng.uniform(0, 1.2))
        if not is_dark(theme.card):
            canvas.outline(box, (225, 225, 228), 1, radius_px=0)
        y = column.y + theme.unit
        for line in lines:
            write_line(canvas, line, box.left + theme.unit * 1.5, y, box.width - theme.unit * 3, style, align)
            y += theme.unit * 1.6
        who = wording.draw("review", 20) if rng.random() < 0.5 else f"ID : {wording.word(2)}****"
        write_line(
            canvas,
            who,
            box.left + theme.unit * 1.5,
            y,
            box.width - theme.unit * 3,
            theme.body.sized(max(9.5, theme.unit * 0.75)).colored((140, 140, 140)),
            align,
        )
        if rng.random() < 0.3:
            write_avatar(
                canvas,
                box.right - theme.unit * 2,
                box.bottom - theme.unit * 2,
                theme.unit * 3,
                draw_color(rng),
                draw_color(rng, light=(0.7, 0.9)),
            )
        column.y = box.bottom + theme.unit


def _bars(column: Column, wording: Wording, theme: Theme, photos: Photos) -> None:
    """Shares as bars with a sentence and a large figure each."""
    canvas, rng = column.canvas, column.canvas.rng
    for _ in range(int(rng.integers(2, 5))):
        if column.room < theme.unit * 4:
            return
        text = wording.sentence(24)
        big = theme.body.sized(theme.unit * 1.4).colored(theme.accent)
        share = rng.uniform(0.5, 1)
        right = canvas.write(f"{share * 100:.0f}%", column.right, column.y, big, align="right")
        # The sentence is read before its figure.
        figure = canvas.lines.pop()
        canvas.write(
            text,
            column.left,
            column.y + theme.unit * 0.3,
            fit_style(canvas, text, theme.body, right.left - column.left - theme.unit, 10),
        )
        canvas.lines.append(figure)
        column.skip(theme.unit * 2)
        bar = Box(
            left=column.left, top=column.y, right=column.left + column.width * share, bottom=column.y + theme.unit
        )
        canvas.fill(bar, theme.accent, radius_px=theme.unit / 2)
        column.skip(theme.unit * 2)


def _notice(column: Column, wording: Wording, theme: Theme, photos: Photos) -> None:
    """Small grey lines with marks."""
    rng = column.canvas.rng
    style = theme.small.sized(max(9.5, theme.unit * rng.uniform(0.55, 0.9)))
    mark = ("※ ", "* ", "- ", "· ", "")[int(rng.integers(5))]
    for _ in range(int(rng.integers(1, 6))):
        write_paragraph(column, mark + wording.sentence(90), style, leading=1.6, max_lines=3)


def _spread(column: Column, wording: Wording, theme: Theme, photos: Photos) -> None:
    """A picture at one side, lines at the other."""
    canvas, rng = column.canvas, column.canvas.rng
    height = min(column.room, column.width * rng.uniform(0.25, 0.6))
    if height < theme.unit * 4:
        return
    half = column.width * rng.uniform(0.35, 0.55)
    left_side = rng.random() < 0.5
    canvas.paste(photos.draw(rng, int(height), int(half)), column.left if left_side else column.right - half, column.y)
    inner = Column(
        canvas=canvas,
        left=column.left + (half + theme.unit if left_side else 0),
        width=column.width - half - theme.unit,
        y=column.y + height * rng.uniform(0.02, 0.2),
        bottom=column.y + height,
    )
    write_paragraph(
        inner,
        wording.heading(18),
        theme.body.sized(theme.unit * rng.uniform(1.2, 2.2)).colored(theme.accent if rng.random() < 0.5 else theme.ink),
        leading=1.3,
        max_lines=2,
    )
    inner.skip(theme.unit * 0.6)
    write_paragraph(inner, wording.paragraph(60), theme.body, leading=1.5, max_lines=5)
    column.y += height
