"""The documents behind what the user named: folders, lists, archives, URLs."""

import hashlib
import os
import sys
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from geulnun.batch.remote import is_url, join_url, open_file_system
from geulnun.core.folders import matches_suffix, search_folder
from geulnun.documents import SUFFIXES
from geulnun.errors import InputError

LIST_SUFFIXES = (".txt", ".lst", ".list")
STDIN = "-"
_PACKED = (".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """Where a document is; it is not opened before its turn.

    Attributes:
        id: what results call it: its path or URL as the user named it; files in archives are below the archive.
        location: path or URL of the file, or of the archive that holds it.
        start: in an archive, the position of its first byte; None for a file of its own.
        size: in an archive, its bytes.
    """

    id: str
    location: str
    start: int | None = None
    size: int = 0


def find_documents(sources: Iterable[str], *, skipped: str | None = None) -> tuple[DocumentRef, ...]:
    """All documents of the sources, sorted by id, each id once.

    Of folders, archives and URLs that end in ``/`` or hold a ``*`` the files with a known suffix are taken, with
    everything below them, hidden files apart. What a list names is taken whatever it is called, and whether or not it
    exists.

    Args:
        sources: folders, files, ``.tar`` archives, lists of paths (``.txt``), URLs; "-" is a list on standard input.
        skipped: path or URL of a folder that is never searched, because files are written there.

    Raises:
        InputError: a source that does not exist, cannot be read or holds no document.
        MissingExtraError: a URL without fsspec installed.
    """
    found: dict[str, DocumentRef] = {}
    for source in sources:
        count = 0
        for document in _find(source, skipped):
            found[document.id] = document
            count += 1
        if not count:
            known = ", ".join(suffix[1:] for suffix in SUFFIXES)
            raise InputError(f"{source} holds no documents; files of these kinds are read: {known}. Check the name.")
    return tuple(found[key] for key in sorted(found))


def fetch(document: DocumentRef, folder: str) -> Path | bytes:
    """The document's file, or its bytes where it is no file of its own.

    Args:
        document: what to fetch.
        folder: the folder that relative paths start from.

    Raises:
        InputError: it does not exist or cannot be fetched.
    """
    try:
        if is_url(document.location):
            return _fetch_remote(document)
        path = Path(folder, document.location)
        if document.start is None:
            return path
        with path.open("rb") as archive:
            archive.seek(document.start)
            return _check_size(archive.read(document.size), document)
    except FileNotFoundError as error:
        raise InputError(f"{document.id}: no such file. Check the path.") from error
    except InputError:
        raise
    except Exception as error:  # file systems have errors of their own, and one document never stops the rest
        raise InputError(f"{document.id} cannot be fetched ({type(error).__name__}: {error}).") from error


def hash_content(content: Path | bytes, document: DocumentRef) -> str:
    """The SHA-256 of a document, in hexadecimal.

    Raises:
        InputError: its file cannot be read.
    """
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    try:
        with content.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise InputError(f"{document.id}: no such file. Check the path.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{document.id} cannot be read ({reason}). Check its path and permissions.") from error


def _fetch_remote(document: DocumentRef) -> bytes:
    system, path = open_file_system(document.location)
    if document.start is None:
        return bytes(system.cat_file(path))
    return _check_size(system.cat_file(path, start=document.start, end=document.start + document.size), document)


def _check_size(data: bytes, document: DocumentRef) -> bytes:
    if len(data) != document.size:
        raise InputError(f"{document.id}: the archive ends before this file does. Fetch the archive again.")
    return data


def _find(source: str, skipped: str | None) -> Iterator[DocumentRef]:
    if source == STDIN:
        yield from _read_list(sys.stdin, "standard input")
    elif source.lower().endswith(_PACKED):
        raise InputError(
            f"{source}: files in a compressed archive cannot be reached one by one. Decompress it to a .tar first."
        )
    elif is_url(source):
        yield from (each for each in _find_remote(source) if skipped is None or not each.id.startswith(f"{skipped}/"))
    else:
        try:
            yield from _find_local(source, skipped)
        except OSError as error:
            raise InputError(f"{source} cannot be read ({error.strerror or error}). Check its permissions.") from error


def _find_local(source: str, skipped: str | None) -> Iterator[DocumentRef]:
    if Path(source).is_dir():
        yield from _search_folder(source, skipped)
    elif not Path(source).exists():
        raise InputError(f"{source}: no such file or folder. Check the path.")
    elif source.lower().endswith(".tar"):
        with Path(source).open("rb") as archive:
            yield from _search_archive(archive, source)
    elif source.lower().endswith(LIST_SUFFIXES):
        with Path(source).open(encoding="utf-8", errors="surrogateescape") as listing:
            yield from _read_list(listing, source)
    else:
        yield DocumentRef(source, source)


def _read_list(lines: Iterable[str], name: str) -> Iterator[DocumentRef]:
    try:
        for line in lines:
            location = line.rstrip("\r\n").removeprefix("\ufeff")
            if location.strip():
                yield DocumentRef(location, location)
    except ValueError as error:
        raise InputError(f"{name} is not text: {error}. A list has a path or URL on each line, in UTF-8.") from error


def _search_folder(folder: str, skipped: str | None) -> Iterator[DocumentRef]:
    left_out = () if skipped is None else (os.path.realpath(skipped),)
    for path in search_folder(folder, SUFFIXES, skipped=left_out):
        yield DocumentRef(path.as_posix(), path.as_posix())


def _find_remote(url: str) -> Iterator[DocumentRef]:
    system, path = open_file_system(url)
    try:
        if url.partition("::")[0].lower().endswith(".tar"):
            with system.open(path, "rb") as archive:
                yield from _search_archive(archive, url)
        elif url.lower().endswith(LIST_SUFFIXES):
            with system.open(path, "rt", encoding="utf-8") as listing:
                yield from _read_list(listing, url)
        else:
            yield from _search_remote(system, path, url)
    except FileNotFoundError as error:
        raise InputError(f"{url}: nothing is there. Check the URL.") from error
    except InputError:
        raise
    except Exception as error:  # each file system has errors of its own
        raise InputError(f"{url} cannot be searched ({type(error).__name__}: {error}).") from error


def _search_remote(system: Any, path: str, url: str) -> Iterator[DocumentRef]:
    if "*" in path:
        names = system.glob(path)
    elif not url.partition("::")[0].endswith("/") and system.isfile(path):  # to HTTP a folder is a file, too
        yield DocumentRef(url, url)
        return
    else:
        names = system.find(path)
    for name in names:
        if matches_suffix(PurePosixPath(name).name, SUFFIXES):
            found = join_url(url, path, name)
            yield DocumentRef(found, found)


def _search_archive(archive: IO[bytes], name: str) -> Iterator[DocumentRef]:
    """The documents in an uncompressed tar archive; their bytes are read later, by position."""
    try:
        with tarfile.open(fileobj=archive, mode="r:") as tar:
            kept: Any = tar
            for member in tar:
                inner = PurePosixPath(member.name)
                if member.isfile() and not member.issparse() and matches_suffix(inner.name, SUFFIXES):
                    yield DocumentRef(f"{name}/{inner}", name, member.offset_data, member.size)
                kept.members = []  # tarfile keeps them for a second pass, which there is not
    except tarfile.TarError as error:
        raise InputError(f"{name} is no tar archive, or is damaged: {error}.") from error
