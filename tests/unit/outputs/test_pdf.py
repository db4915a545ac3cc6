"""Searchable PDFs: other programs find every line and space, and what was there stays."""

import importlib.util
import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from geulnun.core.geometry import Quad
from geulnun.core.image import read_image
from geulnun.core.page import Document, Line, Page, Word
from geulnun.errors import InputError, UsageError
from geulnun.outputs import DocumentInfo, OutputOptions, open_writer, write_document
from geulnun.outputs.pdf import picture_pages
from geulnun.outputs.pdf.existing_text import has_text, remove_invisible_text
from geulnun.outputs.pdf.glyphless_font import build_truetype

pikepdf = pytest.importorskip("pikepdf")


def load_benchmark():
    """The module of the benchmark, which knows the documents and the programs."""
    path = Path(__file__).resolve().parents[3] / "benchmarks" / "pdf_text.py"
    spec = importlib.util.spec_from_file_location("pdf_text", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["pdf_text"] = module
    spec.loader.exec_module(module)
    return module


pdf_text = load_benchmark()
PROGRAMS = {program.name: program for program in pdf_text.find_programs(None)}
TEXTS = list(pdf_text.DOCUMENTS.values())


def blank(page):
    return np.full((page.height_px, page.width_px, 3), 255, np.uint8)


def read_text(path, number=0):
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        return document[number].get_textpage().get_text_bounded()


def render(path, number=0):
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        return document[number].render(scale=1).to_numpy()[..., ::-1].copy()


@pytest.fixture(scope="module", params=[0.3, 90.0])
def four_documents(request, tmp_path_factory):
    """A PDF of four pages that lie turned by some angle."""
    path = tmp_path_factory.mktemp("pdf") / "책 一.pdf"
    pages = tuple(pdf_text.lay_out(text, request.param) for text in TEXTS)
    with open_writer(path) as writer:
        for page in pages:
            writer.start_document(DocumentInfo())
            writer.write_page(page, blank(page))
    return path


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_line_and_every_space_is_found(four_documents, name):
    expected = sorted(line for texts in TEXTS for line in pdf_text.expect(texts))
    found = sorted(pdf_text.split_lines(PROGRAMS[name].extract(four_documents)))
    if name == "Ghostscript":  # takes the private codes of characters beyond the BMP for the text
        expected.remove(beyond := "옛한글과 𠮷 字 그리고 😀 끝")
        found.remove(beyond.replace("𠮷", "\ue000").replace("😀", "\ue001"))
    assert found == expected


def test_a_page_costs_little(tmp_path):
    texts = ("다람쥐 헌 쳇바퀴에 타고파 " * 2, "키스의 고유조건은 입술끼리 만나야 하고 " * 2) * 20
    page = pdf_text.lay_out(tuple(text.strip() for text in texts), 0.0)
    for each, name in ((page, "full.pdf"), (Page(width_px=page.width_px, height_px=page.height_px), "empty.pdf")):
        write_document(Document(pages=(each,)), tmp_path / name, images=[blank(page)])
    assert (tmp_path / "full.pdf").stat().st_size - (tmp_path / "empty.pdf").stat().st_size < 12_000


def test_the_font_is_sound(caplog):
    ttlib = pytest.importorskip("fontTools.ttLib")
    font = ttlib.TTFont(io.BytesIO(build_truetype()), checkChecksums=2)
    assert [font["hmtx"][name] for name in font.getGlyphOrder()] == [(1000, 0), (1000, 0), (500, 0)]
    for name in font.getGlyphOrder():
        glyph = font["glyf"][name]
        assert (glyph.xMin, glyph.yMin, glyph.yMax) == (0, -200, 800)
    assert font["head"].created > 0 and not caplog.messages  # fontTools warns of dates before 1970


@pytest.mark.parametrize("rotation_deg", [0, 90])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_jpeg_bytes_are_untouched_and_pages_upright(tmp_path, orientation, rotation_deg):
    image = np.full((40, 60, 3), 255, np.uint8)
    image[:10, :20], image[30:, 50:] = (255, 0, 0), (0, 0, 255)
    exif = Image.Exif()
    exif[274] = orientation
    path = tmp_path / "사진 1.jpg"
    Image.fromarray(image).save(path, quality=95, exif=exif, dpi=(144, 144))
    upright = read_image(path)
    page = Page(width_px=upright.shape[1], height_px=upright.shape[0], rotation_deg=rotation_deg)
    write_document(Document(pages=(page,)), tmp_path / "a.pdf", content=path)
    with pikepdf.open(tmp_path / "a.pdf") as pdf:
        (picture,) = pdf.pages[0].get_images().values()
        assert picture.read_raw_bytes() == path.read_bytes()
        assert pdf.Root.Lang == "ko"
    shown = render(tmp_path / "a.pdf")
    small = np.asarray(Image.fromarray(np.rot90(upright, rotation_deg // 90).copy()).resize(shown.shape[1::-1]))
    assert np.abs(shown.astype(int) - small).mean() < 20


@pytest.mark.parametrize("values", [(0, 255), (0, 100, 255)])
def test_other_pictures_lose_nothing(tmp_path, values):
    rng = np.random.default_rng(5)
    grey = rng.choice(np.array(values, np.uint8), (30, 21))
    for image in (np.stack([grey] * 3, -1), rng.integers(0, 256, (30, 21, 3), np.uint8)):
        page = Page(width_px=21, height_px=30)
        write_document(Document(pages=(page,)), tmp_path / "a.pdf", images=[image])
        with pikepdf.open(tmp_path / "a.pdf") as pdf:
            (picture,) = pdf.pages[0].get_images().values()
            pixels = np.asarray(pikepdf.PdfImage(picture).as_pil_image().convert("RGB"))
        assert (pixels == image).all()
        assert [float(side) for side in pdf_size(tmp_path / "a.pdf")] == pytest.approx([21 * 0.36, 30 * 0.36])


def pdf_size(path):
    with pikepdf.open(path) as pdf:
        return list(pdf.pages[0].mediabox)[2:]


def make_pdf(path, *contents, **entries):
    """A PDF of pages 300 x 400 pt with these content streams."""
    pdf = pikepdf.new()
    for content in contents:
        page = pdf.add_blank_page(page_size=(300, 400))
        page.Contents = pdf.make_stream(content)
        page.Resources = pikepdf.Dictionary(
            Font=pikepdf.Dictionary(
                F1=pikepdf.Dictionary(
                    Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
                )
            )
        )
        for key, value in entries.items():
            page[f"/{key}"] = value
    pdf.docinfo["/Title"] = "old title"
    with pdf.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem("first", 0))
    pdf.save(path)
    return path


def one_line_page(text, quad, width_px, height_px, number=1):
    word = Word(text=text, quad=quad)
    return Page(width_px=width_px, height_px=height_px, lines=(Line(words=(word,), quad=quad),), number=number)


VISIBLE = b"BT /F1 20 Tf 30 300 Td (visible) Tj ET"
INVISIBLE = b"BT 3 Tr /F1 20 Tf 30 300 Td (hidden) Tj ET"


def test_pages_of_a_pdf_are_kept_and_those_with_text_left_alone(tmp_path):
    source = make_pdf(tmp_path / "원본.pdf", b"0 0 1 rg 9 9 50 50 re f", VISIBLE, INVISIBLE)
    quad = Quad.from_xyxy(30, 30, 90, 50)
    pages = tuple(one_line_page("새글", quad, 300, 400, number) for number in (1, 2, 3))
    write_document(Document(pages=pages), tmp_path / "a.pdf", content=source)
    assert [read_text(tmp_path / "a.pdf", index).strip() for index in range(3)] == ["새글", "visible", "hidden"]
    assert (render(tmp_path / "a.pdf") == render(source)).all()
    with pikepdf.open(tmp_path / "a.pdf") as pdf:
        assert pdf.docinfo["/Title"] == "old title"
        with pdf.open_outline() as outline:
            assert outline.root[0].title == "first"
    write_document(
        Document(pages=pages), tmp_path / "b.pdf", content=source, options=OutputOptions(existing_text="redo")
    )
    assert [read_text(tmp_path / "b.pdf", index).strip() for index in range(3)] == ["새글", "visible", "새글"]
    options = OutputOptions(existing_text="replace")
    images = [np.full((400, 300, 3), 200, np.uint8)] * 3
    write_document(Document(pages=pages), tmp_path / "c.pdf", images=images, content=source, options=options)
    assert [read_text(tmp_path / "c.pdf", index).strip() for index in range(3)] == ["새글"] * 3
    assert abs(int(render(tmp_path / "c.pdf")[100, 100, 0]) - 200) < 4


def test_text_in_forms_counts_and_is_replaced(tmp_path):
    """OCRmyPDF lays its text into a form."""
    source = make_pdf(tmp_path / "a.pdf", b"/Fx0 Do")
    with pikepdf.open(source, allow_overwriting_input=True) as pdf:
        page = pdf.pages[0]
        form = pdf.make_stream(INVISIBLE, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 300, 400])
        form.Resources = pikepdf.Dictionary(Font=page.Resources.Font)
        page.Resources.XObject = pikepdf.Dictionary(Fx0=form)
        pdf.add_blank_page(page_size=(300, 400))
        del pdf.pages[1]["/Contents"]
        pdf.save(source)
    pages = tuple(one_line_page("새글", Quad.from_xyxy(30, 30, 90, 50), 300, 400, number) for number in (1, 2))
    for existing_text, expected in (("keep", "hidden"), ("redo", "새글")):
        options = OutputOptions(existing_text=existing_text)
        write_document(Document(pages=pages), tmp_path / "b.pdf", content=source, options=options)
        assert [read_text(tmp_path / "b.pdf", index).strip() for index in range(2)] == [expected, "새글"]


def test_forms_that_share_their_resources_are_looked_at_once(tmp_path):
    """Many programs give all forms the resources of the page, in which each form then stands again."""
    source = make_pdf(tmp_path / "a.pdf", b"/Fx0 Do /Broken Do 7 Do", b"")
    with pikepdf.open(source, allow_overwriting_input=True) as pdf:
        page = pdf.pages[0]
        page.obj.Resources = pdf.make_indirect(page.obj.Resources)
        page.obj.Resources.XObject = pikepdf.Dictionary(Broken=1)
        pdf.pages[1].obj.Resources = page.obj.Resources
        every = b" ".join(b"/Fx%d Do" % number for number in range(12))
        for number in range(12):
            content = INVISIBLE if number == 11 else b"/none Tr 9 Tj 3 Tr [9] TJ (odd) 9 TJ " + every
            form = pdf.make_stream(content, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 300, 400])
            form.Resources = page.obj.Resources
            page.obj.Resources.XObject[f"/Fx{number}"] = form
        pdf.save(source)
    with pikepdf.open(source) as pdf:
        assert has_text(pdf.pages[0]) and not has_text(pdf.pages[0], visible_only=True)
        assert not has_text(pdf.pages[1])  # which draws none of them
        remove_invisible_text(pdf, pdf.pages[0])
        assert not has_text(pdf.pages[0])


def test_pages_that_were_not_read_are_left_out_and_documents_follow_one_another(tmp_path):
    source = make_pdf(tmp_path / "a.pdf", b"", b"", b"")
    quad = Quad.from_xyxy(30, 30, 90, 50)
    with open_writer(tmp_path / "b.pdf", several=True) as writer:
        writer.start_document(DocumentInfo(name="a.pdf", content=source))
        writer.write_page(one_line_page("둘째", quad, 300, 400, 2))
        writer.start_document(DocumentInfo(name="bad.png"))
        writer.write_page(one_line_page("실패", quad, 300, 400), np.zeros((400, 300, 3), np.uint8))
        writer.discard_document()
        writer.start_document(DocumentInfo(name="b.png"))
        writer.write_page(one_line_page("사진", quad, 300, 400), np.zeros((400, 300, 3), np.uint8))
    with pikepdf.open(tmp_path / "b.pdf") as pdf:
        assert len(pdf.pages) == 2
    assert [read_text(tmp_path / "b.pdf", index).strip() for index in range(2)] == ["둘째", "사진"]


def test_thumbnails_of_a_tiff_are_no_pages(tmp_path, monkeypatch):
    file = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(file, True) as writer:
        for shade, is_reduced, dpi in ((10, 0, 100), (90, 1, 300), (200, 0, 200)):
            tags = TiffImagePlugin.ImageFileDirectory_v2()
            tags[254] = is_reduced
            Image.new("L", (200, 200), shade).save(writer, "tiff", tiffinfo=tags, dpi=(dpi, dpi))
            writer.newFrame()
    decoded = []
    real = picture_pages.read_frame
    monkeypatch.setattr(picture_pages, "read_frame", lambda file, frame: decoded.append(frame) or real(file, frame))
    pages = tuple(one_line_page("글눈", Quad.from_xyxy(9, 9, 99, 30), 200, 200, number=number) for number in (2, 1))
    write_document(Document(pages=pages), tmp_path / "a.pdf", content=file.getvalue())
    assert [render(tmp_path / "a.pdf", page).shape[:2] for page in (0, 1)] == [(72, 72), (144, 144)]
    assert [render(tmp_path / "a.pdf", page)[0, 0, 0] for page in (0, 1)] == [200, 10]
    assert decoded == [2, 0]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_text_lies_where_it_was_seen_on_turned_and_cropped_pages(tmp_path, rotation):
    import pypdfium2

    entries = {"Rotate": rotation, "CropBox": pikepdf.Array([50, 60, 250, 360]), "UserUnit": 2}
    source = make_pdf(tmp_path / "a.pdf", b"", **entries)
    height, width = render(source).shape[:2]
    seen = Quad.from_xyxy(0.2 * width, 0.3 * height, 0.6 * width, 0.3 * height + 20)
    write_document(Document(pages=(one_line_page("글눈", seen, width, height),)), tmp_path / "b.pdf", content=source)
    with pypdfium2.PdfDocument(tmp_path / "b.pdf") as document:
        page = document[0]
        assert page.get_textpage().get_text_bounded().strip() == "글눈"
        text = page.get_textpage()
        left, bottom, right, top = zip(text.get_charbox(0, loose=True), text.get_charbox(1, loose=True), strict=True)
        left, bottom, right, top = min(left), min(bottom), max(right), max(top)
    with pikepdf.open(tmp_path / "b.pdf") as pdf:
        crop = [float(value) for value in pdf.pages[0].CropBox]
    # From user space back to the picture, as the page is shown.
    xs, ys = np.array([left, right]) - crop[0], crop[3] - np.array([bottom, top])
    w, h = crop[2] - crop[0], crop[3] - crop[1]
    shown = {0: (xs, ys), 90: (h - ys, xs), 180: (w - xs, h - ys), 270: (ys, w - xs)}[rotation]
    assert sorted(shown[0]) == pytest.approx([seen.xyxy[0], seen.xyxy[2]], abs=2)
    assert sorted(shown[1]) == pytest.approx([seen.xyxy[1], seen.xyxy[3]], abs=2)


def test_vertical_text_and_odd_characters(tmp_path, odd_page):
    write_document(Document(pages=(odd_page,)), tmp_path / "a.pdf", images=[blank(odd_page)])
    text = read_text(tmp_path / "a.pdf")
    assert "ab]]>" in text
    assert "세로" in text
    assert "기운" in text
    beyond = one_line_page("𠮷\ue000😀", Quad.from_xyxy(10, 10, 100, 40), 200, 100)
    write_document(Document(pages=(beyond,)), tmp_path / "b.pdf", images=[blank(beyond)])
    assert read_text(tmp_path / "b.pdf").strip() == "𠮷\ue000😀"


def test_encrypted_signed_and_damaged_files_are_refused(tmp_path, repository):
    page = Page(width_px=30, height_px=40)
    plain = make_pdf(tmp_path / "plain.pdf", b"")
    with pikepdf.open(plain) as pdf:
        pdf.save(tmp_path / "owner.pdf", encryption=pikepdf.Encryption(owner="secret"))
        field = pikepdf.Dictionary(FT=pikepdf.Name.Sig, V=pikepdf.Dictionary(Type=pikepdf.Name.Sig))
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([pdf.make_indirect(field)]))
        pdf.save(tmp_path / "signed.pdf")
    for source, seen in (
        (repository / "tests" / "resources" / "encrypted.pdf", "is encrypted; no text layer.*qpdf --decrypt"),
        (tmp_path / "owner.pdf", "is encrypted and restricts changes"),
        (tmp_path / "signed.pdf", "is signed.*Write other formats"),
        (b"%PDF-1.7 nothing", "is a damaged PDF"),
    ):
        with pytest.raises(InputError, match=seen):
            write_document(Document(pages=(page,)), tmp_path / "out.pdf", content=source)
    with pytest.raises(UsageError, match="Pass its image or its file"):
        write_document(Document(pages=(page,)), tmp_path / "out.pdf")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["owner.pdf", "plain.pdf", "signed.pdf"]


