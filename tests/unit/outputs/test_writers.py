import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geulnun import outputs
from geulnun.core.geometry import Quad
from geulnun.core.page import Alternative, Char, Document, Line, Page, Word
from geulnun.errors import OutputError, UsageError
from geulnun.outputs import (
    OUTPUT_SUFFIXES,
    DocumentInfo,
    annotated,
    draw_annotated,
    find_suffix,
    open_writer,
    write_document,
)
from geulnun.outputs.atomic_file import AtomicFile


def make_word(text, left, *, confidence=0.9):
    chars = tuple(
        Char(
            text=char,
            quad=Quad.from_xyxy(left + 20 * index, 10, left + 20 * index + 20, 30),
            confidence=confidence,
            alternatives=(Alternative(text="긴", confidence=0.05),),
        )
        for index, char in enumerate(text)
    )
    return Word(text=text, quad=Quad.from_xyxy(left, 10, left + 20 * len(text), 30), confidence=confidence, chars=chars)


def make_page(text="글눈은 읽는다", number=1, **options):
    words, left = [], 10
    for word in text.split():
        words.append(make_word(word, left, **options))
        left += 20 * len(word) + 10
    lines = (Line(words=tuple(words), quad=Quad.from_xyxy(10, 10, left, 30), confidence=0.9),) if words else ()
    return Page(width_px=200, height_px=40, lines=lines, number=number)


def make_document(*texts, source="영수증.png"):
    return Document(pages=tuple(make_page(text, number) for number, text in enumerate(texts, 1)), source=source)


def add(writer, document):
    writer.start_document(DocumentInfo(name=document.source))
    for page in document.pages:
        writer.write_page(page)


WHITE = np.full((40, 200, 3), 255, np.uint8)


def test_text_and_json_of_one_document(tmp_path):
    document = make_document("글눈은 읽는다", "둘째 쪽")
    write_document(document, tmp_path / "글.txt")
    write_document(document, str(tmp_path / "글.JSON"))
    write_document(document, tmp_path / "글.jsonl")
    assert (tmp_path / "글.txt").read_bytes() == "글눈은 읽는다\n\n둘째 쪽\n".encode()
    for name in ("글.JSON", "글.jsonl"):
        text = (tmp_path / name).read_text("utf-8")
        assert Document.from_json(text) == document
        assert json.loads(text) == document.to_dict()
    assert len((tmp_path / "글.JSON").read_text("utf-8").splitlines()) == 12
    assert sorted(path.name for path in tmp_path.iterdir()) == ["글.JSON", "글.jsonl", "글.txt"]


