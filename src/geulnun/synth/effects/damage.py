"""The effects that one sample has: drawn from the tables, applied in their order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from geulnun.synth.effects.effect import Conditions, Effect, Pixels
from geulnun.synth.effects.ink import INK_EFFECTS
from geulnun.synth.effects.picture import PICTURE_EFFECTS

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Damage:
    """What happened to the ink and to the picture.

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

    def adding(self, *parameters: Any) -> "Damage":
        """This damage with the given parameters, each in place of what there was of its class."""
        kept = self
        for each in parameters:
            kept = kept.without(type(each))
        return Damage(kept.parameters + parameters)


def draw_damage(rng: np.random.Generator, conditions: Conditions) -> Damage:
    """The effects of a sample: each as often as its table entry says for the scene."""
    drawn = [
        effect.draw(rng, conditions)
        for table in (INK_EFFECTS, PICTURE_EFFECTS)
        for effect in table.values()
        if (share := effect.shares.get(conditions.scene, 0.0)) and rng.random() < share
    ]
    return Damage(tuple(drawn))


def apply_ink_damage(ink: Pixels, damage: Damage) -> Pixels:
    """The ink after all effects of `INK_EFFECTS` that the damage has."""
    return _apply(ink, damage, INK_EFFECTS)


def apply_picture_damage(image: Pixels, damage: Damage) -> Pixels:
    """The picture after lens, sensor, scanner and compression, in this order."""
    return _apply(image, damage, PICTURE_EFFECTS)


def _apply(pixels: Pixels, damage: Damage, table: Mapping[str, Effect[Any]]) -> Pixels:
    for effect in table.values():
        drawn = damage.find(effect.parameters)
        if drawn is not None:
            pixels = effect.apply(pixels, drawn)
    return pixels
