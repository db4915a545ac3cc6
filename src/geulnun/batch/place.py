"""Where results go: a folder or a bucket, in which a file appears whole or not at all."""

import os
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from geulnun.batch.remote import is_url, open_file_system
from geulnun.errors import OutputError
from geulnun.outputs.atomic_file import AtomicFile, make_folder

_UNFINISHED = ".geulnun-*.part"
# A PUT to these is atomic; elsewhere a file is uploaded under another name and then renamed.
_OBJECT_STORES = {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oss", "oci"}


class Place(Protocol):
    """A folder of results, small enough to be sent to other processes; names in it are relative, with ``/``."""

    @property
    def folder(self) -> Path | None:
        """The folder on this machine, if it is one."""

    def prepare(self) -> None:
        """Make the folder.

        Raises:
            OutputError: the place cannot be written.
        """

    def tidy(self) -> None:
        """Remove what killed workers left unfinished; only while no worker writes."""

    def list_names(self, folder: str = "") -> set[str]:
        """The names of the files directly in a folder; none if it does not exist.

        Raises:
            OutputError: the folder cannot be listed.
        """

    def read(self, name: str) -> bytes:
        """The content of a file.

        Raises:
            OutputError: it cannot be read.
        """

    def create(self, name: str) -> AbstractContextManager[AtomicFile]:
        """A temporary file that is moved to `name` when the ``with`` block ends well.

        Raises:
            OutputError: the place cannot be written, for instance because the disk is full.
        """

    def publish(self, path: Path, name: str) -> None:
        """Copy a finished file of this machine to `name`.

        Raises:
            OutputError: the place cannot be written.
        """

    def remove(self, names: Sequence[str]) -> None:
        """Remove files that are there.

        Raises:
            OutputError: one cannot be removed.
        """


def open_place(location: str) -> Place:
    """The place at a path or URL.

    Raises:
        MissingExtraError: a URL without fsspec installed.
        InputError: a URL that no file system is known for.
    """
    if not is_url(location):
        return FolderPlace(Path(location).absolute())
    open_file_system(location)
    return RemotePlace(location.rstrip("/"))


def write_file(place: Place, name: str, data: bytes) -> None:
    """Write a small file whole.

    Raises:
        OutputError: the place cannot be written.
    """
    with place.create(name) as file:
        file.write(data)


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """A folder that is mounted on every machine that works on it: temporary name, fsync, rename."""

    folder: Path

    def prepare(self) -> None:
        """See `Place`."""
        make_folder(self.folder)

    def tidy(self) -> None:
        """See `Place`."""
        for path in self.folder.rglob(_UNFINISHED):
            with suppress(OSError):
                path.unlink()

    def list_names(self, folder: str = "") -> set[str]:
        """See `Place`."""
        place = self.folder / folder
        try:
            return {entry.name for entry in os.scandir(place) if entry.is_file()} if place.is_dir() else set()
        except OSError as error:
            raise OutputError(f"{place} cannot be listed ({error.strerror}). Check its permissions.") from error

    def read(self, name: str) -> bytes:
        """See `Place`."""
        try:
            return (self.folder / name).read_bytes()
        except OSError as error:
            raise OutputError(f"{self.folder / name} cannot be read ({error.strerror}). Check the place.") from error

    @contextmanager
    def create(self, name: str) -> Iterator[AtomicFile]:
        """See `Place`."""
        path = self.folder / name
        make_folder(path.parent)
        with AtomicFile(path) as file:
            yield file
            _sync(file)

    def publish(self, path: Path, name: str) -> None:
        """See `Place`."""
        with path.open("rb") as source, self.create(name) as file:
            while piece := source.read(1 << 20):
                file.write(piece)

    def remove(self, names: Sequence[str]) -> None:
        """See `Place`."""
        for name in names:
            try:
                (self.folder / name).unlink(missing_ok=True)
            except OSError as error:
                raise OutputError(f"{self.folder / name} cannot be removed ({error.strerror}).") from error


@dataclass(frozen=True, slots=True)
class RemotePlace:
    """A bucket or another file system of fsspec: files are written here and uploaded whole."""

    url: str

    @property
    def folder(self) -> Path | None:
        """See `Place`."""
        return None

    def prepare(self) -> None:
        """See `Place`; where a store has no folders there is nothing to make."""

    def tidy(self) -> None:
        """See `Place`; nothing unfinished stands in an object store."""

    def list_names(self, folder: str = "") -> set[str]:
        """See `Place`."""
        system, path = open_file_system(self._join(folder))
        with _explaining(self._join(folder), "listed"):
            system.invalidate_cache()
            if not system.exists(path):
                return set()
            return {PurePosixPath(each["name"]).name for each in system.ls(path, detail=True) if each["type"] == "file"}

    def read(self, name: str) -> bytes:
        """See `Place`."""
        system, path = open_file_system(self._join(name))
        with _explaining(self._join(name), "read"):
            return bytes(system.cat_file(path))

    @contextmanager
    def create(self, name: str) -> Iterator[AtomicFile]:
        """See `Place`."""
        with tempfile.TemporaryDirectory(prefix="geulnun-batch-") as folder:
            path = Path(folder, "result")
            with AtomicFile(path) as file:
                yield file
            self.publish(path, name)

    def publish(self, path: Path, name: str) -> None:
        """See `Place`."""
        system, place = open_file_system(self._join(name))
        protocols = {system.protocol} if isinstance(system.protocol, str) else set(system.protocol)
        with _explaining(self._join(name), "written"):
            if protocols & _OBJECT_STORES:
                system.put_file(str(path), place)
                return
            folder, _, last = place.rpartition("/")
            part = f"{folder}/.geulnun-{secrets.token_hex(6)}.part"
            system.makedirs(folder, exist_ok=True)
            system.put_file(str(path), part)
            system.mv(part, f"{folder}/{last}")

    def remove(self, names: Sequence[str]) -> None:
        """See `Place`."""
        for name in names:
            system, path = open_file_system(self._join(name))
            with _explaining(self._join(name), "removed"):
                if system.exists(path):
                    system.rm_file(path)

    def _join(self, name: str) -> str:
        return f"{self.url}/{name}" if name else self.url


def _sync(file: AtomicFile) -> None:
    """Wait until the file's bytes are on the disk."""
    with file.open_stream() as stream:
        stream.flush()
        os.fsync(stream.fileno())


@contextmanager
def _explaining(url: str, done: str) -> Iterator[None]:
    """Turns whatever a file system raises into an OutputError."""
    try:
        yield
    except Exception as error:  # each file system has errors of its own
        raise OutputError(
            f"{url} cannot be {done} ({type(error).__name__}: {error}). Check the URL and your permissions."
        ) from error