ODD_CATALOGUES = {
    "a circle": "/AcroForm << /Fields [9 0 R] >>",
    "a missing field": "/AcroForm << /Fields [99 0 R] >>",
    "no fields": "/AcroForm << /Fields 5 /SigFlags /X >>",
    "no dictionaries": "/AcroForm [1] /PieceInfo /X",
}


def write_odd_pdf(kids: str, count: int, catalogue: str = "") -> bytes:
    """A PDF of pages 3, 4 and 5, 300, 400 and 500 pt wide, of which object 9 is a field that has itself for kids."""
    objects = {1: f"<< /Type /Catalog /Pages 2 0 R {catalogue} >>"}
    objects[2] = f"<< /Type /Pages /Kids [{kids}] /Count {count} >>"
    for number in (3, 4, 5):
        objects[number] = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {number}00 400] /Resources << >> >>"
    objects[9] = f"<< /T (x) /Kids [{'9 0 R ' * 9}] >>"
    content, rows = b"%PDF-1.7\n", [b"0000000000 65535 f \n"] * 10
    for number, text in objects.items():
        rows[number] = b"%010d 00000 n \n" % len(content)
        content += f"{number} 0 obj\n{text}\nendobj\n".encode()
    end = f"trailer << /Size 10 /Root 1 0 R >>\nstartxref\n{len(content)}\n%%EOF\n"
    return content + b"xref\n0 10\n" + b"".join(rows) + end.encode()


