"""Millions of small pictures of characters on disk: one file of pixels, one of records, both mapped into memory.

A store is a folder of `pixels.bin` (grey bytes of all pictures, one after the other), `records.bin` (`RECORD` each)
and `writers.jsonl` (a name a line, numbered from 1). It is written one sample at a time, pixels and
names first, so that a writer that was killed leaves a store that can be read. What is read of it is what is asked for:
memory stays bounded however large it is.
"""

import json
import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from geulnun.core.random_streams import open_rng
from geulnun.data.records import Report, report_by_log
from geulnun.data.sample import CharSample, SampleSource, Style
from geulnun.errors import DatasetError, OutputError, UsageError

PIXELS_FILE = "pixels.bin"
RECORDS_FILE = "records.bin"
WRITERS_FILE = "writers.jsonl"
RECORD = np.dtype(
    [("offset", "<u8"), ("height", "<u2"), ("width", "<u2"), ("text", "<u4"), ("style", "u1"), ("writer", "<u4")]
)
_STYLES: tuple[Style, ...] = ("printed", "handwritten")
_MAX_SIDE_PX = 65_535
_ROUNDS = 4
_BLOCK = 64  # numbers of a mixture


class CharWriter:
    """Writes samples into a new store, one after the other; none stays if its `with` block ends with an exception."""

    def __init__(self, folder: Path | str) -> None:
        """A writer for the folder, which is made when it is missing.

        Raises:
            OutputError: the folder cannot be written, or holds a store.
        """
        self.folder = Path(folder)
        self.count = 0
        self._offset = 0
        self._writers: dict[str, int] = {}
        if os.path.exists(self.folder / RECORDS_FILE):
            raise OutputError(f"{self.folder} already holds a store of characters. Name another folder, or delete it.")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._pixels = (self.folder / PIXELS_FILE).open("wb")
            self._records = (self.folder / RECORDS_FILE).open("wb")
            self._names = (self.folder / WRITERS_FILE).open("w", encoding="utf-8")
        except OSError as error:
            raise OutputError(f"{self.folder} cannot be written ({error.strerror}). Name another folder.") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        whole = False
        try:
            self.close()
            whole = kind is None
        finally:
            for name in () if whole else (RECORDS_FILE, PIXELS_FILE, WRITERS_FILE):
                (self.folder / name).unlink()

    def close(self) -> None:
        """End the store.

        Raises:
            OutputError: the disk is full.
        """
        with self._explaining_failure():
            for file in (self._pixels, self._names, self._records):
                file.close()

    def write(self, sample: CharSample) -> None:
        """Append the sample.

        Raises:
            OutputError: the disk is full, or the picture is none of grey bytes with sides up to 65,535 px.
        """
        image = np.ascontiguousarray(sample.image)
        if image.dtype != np.uint8 or image.ndim != 2 or not 0 < min(image.shape) <= max(image.shape) <= _MAX_SIDE_PX:
            raise OutputError(
                f"a picture of shape {image.shape} and type {image.dtype} cannot be stored; (H, W) uint8 is needed."
            )
        style = _STYLES.index(sample.style)
        with self._explaining_failure():
            writer = self._number(sample.writer)
            record = np.array((self._offset, *image.shape, ord(sample.text), style, writer), RECORD)
            self._pixels.write(image.data)
            self._records.write(record.tobytes())
        self._offset += image.size
        self.count += 1

    @contextmanager
    def _explaining_failure(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutputError(f"{self.folder} cannot be written ({error.strerror}). Free some space.") from error

    def _number(self, writer: str | None) -> int:
        if writer is None:
            return 0
        if writer not in self._writers:
            self._writers[writer] = len(self._writers) + 1
            self._names.write(json.dumps(writer, ensure_ascii=False) + "\n")
            self._names.flush()  # before a record of it can be written
        return self._writers[writer]


def write_chars(samples: Iterable[CharSample], folder: Path | str) -> int:
    """How many samples were written into a new store.

    Raises:
        OutputError: the folder cannot be written, or holds a store.
    """
    with CharWriter(folder) as writer:
        for sample in samples:
            writer.write(sample)
        return writer.count


class CharStore:
    """A store, opened. Cheap to copy to other processes: it travels as its path.

    `store[i]` is the sample of that number; `store.draw(i)` is an endless source whose every pass gives all samples
    once, in an order of its own.
    """

    def __init__(self, folder: Path | str, *, seed: int = 0, report: Report = report_by_log) -> None:
        """The store in a folder.

        Args:
            folder: where `write_chars` wrote it.
            seed: of the order in which `draw` goes through it.
            report: called if its end is missing.

        Raises:
            DatasetError: it is missing or empty, or its records do not fit its pixels.
        """
        self.folder, self.seed = Path(folder), seed
        try:
            size = (self.folder / PIXELS_FILE).stat().st_size
            count = (self.folder / RECORDS_FILE).stat().st_size // RECORD.itemsize
            names = (self.folder / WRITERS_FILE).read_text(encoding="utf-8").splitlines()
            self.writers = tuple(str(json.loads(name)) for name in names)
        except (OSError, ValueError) as error:
            raise DatasetError(f"{self.folder} is no store of characters ({error}). Write it again.") from error
        if count:
            self._records = np.memmap(self.folder / RECORDS_FILE, RECORD, "r", shape=(count,))
            kept = self._count_whole(count, size)
            if kept < count:
                report(f"{self.folder}: the pixels of the last {count - kept} of {count} records are missing.")
            count = kept
        if not count:
            raise DatasetError(f"{self.folder} is a store of characters without any. Write it again.")
        self._count = count
        self._pixels = np.memmap(self.folder / PIXELS_FILE, np.uint8, "r")

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> CharSample:
        """The sample of that number.

        Raises:
            IndexError: there is none.
            DatasetError: its record is damaged.
        """
        if not 0 <= number < self._count:
            raise IndexError(f"sample {number} of a store of {self._count}")
        offset, height, width, code, style, writer = self._records[number].item()
        if offset + height * width > len(self._pixels) or style >= len(_STYLES) or writer > len(self.writers):
            raise DatasetError(f"{self.folder / RECORDS_FILE}, record {number} is damaged. Write the store again.")
        image = np.array(self._pixels[offset : offset + height * width]).reshape(height, width)
        name = self.writers[writer - 1] if writer else None
        return CharSample(image=image, text=chr(code), style=_STYLES[style], writer=name)

    def __iter__(self) -> Iterator[CharSample]:
        return (self[number] for number in range(self._count))

    def count_texts(self) -> Counter[str]:
        """How many samples there are of each character."""
        codes, counts = np.unique(self._records["text"][: self._count], return_counts=True)
        return Counter({chr(code): int(count) for code, count in zip(codes, counts, strict=True)})

    def draw(self, index: int) -> CharSample:
        """The sample of that place in an endless row of shuffled passes."""
        turn, place = divmod(index, self._count)
        return self[shuffle(place, self._count, (self.seed, turn))]

    def __reduce__(self) -> tuple[Any, ...]:
        return _open_again, (self.folder, self.seed)

    def _count_whole(self, count: int, size: int) -> int:
        """Records up to the last one whose pixels are there."""
        for number in range(count - 1, -1, -1):
            last = self._records[number]
            if int(last["offset"]) + int(last["height"]) * int(last["width"]) <= size:
                return number + 1
        return 0


class MixedChars:
    """Two sources in one endless row: drawn characters, and the real ones of a store, each once in a pass."""

    def __init__(self, drawn: SampleSource[CharSample], store: CharStore, share: float) -> None:
        """A mixture with such a share (0..1) of real characters.

        Raises:
            UsageError: a share outside 0..1.
        """
        if not 0 <= share <= 1:
            raise UsageError(f"a share of {share} real characters is impossible; allowed is 0 to 1.")
        self.drawn, self.store, self.share = drawn, store, share

    def draw(self, index: int) -> CharSample:
        """The character of that number."""
        # As many real ones come before a block as its share of it, so that a pass leaves none out. Their places in it
        # are drawn by lot: of evenly spaced ones, one of several workers would draw all.
        block, place = divmod(index, _BLOCK)
        before, upto = (math.floor(number * _BLOCK * self.share) for number in (block, block + 1))
        rng = open_rng(self.store.seed, block, stream="characters.mixture")
        places = rng.choice(_BLOCK, upto - before, replace=False)
        if place not in places:
            return self.drawn.draw(index)
        return self.store.draw(before + int(np.count_nonzero(places < place)))


def _open_again(folder: Path, seed: int) -> CharStore:
    return CharStore(folder, seed=seed)


def shuffle(place: int, count: int, key: tuple[int, int]) -> int:
    """Where a permutation of 0..count-1 sends a place, without a table of it.

    A Feistel network permutes the next power of four; places beyond the end are sent on until they come in.
    Source: Black and Rogaway 2002, Ciphers with arbitrary finite domains (cycle walking).
    """
    half = max(1, ((count - 1).bit_length() + 1) // 2)
    mask = (1 << half) - 1
    mixed = (key[0] * 0x9E3779B97F4A7C15 + key[1] * 0xBF58476D1CE4E5B9 + 0x94D049BB133111EB) & (1 << 64) - 1
    while True:
        left, right = place >> half, place & mask
        for turn in range(_ROUNDS):
            left, right = right, left ^ (_mix(right + (mixed >> 8 * turn) * (2 * turn + 1)) & mask)
        place = left << half | right
        if place < count:
            return place


def _mix(value: int) -> int:
    """64 well-mixed bits of a number. Source: Steele, Lea and Flood 2014, SplitMix."""
    value &= (1 << 64) - 1
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & (1 << 64) - 1
    value = (value ^ value >> 27) * 0x94D049BB133111EB & (1 << 64) - 1
    return value ^ value >> 31
