"""The fonts and texts of one split: samples for training and for validation share neither."""

from pathlib import Path

from geulnun.synth.materials.corpus import Corpus, Split
from geulnun.synth.materials.fonts import FontLibrary


def read_split(materials: str | Path, corpus: str | Path | None, split: Split) -> tuple[FontLibrary, Corpus]:
    """The fonts and texts of one split.

    Args:
        materials: folder written by scripts/materials.
        corpus: folder of UTF-8 text, None for the built-in generators alone.
        split: which font families and which lines of the corpus.

    Raises:
        InputError: the materials or the corpus cannot be read.
        UsageError: there is no such split.
    """
    texts = Corpus.read(corpus, split=split)
    return FontLibrary.read(materials).split(split), texts
