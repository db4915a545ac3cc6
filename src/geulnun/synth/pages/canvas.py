"""A picture that text and shapes are drawn on, and that remembers where each character went."""

import cv2
import numpy as np
from numpy.typing import NDArray

from geulnun.core.arrays import Coverage, Floats, RgbImage
from geulnun.core.geometry import transform_points
from geulnun.core.page import Orientation
from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.glyphs import GlyphRun, choose_faces, draw_run
from geulnun.synth.materials.texture import Color
from geulnun.synth.pages.box import Box
from geulnun.synth.pages.distort import warp_image
from geulnun.synth.pages.style import Style, find_word_spacing_px, measure_width_px
from geulnun.synth.pages.truth import Drawing, DrawnLine

_ALIGN = {"left": 0.0, "center": 0.5, "right": 1.0}
_VERTICAL_STEP_EM = 1.08


class Canvas:
    """A picture (H, W, 3) uint8 RGB, its text lines, the fonts and the randomness of what is drawn on it."""

    def __init__(self, image: RgbImage, fonts: FontLibrary, rng: np.random.Generator) -> None:
        self.image = np.ascontiguousarray(image)
        self.fonts = fonts
        self.rng = rng
        self.lines: list[DrawnLine] = []

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.image.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.image.shape[0])

    def finish(self) -> Drawing:
        """What has been drawn."""
        return Drawing(image=self.image, lines=tuple(self.lines))

    # Shapes

    def fill(self, box: Box, color: Color, *, radius_px: float = 0, opacity: float = 1.0) -> None:
        """A filled rectangle, with round corners where wanted."""
        x0, y0, x1, y1 = _whole(box)
        if x1 <= x0 or y1 <= y0:
            return
        if radius_px < 1:
            part = self._slice(x0, y0, x1, y1)
            part[:] = color if opacity >= 1 else (part * (1 - opacity) + np.array(color) * opacity).astype(np.uint8)
            return
        radius = int(min(radius_px, (x1 - x0) / 2, (y1 - y0) / 2))
        cover = np.zeros((y1 - y0, x1 - x0), np.uint8)
        _round_rectangle(cover, radius)
        self.lay(cover, x0, y0, color, opacity)

    def tint(self, box: Box, color: Color) -> None:
        """A colour laid over a rectangle as a marker does: what is dark stays dark."""
        part = self._slice(*_whole(box))
        part[:] = (part.astype(np.uint16) * np.array(color, np.uint16) // 255).astype(np.uint8)

    def outline(self, box: Box, color: Color, thickness_px: int = 1, *, radius_px: float = 0) -> None:
        """The border of a rectangle."""
        x0, y0, x1, y1 = _whole(box)
        if radius_px < 1 or x1 - x0 < 4 or y1 - y0 < 4:
            cv2.rectangle(self.image, (x0, y0), (x1 - 1, y1 - 1), color, thickness_px)
            return
        radius = int(min(radius_px, (x1 - x0) / 2, (y1 - y0) / 2))
        cover = np.zeros((y1 - y0, x1 - x0), np.uint8)
        _round_rectangle(cover, radius)
        inner = np.zeros((y1 - y0 - 2 * thickness_px, x1 - x0 - 2 * thickness_px), np.uint8)
        if inner.size:
            _round_rectangle(inner, max(radius - thickness_px, 1))
            middle = cover[thickness_px:-thickness_px, thickness_px:-thickness_px]
            cv2.subtract(middle, inner, dst=middle)
        self.lay(cover, x0, y0, color)

    def rule(
        self, x0: float, y0: float, x1: float, y1: float, color: Color, thickness_px: int = 1, dash_px: int = 0
    ) -> None:
        """A straight line, dashed where `dash_px` is given."""
        start, end = np.array([x0, y0]), np.array([x1, y1])
        length = float(np.hypot(*(end - start)))
        if not dash_px:
            cv2.line(self.image, _point(start), _point(end), color, thickness_px, self._edge(start, end))
            return
        for at in np.arange(0, length, dash_px * 2):
            a = start + (end - start) * (at / length)
            b = start + (end - start) * (min(at + dash_px, length) / length)
            cv2.line(self.image, _point(a), _point(b), color, thickness_px, self._edge(start, end))

    def disc(self, x: float, y: float, radius: float, color: Color, thickness_px: int = -1) -> None:
        """A circle, filled unless a thickness is given."""
        center = round(x * 16), round(y * 16)
        cv2.circle(self.image, center, round(radius * 16), color, thickness_px, cv2.LINE_AA, 4)

    def polygon(
        self, points: NDArray[np.floating] | list[tuple[float, float]], color: Color, thickness_px: int = -1
    ) -> None:
        """A closed polygon, filled unless a thickness is given."""
        corners = np.round(np.asarray(points) * 16).astype(np.int32)
        if thickness_px < 0:
            cv2.fillPoly(self.image, [corners], color, cv2.LINE_AA, 4)
        else:
            cv2.polylines(self.image, [corners], True, color, thickness_px, cv2.LINE_AA, 4)

    def paste(self, picture: RgbImage, x: float, y: float) -> None:
        """A picture laid at (x, y)."""
        height, width = picture.shape[:2]
        x0, y0 = int(x), int(y)
        part = self._slice(x0, y0, x0 + width, y0 + height)
        dx, dy = max(0, -x0), max(0, -y0)
        rows, columns = part.shape[:2]
        part[:] = picture[dy : dy + rows, dx : dx + columns]

    def lay(self, cover: Coverage, x: int, y: int, color: Color | NDArray[np.float32], opacity: float = 1.0) -> None:
        """A colour, or one for each row of (H, 3), laid through a coverage whose corner is at (x, y)."""
        height, width = cover.shape
        part = self._slice(x, y, x + width, y + height)
        rows, columns = part.shape[:2]
        if not rows or not columns:
            return
        dx, dy = max(0, -x), max(0, -y)
        weight = cover[dy : dy + rows, dx : dx + columns].astype(np.float32) * np.float32(opacity / 255)
        if isinstance(color, tuple):
            ink = np.array(color, np.float32)[None, None]
        else:
            ink = color[dy : dy + rows, None].astype(np.float32)
        base = part.astype(np.float32)
        base += (ink - base) * weight[..., None]
        part[:] = (base + 0.5).astype(np.uint8)

    def _slice(self, x0: int, y0: int, x1: int, y1: int) -> RgbImage:
        return self.image[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)]

    @staticmethod
    def _edge(start: Floats, end: Floats) -> int:
        straight = round(start[0]) == round(end[0]) or round(start[1]) == round(end[1])
        return cv2.LINE_8 if straight else cv2.LINE_AA

    # Text

    def measure(self, text: str, style: Style) -> float:
        """Width of a run in pixels, by its pen advances."""
        return measure_width_px(text, style, self.fonts)

    def keep_drawable(self, text: str, style: Style) -> str:
        """The text without characters that no loaded face draws, with single spaces."""
        if not style.face.draws_all(text):
            text = "".join(ch for ch in text if style.face.draws(ch) or self.fonts.find_fallback(ch))
        return " ".join(text.split())

    def run(self, text: str, style: Style, word_spacing_px: float = 0.0) -> GlyphRun:
        """The text as ink and boxes."""
        faces = choose_faces(text, style.face, self.fonts, style.latin)
        word_spacing_px += find_word_spacing_px(text, style)
        return draw_run(text, faces, style.setting(word_spacing_px), primary=style.face, rng=self.rng)

    def write(
        self,
        text: str,
        x: float,
        y: float,
        style: Style,
        *,
        align: str = "left",
        word_spacing_px: float = 0.0,
        join: bool = False,
    ) -> Box:
        """The box of a line of text whose top edge is at `y` and whose left edge, middle or right edge is at `x`.

        `join` appends to the line written last, for lines in several styles or columns.
        """
        text = self.keep_drawable(text, style)
        if not text:
            return Box(left=x, top=y, right=x, bottom=y)
        run = self.run(text, style, word_spacing_px)
        left, top, right, bottom = run.xyxy
        at_x = round(x - left - (right - left) * _ALIGN[align])
        at_y = round(y - top)
        self.paint(run.ink, at_x, at_y, style)
        quads = stack_quads(run) + np.array([at_x, at_y])
        self.remember(text, quads, join=join)
        return Box(left=left + at_x, top=top + at_y, right=right + at_x, bottom=bottom + at_y)

    def write_magnified(
        self, text: str, x: float, y: float, style: Style, ratio: tuple[float, float], *, join: bool = False
    ) -> Box:
        """Write a line as wide and as high as `ratio` says, as printers double their letters; returns its box.

        Bitmap faces keep their square pixels.
        """
        text = self.keep_drawable(text, style)
        if not text:
            return Box(left=x, top=y, right=x, bottom=y)
        run = self.run(text, style)
        height, width = run.ink.shape
        size = round(width * ratio[0]), round(height * ratio[1])
        method = cv2.INTER_NEAREST if style.face.native_px else cv2.INTER_LINEAR
        ink = np.asarray(cv2.resize(run.ink, size, interpolation=method), np.uint8) if ratio != (1, 1) else run.ink
        left, top, right, bottom = (edge * ratio[i % 2] for i, edge in enumerate(run.xyxy))
        at_x, at_y = round(x - left), round(y - top)
        self.paint(ink, at_x, at_y, style)
        self.remember(text, stack_quads(run) * np.array(ratio) + np.array([at_x, at_y]), join=join)
        return Box(left=left + at_x, top=top + at_y, right=right + at_x, bottom=bottom + at_y)

    def write_warped(self, text: str, style: Style, matrix: Floats) -> Floats:
        """Corners (4, 2) of a line written through a homography; (0, 0) of its source is the line box's top left."""
        text = self.keep_drawable(text, style)
        if not text:
            return np.zeros((4, 2))
        run = self.run(text, style)
        left, top, right, bottom = run.xyxy
        placed = matrix @ np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]])
        rows, columns = run.ink.shape
        bounds = transform_points(np.array([(0, 0), (columns, 0), (columns, rows), (0, rows)], np.float64), placed)
        pad = 4 + (style.outline[1] if style.outline else 0)
        x0, y0 = np.floor(bounds.min(axis=0)).astype(int) - pad
        x1, y1 = np.ceil(bounds.max(axis=0)).astype(int) + pad
        x0, y0 = max(x0, -200), max(y0, -200)
        x1, y1 = min(x1, self.width + 200), min(y1, self.height + 200)
        if x1 > x0 and y1 > y0:
            local = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]]) @ placed
            ink = warp_image(run.ink, local, x1 - x0, y1 - y0, border=(0, 0, 0))
            self.paint(ink, int(x0), int(y0), style)
        quads = transform_points(stack_quads(run).reshape(-1, 2), placed).reshape(-1, 4, 2)
        self.remember(text, quads)
        return transform_points(np.array([(left, top), (right, top), (right, bottom), (left, bottom)]), placed)

    def write_vertical(self, text: str, x: float, y: float, style: Style) -> Box:
        """The box of a column of upright letters, its middle at `x` and its top at `y`; spaces leave half a step."""
        text = self.keep_drawable(text, style)
        quads, top = [], y
        step = style.size_px * _VERTICAL_STEP_EM
        for char in text:
            if char == " ":
                top += step * 0.5
                continue
            run = self.run(char, style)
            left, upper, right, _ = run.xyxy
            at_x, at_y = round(x - (left + right) / 2), round(top - upper)
            self.paint(run.ink, at_x, at_y, style)
            quads.append(stack_quads(run) + np.array([at_x, at_y]))
            top += step
        if not quads:
            return Box(left=x, top=y, right=x, bottom=y)
        corners = _share_sides(np.concatenate(quads))
        self.remember(" ".join(text.split()), corners, orientation="vertical")
        low, high = corners.reshape(-1, 2).min(axis=0), corners.reshape(-1, 2).max(axis=0)
        return Box(left=float(low[0]), top=float(low[1]), right=float(high[0]), bottom=float(high[1]))

    def write_arc(self, text: str, x: float, y: float, radius_px: float, style: Style, *, above: bool = True) -> None:
        """Letters set along a circle about (x, y): over its top, or under its bottom with their heads inwards."""
        text = self.keep_drawable(text, style)
        widths = [self.measure(ch, style) for ch in text]
        total = sum(widths)
        side = 1.0 if above else -1.0
        angle = -side * total / (2 * radius_px)
        quads = []
        for char, width in zip(text, widths, strict=True):
            middle = angle + side * width / (2 * radius_px)
            angle += side * width / radius_px
            if char == " ":
                continue
            quads.append(self._write_turned(char, style, x, y, radius_px * side, middle))
        if quads:
            self.remember(" ".join(text.split()), np.concatenate(quads))

    def _write_turned(self, char: str, style: Style, x: float, y: float, radius: float, angle: float) -> Floats:
        """Corners (1, 4, 2) of one letter whose box's middle is `radius` above (x, y), all turned by `angle`."""
        run = self.run(char, style)
        left, top, right, bottom = run.xyxy
        center = np.array([(left + right) / 2, (top + bottom) / 2])
        cos, sin = np.cos(angle), np.sin(angle)
        target = np.array([x + radius * sin, y - radius * cos])
        matrix = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
        matrix[:2, 2] = target - matrix[:2, :2] @ center
        reach = int(np.hypot(*run.ink.shape) / 2) + 4
        x0, y0 = int(target[0]) - reach, int(target[1]) - reach
        local = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]]) @ matrix
        self.paint(warp_image(run.ink, local, 2 * reach, 2 * reach, border=(0, 0, 0)), x0, y0, style)
        return transform_points(stack_quads(run).reshape(-1, 2), matrix).reshape(-1, 4, 2)

    def remember(
        self, text: str, quads: Floats, *, orientation: Orientation = "horizontal", join: bool = False
    ) -> None:
        """Notes a line of text that stands on the picture: its words and the (N, 4, 2) corners of its letters."""
        words = tuple(text.split())
        if join and self.lines:
            last = self.lines.pop()
            words, quads = last.words + words, np.concatenate([last.quads, quads])
        self.lines.append(DrawnLine(words=words, quads=quads, orientation=orientation))

    def is_taken(self, box: Box) -> bool:
        """Whether text stands somewhere inside a box."""
        low, high = (box.left, box.top), (box.right, box.bottom)
        for line in self.lines:
            points = line.quads.reshape(-1, 2)
            if (points.max(axis=0) > low).all() and (points.min(axis=0) < high).all():
                return True
        return False

    def paint(self, ink: Coverage, x: int, y: int, style: Style) -> None:
        """Ink laid at (x, y) in the colours of a style: shadow first, then outline, then letters."""
        if style.is_plain:
            self.lay(ink, x, y, style.color, style.opacity)
            return
        shadow, outline = style.shadow, style.outline
        reach = style.thicken_px + (outline[1] if outline else 0)
        if shadow:
            reach += shadow.grow_px + int(3 * shadow.blur_px)
        ink = np.pad(ink, reach)
        x, y = x - reach, y - reach
        ink = _grow(ink, style.thicken_px)
        rim = _grow(ink, outline[1]) if outline else ink
        if shadow:
            below = _grow(rim, shadow.grow_px)
            if shadow.blur_px > 0.3:
                below = np.asarray(cv2.GaussianBlur(below, (0, 0), shadow.blur_px), np.uint8)
                if shadow.grow_px:
                    below = np.asarray(cv2.convertScaleAbs(below, alpha=1.6), np.uint8)
            self.lay(below, x + round(shadow.shift_px[0]), y + round(shadow.shift_px[1]), shadow.color, shadow.opacity)
        if outline:
            self.lay(rim, x, y, outline[0], style.opacity)
        self.lay(ink, x, y, _find_fill(style, ink.shape[0], reach), style.opacity)


