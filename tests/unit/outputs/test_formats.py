"""Formats of text: Markdown, TSV, CSV, hOCR, ALTO and PAGE."""

import csv
import io
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from geulnun.core.geometry import Quad
from geulnun.core.page import Block, Cell, Document, Line, Page, Word
from geulnun.outputs import DocumentInfo, OutputOptions, write_document
from geulnun.outputs.markdown import MarkdownFormat, escape_markdown

XHTML = "{http://www.w3.org/1999/xhtml}"
ALTO = "{http://www.loc.gov/standards/alto/ns-v4#}"
PAGE = "{http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15}"
EMPTY = Page(width_px=30, height_px=20)


@pytest.fixture
def write(tmp_path):
    """Writes pages in a format and reads the file back."""

    def write_pages(suffix, *pages, **options):
        path = tmp_path / f"이름 大 {len(list(tmp_path.iterdir()))}{suffix}"
        document = Document(pages=pages, source='영수증 "1" & <2>.png')
        write_document(document, path, options=OutputOptions(**options))
        return path.read_bytes().decode("utf-8")

    return write_pages


def test_markdown(write, page):
    text = write(".md", page, EMPTY)
    assert text == (
        "글눈 회보\n\n# 사업자등록증\n\n이 글은 읽는다 \\*그리고\\* &lt;끝>\n\n- 하나 & 둘\n\n감바스\u200318,000\n\n"
        "| 품명 | 값 | 비고 |\n| --- | --- | --- |\n| 007 | 1\\|2 |  |\n| 합계 =1+1 |  |  |\n\n"
        "1\\. 그림 𠮷\n\n\\- 3 -\n\n---\n\n<!-- page 1 -->\n"
    )
    assert write(".md", EMPTY) == ""


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("# 1", "\\# 1"),
        ("#1", "#1"),
        ("1. a", "1\\. a"),
        ("12) a", "12\\) a"),
        ("1.5", "1.5"),
        ("--- a", "\\--- a"),
        ("a_b `c` [d](e)", "a\\_b \\`c\\` \\[d\\](e)"),
        ("&lt; & b<", "&amp;lt; & b&lt;"),
        ("> 3~6", "\\> 3\\~6"),
        ("C:\\x", "C:\\\\x"),
        ("a_b http://a.kr/x_y?~z=1*2 c_d", "a\\_b http://a.kr/x_y?~z=1\\*2 c\\_d"),
        ("www.a.kr/x_y awww.a_b", "www.a.kr/x_y awww.a\\_b"),
        ("-|", "\\-|"),
        (":- | -", "\\:- | -"),
        ("C #", "C #"),
    ],
)
def test_markdown_shows_text_as_it_is(text, escaped):
    assert escape_markdown(text) == escaped


def test_marks_that_end_a_heading_stay_in_markdown():
    several = MarkdownFormat(several=True)
    assert several.start_document(DocumentInfo(name="C #")) == "# C \\#\n"
    assert several.start_document(DocumentInfo(name="C#")) == "\n# C#\n"


def test_tsv_has_the_twelve_columns_of_tesseract(write, page):
    rows = list(csv.reader(io.StringIO(write(".tsv", page)), delimiter="\t", quoting=csv.QUOTE_NONE))
    names = "level page_num block_num par_num line_num word_num left top width height conf text"
    assert rows[0] == names.split(" ")
    assert {len(row) for row in rows} == {12}
    assert rows[1] == ["1", "3", "0", "0", "0", "0", "0", "0", "600", "800", "-1", ""]
    words = [row for row in rows if row[0] == "5"]
    assert words[0] == ["5", "3", "1", "1", "1", "1", "20", "5", "40", "20", "95.340000", "글눈"]
    assert [row[11] for row in words] == [word.text for word in page.words]
    # What faces each other is one line, also in a table.
    lines = {}
    for row in words:
        lines.setdefault(tuple(row[2:5]), []).append(row[11])
    assert ["감바스", "18,000"] in lines.values()
    assert ["007", "1|2"] in lines.values()


