"""Files that appear whole or not at all."""

import os
import secrets
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

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
        """Opens the file.

        Raises:
            OutputError: the place cannot be written.
        """
        self.path = Path(path)
        self.broken = False
        try:
            place = self.path.resolve()
            if place.is_dir():
                raise IsADirectoryError
            direct = place.exists() and not place.is_file()
            self._place = place
            self._part = None if direct else place.with_name(f".geulnun-{secrets.token_hex(6)}.part")
            self._file: BinaryIO = (self._part or place).open("wb" if direct else "xb")
        except (OSError, ValueError) as error:
            raise self._explain(error) from error

    def write(self, data: bytes) -> None:
        """Appends `data`.

        Raises:
            OutputError: the place cannot be written, for instance because the disk is full.
        """
        try:
            self._file.write(data)
        except OSError as error:
            self.broken = True
            raise self._explain(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._file.close()
            if kind is None and self._part is not None and not self.broken:
                self._part.replace(self._place)
        except OSError as problem:
            if not self.broken:
                raise self._explain(problem) from problem
        finally:
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
