"""Reads pictures as they are and turned, and compares the error rates.

    python benchmarks/turned.py DATASET ... [--turns 90 180 270 5] [--limit N] [--threads N] [--backend NAME]

Every picture is read upright and at once turned clockwise by each of the angles: quarters by moving pixels, others
with bicubic interpolation onto a larger picture of the colour of its edge. Printed are the character error rate of
each, and how far geulnun said the page lies turned, where that is not what was done. Of pictures without text, or
whose labels hold only the main text, only the latter is told.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

import geulnun
from geulnun.core.image import RgbImage
from geulnun.core.page import Page
from geulnun.data import open_dataset
from geulnun.data.sample import LabelledPicture
from geulnun.evaluation.counts import Edits
from geulnun.evaluation.text_metrics import measure_chars
from script import run_script


def main() -> None:
    """Print a row for each picture and the sums of each data set."""
    arguments = _read_arguments()
    engine = geulnun.Engine(threads=arguments.threads, backend=arguments.backend)
    turns = [0, *arguments.turns]
    for folder in arguments.datasets:
        totals = {turn: Edits() for turn in turns}
        wrong = dict.fromkeys(turns, 0)
        pictures = list(open_dataset(folder))[: arguments.limit]
        print(f"{folder.name}: {len(pictures)} pictures\n  {'':32}" + "".join(f"{turn:>9}°" for turn in turns))
        for picture in pictures:
            cells = []
            for turn, edits, said in _read_turned(engine, picture, turns):
                totals[turn] += edits
                wrong[turn] += said != _find_quarter(turn)
                cells.append(f"{_show_rate(edits)}{'' if said == _find_quarter(turn) else f' ({said})':>6}")
            print(f"  {picture.name:32}{''.join(cells)}", flush=True)
        print(f"  {'all':32}" + "".join(_show_rate(totals[turn]) + " " * 6 for turn in turns))
        print(f"  {'taken for otherwise turned':32}" + "".join(f"{wrong[turn]:>10}" for turn in turns), flush=True)


def _read_turned(
    engine: geulnun.Engine, picture: LabelledPicture, turns: Sequence[int]
) -> Iterator[tuple[int, Edits, int]]:
    """(angle, edits, how far geulnun said the page lies turned) for every angle."""
    image = picture.read_image()
    for turn in turns:
        (page,) = engine.read(turn_image(image, turn)).pages
        yield turn, _count_edits(picture, page), page.rotation_deg


def turn_image(image: RgbImage, turn_deg: int) -> RgbImage:
    """The picture turned clockwise, on a picture that is large enough."""
    if turn_deg % 90 == 0:
        return np.ascontiguousarray(np.rot90(image, -turn_deg // 90))
    edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    red, green, blue = (int(value) for value in np.median(edge, axis=0))
    turned = Image.fromarray(image).rotate(
        -turn_deg, Image.Resampling.BICUBIC, expand=True, fillcolor=(red, green, blue)
    )
    return np.asarray(turned)


def _find_quarter(turn_deg: int) -> int:
    return round(turn_deg / 90) * 90 % 360


def _count_edits(picture: LabelledPicture, page: Page) -> Edits:
    return measure_chars(picture.text, page.text) if picture.coverage == "full" else Edits()


def _show_rate(edits: Edits) -> str:
    return f"{edits.edits / edits.length:>9.4f}" if edits.length else f"{'-':>9}"


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", type=Path, nargs="+", help="folders with a labels.jsonl or pages.jsonl")
    parser.add_argument("--turns", type=int, nargs="*", default=[90, 180, 270, 5], help="clockwise degrees")
    parser.add_argument("--limit", type=int, help="only the first so many pictures of each")
    parser.add_argument("--threads", type=int, help="threads of geulnun; its own default if not given")
    parser.add_argument("--backend", default="auto", help="auto, onnxruntime or openvino")
    return parser.parse_args()


if __name__ == "__main__":
    run_script(main)
