"""How many words a recogniser reads exactly, cut by the truth's boxes: nothing is owed to detection, lines or spaces.

    python benchmarks/words.py DATASET [--recognizer BUNDLE] [--top 20]

The data set needs word boxes; "-" stands for nothing. Look-alikes are folded as the charset does, quotes and ellipses
as evaluation does.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

from geulnun.core import raster
from geulnun.core.charset import CHARSET_V1
from geulnun.core.image import read_image
from geulnun.data import open_dataset
from geulnun.data.sample import LabelledPicture
from geulnun.evaluation.recognition import BundleStripReader, open_strip_reader
from geulnun.evaluation.text_metrics import find_confusions, normalise
from geulnun.evaluation.truth_lines import find_truth_lines
from geulnun.runtime.recognition.strips import cut_strips
from script import run_script


def main() -> None:
    """Print the share of exact words by kind of picture, and what is mistaken for what."""
    arguments = _read_arguments()
    read_strips = open_strip_reader(arguments.recognizer, threads=1)
    words, exact, confused = Counter[str](), Counter[str](), Counter[tuple[str, str]]()
    for picture in open_dataset(arguments.dataset):
        for true, found in read_words(read_strips, picture):
            words[picture.kind] += 1
            exact[picture.kind] += true == found
            confused.update(find_confusions(true, found))
    print("| kind | words | exact |\n|---|---:|---:|")
    for kind, count in words.items():
        print(f"| {kind} | {count:,} | {100 * exact[kind] / count:.2f} % |")
    common = confused.most_common(arguments.top)
    print("\n" + "  ".join(f"{true or '-'}>{found or '-'} {count}" for (true, found), count in common))


def read_words(read_strips: BundleStripReader, picture: LabelledPicture) -> Iterator[tuple[str, str]]:
    """What each boxed word of a picture says and what is read in its box."""
    grey = raster.to_grey(read_image(picture.image_path))
    # A word to a line, so that each is cut alone.
    apart = replace(picture, page=None, text="\n".join(word.text for word in picture.words))
    lines = find_truth_lines(apart, grey)
    parts = [cut_strips(grey, line.box, read_strips.height_px, read_strips.most_ratio) for line in lines]
    readings = iter(read_strips([strip.image for strip in chain(*parts)]) if parts else ())
    for line, strips in zip(lines, parts, strict=True):
        found = "".join(next(readings) for _ in strips)
        yield normalise(CHARSET_V1.normalise(line.text)), normalise(found)


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path, help="folder of pictures with word boxes")
    parser.add_argument("--recognizer", help="bundle, a name or a folder; the default one if not given")
    parser.add_argument("--top", type=int, default=20, help="confusions to print")
    return parser.parse_args()


if __name__ == "__main__":
    run_script(main)
