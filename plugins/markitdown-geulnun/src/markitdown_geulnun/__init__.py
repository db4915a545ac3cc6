"""Plug-in of MarkItDown: pictures, and PDFs with scanned pages, to Markdown."""

from typing import Any

from markitdown import MarkItDown

from markitdown_geulnun.converter import GeulnunConverter

__plugin_interface_version__ = 1

__all__ = ["GeulnunConverter", "register_converters"]

_BEFORE_BUILTINS = -1.0


def register_converters(markitdown: MarkItDown, **kwargs: Any) -> None:
    """Register the converter.

    Args:
        markitdown: what converts.
        **kwargs: what `MarkItDown` was made with; ``geulnun_engine`` is the `geulnun.Engine` to read with.
    """
    converter = GeulnunConverter(kwargs.get("geulnun_engine"))
    markitdown.register_converter(converter, priority=_BEFORE_BUILTINS)
