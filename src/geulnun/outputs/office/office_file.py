"""An office file: put together in memory, written when its document is whole."""

from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from geulnun.outputs.atomic_file import AtomicFile


class OfficeFile(ABC):
    """What the writers of office formats share: the file appears when the ``with`` block ends well."""

    def __init__(self, path: Path) -> None:
        """Check that the place can be written.

        Raises:
            OutputError: it cannot.
        """
        self._file = AtomicFile(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._file.discard()
            return
        with self._file, self._file.open_stream() as stream:
            self._save(stream)

    @abstractmethod
    def _save(self, stream: BinaryIO) -> None:
        """Write the whole document.

        Raises:
            OSError: the stream cannot be written.
        """
