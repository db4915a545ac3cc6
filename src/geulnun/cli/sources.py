"""What the command line was told to read: files, folders, standard input."""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from geulnun.core.folders import search_folder
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
    left_out = {os.path.realpath(folder) for folder in skipped}
    for argument in arguments:
        try:
            sources.extend(_find_one(argument, suffixes, recursive, left_out))
        except GeulnunError as error:
            errors.append(error)
    return sources, errors


def _find_one(argument: str, suffixes: tuple[str, ...], recursive: bool, left_out: set[str]) -> list[Source]:
    if argument == STDIN:
        data = sys.stdin.buffer.read()
        if not data:
            raise InputError("standard input is empty. Send a picture or PDF: geulnun read - < picture.png")
        return [Source(name=STDIN, relative=PurePath("stdin"), data=data)]
    path = Path(argument)
    if not os.path.isdir(path):
        return [Source(name=argument, relative=PurePath(path.name))]
    found = list(search_folder(path, suffixes, recursive=recursive, skipped=left_out))
    if not found:
        raise _explain_empty_folder(path, suffixes, recursive, left_out)
    return [Source(name=str(file), relative=file.relative_to(path)) for file in found]


def _explain_empty_folder(folder: Path, suffixes: tuple[str, ...], recursive: bool, left_out: set[str]) -> InputError:
    allowed = ", ".join(suffix[1:] for suffix in suffixes)
    if not recursive and (deeper := sum(1 for _ in search_folder(folder, suffixes, skipped=left_out))):
        return InputError(
            f"{folder} holds no pictures itself, but {deeper} in folders below it. Add --recursive to read them."
        )
    seen = "nothing" if not any(folder.iterdir()) else "no pictures"
    return InputError(f"{folder} holds {seen}; files of these kinds are read: {allowed}. Check the folder's name.")
