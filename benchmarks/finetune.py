"""Pictures of lines in one face, each with its text beside it, to try `geulnun finetune` on.

    python benchmarks/finetune.py --face Gugi --count 60 -o FOLDER
    geulnun finetune FOLDER -o FOLDER-tuned

The face must be one that the bundled weights were not trained on (split "validation" in materials/fonts.json).
"""

import argparse
from dataclasses import replace
from pathlib import Path

from PIL import Image

from geulnun.core.random_streams import open_rng
from geulnun.synth.materials.corpus import Corpus
from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.photos import Photos
from geulnun.synth.strips.look import draw_look
from geulnun.synth.strips.source import apply_look
from script import run_script


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--face", default="Gugi", help="family")
    parser.add_argument("--count", type=int, default=60, help="number of pictures")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--height", type=int, default=48, help="of the pictures, px")
    parser.add_argument("--materials", type=Path, default=Path("materials"))
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    fonts, corpus, photos = FontLibrary.read(given.materials), Corpus.read(None), Photos.beside(given.materials)
    unseen = {each.family: each for each in reversed(fonts.split("validation").korean)}
    if given.face not in unseen:
        parser.error(f"--face {given.face!r} is none that was not trained on; these are {', '.join(sorted(unseen))}.")
    given.output.mkdir(parents=True, exist_ok=True)
    for number in range(given.count):
        rng = open_rng(given.seed, number, stream="benchmarks.finetune")
        text = corpus.draw_text(rng, "natural")
        look = replace(draw_look(rng, text, fonts), face=unseen[given.face], accent=None)
        strip = apply_look(text, look, fonts, photos, given.height)
        Image.fromarray(strip.image).save(given.output / f"{number:04}.png")
        (given.output / f"{number:04}.txt").write_text(strip.text + "\n", encoding="utf-8")


if __name__ == "__main__":
    run_script(main)
