"""Blocks as formats of tables and paragraphs want them."""

import re

from geulnun.core.page import Block

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def read_grid(table: Block) -> list[list[str]]:
    """The texts of a table, row by row, all rows of one length; a cell that spans several stands in its first place."""
    grid = [[""] * table.column_count for _ in range(table.row_count)]
    for cell in table.cells:
        grid[cell.row][cell.column] = clean_text(cell.text)
    return grid


def read_heading(block: Block) -> str:
    """The text of a heading, without the spaces between letters that are spaced out."""
    return " ".join(line.joined or line.text for line in block.lines)


def clean_text(text: str) -> str:
    """The text without control characters, which XML, and so office files, cannot hold."""
    return _CONTROL.sub("", text)
