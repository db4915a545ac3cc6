"""Data sets of single characters, in any of the known formats."""

import os
from collections.abc import Iterator
from pathlib import Path

from geulnun.data.records import Report, report_by_log
from geulnun.data.sample import CharSample, Style
from geulnun.data.sources.aihub import read_aihub
from geulnun.data.sources.folders import find_label, read_char_folders, read_labelled_chars
from geulnun.data.sources.hgu1 import SUFFIX as HGU1_SUFFIX
from geulnun.data.sources.hgu1 import read_hgu1
from geulnun.data.sources.labels import LABELS_FILE
from geulnun.data.sources.phd08 import SUFFIX as PHD08_SUFFIX
from geulnun.data.sources.phd08 import read_phd08
from geulnun.data.sources.pickled import SUFFIXES as PICKLE_SUFFIXES
from geulnun.data.sources.pickled import read_pickled
from geulnun.data.store_chars import RECORDS_FILE, CharStore
from geulnun.errors import DatasetError, UsageError


def open_characters(
    path: Path | str, *, style: Style | None = None, report: Report = report_by_log
) -> Iterator[CharSample]:
    """The characters of a data set, one at a time: a store, HGU1, PHD08, AI Hub, pickles or labelled folders.

    Args:
        path: file or folder.
        style: what they are, where the form does not say.
        report: called with damaged records, which are skipped.

    Raises:
        UsageError: there is no such style.
        DatasetError: there is no such path, nothing in it is known, or nothing in it is sound.
    """
    if style not in (None, "printed", "handwritten"):
        raise UsageError(f'style {style}: there is no such style. Take "printed" or "handwritten".')
    path = Path(path)
    if not os.path.exists(path):
        raise DatasetError(f"{path} does not exist. Give a file or folder with pictures of single characters.")
    suffix = path.suffix.lower() if path.is_file() else _find_suffix(path)
    if (path / RECORDS_FILE).is_file():
        return iter(CharStore(path, report=report))
    if (path / LABELS_FILE).is_file():
        return read_labelled_chars(path, report=report)
    if suffix == HGU1_SUFFIX:
        return read_hgu1(path, style=style or "handwritten", report=report)
    if suffix in PICKLE_SUFFIXES:
        return read_pickled(path, style=style, report=report)
    if suffix == PHD08_SUFFIX:
        return read_phd08(path, report=report)
    if suffix == ".json":
        return read_aihub(path if path.is_file() else _find_listing(path), style=style, report=report)
    if path.is_dir():
        return read_char_folders(path, style=style or "handwritten", report=report)
    raise DatasetError(
        f"{path} is no data set of characters. Known are HGU1 files, PHD08 texts, AI Hub's JSON, pickles, folders "
        f"called like their character, and folders with a {LABELS_FILE}."
    )


def _find_suffix(folder: Path) -> str:
    """The suffix that says what a folder holds, "" where none does.

    HGU1 files may lie in folders below, as those of PE92 and SERI95 do: nothing else has their suffix.
    """
    inside = list(folder.iterdir())
    seen = {file.suffix.lower() for file in inside if file.is_file()}
    # Beside folders of characters, texts and JSON files may be about the data set.
    others = () if any(each.is_dir() and _is_label(each.name) for each in inside) else (".json", PHD08_SUFFIX)
    if found := next((suffix for suffix in (HGU1_SUFFIX, *PICKLE_SUFFIXES, *others) if suffix in seen), ""):
        return found
    nested = (file.suffix.lower() == HGU1_SUFFIX for file in folder.rglob("*"))
    return HGU1_SUFFIX if any(nested) else ""


def _is_label(name: str) -> bool:
    try:
        find_label(name)
    except ValueError:
        return False
    return True


def _find_listing(folder: Path) -> Path:
    found = sorted(folder.glob("*.json"))
    if len(found) > 1:
        names = ", ".join(file.name for file in found[:5])
        raise DatasetError(f"{folder} holds several JSON files ({names}). Give one of them.")
    return found[0]
