"""What the command line was told to read: files, folders, standard input."""

import os
import re
import sys
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from geulnun.errors import GeulnunError, InputError, UsageError

STDIN = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file to read, or standard input.

    Attributes:
        name: as the user wrote it, or as it was found in a folder; "-" is standard input.
        relative: its place below the folder that was named, or just its file name; outputs in a folder follow it.
        data: the bytes, where they do not lie in a file.
    """

    name: str
    relative: PurePath
    data: bytes | None = field(default=None, repr=False)

    @property
    def label(self) -> str:
        """What messages call it."""
        return self.name if self.data is None else "standard input"

    @property
    def content(self) -> Path | bytes:
        """What to open: the path, or the bytes themselves."""
        return Path(self.name) if self.data is None else self.data


def find_sources(
    arguments: Iterable[str], *, suffixes: tuple[str, ...], recursive: bool = False, skipped: Iterable[Path] = ()
) -> tuple[list[Source], list[GeulnunError]]:
    """The files behind the command line's arguments, in order, and what was wrong with some of the arguments.

    A file that is named is taken whatever it is called. Of a folder the files with one of `suffixes` are taken, in
    the order in which people count (page 2 before page 10); hidden files are not.

    Args:
        arguments: files, folders, or "-" for standard input.
        suffixes: of the files to take from folders, in lower case.
        recursive: whether folders inside folders are searched too.
        skipped: folders that are never searched, because outputs are written there.

    Raises:
        UsageError: an empty argument, as a variable that is not set leaves it.
    """
    arguments = list(arguments)
    if "" in arguments:
        raise UsageError(
            "a source is empty, as an unset variable of the shell leaves it. Give a name; . is this folder."
        )
    sources: list[Source] = []
    errors: list[GeulnunError] = []
    left_out = {Path(os.path.realpath(folder)) for folder in skipped}
    for argument in arguments:
        try:
            sources.extend(_find_one(argument, suffixes, recursive, left_out))
        except GeulnunError as error:
            errors.append(error)
    return sources, errors


def _find_one(argument: str, suffixes: tuple[str, ...], recursive: bool, left_out: set[Path]) -> list[Source]:
    if argument == STDIN:
        data = sys.stdin.buffer.read()
        if not data:
            raise InputError("standard input is empty. Send a picture or PDF: geulnun read - < picture.png")
        return [Source(name=STDIN, relative=PurePath("stdin"), data=data)]
    path = Path(argument)
    if not os.path.isdir(path):
        return [Source(name=argument, relative=PurePath(path.name))]
    found = _list_files(path, suffixes, recursive, left_out)
    if not found:
        raise _explain_empty_folder(path, suffixes, recursive, left_out)
    return [Source(name=str(file), relative=file.relative_to(path)) for file in found]


def _list_files(folder: Path, suffixes: tuple[str, ...], recursive: bool, left_out: set[Path]) -> list[Path]:
    found: list[Path] = []
    for where, folders, files in os.walk(folder, onerror=_refuse_folder):
        place = Path(where)
        names = sorted((name for name in files if not name.startswith(".")), key=_count_like_people)
        found.extend(place / name for name in names if name.lower().endswith(suffixes))
        inner = (
            name
            for name in folders
            if not name.startswith(".") and Path(os.path.realpath(place / name)) not in left_out
        )
        folders[:] = sorted(inner, key=_count_like_people) if recursive else []
    return found


def _refuse_folder(error: OSError) -> None:
    raise InputError(f"{error.filename} cannot be searched ({error.strerror}). Check its permissions.") from error


def _explain_empty_folder(folder: Path, suffixes: tuple[str, ...], recursive: bool, left_out: set[Path]) -> InputError:
    allowed = ", ".join(suffix[1:] for suffix in suffixes)
    if not recursive and (deeper := _list_files(folder, suffixes, True, left_out)):
        return InputError(
            f"{folder} holds no pictures itself, but {len(deeper)} in folders below it. Add --recursive to read them."
        )
    seen = "nothing" if not any(folder.iterdir()) else "no pictures"
    return InputError(f"{folder} holds {seen}; files of these kinds are read: {allowed}. Check the folder's name.")


def _count_like_people(name: str) -> list[tuple[int, str]]:
    parts = re.split(r"([0-9]+)", unicodedata.normalize("NFC", name).casefold())
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts if part]
