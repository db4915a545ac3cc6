"""Finds the rows of drawn receipts, and says how many come out whole.

    python benchmarks/rows.py [--pages N] [--seed N] [--materials FOLDER] [--worst N]

The slips are scanned, photographed, curled and crumpled, but given with their true lines, so that no weights take part:
what is wrong is the layout alone. True rows are those of the slip as it was printed, before it was bent. A row is whole
where a row of the page's text has its letters, all and no others.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from geulnun.core import raster
from geulnun.core.page import Line, Page
from geulnun.core.random_streams import open_rng
from geulnun.runtime.layout.blocks import build_blocks
from geulnun.runtime.layout.ruling_lines import find_edges
from geulnun.synth.materials.corpus import Corpus
from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.photos import Photos
from geulnun.synth.pages.kinds import KINDS
from geulnun.synth.pages.truth import build_page
from geulnun.synth.pages.wording import Wording
from script import run_script

_SAME_ROW_RATIO = 0.4  # between the middles of two lines of one row, over the lower one's height


def list_true_rows(lines: Sequence[Line]) -> list[str]:
    """The texts, without white space, of the rows of a slip that lies flat; `lines` as they were written."""
    rows: list[list[Line]] = []
    for line in lines:
        if rows and _is_beside(rows[-1][-1], line):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [_strip(" ".join(line.text for line in row)) for row in rows]


def _is_beside(left: Line, right: Line) -> bool:
    """Whether a line stands at the right of the one written before it, in the same row."""
    height = min(left.quad.height_px, right.quad.height_px)
    apart = np.subtract(right.quad.center, left.quad.center)
    return bool(apart[0] > 0 and abs(apart[1]) < _SAME_ROW_RATIO * height)


def _strip(text: str) -> str:
    return "".join(text.split())


def main() -> None:
    """Print how many rows are whole, and name the worst slips."""
    arguments = _read_arguments()
    fonts = FontLibrary.read(arguments.materials).split("validation")
    corpus, photos = Corpus.read(None, split="validation"), Photos.beside(fonts.folder)
    results: list[tuple[int, int, int]] = []
    for index in range(arguments.pages):
        rng = open_rng(arguments.seed, index, stream="receipt-rows")
        flat = KINDS["receipt"].draw(rng, fonts, Wording(corpus, rng), photos)
        bent = KINDS["receipt"].finish(rng, flat, photos)
        lines, page = build_page(flat).lines, build_page(bent)
        if [line.text for line in lines] != [line.text for line in page.lines]:
            continue  # a cut took some away
        quads = [line.quad for line in page.lines]
        rules = find_edges(raster.to_grey(bent.image), quads).find_rules(quads)
        shuffled = [page.lines[number] for number in np.random.default_rng(0).permutation(len(lines))]
        found = Page(width_px=1, height_px=1, blocks=tuple(build_blocks(shuffled, rules)))
        wanted, given = Counter(list_true_rows(lines)), Counter(map(_strip, found.text.splitlines()))
        results.append(((wanted & given).total(), wanted.total(), index))
        if index in arguments.show:
            print(*(wanted - given).elements(), "----", found.text, sep="\n")
    whole, total = (sum(result[place] for result in results) for place in (0, 1))
    print(f"{len(results)} receipts, {total} rows, {whole / max(total, 1):.3f} whole")
    for right, rows, index in sorted(results, key=lambda result: result[0] - result[1])[: arguments.worst]:
        print(f"{index:>6}  {right} of {rows}")


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=60, help="how many receipts are drawn")
    parser.add_argument("--seed", type=int, default=31)
    parser.add_argument("--materials", type=Path, default=Path("materials"), help="what scripts/materials fetched")
    parser.add_argument("--worst", type=int, default=8, help="how many of the worst receipts to name")
    parser.add_argument("--show", type=int, nargs="*", default=[], help="receipts whose rows are printed")
    return parser.parse_args()


if __name__ == "__main__":
    run_script(main)
