"""Things on pages that are no text but look like it or stand beside it: icons, seals, scribbles, codes."""

from dataclasses import replace

import cv2
import numpy as np

from geulnun.synth.pages.canvas import Box, Canvas
from geulnun.synth.pages.style import Style
from geulnun.synth.pages.texture import Color


def write_icon(canvas: Canvas, x: float, y: float, size: float, color: Color) -> None:
    """One of many line icons in the square whose top left corner is (x, y)."""
    rng = canvas.rng
    thick = max(1, round(size * rng.uniform(0.05, 0.12)))
    drawers = (
        _arrow,
        _chevron,
        _cross,
        _bars,
        _heart,
        _star,
        _bell,
        _person,
        _house,
        _lens,
        _gear,
        _dots,
        _mail,
        _check,
        _bag,
    )
    drawers[int(rng.integers(len(drawers)))](canvas, x, y, size, color, thick)


def _points(x: float, y: float, size: float, *pairs: tuple[float, float]) -> np.ndarray:
    return np.array(pairs) * size + (x, y)


def _strokes(canvas: Canvas, points: np.ndarray, color: Color, thick: int, closed: bool = False) -> None:
    corners = np.round(points * 16).astype(np.int32)
    cv2.polylines(canvas.image, [corners], closed, color, thick, cv2.LINE_AA, 4)


