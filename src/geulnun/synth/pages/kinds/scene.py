"""Signs, menus, posters and labels: few words, large and small, on surfaces and photographs, seen at an angle."""

from dataclasses import replace

import numpy as np

from geulnun.synth import texts
from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.photos import Photos
from geulnun.synth.materials.texture import Color, draw_color, draw_gradient, draw_near_color, draw_surface
from geulnun.synth.pages.box import Box
from geulnun.synth.pages.canvas import Canvas
from geulnun.synth.pages.distort import apply_bend, apply_tilt, draw_bend, draw_tilt
from geulnun.synth.pages.elements.lettering import draw_sign_style, find_contrast, write_slanted
from geulnun.synth.pages.elements.widgets import write_icon
from geulnun.synth.pages.finish import finish_scene
from geulnun.synth.pages.flow import fit_style
from geulnun.synth.pages.kind import PageKind
from geulnun.synth.pages.kinds.poster import draw_menu, draw_poster
from geulnun.synth.pages.theme import invert
from geulnun.synth.pages.truth import Drawing
from geulnun.synth.pages.wording import Wording


def draw_scene(rng: np.random.Generator, fonts: FontLibrary, wording: Wording, photos: Photos) -> Drawing:
    """One of: sign boards before a wall, a menu, a poster, words strewn over a picture."""
    roll = rng.random()
    if roll < 0.36:
        return draw_boards(rng, fonts, wording, photos)
    if roll < 0.58:
        return _see(rng, draw_menu(rng, fonts), photos)
    if roll < 0.78:
        return _see(rng, draw_poster(rng, fonts, wording, photos), photos)
    return draw_strewn(rng, fonts, wording, photos)


def _see(rng: np.random.Generator, drawing: Drawing, photos: Photos) -> Drawing:
    """The drawing as it is, or photographed: curved and tilted before something else."""
    roll = rng.random()
    height, width = drawing.size
    if roll < 0.4:
        return drawing
    if rng.random() < 0.4:
        drawing = apply_bend(drawing, draw_bend(rng, width, height, 1.3))
    ground = photos.draw(rng, height, width) if rng.random() < 0.5 else draw_surface(rng, height, width)
    return apply_tilt(drawing, draw_tilt(rng, rng.uniform(0.03, 0.22), rng.uniform(-0.05, 0.08)), ground)


def draw_board(rng: np.random.Generator, fonts: FontLibrary, height: int, width: int) -> Drawing:
    """One sign board: a ground, a border, one to four lines, an icon, perhaps a vertical line."""
    roll = rng.random()
    base = draw_color(rng, light=(0.08, 0.95))
    ground = (
        np.full((height, width, 3), base, np.uint8)
        if roll < 0.6
        else draw_gradient(rng, height, width, [base, draw_near_color(rng, base, 60)])
        if roll < 0.8
        else draw_surface(rng, height, width)
    )
    canvas = Canvas(ground, fonts, rng)
    color = find_contrast(rng, ground)
    busy = roll >= 0.8
    if rng.random() < 0.35:
        inset = min(height, width) * rng.uniform(0.02, 0.06)
        canvas.outline(
            Box(left=inset, top=inset, right=width - inset, bottom=height - inset),
            color,
            max(1, int(inset / 3)),
            radius_px=float(rng.choice([0, inset * 2])),
        )
    lines = texts.draw_sign(rng)
    if height > width * 1.6:
        _write_column(canvas, lines[0], color, busy)
        return canvas.finish()
    _write_lines(canvas, lines, color, busy)
    return canvas.finish()


def _write_column(canvas: Canvas, text: str, color: Color, busy: bool) -> None:
    """A vertical line down the middle."""
    count = max(len(text), 1)
    size = min(canvas.width * 0.75, canvas.height * 0.9 / (count * 1.1))
    text = text[: max(1, int(canvas.height * 0.9 / (max(size, 12) * 1.1)))]
    style = draw_sign_style(canvas.rng, canvas.fonts, max(size, 12), color, busy)
    canvas.write_vertical(
        text,
        canvas.width / 2,
        (canvas.height - style.size_px * 1.1 * len(text)) / 2,
        replace(style, spacing_em=0.0, slant=0.0),
    )


def _write_lines(canvas: Canvas, lines: list[str], color: Color, busy: bool) -> None:
    """Lines below one another, the first one biggest, as large as they go."""
    rng = canvas.rng
    shares = np.array([1.0] + [rng.uniform(0.25, 0.6) for _ in lines[1:]])
    unit = canvas.height * rng.uniform(0.55, 0.85) / (shares.sum() * 1.3)
    middle = rng.random() < 0.8
    styles = []
    for text, share in zip(lines, shares, strict=True):
        style = draw_sign_style(rng, canvas.fonts, max(float(unit * share), 11.0), color, busy)
        styles.append(fit_style(canvas, text, style, canvas.width * 0.86, 11.0))
    total = sum(style.size_px * 1.3 for style in styles)
    y = (canvas.height - total) / 2
    icon = rng.random() < 0.25
    for text, style in zip(lines, styles, strict=True):
        if canvas.measure(text, style) > canvas.width * 0.95:
            continue
        x = canvas.width / 2 if middle else canvas.width * 0.07
        box = canvas.write(text, x, y, style, align="center" if middle else "left")
        if icon and box.left > style.size_px * 1.3:
            write_icon(canvas, box.left - style.size_px * 1.2, y, style.size_px * 0.9, color)
            icon = False
        y += style.size_px * 1.3


