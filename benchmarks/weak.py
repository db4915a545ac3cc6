"""Trains detectors by strong and by weak supervision, and compares them on pages of a look that strong never saw.

    python benchmarks/weak.py FOLDER [--config configs/detector-v4.toml] [--samples 20000] [--pages 60]
        [--seen newsprint] [--unseen scene] [--set training.run.threads=1 ...]

Pages of the kind `--unseen` are drawn and labelled by their words' boxes alone; since they are drawn, the boxes of
their characters are known all the same. Four detectors are trained, all of one config:

* strong: on drawn pages of the kind `--seen`, by the boxes of characters;
* weak: on the word-boxed pages alone, from random weights;
* strong then weak: from the weights of the first, on word-boxed pages and pages of `--seen`, five to one;
* strong, longer: from the weights of the first, on as many more pages of `--seen`: what training longer alone gives.

Each is then measured on other pages of `--unseen`, in fonts never trained on: H-mean of words (IoU 0.5) and of
characters (a centre in its box); and on the word-boxed pages by its pseudo-boxes: their mean IoU with the true boxes of
characters, and the share of words in which as many characters are found as there are. Called again, it goes on where it
was stopped.
"""

import argparse
import dataclasses
import functools
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from geulnun.cli.train import parse_changes
from geulnun.core.geometry import Quad, measure_iou
from geulnun.core.page import Word
from geulnun.data.sample import Sample
from geulnun.data.store import PAGES_FILE, SampleWriter, read_samples
from geulnun.evaluation.counts import Matches
from geulnun.outputs.atomic_file import write_json_file
from geulnun.synth.materials.corpus import Split
from geulnun.synth.materials.read_split import read_split
from geulnun.synth.pages import PageSource
from geulnun.training.callbacks import LAST_CHECKPOINT
from geulnun.training.detector.config import DetectorExperiment, set_up_detector
from geulnun.training.detector.task import DetectorConfig, build_detector, match_maps, prepare_truth
from geulnun.training.detector.weak.crops import WeakConfig
from geulnun.training.detector.weak.split_words import RegionFinder, split_word
from geulnun.training.fit import fit, read_checkpoint
from geulnun.training.start import read_experiment
from geulnun.training.weights import take_average
from script import run_script

BOXED_SEED, JUDGING_SEED = 3_000_017, 3_000_029
RESULTS = "results.json"


class Row(NamedTuple):
    """One detector: its run, what it learns from, and the run it starts from."""

    name: str
    weak: bool
    drawn: bool
    start: str = ""


ROWS = (
    Row("strong", weak=False, drawn=True),
    Row("weak", weak=True, drawn=False),
    Row("strong-then-weak", weak=True, drawn=True, start="strong"),
    Row("strong-longer", weak=False, drawn=True, start="strong"),
)


def main() -> None:
    """Draw the pages, train and measure what is not there yet, and print the table."""
    arguments = _read_arguments()
    folder: Path = arguments.folder
    changes = parse_changes(arguments.set) | {
        "source.kind": arguments.seen,
        "training.run.total_samples": str(arguments.samples),
    }
    experiment: DetectorExperiment = read_experiment(arguments.config, changes, DetectorExperiment)
    draw_word_boxed(folder, experiment, arguments.unseen, arguments.pages)
    judged = draw_judged(experiment, arguments.unseen, arguments.judged)
    results: dict[str, dict[str, float]] = _read_results(folder / RESULTS)
    for row in ROWS:
        if row.name not in results:
            network = train_row(folder, row, experiment)
            results[row.name] = measure_row(network, judged, folder / "exact", arguments.measured)
            write_json_file(folder / RESULTS, results)
    print_table(results)


def draw_word_boxed(folder: Path, experiment: DetectorExperiment, kind: str, count: int) -> None:
    """Draw the word-boxed pages, unless they are there: their whole truth in `exact`, their words' boxes in `boxed`."""
    labels = folder / "boxed" / "labels.jsonl"
    if labels.exists():
        return
    source = _open_source(experiment, kind, "train", BOXED_SEED)
    (folder / "exact" / PAGES_FILE).unlink(missing_ok=True)  # of a drawing that was stopped
    labels.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    with SampleWriter(folder / "exact") as writer:
        for index in range(count):
            sample = source.draw(index)
            image = writer.write(sample)
            words = [{"text": word.text, "quad": word.quad.points} for word in sample.page.words]
            record = {"image": f"../exact/images/{image.name}", "words": words, "text": sample.page.text}
            lines.append(json.dumps(record, ensure_ascii=False) + "\n")
    labels.write_text("".join(lines), encoding="utf-8")


def draw_judged(experiment: DetectorExperiment, kind: str, count: int) -> list[Sample]:
    """Pages to measure words and characters on, in fonts that no run is trained on."""
    source = _open_source(experiment, kind, "validation", JUDGING_SEED)
    return [source.draw(index) for index in range(count)]


