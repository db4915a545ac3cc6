"""Labelled images: samples, stores of them, and readers of public data set formats."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from geulnun.data.records import Report, report_by_log
from geulnun.data.sample import LabelledPicture
from geulnun.data.sources.labels import LABELS_FILE, read_labelled_pictures
from geulnun.data.sources.open_ocr import MERGED_FILE, read_merged
from geulnun.data.sources.text_files import has_text_files, read_pictures_with_text
from geulnun.data.store import PAGES_FILE, read_pictures
from geulnun.errors import DatasetError


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A folder of labelled pictures; iterating over it reads the labels again, one picture at a time.

    Attributes:
        folder: Where it lies.
        form: "store" (written by this project), "labels" (a `labels.jsonl`), "open-ocr" (a `merged_gt.pkl`) or "text
            files" (one beside each picture).
        report: Called with every damaged record, which is skipped.
    """

    folder: Path
    form: Literal["store", "labels", "open-ocr", "text files"]
    report: Report = report_by_log

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.resolve().name

    def __iter__(self) -> Iterator[LabelledPicture]:
        return _READERS[self.form](self.folder, report=self.report)


_READERS = {
    "store": read_pictures,
    "labels": read_labelled_pictures,
    "open-ocr": read_merged,
    "text files": read_pictures_with_text,
}


def open_dataset(path: Path | str, *, report: Report = report_by_log) -> Dataset:
    """Open the data set in a folder, in any of the known formats.

    Args:
        path: The folder, or the `pages.jsonl`, `labels.jsonl` or `merged_gt.pkl` in it.
        report: Called with every damaged record, which is skipped; the log by default.

    Raises:
        DatasetError: There is no such folder, or nothing in it is known.
    """
    path = Path(path)
    folder = path.parent if path.name in (PAGES_FILE, LABELS_FILE, MERGED_FILE) else path
    if os.path.isfile(folder / PAGES_FILE):
        return Dataset(folder=folder, form="store", report=report)
    if os.path.isfile(folder / LABELS_FILE):
        return Dataset(folder=folder, form="labels", report=report)
    if os.path.isfile(folder / MERGED_FILE):
        return Dataset(folder=folder, form="open-ocr", report=report)
    if has_text_files(folder):
        return Dataset(folder=folder, form="text files", report=report)
    raise DatasetError(_describe_unknown(folder))


def _describe_unknown(folder: Path) -> str:
    if not os.path.exists(folder):
        return f"The data set {folder} does not exist. Give the path of a folder with a {PAGES_FILE} or {LABELS_FILE}."
    if not folder.is_dir():
        return f"{folder} is a file. A data set is a folder with a {PAGES_FILE} or {LABELS_FILE}; give its path."
    below = sorted({found.parent for name in (PAGES_FILE, LABELS_FILE) for found in folder.glob(f"*/{name}")})
    if below:
        names = ", ".join(str(found) for found in below[:5]) + (" …" if len(below) > 5 else "")
        return f"{folder} is no data set, but holds {len(below)}. Give one of them at a time: {names}"
    return (
        f"{folder} holds no data set. It must have a {PAGES_FILE} (written by `geulnun synth`) or a {LABELS_FILE} "
        "(an object with image, text and words a line) beside its pictures, or a NAME.txt beside each picture NAME.png."
    )
