"""Writing `labels.jsonl`: records of pictures, and files that keep what stood in them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geulnun.core.geometry import Quad
from geulnun.core.hangul import to_nfc
from geulnun.core.page import Page
from geulnun.errors import DatasetError, OutputError


@dataclass(frozen=True, slots=True, kw_only=True)
class WordLabel:
    """A word of a picture.

    Attributes:
        quad: in pixels.
        text: what is written.
        line: number of its line on the page, from 0; None where it is not known.
        confidence: 0..1, of a reading; None for truth.
    """

    quad: Quad
    text: str
    line: int | None = None
    confidence: float | None = None


def list_words(page: Page) -> list[WordLabel]:
    """The words of a page in reading order, each with the number of its line."""
    return [
        WordLabel(quad=word.quad, text=word.text, line=number, confidence=word.confidence)
        for number, line in enumerate(page.lines)
        for word in line.words
    ]


def build_record(image: str, words: Sequence[WordLabel], page_number: int | None = None) -> dict[str, Any]:
    """A record of `labels.jsonl`; its text follows from its words and their lines, so that each stands once."""
    record: dict[str, Any] = {"image": image}
    if page_number is not None:
        record["page"] = page_number
    record["words"] = [_build_word(word) for word in words]
    if not words:
        record["text"] = ""
    return record


def _build_word(word: WordLabel) -> dict[str, Any]:
    quad = [[round(x, 1), round(y, 1)] for x, y in word.quad.points]
    fields: dict[str, Any] = {"text": word.text, "quad": quad, "line": word.line}
    if word.confidence is not None:
        fields["confidence"] = round(word.confidence, 3)
    return fields


def read_raw_records(path: Path) -> list[dict[str, Any]]:
    """The records of a `labels.jsonl` with all of their fields; none where there is no such file.

    Raises:
        DatasetError: a line is no JSON object, so that going on could lose it.
    """
    if not path.exists():
        return []
    records = []
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise DatasetError(f"{path} cannot be read ({error.strerror}). Check its permissions.") from error
    for number, raw in enumerate(lines, start=1):
        if not raw.strip():
            continue
        try:
            record = json.loads(raw.decode("utf-8-sig"))
            if not isinstance(record, dict) or not isinstance(record.get("image"), str):
                raise ValueError("an object with an image is needed")
        except ValueError as error:
            raise DatasetError(
                f"{path}, line {number}: {error}. Mend the line first, so that it is not lost."
            ) from error
        records.append(record)
    return records


def find_key(record: dict[str, Any]) -> tuple[str, int | None]:
    """What a record labels: a picture, or one page of a PDF."""
    return to_nfc(record["image"]), record.get("page")


def merge_records(old: Iterable[dict[str, Any]], new: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The old records with new words in place of the old ones, then those of pictures that were not there.

    Other fields of a record, such as its kind, stay; its text goes, for it follows from the words.
    """
    fresh = {find_key(record): record for record in new}
    merged = []
    for record in old:
        found = fresh.pop(find_key(record), None)
        kept = {name: value for name, value in record.items() if name not in ("words", "text")}
        merged.append(record if found is None else kept | found)
    return merged + list(fresh.values())


def format_record(record: dict[str, Any]) -> bytes:
    """A record as a line of the file."""
    return (json.dumps(record, ensure_ascii=False) + "\n").encode()


def set_aside(path: Path) -> Path:
    """The new path of a file, renamed to the first free `.bak` name beside it.

    Raises:
        OutputError: it cannot be renamed.
    """
    number = 1
    while (kept := path.with_name(path.name + (".bak" if number == 1 else f".bak{number}"))).exists():
        number += 1
    try:
        return path.rename(kept)
    except OSError as error:
        raise OutputError(f"{path} cannot be renamed to {kept.name} ({error.strerror}).") from error
