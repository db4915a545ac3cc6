"""Built-in generators of Korean text: everything corpora lack, and enough to train with no corpus at all."""

from collections.abc import Callable

import numpy as np

from geulnun.synth.texts.letters import LETTER_GENERATORS, draw_jamo, draw_syllables, draw_symbols
from geulnun.synth.texts.sentences import SENTENCE_GENERATORS, draw_phrase, draw_sentence, draw_word

GENERATORS: dict[str, Callable[[np.random.Generator], str]] = {**SENTENCE_GENERATORS, **LETTER_GENERATORS}

_STRIP_WEIGHTS = {"symbols": 4.0, "jamo": 1.0, "built_in_sentence": 2.0}
_STRIP_KINDS = tuple(_STRIP_WEIGHTS)
_STRIP_STEPS = (np.cumsum(list(_STRIP_WEIGHTS.values())) / sum(_STRIP_WEIGHTS.values())).tolist()


def draw_generated(rng: np.random.Generator) -> str:
    """A text of one of the generators, weighted as recogniser training needs them."""
    u = rng.random()
    kind = next((k for k, step in zip(_STRIP_KINDS, _STRIP_STEPS, strict=True) if u < step), _STRIP_KINDS[-1])
    return GENERATORS[kind](rng)


def decorate(rng: np.random.Generator, text: str) -> str:
    """The text, mostly as it is."""
    return text


def draw_heading(rng: np.random.Generator) -> str:
    """A heading."""
    return draw_phrase(rng)
