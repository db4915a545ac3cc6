"""Documents as Markdown: paragraphs, pipe tables, and headings where they are known."""

import re
from dataclasses import dataclass, field

from geulnun.core.page import Block, Page
from geulnun.outputs.grid import read_grid, read_heading
from geulnun.outputs.text_writer import TextFormat
from geulnun.outputs.writer import DocumentInfo

# Characters that mean something anywhere in a line, in an address that becomes a link, and at the start of a line.
_MARKS = re.compile(r"((?:https?://|(?<!\w)www\.)\S+)|([\\`*_\[\]~])")
_ADDRESS_MARKS = re.compile(r"([\\`*\[\]])")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_START = re.compile(r"^(?:(>|(?:#{1,6}|[-+=]+)(?=\s|$)|[-:|][-:|\s]*$)|(\d{1,9})([.)])(?=\s|$))")
BULLETS = "•◦▪■□●○◆◇▶▷·∙‣⁃-"
_HEADING_END = re.compile(r"(?<=\s)(?=#+$)")
_EM_SPACE = "\u2003"


@dataclass(slots=True)
class MarkdownFormat(TextFormat):
    """Markdown as GitHub reads it; pages are parted by a rule, several documents have headings with their names."""

    several: bool = False
    _documents: int = field(default=0, init=False)
    _pages: int = field(default=0, init=False)

    def start_document(self, info: DocumentInfo) -> str:
        """The heading, if there may be several documents."""
        self._documents += 1
        self._pages = 0
        gap = "\n" if self._documents > 1 else ""
        return f"{gap}{_format_heading(info.heading)}\n" if self.several else ""

    def format_page(self, page: Page) -> str:
        """The blocks of a page, each parted from the one before by an empty line."""
        self._pages += 1
        parts = [f"---\n\n<!-- page {page.number} -->"] if self._pages > 1 else []
        parts += [text for block in page.blocks if (text := format_block(block))]
        gap = "\n" if self._pages > 1 or self.several else ""
        return gap + "\n\n".join(parts) + "\n" if parts else ""


def format_block(block: Block) -> str:
    """The Markdown of a block, without empty lines around it."""
    if block.kind == "table":
        return _format_table(block)
    if block.kind == "row":
        rows = (_EM_SPACE.join(escape_markdown(cell.text) for cell in row if cell.lines) for row in block.rows)
        return "\\\n".join(row for row in rows if row)
    if block.kind == "heading":
        return _format_heading(read_heading(block))
    text = block.text
    if block.kind == "list_item":
        marker = text[:1]
        if marker and marker in BULLETS:
            return f"- {escape_markdown(text[1:].strip())}"
        if numbered := re.match(r"(\d{1,9}[.)])\s+(.*)", text):
            return f"{numbered[1]} {escape_markdown(numbered[2])}"
    return escape_markdown(text)


def escape_markdown(text: str) -> str:
    """The text as one line that Markdown shows as it is."""
    return _START.sub(lambda match: f"\\{match[1]}" if match[1] else f"{match[2]}\\{match[3]}", _escape_marks(text))


def _escape_marks(text: str) -> str:
    escaped = _MARKS.sub(_escape_mark, _ENTITY.sub("&amp;", " ".join(text.split())))
    return escaped.replace("<", "&lt;")  # not every program knows "\\<"


def _escape_mark(match: re.Match[str]) -> str:
    return f"\\{match[2]}" if match[2] else _ADDRESS_MARKS.sub(r"\\\1", match[1])


def _format_heading(text: str) -> str:
    return "# " + _HEADING_END.sub(r"\\", escape_markdown(text))


def _format_table(block: Block) -> str:
    grid = [[_escape_cell(text) for text in row] for row in read_grid(block)]
    if not grid:
        return ""
    columns = len(grid[0])
    # Markdown knows no table without a header.
    header, rows = (grid[0], grid[1:]) if block.header_rows else ([""] * columns, grid)
    lines = [header, ["---"] * columns, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _escape_cell(text: str) -> str:
    return _escape_marks(text).replace("|", "\\|")