def _find_fill(style: Style, rows: int, reach: int) -> Color | NDArray[np.float32]:
    """The letters' colour, or one for each row of the ink where it changes from top to bottom."""
    if style.color_below is None:
        return style.color
    share = np.clip((np.arange(rows) - reach) / max(rows - 2 * reach, 1), 0, 1)[:, None]
    return (np.array(style.color) * (1 - share) + np.array(style.color_below) * share).astype(np.float32)


def _grow(ink: Coverage, by_px: int) -> Coverage:
    if by_px <= 0:
        return ink
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * by_px + 1, 2 * by_px + 1))
    return np.asarray(cv2.dilate(ink, kernel), np.uint8)


def stack_quads(run: GlyphRun) -> Floats:
    """Corners (N, 4, 2) of the characters of a run that are not spaces."""
    inked = np.array([char != " " for char in run.text])
    left, right = run.spans[inked].T
    top, bottom = np.full_like(left, run.top_px), np.full_like(left, run.bottom_px)
    return np.stack([left, top, right, top, right, bottom, left, bottom], axis=1).reshape(-1, 4, 2)


def _share_sides(quads: Floats) -> Floats:
    """The upright boxes of a column, all as wide as the widest."""
    quads = quads.copy()
    quads[:, [0, 3], 0] = quads[..., 0].min()
    quads[:, [1, 2], 0] = quads[..., 0].max()
    return quads


def _whole(box: Box) -> tuple[int, int, int, int]:
    return round(box.left), round(box.top), round(box.right), round(box.bottom)


def _point(point: Floats) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def _round_rectangle(cover: Coverage, radius: int) -> None:
    """Fill all of `cover` but its corners beyond the radius."""
    height, width = cover.shape
    cover[radius : height - radius] = 255
    cover[:, radius : width - radius] = 255
    for x in (radius, width - 1 - radius):
        for y in (radius, height - 1 - radius):
            cv2.circle(cover, (x, y), radius, 255, -1, cv2.LINE_AA)
