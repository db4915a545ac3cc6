"""Workbooks and Word files, read back by other programs' libraries."""

import errno
from unittest.mock import Mock

import pytest

from geulnun.core.geometry import Quad
from geulnun.core.page import Block, Cell, Document, Line, Page, Word
from geulnun.errors import OutputError
from geulnun.outputs import DocumentInfo, open_writer, write_document


@pytest.fixture
def wide(line):
    cells = tuple(Cell(lines=(line(f"{column}"),), column=column) for column in range(1000))
    return Page(width_px=900, height_px=90, blocks=(Block(kind="table", cells=cells),))


class TestWorkbooks:
    @pytest.fixture(autouse=True)
    def _needs_libraries(self):
        pytest.importorskip("xlsxwriter")
        pytest.importorskip("openpyxl")

    def test_each_table_is_a_sheet_and_all_cells_are_text(self, tmp_path, page):
        from openpyxl import load_workbook

        write_document(Document(pages=(page, Page(width_px=3, height_px=3))), tmp_path / "표.xlsx")
        (sheet,) = load_workbook(tmp_path / "표.xlsx").worksheets
        assert sheet.title == "page 3 table 1"
        assert [[cell.value for cell in row] for row in sheet.rows] == [
            ["품명", "값", "비고"],
            ["007", "1|2", None],
            ["합계 =1+1", None, None],
        ]
        assert sheet["A2"].data_type == "s"
        assert sheet["A2"].number_format == "@"
        assert sheet["A1"].font.bold
        assert sorted(map(str, sheet.merged_cells.ranges)) == ["A3:B3", "C2:C3"]

    def test_formulas_links_and_long_numbers_stay_text(self, tmp_path, line):
        from openpyxl import load_workbook

        texts = ["=1+1", "https://example.org", "12345678901234567890", "a\x01b", "-5"]
        cells = tuple(Cell(lines=(line(text),), row=row) for row, text in enumerate(texts))
        page = Page(width_px=9, height_px=9, blocks=(Block(kind="table", cells=cells),))
        write_document(Document(pages=(page,)), tmp_path / "a.xlsx")
        (sheet,) = load_workbook(tmp_path / "a.xlsx").worksheets
        assert [cell.value for cell in sheet["A"]] == ["=1+1", *texts[1:3], "ab", "-5"]
        assert {cell.data_type for cell in sheet["A"]} == {"s"}

    def test_without_tables_and_with_wide_ones(self, tmp_path, wide):
        from openpyxl import load_workbook

        write_document(Document(pages=()), tmp_path / "none.xlsx")
        assert load_workbook(tmp_path / "none.xlsx").sheetnames == ["no tables"]
        write_document(Document(pages=(wide,)), tmp_path / "wide.xlsx")
        assert load_workbook(tmp_path / "wide.xlsx").worksheets[0].max_column == 1000

    def test_pages_with_one_number_have_sheets_of_their_own(self, tmp_path, page):
        from openpyxl import load_workbook

        write_document(Document(pages=(page, page)), tmp_path / "a.xlsx")
        assert load_workbook(tmp_path / "a.xlsx").sheetnames == ["page 3 table 1", "page 3 table 1 (2)"]

    def test_a_document_that_failed_is_taken_back(self, tmp_path, page):
        from openpyxl import load_workbook

        with open_writer(tmp_path / "a.xlsx", several=True) as writer:
            for failed in (False, True, False):
                writer.start_document(DocumentInfo(name="a"))
                writer.write_page(page)
                if failed:
                    writer.discard_document()
        assert load_workbook(tmp_path / "a.xlsx").sheetnames == ["page 3 table 1", "3 page 3 table 1"]


