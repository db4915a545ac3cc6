"""What an effect is: how its parameters are drawn, how they are applied, how often that happens."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Ink is (H, W) coverage, 255 = full ink; a picture is (H, W) grey or (H, W, 3) RGB."""

Scene = Literal["clean", "scan", "screen", "photo", "caption"]
"""Where a line of text is met: in a renderer's output, on scanned paper, on a screen, in a photograph, in a film."""

P = TypeVar("P")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What an effect may depend on.

    Attributes:
        scene: where the text is met.
        letter_px: height of its letters.
        most_grain: deviation of noise in grey levels that leaves the text readable.
        inverted: whether ink is lighter than paper.
    """

    scene: Scene
    letter_px: float
    most_grain: float = 26.0
    inverted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect(Generic[P]):
    """One entry of the table of effects.

    Attributes:
        parameters: class of what is drawn.
        draw: parameters that suit the conditions; text stays readable with them.
        apply: pixels with the effect, of the same shape and type; its input is left as it was.
        shares: of samples in each scene, 0..1, how many have the effect; those not listed never do.
    """

    parameters: type[P]
    draw: Callable[[np.random.Generator, Conditions], P]
    apply: Callable[[Pixels, P], Pixels]
    shares: Mapping[Scene, float] = field(default_factory=dict)
