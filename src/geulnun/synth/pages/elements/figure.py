"""Figures of documents and screens: block diagrams with labels, charts, framed photographs."""

import numpy as np

from geulnun.synth.materials.photos import Photos
from geulnun.synth.materials.texture import Color, draw_color
from geulnun.synth.pages.box import Box
from geulnun.synth.pages.canvas import Canvas
from geulnun.synth.pages.elements.clutter import CLUTTER
from geulnun.synth.pages.flow import fit_style
from geulnun.synth.pages.style import Style, wrap_text
from geulnun.synth.pages.wording import Wording


def write_figure(canvas: Canvas, wording: Wording, box: Box, style: Style, photos: Photos) -> None:
    """One figure that fills the box."""
    roll = canvas.rng.random()
    if roll < 0.12:
        write_clutter(canvas, box)
    elif roll < 0.45:
        write_diagram(canvas, wording, box, style)
    elif roll < 0.7:
        write_chart(canvas, wording, box, style)
    else:
        canvas.paste(photos.draw(canvas.rng, max(2, int(box.height)), max(2, int(box.width))), box.left, box.top)
        if canvas.rng.random() < 0.4:
            canvas.outline(box, (60, 60, 60))


def write_clutter(canvas: Canvas, box: Box) -> None:
    """A drawing without text: shapes, hatching, scribbles, codes."""
    height, width = max(40, int(box.height)), max(40, int(box.width))
    inner = Canvas(np.full((height, width, 3), 255, np.uint8), canvas.fonts, canvas.rng)
    CLUTTER[int(canvas.rng.integers(len(CLUTTER)))](inner)
    canvas.paste(inner.image, box.left, box.top)


def write_diagram(canvas: Canvas, wording: Wording, box: Box, style: Style) -> None:
    """Labelled blocks on a grid, joined by arrows; some arrows carry labels."""
    rng = canvas.rng
    if rng.random() < 0.6:
        canvas.outline(
            box, draw_color(rng, light=(0.2, 0.7)), int(rng.integers(1, 3)), radius_px=float(rng.choice([0, 8]))
        )
    rows = int(np.clip(box.height / (style.size_px * rng.uniform(4, 7)), 1, 4))
    columns = int(np.clip(box.width / (style.size_px * rng.uniform(8, 13)), 2, 5))
    cell_w, cell_h = box.width / columns, box.height / rows
    tint = draw_color(rng, light=(0.7, 0.92), vivid=(0.1, 0.8))
    line = draw_color(rng, light=(0.0, 0.5), vivid=(0, 0.6))
    for row in range(rows):
        for column in range(columns):
            if rng.random() < 0.25:
                continue
            left, top = box.left + column * cell_w, box.top + row * cell_h
            block = Box(
                left=left + cell_w * 0.12, top=top + cell_h * 0.2, right=left + cell_w * 0.8, bottom=top + cell_h * 0.75
            )
            _write_block(canvas, wording, block, style, tint, line)
            if column < columns - 1:
                middle = (block.top + block.bottom) / 2
                _write_arrow(canvas, block.right, middle, box.left + (column + 1.12) * cell_w, middle, line)
            if row < rows - 1 and rng.random() < 0.5:
                x = (block.left + block.right) / 2
                _write_arrow(canvas, x, block.bottom, x, top + cell_h * 1.2, line)
                if rng.random() < 0.3:
                    note = style.sized(max(9.0, style.size_px * 0.8))
                    canvas.write(wording.phrase(6), x + 4, block.bottom + cell_h * 0.05, note)


