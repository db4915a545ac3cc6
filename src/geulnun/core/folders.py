"""Searching folders for files of known kinds."""

import os
import re
import unicodedata
from collections.abc import Collection, Iterator
from pathlib import Path

from geulnun.errors import InputError


def search_folder(
    folder: str | Path, suffixes: tuple[str, ...], *, recursive: bool = True, skipped: Collection[str] = ()
) -> Iterator[Path]:
    """The files of a folder with one of these suffixes, in the order in which people count (page 2 before page 10).

    Hidden files and folders are passed over.

    Args:
        folder: to search; the paths found start with it.
        suffixes: in lower case.
        recursive: whether folders inside folders are searched too.
        skipped: real paths of folders inside it that are not searched.

    Raises:
        InputError: a folder cannot be searched.
    """
    for where, folders, files in os.walk(folder, onerror=_refuse):
        for name in sorted(files, key=_count_like_people):
            if matches_suffix(name, suffixes):
                yield Path(where, name)
        inner = (
            name for name in folders if not name.startswith(".") and os.path.realpath(Path(where, name)) not in skipped
        )
        folders[:] = sorted(inner, key=_count_like_people) if recursive else []


def matches_suffix(name: str, suffixes: tuple[str, ...]) -> bool:
    """Whether a file of this name has one of the suffixes and is not hidden."""
    return not name.startswith(".") and name.lower().endswith(suffixes)


def _refuse(error: OSError) -> None:
    raise InputError(f"{error.filename} cannot be searched ({error.strerror}). Check its permissions.") from error


def _count_like_people(name: str) -> list[tuple[int, str]]:
    parts = re.split(r"([0-9]+)", unicodedata.normalize("NFC", name).casefold())
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts if part]