def test_csv_holds_tables_alone(write, page):
    text = write(".csv", page, EMPTY, page)
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    table = [["품명", "값", "비고"], ["007", "1|2", ""], ["합계 =1+1", "", ""]]
    assert rows == [*table, [], *table]
    assert write(".csv", EMPTY) == "\ufeff"


@pytest.mark.parametrize("characters", [False, True])
def test_hocr(write, page, odd_page, characters):
    root = ET.fromstring(write(".hocr", page, odd_page, EMPTY, characters=characters))
    metadata = {element.get("name"): element.get("content") for element in root.iter(f"{XHTML}meta")}
    assert {"ocr_page", "ocrx_word", "ocrp_lang"} <= set(metadata["ocr-capabilities"].split())
    assert metadata["ocr-langs"] == "kor"
    pages = list(root.iter(f"{XHTML}div"))
    assert pages[0].get("title") == "image \"영수증 '1' & <2>.png\"; bbox 0 0 600 800; ppageno 2"
    words = [element for element in root.iter(f"{XHTML}span") if element.get("class") == "ocrx_word"]
    assert words[0].get("title") == "bbox 20 5 60 25; x_wconf 95"
    assert len({element.get("id") for element in root.iter() if element.get("id")}) == sum(
        element.get("id") is not None for element in root.iter()
    )
    if not characters:
        assert [word.text for word in words[:3]] == ["글눈", "회보", "사"]
    else:
        first = words[0][0]
        assert (first.get("class"), first.get("title"), first.text) == (
            "ocrx_cinfo",
            "x_bboxes 20 5 40 25; x_conf 97.00",
            "글",
        )
    for element in root.iter():
        for box in re.findall(r"bbox (-?\d+) (-?\d+) (-?\d+) (-?\d+)", element.get("title", "")):
            left, top, right, bottom = map(int, box)
            assert 0 <= left <= right <= 600
            assert 0 <= top <= bottom <= 800


def find_line_title(write, quad):
    word = Word(text="글", quad=quad)
    text = write(".hocr", Page(width_px=600, height_px=800, lines=(Line(words=(word,), quad=quad),)))
    return next(element.get("title") for element in ET.fromstring(text).iter() if element.get("class") == "ocr_line")


def test_hocr_signs_of_baseline_and_textangle(write):
    # Falling to the right on the screen: the slope is positive, the offset from the box's bottom left negative.
    falling = Quad(((100.0, 100.0), (300.0, 120.0), (298.0, 140.0), (98.0, 120.0)))
    assert find_line_title(write, falling) == "bbox 98 100 300 140; baseline 0.100 -24"
    # Reads from bottom to top: turned counter-clockwise by 90 degrees.
    rising = Quad(((100.0, 300.0), (100.0, 100.0), (120.0, 100.0), (120.0, 300.0)))
    assert find_line_title(write, rising) == "bbox 100 100 120 300; textangle 90"
    assert find_line_title(write, Quad.from_xyxy(10, 10, 50, 20)) == "bbox 10 10 50 20; baseline 0.000 -2"


# ALTO takes one group of attributes from XLink, and the files that are written use none of it.
XLINK = """<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.w3.org/1999/xlink">
<attributeGroup name="simpleLink"/></schema>"""


@pytest.fixture
def alto_schema(repository):
    """ALTO 4.3. Version 4.4 adds three optional attributes of a page, which are not written."""
    etree = pytest.importorskip("lxml.etree")

    class Resolver(etree.Resolver):
        def resolve(self, url, identifier, context):
            return self.resolve_string(XLINK, context) if url.endswith("xlink.xsd") else None

    parser = etree.XMLParser()
    parser.resolvers.add(Resolver())
    return etree.XMLSchema(etree.parse(str(repository / "tests" / "resources" / "alto-4-3.xsd"), parser))


