"""What an effect is: how its parameters are drawn, how they are applied, how often that happens."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

import numpy as np

from geulnun.core.arrays import Pixels

Scene = Literal["clean", "scan", "screen", "photo", "caption"]
"""Where text is met: in a renderer's output, on scanned paper, on a screen, in a photograph, in a film."""

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Damage:
    """The effects that one sample has.

    Attributes:
        parameters: of the effects, at most one set of each class, in any order.
    """

    parameters: tuple[Any, ...] = ()

    @classmethod
    def of(cls, *parameters: Any) -> "Damage":
        """The damage of those parameters that are not None."""
        return cls(tuple(each for each in parameters if each is not None))

    def find(self, kind: type[P]) -> P | None:
        """The parameters of one class, None where the sample does not have that effect."""
        return next((each for each in self.parameters if isinstance(each, kind)), None)

    def without(self, kind: type[Any]) -> "Damage":
        """This damage with that effect left out."""
        return Damage(tuple(each for each in self.parameters if not isinstance(each, kind)))

    def adding(self, parameters: Any) -> "Damage":
        """This damage with the given parameters in place of what there was of their class."""
        return Damage((*self.without(type(parameters)).parameters, parameters))


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What an effect may depend on.

    Attributes:
        scene: where the text is met.
        letter_px: height of its letters.
        most_grain: deviation of noise in grey levels that leaves the text readable.
        inverted: whether ink is lighter than paper.
        drawn: the effects drawn so far, which are those applied after this one.
    """

    scene: Scene
    letter_px: float
    most_grain: float = 26.0
    inverted: bool = False
    drawn: Damage = Damage()


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect(Generic[P]):
    """One entry of the table of effects.

    Attributes:
        parameters: class of what is drawn.
        draw: parameters with which text stays readable under the conditions; None where there are none.
        apply: ink (H, W), or a grey or RGB picture, with the effect, of the same shape; its input is left as it was.
        shares: of samples in each scene, 0..1, how many have the effect; scenes not listed never do.
    """

    parameters: type[P]
    draw: Callable[[np.random.Generator, Conditions], P | None]
    apply: Callable[[Pixels, P], Pixels]
    shares: Mapping[Scene, float]
