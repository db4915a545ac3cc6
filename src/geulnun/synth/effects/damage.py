"""Drawing the effects of a sample from the tables, and applying them in the order of the tables."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from geulnun.core.arrays import Pixels
from geulnun.synth.effects.effect import Conditions, Damage, Effect
from geulnun.synth.effects.ink import INK_EFFECTS
from geulnun.synth.effects.picture import PICTURE_EFFECTS


def draw_damage(rng: np.random.Generator, conditions: Conditions) -> Damage:
    """The effects of a sample, each as often as its table entry says for the scene.

    The last in order of application is drawn first: how much ink a picture may lose depends on whether it becomes black
    and white later.
    """
    damage = conditions.drawn
    for effect in reversed([*INK_EFFECTS.values(), *PICTURE_EFFECTS.values()]):
        share = effect.shares.get(conditions.scene, 0.0)
        if share and rng.random() < share:
            drawn = effect.draw(rng, replace(conditions, drawn=damage))
            damage = Damage.of(*damage.parameters, drawn)
    return damage


def apply_ink_damage(ink: Pixels, damage: Damage) -> Pixels:
    """The ink after all effects of `INK_EFFECTS` that the damage has."""
    return _apply(ink, damage, INK_EFFECTS)


def apply_picture_damage(image: Pixels, damage: Damage) -> Pixels:
    """The picture after all effects of `PICTURE_EFFECTS` that the damage has."""
    return _apply(image, damage, PICTURE_EFFECTS)


def _apply(pixels: Pixels, damage: Damage, table: Mapping[str, Effect[Any]]) -> Pixels:
    for effect in table.values():
        drawn = damage.find(effect.parameters)
        if drawn is not None:
            pixels = effect.apply(pixels, drawn)
    return pixels
