"""Times reading page by page, geulnun and Tesseract in turn, and measures geulnun's memory.

    python benchmarks/pages.py DATASET [--rounds 3] [--threads N] [--psm 4] [--limit N] [--no-tesseract]
                               [--detector BUNDLE] [--recognizer BUNDLE] [--backend NAME] [--precision NAME]

Every picture is read by the one and at once by the other, so that whatever else the machine does falls on both. The
time runs from the picture's file to its text: opening the file is included, starting geulnun's engine is not (it is
started once and told apart). Tesseract starts anew for every picture, as it always does; how long it takes for an
almost empty picture is printed too. geulnun lives in a process of its own, whose peak memory is what is printed.
"""

import argparse
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

from PIL import Image

import tesseract
from geulnun.data import open_dataset
from geulnun.errors import GeulnunError
from script import run_script


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds of one picture, the best of several rounds; Tesseract's is None where it was not asked."""

    name: str
    geulnun_s: float
    tesseract_s: float | None


def main() -> None:
    """Print the times of every picture and what they sum up to."""
    arguments = _read_arguments()
    pictures = [picture.image_path for picture in open_dataset(arguments.dataset)][: arguments.limit]
    if not pictures:
        raise SystemExit("there is no picture to read; name a data set with pictures, and --limit 1 or more.")
    psm = None if arguments.no_tesseract else arguments.psm
    version = None if psm is None else tesseract.find_version()
    print(f"{len(pictures)} pictures of {arguments.dataset.name}, best of {arguments.rounds}; {os.cpu_count()} cores")
    settings = {
        name: getattr(arguments, name) for name in ("detector", "recognizer", "backend", "threads", "precision")
    }
    with start_geulnun(settings) as ask, tempfile.TemporaryDirectory() as folder:
        start_s, idle_mb = ask(None)
        timings = [_time_picture(path, ask, psm, arguments.rounds, Path(folder)) for path in pictures]
        _, peak_mb = ask(None)
        tesseract_start_s = None if psm is None else _time_start(psm, Path(folder))
    _print_timings(timings)
    print(f"\ngeulnun: engine started in {start_s:.2f} s, memory {idle_mb:.0f} MB after that, peak {peak_mb:.0f} MB")
    if tesseract_start_s is not None:
        print(f"{version} --psm {psm}, OMP_THREAD_LIMIT=1: {tesseract_start_s:.2f} s of it to start")


@contextmanager
def start_geulnun(settings: dict[str, Any]) -> Iterator["Asker"]:
    """A function that has another process read a picture: path -> (seconds, peak memory in MB).

    Asked for None it gives the seconds that starting took.

    Args:
        settings: of the engine.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, settings), daemon=True)
    process.start()
    there.close()
    try:
        yield Asker(here)
    finally:
        here.close()
        process.join(timeout=10)


class Asker:
    """Asks the reading process, and passes its failures on."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __call__(self, path: Path | None) -> tuple[float, float]:
        """Seconds of reading the picture (None: of starting the engine), and the peak memory so far in MB."""
        self._connection.send(path)
        answer = self._connection.recv()
        if isinstance(answer, GeulnunError):
            raise SystemExit(f"geulnun: {answer}")
        if isinstance(answer, Exception):
            raise answer
        seconds, peak_mb = answer
        return seconds, peak_mb


def _serve(connection: Connection, settings: dict[str, Any]) -> None:
    """Read the pictures it is told, until the other end hangs up."""
    start = time.perf_counter()
    failure: Exception | None = None
    try:
        from geulnun import Engine

        engine = Engine(**settings)
    except Exception as error:  # whatever it is, the asking process must learn of it
        failure = error
    start_s = time.perf_counter() - start
    while True:
        try:
            path = connection.recv()
        except EOFError:
            return
        if failure is not None:
            connection.send(failure)
            continue
        before = time.perf_counter()
        try:
            if path is not None:
                _ = engine.read(path).text
        except Exception as error:
            connection.send(error)
            continue
        connection.send((start_s if path is None else time.perf_counter() - before, _measure_peak_mb()))


def _measure_peak_mb() -> float:
    """Peak resident memory of this process in MB (10^6 bytes)."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def _time_picture(path: Path, ask: Asker, psm: int | None, rounds: int, folder: Path) -> Timing:
    readable = path if psm is None else tesseract.make_readable(path, folder)
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(ask(path)[0])
        if psm is not None:
            theirs.append(tesseract.time_text(readable, psm))
    timing = Timing(name=path.name, geulnun_s=min(ours), tesseract_s=min(theirs, default=None))
    print(f"  {timing.name:32} {_show_pair(timing.geulnun_s, timing.tesseract_s)}", flush=True)
    return timing


def _time_start(psm: int, folder: Path) -> float:
    blank = folder / "blank.png"
    Image.new("RGB", (64, 64), "white").save(blank)
    return min(tesseract.time_text(blank, psm) for _ in range(3))


def _print_timings(timings: Sequence[Timing]) -> None:
    ours = [timing.geulnun_s for timing in timings]
    theirs = [timing.tesseract_s for timing in timings if timing.tesseract_s is not None]
    print()
    for name, sum_up in (("fastest", min), ("median", median), ("slowest", max), ("total", sum)):
        print(f"  {name:32} {_show_pair(sum_up(ours), sum_up(theirs) if theirs else None)}")
    if theirs:
        slower = [timing.name for timing in timings if timing.geulnun_s > (timing.tesseract_s or 0)]
        print(f"\ngeulnun is slower on {len(slower)} of {len(timings)} pictures")
        for name in slower:
            print(f"  {name}")


def _show_pair(ours: float, theirs: float | None) -> str:
    return f"geulnun {ours:6.2f} s" + (
        "" if theirs is None else f"   tesseract {theirs:6.2f} s   {ours / theirs:5.2f} x"
    )


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path, help="folder with a labels.jsonl or pages.jsonl")
    parser.add_argument("--rounds", type=int, default=3, help="the best of so many readings counts")
    parser.add_argument("--threads", type=int, help="threads of geulnun; its own default if not given")
    parser.add_argument("--detector", help="bundle to find text with: a name or a folder")
    parser.add_argument("--recognizer", help="bundle to read lines with: a name or a folder")
    parser.add_argument("--backend", default="auto", help="auto, onnxruntime or openvino")
    parser.add_argument("--precision", default="auto", help="auto, fp32 or int8")
    parser.add_argument("--psm", type=int, default=4, help="Tesseract's page segmentation mode")
    parser.add_argument("--limit", type=int, help="only the first so many pictures")
    parser.add_argument("--no-tesseract", action="store_true", help="time geulnun alone")
    return parser.parse_args()


if __name__ == "__main__":
    run_script(main)
