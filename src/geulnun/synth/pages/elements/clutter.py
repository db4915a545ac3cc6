"""Drawings that hold no text but have its sizes and strokes: icons, hatching, grids, scribbles, codes, seals."""

from collections.abc import Callable

import numpy as np

from geulnun.synth.materials.texture import draw_color
from geulnun.synth.pages.box import Box
from geulnun.synth.pages.canvas import Canvas
from geulnun.synth.pages.elements.marks import write_barcode, write_scribble, write_seal, write_square_code
from geulnun.synth.pages.elements.widgets import write_avatar, write_check_box, write_emoji, write_icon, write_switch


def _place(canvas: Canvas, low: float, high: float) -> tuple[float, float, float]:
    """A corner and a size for something small."""
    size = min(float(np.exp(canvas.rng.uniform(np.log(low), np.log(high)))), canvas.width, canvas.height)
    return canvas.rng.uniform(0, canvas.width - size), canvas.rng.uniform(0, canvas.height - size), size


def _scatter_icons(canvas: Canvas) -> None:
    rng = canvas.rng
    for _ in range(int(rng.integers(5, 50))):
        x, y, size = _place(canvas, 14, 160)
        write_icon(canvas, x, y, size, draw_color(rng))


def _rows_of_icons(canvas: Canvas) -> None:
    rng = canvas.rng
    size, color = rng.uniform(16, 60), draw_color(rng, light=(0, 0.6))
    for y in np.arange(rng.uniform(0, 50), canvas.height - size, size * rng.uniform(1.3, 3)):
        for x in np.arange(20, canvas.width - size, size * 1.5):
            if rng.random() < 0.8:
                write_icon(canvas, float(x), float(y), size, color)


def _hatching(canvas: Canvas) -> None:
    """Short strokes in rows: what greeked text looks like."""
    rng = canvas.rng
    step = rng.uniform(8, 40)
    color = draw_color(rng, light=(0, 0.5), vivid=(0, 0.4))
    for y in np.arange(step, canvas.height, step):
        x = 20.0
        while x < canvas.width - 20:
            length = rng.uniform(0.2, 3) * step
            tilt = rng.normal(0, 0.25) * step
            canvas.rule(x, y, x + length, y + tilt, color, int(rng.integers(1, 4)))
            x += length + rng.uniform(0.2, 1.5) * step


def _greeking(canvas: Canvas) -> None:
    """Grey bars where text would stand, as drafts and loading screens show."""
    rng = canvas.rng
    size = rng.uniform(8, 36)
    color = draw_color(rng, light=(0.55, 0.9), vivid=(0, 0.3))
    for y in np.arange(30, canvas.height - size, size * rng.uniform(1.5, 2.5)):
        width = rng.uniform(0.2, 0.9) * (canvas.width - 60)
        canvas.fill(
            Box(left=30, top=y, right=30 + width, bottom=y + size), color, radius_px=float(rng.choice([0, size / 2]))
        )


def _grid(canvas: Canvas) -> None:
    """An empty table, squared paper, or a lattice."""
    rng = canvas.rng
    color = draw_color(rng, light=(0, 0.8), vivid=(0, 0.4))
    step_x, step_y = np.exp(rng.uniform(np.log(8), np.log(200), 2))
    thick = int(rng.integers(1, 4))
    if rng.random() < 0.8:
        for x in np.arange(20, canvas.width - 10, step_x):
            canvas.rule(x, 20, x, canvas.height - 20, color, thick)
    for y in np.arange(20, canvas.height - 10, step_y):
        canvas.rule(20, y, canvas.width - 20, y, color, thick)


def _scribbles(canvas: Canvas) -> None:
    rng = canvas.rng
    for _ in range(int(rng.integers(2, 25))):
        x, y, size = _place(canvas, 30, 300)
        write_scribble(
            canvas,
            Box(left=x, top=y, right=x + size * rng.uniform(0.5, 2), bottom=y + size * rng.uniform(0.2, 1)),
            draw_color(rng, light=(0, 0.6)),
        )


def _codes(canvas: Canvas) -> None:
    rng = canvas.rng
    for _ in range(int(rng.integers(1, 6))):
        x, y, size = _place(canvas, 60, 350)
        if rng.random() < 0.5:
            write_square_code(canvas, x, y, size)
        else:
            write_barcode(canvas, Box(left=x, top=y, right=x + size, bottom=y + size * rng.uniform(0.2, 0.6)))


def _seals(canvas: Canvas) -> None:
    for _ in range(int(canvas.rng.integers(1, 8))):
        x, y, size = _place(canvas, 40, 220)
        write_seal(canvas, x, y, size, draw_color(canvas.rng, light=(0.3, 0.5), vivid=(0.6, 1)))


def _shapes(canvas: Canvas) -> None:
    """Rings, polygons and lines in letter-like sizes and larger."""
    rng = canvas.rng
    for _ in range(int(rng.integers(5, 80))):
        x, y, size = _place(canvas, 10, 260)
        color, thick = draw_color(rng), int(rng.choice([-1, 1, 2, 4, 8]))
        if rng.random() < 0.4:
            canvas.disc(x + size / 2, y + size / 2, size / 2, color, thick)
        else:
            corners = rng.uniform(0, size, (int(rng.integers(3, 6)), 2)) + (x, y)
            canvas.polygon(corners, color, thick)


def _controls(canvas: Canvas) -> None:
    rng = canvas.rng
    for _ in range(int(rng.integers(3, 20))):
        x, y, size = _place(canvas, 18, 120)
        roll = rng.random()
        if roll < 0.3:
            write_switch(canvas, x + size * 1.75, y + size / 2, size, draw_color(rng), bool(rng.random() < 0.5))
        elif roll < 0.6:
            write_check_box(canvas, x, y, size, draw_color(rng, light=(0, 0.6)), bool(rng.random() < 0.5))
        elif roll < 0.8:
            write_emoji(canvas, x, y, size)
        else:
            write_avatar(canvas, x, y, size, draw_color(rng), draw_color(rng))


CLUTTER: tuple[Callable[[Canvas], None], ...] = (
    _scatter_icons, _rows_of_icons, _hatching, _greeking, _grid, _grid, _scribbles, _codes, _seals, _shapes, _controls,
)  # fmt: skip
