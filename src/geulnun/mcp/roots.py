"""The folders that the tools may touch: those named when the server was started, and those that the client names."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit
from urllib.request import url2pathname

from geulnun.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Roots:
    """Which files may be read and written. Where both are given, a file must lie in a folder of each.

    Attributes:
        server: folders of ``--root``, resolved.
        client: roots that the client named, resolved.
    """

    server: tuple[Path, ...] = ()
    client: tuple[Path, ...] = ()

    @classmethod
    def of(cls, server: Iterable[Path], client_uris: Iterable[str]) -> Self:
        """The roots of these folders and these ``file:`` URIs; other URIs are no files and are left out.

        Raises:
            UsageError: a URI holds no path.
        """
        client = []
        for uri in client_uris:
            with _explaining_paths(uri, "Name roots as file: URIs."):
                if (path := _parse_file_uri(uri)) is not None:
                    client.append(path.resolve())
        return cls(server=tuple(folder.resolve() for folder in server), client=tuple(client))

    def find_file(self, name: str) -> Path:
        """The path of a file to read, checked.

        Args:
            name: an absolute path, one relative to the first root, or a ``file:`` URI. Links are followed before the
                check, so that none leads out.

        Raises:
            UsageError: it is no path, it lies outside the roots, or there are none.
        """
        return self._find(name, "read", instead=", or give the content as base64", outside="Move the file there")

    def find_output(self, name: str) -> Path:
        """The path of a file to write, as of `find_file`."""
        return self._find(name, "written", instead="", outside="Name an output there")

    def _find(self, name: str, done: str, *, instead: str, outside: str) -> Path:
        first = next(iter(self.client or self.server), None)
        if first is None:
            raise UsageError(
                f"no folder may be {done}: neither does the client name roots, nor was the server started with one. "
                f"Start it with `geulnun mcp --root FOLDER`{instead}."
            )
        with _explaining_paths(name, f"Give an absolute path, one below {first}, or a file: URI."):
            path = (first / (_parse_file_uri(name) or Path(name).expanduser())).resolve()
        if not all(_contains(roots, path) for roots in (self.server, self.client) if roots):
            allowed = ", ".join(map(str, dict.fromkeys((*self.client, *self.server))))
            raise UsageError(
                f"{path} lies outside the folders that may be {done}: {allowed}. {outside}, or start the server with "
                "another --root."
            )
        return path


@contextmanager
def _explaining_paths(name: str, advice: str) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError) as error:
        raise UsageError(f"{name!r} is no path ({error}). {advice}") from error


def _contains(roots: tuple[Path, ...], path: Path) -> bool:
    return any(path.is_relative_to(root) for root in roots)


def _parse_file_uri(uri: str) -> Path | None:
    """The path of a ``file:`` URI on this computer, None for anything else."""
    parts = urlsplit(uri)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        return None
    return Path(url2pathname(parts.path))