def _open_source(experiment: DetectorExperiment, kind: str, split: Split, seed: int) -> PageSource:
    fonts, texts = read_split(experiment.source.materials, experiment.source.corpus, split)
    return PageSource(seed, fonts, texts, kinds={kind: 1.0})


def train_row(folder: Path, row: Row, experiment: DetectorExperiment) -> torch.nn.Module:
    """The averaged network of a row, once it is trained; a stopped run goes on."""
    print(f"{row.name}:", flush=True)
    config = experiment.training
    if row.weak:
        weak = WeakConfig(labels=folder / "boxed", drawn=row.drawn)
        config = dataclasses.replace(config, weak=weak, mining="easyocr-weak", negatives_ratio=0.3)
    source = experiment.source
    set_up = functools.partial(set_up_detector, config, source.train_factory(), source.validation_factory())
    start = None
    if row.start:
        start = folder / f"{row.start}.pth"
        torch.save(_read_average(folder / row.start), start)
    fit(config, set_up, folder / row.name, init=start)
    checkpoint = read_checkpoint(folder / row.name / LAST_CHECKPOINT)
    if checkpoint["samples_seen"] < config.run.total_samples:
        raise SystemExit("Stopped. The same command goes on from here.")
    return open_network(config, _read_average(folder / row.name))


def _read_average(folder: Path) -> dict[str, torch.Tensor]:
    return take_average(read_checkpoint(folder / LAST_CHECKPOINT)["state_dict"])


def open_network(config: DetectorConfig, state: Mapping[str, torch.Tensor]) -> torch.nn.Module:
    """A network with these weights, to read with."""
    network = build_detector(config.network)
    network.load_state_dict(dict(state))
    return network.eval()


@torch.no_grad()
def measure_row(network: torch.nn.Module, judged: Iterable[Sample], exact: Path, measured: int) -> dict[str, float]:
    """The figures of one network; `exact` is the store of the word-boxed pages."""
    words, chars = Matches(), Matches()
    for sample in judged:
        truth = prepare_truth(sample)
        found = match_maps(network(truth.image)[0].float().numpy(), truth.words, truth.chars)
        words, chars = words + found[0], chars + found[1]

    def find_region(image: np.ndarray[Any, np.dtype[np.float32]]) -> np.ndarray[Any, np.dtype[np.float32]]:
        region: np.ndarray[Any, np.dtype[np.float32]] = network(torch.from_numpy(image))[0, 0].float().numpy()
        return region

    ious: list[float] = []
    right: list[bool] = []
    for number, sample in enumerate(read_samples(exact)):
        if number >= measured:
            break
        for word in sample.page.words:
            overlaps, confidence = measure_pseudo_boxes(sample, word, find_region)
            ious += overlaps
            right.append(confidence == 1)
    return {
        "words_f1": words.f1,
        "chars_f1": chars.f1,
        "pseudo_iou": float(np.mean(ious)) if ious else 0.0,
        "words_split_right": float(np.mean(right)) if right else 0.0,
        "measured_chars": len(ious),
    }


def measure_pseudo_boxes(sample: Sample, word: Word, find_region: RegionFinder) -> tuple[list[float], float]:
    """IoU of each true character of a word with its pseudo-box, and the word's confidence.

    Where as many are found as there are, the n-th belongs to the n-th; else to each the one that overlaps it most.
    """
    split = split_word(sample.image, word.quad.array, word.text, find_region)
    found = [Quad.from_array(char) for char in split.chars]
    if len(found) == len(word.chars):
        return [measure_iou(char.quad, each) for char, each in zip(word.chars, found, strict=True)], split.confidence
    best = [max((measure_iou(char.quad, each) for each in found), default=0.0) for char in word.chars]
    return best, split.confidence


def print_table(results: Mapping[str, Mapping[str, float]]) -> None:
    """Print the rows as a table of Markdown."""
    print("\n| row | words | characters | pseudo-boxes, mean IoU | words with the right number of boxes |")
    print("|---|---|---|---|---|")
    for name, row in results.items():
        figures = (row["words_f1"], row["chars_f1"], row["pseudo_iou"], row["words_split_right"])
        print(f"| {name} | " + " | ".join(f"{figure:.3f}" for figure in figures) + " |")


def _read_results(path: Path) -> dict[str, dict[str, float]]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of pages, runs and results; the same one goes on")
    parser.add_argument("--config", type=Path, default=Path("configs/detector-v4.toml"), help="config of all rows")
    parser.add_argument("--samples", type=int, default=20_000, help="crops that each row is trained on")
    parser.add_argument("--pages", type=int, default=60, help="word-boxed pages")
    parser.add_argument("--judged", type=int, default=24, help="pages that words and characters are measured on")
    parser.add_argument("--measured", type=int, default=12, help="word-boxed pages whose pseudo-boxes are measured")
    parser.add_argument("--seen", default="newsprint", help="kind of the pages with boxes of characters")
    parser.add_argument("--unseen", default="scene", help="kind of the word-boxed pages")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change a value of the config")
    return parser.parse_args()


if __name__ == "__main__":
    run_script(main)
