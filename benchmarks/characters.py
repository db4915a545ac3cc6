"""Times the reader of single characters beside Melnyk-Net, in turns, in one process, one thread each.

    python benchmarks/characters.py [--weights BUNDLE] [--font FILE] [--batch 32] [--rounds 40]

Each round runs a batch of drawn glyphs through the bundle's network, through Melnyk-Net (64 px, GWAP, all 11,172
syllables by their letters, fresh weights: its time hangs on none) and through the whole reader, which prepares and
decodes too. The medians are printed in milliseconds a character: of the clock, and of processor time, which other work
on the machine does not lengthen. ONNX Runtime runs all. It needs the train extra.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from geulnun.core.hangul import SYLLABLES
from geulnun.runtime.bundles.contracts import specify_char_outputs, specify_chars
from geulnun.runtime.bundles.manifest import Manifest, Provenance
from geulnun.runtime.characters.reader import CharacterReader
from geulnun.training.characters.interface import PresentTables
from geulnun.training.characters.network_config import CharacterNetworkConfig, build_character_network
from geulnun.training.onnx_model import write_model
from geulnun.training.weights import count_parameters
from line import open_font, time_ways
from script import run_script

MOST_MS = 1.0
MELNYK = CharacterNetworkConfig(name="melnyk", size_px=64, syllables="all")


def main() -> None:
    """Print the times and whether the reader keeps to a millisecond a character."""
    arguments = _read_arguments()
    reader = CharacterReader(arguments.weights, threads=1, backend="onnxruntime")
    glyphs = draw_glyphs(arguments.batch, arguments.font)
    batch = reader.prepare(glyphs)
    with tempfile.TemporaryDirectory() as scratch:
        melnyk, parameters = build_melnyk(Path(scratch) / "melnyk.onnx")
    pictures = np.zeros((arguments.batch, 1, MELNYK.size_px, MELNYK.size_px), np.float32)
    ways: dict[str, Callable[[], object]] = {
        f"{reader.name}, network ({reader.manifest.parameters:,} parameters)": lambda: reader.run(batch),
        f"Melnyk-Net, network ({parameters:,} parameters)": lambda: melnyk.run(None, {"chars": pictures}),
        f"{reader.name}, prepared and decoded": lambda: reader.predict(list(glyphs), n=5),
    }
    times = time_ways(ways, arguments.rounds)
    print(f"batches of {arguments.batch}, {reader.backend}, one thread, median of {arguments.rounds} rounds")
    print("| what | ms a character, clock | ms a character, processor |\n|---|---:|---:|")
    for name, (clock, processor) in times.items():
        print(f"| {name} | {1000 * clock / arguments.batch:.3f} | {1000 * processor / arguments.batch:.3f} |")
    network, theirs, whole = (1000 * processor / arguments.batch for _, processor in times.values())
    verdict = "holds" if whole <= MOST_MS else "does not hold"
    print(f"\nNetwork against Melnyk-Net: {network / theirs:.2f}. At most {MOST_MS:g} ms a character: {verdict}.")


def build_melnyk(path: Path) -> tuple[onnxruntime.InferenceSession, int]:
    """Melnyk-Net on one thread, and its parameters."""
    network = build_character_network(MELNYK)
    manifest = Manifest(
        name="melnyk",
        kind="characters",
        input=specify_chars(1, MELNYK.size_px),
        outputs=specify_char_outputs(MELNYK.classes.sizes, None),
        provenance=Provenance(commit="", config="", config_sha256="", seed=0, samples_seen=0),
        network={},
        parameters=0,
    )
    write_model(PresentTables(network), manifest, path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"]), count_parameters(network)


def draw_glyphs(count: int, font_file: str | None) -> list[NDArray[np.uint8]]:
    """Syllables of 64 px, black on white."""
    font = open_font(48, font_file)
    glyphs = []
    for syllable in SYLLABLES[:: len(SYLLABLES) // count][:count]:
        picture = Image.new("L", (64, 64), 255)
        ImageDraw.Draw(picture).text((32, 32), syllable, font=font, fill=0, anchor="mm")
        glyphs.append(np.asarray(picture))
    return glyphs


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", help="bundle, a name or a folder; the default one if not given")
    parser.add_argument("--font", help="font file to draw the glyphs with")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=40)
    return parser.parse_args()


if __name__ == "__main__":
    run_script(main)
