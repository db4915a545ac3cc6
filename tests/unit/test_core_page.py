import json
from dataclasses import replace

import pytest

from geulnun.core.geometry import Quad
from geulnun.core.page import Block, Cell, Document, Line, Page, Word
from geulnun.errors import InputError


def line(text: str) -> Line:
    quad = Quad.from_xyxy(0, 0, 10, 10)
    return Line(words=tuple(Word(text=word, quad=quad) for word in text.split()), quad=quad)


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("사 업 자 등 록 증", "사업자등록증"),
        ("영 수 증 (공급받는자용)", "영수증 (공급받는자용)"),
        ("[별지] 위 임 장", "[별지] 위임장"),
        ("성 명", None),
        ("이 그 저 사람", None),
        ("사업자등록증", None),
        ("1 2 3 4", None),
        ("A B C", None),
        ("가 나 (", None),
        ("", None),
    ],
)
def test_headings_spaced_out_letter_by_letter_have_a_joined_form(text: str, joined: str | None) -> None:
    assert line(text).joined == joined
    assert line(text).text == text


def test_a_word_without_text_joins_nothing() -> None:
    spaced = line("가 나 다")
    assert replace(spaced, words=(*spaced.words, replace(spaced.words[0], text=""))).joined is None


def test_json_has_the_joined_form_beside_the_literal_text() -> None:
    page = Page(width_px=10, height_px=10, lines=(line("위 임 장"), line("성 명")))
    first, second = page.to_dict()["lines"]
    assert (first["text"], first["joined"]) == ("위 임 장", "위임장")
    assert "joined" not in second
    document = Document(pages=(page,))
    assert Document.from_json(document.to_json()) == document


def cell(text: str, row: int, column: int, **spans: int) -> Cell:
    return Cell(lines=(line(text),), row=row, column=column, **spans)


TABLE = Block(
    kind="table",
    header_rows=1,
    cells=(
        cell("품목", 0, 0),
        cell("값", 0, 1, column_span=2),
        Cell(lines=(replace(line("감바스 알아"), breaks_word=True), line("히요 큰 접시")), row=1, column=0, row_span=2),
        cell("18,000", 1, 1),
        Cell(row=1, column=2, bounds=Quad.from_xyxy(0, 0, 5, 5)),
        cell("덤", 2, 2),
    ),
)


def test_rows_are_lines_of_text_and_paragraphs_are_joined() -> None:
    paragraph = Block.of_lines("paragraph", [line("긴 글은"), replace(line("줄 끝에"), breaks_word=True), line("서")])
    page = Page(width_px=9, height_px=9, blocks=(paragraph, TABLE))
    assert page.text.splitlines() == ["긴 글은", "줄 끝에", "서", "품목\t값", "감바스 알아히요 큰 접시\t18,000", "덤"]
    assert [block.text for block in page.blocks] == [
        "긴 글은 줄 끝에서",
        "품목\t값\n감바스 알아히요 큰 접시\t18,000\n덤",
    ]
    assert (TABLE.row_count, TABLE.column_count, page.tables) == (3, 3, (TABLE,))
    assert page.lines == paragraph.lines + TABLE.lines


def test_a_page_of_lines_has_a_block_a_line_and_blocks_must_hold_its_lines() -> None:
    page = Page(width_px=9, height_px=9, lines=(line("가"), line("나")))
    assert [block.kind for block in page.blocks] == ["paragraph", "paragraph"]
    with pytest.raises(ValueError, match="1 lines beside blocks of 2"):
        Page(width_px=9, height_px=9, lines=page.lines[:1], blocks=page.blocks)


def test_json_tells_blocks_and_reads_version_1() -> None:
    paragraph = Block.of_lines("list_item", [replace(line("① 긴 글은 줄 끝에"), breaks_word=True), line("서 가른다")])
    document = Document(pages=(Page(width_px=9, height_px=9, blocks=(paragraph, TABLE)),))
    assert Document.from_json(document.to_json()) == document
    data = document.to_dict()
    first, table = data["pages"][0]["blocks"]
    assert (first["kind"], first["lines"], first["text"]) == ("list_item", [0, 1], "① 긴 글은 줄 끝에서 가른다")
    assert [each["lines"] for each in table["cells"]] == [[2], [3], [4, 5], [6], [], [7]]
    data["version"], data["pages"][0]["blocks"] = 1, [2, 1, 5]
    (page,) = Document.from_json(json.dumps(data)).pages
    assert (page.lines, [len(block.lines) for block in page.blocks]) == (document.pages[0].lines, [2, 1, 5])
    data["version"], data["pages"][0]["blocks"] = 2, [{"kind": "poem", "lines": [0]}]
    with pytest.raises(InputError, match="poem"):
        Document.from_json(json.dumps(data))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"width_px": 9', '"width_px": 1e999'),
        ('"width_px": 9', '"width_px": 0'),
        ('"rotation_deg": 0', '"rotation_deg": 45'),
        ('"number": 1', '"number": 0'),
        ('"orientation"', '"confidence": "x", "orientation"'),
        ('"orientation"', '"confidence": NaN, "orientation"'),
        ("[[0, 0]", "[[Infinity, 0]"),
        ('{"text": "품목", "quad"', '{"text": "", "quad"'),
        ('"row_span": 2', '"row_span": -3'),
        ('"column": 2', '"column": -1'),
        ('"column": 2', '"column": 1000000000'),
        ('"column": 2', '"column": 1'),
        ('"row_span": 1', '"row_span": 2'),
        ('"blocks": [', '"blocks": [{"kind": "heading", "lines": []}, '),
        ('"source": null', '"source": 5'),
        ('"source": null', f'"source": {"[" * 100_000}'),
    ],
)
def test_json_that_no_writer_could_write_is_refused(old: str, new: str) -> None:
    text = Document(pages=(Page(width_px=9, height_px=9, blocks=(TABLE,)),)).to_json()
    assert old in text
    with pytest.raises(InputError, match="not (JSON|a geulnun)"):
        Document.from_json(text.replace(old, new))


def test_json_may_have_cells_in_which_nothing_is() -> None:
    data = Document(pages=(Page(width_px=9, height_px=9, blocks=(TABLE,)),)).to_dict()
    cells = data["pages"][0]["blocks"][0]["cells"]
    cells.append({**cells[-1], "row": 3, "lines": []})
    assert Document.from_json(json.dumps(data)).pages[0].blocks == (TABLE,)


def test_everything_of_a_block_moves_with_its_page() -> None:
    page = Page(width_px=9, height_px=9, blocks=(TABLE,))
    moved = page.moved(lambda quad: quad.scaled(2, 2), width_px=18, height_px=18)
    assert moved.blocks[0].cells[4].bounds == Quad.from_xyxy(0, 0, 10, 10)
    assert moved.lines[0].quad == page.lines[0].quad.scaled(2, 2)
    assert moved.text == page.text
