"""The folders that the tools may touch: those named when the server was started, and those that the client names."""

from collections.abc import Iterable
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
        """The roots of these folders and these ``file:`` URIs; other URIs are no files and are left out."""
        paths = [_parse_file_uri(uri) for uri in client_uris]
        return cls(
            server=tuple(folder.expanduser().resolve() for folder in server),
            client=tuple(path.resolve() for path in paths if path is not None),
        )

    def find_file(self, name: str) -> Path:
        """The path that a tool was given, checked.

        Args:
            name: an absolute path, one relative to the first root, or a ``file:`` URI. Links are followed before the
                check, so that none leads out.

        Raises:
            UsageError: it is no path, it lies outside the roots, or there are none.
        """
        first = next(iter(self.client or self.server), None)
        if first is None:
            raise UsageError(
                "no folder may be read: neither does the client name roots, nor was the server started with one. "
                "Start it with `geulnun mcp --root FOLDER`, or give the content as base64."
            )
        try:
            path = (first / (_parse_file_uri(name) or Path(name).expanduser())).resolve()
        except (RuntimeError, ValueError) as error:
            raise UsageError(
                f"{name!r} is no path ({error}). Give an absolute path, one below {first}, or a file: URI."
            ) from error
        if not all(_contains(roots, path) for roots in (self.server, self.client) if roots):
            allowed = ", ".join(map(str, dict.fromkeys((*self.client, *self.server))))
            raise UsageError(
                f"{path} lies outside the folders that may be read: {allowed}. Move the file there, or start the "
                "server with another --root."
            )
        return path


def _contains(roots: tuple[Path, ...], path: Path) -> bool:
    return any(path.is_relative_to(root) for root in roots)


def _parse_file_uri(uri: str) -> Path | None:
    """The path of a ``file:`` URI on this computer, None for anything else."""
    parts = urlsplit(uri)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        return None
    return Path(url2pathname(parts.path))
