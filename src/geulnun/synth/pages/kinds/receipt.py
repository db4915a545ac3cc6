"""Till receipts and slips: narrow, printed by dots or heat, faint, on plain or crumpled paper."""

from dataclasses import dataclass, replace

import numpy as np

from geulnun.synth import texts
from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.photos import Photos
from geulnun.synth.materials.planes import draw_fractal, draw_grain
from geulnun.synth.materials.texture import ImageArray, add_grain
from geulnun.synth.pages.box import Box
from geulnun.synth.pages.canvas import Canvas
from geulnun.synth.pages.elements.marks import write_barcode, write_square_code
from geulnun.synth.pages.finish import finish_receipt
from geulnun.synth.pages.flow import fit_style
from geulnun.synth.pages.kind import PageKind
from geulnun.synth.pages.style import Style, draw_face
from geulnun.synth.pages.truth import Drawing
from geulnun.synth.pages.wording import Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """What all lines of a receipt share: where they stand, their style and distance, and the columns' right edges."""

    left: float
    right: float
    style: Style
    step: float
    stops: tuple[float, float, float]

    @property
    def middle(self) -> float:
        """Half way between left and right."""
        return (self.left + self.right) / 2


def draw_receipt(rng: np.random.Generator, fonts: FontLibrary, wording: Wording, photos: Photos) -> Drawing:
    """A receipt on its own strip of paper."""
    width = int(rng.uniform(480, 760))
    height = min(int(width * rng.uniform(1.4, 2.6)), 1700)
    ground = np.full((height, width, 3), rng.uniform(225, 255), np.uint8)
    if rng.random() < 0.5:
        ground = add_grain(ground, draw_fractal(rng, height, width, width / rng.uniform(1, 6), 4), rng.uniform(3, 18))
    canvas = Canvas(ground, fonts, rng)
    roll = draw_roll(rng, fonts, width)
    y = width * rng.uniform(0.03, 0.1)
    for number, columns in enumerate(texts.draw_receipt_lines(rng)):
        if y > height - roll.step * 4:
            break
        if number in (6, 7) or rng.random() < 0.07:
            write_separator(canvas, roll, y)
            y += roll.step * rng.uniform(0.6, 1)
        y += write_columns(canvas, wording, roll, columns, y, number)
    y = write_end(canvas, wording, roll, y)
    bottom = min(height, int(y + roll.step))
    drawing = replace(canvas.finish(), image=np.ascontiguousarray(canvas.image[:bottom]))
    return replace(drawing, image=apply_dots(rng, drawing.image)) if rng.random() < 0.45 else drawing


def draw_roll(rng: np.random.Generator, fonts: FontLibrary, width: int) -> Roll:
    """Face, density and columns of a till's printer."""
    face = draw_face(rng, fonts, ("mono", "mono", "typewriter", "gothic", "gothic", "serif", "round"))
    ink = int(rng.choice([0, 30, 60, 100, 140]))
    style = Style(
        face=face,
        size_px=width / rng.uniform(19, 34),
        color=(ink, ink, min(255, ink + int(rng.integers(0, 40)))),
        width_ratio=float(rng.choice([1, 1, 0.9, 0.8])),
    )
    left = width * rng.uniform(0.03, 0.09)
    right = width - left
    stops = right - (right - left) * rng.uniform(0.34, 0.44), right - (right - left) * rng.uniform(0.2, 0.28), right
    return Roll(left=left, right=right, style=style, step=style.size_px * rng.uniform(1.15, 1.75), stops=stops)


