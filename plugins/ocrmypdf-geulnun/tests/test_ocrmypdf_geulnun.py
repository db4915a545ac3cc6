"""`ocrmypdf --ocr-engine geulnun` as its users run it, with the real OCRmyPDF and the bundled weights."""

import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import ocrmypdf
import pdfminer.high_level
import pdfminer.layout
import pypdf
import pypdfium2
import pytest
from ocrmypdf.api import setup_plugin_infrastructure
from ocrmypdf.exceptions import ExitCode
from ocrmypdf.models.ocr_element import OcrClass
from PIL import Image

from geulnun import Line, Page, Quad, Word
from ocrmypdf_geulnun.elements import build_tree
from ocrmypdf_geulnun.engine import GeulnunEngine, measure_skew

PICTURES = Path(__file__).resolve().parents[3] / "demo" / "pictures"
DPI = 150
SENTENCES = [
    "여름 독서 교실 안내",
    "독서 교실을 엽니다. 책을 함께 읽고 이야기를 나누며 생각을 넓히는 자리이니,",
    "만든 책을 전시하고, 가장 많이 읽은 모둠에는 작은 선물도 드립니다.",
]


def read_poppler(pdf: Path) -> str:
    return run("pdftotext", "-enc", "UTF-8", pdf, "-")


def read_mupdf(pdf: Path) -> str:
    return run("mutool", "draw", "-q", "-F", "txt", pdf)


def read_ghostscript(pdf: Path) -> str:
    return run("gs", "-q", "-dNOPAUSE", "-dBATCH", "-sDEVICE=txtwrite", "-sOutputFile=-", pdf)


def read_pdfium(pdf: Path) -> str:
    return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))


def read_pypdf(pdf: Path) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(pdf).pages)


def read_pdfminer(pdf: Path) -> str:
    return pdfminer.high_level.extract_text(pdf, laparams=pdfminer.layout.LAParams(all_texts=True))


EXTRACTORS: dict[Callable[[Path], str], str] = {
    read_poppler: "pdftotext",
    read_mupdf: "mutool",
    read_ghostscript: "gs",
    read_pdfium: "",
    read_pypdf: "",
    read_pdfminer: "",
}


def run(*command: object) -> str:
    return subprocess.run([*map(str, command)], capture_output=True, check=True).stdout.decode()


def ocrmypdf_command(*arguments: object, path: str = "", prelude: str = "pass") -> subprocess.CompletedProcess[str]:
    """Run the command line of OCRmyPDF; programs are found on `path` only, so that none but Python is there."""
    program = f"import sys; {prelude}; from ocrmypdf.__main__ import run; sys.exit(run(sys.argv[1:]))"
    command = [sys.executable, "-c", program, "--output-type", "pdf", *map(str, arguments)]
    return subprocess.run(command, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False)


def scan(path: Path, *angles: float) -> Path:
    """The notice of the demo as a scanned PDF, one page for each angle it is turned by, counter-clockwise."""
    notice = Image.open(PICTURES / "notice.jpg").convert("L")
    first, *others = [notice.rotate(angle, expand=True, fillcolor=255) for angle in angles]
    first.save(path, save_all=True, append_images=others, resolution=DPI)
    return path


