"""Pages of browsers and shops: articles, notices, product tables, tall pictures with coloured headlines."""

import numpy as np

from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.photos import Photos
from geulnun.synth.materials.texture import Color
from geulnun.synth.pages.box import Box
from geulnun.synth.pages.canvas import Canvas
from geulnun.synth.pages.elements.controls import write_button, write_chips
from geulnun.synth.pages.elements.figure import write_chart
from geulnun.synth.pages.elements.table import draw_table_look, write_table
from geulnun.synth.pages.elements.widgets import write_icon
from geulnun.synth.pages.finish import finish_screen
from geulnun.synth.pages.flow import Column, fit_style, write_paragraph
from geulnun.synth.pages.kind import PageKind
from geulnun.synth.pages.kinds.shop import draw_shop_picture
from geulnun.synth.pages.theme import Theme, draw_theme, is_dark
from geulnun.synth.pages.truth import Drawing
from geulnun.synth.pages.wording import Wording


def draw_web(rng: np.random.Generator, fonts: FontLibrary, wording: Wording, photos: Photos) -> Drawing:
    """A desktop page or a seller's tall picture."""
    if rng.random() < 0.4:
        return draw_site(rng, fonts, wording, photos)
    return draw_shop_picture(rng, fonts, wording, photos)


def draw_site(rng: np.random.Generator, fonts: FontLibrary, wording: Wording, photos: Photos) -> Drawing:
    """Navigation, a main column of text, tables and pictures, a narrow column beside it."""
    width, height = int(rng.uniform(800, 1600)), int(rng.uniform(500, 1300))
    unit = float(np.clip(rng.normal(15.5, 3), 11, 26))
    theme = draw_theme(rng, fonts, unit)
    canvas = Canvas(np.full((height, width, 3), theme.ground, np.uint8), fonts, rng)
    y = write_navigation(canvas, wording, theme)
    margin = width * rng.uniform(0.02, 0.12)
    side = rng.random() < 0.5
    main_w = (width - 2 * margin) * (0.7 if side else 1.0)
    column = Column(canvas=canvas, left=margin, width=main_w, y=y + unit, bottom=height - unit)
    while column.room > unit * 3:
        _write_site_block(column, wording, theme, photos)
        column.skip(unit * rng.uniform(0.5, 1.6))
    if side:
        rail = Column(
            canvas=canvas,
            left=margin + main_w + unit * 2,
            width=width - margin * 2 - main_w - unit * 2,
            y=y + unit,
            bottom=height - unit,
        )
        write_rail(rail, wording, theme)
    return canvas.finish()


def _write_site_block(column: Column, wording: Wording, theme: Theme, photos: Photos) -> None:
    canvas, rng = column.canvas, column.canvas.rng
    roll = rng.random()
    if roll < 0.2:
        write_paragraph(
            column, wording.heading(34), theme.body.sized(theme.unit * rng.uniform(1.3, 2.4)), leading=1.35, max_lines=2
        )
    elif roll < 0.5:
        write_paragraph(
            column,
            wording.paragraph(int(rng.integers(60, 400))),
            theme.body,
            leading=rng.uniform(1.45, 1.9),
            max_lines=12,
        )
    elif roll < 0.7 and column.room > theme.unit * 6:
        columns = int(np.clip(column.width / (theme.unit * rng.uniform(6, 11)), 2, 9))
        box = Box(left=column.left, top=column.y, right=column.right, bottom=column.bottom)
        look = draw_table_look(rng, theme.ink, theme.ground)
        column.y = write_table(canvas, wording.table(int(rng.integers(3, 12)), columns), box, theme.body, look)
    elif roll < 0.78 and column.room > theme.unit * 12:
        height = min(column.room, column.width * rng.uniform(0.2, 0.4))
        canvas.paste(photos.draw(rng, int(height), int(column.width)), column.left, column.y)
        column.skip(height)
    elif roll < 0.86:
        write_chips(column, wording, theme)
    elif roll < 0.92 and column.room > theme.unit * 5:
        write_button(column, wording.button(), theme)
    elif column.room > theme.unit * 14 and not is_dark(theme.ground):
        height = theme.unit * rng.uniform(10, 16)
        write_chart(
            canvas,
            wording,
            Box(left=column.left, top=column.y, right=column.right, bottom=column.y + height),
            theme.body,
        )
        column.skip(height + theme.unit)
    else:
        column.y = _write_meta(column, wording, theme)


def _write_meta(column: Column, wording: Wording, theme: Theme) -> float:
    """Who wrote it and when, with icons."""
    canvas, rng = column.canvas, column.canvas.rng
    x = column.left
    for text in (
        wording.word(4),
        wording.draw("date", 14),
        f"조회 {int(rng.integers(1, 99999)):,}",
        f"댓글 {int(rng.integers(0, 300))}",
    ):
        if x > column.right - theme.unit * 8:
            break
        if rng.random() < 0.3:
            write_icon(canvas, x, column.y, theme.small.size_px, theme.faint)
            x += theme.small.size_px * 1.4
        x = canvas.write(text, x, column.y, theme.small).right + theme.unit * 1.3
    return column.y + theme.unit * 1.5


def write_navigation(canvas: Canvas, wording: Wording, theme: Theme) -> float:
    """A head with a name, menus and a search field; returns its bottom."""
    rng = canvas.rng
    height = theme.unit * rng.uniform(2.6, 4.2)
    color: Color = theme.accent if rng.random() < 0.4 else theme.card
    ink: Color = (255, 255, 255) if is_dark(color) else (24, 24, 28)
    canvas.fill(Box(left=0, top=0, right=canvas.width, bottom=height), color)
    style = theme.body.colored(ink)
    middle = height / 2
    name = canvas.write(
        wording.word(7), theme.unit * 1.5, middle - style.height_px * 0.75, style.sized(theme.unit * 1.5)
    )
    x = name.right + theme.unit * rng.uniform(1.5, 4)
    while x < canvas.width * 0.62:
        x = canvas.write(wording.button(), x, middle - style.height_px / 2, style).right + theme.unit * rng.uniform(
            1.2, 2.4
        )
    if x < canvas.width * 0.7 and rng.random() < 0.6:
        field = Box(
            left=canvas.width * 0.74,
            top=middle - theme.unit,
            right=canvas.width - theme.unit * 2,
            bottom=middle + theme.unit,
        )
        canvas.fill(field, (255, 255, 255), radius_px=float(rng.choice([0, theme.unit])))
        text = wording.phrase(10)
        hint = fit_style(canvas, text, theme.body.colored((120, 120, 124)), field.width * 0.7)
        canvas.write(text, field.left + theme.unit, middle - hint.height_px / 2, hint)
        write_icon(canvas, field.right - theme.unit * 1.7, middle - theme.unit * 0.6, theme.unit * 1.2, (110, 110, 114))
    return height


def write_rail(rail: Column, wording: Wording, theme: Theme) -> None:
    """A narrow list of headlines, numbered or not."""
    canvas, rng = rail.canvas, rail.canvas.rng
    if rail.width < theme.unit * 6:
        return
    numbered = rng.random() < 0.5
    canvas.write(wording.button(), rail.left, rail.y, theme.body.sized(theme.unit * 1.15))
    rail.skip(theme.unit * 2)
    for number in range(1, int(rng.integers(4, 16))):
        if rail.room < theme.unit * 2:
            return
        text = (f"{number} " if numbered else "") + wording.phrase(18)
        write_paragraph(rail, text, theme.body, leading=1.4, max_lines=2)
        rail.skip(theme.unit * 0.4)


KIND = PageKind(draw=draw_web, weight=0.13, finish=finish_screen)