def _write_block(canvas: Canvas, wording: Wording, block: Box, style: Style, tint: Color, line: Color) -> None:
    rng = canvas.rng
    if rng.random() < 0.15:
        center = (block.left + block.right) / 2, (block.top + block.bottom) / 2
        points = [(block.left, center[1]), (center[0], block.top), (block.right, center[1]), (center[0], block.bottom)]
        canvas.polygon(points, tint)
        canvas.polygon(points, line, 1)
    else:
        radius = float(rng.choice([0, 0, 6, 100]))
        canvas.fill(block, tint, radius_px=radius)
        if rng.random() < 0.7:
            canvas.outline(block, line, int(rng.integers(1, 3)), radius_px=radius)
    text = wording.phrase(14) if rng.random() < 0.7 else wording.any(14)
    lines = wrap_text(text, style, block.width * 0.88, canvas.fonts)[
        : max(1, int(block.height / (style.size_px * 1.3)))
    ]
    y = (block.top + block.bottom) / 2 - (len(lines) * style.size_px * 1.2 - 0.2 * style.size_px) / 2
    for text_line in lines:
        canvas.write(text_line, (block.left + block.right) / 2, y, style, align="center")
        y += style.size_px * 1.2


def _write_arrow(canvas: Canvas, x0: float, y0: float, x1: float, y1: float, color: Color) -> None:
    start, end = np.array([x0, y0]), np.array([x1, y1])
    length = max(float(np.hypot(*(end - start))), 1e-6)
    if length < 6:
        return
    along = (end - start) / length
    across = np.array([-along[1], along[0]])
    head = min(10.0, length / 2)
    canvas.rule(x0, y0, x1, y1, color, int(canvas.rng.integers(1, 3)), dash_px=5 if canvas.rng.random() < 0.2 else 0)
    canvas.polygon(
        np.array([end, end - along * head + across * head * 0.5, end - along * head - across * head * 0.5]), color
    )


def write_chart(canvas: Canvas, wording: Wording, box: Box, style: Style) -> None:
    """Bars or a curve with an axis of labels, values and a title."""
    rng = canvas.rng
    small = style.sized(max(9.0, style.size_px * rng.uniform(0.7, 0.95)))
    title = fit_style(canvas, text := wording.heading(18), style, box.width)
    canvas.write(text, (box.left + box.right) / 2, box.top, title, align="center")
    left, bottom = box.left + small.size_px * 3.5, box.bottom - small.size_px * 1.8
    top = box.top + style.size_px * 2
    if bottom - top < small.size_px * 3:
        return
    steps = max(2, min(6, int((bottom - top) / (small.size_px * 1.8))))
    unit = int(rng.choice([1, 5, 10, 20, 100, 250, 1000]))
    for i in range(steps + 1):
        y = bottom - (bottom - top) * i / steps
        canvas.rule(left, y, box.right, y, (205, 205, 205) if i else (90, 90, 90))
        canvas.write(f"{unit * i:,}", left - 5, y - small.height_px / 2, small, align="right")
    count = int(np.clip((box.right - left) / (small.size_px * 4), 2, 9))
    heights = rng.uniform(0.1, 1, count)
    slot = (box.right - left) / count
    color = draw_color(rng, light=(0.3, 0.65), vivid=(0.2, 0.9))
    year = int(rng.integers(1990, 2020))
    names = [str(year + i) for i in range(count)] if rng.random() < 0.5 else [wording.phrase(5) for _ in range(count)]
    tops = bottom - heights * (bottom - top)
    bars = rng.random() < 0.6
    for i, name in enumerate(names):
        x = left + slot * i
        if bars:
            canvas.fill(Box(left=x + slot * 0.2, top=tops[i], right=x + slot * 0.8, bottom=bottom), color)
        if rng.random() < 0.5 and tops[i] - small.height_px - 2 > box.top + style.size_px * 1.2:
            canvas.write(
                f"{heights[i] * unit * steps:,.0f}", x + slot / 2, tops[i] - small.height_px - 2, small, align="center"
            )
        canvas.write(
            name,
            x + slot / 2,
            bottom + small.size_px * 0.4,
            fit_style(canvas, name, small, slot * 0.95, 8.0),
            align="center",
        )
    if not bars:
        for i in range(count - 1):
            canvas.rule(left + slot * (i + 0.5), tops[i], left + slot * (i + 1.5), tops[i + 1], color, 2)
