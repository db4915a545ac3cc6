"""Which script a word is written in."""

import unicodedata
from functools import lru_cache
from typing import Literal

from geulnun.core.charset import CHARSET_V1, UNKNOWN

Script = Literal["hangul", "latin", "digits", "symbols", "mixed", "unknown"]


def find_script(text: str) -> Script:
    """The script of a word's letters and figures; signs beside them do not count.

    "digits" are figures of any form (3, ½, ①, Ⅳ), "symbols" is a word without letters or figures, "mixed" has several
    scripts, as in "3월". "unknown" is any letter that geulnun cannot write, hanja above all, and the □ that it writes
    for one: beside other characters. A □ alone is a box.
    """
    scripts = {script for char in text if (script := _find_char_script(char)) != "symbols"}
    if UNKNOWN in text and len(text) > 1:
        scripts.add("unknown")
    if not scripts:
        return "symbols"
    return scripts.pop() if len(scripts) == 1 else "mixed"


@lru_cache(maxsize=1024)
def _find_char_script(char: str) -> Script:
    category, name = unicodedata.category(char), unicodedata.name(char, "")
    if category.startswith("N"):
        return "digits"
    if not category.startswith("L"):
        return "symbols"
    words = name.split()
    if "HANGUL" in words:
        return "hangul"
    if "LATIN" in words:
        return "latin"
    # Greek letters and the like stand for quantities and units.
    return "symbols" if CHARSET_V1.can_write(char) else "unknown"