def draw_boards(rng: np.random.Generator, fonts: FontLibrary, wording: Wording, photos: Photos) -> Drawing:
    """One to six boards before a wall or a photograph, each tilted its own way."""
    height, width = int(rng.uniform(560, 1300)), int(rng.uniform(560, 1400))
    scene = Drawing(image=photos.draw(rng, height, width) if rng.random() < 0.55 else draw_surface(rng, height, width))
    count = int(rng.choice([1, 1, 2, 3, 4, 6]))
    rows = 1 if count == 1 else int(rng.integers(1, min(count, 3) + 1))
    columns = -(-count // rows)
    cell_w, cell_h = width / columns, height / rows
    for i in range(count):
        board_w = max(60, int(cell_w * rng.uniform(0.55, 0.98)))
        board_h = (
            max(40, int(min(cell_h * 0.98, board_w * rng.uniform(0.25, 1.0))))
            if rng.random() < 0.85
            else int(cell_h * 0.95)
        )
        if rng.random() < 0.15:
            board_w = max(40, int(board_h * rng.uniform(0.25, 0.5)))
        board = draw_board(rng, fonts, board_h, board_w)
        x = (i % columns) * cell_w + rng.uniform(0, max(1.0, cell_w - board_w))
        y = (i // columns) * cell_h + rng.uniform(0, max(1.0, cell_h - board_h))
        scene = _mount(rng, scene, board, x, y)
    return scene


def _mount(rng: np.random.Generator, scene: Drawing, board: Drawing, x: float, y: float) -> Drawing:
    """The scene with a board fixed at about (x, y), seen at its own angle."""
    height, width = board.size
    x0, y0 = int(x), int(y)
    room_h, room_w = min(height, scene.size[0] - y0), min(width, scene.size[1] - x0)
    if room_h < 20 or room_w < 20:
        return scene
    if rng.random() < 0.2:
        board = apply_bend(board, draw_bend(rng, width, height, 1.6))
    ground = np.ascontiguousarray(scene.image[y0 : y0 + room_h, x0 : x0 + room_w])
    seen = apply_tilt(board, draw_tilt(rng, rng.uniform(0, 0.12), rng.uniform(0, 0.04)), ground)
    image = scene.image.copy()
    image[y0 : y0 + room_h, x0 : x0 + room_w] = seen.image
    moved = seen.moved(seen.image, lambda points: points + np.array([x0, y0]))
    return Drawing(image=image, lines=scene.lines + moved.lines)


def draw_strewn(rng: np.random.Generator, fonts: FontLibrary, wording: Wording, photos: Photos) -> Drawing:
    """Words at all angles and sizes over a picture, straight, turned, along arcs and downwards."""
    height, width = int(rng.uniform(560, 1200)), int(rng.uniform(560, 1300))
    ground = photos.draw(rng, height, width) if rng.random() < 0.6 else draw_surface(rng, height, width)
    canvas = Canvas(ground, fonts, rng)
    for _ in range(int(rng.integers(3, 16))):
        roll = rng.random()
        if roll < 0.7:
            write_slanted(canvas, wording)
        elif roll < 0.87:
            _write_bow(canvas, wording)
        else:
            _write_down(canvas, wording)
    return canvas.finish()


def _write_bow(canvas: Canvas, wording: Wording) -> None:
    """Letters along a circle, as on seals, caps and shop windows."""
    rng = canvas.rng
    text = wording.heading(12)
    radius = rng.uniform(90, 320)
    style = draw_sign_style(rng, canvas.fonts, min(rng.uniform(22, 90), radius * 0.5), (0, 0, 0), False)
    if canvas.measure(text, style) > radius * 4:
        return
    reach = radius + style.size_px
    if canvas.width < 2 * reach + 10 or canvas.height < 2 * reach + 10:
        return
    x, y = rng.uniform(reach, canvas.width - reach), rng.uniform(reach, canvas.height - reach)
    if canvas.is_taken(Box(left=x - reach, top=y - reach, right=x + reach, bottom=y + reach)):
        return
    under = canvas.image[int(y - reach) : int(y + reach), int(x - reach) : int(x + reach)]
    style = replace(style, color=find_contrast(rng, under), slant=0.0)
    if rng.random() < 0.5:
        canvas.disc(x, y, reach, invert(style.color))
    elif float(under[::4, ::4].std()) > 28:
        style = replace(style, outline=((0, 0, 0) if sum(style.color) > 380 else (255, 255, 255), 2))
    canvas.write_arc(text, x, y, radius, style, above=bool(rng.random() < 0.7))


def _write_down(canvas: Canvas, wording: Wording) -> None:
    """A vertical line."""
    rng = canvas.rng
    text = wording.heading(9)
    size = rng.uniform(20, 90)
    length = size * 1.1 * len(text)
    if length > canvas.height - 20 or size * 2 > canvas.width:
        return
    x, y = rng.uniform(size, canvas.width - size), rng.uniform(5, canvas.height - length - 5)
    low, high = np.array([x - size * 0.6, y]), np.array([x + size * 0.6, y + length])
    if canvas.is_taken(Box(left=low[0], top=low[1], right=high[0], bottom=high[1])):
        return
    under = canvas.image[int(y) : int(high[1]), max(0, int(low[0])) : int(high[0])]
    style = draw_sign_style(rng, canvas.fonts, size, find_contrast(rng, under), float(under[::4, ::4].std()) > 28)
    canvas.write_vertical(text, x, y, replace(style, spacing_em=0.0, slant=0.0))


KIND = PageKind(draw=draw_scene, weight=0.12, finish=finish_scene)
