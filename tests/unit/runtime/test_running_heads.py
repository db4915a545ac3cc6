from geulnun.core.geometry import Quad
from geulnun.core.page import Block, Line, Page, Word
from geulnun.runtime.running_heads import RunningHeads, name_running_heads

HEIGHT = 1000


def make_block(text: str, top: float, kind: str = "paragraph") -> Block:
    quad = Quad.from_xyxy(50, top, 50 + 20 * len(text), top + 20)
    return Block.of_lines(kind, [Line(words=(Word(text=text, quad=quad),), quad=quad)])  # type: ignore[arg-type]


def make_page(number: int, *blocks: Block, rotation_deg: int = 0) -> Page:
    body = make_block(f"{number}쪽의 글이다", 300)
    foot = make_block(f"- {number} -", 980, "page_number")
    return Page(width_px=700, height_px=HEIGHT, number=number, blocks=(*blocks, body, foot), rotation_deg=rotation_deg)


def heads(pages: list[Page]) -> list[list[str]]:
    return [[block.text for block in page.blocks if block.kind == "running_head"] for page in pages]


def test_lines_that_pages_share_at_an_edge_are_running_heads() -> None:
    left = [make_page(n, make_block("제1장 바다", 40), make_block("글눈출판", 930)) for n in (2, 4)]
    right = [make_page(3, make_block("사람과 바디", 43)), make_page(5, make_block("사람과 바다", 38))]
    pages = [left[0], right[0], left[1], right[1]]
    both = [["제1장 바다", "글눈출판"], ["사람과 바디"], ["제1장 바다", "글눈출판"], ["사람과 바다"]]
    stream = RunningHeads()
    assert heads([stream.name(page) for page in pages]) == [[], [], *both[2:]]
    named = name_running_heads(pages)
    assert heads(named) == both
    assert [page.text for page in named] == [page.text for page in pages]


def test_what_is_no_running_head() -> None:
    first = make_page(1, make_block("매출", 40))
    for other in (
        make_page(2, make_block("매출", 80)),  # elsewhere
        make_page(2, make_block("재고 현황", 40)),  # another text
        make_page(2, make_block("매출", 40, "heading")),
        make_page(2, make_block("매출", 40), make_block("지출", 40)),  # beside something
        make_page(2, make_block("매출", 40), rotation_deg=90),
    ):
        assert heads(name_running_heads([first, other])) == [[], []]
    middle = [make_page(n, make_block("매출", 250)) for n in (1, 2)]
    assert heads(name_running_heads(middle)) == [[], []]
    alone = Page(width_px=700, height_px=HEIGHT, blocks=(make_block("매출", 40),))
    assert heads(name_running_heads([alone, alone])) == [[], []]
    assert name_running_heads([]) == []
