"""Folders of pictures with a `labels.jsonl`: an object a line.

Fields: `image` (path below the folder) and `text` (reading order, lines separated by newlines) or `words` (objects
with `text` and `quad`, four [x, y] in pixels clockwise from the text's own top left, or null, and maybe `line`, the
number of the line; where `text` is absent, words of one line are joined by spaces and lines by newlines); optionally
`kind` and `coverage` ("full", or "main" when side text is not labelled). Where `image` is a PDF of several pages,
`page` is the number of the labelled one, from 1. Other fields are ignored. Pictures of single syllables or words need
`image` and `text` only.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from geulnun.core.geometry import Quad
from geulnun.core.hangul import to_nfc
from geulnun.data.records import Report, find_picture, read_numbered_records, report_by_log
from geulnun.data.sample import LabelledPicture, LabelledWord

LABELS_FILE = "labels.jsonl"


def read_labelled_pictures(folder: Path | str, *, report: Report = report_by_log) -> Iterator[LabelledPicture]:
    """The pictures of a labelled folder, one at a time; pixels are not read yet.

    Args:
        folder: The folder that holds `labels.jsonl`.
        report: Called with every damaged record, which is skipped; the log by default.

    Raises:
        DatasetError: The labels cannot be read or have no usable record.
    """
    folder = Path(folder)
    numbered = read_numbered_records(folder / LABELS_FILE, lambda fields: _parse_record(folder, fields), report)
    return (replace(picture, place=f"{LABELS_FILE}, line {number}") for number, picture in numbered)


def _parse_record(folder: Path, fields: dict[str, Any]) -> LabelledPicture:
    name = _get_string(fields, "image")
    words = tuple(_parse_word(word) for word in fields.get("words") or ())
    given = "text" in fields or not words
    text = to_nfc(_get_string(fields, "text")) if given else _join_words(fields["words"], words)
    coverage = fields.get("coverage", "full")
    if coverage not in ("full", "main"):
        raise ValueError(f'"coverage" is {coverage!r}; it must be "full" or "main".')
    return LabelledPicture(
        image_path=find_picture(folder, name),
        kind=str(fields.get("kind") or ""),
        text=text,
        words=words,
        coverage=coverage,
        page_number=_get_page_number(fields),
        name=Path(name).stem,
    )


def _join_words(fields: list[dict[str, Any]], words: tuple[LabelledWord, ...]) -> str:
    """The text of words in reading order; a new line begins where their line number changes."""
    numbers = [field.get("line") for field in fields]
    gaps = ["" if not i else " " if numbers[i] == numbers[i - 1] else "\n" for i in range(len(words))]
    return "".join(gap + word.text for gap, word in zip(gaps, words, strict=True))


def _parse_word(word: Any) -> LabelledWord:
    if not isinstance(word, dict):
        raise ValueError(f'"words" must hold objects with "quad" and "text", not {type(word).__name__}.')
    quad = word.get("quad")
    return LabelledWord(None if quad is None else Quad.from_array(quad), to_nfc(_get_string(word, "text")))


def _get_page_number(fields: dict[str, Any]) -> int | None:
    number = fields.get("page")
    if number is None:
        return None
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise ValueError(f'"page" is {number!r}; it must be a number from 1.')
    return number


def _get_string(fields: dict[str, Any], key: str) -> str:
    value = fields[key]
    if not isinstance(value, str):
        raise ValueError(f'"{key}" must be a string, not {type(value).__name__}.')
    return value
