"""Phone screens: settings, chats, lists of cards, dialogs; light, dark and coloured."""

from dataclasses import dataclass

import numpy as np

from geulnun.synth import texts
from geulnun.synth.fonts import FontLibrary
from geulnun.synth.pages.canvas import Box, Canvas
from geulnun.synth.pages.flow import Column, fit_style, write_paragraph
from geulnun.synth.pages.marks import write_avatar, write_icon, write_switch
from geulnun.synth.pages.photos import Backgrounds
from geulnun.synth.pages.style import Style, wrap_text
from geulnun.synth.pages.texture import Color, draw_color
from geulnun.synth.pages.truth import Drawing
from geulnun.synth.pages.wording import Wording

_SANS = ("gothic", "gothic", "gothic", "gothic", "round")


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """Colours and letters of an app.

    Attributes:
        ground: behind everything.
        card: of cards and bars.
        ink: of text.
        faint: of secondary text.
        accent: of buttons, links and marks.
        line: of separators.
        body: style of text, in `ink`.
        unit: the body size in pixels, by which everything else is measured.
        radius: of card corners in pixels.
    """

    ground: Color
    card: Color
    ink: Color
    faint: Color
    accent: Color
    line: Color
    body: Style
    unit: float
    radius: float

    @property
    def small(self) -> Style:
        """Secondary text."""
        return self.body.sized(max(9.5, self.unit * 0.8)).colored(self.faint)


def draw_theme(rng: np.random.Generator, fonts: FontLibrary, unit: float) -> Theme:
    """Light in most cases, otherwise dark or tinted."""
    roll = rng.random()
    accent = draw_color(rng, light=(0.35, 0.6), vivid=(0.5, 1))
    if roll < 0.62:
        ground: Color = (255, 255, 255) if rng.random() < 0.5 else draw_color(rng, light=(0.93, 0.98), vivid=(0, 0.5))
        card: Color = (255, 255, 255) if rng.random() < 0.7 else draw_color(rng, light=(0.9, 0.97), vivid=(0, 0.4))
        level = int(rng.integers(0, 80))
        ink: Color = (level, level, level + int(rng.integers(0, 20)))
        gray = int(rng.integers(95, 165))
        line: Color = (225, 225, 228)
    elif roll < 0.88:
        ground = draw_color(rng, light=(0.0, 0.14), vivid=(0, 0.4))
        card = tuple(min(255, c + int(rng.integers(8, 26))) for c in ground)  # type: ignore[assignment]
        level = int(rng.integers(205, 256))
        ink = (level, level, level)
        gray = int(rng.integers(120, 185))
        line = tuple(min(255, c + 28) for c in ground)  # type: ignore[assignment]
    else:
        ground = draw_color(rng, light=(0.3, 0.75), vivid=(0.3, 0.9))
        card, ink, gray, line = (255, 255, 255), (30, 30, 34), 120, (226, 226, 230)
    face = fonts.draw_face(rng, classes=(_SANS[int(rng.integers(len(_SANS)))],))
    body = Style(face=face, size_px=unit, color=ink, spacing_em=float(rng.choice([0, 0, -0.03, -0.05, 0.02])))
    return Theme(ground=ground, card=card, ink=ink, faint=(gray, gray, gray), accent=accent, line=line, body=body, unit=unit, radius=float(rng.choice([0, unit * 0.4, unit * 0.8])))


def is_dark(color: Color) -> bool:
    """Whether light letters are read better on it."""
    return color[0] * 0.3 + color[1] * 0.59 + color[2] * 0.11 < 140


