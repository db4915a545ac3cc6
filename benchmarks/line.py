"""Times one line of 20 syllables: geulnun's recogniser and Tesseract's, both loaded, in one process, one thread each.

    python benchmarks/line.py [--recognizer BUNDLE] [--backend onnxruntime|openvino]
                              [--precision fp32|int8] [--font FILE] [--rounds 30]

Each round reads the line by the one and at once by the other, so that whatever else the machine does falls on both;
the median of the rounds is printed. geulnun is given the line as a strip cut from a page, and prepares, runs and
decodes it; Tesseract gets the same line at its own height in `--psm 7`, through its C interface.
"""

import argparse
import time
from collections.abc import Callable, Mapping
from statistics import median

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from geulnun.core import raster
from geulnun.runtime.bundles.bundle import choose_bundle
from geulnun.runtime.bundles.session import open_session
from geulnun.runtime.recognition.language_model import read_default_model
from geulnun.runtime.recognition.open_recognizer import open_recognizer
from script import run_script
from tesseract_api import TesseractLine

TEXT = "동해물과백두산이마르고닳도록하느님이보우"
LETTER_PX = 40
MOST_RATIO = 1 / 8
FONTS = (
    "materials/fonts/NanumGothic.ttf",
    "/usr/share/fonts/truetype/nanum/NanumGothic.ttf",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
)


def main() -> None:
    """Print both times, their ratio and what was read."""
    arguments = _read_arguments()
    line = draw_line(arguments.text, arguments.font)
    bundle = choose_bundle(arguments.recognizer, "recognizer")
    session = open_session(bundle, arguments.backend, 1, arguments.precision)
    recognizer = open_recognizer(bundle, session, language=read_default_model())
    # The strip as reading cuts it: 8 % of the letters' height above and below, at the network's height.
    strip = raster.resize(line, round(line.shape[1] * recognizer.height_px / line.shape[0]), recognizer.height_px)
    print(f"{len(arguments.text)} syllables, {bundle.manifest.name}, {session.backend}, one thread each")
    with TesseractLine() as tesseract:
        framed = np.pad(line, 10, mode="edge")  # Tesseract wants a little paper around the line
        readers: dict[str, Callable[[], str]] = {
            "geulnun": lambda: recognizer.read_strips([strip])[0].text,
            f"tesseract {tesseract.version} --psm 7": lambda: tesseract.read(framed),
        }
        times = {name: clock for name, (clock, _) in time_ways(readers, arguments.rounds).items()}
        print("| reader | ms | read |\n|---|---:|---|")
        for name, read in readers.items():
            print(f"| {name} | {1000 * times[name]:.2f} | {read()} |")
    ours, theirs = times.values()
    verdict = "holds" if ours <= MOST_RATIO * theirs else "does not hold"
    print(f"\nRatio {ours / theirs:.3f} (1/{theirs / ours:.1f}); at most 1/8 is asked for: {verdict}.")


def time_ways(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, tuple[float, float]]:
    """Median seconds of clock and of processor time of each way, in turns, after two rounds that do not count."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for number in range(rounds + 2):
        for name, run in ways.items():
            started = time.perf_counter(), time.process_time()
            run()
            if number >= 2:
                taken[name].append((time.perf_counter() - started[0], time.process_time() - started[1]))
    return {
        name: (median(clock for clock, _ in each), median(processor for _, processor in each))
        for name, each in taken.items()
    }


def draw_line(text: str, font_file: str | None) -> NDArray[np.uint8]:
    """The line in black on white, cut 8 % of the letters' height above and below them, 25 % left and right."""
    font = open_font(LETTER_PX, font_file)
    left, top, right, bottom = (int(edge) for edge in font.getbbox(text))
    edge, side = round(0.08 * (bottom - top)), round(0.25 * (bottom - top))
    picture = Image.new("L", (right - left + 2 * side, bottom - top + 2 * edge), 255)
    ImageDraw.Draw(picture).text((side - left, edge - top), text, font=font, fill=0)
    return np.asarray(picture)


def open_font(size_px: float, file: str | None = None) -> ImageFont.FreeTypeFont:
    """The font of that file, or the first of the usual ones that this computer has."""
    for name in (file,) if file else FONTS:
        try:
            return ImageFont.truetype(name, size_px)
        except OSError:
            continue
    raise SystemExit(f"none of the fonts {', '.join((file,) if file else FONTS)} can be opened; name one with --font.")


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recognizer", help="bundle, a name or a folder; the default one if not given")
    parser.add_argument("--backend", default="auto", choices=["auto", "onnxruntime", "openvino"])
    parser.add_argument("--precision", default="auto", choices=["auto", "fp32", "int8"])
    parser.add_argument("--text", default=TEXT, help="what the line says")
    parser.add_argument("--font", help="font file to draw it with")
    parser.add_argument("--rounds", type=int, default=30)
    return parser.parse_args()


if __name__ == "__main__":
    run_script(main)
