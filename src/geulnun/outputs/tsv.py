"""Tab-separated words in the twelve columns of Tesseract, so that programs made for it read them.

Every page, block, paragraph, line and word has a row; numbers count from 1 inside their parent and are 0 for what lies
below. The table has no quoting: readers such as pandas need ``quoting=3``.

Source: Tesseract 5, src/api/baseapi.cpp, TessBaseAPI::GetTSVText.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from geulnun.core.page import Block, Line, Page, Word
from geulnun.outputs.boxes import Box, find_quads
from geulnun.outputs.text_writer import TextFormat

COLUMNS = (
    "level",
    "page_num",
    "block_num",
    "par_num",
    "line_num",
    "word_num",
    "left",
    "top",
    "width",
    "height",
    "conf",
    "text",
)
_NO_CONFIDENCE = -1.0


@dataclass(frozen=True, slots=True)
class TsvRow:
    """One row: what it is, its numbers, its box and its text."""

    level: int
    page_num: int
    block_num: int
    par_num: int
    line_num: int
    word_num: int
    left: int
    top: int
    width: int
    height: int
    conf: float
    text: str

    def __str__(self) -> str:
        conf = f"{self.conf:.6f}" if self.level == 5 else "-1"
        *numbers, _, _ = (getattr(self, name) for name in COLUMNS)
        return "\t".join([*map(str, numbers), conf, self.text])


def list_rows(page: Page, page_num: int = 1) -> Iterator[TsvRow]:
    """The rows of a page, in reading order.

    Lines that face each other in a row or table are one line; where a cell has several lines, each is one of its own.
    """
    yield _build_row(page, (page_num,), Box(0, 0, page.width_px, page.height_px))
    for block_num, block in enumerate(page.blocks, 1):
        yield _build_row(page, (page_num, block_num), Box.around(find_quads(block), page))
        for par_num, paragraph in enumerate(find_paragraphs(block), 1):
            numbers = (page_num, block_num, par_num)
            yield _build_row(page, numbers, _enclose((line for row in paragraph for line in row), page))
            for line_num, row in enumerate(paragraph, 1):
                yield _build_row(page, (*numbers, line_num), _enclose(row, page))
                for word_num, word in enumerate((word for line in row for word in line.words), 1):
                    yield _build_row(page, (*numbers, line_num, word_num), Box.around([word.quad], page), word)


def find_paragraphs(block: Block) -> list[list[list[Line]]]:
    """The paragraphs of a block, as lists of rows of lines: those of a table are its rows, others have one."""
    if block.kind not in ("row", "table"):
        return [[[line] for line in block.lines]]
    paragraphs = []
    for cells in block.rows:
        filled = [cell.lines for cell in cells if cell.lines]
        if all(len(lines) == 1 for lines in filled):
            paragraphs.append([[lines[0] for lines in filled]])
        else:
            paragraphs.append([[line] for lines in filled for line in lines])
    return [paragraph for paragraph in paragraphs if paragraph and paragraph[0]]


@dataclass(slots=True)
class TsvFormat(TextFormat):
    """Tab-separated words; pages are numbered on from one document to the next."""

    several: bool = False
    _page_num: int = field(default=0, init=False)

    def begin(self) -> str:
        """The names of the columns."""
        return "\t".join(COLUMNS) + "\n"

    def format_page(self, page: Page) -> str:
        """The rows of a page."""
        self._page_num += 1
        page_num = self._page_num if self.several else page.number
        return "".join(f"{row}\n" for row in list_rows(page, page_num))


def _enclose(lines: Iterable[Line], page: Page) -> Box:
    return Box.around((quad for line in lines for quad in find_quads(line)), page)


def _build_row(page: Page, numbers: tuple[int, ...], box: Box, word: Word | None = None) -> TsvRow:
    padded = (*numbers, *[0] * (5 - len(numbers)))
    conf, text = _NO_CONFIDENCE, ""
    if word is not None:
        # Truth is sure.
        conf = 100.0 if word.confidence is None else 100.0 * word.confidence
        text = " ".join(word.text.split())
    page_num, block_num, par_num, line_num, word_num = padded
    return TsvRow(
        len(numbers),
        page_num,
        block_num,
        par_num,
        line_num,
        word_num,
        box.left,
        box.top,
        box.width,
        box.height,
        conf,
        text,
    )
