import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geulnun.documents import count_pages, has_scanned_page, open_pages, pdf
from geulnun.errors import InputError, UsageError

ENCRYPTED = Path(__file__).parents[1] / "resources" / "encrypted.pdf"


def make_pdf(*pages, box="0 0 144 72", more="", objects=()):
    """A PDF with one page for each given content stream."""
    first = 3
    kids = " ".join(f"{first + 2 * index} 0 R" for index in range(len(pages)))
    bodies = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>"]
    for index, content in enumerate(pages):
        bodies.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Contents {first + 2 * index + 1} 0 R {more} >>")
        bodies.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    bodies.extend(objects)
    data, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    start = len(data)
    data += f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n".encode()
    data += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    data += f"trailer\n<< /Size {len(bodies) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(data)


def read_all(source, **options):
    return list(open_pages(source, **options))


LEFT_HALF_BLUE = "0 0 1 rg 0 0 72 72 re f"


def test_pages_are_drawn_upright_in_rgb(tmp_path):
    path = tmp_path / "한글 문서.pdf"
    path.write_bytes(make_pdf(LEFT_HALF_BLUE, ""))
    for source in (path, str(path), path.read_bytes()):
        assert count_pages(source) == 2
        blue, empty = read_all(source, dpi=72)
        assert (blue.number, blue.rgb.shape, blue.rgb.dtype) == (1, (72, 144, 3), np.uint8)
        assert blue.rgb[36, 30].tolist() == [0, 0, 255]
        assert blue.rgb[36, 110].tolist() == [255, 255, 255]
        assert (empty.number, empty.rgb.min()) == (2, 255)


def test_dpi_and_page_range():
    data = make_pdf("", "", "")
    assert read_all(data)[0].rgb.shape == (200, 400, 3)
    assert [page.number for page in read_all(data, pages="2-")] == [2, 3]
    assert read_all(data, pages="2", dpi=144)[0].rgb.shape == (144, 288, 3)
    for dpi in (0, -5, 10_000, float("nan")):
        with pytest.raises(UsageError, match="allowed are 36 to 1200"):
            read_all(data, dpi=dpi)


def test_rotation_of_the_page_is_honoured():
    (page,) = read_all(make_pdf(LEFT_HALF_BLUE, more="/Rotate 90"), dpi=72)
    assert page.rgb.shape == (144, 72, 3)
    assert page.rgb[30, 36].tolist() == [0, 0, 255]


def test_filled_in_form_fields_are_drawn():
    field = "<< /Type /Annot /Subtype /Widget /FT /Tx /T (x) /Rect [0 0 72 72] /F 4 /AP << /N 7 0 R >> >>"
    red = "1 0 0 rg 0 0 72 72 re f"
    look = f"<< /Type /XObject /Subtype /Form /BBox [0 0 72 72] /Length {len(red)} >>\nstream\n{red}\nendstream"
    data = make_pdf("", more="/Annots [6 0 R]", objects=["<< /Fields [6 0 R] >>", field, look])
    data = data.replace(b"/Type /Catalog", b"/Type /Catalog /AcroForm 5 0 R")
    (page,) = read_all(data, dpi=72)
    assert page.rgb[36, 30].tolist() == [255, 0, 0]


def test_a_page_that_is_one_coarse_picture_is_not_blown_up(tmp_path):
    path = tmp_path / "scan.pdf"
    Image.effect_noise((400, 600), 80).save(path, resolution=100)
    assert read_all(path)[0].rgb.shape == (600, 400, 3)
    Image.effect_noise((400, 600), 80).save(path, resolution=400)
    assert read_all(path)[0].rgb.shape == (300, 200, 3)
    Image.effect_noise((40, 60), 80).save(path, resolution=10)
    assert read_all(path)[0].rgb.shape == (432, 288, 3)


def test_large_pages_are_drawn_smaller_and_giants_refused():
    poster = make_pdf("", box="0 0 2384 3370")
    (page,) = read_all(poster)
    assert 0.98 * pdf.AUTOMATIC_PIXELS < page.rgb.shape[0] * page.rgb.shape[1] < 1.01 * pdf.AUTOMATIC_PIXELS
    giant = make_pdf("", box="0 0 100000 100000")
    with pytest.raises(InputError, match=r"page 1 is 35278x35278 mm, .* at 72 dpi; at most 40 megapixels .* lower"):
        read_all(giant)
    with pytest.raises(InputError, match=r"at 600 dpi; at most 200 megapixels"):
        read_all(poster, dpi=600)


def test_a_page_thinner_than_a_pixel_is_as_large_as_one_that_is_a_pixel_thin():
    with pytest.raises(InputError, match="at most 1 megapixels are drawn"):
        read_all(make_pdf("", box="0 0 10000000 0.001"), max_pixels=1_000_000)
    (page,) = read_all(make_pdf("", box="0 0 1000000 0.01"), max_pixels=1_000_000)
    assert page.rgb.shape == (1, 1_000_000, 3)


def test_a_bomb_among_the_pictures_of_a_page_is_refused():
    bomb = (
        "<< /Type /XObject /Subtype /Image /Width 30000 /Height 30000 /ColorSpace /DeviceGray /BitsPerComponent 8 "
        "/Length 1 >>\nstream\n0\nendstream"
    )
    data = make_pdf("144 0 0 72 0 0 cm /I Do", more="/Resources << /XObject << /I 5 0 R >> >>", objects=[bomb])
    with pytest.raises(InputError, match=r"a picture inside the given data, page 1 is 30000x30000 pixels"):
        read_all(data)


