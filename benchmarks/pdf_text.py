"""Searchable PDFs of four small documents, and which programs find their lines and spaces again.

Prints a row for each program: how many documents come back with every line and every space, by how the lines lie.
Programs that are not installed are left out. pdf.js runs in Node: name the folder of its package with --pdfjs.
"""

import argparse
import math
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from geulnun.core.geometry import Quad
from geulnun.core.page import Document, Line, Page, Word
from geulnun.outputs import write_document

WIDTH_PX, HEIGHT_PX = 1240, 1754  # A4 at 150 dpi
DOCUMENTS = {
    "prose": (
        "글눈은 사진과 문서에서 한국어를 읽는다.",
        "이 책은 두 번째로 나온 책이다.",
        "그 뒤 내 말을 다 들은 그는 안 갔다.",
        "아버지가 방에 들어가신다",
        "할 수 있는 것은 다 해 볼 만하다.",
    ),
    "receipt": (
        "감바스 18,000",
        "부가세 1,636 원",
        "합계 (2 개) 36,000",
        "2024-03-15 13:05",
        "TEL 02-123-4567",
        "카드 1234-****-****-5678",
    ),
    "form": (
        "사 업 자 등 록 증",
        "등록번호 : 123-45-67890",
        "법인명(단체명) : 주식회사 글눈",
        "개 업 연 월 일 : 2020 년 1 월 2 일",
    ),
    "mixed": (
        "OCR engine v3 은 CPU 에서 돈다",
        "大韓民國 헌법 제 1 조 ①",
        "ㄱ, ㄴ, ㄷ 가운데 A B C 1 2 3",
        "온도 −5 ℃ 습도 60 % “따옴표”",
        "옛한글과 𠮷 字 그리고 😀 끝",
    ),
}
ANGLES = (0.0, 0.3, 1.0, 5.0, 90.0, 180.0, 270.0)
PHRASES = {"prose": "한국어를 읽는다", "receipt": "부가세 1,636", "form": "사업자등록증", "mixed": "CPU 에서"}


@dataclass(frozen=True, slots=True)
class Program:
    """Something that takes text out of a PDF; `can_run` says whether it is installed."""

    name: str
    extract: Callable[[Path], str]
    can_run: bool


def lay_out(texts: tuple[str, ...], angle_deg: float) -> Page:
    """A page of these lines, all turned about its middle by `angle_deg` clockwise, with characters as in print."""
    radians = math.radians(angle_deg)
    cos, sin = math.cos(radians), math.sin(radians)
    width, height = (HEIGHT_PX, WIDTH_PX) if angle_deg in (90.0, 270.0) else (WIDTH_PX, HEIGHT_PX)
    x, y = width / 2, height / 2
    unturned_x, unturned_y = WIDTH_PX / 2, HEIGHT_PX / 2
    matrix = np.array(
        [
            [cos, -sin, x - cos * unturned_x + sin * unturned_y],
            [sin, cos, y - sin * unturned_x - cos * unturned_y],
            [0, 0, 1],
        ]
    )
    lines = tuple(_lay_line(text, 150.0, 200.0 + 90.0 * row, 30.0 + 4 * (row % 3)) for row, text in enumerate(texts))
    page = Page(width_px=WIDTH_PX, height_px=HEIGHT_PX, lines=lines)
    page = page.warped(matrix, width, height)
    return replace(page, rotation_deg=int(angle_deg) if angle_deg % 90 == 0 else 0)


def _lay_line(text: str, left: float, top: float, size: float) -> Line:
    words, x = [], left
    spacing = 3.0 if text.startswith("사 업") else 0.28
    for word in text.split():
        width = sum(size * (0.52 if ord(char) < 0x2000 else 0.92) for char in word)
        words.append(Word(text=word, quad=Quad.from_xyxy(x, top, x + width, top + size)))
        x += width + spacing * size
    return Line(words=tuple(words), quad=Quad.from_xyxy(left, top, words[-1].quad.xyxy[2], top + size))


def expect(texts: tuple[str, ...]) -> list[str]:
    """The lines to be found: headings that are spaced out are written without these spaces."""
    lines = [_lay_line(text, 0.0, 0.0, 30.0) for text in texts]
    return [line.joined or line.text for line in lines]


def _run(*command: str | Path) -> str:
    return subprocess.run(list(map(str, command)), capture_output=True, check=True, timeout=120).stdout.decode(
        "utf-8", "replace"
    )


