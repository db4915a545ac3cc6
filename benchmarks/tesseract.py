"""Tesseract as a reader to compare with: a picture file in, a `Page` and the seconds it took out."""

import csv
import hashlib
import io
import os
import shutil
import subprocess
import tempfile
import time
from collections import deque
from pathlib import Path

from PIL import Image

from geulnun.core.geometry import Quad, enclose
from geulnun.core.page import Line, Page, Word

# Its own threads spin while they wait for each other; with one thread it is several times as fast.
ENVIRONMENT = {**os.environ, "OMP_THREAD_LIMIT": "1"}
READABLE_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF")
TIMEOUT_S = 600
WORD_LEVEL = "5"


def find_version() -> str:
    """Tesseract's name and version, e.g. "tesseract 5.3.0".

    Raises:
        SystemExit: it is not installed, or does not know Korean.
    """
    if shutil.which("tesseract") is None:
        raise SystemExit("tesseract is not installed. On Debian: apt-get install tesseract-ocr tesseract-ocr-kor")
    languages = _run(["--list-langs"]).split()
    if "kor" not in languages:
        raise SystemExit("tesseract lacks its Korean model. On Debian: apt-get install tesseract-ocr-kor")
    return " ".join(_run(["--version"]).split()[:2])


def time_text(path: Path, psm: int) -> float:
    """Seconds that `tesseract PATH stdout -l kor --psm N` takes from start to end."""
    start = time.perf_counter()
    _run([str(path), "stdout", "-l", "kor", "--psm", str(psm)])
    return time.perf_counter() - start


def read_page(path: Path, psm: int, cache: Path | None = None) -> tuple[Page, float]:
    """The page that Tesseract reads in a picture file, and the seconds it took.

    Args:
        path: the picture.
        psm: page segmentation mode.
        cache: folder in which answers are kept, so that asking again costs nothing.
    """
    with tempfile.TemporaryDirectory() as folder:
        # By what is in it: a copy that `make_readable` writes lies elsewhere in every run.
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        answer = (cache or Path(folder)) / f"psm{psm}" / f"{path.name}-{digest}"
        text, boxes, seconds = (answer.with_name(f"{answer.name}.{end}") for end in ("txt", "tsv", "seconds"))
        if not seconds.exists():
            answer.parent.mkdir(parents=True, exist_ok=True)
            start = time.perf_counter()
            _run([str(path), str(answer), "-l", "kor", "--psm", str(psm), "txt", "tsv"])
            seconds.write_text(f"{time.perf_counter() - start:.4f}\n")
        return build_page(*(each.read_text(encoding="utf-8") for each in (text, boxes))), float(seconds.read_text())


def make_readable(path: Path, folder: Path) -> Path:
    """`path`, or a PNG of it in `folder` where Tesseract cannot open the format."""
    with Image.open(path) as image:
        if image.format in READABLE_FORMATS:
            return path
        copy = folder / f"{path.stem}.png"
        image.convert("RGB").save(copy)
        return copy


def build_page(text: str, boxes: str) -> Page:
    """The page of Tesseract's text and TSV outputs.

    Its TSV makes a word of almost every syllable; only the text output knows where the spaces are.
    """
    rows = list(csv.DictReader(io.StringIO(boxes), delimiter="\t", quoting=csv.QUOTE_NONE))
    pieces = deque(row for row in rows if row["level"] == WORD_LEVEL and row["text"].strip())
    lines = []
    for tokens in filter(None, (line.split() for line in text.splitlines())):
        words = tuple(_build_word(token, pieces) for token in tokens)
        lines.append(Line(words=words, quad=enclose(word.quad for word in words)))
    size = rows[0] if rows else {"width": "0", "height": "0"}
    return Page(width_px=int(size["width"]), height_px=int(size["height"]), lines=tuple(lines))


def _build_word(token: str, pieces: deque[dict[str, str]]) -> Word:
    """The word whose text is `token`, from as many of the first pieces as it takes."""
    taken = [pieces.popleft()]
    while len(joined := "".join("".join(row["text"].split()) for row in taken)) < len(token):
        taken.append(pieces.popleft())
    if joined != token:
        raise ValueError(f"tesseract's outputs disagree: {token!r} in the text, {joined!r} in the table")
    confidence = min(max(0.0, float(row["conf"]) / 100) for row in taken)
    return Word(text=token, quad=enclose(_build_quad(row) for row in taken), confidence=confidence)


def _build_quad(row: dict[str, str]) -> Quad:
    left, top = float(row["left"]), float(row["top"])
    return Quad.from_xyxy(left, top, left + float(row["width"]), top + float(row["height"]))


def _run(arguments: list[str]) -> str:
    with tempfile.TemporaryFile() as answer:
        subprocess.run(
            ["tesseract", *arguments],
            stdout=answer,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
            timeout=TIMEOUT_S,
            check=True,
        )
        answer.seek(0)
        return answer.read().decode("utf-8")
