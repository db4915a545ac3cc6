"""Buttons, tags and fields to fill in."""

from geulnun.synth.pages.box import Box
from geulnun.synth.pages.flow import Column, fit_style
from geulnun.synth.pages.theme import Theme, is_dark
from geulnun.synth.pages.wording import Wording


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
        style = theme.body.colored(
            theme.accent if not is_dark(theme.ground) or not is_dark(theme.accent) else theme.ink
        )
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
        canvas.write(
            text,
            x + width / 2,
            column.y + (height - theme.small.height_px) / 2,
            theme.small.colored(theme.ink),
            align="center",
        )
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
    style = fit_style(
        canvas, value, theme.body if rng.random() < 0.6 else theme.body.colored(theme.faint), box.width * 0.85
    )
    canvas.write(value, box.left + theme.unit * 0.6, box.top + (height - style.height_px) / 2, style)
    column.skip(height)
