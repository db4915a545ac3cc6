"""What is put on paper beside print: seals, stamps, signatures, pen marks, codes, ornaments."""

from dataclasses import replace

import cv2
import numpy as np

from geulnun.synth.materials.texture import Color
from geulnun.synth.pages.box import Box
from geulnun.synth.pages.canvas import Canvas
from geulnun.synth.pages.elements.widgets import draw_strokes
from geulnun.synth.pages.style import Style

_BLACK: Color = (0, 0, 0)
_HIGHLIGHTS: tuple[Color, ...] = ((255, 245, 90), (170, 255, 120), (255, 190, 215), (150, 225, 255))


def write_seal(canvas: Canvas, x: float, y: float, size: float, color: Color) -> None:
    """A name seal whose carving cannot be read: a ring or frame filled with angular strokes, printed unevenly."""
    rng = canvas.rng
    side = int(size)
    cover = np.zeros((side, side), np.uint8)
    thick = max(1, round(side * rng.uniform(0.03, 0.07)))
    inner = side * (0.32 if (round_ := rng.random() < 0.6) else 0.4)
    half = side // 2
    if round_:
        cv2.circle(cover, (half, half), half - thick, 255, thick, cv2.LINE_AA)
    else:
        cv2.rectangle(cover, (thick, thick), (side - 1 - thick, side - 1 - thick), 255, thick)
    cells = int(rng.integers(3, 7))
    for _ in range(cells * 4):
        a = rng.integers(0, cells + 1, 2) / cells * 2 * inner - inner + half
        b = a + np.array([(1, 0), (0, 1)])[int(rng.integers(2))] * inner * rng.uniform(0.3, 1.2)
        cv2.line(
            cover,
            (int(a[0]), int(a[1])),
            (int(min(b[0], half + inner)), int(min(b[1], half + inner))),
            255,
            max(1, thick - 1),
            cv2.LINE_AA,
        )
    turn = cv2.getRotationMatrix2D((half, half), float(rng.normal(0, 12)), 1.0)
    cover = np.asarray(cv2.warpAffine(cover, turn, (side, side)), np.uint8)
    wear = cv2.resize(rng.uniform(0.3, 1.3, (9, 9)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    canvas.lay(np.clip(cover * wear, 0, 255).astype(np.uint8), int(x), int(y), color, float(rng.uniform(0.5, 0.95)))


def write_scribble(canvas: Canvas, box: Box, color: Color) -> None:
    """A signature, a doodle or a crossing-out: smooth pen strokes."""
    rng = canvas.rng
    count = int(rng.integers(4, 18))
    xs = np.sort(rng.uniform(0, 1, count)) if rng.random() < 0.6 else rng.uniform(0, 1, count)
    points = np.column_stack([box.left + xs * box.width, box.top + rng.uniform(0, 1, count) * box.height])
    knots = np.arange(count)
    fine = np.linspace(0, count - 1, count * 8)
    smooth = np.column_stack([np.interp(fine, knots, points[:, i]) for i in (0, 1)])
    kernel = np.ones(9) / 9
    smooth = np.column_stack([np.convolve(np.pad(smooth[:, i], 4, mode="edge"), kernel, "valid") for i in (0, 1)])
    draw_strokes(canvas, smooth, color, int(rng.integers(1, 5)))


def write_barcode(canvas: Canvas, box: Box) -> None:
    """Upright black bars."""
    rng = canvas.rng
    unit = max(1, round(box.width / 100))
    x = box.left
    while x < box.right - 4 * unit:
        bar = int(rng.integers(1, 4)) * unit
        canvas.fill(Box(left=x, top=box.top, right=x + bar, bottom=box.bottom), _BLACK)
        x += bar + int(rng.integers(1, 4)) * unit


def write_square_code(canvas: Canvas, x: float, y: float, size: float) -> None:
    """A square of random black cells with three corner marks, as matrix codes have."""
    rng = canvas.rng
    cells = int(rng.choice([21, 25, 29, 33]))
    grid = (rng.random((cells, cells)) < 0.5).astype(np.uint8)
    for row, column in ((0, 0), (0, cells - 7), (cells - 7, 0)):
        grid[max(0, row - 1) : row + 8, max(0, column - 1) : column + 8] = 0
        grid[row : row + 7, column : column + 7] = 1
        grid[row + 1 : row + 6, column + 1 : column + 6] = 0
        grid[row + 2 : row + 5, column + 2 : column + 5] = 1
    cover = cv2.resize(grid * 255, (int(size), int(size)), interpolation=cv2.INTER_NEAREST)
    canvas.lay(np.asarray(cover, np.uint8), int(x), int(y), _BLACK)


def write_stamp(canvas: Canvas, text: str, style: Style, color: Color) -> None:
    """A legible stamp on a free spot: a framed word at an angle, a ring with letters along it, or a square seal."""
    rng = canvas.rng
    roll = rng.random()
    size = style.size_px * rng.uniform(3.5, 7)
    for _ in range(6):
        x, y = (
            rng.uniform(size, max(size + 1, canvas.width - size)),
            rng.uniform(size, max(size + 1, canvas.height - size)),
        )
        if not canvas.is_taken(Box(left=x - size, top=y - size, right=x + size, bottom=y + size)):
            break
    else:
        return
    ink = replace(style, color=color, latin=None, opacity=float(rng.uniform(0.6, 0.95)))
    if roll < 0.5:
        _write_framed(canvas, text, x, y, size, ink)
    elif roll < 0.75:
        canvas.disc(x, y, size * 0.8, color, 2)
        letters = text[:10]
        arc = ink.sized(min(size * 0.25, size * 0.62 * 4.5 / max(len(letters), 1)))
        canvas.write_arc(letters, x, y, size * 0.62, arc)
        middle = ink.sized(size * 0.3)
        canvas.write(text[:2], x, y - middle.height_px * 0.2, middle, align="center")
    else:
        half = size * 0.5
        canvas.outline(Box(left=x - half, top=y - half, right=x + half, bottom=y + half), color, max(2, int(size / 25)))
        carved = ink.sized(size * 0.4)
        for column, part in enumerate((text[:2], text[2:4])):
            # Seals are read in columns from the right.
            canvas.write_vertical(part, x + half * (0.5 - column), y - half * 0.85, carved)


def _write_framed(canvas: Canvas, text: str, x: float, y: float, size: float, style: Style) -> None:
    rng = canvas.rng
    letters = style.sized(min(size * 0.6, size * 1.5 / max(len(text), 1)))
    if letters.size_px < 11:
        return
    turn = np.radians(rng.normal(0, 14))
    cos, sin = np.cos(turn), np.sin(turn)
    width, height = canvas.measure(text, letters), letters.height_px
    matrix = np.array(
        [
            [cos, -sin, x - cos * width / 2 + sin * height / 2],
            [sin, cos, y - sin * width / 2 - cos * height / 2],
            [0, 0, 1],
        ]
    )
    corners = canvas.write_warped(text, letters, matrix)
    middle = corners.mean(axis=0)
    frame = middle + (corners - middle) * np.array([1 + 0.5 * height / max(width, 1), 1 + 0.5 * height / max(width, 1)])
    canvas.polygon(frame, style.color, max(1, int(letters.size_px / 12)))


def write_pen_marks(canvas: Canvas, boxes: list[Box], color: Color) -> None:
    """Marks of a reader on a few of the given lines: underlined, highlighted or ringed by hand."""
    rng = canvas.rng
    for box in boxes:
        if rng.random() > 0.3 or box.width < 20:
            continue
        start = box.left + box.width * rng.uniform(0, 0.6)
        part = replace(box, left=start, right=min(box.right, start + box.width * rng.uniform(0.2, 0.8)))
        roll = rng.random()
        if roll < 0.45:
            y = part.bottom + rng.uniform(-0.05, 0.12) * part.height
            canvas.rule(part.left, y, part.right, y + rng.normal(0, 0.04) * part.height, color, int(rng.integers(1, 3)))
        elif roll < 0.8:
            canvas.tint(part.padded(2, -part.height * 0.05), _HIGHLIGHTS[int(rng.integers(len(_HIGHLIGHTS)))])
        else:
            turns = np.linspace(0, 2 * np.pi * rng.uniform(0.95, 1.2), 40)
            ring = np.column_stack([np.cos(turns) * (part.width / 2 + 5), np.sin(turns) * part.height * 0.75])
            middle = np.array([(part.left + part.right) / 2, (part.top + part.bottom) / 2])
            draw_strokes(canvas, ring + middle + rng.normal(0, 0.6, ring.shape).cumsum(axis=0) * 0.3, color, 2)


def write_ornament_frame(canvas: Canvas, box: Box, color: Color) -> None:
    """A frame of small repeated figures, as certificates have."""
    rng = canvas.rng
    size = max(8.0, min(box.width, box.height) * rng.uniform(0.015, 0.035))
    figure = int(rng.integers(4))
    for x in np.arange(box.left, box.right, size):
        for y in (box.top, box.bottom - size):
            _write_ornament(canvas, float(x), y, size, color, figure)
    for y in np.arange(box.top, box.bottom, size):
        for x in (box.left, box.right - size):
            _write_ornament(canvas, x, float(y), size, color, figure)


def _write_ornament(canvas: Canvas, x: float, y: float, size: float, color: Color, figure: int) -> None:
    half = size / 2
    if figure == 0:
        canvas.disc(x + half, y + half, half * 0.9, color, 1)
        canvas.disc(x + half, y + half, half * 0.4, color)
    elif figure == 1:
        canvas.polygon([(x + half, y), (x + size, y + half), (x + half, y + size), (x, y + half)], color, 1)
    elif figure == 2:
        draw_strokes(
            canvas,
            np.array([(x, y + size), (x, y), (x + size, y), (x + size, y + half), (x + half, y + half)]),
            color,
            1,
        )
    else:
        draw_strokes(canvas, np.array([(x, y), (x + size, y + size)]), color, 1)
        draw_strokes(canvas, np.array([(x + size, y), (x, y + size)]), color, 1)
