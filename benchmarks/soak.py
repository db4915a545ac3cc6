"""Reads many pictures of many shapes with one engine, and shows how its memory goes.

    python benchmarks/soak.py [--pictures 1000] [--shapes 200] [--backend NAME ...] [--threads N] [--seed N]

The pictures are parts of the demo's, each on a canvas of one of so many sizes, in a drawn order. Each backend has a
process of its own. Printed are the resident memory after every twentieth part of the pictures, its peak, and by how
much it grows over the second half of the run (the slope of a straight line through it): a reader that keeps something
for every shape, or for every picture, is seen there.
"""

import argparse
import multiprocessing
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from script import run_script

PICTURES = Path(__file__).resolve().parents[1] / "demo" / "pictures"
LEAST_SIDE_PX, MOST_SIDE_PX = 240, 1400
_ROWS = 20  # of the printed curve


def main() -> None:
    """Print a curve for each backend."""
    arguments = _read_arguments()
    context = multiprocessing.get_context("spawn")
    for backend in arguments.backend:
        settings = arguments.pictures, arguments.shapes, arguments.threads, arguments.seed
        process = context.Process(target=soak, args=(backend, *settings))
        process.start()
        process.join()
        if process.exitcode:
            raise SystemExit(f"{backend} ended with {process.exitcode}")


def soak(backend: str, pictures: int, shapes: int, threads: int | None, seed: int) -> None:
    """Read the pictures and print the curve."""
    import geulnun

    engine = geulnun.Engine(backend=backend, threads=threads)  # type: ignore[arg-type]
    start, curve = time.perf_counter(), []
    print(
        f"{backend}: {pictures} pictures of {shapes} shapes, {measure_memory_mb():.0f} MB before the first", flush=True
    )
    for number, picture in enumerate(draw_pictures(pictures, shapes, seed), start=1):
        engine.read(picture)
        curve.append(measure_memory_mb())
        if number % max(1, pictures // _ROWS) == 0:
            print(f"{number:>6} {time.perf_counter() - start:>8.0f} s {curve[-1]:>8.0f} MB", flush=True)
    half = curve[len(curve) // 2 :]
    slope = np.polyfit(np.arange(len(half)), half, 1)[0] * 100
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
    print(f"{backend}: peak {peak_mb:.0f} MB, end {curve[-1]:.0f} MB, {slope:+.2f} MB per 100 pictures\n", flush=True)


def draw_pictures(count: int, shapes: int, seed: int) -> Iterator[np.ndarray]:
    """RGB pictures (H, W, 3), each a part of a demo picture on a white canvas of a drawn size."""
    rng = np.random.default_rng(seed)
    sources = [np.asarray(Image.open(path).convert("RGB")) for path in sorted(PICTURES.glob("*.*g"))]
    sizes = rng.integers(LEAST_SIDE_PX, MOST_SIDE_PX, (shapes, 2))
    for _ in range(count):
        height, width = sizes[rng.integers(shapes)]
        source = sources[rng.integers(len(sources))]
        top, left = (
            int(rng.integers(max(1, have - want))) for have, want in zip(source.shape, (height, width), strict=False)
        )
        part = source[top : top + height, left : left + width]
        canvas = np.full((height, width, 3), 255, np.uint8)
        canvas[: part.shape[0], : part.shape[1]] = part
        yield canvas


def measure_memory_mb() -> float:
    """Resident memory of this process in MB (10^6 bytes); where the system does not tell, its peak so far."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 1e6
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--shapes", type=int, default=200, help="sizes that the pictures have")
    parser.add_argument("--backend", nargs="+", default=["onnxruntime", "openvino"])
    parser.add_argument("--threads", type=int, help="all that this process may use if not given")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.pictures < 4 or arguments.shapes < 1:
        parser.error("a slope needs --pictures 4 or more, of --shapes 1 or more.")
    return arguments


if __name__ == "__main__":
    run_script(main)
