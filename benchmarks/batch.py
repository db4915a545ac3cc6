"""What `geulnun batch` takes: processor time of a page with one worker and with two, start-up, and memory over time.

    python benchmarks/batch.py --pages 200 --workers 1,2        # pieces of the demo pictures, 320 x 128 px
    python benchmarks/batch.py --pages 1200 --workers 1 --memory

Processor time is what other work on the machine does not change much; two workers on two free cores read as many times
more pages than one as the processor time of a page allows: 2 x (one worker's) / (two workers').
"""

import argparse
import resource
import shutil
import tempfile
import time
from pathlib import Path

from PIL import Image

from geulnun.batch import Plan, ProcessWorkers, Progress, ReadingSettings, find_documents, open_place, run_batch
from geulnun.cli.engine_options import EngineOptions
from geulnun.core.random_streams import open_rng
from script import run_script

PICTURES = Path(__file__).parents[1] / "demo" / "pictures"
SIZE = (320, 128)
DISTINCT = 48


def cut_pieces(folder: Path, count: int) -> None:
    """Write `DISTINCT` pieces of the demo pictures, again and again under other names."""
    pictures = [Image.open(path).convert("RGB") for path in sorted(PICTURES.glob("*.[jp][pn]g"))]
    for number in range(min(DISTINCT, count)):
        rng = open_rng(0, number, stream="benchmark.batch")
        picture = pictures[number % len(pictures)]
        left, top = (int(rng.integers(0, side - part)) for side, part in zip(picture.size, SIZE, strict=True))
        picture.crop((left, top, left + SIZE[0], top + SIZE[1])).save(folder / f"{number:06d}.png")
    for number in range(DISTINCT, count):
        shutil.copyfile(folder / f"{number % DISTINCT:06d}.png", folder / f"{number:06d}.png")


def read_memory(pids: list[int]) -> int:
    """The greatest resident memory of the processes, in MiB."""
    pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids]
    return max(pages, default=0) * resource.getpagesize() >> 20


def measure(folder: Path, workers: int, *, memory: bool) -> None:
    """Read the folder and print what it took."""
    documents = find_documents([str(folder / "pieces")])
    settings = ReadingSettings(
        open_engine=EngineOptions(threads=1).open,
        engine="benchmark",
        place=open_place(str(folder / f"out-{workers}")),
        folder=".",
    )
    pool = ProcessWorkers(settings, workers)
    marks = [len(documents) * part // 10 for part in range(1, 11)]

    def note(progress: Progress) -> None:
        if memory and marks and progress.counts.documents >= marks[0]:
            print(f"{marks.pop(0):>7} pages   {read_memory(pool.pids):>5} MiB", flush=True)

    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    run_batch(Plan(documents=documents, shard_size=10), settings.place, lambda: pool, report=note)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{workers} workers: {used / len(documents):.4f} s of processor time a page, with start; {wall:.0f} s in all")


def parse_numbers(text: str) -> list[int]:
    """The numbers of a list with commas.

    Raises:
        ArgumentTypeError: one of them is none.
    """
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} holds something else than numbers; write 1,2") from None


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--workers", type=parse_numbers, default=[1, 2], help="with commas")
    parser.add_argument("--memory", action="store_true", help="print the memory of the workers at each tenth")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="geulnun-benchmark-") as temporary:
        folder = Path(temporary)
        (folder / "pieces").mkdir()
        cut_pieces(folder / "pieces", chosen.pages)
        for workers in chosen.workers:
            measure(folder, workers, memory=chosen.memory)


if __name__ == "__main__":
    run_script(main)
