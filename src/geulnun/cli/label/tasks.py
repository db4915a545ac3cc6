"""labels.jsonl to tasks for Label Studio."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from geulnun.cli.progress.report import Report
from geulnun.core.geometry import Quad
from geulnun.core.image import set_up_pillow
from geulnun.data.label_files import WordLabel, read_raw_records
from geulnun.data.records import find_picture
from geulnun.data.sources.label_studio import CONFIG, build_task
from geulnun.data.sources.labels import LABELS_FILE
from geulnun.errors import DatasetError, InputError, OutputError
from geulnun.outputs.atomic_file import AtomicFile


def write_tasks(folder: Path, path: Path, url_prefix: str) -> int:
    """Write a folder's labels as Label Studio's tasks, and the labelling interface for them beside; the exit code.

    Raises:
        OutputError: a file cannot be written.
        DatasetError: the labels cannot be read.
    """
    set_up_pillow()
    records = read_raw_records(folder / LABELS_FILE)
    with Report(1) as report:
        tasks = list(_build_tasks(folder, records, url_prefix, report))
        if tasks:
            with AtomicFile(path) as file:
                file.write(json.dumps(tasks, ensure_ascii=False, indent=1).encode() + b"\n")
            _write_config(path.with_suffix(".xml"))
            report.say(f"{path}: {len(tasks)} tasks; {path.with_suffix('.xml').name} is their labelling interface.")
        return report.exit_code


def _build_tasks(
    folder: Path, records: list[dict[str, Any]], url_prefix: str, report: Report
) -> Iterator[dict[str, Any]]:
    for number, record in enumerate(records, start=1):
        name = record["image"]
        try:
            if name.lower().endswith(".pdf"):
                raise DatasetError("Label Studio shows no PDF. Save its pages as pictures, or correct the file.")
            size = _measure(find_picture(folder, name))
            words = [parse_word(word) for word in record.get("words") or ()]
        except (InputError, KeyError, TypeError, ValueError) as error:
            report.fail(DatasetError(f"{folder / LABELS_FILE}, record {number} ({name}): {error} It is left out."))
            continue
        yield build_task(name, size, words, url_prefix=url_prefix)


def parse_word(word: dict[str, Any]) -> WordLabel:
    """A word of a record.

    Raises:
        ValueError: it has no place or no text.
    """
    if not isinstance(word, dict) or word.get("quad") is None or not isinstance(word.get("text"), str):
        raise ValueError("a word has no quad or no text.")
    return WordLabel(
        quad=Quad.from_array(word["quad"]), text=word["text"], line=word.get("line"), confidence=word.get("confidence")
    )


def _measure(path: Path) -> tuple[int, int]:
    """Width and height in pixels as a browser shows the picture: turned as its EXIF says."""
    try:
        with Image.open(path) as image:
            turned = ImageOps.exif_transpose(image)
            return turned.width, turned.height
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path} cannot be read as a picture ({error}).") from error


def _write_config(path: Path) -> None:
    """Write the labelling interface, unless a file is there."""
    if path.exists():
        return
    try:
        path.write_text(CONFIG, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror}).") from error
