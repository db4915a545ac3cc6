"""An office file: put together when its document is whole, from parts that wait in a file."""

import os
import pickle
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from geulnun.outputs.atomic_file import AtomicFile, open_spool


class OfficeFile(ABC):
    """What the writers of office formats share: the file appears when the ``with`` block ends well.

    Parts wait in a file without a name beside the output, and the document is put together at the end: many small
    objects, made between the large arrays of pages that are read, would keep the memory of these from being used again.
    """

    def __init__(self, path: Path) -> None:
        """Check that the place can be written.

        Raises:
            OutputError: it cannot.
        """
        self._file = AtomicFile(path)
        self._spool = open_spool(Path(os.path.realpath(path)).parent)
        self._start = 0

    def discard_document(self) -> None:
        """Take back the parts of the current document."""
        self._spool.seek(self._start)
        self._spool.truncate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:  # also of a file that could not be saved just before
            self._spool.close()
            self._file.discard()
            return
        with self._spool, self._file, self._file.open_stream() as stream:
            self._save(stream)

    def _begin_document(self) -> None:
        """What is put from here on is of the next document."""
        self._start = self._spool.tell()

    def _put(self, part: object) -> None:
        """Keep a part for later.

        Raises:
            OutputError: the disk is full.
        """
        with self._file.collecting():
            pickle.dump(part, self._spool)

    def _read_parts(self) -> Iterator[Any]:
        """The parts in the order in which they were put."""
        end = self._spool.tell()
        self._spool.seek(0)
        while self._spool.tell() < end:
            yield pickle.load(self._spool)

    @abstractmethod
    def _save(self, stream: BinaryIO) -> None:
        """Write the whole document.

        Raises:
            OSError: the stream cannot be written.
        """
