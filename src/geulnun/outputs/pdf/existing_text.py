"""Text that a PDF page has already: whether there is any, and how an invisible layer is taken out."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pikepdf import ContentStreamInstruction, Object, Page, Pdf

_SHOWING = {"Tj", "TJ", "'", '"'}
_INVISIBLE = 3  # the text rendering mode
_MOST_DEPTH = 8  # forms in forms
# All that tells whether text shows; pages may draw hundreds of thousands of lines besides.
_OPERATORS = "q Q Tr Tj TJ ' \""


def has_text(page: "Page", *, visible_only: bool = False) -> bool:
    """Whether the page shows text, in its own content or in the forms it draws; invisible text counts unless told."""
    return any(
        _shows_something(instruction) and not (visible_only and mode == _INVISIBLE)
        for instruction, mode in _walk(page.obj, page.obj.get("/Resources"), _MOST_DEPTH)
    )


def remove_invisible_text(pdf: "Pdf", page: "Page") -> None:
    """Take the invisible text out of the page and of the forms it draws, in place."""
    import pikepdf

    kept = pikepdf.unparse_content_stream(_strip(pikepdf.parse_content_stream(page)))
    page.obj["/Contents"] = pdf.make_indirect(pikepdf.Stream(pdf, kept))
    for form in _find_forms(page.obj.get("/Resources"), _MOST_DEPTH):
        form.write(pikepdf.unparse_content_stream(_strip(pikepdf.parse_content_stream(form))))


def _walk(content: Any, resources: Any, depth: int) -> "Iterator[tuple[ContentStreamInstruction, int]]":
    """Every instruction of a page or form and of the forms inside, with the text rendering mode it meets."""
    import pikepdf

    try:
        instructions = pikepdf.parse_content_stream(content, _OPERATORS)
    except (pikepdf.PdfError, TypeError):
        return  # a page without content
    yield from _track_modes(instructions)
    for form in _find_forms(resources, depth, nested=False):
        if depth > 0:
            yield from _walk(form, form.get("/Resources"), depth - 1)


def _track_modes(instructions: Any) -> "Iterator[tuple[ContentStreamInstruction, int]]":
    mode, saved = 0, []
    for instruction in instructions:
        operator = str(instruction.operator)
        if operator == "q":
            saved.append(mode)
        elif operator == "Q" and saved:
            mode = saved.pop()
        elif operator == "Tr" and instruction.operands:
            mode = int(instruction.operands[0])
        yield instruction, mode


def _find_forms(resources: Any, depth: int, *, nested: bool = True) -> "Iterator[Object]":
    objects = resources.get("/XObject") if resources is not None else None
    for _, placed in objects.items() if objects is not None else ():
        if placed.get("/Subtype") == "/Form":
            yield placed
            if nested and depth > 0:
                yield from _find_forms(placed.get("/Resources"), depth - 1)


def _shows_something(instruction: "ContentStreamInstruction") -> bool:
    if str(instruction.operator) not in _SHOWING or not instruction.operands:
        return False
    shown: Any = instruction.operands[-1]
    if str(instruction.operator) != "TJ":
        return bytes(shown).strip(b" \0") != b""
    return any(map(_is_text, shown))


def _is_text(part: Any) -> bool:
    try:
        return bytes(part).strip(b" \0") != b""
    except (TypeError, ValueError, NotImplementedError):
        return False  # a number


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
