"""Sets pages of many kinds with a browser, and makes scans, photographs and more of them: a data set to evaluate on.

    python benchmarks/typeset.py FOLDER [--materials FOLDER] [--browser chromium]
    geulnun evaluate pages FOLDER

The pages are `benchmarks/typeset/*.html`: an exam, forms, bills, a newspaper, a dictionary and so on, of made-up text.
Nothing of what draws training data takes part, so that they tell what a page that nobody foresaw is read like; but
their faces are among the materials, and so were trained on. The truth is the text of the documents, in their order.
Needs Chromium and the materials.
"""

import argparse
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from geulnun.outputs.atomic_file import write_text_file

Grey = NDArray[np.uint8]

HERE = Path(__file__).with_name("typeset")
SIZE_PX = (1240, 1754)
_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars")
_BLOCKS = {"p", "div", "td", "th", "tr", "table", "h1", "h2", "br", "hr", "li", "ul"}


def main() -> None:
    """Write the pictures and their labels."""
    arguments = _read_arguments()
    if shutil.which(arguments.browser) is None:
        raise SystemExit(f"there is no browser {arguments.browser!r}; install Chromium, or name one with --browser.")
    fonts = arguments.materials / "fonts"
    faces = re.findall(r"{fonts}/([^)]+)", (HERE / "style.css").read_text(encoding="utf-8"))
    missing = [name for name in faces if not (fonts / name).is_file()]
    if missing:  # the browser would take other faces
        raise SystemExit(
            f"{fonts} lacks {', '.join(missing)}; run scripts/materials, or name its folder (--materials)."
        )
    (arguments.folder / "images").mkdir(parents=True, exist_ok=True)
    labels = []
    for number, path in enumerate(sorted(HERE.glob("*.html"))):
        page = draw_page(path, fonts, arguments.browser)
        text = read_text(path.read_text(encoding="utf-8"))
        for kind, make in KINDS.items():
            name = f"images/{path.stem}-{kind.replace(' ', '-')}.png"
            cv2.imwrite(str(arguments.folder / name), make(page, np.random.default_rng(number)))
            record = {"image": name, "kind": kind, "words": [], "text": text}
            labels.append(json.dumps(record, ensure_ascii=False) + "\n")
    write_text_file(arguments.folder / "labels.jsonl", "".join(labels))


def draw_page(path: Path, fonts: Path, browser: str) -> Grey:
    """A page as the browser shows it, (1754, 1240)."""
    with tempfile.TemporaryDirectory() as folder:
        style = (HERE / "style.css").read_text(encoding="utf-8").replace("{fonts}", fonts.resolve().as_uri())
        (Path(folder) / "style.css").write_text(style, encoding="utf-8")
        page, shot = Path(folder) / "page.html", Path(folder) / "page.png"
        shutil.copy(path, page)
        size = ",".join(map(str, SIZE_PX))
        options = (f"--user-data-dir={folder}/profile", f"--window-size={size}", f"--screenshot={shot}")
        subprocess.run([browser, *_FLAGS, *options, page.as_uri()], check=True, capture_output=True, timeout=120)
        picture = cv2.imread(str(shot), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise SystemExit(f"{browser} drew nothing of {path}.")
    return np.asarray(picture, np.uint8)


class _TextReader(HTMLParser):
    """Collects what stands in the body, a line for each block."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style |= tag == "style"
        self.parts += ["\n"] * (tag in _BLOCKS)

    def handle_endtag(self, tag: str) -> None:
        self._in_style &= tag != "style"
        self.parts += ["\n"] * (tag in _BLOCKS)

    def handle_data(self, data: str) -> None:
        if not self._in_style:
            self.parts.append(re.sub(r"\s+", " ", data))


def read_text(document: str) -> str:
    """The text of an HTML document."""
    reader = _TextReader()
    reader.feed(document)
    lines = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
    return "\n".join(line for line in lines if line)


def scan(page: Grey, rng: np.random.Generator) -> Grey:
    """A little askew, soft, grey and noisy, compressed."""
    height, width = page.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.uniform(-0.7, 0.7)), 1)
    soft = cv2.GaussianBlur(cv2.warpAffine(page, turn, (width, height), borderValue=250), (0, 0), 0.8)
    noisy = np.clip(soft * 0.86 + 18 + rng.normal(0, 7, soft.shape), 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 55])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)


def photograph(page: Grey, rng: np.random.Generator) -> Grey:
    """On a dark table, from a side, with light from the left."""
    height, width = page.shape
    corners = np.array([(0.08, 0.08), (0.96, 0.07), (0.99, 0.94), (0.05, 0.96)]) + rng.uniform(0, 0.06, (4, 2))
    seen = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    warp = cv2.getPerspectiveTransform(seen, (corners * (width, height)).astype(np.float32))
    size = (int(width * 1.12), int(height * 1.08))
    table = 60 + rng.normal(0, 6, size[::-1])
    paper = cv2.warpPerspective(np.full_like(page, 255), warp, size) > 128
    shown = np.where(paper, cv2.warpPerspective(page, warp, size, flags=cv2.INTER_AREA), table)
    lit = shown * np.linspace(1, 0.55, size[0]) * np.linspace(1, 0.85, size[1])[:, None]
    return np.clip(cv2.GaussianBlur(lit, (0, 0), 1.0) + rng.normal(0, 4, lit.shape), 0, 255).astype(np.uint8)


def reduce(page: Grey, rng: np.random.Generator) -> Grey:
    """At 90 dots an inch."""
    return np.asarray(cv2.resize(page, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA), np.uint8)


def fax(page: Grey, rng: np.random.Generator) -> Grey:
    """Black and white, with ragged and broken strokes."""
    soft = cv2.GaussianBlur(page, (0, 0), 0.7) + rng.normal(0, 14, page.shape)
    return np.where(soft > 165, 255, 0).astype(np.uint8)


KINDS: dict[str, Callable[[Grey, np.random.Generator], Grey]] = {
    "print": lambda page, rng: page,
    "scan": scan,
    "photograph": photograph,
    "90 dpi": reduce,
    "fax": fax,
}


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the pictures and labels.jsonl go")
    parser.add_argument("--materials", type=Path, default=Path("materials"), help="folder written by scripts/materials")
    parser.add_argument("--browser", default="chromium", help="command of a Chromium")
    return parser.parse_args()


if __name__ == "__main__":
    main()
