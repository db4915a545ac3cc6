"""The project's own data set: a folder with `images/NNNNNN.png` (or .jpg) and `pages.jsonl`.

Each line of `pages.jsonl` is an object: `store` (1, the version of this form), `image` (path below the folder),
`kind`, `name`, and `page` (`Page.to_dict`). It is written one sample at a time, picture first, so that a writer that
was stopped leaves a readable store, which can be appended to.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from PIL import Image

from geulnun.core.image import read_image
from geulnun.core.page import Page
from geulnun.data.records import Report, find_picture, read_records, report_by_log
from geulnun.data.sample import LabelledPicture, LabelledWord, Sample
from geulnun.errors import InputError, OutputError

PAGES_FILE = "pages.jsonl"
STORE_VERSION = 1
_PNG_LEVEL = 3


class SampleWriter:
    """Writes samples into a folder, one after the other; use it in a `with` block."""

    def __init__(self, folder: Path | str, *, append: bool = False) -> None:
        """A writer for the folder, which is made when it is missing.

        Args:
            folder: Where the store goes.
            append: Go on with a store that is already there.

        Raises:
            OutputError: The folder cannot be written, or holds a store and `append` is not set.
        """
        self.folder = Path(folder)
        self.count = 0
        pages = self.folder / PAGES_FILE
        if pages.exists() and not append:
            raise OutputError(
                f"{self.folder} already holds a data set ({PAGES_FILE}). Name another folder, delete that one, "
                "or append to it."
            )
        try:
            (self.folder / "images").mkdir(parents=True, exist_ok=True)
            self.count = _count_pictures(self.folder)
            _end_last_line(pages)
            self._pages = pages.open("a", encoding="utf-8")
        except OSError as error:
            raise _cannot_write(self.folder, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the store; nothing can be written to it by this writer afterwards."""
        self._pages.close()

    def write(self, sample: Sample) -> Path:
        """The path of the picture, after it and its record were written.

        Raises:
            OutputError: The disk is full or the folder cannot be written.
        """
        path = self.folder / "images" / f"{self.count:06d}.png"
        record = {
            "store": STORE_VERSION,
            "image": path.relative_to(self.folder).as_posix(),
            "kind": sample.kind,
            "name": sample.name or path.stem,
            "page": sample.page.to_dict(),
        }
        try:
            Image.fromarray(sample.image).save(path, compress_level=_PNG_LEVEL)
            self._pages.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")
            self._pages.flush()
        except OSError as error:
            raise _cannot_write(path, error) from error
        self.count += 1
        return path


def read_pictures(folder: Path | str, *, report: Report = report_by_log) -> Iterator[LabelledPicture]:
    """The pictures of a store with their pages, one at a time; pixels are not read yet.

    Args:
        folder: A folder that `SampleWriter` wrote.
        report: Called with every damaged record, which is skipped; the log by default.

    Raises:
        DatasetError: The store cannot be read or has no usable record.
    """
    folder = Path(folder)
    return read_records(folder / PAGES_FILE, lambda fields: _parse_record(folder, fields), report)


def read_samples(folder: Path | str, *, report: Report = report_by_log) -> Iterator[Sample]:
    """The samples of a store, one at a time, pixels included; damaged pictures are reported and skipped.

    Raises:
        DatasetError: The store cannot be read or has no usable record.
    """
    for picture in read_pictures(folder, report=report):
        try:
            image = read_image(picture.image_path)
            page = _check_size(picture.page, image.shape)
        except (InputError, ValueError) as error:
            report(f"{error} The sample is skipped.")
            continue
        yield Sample(image=image, page=page, kind=picture.kind, name=picture.name)


def _parse_record(folder: Path, fields: dict[str, Any]) -> LabelledPicture:
    version = fields["store"]
    if version != STORE_VERSION:
        raise ValueError(f"the store's version is {version!r}, and this geulnun reads {STORE_VERSION}; write it again.")
    page = Page.from_dict(fields["page"])
    return LabelledPicture(
        image_path=find_picture(folder, str(fields["image"])),
        kind=str(fields.get("kind", "")),
        text=page.text,
        words=tuple(LabelledWord(word.quad, word.text) for word in page.words),
        page=page,
        name=str(fields.get("name", "")),
    )


def _check_size(page: Page | None, shape: tuple[int, ...]) -> Page:
    if page is None or (page.height_px, page.width_px) != shape[:2]:
        size = f"{page.width_px} x {page.height_px}" if page else "nothing"
        raise ValueError(f"The picture has {shape[1]} x {shape[0]} pixels, but its page says {size}.")
    return page


def _count_pictures(folder: Path) -> int:
    numbers = [int(path.stem) for path in (folder / "images").iterdir() if path.stem.isdecimal()]
    return max(numbers, default=-1) + 1


def _end_last_line(pages: Path) -> None:
    """Give a record that was cut off its own (damaged) line, so that the next one stays readable."""
    if not pages.exists() or not pages.stat().st_size:
        return
    with pages.open("rb+") as handle:
        handle.seek(-1, 2)
        if handle.read(1) != b"\n":
            handle.write(b"\n")


def _cannot_write(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{path} cannot be written ({error.strerror or error}). A data set needs a writable folder with enough free "
        "space; choose another folder or make room."
    )
