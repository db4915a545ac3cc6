"""Kinds of page, one file each. To add one, write its file and name it here."""

from importlib import import_module

from geulnun.synth.pages.kind import PageKind

_NAMES = (
    "document",
    "newsprint",
    "form",
    "screen",
    "web",
    "receipt",
    "caption",
    "scene",
    "picture",
    "note",
)

KINDS: dict[str, PageKind] = {name: import_module(f"{__name__}.{name}").KIND for name in _NAMES}
"""By name."""
