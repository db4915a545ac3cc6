"""Templates of web pages, which lie beside this module."""

from functools import cache
from importlib.resources import files
from typing import Any


@cache
def load_template(name: str) -> Any:
    """The Jinja2 template of that file name, which escapes what is put into it."""
    import jinja2

    source = files("geulnun.evaluation").joinpath(name).read_text(encoding="utf-8")
    return jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(source)
