"""Plug-in of OCRmyPDF: `ocrmypdf --ocr-engine geulnun`.

OCRmyPDF imports this module in every run, whichever engine is chosen, and a module that fails to import breaks them
all. So nothing but OCRmyPDF is imported here; geulnun is imported when it is chosen.
"""

import functools
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from ocrmypdf import hookimpl
from ocrmypdf.pluginspec import OcrEngine

NAME = "geulnun"
_TESSERACT = "ocrmypdf.builtin_plugins.tesseract_ocr"

__all__ = ["NAME", "add_options", "check_options", "get_ocr_engine", "initialize"]


@hookimpl
def initialize(plugin_manager: Any) -> None:
    """Let runs that choose geulnun do without Tesseract, whose plug-in wants to find it in every run."""
    for implementation in plugin_manager.hook.check_options.get_hookimpls():
        if implementation.plugin_name == _TESSERACT:
            implementation.function = _unless_chosen(implementation.function)


@hookimpl
def add_options(parser: ArgumentParser) -> None:
    """Add "geulnun" to the choices of ``--ocr-engine``."""
    for action in parser._actions:
        if action.dest == "ocr_engine" and action.choices is not None and NAME not in action.choices:
            action.choices = [*action.choices, NAME]
            action.help = f"{action.help} '{NAME}' reads Korean."


@hookimpl
def check_options(options: Any) -> None:
    """Choose the renderer that keeps Korean spaces, and open the weights before the first page.

    OCRmyPDF's own renderer (fpdf2) takes Hangul for a script without spaces. "sandwich" takes the text layer over as
    the engine writes it.

    Raises:
        MissingDependencyError: geulnun or its weights are not in order.
    """
    if options.ocr_engine != NAME:
        return
    if options.pdf_renderer == "auto":
        options.pdf_renderer = "sandwich"
    from ocrmypdf.exceptions import MissingDependencyError

    try:
        from geulnun.errors import GeulnunError
        from ocrmypdf_geulnun.engine import open_engine
    except ImportError as error:
        raise MissingDependencyError(f"geulnun cannot be imported: {error}. Install it anew.") from error
    try:
        open_engine()
    except GeulnunError as error:
        raise MissingDependencyError(f"geulnun cannot read: {error}") from error


@hookimpl
def get_ocr_engine(options: Any) -> OcrEngine | None:
    """The engine, where it was chosen by name; every other run is left to other engines."""
    if options is None or options.ocr_engine != NAME:
        return None
    from ocrmypdf_geulnun.engine import GeulnunEngine

    return GeulnunEngine()


def _unless_chosen(check: Callable[[Any], None]) -> Callable[[Any], None]:
    """`check` for the runs that do not choose geulnun."""

    @functools.wraps(check)
    def check_others(options: Any) -> None:
        if options.ocr_engine != NAME:
            check(options)

    return check_others
