"""Pages written by hand: notes on ruled, squared or blank paper, and forms filled in with a pen."""

from dataclasses import dataclass, replace

import numpy as np

from geulnun.core.hangul import is_syllable
from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.handwriting import Handwriting, can_be_written, draw_handwriting, write_run
from geulnun.synth.materials.photos import Photos
from geulnun.synth.materials.texture import Color
from geulnun.synth.pages.canvas import Canvas, stack_quads
from geulnun.synth.pages.finish import finish_paper
from geulnun.synth.pages.kind import PageKind
from geulnun.synth.pages.kinds.document import draw_page_size
from geulnun.synth.pages.paper import draw_paper
from geulnun.synth.pages.style import Style, draw_face
from geulnun.synth.pages.truth import Drawing
from geulnun.synth.pages.wording import Wording

_INKS: tuple[Color, ...] = ((20, 20, 25), (25, 40, 120), (30, 60, 170), (85, 85, 90), (170, 30, 40))
_RULES: tuple[Color, ...] = ((190, 205, 225), (200, 200, 200), (160, 190, 160), (230, 190, 190), (150, 150, 155))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pen:
    """A hand and the colour that it writes in."""

    how: Handwriting
    color: Color


def draw_note(rng: np.random.Generator, fonts: FontLibrary, wording: Wording, photos: Photos) -> Drawing:
    """One hand on one sheet."""
    height, width = draw_page_size(rng)
    canvas = Canvas(draw_paper(rng, height, width), fonts, rng)
    pitch_px = float(np.clip(np.exp(rng.normal(np.log(min(height, width) / 18), 0.3)), 26, 90))
    pen = Pen(
        how=draw_handwriting(rng, pitch_px * float(rng.uniform(0.5, 0.8))), color=_INKS[int(rng.integers(len(_INKS)))]
    )
    draw = (write_on_lines, write_on_lines, write_in_squares, fill_in)[int(rng.integers(4))]
    draw(canvas, wording, pen, pitch_px)
    return canvas.finish()


def write_on_lines(canvas: Canvas, wording: Wording, pen: Pen, pitch_px: float) -> None:
    """Running text from edge to edge, on rules for most, its lines a little tilted without them."""
    rng, (height, width) = canvas.rng, canvas.image.shape[:2]
    left, right = width * float(rng.uniform(0.03, 0.14)), width * float(rng.uniform(0.85, 0.97))
    ruled = rng.random() < 0.65
    rule = _RULES[int(rng.integers(len(_RULES)))]
    if ruled and rng.random() < 0.3:
        canvas.rule(left * 0.8, 0, left * 0.8, height, (225, 150, 150))
    y = pitch_px * float(rng.uniform(1.5, 3))
    while y < height - pitch_px * 0.4:
        if ruled:
            canvas.rule(0, y, width, y, rule)
        if rng.random() < 0.92:
            reach = right if rng.random() < 0.75 else left + (right - left) * float(rng.uniform(0.2, 0.9))
            x = left + (pitch_px * float(rng.uniform(0.3, 2)) if rng.random() < 0.2 else 0.0)
            _write_line(canvas, _draw_words(wording, reach - x, pen.how), x, y - pitch_px * 0.08, pen)
        y += pitch_px if ruled else pitch_px * float(rng.uniform(0.92, 1.15))


def write_in_squares(canvas: Canvas, wording: Wording, pen: Pen, pitch_px: float) -> None:
    """Squared paper: a letter in each square, a space an empty one, rows apart or touching."""
    rng, (height, width) = canvas.rng, canvas.image.shape[:2]
    rule = _RULES[int(rng.integers(len(_RULES)))] if rng.random() < 0.7 else (190, 60, 60)
    count = int((width * 0.9) / pitch_px)
    left = (width - count * pitch_px) / 2
    gap = pitch_px * float(rng.choice([0.0, 0.0, 0.25, 0.5]))
    pen = replace(pen, how=replace(pen.how, letter_px=pitch_px * float(rng.uniform(0.5, 0.75))))
    y = pitch_px * float(rng.uniform(0.5, 2))
    while y + pitch_px < height * 0.97:
        for x in left + pitch_px * np.arange(count + 1):
            canvas.rule(x, y, x, y + pitch_px, rule)
        for edge in (y, y + pitch_px):
            canvas.rule(left, edge, left + count * pitch_px, edge, rule)
        if rng.random() < 0.85:
            text = _draw_words(wording, (count - 1) * pen.how.letter_px * 1.2, pen.how)[:count].strip()
            _fill_squares(canvas, text, left, y, pitch_px, pen)
        y += pitch_px + gap