def draw_screen(rng: np.random.Generator, fonts: FontLibrary, wording: Wording, photos: Backgrounds) -> Drawing:
    """A phone's screen or a piece of one."""
    width = int(rng.uniform(500, 1080))
    height = min(1800, int(width * rng.uniform(0.8, 2.2)))
    unit = float(np.clip(width / rng.uniform(19, 34), 12, 46))
    theme = draw_theme(rng, fonts, unit)
    canvas = Canvas(np.full((height, width, 3), theme.ground, np.uint8), fonts, rng)
    y = 0.0
    if rng.random() < 0.6:
        y = write_status_bar(canvas, theme)
    if rng.random() < 0.75:
        y = write_title_bar(canvas, wording, theme, y)
    tabs = rng.random() < 0.4
    bottom = height - (theme.unit * 3.2 if tabs else 0)
    column = Column(canvas=canvas, left=unit * rng.uniform(0.6, 1.4), width=0, y=y + unit * 0.4, bottom=bottom)
    column.width = width - 2 * column.left
    bodies = (write_settings, write_chat, write_cards, write_rows, write_mixed)
    bodies[int(rng.integers(len(bodies)))](column, wording, theme, photos)
    if tabs:
        write_tab_bar(canvas, theme)
    if rng.random() < 0.12:
        write_dialog(canvas, wording, theme)
    return canvas.finish()


def write_status_bar(canvas: Canvas, theme: Theme) -> float:
    """Time, network and battery at the top; returns the height."""
    rng = canvas.rng
    style = theme.body.sized(max(10.0, theme.unit * 0.72))
    y = style.size_px * 0.5
    time = f"{int(rng.integers(0, 24))}:{int(rng.integers(0, 60)):02}"
    canvas.write(time, theme.unit * 1.2, y, style)
    x = canvas.width - theme.unit * 1.2
    if rng.random() < 0.5:
        x = canvas.write(f"{int(rng.integers(1, 101))}%", x, y, style, align="right").left - theme.unit * 0.3
    battery = Box(left=x - style.size_px * 1.4, top=y + style.size_px * 0.15, right=x, bottom=y + style.size_px * 0.8)
    canvas.outline(battery, theme.ink, max(1, int(theme.unit / 14)), radius_px=3)
    canvas.fill(Box(left=battery.left + 3, top=battery.top + 3, right=battery.left + battery.width * rng.uniform(0.3, 0.9), bottom=battery.bottom - 3), theme.ink)
    if rng.random() < 0.4:
        canvas.write(("LTE", "5G", "3G", "KT", "SKT")[int(rng.integers(5))], battery.left - theme.unit * 0.4, y, style, align="right")
    else:
        bar = style.size_px * 0.14
        for i in range(4):
            left = battery.left - theme.unit * 1.6 + i * bar * 2
            canvas.fill(Box(left=left, top=battery.bottom - bar * (i + 1.5), right=left + bar * 1.3, bottom=battery.bottom), theme.ink)
    return y + style.size_px * 1.6


def write_title_bar(canvas: Canvas, wording: Wording, theme: Theme, y: float) -> float:
    """A bar with an arrow, a title and icons; returns its bottom."""
    rng = canvas.rng
    height = theme.unit * rng.uniform(2.6, 3.6)
    colored = rng.random() < 0.25
    color = theme.accent if colored else theme.card if rng.random() < 0.5 else theme.ground
    ink: Color = ((255, 255, 255) if is_dark(color) else (20, 20, 24)) if colored else theme.ink
    canvas.fill(Box(left=0, top=y, right=canvas.width, bottom=y + height), color)
    size = theme.unit * 1.1
    top = y + (height - size) / 2
    x = theme.unit * 0.8
    if rng.random() < 0.7:
        write_icon(canvas, x, top, size, ink)
        x += size * 1.8
    text = wording.button() if rng.random() < 0.6 else wording.heading(14)
    style = theme.body.sized(theme.unit * rng.uniform(1.1, 1.5)).colored(ink)
    style = fit_style(canvas, text, style, canvas.width * 0.5)
    if rng.random() < 0.35:
        canvas.write(text, canvas.width / 2, y + (height - style.height_px) / 2, style, align="center")
    else:
        canvas.write(text, x, y + (height - style.height_px) / 2, style)
    right = canvas.width - theme.unit * 0.8
    for _ in range(int(rng.integers(0, 3))):
        write_icon(canvas, right - size, top, size, ink)
        right -= size * 1.7
    if rng.random() < 0.4:
        canvas.rule(0, y + height, canvas.width, y + height, theme.line)
    return y + height


