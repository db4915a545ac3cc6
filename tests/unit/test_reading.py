"""What an engine does with the pages of a document, over a stand-in for the networks."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import geulnun
from geulnun import reading
from geulnun.core.geometry import Quad
from geulnun.core.page import Line, Page, Word
from geulnun.documents import PageImage
from geulnun.errors import InputError, UsageError
from geulnun.runtime.options import ReadOptions

QUAD = Quad.from_xyxy(0, 0, 40, 10)


def make_page(text, width_px=50, height_px=20, number=1):
    lines = (Line(words=(Word(text=text, quad=QUAD),), quad=QUAD),)
    return Page(width_px=width_px, height_px=height_px, number=number, lines=lines)


class StandIn:
    """Reads "read" on every page, notes its options, and takes carried text unless it says "wrong"."""

    def __init__(self):
        self.given = []

    def read_image(self, rgb, options, *, number):
        self.given.append(options)
        return make_page("read", rgb.shape[1], rgb.shape[0], number)

    def take_text(self, rgb, lines, options, *, number):
        return None if lines[0].text == "wrong" else make_page(lines[0].text)


@pytest.fixture
def stand_in(monkeypatch):
    """Puts the stand-in in the place of the networks."""
    stand_in = StandIn()
    monkeypatch.setattr(reading, "open_page_reader", lambda *choices: stand_in)
    return stand_in


@pytest.fixture
def read(stand_in, monkeypatch):
    """Function that reads three pages, of which the first two carry text."""

    def open_pages(source, *, with_text, **options):
        for number, text in enumerate(("carried", "wrong", ""), 1):
            lines = make_page(text).lines if with_text and text else ()
            yield PageImage(rgb=np.zeros((20, 50, 3), np.uint8), number=number, page_count=3, text_lines=lines)

    monkeypatch.setattr(reading, "open_pages", open_pages)
    return lambda **options: [page.text for page in reading.Engine().read("a.pdf", ReadOptions(**options)).pages]


@pytest.mark.usefixtures("stand_in")
def test_all_sources_become_documents(tmp_path):
    path = tmp_path / "한글 이름.png"
    image = Image.new("RGB", (30, 20), "white")
    image.save(path)
    engine = geulnun.Engine()
    for source in (path, str(path), path.read_bytes(), np.zeros((20, 30), np.uint8), image):
        document = engine.read(source)
        assert [(page.width_px, page.height_px, page.text) for page in document.pages] == [(30, 20, "read")]
        assert document.source == (str(path) if isinstance(source, Path | str) else None)
    with pytest.raises(InputError, match="no such file"):
        geulnun.read(tmp_path / "absent.png")


def test_pages_are_chosen_and_keep_their_numbers(stand_in, tmp_path):
    path = tmp_path / "three.tiff"
    frames = [Image.new("L", (10 * n, 8)) for n in (1, 2, 3)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    options = ReadOptions(alternatives=2)
    document = geulnun.Engine().read(path, options, pages="2-3")
    assert [(page.number, page.width_px) for page in document.pages] == [(2, 20), (3, 30)]
    assert stand_in.given == [options, options]
    read = [(page.number, image.number, image.page_count) for page, image in geulnun.Engine().iter_pages(path)]
    assert read == [(1, 1, 3), (2, 2, 3), (3, 3, 3)]
    with pytest.raises(UsageError, match="page range"):
        geulnun.Engine().iter_pages(path, pages="x")


@pytest.mark.usefixtures("stand_in")
def test_pages_beyond_the_asked_size_are_refused_before_they_are_decoded():
    encoded = io.BytesIO()
    Image.new("L", (20, 10)).save(encoded, "PNG")
    engine = geulnun.Engine()
    assert [page.text for page, _ in engine.iter_pages(encoded.getvalue(), max_pixels=200)] == ["read"]
    for read in (engine.read, lambda *source, **choices: list(engine.iter_pages(*source, **choices))):
        with pytest.raises(InputError, match="20"):
            read(encoded.getvalue(), max_pixels=199)


def test_pages_are_read_unless_their_text_is_asked_for(read):
    assert read() == ["read", "read", "read"]
    assert read(text_layer="auto") == ["carried", "read", "read"]
    with pytest.raises(UsageError, match="allowed are ignore, auto"):
        read(text_layer="always")


@pytest.mark.parametrize("choice", [{"beam": 2.5}, {"alternatives": 2.5}])
def test_counts_are_whole_numbers(choice):
    with pytest.raises(UsageError, match=r"is 2\.5; allowed is a whole number"):
        ReadOptions(**choice)
