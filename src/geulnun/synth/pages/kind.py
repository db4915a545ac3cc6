"""What a kind of page is: one entry of the table `kinds.KINDS`."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.photos import Photos
from geulnun.synth.pages.truth import Drawing
from geulnun.synth.pages.wording import Wording

Draw = Callable[[np.random.Generator, FontLibrary, Wording, Photos], Drawing]
Finish = Callable[[np.random.Generator, Drawing, Photos], Drawing]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageKind:
    """One kind of page.

    Attributes:
        draw: a page as a renderer would hand it out, and where its letters are.
        weight: how often it is drawn, relative to the other kinds.
        finish: the page as it is met: printed and scanned, photographed, resized, compressed; see `finish`.
    """

    draw: Draw
    weight: float
    finish: Finish
