"""Write reports; templates of web pages lie beside this module."""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from geulnun.errors import OutputError


@cache
def load_template(name: str) -> Any:
    """The Jinja2 template of that file name, which escapes what is put into it."""
    import jinja2

    source = files("geulnun.evaluation").joinpath(name).read_text(encoding="utf-8")
    return jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(source)


def write_report(path: Path, text: str) -> None:
    """Write `text` as UTF-8; the folder is made if missing.

    Raises:
        OutputError: the place cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({error.strerror or error}). Name a file in a writable folder."
        ) from error
