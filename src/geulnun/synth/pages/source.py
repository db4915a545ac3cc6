"""Pages by number: the same seed and index give the same picture and truth, in every process."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from geulnun.data.sample import Sample
from geulnun.errors import UsageError
from geulnun.synth.effects.ink_and_pixels import (
    apply_jpeg,
    apply_noise,
    apply_tone,
    draw_jpeg_quality,
    draw_noise,
    draw_tone,
)
from geulnun.synth.materials.corpus import Corpus
from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.photos import Backgrounds
from geulnun.synth.pages.distort import (
    apply_bend,
    apply_crop,
    apply_resize,
    apply_skew,
    apply_tilt,
    draw_bend,
    draw_skew,
    draw_tilt,
)
from geulnun.synth.pages.kinds.caption import draw_caption
from geulnun.synth.pages.kinds.document import draw_document
from geulnun.synth.pages.kinds.form import draw_form
from geulnun.synth.pages.kinds.picture import draw_picture
from geulnun.synth.pages.kinds.receipt import draw_receipt
from geulnun.synth.pages.kinds.scene import draw_scene
from geulnun.synth.pages.kinds.screen import draw_screen
from geulnun.synth.pages.kinds.web import draw_web
from geulnun.synth.pages.paper import apply_copying, draw_copying
from geulnun.synth.pages.texture import draw_surface
from geulnun.synth.pages.truth import Drawing, build_page
from geulnun.synth.pages.wording import Wording

Draw = Callable[[np.random.Generator, FontLibrary, Wording, Backgrounds], Drawing]

KIND_WEIGHTS: dict[str, float] = {
    "document": 0.28,
    "form": 0.17,
    "screen": 0.12,
    "web": 0.13,
    "receipt": 0.06,
    "caption": 0.06,
    "scene": 0.12,
    "picture": 0.06,
}
"""How often each kind of page is drawn; forms and documents include the tables."""

_DRAW: dict[str, Draw] = {
    "document": draw_document,
    "form": lambda rng, fonts, wording, photos: draw_form(rng, fonts, wording),
    "screen": draw_screen,
    "web": draw_web,
    "receipt": lambda rng, fonts, wording, photos: draw_receipt(rng, fonts, wording),
    "caption": draw_caption,
    "scene": draw_scene,
    "picture": lambda rng, fonts, wording, photos: draw_picture(rng, fonts, photos),
}
_SMALLEST_BODY_PX = 9.5


class PageSource:
    """Page samples for learning and judging. Pickles to what it was made from; photographs are opened when drawn."""

    def __init__(
        self,
        seed: int,
        fonts: FontLibrary,
        corpus: Corpus,
        backgrounds_folder: Path | str | None = None,
        kinds: Mapping[str, float] | None = None,
    ) -> None:
        """The source of one seed.

        Args:
            seed: of the whole source.
            fonts: the split to draw with, `FontLibrary.read(folder).split("train")`.
            corpus: the split to take text from.
            backgrounds_folder: photographs; those beside the fonts unless given.
            kinds: how often each kind is drawn, `KIND_WEIGHTS` unless given; any of its keys.

        Raises:
            UsageError: a kind that is not known, or weights that are negative or all zero.
        """
        self.seed = seed
        self.fonts = fonts
        self.corpus = corpus
        if backgrounds_folder is None and fonts.folder is not None:
            backgrounds_folder = fonts.folder / "backgrounds"
        self.photos = Backgrounds(backgrounds_folder)
        self.kinds = dict(kinds or KIND_WEIGHTS)
        _check_kinds(self.kinds)
        self._names = tuple(self.kinds)
        self._steps = np.cumsum(list(self.kinds.values())) / sum(self.kinds.values())

    def __reduce__(self) -> tuple[type["PageSource"], tuple[object, ...]]:
        return PageSource, (self.seed, self.fonts, self.corpus, self.photos.folder, self.kinds)

    def draw(self, index: int) -> Sample:
        """The page of that number, 0 and up."""
        rng = np.random.default_rng((self.seed, index, 0x9A6E))
        kind = self._names[min(int(np.searchsorted(self._steps, rng.random(), side="right")), len(self._names) - 1)]
        wording = Wording(self.corpus, rng)
        drawing = _DRAW[kind](rng, self.fonts, wording, self.photos)
        drawing = finish_drawing(rng, kind, drawing, self.photos)
        return Sample(image=drawing.image, page=build_page(drawing), kind=kind, name=f"{kind}-{self.seed}-{index}")


def _check_kinds(kinds: Mapping[str, float]) -> None:
    unknown = [kind for kind in kinds if kind not in _DRAW]
    if unknown:
        raise UsageError(f'There is no kind of page "{unknown[0]}". Take any of: {", ".join(_DRAW)}.')
    if min(kinds.values(), default=0) < 0 or sum(kinds.values()) <= 0:
        raise UsageError(f"The weights of pages are {dict(kinds)}; they must be 0 or more and not all 0.")


def finish_drawing(rng: np.random.Generator, kind: str, drawing: Drawing, photos: Backgrounds) -> Drawing:
    """The drawing copied, photographed, resized and compressed as its kind usually is."""
    if kind in ("document", "form", "receipt"):
        drawing = _finish_paper(rng, drawing, photos, is_receipt=kind == "receipt")
    elif kind == "scene" or (kind == "picture" and rng.random() < 0.3):
        drawing = replace(drawing, image=_add_camera(rng, drawing.image, 1.0))
    elif kind == "caption":
        drawing = replace(drawing, image=_add_camera(rng, drawing.image, 0.5))
    elif rng.random() < 0.05:
        drawing = _photograph(rng, drawing, photos)
    drawing = _resize(rng, kind, drawing)
    if rng.random() < 0.08:
        drawing = _cut_piece(rng, drawing)
    if rng.random() < 0.6:
        drawing = replace(drawing, image=apply_jpeg(drawing.image, max(30, draw_jpeg_quality(rng))))
    return replace(drawing, image=np.ascontiguousarray(drawing.image))


def _finish_paper(rng: np.random.Generator, drawing: Drawing, photos: Backgrounds, *, is_receipt: bool) -> Drawing:
    """Left as a renderer made it, scanned, or photographed."""
    roll = rng.random()
    if roll < (0.15 if is_receipt else 0.42):
        return drawing
    if roll < (0.5 if is_receipt else 0.82):
        if rng.random() < 0.6:
            border = (255, 255, 255) if rng.random() < 0.8 else (40, 40, 40)
            drawing = apply_skew(drawing, draw_skew(rng), border)
        return replace(drawing, image=apply_copying(drawing.image, draw_copying(rng)))
    return _photograph(rng, drawing, photos)


def _photograph(rng: np.random.Generator, drawing: Drawing, photos: Backgrounds) -> Drawing:
    """The page lying on something, bent, seen at an angle, unevenly lit."""
    height, width = drawing.size
    if rng.random() < 0.6:
        drawing = apply_bend(drawing, draw_bend(rng, width, height))
    ground = photos.draw(rng, height, width) if rng.random() < 0.3 else draw_surface(rng, height, width)
    drawing = apply_tilt(drawing, draw_tilt(rng, rng.uniform(0.01, 0.1), rng.uniform(-0.04, 0.05)), ground)
    copying = replace(draw_copying(rng, 0.6), bleed=0.0, threshold=0.0, lines=0, gray=bool(rng.random() < 0.1))
    return replace(drawing, image=apply_copying(drawing.image, copying))


def _add_camera(rng: np.random.Generator, image: np.ndarray, strength: float) -> np.ndarray:
    """Tone, grain and a little blur of a camera."""
    if rng.random() < 0.5:
        image = apply_tone(image, draw_tone(rng))
    if rng.random() < 0.5 * strength:
        image = apply_noise(image, draw_noise(rng, 14 * strength))
    if rng.random() < 0.3 * strength:
        image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 1.1)))
    return image


def _cut_piece(rng: np.random.Generator, drawing: Drawing) -> Drawing:
    """A part of the drawing, as people cut screenshots and photographs: letters may be cut through at its edges."""
    height, width = drawing.size
    cut_w, cut_h = int(width * rng.uniform(0.5, 1)), int(height * rng.uniform(0.35, 1))
    return apply_crop(
        drawing, int(rng.integers(width - cut_w + 1)), int(rng.integers(height - cut_h + 1)), cut_w, cut_h
    )


def _resize(rng: np.random.Generator, kind: str, drawing: Drawing) -> Drawing:
    """A little smaller or larger, within what letters and sizes allow."""
    if kind == "picture" or rng.random() < 0.55:
        return drawing
    low = max(0.6, _SMALLEST_BODY_PX / max(_measure_smallest(drawing), 1.0))
    high = min(1.4, 1800 / max(drawing.size))
    if low >= high:
        return drawing
    scale = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    return apply_resize(drawing, scale)


def _measure_smallest(drawing: Drawing) -> float:
    """Height in pixels of the smallest letters; less for a face whose letters fill only half of it."""
    if not drawing.lines:
        return 20.0
    heights = [float(np.ptp(line.quads[0, :, 1])) for line in drawing.lines]
    widths = [float(np.ptp(line.quads[:, :, 0], axis=1).max()) for line in drawing.lines]
    return min(heights) * min(1.0, float(np.median(np.array(widths) / np.maximum(heights, 1.0))))
