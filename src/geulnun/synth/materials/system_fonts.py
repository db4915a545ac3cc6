"""Korean fonts of this computer, for drawing where no materials were fetched."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path

from fontTools.ttLib import TTFont, TTLibError

from geulnun.core.hangul import KSX1001
from geulnun.outputs.annotated import FONT_FOLDERS

_SUFFIXES = (".ttf", ".otf", ".ttc")
_MOST_FONTS = 8


def find_korean_fonts(folders: Sequence[str] = FONT_FOLDERS, most: int = _MOST_FONTS) -> list[Path]:
    """Font files that have the 2,350 syllables of KS X 1001, of as many families as possible, sorted.

    Args:
        folders: searched with all below them; variables such as $HOME are expanded.
        most: files at most: measuring what a font draws takes seconds.
    """
    found: dict[str, Path] = {}
    for folder in map(Path, map(os.path.expandvars, folders)):
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if path.suffix.lower() in _SUFFIXES and (family := _find_korean_family(path)):
                found.setdefault(family, path)
    chosen = [found[family] for family in sorted(found)]
    step = max(1.0, len(chosen) / most)
    return [chosen[int(number * step)] for number in range(min(most, len(chosen)))]


def _find_korean_family(path: Path) -> str | None:
    """The family of a font that draws Hangul; None for others and for damaged files."""
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    try:
        with TTFont(path, fontNumber=0, lazy=True) as font:
            mapped = font.getBestCmap() or {}
            if not all(ord(syllable) in mapped for syllable in KSX1001):
                return None
            return str(font["name"].getDebugName(1) or path.stem)
    except (TTLibError, OSError, KeyError, ValueError, AssertionError):
        return None
