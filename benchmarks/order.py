"""Puts the true lines of drawn pages in reading order, and compares with the order in which they were written.

    python benchmarks/order.py [--pages N] [--seed N] [--materials FOLDER] [--corpus FOLDER] [--worst N]

No weights take part: what is wrong is the order alone. Printed are, for each kind of page, the edits of its text
without white space over its length, and the share of pages with any edit and with more than 5 %. The pages have fonts
and text that are not trained on.
"""

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np

from geulnun.core import raster
from geulnun.data.sample import Sample
from geulnun.evaluation.counts import Edits
from geulnun.evaluation.text_metrics import measure_chars
from geulnun.runtime.layout.reading_order import order_lines
from geulnun.runtime.layout.ruling_lines import find_edges
from geulnun.synth.materials.read_split import read_split
from geulnun.synth.pages.source import PageSource
from script import run_script

_FEW = 0.05
_WAYS = ("horizontal", "vertical")


def main() -> None:
    """Print a row for each kind of page, and the worst pages."""
    arguments = _read_arguments()
    source = PageSource(arguments.seed, *read_split(arguments.materials, arguments.corpus, "validation"))
    pages: dict[str, list[tuple[Edits, str]]] = defaultdict(list)
    for index in range(arguments.pages):
        sample = source.draw(index)
        if len(sample.page.lines) > 1:
            pages[sample.kind].append((measure_order(sample), sample.name))
    print(f"{'kind':12}{'pages':>6}{'edits':>9}{'wrong':>8}{'> 5 %':>8}")
    for kind, results in sorted(pages.items()):
        total = sum((edits for edits, _ in results), Edits())
        wrong = [edits.rate > least for least in (0, _FEW) for edits, _ in results]
        shares = np.mean(np.reshape(wrong, (2, -1)), axis=1)
        print(f"{kind:12}{len(results):>6}{total.rate:>9.4f}{shares[0]:>8.3f}{shares[1]:>8.3f}")
    worst = sorted((each for results in pages.values() for each in results), key=lambda each: -each[0].rate)
    for edits, name in worst[: arguments.worst]:
        print(f"{name:24}{edits.rate:>8.3f}")


def measure_order(sample: Sample) -> Edits:
    """Edits from the text as it was written to the text as it would be read."""
    lines = sample.page.lines
    shuffled = [lines[number] for number in np.random.default_rng(0).permutation(len(lines))]
    words = [[word.quad for line in lines if line.orientation == way for word in line.words] for way in _WAYS]
    edges = find_edges(raster.to_grey(sample.image), *words)
    ordered = order_lines(shuffled, edges.find_rules([line.quad for line in lines]))
    return measure_chars(*("\n".join(line.text for line in each) for each in (lines, ordered)))


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=240, help="how many are drawn")
    parser.add_argument("--seed", type=int, default=4242)
    parser.add_argument("--materials", type=Path, default=Path("materials"), help="what scripts/materials fetched")
    parser.add_argument("--corpus", type=Path, help="folder of text; the built-in generators write it if not given")
    parser.add_argument("--worst", type=int, default=10, help="how many of the worst pages to name")
    return parser.parse_args()


if __name__ == "__main__":
    run_script(main)
