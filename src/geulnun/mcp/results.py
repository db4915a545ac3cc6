"""What the tools answer. The field names are what a client sees."""

from itertools import groupby
from typing import Self

from pydantic import BaseModel

from geulnun.core.geometry import Quad
from geulnun.core.page import Line, Page, Word

Box = tuple[int, int, int, int]
_NO_TEXT = "(no text was found)"


class WordResult(BaseModel, frozen=True):
    """A word; its box is [left, top, right, bottom] in pixels."""

    text: str
    box: Box
    confidence: float | None

    @classmethod
    def of(cls, word: Word) -> Self:
        """The word as it is answered."""
        return cls(text=word.text, box=_round_box(word.quad), confidence=_round(word.confidence))


class LineResult(BaseModel, frozen=True):
    """A line, its words if they were asked for."""

    text: str
    box: Box
    confidence: float | None
    words: list[WordResult]

    @classmethod
    def of(cls, line: Line, *, with_words: bool) -> Self:
        """The line as it is answered."""
        words = [WordResult.of(word) for word in line.words] if with_words else []
        return cls(text=line.text, box=_round_box(line.quad), confidence=_round(line.confidence), words=words)


class PageResult(BaseModel, frozen=True):
    """A page: boxes are in pixels of an image of this width and height."""

    number: int
    width: int
    height: int
    lines: list[LineResult]

    @classmethod
    def of(cls, page: Page, *, with_words: bool) -> Self:
        """The page as it is answered."""
        lines = [LineResult.of(line, with_words=with_words) for line in page.lines]
        return cls(number=page.number, width=page.width_px, height=page.height_px, lines=lines)


class BoxesResult(BaseModel, frozen=True):
    """Pages that were read, and those that were asked for and are left for another call."""

    pages: list[PageResult]
    pages_left: list[int]


class PdfResult(BaseModel, frozen=True):
    """A searchable PDF that was written."""

    path: str
    pages: int


def format_text(pages: list[Page], pages_left: list[int], page_count: int) -> str:
    """The text of pages under headings, if the document has several, and how to get at the others."""
    if page_count == 1:
        return "\n".join(page.text or _NO_TEXT for page in pages)
    parts = [f"--- page {page.number} of {page_count} ---\n{page.text or _NO_TEXT}" for page in pages]
    if pages_left:
        parts.append(f"--- {len(pages_left)} pages are left; go on with pages={_join_runs(pages_left)!r} ---")
    return "\n\n".join(parts)


def _join_runs(numbers: list[int]) -> str:
    """Ascending page numbers as the tools take them: "21-23,50"."""
    runs = [[number for _, number in run] for _, run in groupby(enumerate(numbers), lambda each: each[1] - each[0])]
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)


def _round_box(quad: Quad) -> Box:
    left, top, right, bottom = quad.xyxy
    return round(left), round(top), round(right), round(bottom)


def _round(confidence: float | None) -> float | None:
    return None if confidence is None else round(confidence, 3)
