"""Files that appear whole or not at all, and the folders that they stand in."""

import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, cast

from geulnun.errors import OutputError


class AtomicFile:
    """A file written beside its place and moved there when its ``with`` block ends well.

    When the block ends with an exception, or a write has failed, whatever stood at the place before still stands
    there. What is not a regular file, such as ``/dev/null`` or a pipe, is written to directly.

    Attributes:
        path: the place.
        broken: whether a write has failed.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open the file.

        Raises:
            OutputError: the place cannot be written.
        """
        self.path = Path(path)
        self.broken = False
        try:
            place = Path(os.path.realpath(self.path))
            if place.is_dir():
                raise IsADirectoryError
            direct = place.exists() and not place.is_file()
            self._part = None if direct else place.with_name(f".geulnun-{secrets.token_hex(6)}.part")
            self._file: BinaryIO = (self._part or place).open("wb" if direct else "xb")
        except (OSError, ValueError) as error:
            raise self._explain(error) from error

    def write(self, data: bytes) -> None:
        """Append `data`.

        Raises:
            OutputError: the place cannot be written, for instance because the disk is full.
        """
        with self.open_stream() as stream:
            stream.write(data)

    @contextmanager
    def open_stream(self) -> Iterator[BinaryIO]:
        """The file itself, for libraries that write to one.

        Raises:
            OutputError: the place cannot be written, for instance because the disk is full.
        """
        try:
            yield self._file
        except OSError as error:
            self.broken = True
            raise self._explain(error) from error

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Where parts of the file are kept elsewhere (see `open_spool`) until it is put together.

        Raises:
            OutputError: they cannot be kept, for instance because the disk is full.
        """
        try:
            yield
        except OSError as error:
            self.broken = True
            reason = error.strerror or error
            raise OutputError(f"{self.path} cannot be written ({reason}). Free some room and try again.") from error

    def tell(self) -> int | None:
        """The position in bytes; None where nothing that was written can be taken back."""
        return None if self._part is None else self._file.tell()

    def truncate(self, position: int) -> None:
        """Take back everything after `position`."""
        with self.open_stream() as stream:
            stream.seek(position)
            stream.truncate()

    def close(self) -> None:
        """Close the file while it still stands beside its place.

        Raises:
            OutputError: the last bytes cannot be written.
        """
        with self.open_stream() as stream:
            stream.close()

    def commit(self, path: str | os.PathLike[str] | None = None) -> None:
        """Close the file and move it to its place, or to `path` in the same folder.

        Raises:
            OutputError: the place cannot be written.
        """
        self.path = self.path if path is None else Path(path)
        try:
            self._file.close()
            if self._part is not None and not self.broken:
                self._part.replace(os.path.realpath(self.path))
        except OSError as problem:
            if not self.broken:
                raise self._explain(problem) from problem
        finally:
            self._remove_part()

    def discard(self) -> None:
        """Close the file and remove what was written."""
        try:
            self._file.close()
        except OSError as problem:
            if not self.broken:
                raise self._explain(problem) from problem
        finally:
            self._remove_part()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.commit()
        else:
            self.discard()

    def _remove_part(self) -> None:
        if self._part is not None:
            self._part.unlink(missing_ok=True)

    def _explain(self, error: OSError | ValueError) -> OutputError:
        folder = self.path.parent
        if isinstance(error, IsADirectoryError):
            return OutputError(f"{self.path} is a folder; a file was expected. Add a name, as in {self.path}/text.txt.")
        if isinstance(error, FileNotFoundError):
            return OutputError(f"{self.path} cannot be written: there is no folder {folder}. Create it first.")
        reason = getattr(error, "strerror", None) or error
        return OutputError(
            f"{self.path} cannot be written ({reason}). Choose a place where you may write and that has room."
        )


def open_spool(folder: Path) -> BinaryIO:
    """A file without a name, in a folder or, where it takes none, as beside a device, where such files go."""
    try:
        return cast(BinaryIO, tempfile.TemporaryFile(dir=folder))
    except OSError:
        return cast(BinaryIO, tempfile.TemporaryFile())


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, unless they are there.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"the folder {folder} cannot be made ({error.strerror}). Choose a place where you may write."
        ) from error


@contextmanager
def writing_into(folder: Path) -> Iterator[None]:
    """Where files of a folder are written by whatever writes them.

    Raises:
        OutputError: one cannot be, for instance because the disk is full.
    """
    try:
        yield
    except OSError as error:
        raise OutputError(f"{folder} cannot be written ({error.strerror}). Free some space or name another.") from error


def write_text_file(path: Path, text: str) -> None:
    """Write `text` in UTF-8 as a whole file; folders are made where they are missing.

    Raises:
        OutputError: the place cannot be written.
    """
    make_folder(path.parent)
    with AtomicFile(path) as file:
        file.write(text.encode())


def write_json_file(path: Path, value: Any) -> None:
    """Write `value` in JSON, a line for each part, as `write_text_file` does."""
    write_text_file(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")