def write_tab_bar(canvas: Canvas, theme: Theme) -> None:
    """Icons with tiny names along the bottom."""
    rng = canvas.rng
    top = canvas.height - theme.unit * 3
    canvas.fill(Box(left=0, top=top, right=canvas.width, bottom=canvas.height), theme.card)
    canvas.rule(0, top, canvas.width, top, theme.line)
    count = int(rng.integers(3, 6))
    style = theme.body.sized(max(9.5, theme.unit * 0.66))
    size = theme.unit * 1.15
    chosen = int(rng.integers(count))
    for i in range(count):
        x = canvas.width * (i + 0.5) / count
        color = theme.accent if i == chosen else theme.faint
        write_icon(canvas, x - size / 2, top + theme.unit * 0.4, size, color)
        text = ("홈", "검색", "채팅", "내 정보", "쇼핑", "알림", "더보기", "카테고리", "찜", "MY")[int(rng.integers(10))]
        canvas.write(text, x, top + theme.unit * 0.5 + size * 1.1, style.colored(color), align="center")


def write_settings(column: Column, wording: Wording, theme: Theme, photos: Backgrounds) -> None:
    """Names with remarks below and switches or values at the right, on cards or between lines."""
    canvas, rng = column.canvas, column.canvas.rng
    carded = rng.random() < 0.5
    icons = rng.random() < 0.4
    pad = theme.unit * rng.uniform(0.7, 1.2)
    while column.room > theme.unit * 5:
        if rng.random() < 0.4:
            style = theme.body.sized(theme.unit * rng.uniform(0.85, 1.3)).colored(theme.accent if rng.random() < 0.6 else theme.faint)
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
            canvas.fill(Box(left=column.left, top=top, right=column.right, bottom=top + sum(heights)), theme.card, radius_px=theme.radius)
        for (name, notes), height in zip(layout, heights, strict=False):
            _write_setting(column, theme, name, notes, height, pad, icons)
            if column.y + height < top + sum(heights) - 1:
                canvas.rule(column.left + pad, column.y + height, column.right, column.y + height, theme.line)
            column.y += height
        column.skip(theme.unit * rng.uniform(0.3, 1.2))


def _wrap_note(canvas: Canvas, text: str, theme: Theme, width: float) -> list[str]:
    return wrap_text(text, theme.small, width, canvas.fonts)[:3] if text else []


def _write_setting(column: Column, theme: Theme, name: str, notes: list[str], height: float, pad: float, icons: bool) -> None:
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
        write_icon(canvas, column.right - pad - theme.unit * 0.8, middle - theme.unit * 0.4, theme.unit * 0.8, theme.faint)


def write_chat(column: Column, wording: Wording, theme: Theme, photos: Backgrounds) -> None:
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
            write_avatar(canvas, column.left, column.y, theme.unit * 2.3, draw_color(rng, light=(0.6, 0.9)), (255, 255, 255))
            column.y = canvas.write(sender, left, column.y, theme.small).bottom + theme.unit * 0.35
        color = theirs if sender else mine
        bubble = Box(left=left, top=column.y, right=left + width, bottom=column.y + height)
        canvas.fill(bubble, color, radius_px=theme.unit * rng.uniform(0.4, 0.9))
        style = theme.body.colored((255, 255, 255) if is_dark(color) else (25, 25, 28))
        for i, line in enumerate(lines):
            canvas.write(line, left + pad, column.y + pad + i * step, style)
        tiny = theme.body.sized(max(9.0, theme.unit * 0.62)).colored(theme.faint)
        at, align = (bubble.right + theme.unit * 0.3, "left") if sender else (bubble.left - theme.unit * 0.3, "right")
        canvas.write(time, at, bubble.bottom - tiny.height_px, tiny, align=align)
        column.y = bubble.bottom + theme.unit * rng.uniform(0.3, 1)


