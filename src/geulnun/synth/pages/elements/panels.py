"""What fills a phone's screen: settings, chats, products, lists, mixed content."""

from geulnun.synth import texts
from geulnun.synth.materials.photos import Photos
from geulnun.synth.materials.texture import draw_color
from geulnun.synth.pages.box import Box
from geulnun.synth.pages.canvas import Canvas
from geulnun.synth.pages.elements.controls import write_button, write_chips, write_input
from geulnun.synth.pages.elements.widgets import write_avatar, write_emoji, write_icon, write_switch
from geulnun.synth.pages.flow import Column, fit_style, write_paragraph
from geulnun.synth.pages.style import wrap_text
from geulnun.synth.pages.theme import Theme, is_dark
from geulnun.synth.pages.wording import Wording


def write_settings(column: Column, wording: Wording, theme: Theme, photos: Photos) -> None:
    """Names with remarks below and switches or values at the right, on cards or between lines."""
    canvas, rng = column.canvas, column.canvas.rng
    carded = rng.random() < 0.5
    icons = rng.random() < 0.4
    pad = theme.unit * rng.uniform(0.7, 1.2)
    while column.room > theme.unit * 5:
        if rng.random() < 0.4:
            style = theme.body.sized(theme.unit * rng.uniform(0.85, 1.3)).colored(
                theme.accent if rng.random() < 0.6 else theme.faint
            )
            column.skip(theme.unit * 0.6)
            column.skip(canvas.write(wording.button(), column.left, column.y, style).height + theme.unit * 0.5)
        rows = texts.draw_settings(rng, int(rng.integers(1, 6)))
        top = column.y
        layout = [(name, _wrap_note(canvas, value, theme, column.width * 0.72)) for name, value in rows]
        heights = [theme.unit * 1.2 + 2 * pad + sum(theme.small.size_px * 1.45 for _ in notes) for _, notes in layout]
        while heights and top + sum(heights) > column.bottom:
            heights.pop()
        if not heights:
            return
        if carded:
            canvas.fill(
                Box(left=column.left, top=top, right=column.right, bottom=top + sum(heights)),
                theme.card,
                radius_px=theme.radius,
            )
        for (name, notes), height in zip(layout, heights, strict=False):
            _write_setting(column, theme, name, notes, height, pad, icons)
            if column.y + height < top + sum(heights) - 1:
                canvas.rule(column.left + pad, column.y + height, column.right, column.y + height, theme.line)
            column.y += height
        column.skip(theme.unit * rng.uniform(0.3, 1.2))


def _wrap_note(canvas: Canvas, text: str, theme: Theme, width: float) -> list[str]:
    return wrap_text(text, theme.small, width, canvas.fonts)[:3] if text else []


def _write_setting(
    column: Column, theme: Theme, name: str, notes: list[str], height: float, pad: float, icons: bool
) -> None:
    canvas, rng = column.canvas, column.canvas.rng
    x = column.left + pad
    if icons:
        write_icon(canvas, x, column.y + (height - theme.unit * 1.2) / 2, theme.unit * 1.2, theme.faint)
        x += theme.unit * 2.2
    y = column.y + pad
    canvas.write(name, x, y, theme.body)
    y += theme.unit * 1.3
    for note in notes:
        canvas.write(note, x, y, theme.small)
        y += theme.small.size_px * 1.45
    roll = rng.random()
    middle = column.y + height / 2
    if roll < 0.4:
        write_switch(canvas, column.right - pad, middle, theme.unit * 1.2, theme.accent, bool(rng.random() < 0.5))
    elif roll < 0.7:
        write_icon(
            canvas, column.right - pad - theme.unit * 0.8, middle - theme.unit * 0.4, theme.unit * 0.8, theme.faint
        )


