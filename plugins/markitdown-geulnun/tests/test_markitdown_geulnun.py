"""MarkItDown with the plug-in, as installed, and the bundled weights."""

import io
import subprocess
import sys
from pathlib import Path

import pypdfium2
import pytest
from markitdown import MarkItDown, StreamInfo
from PIL import Image

from geulnun import Engine
from geulnun.documents import has_scanned_page
from markitdown_geulnun import GeulnunConverter

PICTURES = Path(__file__).resolve().parents[3] / "demo" / "pictures"
SENTENCE = "독서 교실을 엽니다. 책을 함께 읽고 이야기를 나누며 생각을 넓히는 자리이니,"
ROW = ["7월 27일", "해와 달이 된 오누이", "그림자극 꾸미기"]


@pytest.fixture(scope="module")
def converter() -> MarkItDown:
    return MarkItDown(enable_plugins=True, geulnun_engine=Engine(threads=1))


def make_text_pdf() -> bytes:
    """A page with text and without pictures."""
    pdf = pypdfium2.PdfDocument.new()
    page = pdf.new_page(300, 300)
    font = pypdfium2.raw.FPDFText_LoadStandardFont(pdf.raw, b"Helvetica")
    text = pypdfium2.raw.FPDFPageObj_CreateTextObj(pdf.raw, font, 12.0)
    encoded = "born digital".encode("utf-16-le") + b"\0\0"
    buffer = pypdfium2.raw.cast(encoded, pypdfium2.raw.POINTER(pypdfium2.raw.c_ushort))
    pypdfium2.raw.FPDFText_SetText(text, buffer)
    pypdfium2.raw.FPDFPageObj_Transform(text, 1, 0, 0, 1, 50, 200)
    pypdfium2.raw.FPDFPage_InsertObject(page.raw, text)
    page.gen_content()
    saved = io.BytesIO()
    pdf.save(saved)
    return saved.getvalue()


def make_scan() -> bytes:
    saved = io.BytesIO()
    Image.open(PICTURES / "notice.jpg").convert("L").save(saved, "PDF", resolution=150)
    return saved.getvalue()


def join(*pdfs: bytes) -> bytes:
    joined = pypdfium2.PdfDocument.new()
    for pdf in pdfs:
        joined.import_pages(pypdfium2.PdfDocument(pdf))
    saved = io.BytesIO()
    joined.save(saved)
    return saved.getvalue()


def test_a_picture_becomes_markdown_with_its_table(converter: MarkItDown) -> None:
    markdown = converter.convert(PICTURES / "notice.jpg").markdown
    assert SENTENCE.split(". ")[1] in markdown
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in markdown.splitlines() if "|" in line]
    assert ROW in rows


def test_a_scan_is_read_also_beside_pages_with_text(converter: MarkItDown) -> None:
    markdown = converter.convert_stream(io.BytesIO(join(make_text_pdf(), make_scan())), file_extension=".pdf").markdown
    assert "born digital" in markdown
    assert SENTENCE in markdown.replace("\n", " ")


def test_pdfs_with_text_are_left_to_markitdown(converter: MarkItDown, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("geulnun was asked")

    monkeypatch.setattr(GeulnunConverter, "convert", refuse)
    assert "born digital" in converter.convert_stream(io.BytesIO(make_text_pdf()), file_extension=".pdf").markdown
    plain = converter.convert_stream(io.BytesIO(b"a,b\n1,2\n"), file_extension=".csv")
    assert "| a | b |" in plain.markdown


def test_pictures_that_markitdown_does_not_know_are_read_too(converter: MarkItDown, tmp_path: Path) -> None:
    Image.open(PICTURES / "notice.jpg").crop((300, 80, 720, 180)).save(tmp_path / "title.tiff")
    assert converter.convert(tmp_path / "title.tiff").markdown.strip("# \n") == "여름 독서 교실 안내"


def test_only_pages_without_text_are_scans() -> None:
    blank = pypdfium2.PdfDocument.new()
    blank.new_page(300, 300)
    saved = io.BytesIO()
    blank.save(saved)
    assert [has_scanned_page(pdf) for pdf in (saved.getvalue(), make_text_pdf(), b"%PDF-1.4 damaged")] == [False] * 3
    assert has_scanned_page(join(make_text_pdf(), make_scan()))


def test_what_cannot_be_checked_is_left_to_markitdown() -> None:
    scan = make_scan()
    assert b"/Kids [ 1 0 R ]" in scan
    stream = io.BytesIO(scan.replace(b"/Kids [ 1 0 R ]", b"/Kids [ 9 0 R ]"))
    assert not GeulnunConverter().accepts(stream, StreamInfo(extension=".pdf"))
    assert stream.tell() == 0


def test_the_command_lists_the_plugin_and_reads_only_with_it(tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "markitdown", *arguments]
        return subprocess.run(command, capture_output=True, check=True).stdout.decode("utf-8")

    assert "geulnun" in run("--list-plugins")
    picture = str(PICTURES / "notice.jpg")
    assert "여름 독서 교실 안내" in run("--use-plugins", picture)
    assert "여름" not in run(picture)
