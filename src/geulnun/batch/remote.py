"""File systems behind URLs, by fsspec."""

import re
from typing import Any

from geulnun.errors import InputError, needing_extra

_WILDCARD = re.compile(r"[*?[]")


def is_url(location: str) -> bool:
    """Whether the location is a URL (``s3://bucket/key``, ``zip://*::scans.zip``) and no path."""
    return "://" in location or "::" in location


def open_file_system(url: str) -> tuple[Any, str]:
    """The fsspec file system of a URL, and the path in it.

    Raises:
        MissingExtraError: fsspec is not installed.
        InputError: no file system is known for the URL, or its package is not installed.
    """
    with needing_extra("batch", f"{url}: opening URLs"):
        from fsspec.core import url_to_fs
    try:
        system, path = url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise InputError(f"{url} cannot be opened: {error}") from error
    except Exception as error:  # each file system has errors of its own
        raise InputError(f"{url} cannot be opened ({type(error).__name__}: {error}). Check the URL.") from error
    return system, str(path)


def join_url(url: str, path: str, name: str) -> str:
    """The URL of a file that was found in a folder or by a pattern; what is chained behind ``::`` stays.

    Args:
        url: of the folder, or the pattern with ``*``.
        path: what `url` is in its file system.
        name: the file in that file system.
    """
    first, chain, rest = url.partition("::")
    if name.startswith(("http://", "https://")):  # these file systems name files by their URLs
        return f"{name}{chain}{rest}"
    protocol, _, where = first.partition("://")
    if "*" in path:
        head, base = (_WILDCARD.split(each, maxsplit=1)[0] for each in (where, path))
    else:
        head, base = where and where.rstrip("/") + "/", path.rstrip("/") + "/"
    return f"{protocol}://{head}{name.removeprefix(base)}{chain}{rest}"