def write_chat(column: Column, wording: Wording, theme: Theme, photos: Photos) -> None:
    """Bubbles left and right with names, pictures and times."""
    canvas, rng = column.canvas, column.canvas.rng
    mine, theirs = theme.accent if rng.random() < 0.5 else (254, 229, 0), theme.card
    for sender, message, time in texts.draw_chat(rng, 14):
        text = message if rng.random() < 0.5 else wording.sentence(int(rng.integers(8, 70)))
        lines = wrap_text(text, theme.body, column.width * 0.62, canvas.fonts)
        pad, step = theme.unit * 0.6, theme.unit * 1.4
        height = len(lines) * step - 0.4 * theme.unit + 2 * pad
        if column.y + height + theme.unit * 2 > column.bottom:
            return
        width = max(canvas.measure(line, theme.body) for line in lines) + 2 * pad
        left = column.right - width if not sender else column.left + theme.unit * 2.9
        if sender:
            write_avatar(
                canvas, column.left, column.y, theme.unit * 2.3, draw_color(rng, light=(0.6, 0.9)), (255, 255, 255)
            )
            column.y = canvas.write(sender, left, column.y, theme.small).bottom + theme.unit * 0.35
        color = theirs if sender else mine
        bubble = Box(left=left, top=column.y, right=left + width, bottom=column.y + height)
        canvas.fill(bubble, color, radius_px=theme.unit * rng.uniform(0.4, 0.9))
        style = theme.body.colored((255, 255, 255) if is_dark(color) else (25, 25, 28))
        if rng.random() < 0.15:
            size = theme.unit * rng.uniform(1.2, 2.5)
            write_emoji(
                canvas, bubble.right - width - size * 1.3 if not sender else bubble.right + size * 0.3, column.y, size
            )
        for i, line in enumerate(lines):
            canvas.write(line, left + pad, column.y + pad + i * step, style)
        tiny = theme.body.sized(max(9.0, theme.unit * 0.62)).colored(theme.faint)
        at, align = (bubble.right + theme.unit * 0.3, "left") if sender else (bubble.left - theme.unit * 0.3, "right")
        canvas.write(time, at, bubble.bottom - tiny.height_px, tiny, align=align)
        column.y = bubble.bottom + theme.unit * rng.uniform(0.3, 1)


def write_cards(column: Column, wording: Wording, theme: Theme, photos: Photos) -> None:
    """Products or articles in one to three columns: picture, name, price."""
    rng = column.canvas.rng
    count = int(rng.choice([1, 2, 2, 3]))
    gap = theme.unit * 0.7
    width = (column.width - gap * (count - 1)) / count
    if width < theme.unit * 7:
        count, width = 1, column.width
    picture_h = width * rng.uniform(0.45, 1.1)
    height = picture_h + theme.unit * 6.2
    while column.room > height:
        for i in range(count):
            left = column.left + i * (width + gap)
            card = Box(left=left, top=column.y, right=left + width, bottom=column.y + height)
            _write_card(column.canvas, wording, theme, photos, card, picture_h)
        column.y += height + gap


def _write_card(canvas: Canvas, wording: Wording, theme: Theme, photos: Photos, card: Box, picture_h: float) -> None:
    """One product: picture, tag, name, prices, rating."""
    rng = canvas.rng
    if rng.random() < 0.8:
        canvas.fill(card, theme.card, radius_px=theme.radius)
    canvas.paste(photos.draw(rng, int(picture_h), int(card.width)), card.left, card.top)
    if rng.random() < 0.25:
        _write_tag(canvas, theme, card.left, card.top)
    inner = Column(
        canvas=canvas,
        left=card.left + theme.unit * 0.3,
        width=card.width - theme.unit * 0.6,
        y=card.top + picture_h + theme.unit * 0.5,
        bottom=card.bottom,
    )
    write_paragraph(inner, wording.draw("product", 40), theme.body, leading=1.3, max_lines=2)
    _write_price(inner, wording, theme)
    if rng.random() < 0.6:
        text = wording.draw("review", 18)
        canvas.write(text, inner.left, inner.y + theme.unit * 1.5, fit_style(canvas, text, theme.small, inner.width))