@pytest.mark.parametrize("catalogue", ODD_CATALOGUES.values(), ids=ODD_CATALOGUES)
def test_odd_catalogues_are_written(catalogue, tmp_path):
    page = one_line_page("새글", Quad.from_xyxy(30, 30, 90, 50), 300, 400)
    content = write_odd_pdf("3 0 R", 1, catalogue)
    write_document(Document(pages=(page,)), tmp_path / "out.pdf", content=content)
    assert read_text(tmp_path / "out.pdf").strip() == "새글"


@pytest.mark.parametrize(("kids", "count"), [("3 0 R 99 0 R 4 0 R 5 0 R", 4), ("3 0 R 4 0 R", 1)])
def test_pages_that_another_program_numbers_differently_are_refused(kids, count, tmp_path):
    page = one_line_page("새글", Quad.from_xyxy(30, 30, 90, 50), 400, 400, count)
    with pytest.raises(InputError, match="is a damaged PDF.*Repair it first"):
        write_document(Document(pages=(page,)), tmp_path / "out.pdf", content=write_odd_pdf(kids, count))


def test_a_side_too_long_for_jpeg_is_drawn_anew_all_the_same(tmp_path):
    source = make_pdf(tmp_path / "a.pdf", VISIBLE)
    image = np.full((2, 70_000, 3), 255, np.uint8)
    image[:, :35_000] = (255, 0, 0)
    page = Page(width_px=70_000, height_px=2)
    options = OutputOptions(existing_text="replace")
    write_document(Document(pages=(page,)), tmp_path / "b.pdf", content=source, images=[image], options=options)
    seen = render(tmp_path / "b.pdf")
    assert (seen[200, 20] == (255, 0, 0)).all() and (seen[200, 280] == 255).all()