def write_columns(
    canvas: Canvas, wording: Wording, roll: Roll, columns: tuple[str, ...], y: float, number: int
) -> float:
    """The height of one line of a receipt, its columns set apart."""
    rng = canvas.rng
    if len(columns) == 1:
        big = number == 0 or (number == 1 and rng.random() < 0.6)
        style = roll.style.sized(roll.style.size_px * rng.uniform(1.2, 2.3)) if big else roll.style
        text = columns[0] if rng.random() < 0.8 or number < 2 else wording.sentence(26)
        style = fit_style(canvas, text, style, roll.right - roll.left)
        middle = big or rng.random() < 0.25
        canvas.write(text, roll.middle if middle else roll.left, y, style, align="center" if middle else "left")
        return max(roll.step, style.size_px * 1.25)
    large = "합" in columns[0] and rng.random() < 0.5
    style = roll.style.sized(roll.style.size_px * rng.uniform(1.15, 1.7)) if large else roll.style
    stops = {2: roll.stops[2:], 3: roll.stops[1:], 4: roll.stops}[len(columns)]
    room = stops[0] - roll.left - canvas.measure(columns[1], style) - style.size_px
    name = columns[0]
    while len(name) > 2 and canvas.measure(name, style) > room:
        name = name[:-1]
    canvas.write(name, roll.left, y, style)
    for text, x in zip(columns[1:], stops, strict=True):
        canvas.write(text, x, y, style, align="right", join=True)
    return max(roll.step, style.size_px * 1.25)


def write_separator(canvas: Canvas, roll: Roll, y: float) -> None:
    """A plain, double or dashed rule across."""
    rng = canvas.rng
    middle = y + roll.step * 0.3
    if rng.random() < 0.75:
        dash = int(rng.choice([0, 4, 7]))
        canvas.rule(roll.left, middle, roll.right, middle, roll.style.color, int(rng.integers(1, 3)), dash_px=dash)
    else:
        canvas.rule(roll.left, middle - 2, roll.right, middle - 2, roll.style.color)
        canvas.rule(roll.left, middle + 2, roll.right, middle + 2, roll.style.color)


def write_end(canvas: Canvas, wording: Wording, roll: Roll, y: float) -> float:
    """Remarks and codes below the last line; where the paper may be torn off."""
    rng = canvas.rng
    write_separator(canvas, roll, y)
    y += roll.step
    for _ in range(int(rng.integers(0, 4))):
        if y > canvas.height - roll.step * 2:
            return y
        name, value = wording.field(20)
        text = f"{name} : {value}" if rng.random() < 0.5 else wording.sentence(28)
        canvas.write(text, roll.left, y, fit_style(canvas, text, roll.style, roll.right - roll.left))
        y += roll.step
    size = roll.style.size_px
    if rng.random() < 0.4 and y < canvas.height - size * 5:
        span = (roll.right - roll.left) * rng.uniform(0.2, 0.4)
        write_barcode(canvas, Box(left=roll.middle - span, top=y, right=roll.middle + span, bottom=y + size * 2.2))
        y += size * 2.5
        digits = str(int(rng.integers(10**11, 10**13)))
        canvas.write(digits, roll.middle, y, fit_style(canvas, digits, roll.style, 2 * span), align="center")
        y += roll.step
    elif rng.random() < 0.3 and y < canvas.height - size * 7:
        write_square_code(canvas, roll.middle - size * 3, y, size * 6, roll.style.color)
        y += size * 6.5
    return y


def apply_dots(rng: np.random.Generator, image: ImageArray) -> ImageArray:
    """Print that looks struck by pins or burnt in rows: ink thinned by a grid and by drop-outs."""
    height, width = image.shape[:2]
    pitch = int(rng.integers(2, 4))
    light = np.zeros((height, width), np.float32)
    if rng.random() < 0.6:
        light[::pitch] += rng.uniform(20, 80)
    if rng.random() < 0.4:
        light[:, ::pitch] += rng.uniform(20, 60)
    light += np.clip(draw_grain(rng, height, width) - 1.2, 0, 2) * rng.uniform(0, 60)
    if rng.random() < 0.4:
        fade = draw_fractal(rng, height, width, height / 4, 2)
        light += np.clip(fade, 0, 1) * rng.uniform(0, 100)
    # Only ink fades; paper stays as it is.
    share = (255 - image.astype(np.float32)) / 255
    return np.clip(image + light[..., None] * share, 0, 255).astype(np.uint8)


KIND = PageKind(draw=draw_receipt, weight=0.06, finish=finish_receipt)
