"""Phone screens: settings, chats, lists of cards, dialogs; light, dark and coloured."""

import cv2
import numpy as np

from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.photos import Photos
from geulnun.synth.materials.texture import Color
from geulnun.synth.pages.box import Box
from geulnun.synth.pages.canvas import Canvas
from geulnun.synth.pages.elements.panels import write_cards, write_chat, write_mixed, write_rows, write_settings
from geulnun.synth.pages.elements.widgets import write_icon
from geulnun.synth.pages.finish import finish_screen
from geulnun.synth.pages.flow import Column, fit_style
from geulnun.synth.pages.kind import PageKind
from geulnun.synth.pages.style import wrap_text
from geulnun.synth.pages.theme import Theme, draw_theme, is_dark
from geulnun.synth.pages.truth import Drawing
from geulnun.synth.pages.wording import Wording


def draw_screen(rng: np.random.Generator, fonts: FontLibrary, wording: Wording, photos: Photos) -> Drawing:
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
    bodies = (write_settings, write_settings, write_chat, write_cards, write_rows, write_mixed)
    bodies[int(rng.integers(len(bodies)))](column, wording, theme, photos)
    write_mixed(column, wording, theme, photos)
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
    canvas.fill(
        Box(
            left=battery.left + 3,
            top=battery.top + 3,
            right=battery.left + battery.width * rng.uniform(0.3, 0.9),
            bottom=battery.bottom - 3,
        ),
        theme.ink,
    )
    if rng.random() < 0.4:
        canvas.write(
            ("LTE", "5G", "3G", "KT", "SKT")[int(rng.integers(5))],
            battery.left - theme.unit * 0.4,
            y,
            style,
            align="right",
        )
    else:
        bar = style.size_px * 0.14
        for i in range(4):
            left = battery.left - theme.unit * 1.6 + i * bar * 2
            canvas.fill(
                Box(left=left, top=battery.bottom - bar * (i + 1.5), right=left + bar * 1.3, bottom=battery.bottom),
                theme.ink,
            )
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
        text = ("홈", "검색", "채팅", "내 정보", "쇼핑", "알림", "더보기", "카테고리", "찜", "MY")[
            int(rng.integers(10))
        ]
        canvas.write(text, x, top + theme.unit * 0.5 + size * 1.1, style.colored(color), align="center")


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
    coarse = max(2, int(canvas.width / theme.unit / 2)), max(2, int(canvas.height / theme.unit / 2))
    small = cv2.resize(canvas.image, coarse, interpolation=cv2.INTER_AREA)
    small = cv2.blur(small, (5, 5))
    canvas.image[:] = cv2.resize(small, (canvas.width, canvas.height), interpolation=cv2.INTER_LINEAR)
    canvas.fill(
        Box(left=left, top=top, right=left + width, bottom=top + height), theme.card, radius_px=theme.unit * 0.8
    )
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


KIND = PageKind(draw=draw_screen, weight=0.12, finish=finish_screen)
