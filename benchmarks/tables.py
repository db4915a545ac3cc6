"""Finds tables whose cells are known, and says how many of them are where they should be.

    python benchmarks/tables.py [--tables N] [--seed N] [--materials FOLDER] [--typeset FOLDER]

Drawn tables are given with their true lines, so that no weights take part: what is wrong is the structure alone.
`--typeset` names a folder that benchmarks/typeset.py wrote; these pages are read, and compared with the tables of their
HTML. Cells are told apart by their text without white space; a text that was read wrong stands for the true one that is
most like it.

Printed are the F1 of adjacency relations (cells beside and below each other that have text) and a tree edit distance
similarity in which rows and cells are aligned in their order.

Source: Göbel et al. 2012, A Methodology for Evaluating Algorithms for Table Understanding in PDF Documents; Zhong et
al. 2020, Image-based Table Recognition (TEDS).
"""

import argparse
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TypeVar

import numpy as np
from rapidfuzz.distance import Levenshtein

from geulnun.core import raster
from geulnun.core.page import Block, Cell, Line, Page
from geulnun.data import open_dataset
from geulnun.evaluation.counts import Matches
from geulnun.runtime.layout.blocks import build_blocks
from geulnun.runtime.layout.ruling_lines import find_edges
from geulnun.synth.materials.corpus import Corpus
from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.pages.box import Box
from geulnun.synth.pages.canvas import Canvas
from geulnun.synth.pages.elements.blocks import draw_sheet
from geulnun.synth.pages.elements.table import draw_table_look, write_table
from geulnun.synth.pages.truth import build_page
from geulnun.synth.pages.wording import Wording
from script import run_script

HERE = Path(__file__).with_name("typeset")
_RULED = {"grid", "open"}
_T = TypeVar("_T")
_ALIKE = 0.6  # of a text that was read, and the true one that it stands for