def _poppler(path: Path) -> str:
    return _run("pdftotext", path, "-")


def _poppler_raw(path: Path) -> str:
    return _run("pdftotext", "-raw", path, "-")


def _ghostscript(path: Path) -> str:
    return _run("gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=txtwrite", "-sOutputFile=-", path)


def _mutool(path: Path) -> str:
    return _run("mutool", "draw", "-q", "-F", "txt", "-o", "-", path)


def _pymupdf(path: Path) -> str:
    import pymupdf

    with pymupdf.open(path) as document:
        return "\n".join(page.get_text() for page in document)


def _pdfium(path: Path) -> str:
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()


def _pdfminer(path: Path) -> str:
    from pdfminer.high_level import extract_text

    return extract_text(path)


def _pdfminer_all(path: Path) -> str:
    from pdfminer.high_level import extract_text
    from pdfminer.layout import LAParams

    return extract_text(path, laparams=LAParams(all_texts=True))


def _pypdf(path: Path) -> str:
    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(path).pages)


_PDFJS_SCRIPT = """
const { getDocument } = await import(process.argv[2] + "/legacy/build/pdf.mjs");
const { readFileSync } = await import("node:fs");
const document = await getDocument({ data: new Uint8Array(readFileSync(process.argv[3])), verbosity: 0 }).promise;
for (let number = 1; number <= document.numPages; number++) {
  const page = await document.getPage(number);
  const { items } = await page.getTextContent();
  process.stdout.write(items.map((item) => item.str + (item.hasEOL ? "\\n" : "")).join("") + "\\n");
}
"""


def find_programs(pdfjs: Path | None) -> list[Program]:
    """All programs that are installed."""

    def in_node(path: Path) -> str:
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder, "extract.mjs")
            script.write_text(_PDFJS_SCRIPT)
            return _run("node", script, (pdfjs or Path()).resolve(), path)

    return [
        program
        for program in (
            Program("poppler", _poppler, shutil.which("pdftotext") is not None),
            Program("poppler -raw", _poppler_raw, shutil.which("pdftotext") is not None),
            Program("MuPDF", _mutool, shutil.which("mutool") is not None),
            Program("PyMuPDF", _pymupdf, find_spec("pymupdf") is not None),
            Program("pdfium", _pdfium, find_spec("pypdfium2") is not None),
            Program("pdf.js", in_node, pdfjs is not None and shutil.which("node") is not None),
            Program("pdfminer", _pdfminer, find_spec("pdfminer") is not None),
            Program("pdfminer all_texts", _pdfminer_all, find_spec("pdfminer") is not None),
            Program("pypdf", _pypdf, find_spec("pypdf") is not None),
            Program("Ghostscript", _ghostscript, shutil.which("gs") is not None),
        )
        if program.can_run
    ]


def split_lines(text: str) -> list[str]:
    """The lines of extracted text that are not empty, without spaces at their ends."""
    return [line.strip() for line in text.replace("\f", "\n").replace("\r", "\n").split("\n") if line.strip()]


def main() -> None:
    """Write the PDFs and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pdfjs", type=Path, help="the folder node_modules/pdfjs-dist")
    parser.add_argument("--show", action="store_true", help="print what came out wrong")
    options = parser.parse_args()
    programs = find_programs(options.pdfjs)
    print(f"| {'program':18} | " + " | ".join(f"{angle:g}°" for angle in ANGLES) + " | phrases found |")
    print("|---|" + "--:|" * (len(ANGLES) + 1))
    with tempfile.TemporaryDirectory() as folder:
        for program in programs:
            counts, phrases = [], 0
            for angle in ANGLES:
                right = 0
                for name, texts in DOCUMENTS.items():
                    path = Path(folder, f"{name}-{angle:g}.pdf")
                    if not path.exists():
                        page = lay_out(texts, angle)
                        blank = np.full((page.height_px, page.width_px, 3), 255, np.uint8)
                        write_document(Document(pages=(page,)), path, images=[blank])
                    found = split_lines(program.extract(path))
                    # Pages that stand on their head are listed from below; the order is the program's own.
                    complete = sorted(found) == sorted(expect(texts))
                    right += complete
                    phrases += PHRASES[name] in "\n".join(found)
                    if options.show and not complete:
                        print(program.name, angle, name, found)
                counts.append(f"{right}/{len(DOCUMENTS)}")
            print(
                f"| {program.name:18} | " + " | ".join(counts) + f" | {phrases}/{len(DOCUMENTS) * len(ANGLES)} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
