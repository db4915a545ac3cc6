"""Peak memory of reading a long PDF into many formats in one pass, beside that of its first three pages.

    python benchmarks/long_pdf.py [--pages 300] [--threads N] [--formats txt,docx,...]

The pages are three demo pictures, again and again, so that the first three pages are as large as any others. Each run
is a process of its own.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

PICTURES = Path(__file__).parents[1] / "demo" / "pictures"
NAMES = ("notice.jpg", "certificate.jpg", "receipt.jpg")
FORMATS = "txt,md,json,jsonl,tsv,csv,hocr,alto.xml,page.xml,xlsx,docx,pdf"
FEW = 3  # pages


def write_pdf(path: Path, pages: int) -> None:
    """Write a PDF of the demo pictures as pages."""
    pictures = [Image.open(PICTURES / name).convert("RGB") for name in NAMES]
    shown = [pictures[number % len(pictures)] for number in range(pages)]
    shown[0].save(path, save_all=True, append_images=shown[1:], resolution=200)


def measure(source: Path, formats: str, folder: Path, threads: int) -> tuple[float, float]:
    """(peak memory in MB, seconds) of a process that reads `source` into all formats."""
    command = [sys.executable, "-m", "geulnun", "read", str(source), "-o", f"{folder}{os.sep}", "--format", formats]
    start = time.perf_counter()
    process = subprocess.Popen([*command, "--threads", str(threads)])
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"reading {source} ended with {os.waitstatus_to_exitcode(status)}")
    # kB on Linux, bytes on macOS.
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return usage.ru_maxrss / unit, time.perf_counter() - start


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--formats", default=FORMATS, help="with commas; all but png if not given")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="geulnun-benchmark-") as temporary:
        peaks = []
        for pages in (FEW, chosen.pages):
            source = Path(temporary) / f"{pages}.pdf"
            write_pdf(source, pages)
            peak_mb, seconds = measure(source, chosen.formats, Path(temporary) / f"out-{pages}", chosen.threads)
            print(f"{pages:>5} pages   {peak_mb:>5.0f} MB   {seconds:>5.0f} s", flush=True)
            peaks.append(peak_mb)
        print(f"{peaks[1] / peaks[0]:.2f} times as much")


if __name__ == "__main__":
    main()