@pytest.fixture(scope="module")
def searchable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scan that OCRmyPDF has made searchable, with no program on PATH: neither Tesseract nor Ghostscript."""
    folder = tmp_path_factory.mktemp("scan")
    source, output = scan(folder / "scan.pdf", 0), folder / "out.pdf"
    done = ocrmypdf_command("--ocr-engine", "geulnun", "--sidecar", folder / "out.txt", source, output)
    assert done.returncode == ExitCode.ok, done.stderr
    return output


@pytest.mark.parametrize("extract", EXTRACTORS, ids=lambda extract: extract.__name__)
def test_extractors_find_every_space(searchable: Path, extract: Callable[[Path], str]) -> None:
    program = EXTRACTORS[extract]
    if program and not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    lines = [line.strip() for line in extract(searchable).splitlines()]
    assert [sentence for sentence in SENTENCES if sentence not in lines] == []


def test_the_sidecar_has_the_text(searchable: Path) -> None:
    text = searchable.with_name("out.txt").read_text(encoding="utf-8")
    assert set(SENTENCES) <= set(text.splitlines())


def test_words_lie_where_they_are_seen(searchable: Path) -> None:
    labels = [json.loads(line) for line in (PICTURES / "labels.jsonl").read_text(encoding="utf-8").splitlines()]
    (notice,) = [label for label in labels if label["image"] == "notice.jpg"]
    page = pypdfium2.PdfDocument(searchable)[0]
    text = page.get_textpage()
    for word in notice["words"][:4]:
        index, count = text.search(word["text"]).get_next()
        boxes = [text.get_charbox(index + i) for i in range(count)]
        seen = sum(box[0] + box[2] for box in boxes) / 2 / count, sum(box[1] + box[3] for box in boxes) / 2 / count
        x, y = (sum(point[axis] for point in word["quad"]) / 4 * 72 / DPI for axis in (0, 1))
        assert math.dist(seen, (x, page.get_height() - y)) < 3  # points


def test_the_pdf_names_its_reader(searchable: Path) -> None:
    assert "geulnun" in str(pypdf.PdfReader(searchable).metadata)


def test_turned_and_skewed_pages_are_righted(tmp_path: Path) -> None:
    """From Python, with the argument that paperless-ngx passes on, pages in threads, a blank one among them."""
    source = scan(tmp_path / "scan.pdf", 90, 180, -3)
    blank = pypdf.PdfWriter(clone_from=source)
    blank.add_blank_page(400, 600)
    blank.write(source)
    options = {"ocr_engine": "geulnun", "language": ["kor"], "rotate_pages": True, "deskew": True, "jobs": 2}
    output = tmp_path / "out.pdf"
    assert ocrmypdf.ocr(source, output, output_type="pdf", progress_bar=False, **options) == ExitCode.ok
    texts = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(output)]
    for text in texts[:3]:
        assert set(SENTENCES) <= {line.strip() for line in text.splitlines()}
    assert not texts[3].strip()
    pages = pypdfium2.PdfDocument(output)
    assert all(page.get_height() > page.get_width() for page in pages)


def test_the_renderer_of_ocrmypdf_keeps_spaces_too(tmp_path: Path) -> None:
    output = tmp_path / "out.pdf"
    options = {"ocr_engine": "geulnun", "pdf_renderer": "fpdf2", "output_type": "pdf", "progress_bar": False}
    assert ocrmypdf.ocr(scan(tmp_path / "scan.pdf", 0), output, **options) == ExitCode.ok
    text = " ".join(read_pdfium(output).split())
    assert [sentence for sentence in SENTENCES if sentence not in text] == []


def test_other_runs_are_left_alone(tmp_path: Path) -> None:
    manager = setup_plugin_infrastructure()
    for name in ("auto", "tesseract", "none"):
        engine = manager.get_ocr_engine(options=ocrmypdf.OcrOptions(input_file="a", output_file="b", ocr_engine=name))
        assert type(engine).__module__.startswith("ocrmypdf.builtin_plugins")
    source = scan(tmp_path / "scan.pdf", 0)
    assert ocrmypdf_command("--ocr-engine", "none", source, tmp_path / "none.pdf", path="").returncode == 3
    done = ocrmypdf_command(source, tmp_path / "auto.pdf")
    assert done.returncode == ExitCode.missing_dependency
    assert "tesseract" in done.stderr


def test_without_geulnun_other_runs_go_on(tmp_path: Path) -> None:
    """The module is imported in every run; where geulnun is damaged, only those that choose it may fail."""
    broken = "sys.modules['geulnun'] = None"
    assert ocrmypdf_command("--version", prelude=broken).returncode == ExitCode.ok
    done = ocrmypdf_command("--ocr-engine", "geulnun", scan(tmp_path / "a.pdf", 0), tmp_path / "b.pdf", prelude=broken)
    assert done.returncode == ExitCode.missing_dependency
    assert "geulnun cannot be imported" in done.stderr


def test_other_languages_are_refused(tmp_path: Path) -> None:
    done = ocrmypdf_command("--ocr-engine", "geulnun", "-l", "jpn", scan(tmp_path / "a.pdf", 0), tmp_path / "b.pdf")
    assert done.returncode == ExitCode.missing_dependency
    assert "jpn" in done.stderr


def test_a_page_that_is_too_large_stays_without_text(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    picture, layer, text = (tmp_path / name for name in ("a.png", "a.pdf", "a.txt"))
    Image.new("1", (20_000, 10_001)).save(picture, dpi=(300, 300))
    options = ocrmypdf.OcrOptions(input_file="a", output_file="b", ocr_engine="geulnun")
    GeulnunEngine.generate_pdf(picture, layer, text, options)
    assert layer.read_bytes() == b"" and text.read_text(encoding="utf-8") == ""
    assert "at most 200 megapixels" in caplog.text
    assert GeulnunEngine.get_orientation(picture, options).confidence == GeulnunEngine.get_deskew(picture, options) == 0


def make_line(angle_deg: float, length: float = 300.0, height: float = 20.0) -> Line:
    """A line of one word that starts at (100, 100) and lies turned clockwise."""
    along = (math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg)))
    down = (-along[1], along[0])
    points = [(100 + along[0] * x + down[0] * y, 100 + along[1] * x + down[1] * y) for x, y in _corners(length, height)]
    quad = Quad((points[0], points[1], points[2], points[3]))
    return Line(words=(Word(text="글", quad=quad, confidence=0.9),), quad=quad)


def _corners(length: float, height: float) -> list[tuple[float, float]]:
    return [(0, 0), (length, 0), (length, height), (0, height)]


def make_page(*lines: Line, rotation_deg: int = 0) -> Page:
    return Page(width_px=500, height_px=500, lines=lines, rotation_deg=rotation_deg)


def test_skew_is_that_of_most_long_lines() -> None:
    short = make_line(9.0, length=30.0)
    assert measure_skew(make_page(make_line(1.0), make_line(2.0), make_line(2.5), short)) == pytest.approx(2.0)
    assert measure_skew(make_page(make_line(91.0), rotation_deg=90)) == pytest.approx(1.0)
    assert measure_skew(make_page(make_line(-179.0), rotation_deg=180)) == pytest.approx(1.0)
    assert measure_skew(make_page(make_line(90.0))) == measure_skew(make_page()) == 0.0


@pytest.mark.parametrize(("angle_deg", "textangle"), [(0.0, 0.0), (90.0, -90.0), (-90.0, 90.0), (2.0, 0.0)])
def test_lines_keep_their_direction(angle_deg: float, textangle: float) -> None:
    tree = build_tree(make_page(make_line(angle_deg)), dpi=DPI, page_number=0)
    (line,) = tree.iter_by_class(OcrClass.LINE)
    (word,) = tree.iter_by_class(OcrClass.WORD)
    assert line.textangle == pytest.approx(textangle)
    assert line.baseline is not None
    assert line.baseline.slope == pytest.approx(math.tan(math.radians(angle_deg + textangle)), abs=1e-9)
    assert word.text == "글 "
