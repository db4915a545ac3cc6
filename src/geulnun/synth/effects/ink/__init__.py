"""Effects on ink alone, before it lies on paper. To add one, write its file and name it here."""

from importlib import import_module
from typing import Any

from geulnun.synth.effects.effect import Effect

_IN_ORDER = (
    "spread",
    "dots",
    "fading",
    "breaks",
    "dead_columns",
)

INK_EFFECTS: dict[str, Effect[Any]] = {name: import_module(f"{__name__}.{name}").EFFECT for name in _IN_ORDER}
"""By name, in the order in which they are applied."""
