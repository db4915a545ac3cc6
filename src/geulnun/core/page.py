"""One schema of a read page for truth and for prediction: Document > Page > Block > Cell > Line > Word > Char.

Everything is immutable. `confidence=None` means truth. Text is NFC with real spaces; quads are in pixels of the
page image. JSON goes both ways and is versioned.
"""

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from geulnun.core.geometry import Quad, enclose
from geulnun.core.hangul import is_syllable
from geulnun.core.script import Script, find_script
from geulnun.errors import InputError

JSON_VERSION = 2
Orientation = Literal["horizontal", "vertical"]
BlockKind = Literal["paragraph", "heading", "list_item", "caption", "row", "table", "page_number", "running_head"]

_MOST_PX = 1_000_000_000  # of a length or coordinate that is read
_MOST_PLACES = 1_000_000  # of a block's grid that is read
_LEAST_SPACED = 3  # syllables that stand alone, in a heading that is spaced out
_OPENING, _CLOSING = tuple("([<{（［〈《「『【"), tuple(")]>}）］〉》」』】")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One reading of a character.

    Attributes:
        text: the character.
        confidence: that it is this one.
        jamo: for a syllable, the probabilities of its initial, medial and final, each by itself.
    """

    text: str
    confidence: float
    jamo: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Char:
    """One character other than a space."""

    text: str
    quad: Quad
    confidence: float | None = None
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """Characters between two spaces. `chars` may be empty where only words are known."""

    text: str
    quad: Quad
    confidence: float | None = None
    chars: tuple[Char, ...] = ()

    @property
    def script(self) -> Script:
        """What it is written in: "hangul", "latin", "digits", "symbols", "mixed" or "unknown"."""
        return find_script(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Words that are read in one go.

    Attributes:
        words: from its start to its end.
        quad: around them.
        confidence: mean of its characters'.
        orientation: which way it runs.
        breaks_word: whether its last word goes on in the next line of its cell or paragraph.
    """

    words: tuple[Word, ...]
    quad: Quad
    confidence: float | None = None
    orientation: Orientation = "horizontal"
    breaks_word: bool = False

    @property
    def text(self) -> str:
        """The words joined by single spaces."""
        return " ".join(word.text for word in self.words)

    @property
    def joined(self) -> str | None:
        """The text of a heading that is spaced out letter by letter, without these spaces; None for other lines.

        That is a line of three or more single syllables, as "사 업 자 등 록 증". A note in brackets before or behind
        them stays apart.
        """
        texts = [word.text for word in self.words]
        start = next((i for i, text in enumerate(texts) if _is_spaced_letter(text)), len(texts))
        end = next((i for i in range(start, len(texts)) if not _is_spaced_letter(texts[i])), len(texts))
        rest = texts[:start] + texts[end:]
        noted = all(text.startswith(_OPENING) and text.endswith(_CLOSING) for text in rest)
        if end - start < _LEAST_SPACED or not noted:
            return None
        return " ".join([*texts[:start], "".join(texts[start:end]), *texts[end:]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What stands in one place of a block: a cell of a table, a line of a paragraph.

    Attributes:
        lines: from top to bottom; none in an empty cell between ruling lines.
        row: of the block, from 0; the first of those that it spans.
        column: of the block, from 0; the first of those that it spans.
        row_span: rows that it covers.
        column_span: columns that it covers.
        bounds: the ruling lines around it; None where there are none.
    """

    lines: tuple[Line, ...] = ()
    row: int = 0
    column: int = 0
    row_span: int = 1
    column_span: int = 1
    bounds: Quad | None = None

    @property
    def text(self) -> str:
        """Its lines joined by single spaces, or by nothing where a word goes on in the next line."""
        return join_lines(self.lines)

    @property
    def quad(self) -> Quad:
        """Its bounds, or the smallest quad around its lines.

        Raises:
            ValueError: neither has it bounds nor lines.
        """
        return self.bounds or enclose(line.quad for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Lines that belong together.

    In paragraphs, headings, list items and captions every line is a cell of the one column. In a "row" lines face each
    other. In a table cells have their places in a grid; those that nothing was found in may be missing.

    Attributes:
        kind: what it is; a "heading" is one that is spaced out letter by letter.
        cells: row by row, each row from left to right.
        header_rows: rows of a table that name its columns.
    """

    kind: BlockKind
    cells: tuple[Cell, ...]
    header_rows: int = 0

    @classmethod
    def of_lines(cls, kind: BlockKind, lines: Iterable[Line]) -> "Block":
        """The block of these lines below each other."""
        return cls(kind=kind, cells=tuple(Cell(lines=(line,), row=row) for row, line in enumerate(lines)))

    @property
    def lines(self) -> tuple[Line, ...]:
        """All its lines, cell by cell."""
        return tuple(line for cell in self.cells for line in cell.lines)

    @property
    def rows(self) -> tuple[tuple[Cell, ...], ...]:
        """The cells of each row; those that begin in a row above are not among them."""
        return tuple(tuple(cells) for _, cells in itertools.groupby(self.cells, key=lambda cell: cell.row))

    @property
    def row_count(self) -> int:
        """Rows of its grid."""
        return max((cell.row + cell.row_span for cell in self.cells), default=0)

    @property
    def column_count(self) -> int:
        """Columns of its grid."""
        return max((cell.column + cell.column_span for cell in self.cells), default=0)

    @property
    def row_texts(self) -> tuple[str, ...]:
        """The text of each row that has any, its cells parted by a tab."""
        texts = ("\t".join(cell.text for cell in row if cell.lines) for row in self.rows)
        return tuple(text for text in texts if text)

    @property
    def text(self) -> str:
        """A table's rows, one a line; the lines of any other block joined as those of one cell are."""
        if self.kind in ("row", "table"):
            return "\n".join(self.row_texts)
        return join_lines(self.lines)

    @property
    def quad(self) -> Quad:
        """The smallest quad around its cells."""
        return enclose(cell.quad for cell in self.cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The blocks of one page image in reading order, and their lines.

    Lines and blocks say the same: whoever makes a page gives either. Without blocks every line is a paragraph.

    Attributes:
        width_px: of the image, as it is.
        height_px: of the image.
        lines: their quads are in pixels of the image and start at the text's own top left, however the page lies.
        number: of the page in its document, from 1.
        rotation_deg: how far the page lies turned clockwise in its image: 0, 90, 180 or 270.
        blocks: all lines once, in the same order.

    Raises:
        ValueError: the blocks' lines are not `lines`.
    """

    width_px: int
    height_px: int
    lines: tuple[Line, ...] = ()
    number: int = 1
    rotation_deg: int = 0
    blocks: tuple[Block, ...] = ()

    def __post_init__(self) -> None:
        if not self.blocks:
            object.__setattr__(self, "blocks", tuple(Block.of_lines("paragraph", [line]) for line in self.lines))
            return
        lines = tuple(line for block in self.blocks for line in block.lines)
        if self.lines and self.lines != lines:
            raise ValueError(
                f"{len(self.lines)} lines beside blocks of {len(lines)}: both must be the same, in the same order. "
                "Give blocks alone."
            )
        object.__setattr__(self, "lines", lines)

    @property
    def text(self) -> str:
        """The rows' texts, one a line, their cells parted by tabs."""
        return "\n".join(text for block in self.blocks for text in block.row_texts)

    @property
    def tables(self) -> tuple[Block, ...]:
        """The blocks that are tables."""
        return tuple(block for block in self.blocks if block.kind == "table")

    @property
    def words(self) -> Iterator[Word]:
        """All words in reading order."""
        return (word for line in self.lines for word in line.words)

    @property
    def chars(self) -> Iterator[Char]:
        """All characters in reading order."""
        return (char for word in self.words for char in word.chars)

    def moved(self, move: Callable[[Quad], Quad], *, width_px: int, height_px: int) -> "Page":
        """This page with every quad passed through `move`, on an image of the given size."""
        blocks = tuple(
            replace(block, cells=tuple(_move_cell(cell, move) for cell in block.cells)) for block in self.blocks
        )
        return replace(self, lines=(), blocks=blocks, width_px=width_px, height_px=height_px)

    def warped(self, matrix: NDArray[np.floating], width_px: int, height_px: int) -> "Page":
        """This page through a 3x3 homography onto an image of the given size."""
        return self.moved(lambda quad: quad.warped(matrix), width_px=width_px, height_px=height_px)

    def to_dict(self) -> dict[str, Any]:
        """This page as plain JSON types."""
        return {
            "number": self.number,
            "width_px": self.width_px,
            "height_px": self.height_px,
            "rotation_deg": self.rotation_deg,
            "text": self.text,
            "blocks": _blocks_to_list(self.blocks),
            "lines": [_line_to_dict(line) for line in self.lines],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Page":
        """The page of `to_dict`.

        Raises:
            InputError: a field is missing, of the wrong kind or out of range.
        """
        try:
            lines = tuple(_line_from_dict(line) for line in data["lines"])
            return cls(
                number=_read_int(data, "number", 1) if "number" in data else 1,
                width_px=_read_int(data, "width_px", 1),
                height_px=_read_int(data, "height_px", 1),
                rotation_deg=_read_turn(data),
                lines=lines,
                blocks=_blocks_from_list(data.get("blocks", ()), lines),
            )
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
            raise InputError(
                f"not a geulnun page: {type(error).__name__} {error}. A page has number, width_px, height_px and "
                "lines of words; write it with Page.to_dict or Document.to_json."
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The pages of one source, in order."""

    pages: tuple[Page, ...]
    source: str | None = None

    @property
    def text(self) -> str:
        """The pages' texts with an empty line between them."""
        return "\n\n".join(page.text for page in self.pages)

    def to_json(self, indent: int | None = None) -> str:
        """This document as JSON text; Korean is written as it is."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent)

    def to_dict(self) -> dict[str, Any]:
        """This document as plain JSON types."""
        return {"version": JSON_VERSION, "source": self.source, "pages": [page.to_dict() for page in self.pages]}

    @classmethod
    def from_json(cls, text: str) -> "Document":
        """The document of `to_json`.

        Raises:
            InputError: not JSON, another version, or not a document.
        """
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError(f"not JSON: {error}. Expected what Document.to_json writes.") from error
        versions = range(1, JSON_VERSION + 1)
        if not isinstance(data, dict) or data.get("version") not in versions or not isinstance(data.get("pages"), list):
            seen = data.get("version") if isinstance(data, dict) else type(data).__name__
            raise InputError(
                f"not a geulnun document: version {seen!r} where 1 to {JSON_VERSION} are known. Expected what "
                "Document.to_json writes."
            )
        source = data.get("source")
        if not isinstance(source, str | None):
            raise InputError(f"not a geulnun document: source is {source!r}; allowed are a string and null.")
        return cls(pages=tuple(Page.from_dict(page) for page in data["pages"]), source=source)


def join_lines(lines: Iterable[Line]) -> str:
    """The text of lines that go on in each other: a space between two of them unless a word is broken there."""
    parts = (line.text + ("" if line.breaks_word else " ") for line in lines)
    return "".join(parts).rstrip(" ")


def _move_cell(cell: Cell, move: Callable[[Quad], Quad]) -> Cell:
    bounds = None if cell.bounds is None else move(cell.bounds)
    return replace(cell, lines=tuple(_move_line(line, move) for line in cell.lines), bounds=bounds)


def _move_line(line: Line, move: Callable[[Quad], Quad]) -> Line:
    return replace(line, quad=move(line.quad), words=tuple(_move_word(word, move) for word in line.words))


def _move_word(word: Word, move: Callable[[Quad], Quad]) -> Word:
    chars = tuple(replace(char, quad=move(char.quad)) for char in word.chars)
    return replace(word, quad=move(word.quad), chars=chars)


def _is_spaced_letter(text: str) -> bool:
    return len(text) == 1 and is_syllable(text)


def _known(confidence: float | None) -> dict[str, float]:
    return {} if confidence is None else {"confidence": round(confidence, 4)}


def _quad_to_list(quad: Quad) -> list[list[float]]:
    return [[round(x, 1), round(y, 1)] for x, y in quad.points]


def _blocks_to_list(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    """Blocks as plain JSON types; lines are numbers, from 0, of the page's lines."""
    numbers = itertools.count()
    return [_block_to_dict(block, numbers) for block in blocks]


def _block_to_dict(block: Block, numbers: Iterator[int]) -> dict[str, Any]:
    data: dict[str, Any] = {"kind": block.kind, "text": block.text, "quad": _quad_to_list(block.quad)}
    if block == Block.of_lines(block.kind, block.lines):
        return {**data, "lines": list(itertools.islice(numbers, len(block.cells)))}
    grid = {"rows": block.row_count, "columns": block.column_count, "header_rows": block.header_rows}
    return {**data, **grid, "cells": [_cell_to_dict(cell, numbers) for cell in block.cells]}


def _cell_to_dict(cell: Cell, numbers: Iterator[int]) -> dict[str, Any]:
    return {
        "text": cell.text,
        "row": cell.row,
        "column": cell.column,
        "row_span": cell.row_span,
        "column_span": cell.column_span,
        **({} if cell.bounds is None else {"bounds": _quad_to_list(cell.bounds)}),
        "lines": list(itertools.islice(numbers, len(cell.lines))),
    }


def _blocks_from_list(data: list[Any], lines: tuple[Line, ...]) -> tuple[Block, ...]:
    """The blocks of `_blocks_to_list`, or of how many lines are in each block, which version 1 tells."""
    if all(isinstance(count, int) for count in data):
        rest = iter(lines)
        blocks = tuple(Block.of_lines("paragraph", itertools.islice(rest, count)) for count in data)
    else:
        blocks = tuple(_block_from_dict(block, lines) for block in data)
    if not all(block.cells for block in blocks):
        raise ValueError("a block with neither lines nor ruled cells")
    return blocks


def _block_from_dict(data: dict[str, Any], lines: tuple[Line, ...]) -> Block:
    kind = data["kind"]
    if kind not in get_args(BlockKind):
        raise ValueError(f"a block's kind is {kind!r}; known are {', '.join(get_args(BlockKind))}")
    if "cells" not in data:
        return Block.of_lines(kind, [lines[number] for number in data["lines"]])
    cells = (_cell_from_dict(cell, lines) for cell in data["cells"])
    placed = tuple(cell for cell in cells if cell.lines or cell.bounds)
    block = Block(kind=kind, cells=placed, header_rows=_read_int(data, "header_rows"))
    rows, columns = block.row_count, block.column_count
    if rows * columns > _MOST_PLACES:
        raise ValueError(f"a block of {rows} rows and {columns} columns; at most {_MOST_PLACES:,} places are read")
    if kind == "table":
        _check_places(block)
    return block


def _check_places(table: Block) -> None:
    """Raise ValueError unless every place of the grid is in one cell at most."""
    taken: set[tuple[int, int]] = set()
    for cell in table.cells:
        rows, columns = range(cell.row, cell.row + cell.row_span), range(cell.column, cell.column + cell.column_span)
        for place in itertools.product(rows, columns):
            if place in taken:
                raise ValueError("two cells of a table stand in row {} and column {}, from 0".format(*place))
            taken.add(place)


def _cell_from_dict(data: dict[str, Any], lines: tuple[Line, ...]) -> Cell:
    return Cell(
        lines=tuple(lines[number] for number in data["lines"]),
        row=_read_int(data, "row"),
        column=_read_int(data, "column"),
        row_span=_read_int(data, "row_span", 1),
        column_span=_read_int(data, "column_span", 1),
        bounds=_read_quad(data["bounds"]) if "bounds" in data else None,
    )


def _read_int(data: dict[str, Any], key: str, least: int = 0) -> int:
    number = int(data[key])
    if not least <= number <= _MOST_PX:
        raise ValueError(f"{key} is {number}; allowed are {least} to {_MOST_PX:,}")
    return number


def _read_turn(data: dict[str, Any]) -> int:
    rotation_deg = data.get("rotation_deg", 0)
    if rotation_deg not in (0, 90, 180, 270):
        raise ValueError(f"rotation_deg is {rotation_deg!r}; allowed are 0, 90, 180 and 270")
    return int(rotation_deg)


def _read_confidence(data: dict[str, Any]) -> float | None:
    confidence = data.get("confidence")
    return None if confidence is None else _check_share(confidence)


def _check_share(value: Any) -> float:
    if not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"a confidence is {value!r}; allowed are 0 to 1")
    return float(value)


def _read_text(data: dict[str, Any]) -> str:
    text = str(data["text"])
    if not text:
        raise ValueError("a word or character is without text")
    return text


def _read_quad(points: Any) -> Quad:
    quad = Quad.from_array(points)
    if not all(-_MOST_PX <= x <= _MOST_PX and -_MOST_PX <= y <= _MOST_PX for x, y in quad.points):
        raise ValueError(f"a quad is {points!r}; coordinates are numbers of at most {_MOST_PX:,}")
    return quad


def _line_to_dict(line: Line) -> dict[str, Any]:
    return {
        "text": line.text,
        **({} if line.joined is None else {"joined": line.joined}),
        "quad": _quad_to_list(line.quad),
        **_known(line.confidence),
        "orientation": line.orientation,
        **({"breaks_word": True} if line.breaks_word else {}),
        "words": [_word_to_dict(word) for word in line.words],
    }


def _word_to_dict(word: Word) -> dict[str, Any]:
    return {
        "text": word.text,
        "quad": _quad_to_list(word.quad),
        **_known(word.confidence),
        "script": word.script,
        "chars": [_char_to_dict(char) for char in word.chars],
    }


def _char_to_dict(char: Char) -> dict[str, Any]:
    alternatives = [_alternative_to_dict(other) for other in char.alternatives]
    return {
        "text": char.text,
        "quad": _quad_to_list(char.quad),
        **_known(char.confidence),
        **({"alternatives": alternatives} if alternatives else {}),
    }


def _alternative_to_dict(other: Alternative) -> dict[str, Any]:
    jamo = {} if other.jamo is None else {"jamo": [round(each, 4) for each in other.jamo]}
    return {"text": other.text, **_known(other.confidence), **jamo}


def _alternative_from_dict(data: dict[str, Any]) -> Alternative:
    jamo = None
    if "jamo" in data:
        cho, jung, jong = map(_check_share, data["jamo"])
        jamo = (cho, jung, jong)
    return Alternative(text=str(data["text"]), confidence=_check_share(data["confidence"]), jamo=jamo)


def _line_from_dict(data: dict[str, Any]) -> Line:
    orientation = data.get("orientation", "horizontal")
    if orientation not in ("horizontal", "vertical"):
        raise ValueError(f"orientation {orientation!r} is neither horizontal nor vertical")
    return Line(
        quad=_read_quad(data["quad"]),
        confidence=_read_confidence(data),
        orientation=orientation,
        breaks_word=bool(data.get("breaks_word", False)),
        words=tuple(_word_from_dict(word) for word in data["words"]),
    )


def _word_from_dict(data: dict[str, Any]) -> Word:
    return Word(
        text=_read_text(data),
        quad=_read_quad(data["quad"]),
        confidence=_read_confidence(data),
        chars=tuple(_char_from_dict(char) for char in data.get("chars", ())),
    )


def _char_from_dict(data: dict[str, Any]) -> Char:
    return Char(
        text=_read_text(data),
        quad=_read_quad(data["quad"]),
        confidence=_read_confidence(data),
        alternatives=tuple(map(_alternative_from_dict, data.get("alternatives", ()))),
    )
