"""The texts of one page: what layouts ask for, drawn from the corpus and the built-in generators."""

import numpy as np

from geulnun.synth import texts
from geulnun.synth.materials.corpus import Corpus, cut_piece
from geulnun.synth.texts.headings import DOCUMENT_TITLES
from geulnun.synth.texts.layouts import FORM_FIELDS
from geulnun.synth.texts.random_choice import draw_chance, draw_one
from geulnun.synth.texts.screens import BUTTONS, SETTINGS

_LABELS = tuple(FORM_FIELDS)


class Wording:
    """Texts of a sample: a corpus and the randomness to draw from it."""

    def __init__(self, corpus: Corpus, rng: np.random.Generator) -> None:
        self.corpus = corpus
        self.rng = rng

    def draw(self, kind: str, max_chars: int = 40) -> str:
        """A text of a kind that the corpus knows (`Corpus.draw_text`), cut between words where it is too long."""
        return self.cut(self.corpus.draw_text(self.rng, kind), max_chars)

    def cut(self, text: str, max_chars: int) -> str:
        """The text, or a piece of it between words where it is longer than allowed."""
        return text if len(text) <= max_chars else cut_piece(self.rng, text, max_chars, max_chars)

    def paragraph(self, chars: int) -> str:
        """Running text of about that many characters."""
        return " ".join(self.corpus.draw_paragraph(self.rng, max(chars, 1)))

    def sentence(self, max_chars: int = 60) -> str:
        """A sentence or a part of one."""
        return self.draw("line", max_chars)

    def phrase(self, max_chars: int = 16) -> str:
        """A few words."""
        return self.draw("title" if draw_chance(self.rng, 0.4) else "phrase", max_chars)

    def heading(self, max_chars: int = 26) -> str:
        """A heading without a full stop."""
        return self.phrase(max_chars).rstrip(" .,") or "개요"

    def word(self, max_chars: int = 12) -> str:
        """One word; one of twelve is made of uniformly drawn syllables."""
        kind = "syllables" if draw_chance(self.rng, 0.08) else "word"
        return (self.corpus.draw_text(self.rng, kind).split(" ")[0] or "글")[:max_chars]

    def any(self, max_chars: int = 30) -> str:
        """Anything that a strip may hold: numbers, addresses, symbols, English, words."""
        return self.corpus.draw_strip_text(self.rng, max_chars)

    def generated(self, max_chars: int = 24) -> str:
        """Something corpora lack: figures, dates, addresses, symbols, English."""
        return self.cut(texts.draw_generated(self.rng), max_chars)

    def form_title(self) -> str:
        """What a form or certificate is called."""
        return draw_one(self.rng, DOCUMENT_TITLES) if draw_chance(self.rng, 0.8) else self.word(8)

    def field(self, max_chars: int = 30) -> tuple[str, str]:
        """A label of a form and what is filled in."""
        label = draw_one(self.rng, _LABELS)
        value = FORM_FIELDS[label](self.rng) if draw_chance(self.rng, 0.85) else self.any(max_chars)
        return label, self.cut(value, max_chars)

    def button(self) -> str:
        """What a button, tab or entry of a list says."""
        return draw_one(self.rng, BUTTONS if draw_chance(self.rng, 0.6) else SETTINGS)

    def table(self, rows: int, columns: int) -> list[list[str]]:
        """Cells by row, the first row being the head."""
        figures = columns > 2 and draw_chance(self.rng, 0.35)
        cells = (
            texts.draw_figure_table(self.rng, rows, columns) if figures else texts.draw_table(self.rng, rows, columns)
        )
        if draw_chance(self.rng, 0.35) and not figures:
            # A column of running text makes rows of several lines.
            column = int(self.rng.integers(columns))
            for row in cells[1:]:
                row[column] = self.sentence(50)
        return [[self.cut(cell, 60) for cell in row] for row in cells]