def fill_in(canvas: Canvas, wording: Wording, pen: Pen, pitch_px: float) -> None:
    """A printed form: labels in print, values by hand, in boxes or above a rule."""
    rng, (height, width) = canvas.rng, canvas.image.shape[:2]
    style = Style(
        face=draw_face(rng, canvas.fonts, ("gothic", "serif")), size_px=float(np.clip(pitch_px * 0.42, 12, 30))
    )
    left, right = width * 0.07, width * 0.93
    boxed, dark = rng.random() < 0.6, (60, 60, 60)
    row_px, middle = pitch_px * float(rng.uniform(1.1, 1.7)), left + (right - left) * float(rng.uniform(0.18, 0.32))
    canvas.write(wording.heading(16), (left + right) / 2, pitch_px, style.sized(style.size_px * 1.7), align="center")
    y = pitch_px * 2.8
    while y + row_px < height * 0.95:
        canvas.write(wording.word(6), left + pitch_px * 0.2, y + (row_px - style.height_px) / 2, style)
        if boxed:
            canvas.rule(left, y, right, y, dark)
            canvas.rule(middle, y, middle, y + row_px, dark)
        else:
            canvas.rule(middle, y + row_px * 0.9, right, y + row_px * 0.9, dark)
        if rng.random() < 0.85:
            reach = (right - middle) * float(rng.uniform(0.25, 0.9))
            text = _draw_words(wording, reach, pen.how, written=True)
            _write_line(canvas, text, middle + pitch_px * float(rng.uniform(0.2, 0.6)), y + row_px * 0.8, pen)
        y += row_px
    if boxed:
        canvas.rule(left, y, right, y, dark)


def _draw_words(wording: Wording, width_px: float, how: Handwriting, *, written: bool = False) -> str:
    """Words that a hand can write, about as many as fill the width."""
    letter_px = how.letter_px * (how.width + how.gap)
    room, words = int(width_px / letter_px), []
    for word in (wording.generated(20) if written else wording.paragraph(room + 20)).split():
        if not can_be_written(word):
            continue
        room -= len(word) + 1
        if room < 0:
            break
        words.append(word)
    return " ".join(words)


def _write_line(canvas: Canvas, text: str, x: float, baseline: float, pen: Pen) -> None:
    """Write a line whose letters stand on `baseline` on `canvas` in place; nothing where there is no text."""
    if not text:
        return
    run = write_run(canvas.rng, text, pen.how)
    at_x, at_y = round(x - run.xyxy[0]), round(baseline - run.baseline_px)
    canvas.lay(run.ink, at_x, at_y, pen.color)
    canvas.remember(text, stack_quads(run) + np.array([at_x, at_y]))


def _fill_squares(canvas: Canvas, text: str, left: float, top: float, pitch_px: float, pen: Pen) -> None:
    """Write a letter into each square on `canvas` in place, about its middle."""
    quads = []
    for place, char in enumerate(text):
        if char == " ":
            continue
        run = write_run(canvas.rng, char, pen.how)
        x0, y0, x1, y1 = run.xyxy
        stray = canvas.rng.normal(0, 0.04, 2) * pitch_px
        # Marks stand on the line, letters in the middle.
        low = top + pitch_px * 0.85 - run.baseline_px if not is_syllable(char) else top + (pitch_px - y0 - y1) / 2
        at_x = round(left + pitch_px * (place + 0.5) - (x0 + x1) / 2 + float(stray[0]))
        at_y = round(low + float(stray[1]))
        canvas.lay(run.ink, at_x, at_y, pen.color)
        quads.append(stack_quads(run) + np.array([at_x, at_y]))
    if quads:
        canvas.remember(text, np.concatenate(quads))


KIND = PageKind(draw=draw_note, weight=0.05, finish=finish_paper)