def test_pdfa(tmp_path):
    pytest.importorskip("jsonschema")
    from pikepdf import pdfa

    page = pdf_text.lay_out(TEXTS[3], 0.0)
    options = OutputOptions(pdfa=True)
    write_document(Document(pages=(page,)), tmp_path / "a.pdf", images=[blank(page)], options=options)
    assert pdfa.validate_written(tmp_path / "a.pdf", "2b").verdict == "pass"
    source = make_pdf(tmp_path / "helvetica.pdf", VISIBLE)  # a font that is not embedded
    with pytest.raises(InputError, match="cannot be PDF/A-2b: .*without"):
        write_document(Document(pages=(page,)), tmp_path / "b.pdf", content=source, options=options)
    assert not (tmp_path / "b.pdf").exists()


def test_pictures_do_not_pile_up_in_memory(tmp_path):
    import tracemalloc

    image = np.random.default_rng(1).integers(0, 256, (300, 400, 3), np.uint8)  # 360 kB, and no smaller compressed
    tracemalloc.start()
    with open_writer(tmp_path / "a.pdf") as writer:
        for number in range(1, 31):
            writer.write_page(Page(width_px=400, height_px=300, number=number), image)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (tmp_path / "a.pdf").stat().st_size > 10_000_000
    assert peak < 5_000_000