class TestWord:
    @pytest.fixture(autouse=True)
    def _needs_libraries(self):
        pytest.importorskip("docx")

    def test_blocks_become_paragraphs_and_tables(self, tmp_path, page):
        import docx

        write_document(Document(pages=(page, page)), tmp_path / "글.docx")
        document = docx.Document(str(tmp_path / "글.docx"))
        texts = [(paragraph.style.name, paragraph.text) for paragraph in document.paragraphs]
        assert texts[:5] == [
            ("Normal", "글눈 회보"),
            ("Heading 1", "사업자등록증"),
            ("Normal", "이 글은 읽는다 *그리고* <끝>"),
            ("List Bullet", "하나 & 둘"),
            ("Normal", "감바스\t18,000"),
        ]
        assert ("Normal", "1. 그림 𠮷") in texts
        table = document.tables[0]
        assert [[cell.text for cell in row.cells] for row in table.rows] == [
            ["품명", "값", "비고"],
            ["007", "1|2", ""],
            ["합계 =1+1", "합계 =1+1", ""],
        ]
        assert table.cell(0, 0).paragraphs[0].runs[0].bold
        assert sum("w:br" in paragraph._p.xml for paragraph in document.paragraphs) == 1

    def test_odd_text_and_tables_too_wide_for_word(self, tmp_path, odd_page, wide):
        import docx

        write_document(Document(pages=(odd_page, wide)), tmp_path / "a.docx")
        document = docx.Document(str(tmp_path / "a.docx"))
        assert document.paragraphs[0].text == "ab]]>"
        assert not document.tables
        assert document.paragraphs[-1].text.split("\t") == [str(column) for column in range(1000)]

    def test_a_cell_over_very_many_rows(self, tmp_path):
        import docx

        quad = Quad.from_xyxy(0, 0, 9, 9)
        line = Line(words=(Word(text="글", quad=quad),), quad=quad)
        table = Block(kind="table", cells=(Cell(lines=(line,), row_span=2000),))
        page = Page(width_px=9, height_px=9, blocks=(table,))
        write_document(Document(pages=(page,)), tmp_path / "a.docx")
        document = docx.Document(str(tmp_path / "a.docx"))
        assert not document.tables and document.paragraphs[0].text == "글"

    def test_pages_wait_in_a_file_until_the_end(self, tmp_path, page, monkeypatch):
        """Word's many small objects, made while pages are read, would hold the memory of these."""
        import docx

        opened = []
        monkeypatch.setattr(docx, "Document", lambda real=docx.Document: opened.append(1) or real())
        with open_writer(tmp_path / "a.docx") as writer:
            for _ in range(3):
                writer.write_page(page)
            assert not opened
        assert [path.name for path in tmp_path.iterdir()] == ["a.docx"]

    def test_several_documents_and_one_that_failed(self, tmp_path, page):
        import docx

        with open_writer(tmp_path / "a.docx", several=True) as writer:
            for name in ("하나.png", "둘.png", "셋.png"):
                writer.start_document(DocumentInfo(name=name))
                writer.write_page(page)
                if name == "둘.png":
                    writer.discard_document()
        document = docx.Document(str(tmp_path / "a.docx"))
        titles = [paragraph.text for paragraph in document.paragraphs if paragraph.style.name == "Title"]
        assert titles == ["하나.png", "셋.png"]
        assert len(document.tables) == 2


@pytest.mark.parametrize("suffix", [".docx", ".xlsx"])
def test_a_file_that_cannot_be_saved_can_still_be_discarded(tmp_path, page, monkeypatch, suffix):
    pytest.importorskip({".docx": "docx", ".xlsx": "xlsxwriter"}[suffix])
    writer = open_writer(tmp_path / f"a{suffix}").__enter__()
    writer.start_document(DocumentInfo())
    writer.write_page(page)
    monkeypatch.setattr(writer, "_save", Mock(side_effect=OSError(errno.ENOSPC, "disk full")))
    with pytest.raises(OutputError, match="disk full") as caught:
        writer.__exit__(None, None, None)
    writer.__exit__(OutputError, caught.value, None)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("suffix", "module", "extra"), [(".docx", "docx", "office"), (".xlsx", "xlsxwriter", "office")]
)
def test_a_missing_extra_names_its_pip_line(tmp_path, monkeypatch, suffix, module, extra):
    import sys

    from geulnun.errors import MissingExtraError

    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=rf"pip install 'geulnun\[{extra}\]'"):
        open_writer(tmp_path / f"a{suffix}")
    assert not list(tmp_path.iterdir())