def write_cards(column: Column, wording: Wording, theme: Theme, photos: Backgrounds) -> None:
    """Products or articles in one or two columns: picture, name, price."""
    canvas, rng = column.canvas, column.canvas.rng
    count = int(rng.choice([1, 2, 2, 3]))
    gap = theme.unit * 0.7
    width = (column.width - gap * (count - 1)) / count
    if width < theme.unit * 7:
        count, width = 1, column.width
    picture_h = width * rng.uniform(0.45, 1.1)
    price = theme.body.sized(theme.unit * rng.uniform(1.0, 1.3))
    while column.room > picture_h + theme.unit * 5:
        bottoms = [column.y]
        for i in range(count):
            left = column.left + i * (width + gap)
            height = picture_h + theme.unit * 5.2
            if rng.random() < 0.8:
                canvas.fill(Box(left=left, top=column.y, right=left + width, bottom=column.y + height), theme.card, radius_px=theme.radius)
            canvas.paste(photos.draw(rng, int(picture_h), int(width)), left, column.y)
            if rng.random() < 0.25:
                tag = canvas.measure("한정특가", theme.small)
                canvas.fill(Box(left=left, top=column.y, right=left + tag * 1.2, bottom=column.y + theme.unit * 1.3), theme.accent)
                canvas.write(("특가", "무료배송", "NEW", "BEST", "30%")[int(rng.integers(5))], left + tag * 0.1, column.y + theme.unit * 0.25, theme.small.colored((255, 255, 255)))
            inner = Column(canvas=canvas, left=left + theme.unit * 0.3, width=width - theme.unit * 0.6, y=column.y + picture_h + theme.unit * 0.5, bottom=column.y + height)
            write_paragraph(inner, wording.draw("product", 40), theme.body, leading=1.3, max_lines=2)
            sale = canvas.write(f"{int(rng.integers(5, 80))}%", inner.left, inner.y, price.colored(theme.accent)) if rng.random() < 0.4 else None
            canvas.write(wording.draw("price", 14), sale.right + theme.unit * 0.3 if sale else inner.left, inner.y, price, join=sale is not None)
            if rng.random() < 0.6:
                text = wording.draw("review", 18)
                canvas.write(text, inner.left, inner.y + theme.unit * 1.5, fit_style(canvas, text, theme.small, inner.width))
            bottoms.append(column.y + height)
        column.y = max(bottoms) + gap


def write_rows(column: Column, wording: Wording, theme: Theme, photos: Backgrounds) -> None:
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
            canvas.write(str(rng.integers(1, 10)), column.right - theme.unit * 0.6, top + size * 0.72 - theme.unit * 0.33, theme.small.colored((255, 255, 255)), align="center")
        column.y += height
        canvas.rule(x, column.y, column.right, column.y, theme.line)


def write_mixed(column: Column, wording: Wording, theme: Theme, photos: Backgrounds) -> None:
    """Headings, paragraphs, buttons, chips and fields to fill in."""
    canvas, rng = column.canvas, column.canvas.rng
    while column.room > theme.unit * 4:
        roll = rng.random()
        if roll < 0.25:
            style = theme.body.sized(theme.unit * rng.uniform(1.2, 2.0))
            write_paragraph(column, wording.heading(24), style, leading=1.35, max_lines=2)
        elif roll < 0.5:
            write_paragraph(column, wording.paragraph(int(rng.integers(30, 160))), theme.body if rng.random() < 0.6 else theme.small, leading=1.5, max_lines=6)
        elif roll < 0.68:
            write_button(column, wording.button(), theme)
        elif roll < 0.84:
            write_chips(column, wording, theme)
        else:
            write_input(column, wording, theme)
        column.skip(theme.unit * rng.uniform(0.5, 1.3))


def write_button(column: Column, text: str, theme: Theme) -> None:
    """A wide button, filled or framed."""
    canvas, rng = column.canvas, column.canvas.rng
    height = theme.unit * rng.uniform(2.2, 3)
    width = column.width if rng.random() < 0.6 else column.width * rng.uniform(0.35, 0.6)
    box = Box(left=column.left, top=column.y, right=column.left + width, bottom=column.y + height)
    radius = float(rng.choice([0, theme.unit * 0.4, height / 2]))
    if rng.random() < 0.7:
        canvas.fill(box, theme.accent, radius_px=radius)
        style = theme.body.colored((255, 255, 255) if is_dark(theme.accent) else (20, 20, 20))
    else:
        canvas.outline(box, theme.accent, max(1, int(theme.unit / 14)), radius_px=radius)
        style = theme.body.colored(theme.accent if not is_dark(theme.ground) or not is_dark(theme.accent) else theme.ink)
    canvas.write(text, (box.left + box.right) / 2, box.top + (height - style.height_px) / 2, style, align="center")
    column.skip(height)


