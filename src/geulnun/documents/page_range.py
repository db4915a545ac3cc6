"""Which pages of a document are wanted: ``"1,3-5"``."""

import operator
import re
from collections.abc import Sequence

from geulnun.errors import InputError, UsageError

_PART = re.compile(r"([0-9]{1,9})?(-)?([0-9]{1,9})?")
_ALLOWED = 'page numbers from 1 and ranges such as "3", "1,3-5", "-2" or "7-"'


def parse_page_range(pages: str | Sequence[int] | None) -> list[tuple[int, int | None]]:
    """The wanted ranges as (first, last) page numbers from 1, both included; last None means to the end.

    Args:
        pages: text such as ``"1,3-5"``, ``"-2"`` (the first two) or ``"7-"`` (from 7 on), or page numbers; None: all.

    Raises:
        UsageError: not of that form.
    """
    if pages is None:
        return [(1, None)]
    if isinstance(pages, str):
        return [_parse_part(part.strip()) for part in pages.split(",")]
    if len(pages) == 0:
        raise _refuse("an empty list")
    return [_check_number(number) for number in pages]


def choose_pages(pages: str | Sequence[int] | None, count: int) -> list[int]:
    """The numbers (from 1) of the wanted pages of a document of `count` pages: ascending, each once.

    A range that reaches beyond the end stops at the end.

    Raises:
        UsageError: `pages` is not of the form that `parse_page_range` takes.
        InputError: a page by its own number, or a whole range, lies beyond the end.
    """
    chosen: set[int] = set()
    for first, last in parse_page_range(pages):
        if first > count:
            there_is = "there is only 1 page" if count == 1 else f"there are only {count} pages"
            raise InputError(
                f"page {first} was asked for, but {there_is}. Ask for pages from 1 to {count}, or leave the page "
                "range out to read all."
            )
        chosen.update(range(first, min(count, last or count) + 1))
    return sorted(chosen)


def _parse_part(part: str) -> tuple[int, int | None]:
    match = _PART.fullmatch(part)
    if match is None or not (match[1] or match[3]):
        raise _refuse(repr(part))
    first = int(match[1] or 1)
    last = int(match[3]) if match[3] else None if match[2] else first
    if first < 1 or (last is not None and last < first):
        raise _refuse(repr(part))
    return first, last


def _check_number(number: int) -> tuple[int, int]:
    try:
        index = operator.index(number)
    except TypeError:
        raise _refuse(repr(number)) from None
    if index < 1:
        raise _refuse(repr(number))
    return index, index


def _refuse(seen: str) -> UsageError:
    return UsageError(f"page range: {seen} is not one. Allowed are {_ALLOWED}; separate several with commas.")