@dataclass(frozen=True, slots=True)
class Table:
    """A table by its cells' texts; those without text may be missing."""

    cells: tuple[Cell, ...]
    texts: tuple[str, ...]

    @classmethod
    def of_block(cls, block: Block) -> "Table":
        """The table that was found."""
        return cls(block.cells, tuple("".join(cell.text.split()) for cell in block.cells))

    def list_rows(self) -> list[list[tuple[str, int, int]]]:
        """Text and spans of the cells with text, row by row."""
        rows: dict[int, list[tuple[str, int, int]]] = defaultdict(list)
        for cell, text in zip(self.cells, self.texts, strict=True):
            if text:
                rows[cell.row].append((text, cell.row_span, cell.column_span))
        return [rows[row] for row in sorted(rows)]

    def list_relations(self) -> Iterator[tuple[str, str, str]]:
        """Pairs of texts that stand beside ("h") or below ("v") each other."""
        places = {
            (row, column): number
            for number, cell in enumerate(self.cells)
            if self.texts[number]
            for row in range(cell.row, cell.row + cell.row_span)
            for column in range(cell.column, cell.column + cell.column_span)
        }
        for axis, kind in ((0, "h"), (1, "v")):
            pairs: dict[tuple[int, int], None] = {}
            ordered = sorted(places, key=lambda place: (place[axis], place[1 - axis]))
            for first, second in zip(ordered, ordered[1:], strict=False):
                if first[axis] == second[axis] and places[first] != places[second]:
                    pairs[places[first], places[second]] = None
            yield from ((self.texts[first], self.texts[second], kind) for first, second in pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Relations that were found of all tables, and the similarity of each true one."""

    relations: Matches = Matches()
    similarities: tuple[float, ...] = ()

    def __add__(self, other: "Score") -> "Score":
        return Score(relations=self.relations + other.relations, similarities=self.similarities + other.similarities)


def score_tables(truth: Sequence[Table], found: Sequence[Table]) -> Score:
    """How alike the tables of a page are to the true ones."""
    known = [text for table in truth for text in table.texts if text]
    named = [replace(table, texts=tuple(_name(text, known) for text in table.texts)) for table in found]
    wanted, given = (Counter(pair for table in each for pair in table.list_relations()) for each in (truth, named))
    relations = Matches.of((wanted & given).total(), wanted=wanted.total(), found=given.total())
    similarities = tuple(max((measure_similarity(table, other) for other in named), default=0.0) for table in truth)
    return Score(relations=relations, similarities=similarities)


def _name(text: str, known: Sequence[str]) -> str:
    best = max(known, key=lambda other: Levenshtein.normalized_similarity(text, other), default="")
    return best if text and Levenshtein.normalized_similarity(text, best) >= _ALIKE else text


def measure_similarity(truth: Table, found: Table) -> float:
    """1 less the edits of rows and cells over the larger number of them, 0..1."""
    rows = truth.list_rows(), found.list_rows()
    most = max(sum(1 + len(row) for row in each) for each in rows)
    return 1 - _align(*rows, lambda row: 1.0 + len(row), _measure_row) / max(most, 1)


def _measure_row(first: list[tuple[str, int, int]], second: list[tuple[str, int, int]]) -> float:
    def differ(a: tuple[str, int, int], b: tuple[str, int, int]) -> float:
        return 1.0 if a[1:] != b[1:] else Levenshtein.normalized_distance(a[0], b[0])

    return _align(first, second, lambda cell: 1.0, differ)


def _align(first: list[_T], second: list[_T], price: Callable[[_T], float], differ: Callable[[_T, _T], float]) -> float:
    """The least price of edits that make one list of the other."""
    costs = np.zeros((len(first) + 1, len(second) + 1))
    costs[1:, 0] = np.cumsum([price(each) for each in first])
    costs[0, 1:] = np.cumsum([price(each) for each in second])
    for i, one in enumerate(first, 1):
        for j, other in enumerate(second, 1):
            costs[i, j] = min(
                costs[i - 1, j] + price(one),
                costs[i, j - 1] + price(other),
                costs[i - 1, j - 1] + differ(one, other),
            )
    return float(costs[-1, -1])


def draw_table(seed: int, index: int, fonts: FontLibrary, corpus: Corpus) -> tuple[str, Page, np.ndarray, Table]:
    """How a drawn table is ruled, its page with true lines, the picture, and the true table."""
    rng = np.random.default_rng((seed, index))
    wording = Wording(corpus, rng)
    width, size_px = int(rng.uniform(700, 1300)), float(rng.uniform(14, 28))
    canvas = Canvas(np.full((1500, width, 3), 255, np.uint8), fonts, rng)
    style = draw_sheet(rng, fonts, size_px).body
    look = replace(draw_table_look(rng), merge=0.0)
    cells = wording.table(int(rng.integers(3, 14)), int(rng.integers(2, 6)))
    box = Box(left=width * 0.07, top=90.0, right=width * 0.93, bottom=1400.0)
    write_table(canvas, cells, box, style, look)
    drawing = canvas.finish()
    page = build_page(drawing)
    return ("ruled" if look.rules in _RULED else "unruled"), page, drawing.image, _find_truth(cells, page.lines)


def _find_truth(cells: list[list[str]], lines: Sequence[Line]) -> Table:
    """The cells of a drawn table, as far as their lines were written: row by row, cell by cell."""
    rest = list(lines)
    found = []
    for row, texts in enumerate(cells):
        for column, text in enumerate(texts):
            left, members = "".join(text.split()), []
            while rest and left and left.startswith(written := "".join(rest[0].text.split())):
                left = left[len(written) :]
                members.append(rest.pop(0))
            if members:
                found.append(Cell(lines=tuple(members), row=row, column=column))
    return Table(tuple(found), tuple("".join(cell.text.split()) for cell in found))


class _TableReader(HTMLParser):
    """The tables of an HTML document; those that touch the one above are one with it."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[tuple[int, int, int, int, list[str]]]] = []
        self._taken: set[tuple[int, int]] = set()
        self._row = -1
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "table" and "margin-top:-1px" not in (values.get("style") or ""):
            self.tables.append([])
            self._taken, self._row = set(), -1
        elif tag == "tr":
            self._row += 1
        elif tag in ("td", "th"):
            column = next(i for i in range(99) if (self._row, i) not in self._taken)
            high, wide = int(values.get("rowspan") or 1), int(values.get("colspan") or 1)
            self._taken |= {(self._row + i, column + j) for i in range(high) for j in range(wide)}
            self.tables[-1].append((self._row, column, high, wide, []))
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        self._in_cell &= tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.tables[-1][-1][-1].append(data)


def read_true_tables(document: str) -> list[Table]:
    """The tables of an HTML document that have more than one column."""
    reader = _TableReader()
    reader.feed(document)
    tables = []
    for cells in reader.tables:
        if max(column + wide for _, column, _, wide, _ in cells) > 1:
            built = [Cell(row=r, column=c, row_span=high, column_span=wide) for r, c, high, wide, _ in cells]
            tables.append(Table(tuple(built), tuple("".join("".join(parts).split()) for *_, parts in cells)))
    return tables


def main() -> None:
    """Print a row for each kind of table."""
    arguments = _read_arguments()
    scores: dict[str, Score] = defaultdict(Score)
    fonts = FontLibrary.read(arguments.materials).split("validation")
    corpus = Corpus.read(None, split="validation")
    for index in range(arguments.tables):
        kind, page, image, truth = draw_table(arguments.seed, index, fonts, corpus)
        quads = [line.quad for line in page.lines]
        blocks = build_blocks(page.lines, find_edges(raster.to_grey(image), quads).find_rules(quads))
        found = [Table.of_block(block) for block in blocks if block.kind == "table"]
        score = score_tables([truth], found)
        scores[f"drawn, {kind}"] += score
        if arguments.worst and score.relations.f1 < arguments.worst:
            print(f"{kind} {index}: {score.relations.f1:.3f}")
    if arguments.typeset:
        for kind, score in _read_typeset(arguments.typeset):
            scores[f"typeset, {kind}"] += score
    print(f"{'kind':24}{'tables':>8}{'adjacency F1':>14}{'tree similarity':>17}")
    for kind, score in sorted(scores.items()):
        similarity = float(np.mean(score.similarities)) if score.similarities else 0.0
        print(f"{kind:24}{len(score.similarities):>8}{score.relations.f1:>14.3f}{similarity:>17.3f}")


def _read_typeset(folder: Path) -> Iterator[tuple[str, Score]]:
    from geulnun import Engine

    engine = Engine()
    for picture in open_dataset(folder):
        name = picture.image_path.stem.removesuffix("-" + picture.kind.replace(" ", "-"))
        truth = read_true_tables((HERE / f"{name}.html").read_text(encoding="utf-8"))
        (page,) = engine.read(picture.image_path).pages
        if truth or page.tables:
            yield picture.kind, score_tables(truth, [Table.of_block(block) for block in page.tables])


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=100, help="how many are drawn")
    parser.add_argument("--seed", type=int, default=77)
    parser.add_argument("--materials", type=Path, default=Path("materials"), help="what scripts/materials fetched")
    parser.add_argument("--typeset", type=Path, help="folder that benchmarks/typeset.py wrote")
    parser.add_argument("--worst", type=float, default=0.0, help="name drawn tables below this F1")
    return parser.parse_args()


if __name__ == "__main__":
    run_script(main)
