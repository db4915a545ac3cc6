"""Menus and posters."""

import numpy as np

from geulnun.synth import texts
from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.photos import Photos
from geulnun.synth.materials.texture import draw_color, draw_gradient, draw_surface
from geulnun.synth.pages.box import Box
from geulnun.synth.pages.canvas import Canvas
from geulnun.synth.pages.elements.lettering import draw_sign_style, find_contrast, write_headline, write_slanted
from geulnun.synth.pages.flow import fit_style
from geulnun.synth.pages.style import Style
from geulnun.synth.pages.truth import Drawing
from geulnun.synth.pages.wording import Wording


def draw_menu(rng: np.random.Generator, fonts: FontLibrary) -> Drawing:
    """A menu: headings, dishes with leaders or gaps and prices at the right, English below."""
    height, width = int(rng.uniform(700, 1500)), int(rng.uniform(560, 1200))
    base = draw_color(rng, light=(0.05, 0.97), vivid=(0, 0.7))
    ground = np.full((height, width, 3), base, np.uint8) if rng.random() < 0.6 else draw_surface(rng, height, width)
    canvas = Canvas(ground, fonts, rng)
    busy = float(ground[::8, ::8].std()) > 30
    color = find_contrast(rng, ground)
    entries = texts.draw_menu(rng)
    while len(entries) < 8 and rng.random() < 0.7:
        entries += texts.draw_menu(rng)[1:]
    step = height * 0.9 / (len(entries) + 2)
    size = float(np.clip(step * rng.uniform(0.45, 0.72), 12, width * 0.075))
    dish = draw_sign_style(rng, fonts, size, color, busy)
    head = draw_sign_style(rng, fonts, size * rng.uniform(1.2, 1.6), find_contrast(rng, ground), busy)
    left, right = width * rng.uniform(0.05, 0.14), width * rng.uniform(0.84, 0.95)
    _write_menu(canvas, entries, Box(left=left, top=height * 0.05, right=right, bottom=height * 0.97), dish, head, step)
    return canvas.finish()


def _write_menu(
    canvas: Canvas, entries: list[tuple[str, str]], box: Box, dish: Style, head: Style, step: float
) -> None:
    """Headings in the middle or at the left, dishes and their prices, leaders or rules between them."""
    rng = canvas.rng
    y, leader, centered = box.top, rng.random(), rng.random() < 0.6
    for name, price in entries:
        style = fit_style(canvas, name, dish if price else head, box.width * (0.65 if price else 0.95), 12.0)
        if y + style.size_px * 1.2 > box.bottom or canvas.measure(name, style) > box.width:
            continue
        middle = not price and centered
        named = canvas.write(
            name, (box.left + box.right) / 2 if middle else box.left, y, style, align="center" if middle else "left"
        )
        if price:
            canvas.write(price, box.right, y, dish, align="right", join=True)
            start, end = named.right + dish.size_px * 0.3, box.right - canvas.measure(price, dish) - dish.size_px * 0.3
            if leader < 0.25 and end > start:
                canvas.rule(
                    start,
                    named.bottom - dish.size_px * 0.2,
                    end,
                    named.bottom - dish.size_px * 0.2,
                    dish.color,
                    1,
                    dash_px=3,
                )
            elif leader < 0.45:
                canvas.rule(box.left, y + step * 0.9, box.right, y + step * 0.9, dish.color, int(rng.integers(1, 4)))
        y += max(step, style.size_px * 1.2)


def draw_poster(rng: np.random.Generator, fonts: FontLibrary, wording: Wording, photos: Photos) -> Drawing:
    """A poster or leaflet: a huge headline, smaller lines, a band of details."""
    height, width = int(rng.uniform(700, 1400)), int(rng.uniform(600, 1100))
    ground = (
        photos.draw(rng, height, width)
        if rng.random() < 0.45
        else draw_gradient(rng, height, width)
        if rng.random() < 0.6
        else draw_surface(rng, height, width)
    )
    canvas = Canvas(ground, fonts, rng)
    y = height * rng.uniform(0.04, 0.3)
    for _ in range(int(rng.integers(1, 4))):
        y = write_headline(canvas, wording.heading(int(rng.integers(3, 12))), y)
    for _ in range(int(rng.integers(1, 7))):
        text = wording.any(26) if rng.random() < 0.5 else wording.sentence(28)
        y = write_headline(canvas, text, y + height * rng.uniform(0, 0.03), size=width * rng.uniform(0.025, 0.06))
        if y > height * 0.85:
            break
    if rng.random() < 0.5 and y < height * 0.85:
        band = Box(left=0, top=height * 0.88, right=width, bottom=height)
        canvas.fill(band, draw_color(rng, light=(0.1, 0.9)), opacity=float(rng.uniform(0.6, 1)))
        write_headline(canvas, texts.draw_notice(rng)[:30], height * 0.91, size=height * rng.uniform(0.02, 0.04))
    if rng.random() < 0.2:
        write_slanted(canvas, wording)
    return canvas.finish()
