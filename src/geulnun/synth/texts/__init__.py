"""Built-in generators of Korean text: everything corpora lack, and enough to train with no corpus at all.

Every generator is a function of a random generator; `GENERATORS` names the ones that return a single line. Those that
return several parts (`draw_receipt`, `draw_form_fields`, `draw_table` …) serve the composers of pages.
"""

from collections.abc import Callable

import numpy as np

from geulnun.synth.texts.figures import FIGURE_GENERATORS
from geulnun.synth.texts.headings import (
    BRACKETS,
    HEADING_GENERATORS,
    draw_caption,
    draw_heading,
    draw_item,
    draw_marker,
    draw_notice,
    draw_spaced_heading,
)
from geulnun.synth.texts.identifiers import IDENTIFIER_GENERATORS
from geulnun.synth.texts.latin import LATIN_GENERATORS, draw_english
from geulnun.synth.texts.layouts import (
    LAYOUT_GENERATORS,
    draw_figure_table,
    draw_form_fields,
    draw_menu,
    draw_sign,
    draw_table,
)
from geulnun.synth.texts.letters import LETTER_GENERATORS, draw_syllables, draw_symbols, place_symbol
from geulnun.synth.texts.marks import MARK_GENERATORS
from geulnun.synth.texts.names import NAME_GENERATORS
from geulnun.synth.texts.random_choice import draw_one
from geulnun.synth.texts.receipts import RECEIPT_GENERATORS, draw_receipt
from geulnun.synth.texts.screens import (
    SCREEN_GENERATORS,
    draw_chat,
    draw_settings,
    draw_status_bar,
)
from geulnun.synth.texts.sentences import SENTENCE_GENERATORS, draw_phrase, draw_sentence, draw_word

__all__ = [
    "GENERATORS",
    "GENERATED_WEIGHTS",
    "decorate",
    "draw_caption",
    "draw_chat",
    "draw_english",
    "draw_figure_table",
    "draw_form_fields",
    "draw_generated",
    "draw_heading",
    "draw_item",
    "draw_marker",
    "draw_menu",
    "draw_notice",
    "draw_phrase",
    "draw_receipt",
    "draw_sentence",
    "draw_settings",
    "draw_sign",
    "draw_spaced_heading",
    "draw_status_bar",
    "draw_syllables",
    "draw_symbols",
    "draw_table",
    "draw_word",
    "draw_written",
    "place_symbol",
]

GENERATORS: dict[str, Callable[[np.random.Generator], str]] = {
    **SENTENCE_GENERATORS,
    **LETTER_GENERATORS,
    **LATIN_GENERATORS,
    **FIGURE_GENERATORS,
    **IDENTIFIER_GENERATORS,
    **NAME_GENERATORS,
    **HEADING_GENERATORS,
    **SCREEN_GENERATORS,
    **LAYOUT_GENERATORS,
    **RECEIPT_GENERATORS,
    **MARK_GENERATORS,
}

GENERATED_WEIGHTS = {
    "symbols": 78.0, "unit": 40.0, "jamo": 8.0, "hanja": 14.0, "english": 11.0, "english_word": 5.0, "mixed": 10.0,
    "random_string": 6.0, "code": 5.0, "pseudo_words": 8.0, "file_name": 5.0, "code_line": 6.0,
    "number": 3.5, "price": 4.0, "date": 4.0, "time": 2.0, "percent": 2.0, "measure": 3.5, "range": 2.5, "formula": 2.0,
    "figures": 2.5, "digits": 1.5, "phone": 2.5, "registration": 1.5, "account": 1.5, "email": 2.0, "url": 2.5,
    "person": 1.0, "company": 2.0, "shop": 2.0, "place": 1.0, "address": 3.0, "affiliation": 1.0, "heading": 5.0,
    "spaced_heading": 4.0, "spaced_label": 4.0, "item": 5.0, "enumeration": 2.0, "bracketed": 3.0, "caption": 2.5,
    "notice": 1.5, "informal": 2.0, "screen": 6.0, "item_price": 2.5, "form_line": 3.0,
    "receipt_row": 7.0, "masked": 3.0, "receipt_label": 3.0,
    "marked": 7.0, "field_line": 6.0, "footnoted": 8.0, "numbered": 4.0, "exam": 3.0, "beside_hangul": 8.0,
    "circles": 3.0, "padded_date": 8.0,
}  # fmt: skip
"""How often each generator is drawn among the generated texts of recogniser training.

Symbols are 78 of about 344, so that at 29 % generated texts 7 % of all strips practise them on purpose, and units 3 %:
the raised figures of ㎡ and ㎥ are a few pixels.
"""
_KINDS = tuple(GENERATED_WEIGHTS)
_STEPS = np.cumsum(list(GENERATED_WEIGHTS.values())) / sum(GENERATED_WEIGHTS.values())


def draw_generated(rng: np.random.Generator) -> str:
    """A text of one of the generators, weighted by `GENERATED_WEIGHTS`."""
    return GENERATORS[_draw_kind(rng)](rng)


def draw_written(rng: np.random.Generator) -> str:
    """A generated text as people write them: as `draw_generated`, without those that only teach letters."""
    while (kind := _draw_kind(rng)) in LETTER_GENERATORS:
        pass
    return GENERATORS[kind](rng)


def _draw_kind(rng: np.random.Generator) -> str:
    return _KINDS[min(int(_STEPS.searchsorted(rng.random(), side="right")), len(_KINDS) - 1)]


def decorate(rng: np.random.Generator, text: str) -> str:
    """The text, mostly as it is; sometimes as an item of a list, in brackets, spaced out or without its spaces."""
    u = rng.random()
    if u < 0.86:
        return text
    if u < 0.91:
        return draw_marker(rng) + text
    if u < 0.95:
        opener, closer = draw_one(rng, BRACKETS)
        return f"{opener}{text}{closer}"
    if u < 0.97:
        return text.replace(" ", "")
    if u < 0.98:
        return " ".join(text.replace(" ", "")[:15])
    return text + draw_one(rng, (",", ";", ":", "…", "...", "!!", "~", "?!", " -", " /", "♥", " ☞", "*"))