def test_encrypted_and_damaged_files(tmp_path):
    for source in (ENCRYPTED, ENCRYPTED.read_bytes()):
        for call in (count_pages, read_all):
            with pytest.raises(InputError, match="is encrypted and opens only with a password.*qpdf --decrypt"):
                call(source)
    path = tmp_path / "망가진.pdf"
    path.write_bytes(b"%PDF-1.7 and then nothing of the kind\n%%EOF")
    for call in (count_pages, read_all):
        with pytest.raises(InputError, match=r"망가진\.pdf is a damaged PDF, or has no pages"):
            call(path)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.95])
def test_truncated_files(tmp_path, share):
    path = tmp_path / "잘린.pdf"
    Image.effect_noise((300, 300), 80).save(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    for source in (path, path.read_bytes()):
        for call in (count_pages, read_all):
            with pytest.raises(InputError, match="is a truncated PDF: its end mark is missing. Download"):
                call(source)
    path.write_bytes(data + bytes(5000))
    assert count_pages(path) == 1


def test_a_page_that_is_missing_is_told_by_number():
    data = make_pdf("", "").replace(b"/Kids [3 0 R 5 0 R]", b"/Kids [3 0 R 9 0 R]")
    pages = open_pages(data)
    assert next(pages).number == 1
    with pytest.raises(InputError, match="page 2 is damaged"):
        next(pages)


def test_one_page_in_memory_at_a_time():
    data = make_pdf(*[""] * 12, box="0 0 595 842")
    tracemalloc.start()
    try:
        for page in open_pages(data):
            size = page.rgb.nbytes
        assert tracemalloc.get_traced_memory()[1] < 4 * size
    finally:
        tracemalloc.stop()


def test_several_threads_and_abandoned_readers():
    data = make_pdf(*[LEFT_HALF_BLUE] * 6)
    failures = []

    def read():
        try:
            next(open_pages(data))  # left behind open
            assert [page.rgb[36, 30, 2] for page in open_pages(data, dpi=72)] == [255] * 6
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_a_long_file_is_opened_anew_so_that_nothing_piles_up(monkeypatch):
    opened = []
    real = pdf._check_end
    monkeypatch.setattr(pdf, "PAGES_AN_OPENING", 2)
    monkeypatch.setattr(pdf, "_check_end", lambda source, name: opened.append(name) or real(source, name))
    pages = list(open_pages(make_pdf("", "", "", "", ""), pages="1-2,4-5"))
    assert [(page.number, page.page_count) for page in pages] == [(1, 4), (2, 4), (4, 4), (5, 4)]
    assert len(opened) == 2


IMAGE = "BI /W 1 /H 1 /CS /G /BPC 8 ID x EI"


def test_a_page_of_pictures_without_text_is_a_scan(tmp_path):
    text = "BT /F1 10 Tf 20 60 Td (one) Tj ET"
    scanned = make_pdf(text, IMAGE, more=FONT)
    path = tmp_path / "가.pdf"
    path.write_bytes(scanned)
    assert has_scanned_page(scanned) and has_scanned_page(path)
    unloadable = scanned.replace(b"/Kids [3 0 R", b"/Kids [9 0 R")
    others = make_pdf(text, "", f"{text} {IMAGE}", more=FONT), unloadable, b"%PDF-1.4 damaged", scanned[:-99]
    assert not any(map(has_scanned_page, others))


FONT = "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Courier >> >> >>"


def test_control_characters_are_no_words():
    content = "BT /F1 10 Tf 20 60 Td (one \\001 two) Tj 0 -20 Td (\\001) Tj ET"
    (page,) = read_all(make_pdf(content, more=FONT), with_text=True)
    assert [line.text for line in page.text_lines] == ["one two"]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_text_is_taken_with_its_places_in_the_picture(rotation):
    box = "10 20 154 92"
    content = "BT /F1 10 Tf 20 60 Td (one two) Tj 0 -20 Td (three) Tj ET"
    (page,) = read_all(make_pdf(content, box=box, more=f"{FONT} /Rotate {rotation}"), dpi=72, with_text=True)
    # PDFium lists lines by their places in the unturned page.
    assert sorted([word.text for word in line.words] for line in page.text_lines) == [["one", "two"], ["three"]]
    # What was drawn there is dark, and next to nothing else is.
    dark = page.rgb.min(axis=2) < 128
    inside = np.zeros_like(dark)
    for line in page.text_lines:
        for word in line.words:
            left, top, right, bottom = word.quad.xyxy
            assert dark[round(top) : round(bottom), round(left) : round(right)].any()
            inside[int(top) : int(bottom) + 1, int(left) : int(right) + 1] = True
    assert not (dark & ~inside).any()
    assert not read_all(make_pdf(content, box=box, more=FONT), dpi=72)[0].text_lines
    assert not read_all(make_pdf(LEFT_HALF_BLUE), with_text=True)[0].text_lines


def test_a_file_that_vanishes_between_pages_is_an_input_error(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "PAGES_AN_OPENING", 1)
    path = tmp_path / "a.pdf"
    path.write_bytes(make_pdf("", ""))
    pages = open_pages(path)
    next(pages)
    path.unlink()
    with pytest.raises(InputError, match="a.pdf cannot be read"):
        next(pages)