def _write_tag(canvas: Canvas, theme: Theme, left: float, top: float) -> None:
    text = ("특가", "무료배송", "NEW", "BEST", "30%")[int(canvas.rng.integers(5))]
    width = canvas.measure(text, theme.small) + theme.unit * 0.8
    canvas.fill(Box(left=left, top=top, right=left + width, bottom=top + theme.unit * 1.3), theme.accent)
    style = theme.small.colored((255, 255, 255) if is_dark(theme.accent) else (20, 20, 20))
    canvas.write(text, left + width / 2, top + theme.unit * 0.25, style, align="center")


def _write_price(inner: Column, wording: Wording, theme: Theme) -> None:
    """A price, perhaps with a discount before it and the struck old one above."""
    canvas, rng = inner.canvas, inner.canvas.rng
    style = theme.body.sized(theme.unit * rng.uniform(1.0, 1.3))
    if rng.random() < 0.25:
        old = canvas.write(f"{int(rng.integers(10, 999)) * 100:,}원", inner.left, inner.y, theme.small)
        middle = (old.top + old.bottom) / 2
        canvas.rule(old.left, middle, old.right, middle, theme.faint)
        inner.skip(theme.unit * 1.1)
    start, sale = inner.left, rng.random() < 0.4
    if sale:
        cut = canvas.write(f"{int(rng.integers(5, 80))}%", inner.left, inner.y, style.colored(theme.accent))
        start = cut.right + theme.unit * 0.3
    text = wording.draw("price", 14)
    canvas.write(text, start, inner.y, fit_style(canvas, text, style, inner.right - start, 8), join=sale)


def write_rows(column: Column, wording: Wording, theme: Theme, photos: Photos) -> None:
    """A list: small picture or avatar, two lines, a time or number at the right."""
    canvas, rng = column.canvas, column.canvas.rng
    height = theme.unit * rng.uniform(3.2, 4.5)
    size = height * 0.72
    kind = int(rng.integers(3))
    while column.room > height:
        top = column.y + (height - size) / 2
        x = column.left
        if kind == 0:
            write_avatar(canvas, x, top, size, draw_color(rng, light=(0.5, 0.9)), (255, 255, 255))
            x += size * 1.25
        elif kind == 1:
            canvas.paste(photos.draw(rng, int(size), int(size)), x, top)
            x += size * 1.25
        note = wording.draw("time", 10) if rng.random() < 0.6 else ""
        room = column.right - x - theme.unit * 4.5
        first = wording.phrase(18)
        style = fit_style(canvas, first, theme.body, room, 10)
        canvas.write(first, x, top + size * 0.06, style)
        if note:
            canvas.write(note, column.right, top + size * 0.06, theme.small, align="right")
        second = wrap_text(wording.sentence(60), theme.small, room, canvas.fonts)[:1]
        if second:
            canvas.write(second[0], x, top + size * 0.58, theme.small)
        if rng.random() < 0.15:
            canvas.disc(column.right - theme.unit * 0.6, top + size * 0.72, theme.unit * 0.55, (235, 60, 50))
            canvas.write(
                str(rng.integers(1, 10)),
                column.right - theme.unit * 0.6,
                top + size * 0.72 - theme.unit * 0.33,
                theme.small.colored((255, 255, 255)),
                align="center",
            )
        column.y += height
        canvas.rule(x, column.y, column.right, column.y, theme.line)


def write_mixed(column: Column, wording: Wording, theme: Theme, photos: Photos) -> None:
    """Headings, paragraphs, buttons, chips and fields to fill in."""
    rng = column.canvas.rng
    while column.room > theme.unit * 4:
        roll = rng.random()
        if roll < 0.25:
            style = theme.body.sized(theme.unit * rng.uniform(1.2, 2.0))
            write_paragraph(column, wording.heading(24), style, leading=1.35, max_lines=2)
        elif roll < 0.5:
            write_paragraph(
                column,
                wording.paragraph(int(rng.integers(30, 160))),
                theme.body if rng.random() < 0.6 else theme.small,
                leading=1.5,
                max_lines=6,
            )
        elif roll < 0.68:
            write_button(column, wording.button(), theme)
        elif roll < 0.84:
            write_chips(column, wording, theme)
        else:
            write_input(column, wording, theme)
        column.skip(theme.unit * rng.uniform(0.5, 1.3))
