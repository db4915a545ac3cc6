"""How well detectors find the words and characters of drawn pages, as the validation of training measures it.

    python benchmarks/drawn_pages.py WEIGHTS ... --store FOLDER [--pages 96]

WEIGHTS is a bundle (its name or folder), the folder of a run or one of its checkpoints. The pages are those that
`benchmarks/freeze.py` stored, looked at once, whole and at most 1,280 px long.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from geulnun.evaluation.counts import Matches
from geulnun.runtime.bundles.bundle import choose_bundle
from geulnun.training.detector.config import PageSourceConfig
from geulnun.training.detector.task import PageTruth, draw_pages, match_maps
from geulnun.training.export.export_bundle import read_bundle_network, read_run
from script import run_script


def main() -> None:
    """Prints a row for each of the weights."""
    arguments = _read_arguments()
    source = PageSourceConfig(validation_store=arguments.store, validation_pages=arguments.pages)
    pages = draw_pages(*source.validation_factory())
    print("| weights | pages | H-mean of words | of characters |\n|---|---:|---:|---:|")
    for name in arguments.weights:
        words, chars = measure_pages(open_network(name), pages)
        print(f"| {name} | {len(pages)} | {words.f1:.4f} | {chars.f1:.4f} |", flush=True)


def open_network(name: str) -> nn.Module:
    """The detector of a bundle, or the averaged weights of a run or checkpoint."""
    path = Path(name)
    is_run = path.suffix == ".ckpt" or (path / "run.json").is_file()
    network, _ = read_run(path, path.stem) if is_run else read_bundle_network(choose_bundle(name, "detector").folder)
    return network.eval()


@torch.inference_mode()
def measure_pages(network: nn.Module, pages: Sequence[PageTruth]) -> tuple[Matches, Matches]:
    """Words found at an IoU of 0.5, and characters whose boxes hold a centre, of all pages."""
    words, chars = Matches(), Matches()
    for page in pages:
        maps = network(page.image)[0].float().numpy()
        found = match_maps(maps, page.words, page.chars)
        words, chars = words + found[0], chars + found[1]
    return words, chars


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", nargs="+", help="bundles, runs or checkpoints")
    parser.add_argument("--store", type=Path, required=True, help="folder that freeze.py wrote")
    parser.add_argument("--pages", type=int, default=96)
    return parser.parse_args()


if __name__ == "__main__":
    run_script(main)
