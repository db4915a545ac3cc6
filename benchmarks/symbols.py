"""Recall of every symbol of the charset, drawn in fonts that were never trained on.

    python benchmarks/symbols.py BUNDLE [--materials FOLDER] [--times 20] [--clean] [--asked 0.9]

Each symbol stands where it stands in text: after or before a number, around a word, before an item. Strips look as
those trained on; with --clean, they are plain. Decoding is greedy, without language model: what stands about the
symbols here is no text.
"""

import argparse

from geulnun.core.charset import CHARSET_V1
from geulnun.core.random_streams import open_rng
from geulnun.data.sample import StripSample
from geulnun.evaluation.characters.rarity import count_read
from geulnun.runtime.bundles.bundle import read_bundle
from geulnun.runtime.bundles.session import open_session
from geulnun.runtime.recognition.open_recognizer import open_recognizer
from geulnun.synth.strips.look import draw_look
from geulnun.synth.strips.source import StripSource, apply_look
from geulnun.synth.texts import place_symbol
from geulnun.training.recognizer.validation import clean_look
from geulnun.training.streams import VALIDATION_SEED
from script import run_script


def main() -> None:
    """Print the symbols that are read less often than asked, and how many are read as often."""
    arguments = _read_arguments()
    bundle = read_bundle(arguments.bundle, "recognizer")
    source = StripSource.read(
        VALIDATION_SEED, arguments.materials, split="validation", height_px=bundle.strip_height_px
    )
    symbols = CHARSET_V1.symbols.replace(" ", "")
    samples = [
        draw_symbol_strip(source, symbol, time, clean=arguments.clean)
        for symbol in symbols
        for time in range(arguments.times)
    ]
    readings = open_recognizer(bundle, open_session(bundle)).read_strips([sample.image for sample in samples])
    pairs = list(zip((reading.text for reading in readings), (sample.text for sample in samples), strict=True))
    counts = count_read(pairs)
    recalls = {symbol: counts[symbol][1] / counts[symbol][0] for symbol in symbols if symbol in counts}
    low = sorted((symbol for symbol in recalls if recalls[symbol] < arguments.asked), key=recalls.__getitem__)
    print(" ".join(f"{symbol} {100 * recalls[symbol]:.0f}" for symbol in low))
    mean = sum(recalls.values()) / len(recalls)
    print(f"{len(recalls) - len(low)} of {len(recalls)} symbols at {arguments.asked:.0%} or more; mean {mean:.2%}")


def draw_symbol_strip(source: StripSource, symbol: str, time: int, *, clean: bool) -> StripSample:
    """A strip with the symbol in it; another for every `time`."""
    rng = open_rng(ord(symbol), time, stream="benchmarks.symbols")
    text = place_symbol(rng, symbol)
    look = draw_look(rng, text, source.fonts)
    return apply_look(text, clean_look(look) if clean else look, source.fonts, source.photos, source.height_px)


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle")
    parser.add_argument("--materials", default="materials")
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--clean", action="store_true")
    parser.add_argument("--asked", type=float, default=0.9)
    return parser.parse_args()


if __name__ == "__main__":
    run_script(main)
