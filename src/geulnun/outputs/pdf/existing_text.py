"""Text that a PDF page has already: whether there is any, and how an invisible layer is taken out."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pikepdf import ContentStreamInstruction, Object, Page, Pdf

_SHOWING = {"Tj", "TJ", "'", '"'}
_INVISIBLE = 3  # the text rendering mode
# All that tells whether text shows; pages may draw hundreds of thousands of lines besides.
_OPERATORS = "q Q Tr Tj TJ ' \""


def has_text(page: "Page", *, visible_only: bool = False) -> bool:
    """Whether the page shows text, in its own content or in the forms it draws; invisible text counts unless told."""
    return any(
        _shows_something(instruction) and not (visible_only and mode == _INVISIBLE)
        for content in (page.obj, *_find_forms(page))
        for instruction, mode in _list_instructions(content)
    )


def remove_invisible_text(pdf: "Pdf", page: "Page") -> None:
    """Take the invisible text out of the page and of the forms it draws, in place."""
    import pikepdf

    kept = pikepdf.unparse_content_stream(_strip(pikepdf.parse_content_stream(page)))
    page.obj["/Contents"] = pdf.make_indirect(pikepdf.Stream(pdf, kept))
    for form in _find_forms(page):
        form.write(pikepdf.unparse_content_stream(_strip(pikepdf.parse_content_stream(form))))


def _list_instructions(content: "Object") -> "Iterator[tuple[ContentStreamInstruction, int]]":
    """The instructions of a page or form that tell whether it shows text, with the text rendering mode they meet."""
    import pikepdf

    try:
        instructions = pikepdf.parse_content_stream(content, _OPERATORS)
    except (pikepdf.PdfError, TypeError):
        return  # a page without content
    yield from _track_modes(instructions)


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


def _find_forms(page: "Page") -> "list[Object]":
    """The forms that the page draws and those inside them, each once: many may share their resources."""
    import pikepdf

    parts: list[Any] = [page.obj]
    seen = set()
    for part in parts:  # grows by what is found
        objects = part
        for key in ("/Resources", "/XObject"):
            objects = objects.get(key) if isinstance(objects, pikepdf.Dictionary | pikepdf.Stream) else None
        for placed in objects.as_dict().values() if isinstance(objects, pikepdf.Dictionary) else ():
            if isinstance(placed, pikepdf.Stream) and placed.get("/Subtype") == "/Form" and placed.objgen not in seen:
                seen.add(placed.objgen)
                parts.append(placed)
    return parts[1:]


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