def test_several_documents_in_one_file(tmp_path):
    documents = [make_document("하나"), make_document("", source=None), make_document("셋", source="셋.pdf")]
    for suffix in (".txt", ".json", ".jsonl"):
        with open_writer(tmp_path / f"all{suffix}", several=True) as writer:
            for document in documents:
                add(writer, document)
    text = (tmp_path / "all.txt").read_text("utf-8")
    assert text == "==> 영수증.png <==\n하나\n\n==> untitled <==\n\n==> 셋.pdf <==\n셋\n"
    expected = [document.to_dict() for document in documents]
    assert json.loads((tmp_path / "all.json").read_text("utf-8")) == expected
    rows = (tmp_path / "all.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(row) for row in rows] == expected


@pytest.mark.parametrize(("suffix", "content"), [(".txt", ""), (".json", "[\n]\n"), (".jsonl", "")])
def test_no_document_at_all(tmp_path, suffix, content):
    with open_writer(tmp_path / f"none{suffix}", several=True):
        pass
    assert (tmp_path / f"none{suffix}").read_text() == content


def test_a_page_without_text(tmp_path):
    document = Document(pages=(Page(width_px=3, height_px=2),))
    for suffix, images in ((".txt", None), (".json", None), (".png", [np.zeros((2, 3, 3), np.uint8)])):
        write_document(document, tmp_path / f"none{suffix}", images=images)
    assert (tmp_path / "none.txt").read_bytes() == b""
    assert Document.from_json((tmp_path / "none.json").read_text()) == document
    assert np.asarray(Image.open(tmp_path / "none.png")).shape[0] == 2


@pytest.mark.parametrize("suffix", [".txt", ".json", ".jsonl"])
def test_pages_are_written_as_they_come_and_a_failed_document_is_taken_back(tmp_path, suffix):
    path = tmp_path / f"all{suffix}"
    with open_writer(path, several=True) as writer:
        add(writer, make_document("하나", "둘"))
        writer.start_document(DocumentInfo(name="half.pdf"))
        writer.write_page(make_page("반쪽"))
        writer.discard_document()
        add(writer, make_document("셋"))
    complete = tmp_path / f"complete{suffix}"
    with open_writer(complete, several=True) as writer:
        add(writer, make_document("하나", "둘"))
        add(writer, make_document("셋"))
    assert path.read_bytes() == complete.read_bytes()


@pytest.mark.parametrize("texts", [("",), ("", ""), ("", "가"), ("가", ""), ("가", "", "나")])
def test_streamed_text_is_the_text_of_the_document(tmp_path, texts):
    document = make_document(*texts)
    write_document(document, tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text("utf-8") == (f"{document.text}\n" if document.text else "")


def test_suffixes_may_have_two_parts(monkeypatch):
    monkeypatch.setattr(outputs, "OUTPUT_SUFFIXES", (".xml", ".alto.xml", ".txt"))
    assert find_suffix("책.1권.ALTO.xml") == ".alto.xml"
    assert find_suffix("book.page.txt") == ".txt"
    assert find_suffix(".txt") is None


def test_file_names_that_are_no_text_do_not_stop_the_output(tmp_path):
    document = make_document("글", source=os.fsdecode(b"\xb1\xdb.png"))
    write_document(document, tmp_path / "a.json")
    assert Document.from_json((tmp_path / "a.json").read_text("utf-8")) == document


def test_unknown_suffixes_are_refused_before_anything_is_written(tmp_path):
    for name, seen in (("a.odt", "the suffix '.odt' is not known"), ("a", "has no suffix")):
        with pytest.raises(UsageError, match=rf"{seen}.*allowed are \.txt, \.md, \.json, .*\. Rename"):
            write_document(make_document("글"), tmp_path / name)
    with pytest.raises(UsageError, match="shows one document, but several come"):
        open_writer(tmp_path / "a.png", several=True)
    with pytest.raises(UsageError, match="Pass its image"):
        write_document(make_document("글"), tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", OUTPUT_SUFFIXES)
def test_unwritable_places(tmp_path, suffix):
    (tmp_path / f"folder{suffix}").mkdir()
    (tmp_path / "file").touch()
    for name, seen in (
        (f"없는/a{suffix}", r"there is no folder .*없는\. Create it"),
        (f"folder{suffix}", "is a folder; a file was expected"),
        (f"file/a{suffix}", "cannot be written .*Choose a place"),
        ("x" * 300 + suffix, "cannot be written .*Choose a place"),
    ):
        with pytest.raises(OutputError, match=seen):
            write_document(make_document("글"), tmp_path / name, images=[WHITE])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", f"folder{suffix}"]


def test_a_folder_without_permission(tmp_path, monkeypatch):
    def refuse(*given, **more):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(OutputError, match=r"a\.txt cannot be written \(Permission denied\)\. Choose"):
        write_document(make_document("글"), tmp_path / "a.txt")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_a_full_disk_is_told():
    full = AtomicFile("/dev/full")
    with pytest.raises(OutputError, match=r"/dev/full cannot be written \(No space left"), full:
        for _ in range(100):
            full.write(bytes(10_000))


def test_an_old_file_stays_when_writing_fails(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("old")
    with pytest.raises(RuntimeError), open_writer(path, several=True) as writer:
        add(writer, make_document("글"))
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_links_are_followed_and_devices_written_to(tmp_path):
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    write_document(make_document("글"), tmp_path / "link.txt")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text("utf-8") == "글\n"
    with AtomicFile(os.devnull) as file:
        file.write(b"gone")


def test_annotated_pages(tmp_path, monkeypatch):
    monkeypatch.setattr(annotated, "find_font", lambda: None)
    write_document(make_document("글눈은 읽는다"), tmp_path / "one.png", images=iter([WHITE]))
    drawn = np.asarray(Image.open(tmp_path / "one.png"))
    assert drawn.shape == WHITE.shape
    assert (drawn[10, 20] != 255).any()
    assert (drawn[5, 20] == 255).all()
    many = Document(pages=tuple(make_page("쪽", number) for number in (2, 10)))
    write_document(many, tmp_path / "많은.png", images=[WHITE, WHITE])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.png", "많은-02.png", "많은-10.png"]
    with pytest.raises(ValueError, match="zip"):
        write_document(many, tmp_path / "few.png", images=[WHITE])
    assert len(list(tmp_path.iterdir())) == 3


def test_colours_tell_confidence_and_the_picture_stays():
    assert annotated.choose_colour(None) == annotated.TRUTH
    red, green = annotated.choose_colour(0.1), annotated.choose_colour(1.0)
    assert red[0] > red[1]
    assert green[1] > green[0]
    draw_annotated(WHITE, make_page())
    assert WHITE.min() == 255


def test_wild_quads_and_huge_pictures(monkeypatch):
    wild = Quad(((-1e9, 5), (1e9, 0), (1e12, 30), (-50, 1e7)))
    line = Line(words=(Word(text="글", quad=wild),), quad=wild)
    assert draw_annotated(WHITE, Page(width_px=200, height_px=40, lines=(line,))).shape == WHITE.shape
    monkeypatch.setattr(annotated, "MAX_DRAWN_PIXELS", 2000)
    assert draw_annotated(WHITE, make_page()).shape == (20, 100, 3)


def test_words_much_longer_than_their_page_take_no_memory(monkeypatch):
    from PIL import ImageFont

    sizes = []
    new = Image.new
    monkeypatch.setattr(Image, "new", lambda mode, size, *more: sizes.append(size) or new(mode, size, *more))
    monkeypatch.setattr(annotated, "_open_font", lambda font, size_px: ImageFont.load_default(size_px))
    quad = Quad.from_xyxy(0, 0, 1e9, 4000)
    line = Line(words=(Word(text="M" * 400, quad=quad),), quad=quad)
    assert draw_annotated(WHITE, Page(width_px=200, height_px=40, lines=(line,)), font="any.ttf").shape[1] == 400
    assert max(max(size) for size in sizes) <= 400


def test_type_is_set_where_a_font_is_found(monkeypatch, tmp_path):
    from PIL import ImageFont

    monkeypatch.setattr(annotated, "_open_font", lambda font, size_px: ImageFont.load_default(size_px))
    page = make_page("read me")
    slanted = Quad(((20, 30), (90, 10), (95, 20), (25, 40)))
    vertical = Line(words=(make_word("vert", 10),), quad=slanted, orientation="vertical")
    tilted = Line(words=(Word(text="tilted", quad=slanted, confidence=0.4),), quad=slanted)
    page = Page(width_px=200, height_px=40, lines=(*page.lines, vertical, tilted))
    drawn = draw_annotated(WHITE, page, font=tmp_path / "any.ttf")
    assert drawn.shape == (40, 400, 3)
    assert drawn[:, 200:].min() < 200


def test_a_named_font_is_preferred_and_must_be_one(tmp_path, monkeypatch):
    from PIL import ImageFont

    font = tmp_path / "mine.ttf"
    monkeypatch.setenv("GEULNUN_FONT", str(font))
    annotated.find_font.cache_clear()
    with pytest.raises(UsageError, match="mine.ttf: it cannot be opened as a font"):
        annotated.find_font()
    font.write_text("no font")
    with pytest.raises(UsageError, match="mine.ttf: it cannot be opened as a font"):
        annotated.find_font()
    font.write_bytes(ImageFont.load_default(10).path.getvalue())
    assert annotated.find_font() == font
    annotated.find_font.cache_clear()
