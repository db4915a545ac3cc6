"""Files of one JSON object a line, beside a folder of pictures: damaged lines are reported and skipped."""

import json
import logging
import os
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath
from typing import Any, TypeVar

from geulnun.core.hangul import to_nfc
from geulnun.errors import DatasetError, InputError

Report = Callable[[str], None]
Record = TypeVar("Record")

_log = logging.getLogger("geulnun.data")


def report_by_log(message: str) -> None:
    """Log the message to "geulnun.data" as a warning."""
    _log.warning("%s", message)


def read_records(path: Path, parse: Callable[[dict[str, Any]], Record], report: Report) -> Iterator[Record]:
    """The parsed objects of a JSON-lines file, one at a time; arguments and errors as of `read_numbered_records`."""
    return (record for _, record in read_numbered_records(path, parse, report))


def read_numbered_records(
    path: Path, parse: Callable[[dict[str, Any]], Record], report: Report
) -> Iterator[tuple[int, Record]]:
    """The parsed objects of a JSON-lines file with the numbers of their lines, from 1, one at a time.

    Args:
        path: A UTF-8 file with one JSON object a line; blank lines are skipped.
        parse: Makes a record of an object; a KeyError, TypeError, ValueError or InputError of it marks the line as
            damaged.
        report: Called with every damaged line: its position and what is wrong.

    Raises:
        DatasetError: The file cannot be read, holds no record, or every one is damaged.
    """
    good = damaged = 0
    first_message = ""
    for number, raw in _read_lines(path):
        try:
            record = parse(_parse_object(raw))
        except (KeyError, TypeError, ValueError, InputError) as error:
            message = f"{path}, line {number}: {_describe(error)} The record is skipped."
            first_message = first_message or message
            damaged += 1
            report(message)
            continue
        good += 1
        yield number, record
    if good:
        return
    if damaged:
        raise DatasetError(f"None of the {damaged} records of {path} can be used. The first: {first_message}")
    raise DatasetError(f"{path} holds no record. It must have one JSON object a line; write it again.")


def find_picture(folder: Path, name: str) -> Path:
    """The path of a picture that the labels name, whichever Unicode form the file system keeps Korean names in.

    Raises:
        DatasetError: There is no such file.
    """
    path = folder
    for part in PurePath(name).parts:  # folders may have another form than what is in them
        forms = (part, to_nfc(part), unicodedata.normalize("NFD", part))
        path = next((path / form for form in forms if os.path.exists(path / form)), path / part)
    if os.path.isfile(path):
        return path
    raise DatasetError(f'the picture "{name}" is missing from {folder}.')


def _read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as handle:
            for number, raw in enumerate(handle, start=1):
                if raw.strip():
                    yield number, raw
    except OSError as error:
        raise DatasetError(
            f"{path} cannot be read ({error.strerror}). It must be a readable file with one JSON object a line."
        ) from error


def _parse_object(raw: bytes) -> dict[str, Any]:
    value = json.loads(raw.decode("utf-8-sig"))
    if not isinstance(value, dict):
        raise ValueError(f"a JSON object is needed, not {type(value).__name__}.")
    return value


def _describe(error: Exception) -> str:
    match error:
        case json.JSONDecodeError():
            return f"not JSON ({error.msg} at character {error.pos})."
        case UnicodeDecodeError():
            return f"not UTF-8 (byte {error.start} of the line)."
        case KeyError():
            return f'the field "{error.args[0]}" is missing.'
    text = str(error) or type(error).__name__
    return text if text.endswith(".") else f"{text}."
