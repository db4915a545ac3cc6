"""Text that a PDF page has already: whether there is any, and how an invisible layer is taken out."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pikepdf import ContentStreamInstruction, Object, Page, Pdf

_SHOWING = {"Tj", "TJ", "'", '"'}
_INVISIBLE = 3  # the text rendering mode
# All that tells whether text shows, and which forms; pages may draw hundreds of thousands of lines besides.
_OPERATORS = "q Q Tr Tj TJ ' \" Do"


def has_text(page: "Page", *, visible_only: bool = False) -> bool:
    """Whether the page shows text, in its own content or in the forms it draws; invisible text counts unless told."""
    return any(
        _shows_something(instruction) and not (visible_only and mode == _INVISIBLE)
        for _, instructions in _walk_contents(page)
        for instruction, mode in _track_modes(instructions)
    )


def remove_invisible_text(pdf: "Pdf", page: "Page") -> None:
    """Take the invisible text out of the page and of the forms it draws, in place."""
    import pikepdf

    _, *forms = [content for content, _ in _walk_contents(page)]
    kept = pikepdf.unparse_content_stream(_strip(pikepdf.parse_content_stream(page)))
    page.obj["/Contents"] = pdf.make_indirect(pikepdf.Stream(pdf, kept))
    for form in forms:
        form.write(pikepdf.unparse_content_stream(_strip(pikepdf.parse_content_stream(form))))


def _walk_contents(page: "Page") -> "Iterator[tuple[Object, list[ContentStreamInstruction]]]":
    """The page, the forms that it draws and those inside them, each once, with what tells whether they show text."""
    import pikepdf

    contents: list[Any] = [page.obj]
    seen = set()
    for content in contents:  # grows by what is found
        instructions = _parse(content)
        yield content, instructions
        placed = _find_placed(content) or _find_placed(page.obj)
        for name in dict.fromkeys(str(each.operands[0]) for each in instructions if _draws(each)):
            form = placed.get(name)
            if isinstance(form, pikepdf.Stream) and form.get("/Subtype") == "/Form" and form.objgen not in seen:
                seen.add(form.objgen)
                contents.append(form)


def _parse(content: "Object") -> "list[ContentStreamInstruction]":
    import pikepdf

    try:
        instructions: Any = pikepdf.parse_content_stream(content, _OPERATORS)
    except (pikepdf.PdfError, TypeError):
        return []  # a page without content
    return list(instructions)


def _draws(instruction: "ContentStreamInstruction") -> bool:
    import pikepdf

    operands: Any = instruction.operands
    return str(instruction.operator) == "Do" and bool(operands) and isinstance(operands[0], pikepdf.Name)


def _find_placed(content: Any) -> Any:
    """The pictures and forms that a page or form names; empty where it names none."""
    import pikepdf

    for key in ("/Resources", "/XObject"):
        content = content.get(key) if isinstance(content, pikepdf.Dictionary | pikepdf.Stream) else None
    return content if isinstance(content, pikepdf.Dictionary) else {}


def _track_modes(instructions: Any) -> "Iterator[tuple[ContentStreamInstruction, int]]":
    mode, saved = 0, []
    for instruction in instructions:
        operator = str(instruction.operator)
        if operator == "q":
            saved.append(mode)
        elif operator == "Q" and saved:
            mode = saved.pop()
        elif operator == "Tr" and instruction.operands and isinstance(instruction.operands[0], int | Decimal):
            mode = int(instruction.operands[0])
        yield instruction, mode


def _shows_something(instruction: "ContentStreamInstruction") -> bool:
    import pikepdf

    if str(instruction.operator) not in _SHOWING or not instruction.operands:
        return False
    shown: Any = instruction.operands[-1]
    parts = shown if isinstance(shown, pikepdf.Array) else [shown]
    return any(isinstance(part, pikepdf.String) and bytes(part).strip(b" \0") for part in parts)


def _strip(instructions: Any) -> "list[Any]":
    import pikepdf

    kept: list[Any] = []
    for instruction, mode in _track_modes(instructions):
        operator = str(instruction.operator)
        if mode == _INVISIBLE and operator in _SHOWING:
            if operator in ("'", '"'):  # they start a new line too
                kept.append(pikepdf.ContentStreamInstruction([], pikepdf.Operator("T*")))
            continue
        kept.append(instruction)
    return kept
