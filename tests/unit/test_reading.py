"""What an engine does with the pages of a document, over a stand-in for the networks."""

import io

import pytest
from PIL import Image

from geulnun import reading
from geulnun.core.geometry import Quad
from geulnun.core.page import Line, Page, Word
from geulnun.documents import PageImage
from geulnun.errors import InputError, UsageError
from geulnun.runtime.options import ReadOptions

QUAD = Quad.from_xyxy(0, 0, 40, 10)


def make_page(text):
    return Page(width_px=50, height_px=20, lines=(Line(words=(Word(text=text, quad=QUAD),), quad=QUAD),))


class StandIn:
    """Reads "read" on every page, and takes carried text unless it says "wrong"."""

    def read_image(self, rgb, options, *, number):
        return make_page("read")

    def take_text(self, rgb, lines, options, *, number):
        return None if lines[0].text == "wrong" else make_page(lines[0].text)


@pytest.fixture
def read(monkeypatch):
    import numpy as np

    asked = []

    def open_pages(source, *, with_text, **options):
        asked.append(with_text)
        for number, text in enumerate(("carried", "wrong", ""), 1):
            lines = make_page(text).lines if with_text and text else ()
            yield PageImage(rgb=np.zeros((20, 50, 3), np.uint8), number=number, page_count=3, text_lines=lines)

    monkeypatch.setattr(reading, "open_pages", open_pages)
    monkeypatch.setattr(reading, "open_page_reader", lambda *choices: StandIn())
    return lambda **options: [page.text for page in reading.Engine().read("a.pdf", ReadOptions(**options)).pages]


def test_pages_beyond_the_asked_size_are_refused_before_they_are_decoded(monkeypatch):
    encoded = io.BytesIO()
    Image.new("L", (20, 10)).save(encoded, "PNG")
    monkeypatch.setattr(reading, "open_page_reader", lambda *choices: StandIn())
    engine = reading.Engine()
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