def write_chips(column: Column, wording: Wording, theme: Theme) -> None:
    """A row of tags in rounded frames."""
    canvas, rng = column.canvas, column.canvas.rng
    x, height = column.left, theme.unit * 1.9
    filled = rng.random() < 0.4
    while True:
        text = ("#" if rng.random() < 0.3 else "") + wording.button()
        width = canvas.measure(text, theme.small) + theme.unit * 1.4
        if x + width > column.right:
            break
        box = Box(left=x, top=column.y, right=x + width, bottom=column.y + height)
        if filled:
            canvas.fill(box, theme.line, radius_px=height / 2)
        else:
            canvas.outline(box, theme.line, 1, radius_px=height / 2)
        canvas.write(text, x + width / 2, column.y + (height - theme.small.height_px) / 2, theme.small.colored(theme.ink), align="center")
        x += width + theme.unit * 0.5
    column.skip(height)


def write_input(column: Column, wording: Wording, theme: Theme) -> None:
    """A field with its label above and a value or hint inside."""
    canvas, rng = column.canvas, column.canvas.rng
    name, value = wording.field(22)
    if rng.random() < 0.7:
        column.y = canvas.write(name, column.left, column.y, theme.small).bottom + theme.unit * 0.3
    height = theme.unit * rng.uniform(2, 2.6)
    box = Box(left=column.left, top=column.y, right=column.right, bottom=column.y + height)
    if rng.random() < 0.7:
        canvas.outline(box, theme.line, 1, radius_px=theme.radius)
    else:
        canvas.rule(box.left, box.bottom, box.right, box.bottom, theme.faint)
    style = fit_style(canvas, value, theme.body if rng.random() < 0.6 else theme.body.colored(theme.faint), box.width * 0.85)
    canvas.write(value, box.left + theme.unit * 0.6, box.top + (height - style.height_px) / 2, style)
    column.skip(height)


def write_dialog(canvas: Canvas, wording: Wording, theme: Theme) -> None:
    """A box in the middle over the dimmed screen, whose text below it is forgotten."""
    rng = canvas.rng
    width = canvas.width * rng.uniform(0.7, 0.88)
    left, top = (canvas.width - width) / 2, canvas.height * rng.uniform(0.25, 0.45)
    pad = theme.unit * 1.3
    inner = Column(canvas=canvas, left=left + pad, width=width - 2 * pad, y=top + pad, bottom=canvas.height)
    message = wrap_text(wording.sentence(80), theme.body, inner.width, canvas.fonts)[:5]
    height = theme.unit * (3.2 + 1.5 * len(message)) + 2 * pad
    canvas.image[:] = (canvas.image * 0.35).astype(np.uint8)
    canvas.lines.clear()
    # What shines through is still text, but it must not be asked for: it is blurred away.
    small = canvas.image[:: max(4, int(theme.unit / 3)), :: max(4, int(theme.unit / 3))]
    canvas.image[:] = np.full_like(canvas.image, small.reshape(-1, 3).mean(axis=0).astype(np.uint8))
    canvas.fill(Box(left=left, top=top, right=left + width, bottom=top + height), theme.card, radius_px=theme.unit * 0.8)
    ink = theme.body.colored((240, 240, 240) if is_dark(theme.card) else (25, 25, 28))
    canvas.write(wording.heading(12), inner.left, inner.y, ink.sized(theme.unit * 1.2))
    inner.skip(theme.unit * 2)
    for line in message:
        canvas.write(line, inner.left, inner.y, ink)
        inner.skip(theme.unit * 1.5)
    y = top + height - theme.unit * 2
    accent = ink.colored(theme.accent)
    box = canvas.write(wording.button(), left + width - pad, y, accent, align="right")
    if rng.random() < 0.7:
        canvas.write("취소", box.left - theme.unit * 2, y, accent, align="right")