def _arrow(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    turn = int(canvas.rng.integers(4)) * np.pi / 2
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    for pairs in ([(-0.4, 0), (0.4, 0)], [(0.1, -0.3), (0.4, 0), (0.1, 0.3)]):
        _strokes(canvas, np.array(pairs) @ spin.T * size + (x + size / 2, y + size / 2), color, thick)


def _chevron(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    pairs = [
        ((0.35, 0.15), (0.65, 0.5), (0.35, 0.85)),
        ((0.65, 0.15), (0.35, 0.5), (0.65, 0.85)),
        ((0.15, 0.35), (0.5, 0.65), (0.85, 0.35)),
    ]
    _strokes(canvas, _points(x, y, size, *pairs[int(canvas.rng.integers(3))]), color, thick)


def _cross(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    plus = canvas.rng.random() < 0.5
    first, second = (
        ([(0.5, 0.1), (0.5, 0.9)], [(0.1, 0.5), (0.9, 0.5)])
        if plus
        else ([(0.2, 0.2), (0.8, 0.8)], [(0.8, 0.2), (0.2, 0.8)])
    )
    _strokes(canvas, _points(x, y, size, *first), color, thick)
    _strokes(canvas, _points(x, y, size, *second), color, thick)


def _bars(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    for share in (0.22, 0.5, 0.78):
        _strokes(canvas, _points(x, y, size, (0.12, share), (0.88, share)), color, thick)


def _heart(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    t = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    shape = (
        np.column_stack(
            [16 * np.sin(t) ** 3, -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))]
        )
        / 36
        + 0.5
    )
    canvas.polygon(shape * size + (x, y), color, -1 if canvas.rng.random() < 0.5 else thick)


def _star(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    t = np.arange(10) * np.pi / 5 - np.pi / 2
    radius = np.where(np.arange(10) % 2 == 0, 0.5, 0.2)
    shape = np.column_stack([np.cos(t), np.sin(t)]) * radius[:, None] + 0.5
    canvas.polygon(shape * size + (x, y), color, -1 if canvas.rng.random() < 0.6 else thick)


def _bell(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    _strokes(
        canvas,
        _points(x, y, size, (0.1, 0.75), (0.25, 0.55), (0.3, 0.3), (0.5, 0.12), (0.7, 0.3), (0.75, 0.55), (0.9, 0.75)),
        color,
        thick,
        True,
    )
    canvas.disc(x + size / 2, y + size * 0.87, size * 0.08, color)


def _person(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    canvas.disc(x + size / 2, y + size * 0.3, size * 0.2, color, thick)
    center, axes = (
        (round(x + size / 2), round(y + size * 0.95)),
        (max(1, round(size * 0.38)), max(1, round(size * 0.36))),
    )
    cv2.ellipse(canvas.image, center, axes, 0, 180, 360, color, thick, cv2.LINE_AA)


def _house(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    _strokes(canvas, _points(x, y, size, (0.1, 0.5), (0.5, 0.12), (0.9, 0.5)), color, thick)
    _strokes(canvas, _points(x, y, size, (0.2, 0.45), (0.2, 0.88), (0.8, 0.88), (0.8, 0.45)), color, thick)


def _lens(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    canvas.disc(x + size * 0.42, y + size * 0.42, size * 0.28, color, thick)
    _strokes(canvas, _points(x, y, size, (0.63, 0.63), (0.9, 0.9)), color, thick)


def _gear(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    canvas.disc(x + size / 2, y + size / 2, size * 0.28, color, thick)
    for turn in np.arange(8) * np.pi / 4:
        ray = np.array([np.cos(turn), np.sin(turn)])
        _strokes(canvas, np.array([ray * 0.32 + 0.5, ray * 0.46 + 0.5]) * size + (x, y), color, thick + 1)


def _dots(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    upright = canvas.rng.random() < 0.5
    for share in (0.2, 0.5, 0.8):
        canvas.disc(
            x + size * (0.5 if upright else share), y + size * (share if upright else 0.5), size * 0.08 + 0.5, color
        )


def _mail(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    canvas.outline(
        Box(left=x + size * 0.08, top=y + size * 0.2, right=x + size * 0.92, bottom=y + size * 0.8), color, thick
    )
    _strokes(canvas, _points(x, y, size, (0.1, 0.25), (0.5, 0.55), (0.9, 0.25)), color, thick)


def _check(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    if canvas.rng.random() < 0.5:
        canvas.disc(x + size / 2, y + size / 2, size * 0.46, color, thick)
    _strokes(canvas, _points(x, y, size, (0.25, 0.52), (0.44, 0.7), (0.76, 0.3)), color, thick)


def _bag(canvas: Canvas, x: float, y: float, size: float, color: Color, thick: int) -> None:
    canvas.outline(
        Box(left=x + size * 0.15, top=y + size * 0.35, right=x + size * 0.85, bottom=y + size * 0.92),
        color,
        thick,
        radius_px=size * 0.1,
    )
    cv2.ellipse(
        canvas.image,
        (round(x + size / 2), round(y + size * 0.36)),
        (max(1, round(size * 0.2)), max(1, round(size * 0.24))),
        0,
        180,
        360,
        color,
        thick,
        cv2.LINE_AA,
    )


def write_check_box(canvas: Canvas, x: float, y: float, size: float, color: Color, checked: bool) -> None:
    """A square or round box, ticked or not."""
    thick = max(1, round(size / 14))
    if canvas.rng.random() < 0.2:
        canvas.disc(x + size / 2, y + size / 2, size * 0.45, color, thick)
    else:
        canvas.outline(Box(left=x, top=y, right=x + size, bottom=y + size), color, thick)
    if checked:
        _strokes(canvas, _points(x, y, size, (0.15, 0.5), (0.42, 0.8), (0.95, 0.05)), color, thick + 1)


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
    cover = cv2.warpAffine(cover, turn, (side, side))
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
    _strokes(canvas, smooth, color, int(rng.integers(1, 5)))


def write_barcode(canvas: Canvas, box: Box, color: Color = (0, 0, 0)) -> None:
    """Upright bars."""
    rng = canvas.rng
    unit = max(1, round(box.width / 100))
    x = box.left
    while x < box.right - 4 * unit:
        bar = int(rng.integers(1, 4)) * unit
        canvas.fill(Box(left=x, top=box.top, right=x + bar, bottom=box.bottom), color)
        x += bar + int(rng.integers(1, 4)) * unit


def write_square_code(canvas: Canvas, x: float, y: float, size: float, color: Color = (0, 0, 0)) -> None:
    """A square of random cells with three corner marks, as matrix codes have."""
    rng = canvas.rng
    cells = int(rng.choice([21, 25, 29, 33]))
    grid = (rng.random((cells, cells)) < 0.5).astype(np.uint8)
    for row, column in ((0, 0), (0, cells - 7), (cells - 7, 0)):
        grid[max(0, row - 1) : row + 8, max(0, column - 1) : column + 8] = 0
        grid[row : row + 7, column : column + 7] = 1
        grid[row + 1 : row + 6, column + 1 : column + 6] = 0
        grid[row + 2 : row + 5, column + 2 : column + 5] = 1
    cover = cv2.resize(grid * 255, (int(size), int(size)), interpolation=cv2.INTER_NEAREST)
    canvas.lay(cover, int(x), int(y), color)


def write_avatar(canvas: Canvas, x: float, y: float, size: float, color: Color, skin: Color) -> None:
    """A round or rounded picture of a person."""
    box = Box(left=x, top=y, right=x + size, bottom=y + size)
    canvas.fill(box, color, radius_px=size * (0.5 if canvas.rng.random() < 0.6 else 0.35))
    canvas.disc(x + size / 2, y + size * 0.38, size * 0.18, skin)
    center, axes = (
        (round(x + size / 2), round(y + size * 0.88)),
        (max(1, round(size * 0.3)), max(1, round(size * 0.28))),
    )
    cv2.ellipse(canvas.image, center, axes, 0, 180, 360, skin, -1, cv2.LINE_AA)


def write_switch(canvas: Canvas, right: float, middle: float, height: float, accent: Color, on: bool) -> None:
    """A toggle whose right end is at `right`."""
    width = height * 1.75
    box = Box(left=right - width, top=middle - height / 2, right=right, bottom=middle + height / 2)
    canvas.fill(box, accent if on else (200, 202, 208), radius_px=height / 2)
    knob = right - height / 2 if on else right - width + height / 2
    canvas.disc(knob, middle, height * 0.4, (255, 255, 255))


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