@pytest.mark.parametrize("characters", [False, True])
def test_alto_is_valid(write, alto_schema, page, odd_page, characters):
    etree = pytest.importorskip("lxml.etree")
    text = write(".alto.xml", page, odd_page, EMPTY, characters=characters)
    alto_schema.assertValid(etree.fromstring(text.encode()))
    root = ET.fromstring(text)
    assert root.get("SCHEMAVERSION") == "4.4"
    assert root.findtext(f".//{ALTO}fileName") == '영수증 "1" & <2>.png'
    first = root.find(f".//{ALTO}String")
    assert (first.get("CONTENT"), first.get("WC"), first.get("CC")) == ("글눈", "0.9534", "0 0")
    assert (first.find(f"{ALTO}Glyph") is not None) == characters


@pytest.mark.parametrize("characters", [False, True])
def test_page_xml_is_valid(tmp_path, repository, page, odd_page, characters):
    etree = pytest.importorskip("lxml.etree")
    schema = etree.XMLSchema(file=str(repository / "tests" / "resources" / "page-2019-07-15.xsd"))
    for name, each in (("a", page), ("b", odd_page), ("c", EMPTY)):
        path = tmp_path / f"{name}.page.xml"
        write_document(Document(pages=(each,), source="가.png"), path, options=OutputOptions(characters=characters))
        schema.assertValid(etree.parse(str(path)))
    root = ET.parse(tmp_path / "a.page.xml").getroot()
    order = [ref.get("regionRef") for ref in root.iter(f"{PAGE}RegionRefIndexed")]
    assert order == [f"region_{number}" for number in range(1, 9)]
    roles = [role.attrib for role in root.iter(f"{PAGE}TableCellRole")]
    assert roles[0] == {"rowIndex": "0", "columnIndex": "0", "rowSpan": "1", "colSpan": "1", "header": "true"}
    assert [unicode.text for unicode in root.iter(f"{PAGE}Unicode")][-1] == "- 3 -"


def test_running_heads_below_are_footers_in_page_xml(write, page):
    low = [replace(block, kind="running_head") for block in page.blocks if block.kind == "page_number"]
    root = ET.fromstring(write(".page.xml", replace(page, lines=(), blocks=(page.blocks[0], *low))))
    assert [region.get("type") for region in root.iter(f"{PAGE}TextRegion")] == ["header", "footer"]


def test_page_xml_of_several_pages_is_a_file_each(tmp_path):
    pages = tuple(Page(width_px=3, height_px=2, number=number) for number in (9, 10))
    write_document(Document(pages=pages), tmp_path / "책.1권.page.xml")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["책.1권-09.page.xml", "책.1권-10.page.xml"]


def test_a_table_of_a_thousand_columns(write, line):
    cells = tuple(Cell(lines=(line(f"{column}"),), column=column) for column in range(1000))
    page = Page(width_px=900, height_px=90, blocks=(Block(kind="table", cells=cells),))
    (row,) = csv.reader(io.StringIO(write(".csv", page).removeprefix("\ufeff"), newline=""))
    assert row == [str(column) for column in range(1000)]
    assert write(".md", page).splitlines()[2].count("|") == 1001


def test_boxes_hold_the_boxes_inside_them(write):
    line = Quad.from_xyxy(20, 20, 80, 40)
    words = (
        Word(text="왼쪽", quad=Quad.from_xyxy(15, 18, 40, 40)),
        Word(text="끝", quad=Quad.from_xyxy(60, 20, 85, 44)),
    )
    page = Page(width_px=100, height_px=60, lines=(Line(words=words, quad=line),))
    rows = [row.split("\t") for row in write(".tsv", page).splitlines()]
    assert {tuple(row[6:10]) for row in rows if row[0] in "234"} == {("15", "18", "70", "26")}
    titles = re.findall(r"bbox ([\d ]+)", write(".hocr", page))
    assert titles[1:4] == ["15 18 85 44"] * 3
    assert write(".alto.xml", page).count('HPOS="15" VPOS="18" WIDTH="70" HEIGHT="26"') == 2


def test_a_note_sign_is_no_bullet(write, line):
    items = tuple(Block.of_lines("list_item", [line(text)]) for text in ("※ 신청", "• 하나", "2) 둘"))
    page = Page(width_px=300, height_px=90, blocks=items)
    assert write(".md", page) == "※ 신청\n\n- 하나\n\n2) 둘\n"
