"""Pictures of characters in labelled folders, and such folders with a `labels.jsonl`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from geulnun.core import raster
from geulnun.core.hangul import to_nfc
from geulnun.core.image import IMAGE_SUFFIXES, read_image
from geulnun.data.damage import Damage, check_label, pass_over_damage
from geulnun.data.records import Report, find_picture, read_records, report_by_log
from geulnun.data.sample import CharSample, Style
from geulnun.data.sources.labels import LABELS_FILE
from geulnun.errors import DatasetError, InputError


def read_char_folders(
    path: Path | str, *, style: Style = "handwritten", report: Report = report_by_log
) -> Iterator[CharSample]:
    """The pictures in folders that are called like their character, in the order of names.

    A folder is called like a syllable or jamo (`가`), like its code point (`U+AC00`), or like its KS X 1001 code in
    hexadecimal (`b0a1`). Pictures may lie in folders below; other files are left alone.

    Args:
        path: the folder of these folders.
        style: what they are.
        report: called with damaged pictures and folders with other names.

    Raises:
        DatasetError: there is no such folder, or nothing in it is sound.
    """
    path = Path(path)
    if not path.is_dir():
        raise DatasetError(f"{path} is no folder. Give a folder of folders that are called like their character.")
    return pass_over_damage(_walk(path, style), str(path), report)


def _walk(path: Path, style: Style) -> Iterator[CharSample | Damage]:
    for folder in sorted(each for each in path.iterdir() if each.is_dir() and not each.name.startswith(".")):
        files = sorted(each for each in folder.rglob("*") if each.suffix.lower() in IMAGE_SUFFIXES)
        try:
            text = find_label(folder.name)
        except ValueError as error:
            yield Damage(place=str(folder), problem=str(error))
            continue
        for file in files:
            try:
                yield CharSample(image=raster.to_grey(read_image(file)), text=text, style=style)
            except InputError as error:
                yield Damage(place=str(file), problem=str(error))


def find_label(name: str) -> str:
    """The character that a folder's name says.

    Raises:
        ValueError: it says none.
    """
    code = name.lower()
    try:
        if code.startswith("u+"):
            return check_label(chr(int(code[2:], 16)))
        if len(code) == 4 and code.isascii():
            return check_label(bytes.fromhex(code).decode("euc-kr"))
    except (ValueError, OverflowError):
        pass
    return check_label(name)


def read_labelled_chars(path: Path | str, *, report: Report = report_by_log) -> Iterator[CharSample]:
    """The characters of a folder with `labels.jsonl`: an object a line with image, text, kind and maybe writer.

    A kind with "hand" in it is handwriting, any other print.

    Raises:
        DatasetError: the labels cannot be read or have no usable record.
    """
    folder = Path(path)
    return read_records(folder / LABELS_FILE, lambda fields: _parse_record(folder, fields), report)


def _parse_record(folder: Path, fields: dict[str, Any]) -> CharSample:
    text = check_label(fields["text"])
    writer = fields.get("writer")
    return CharSample(
        image=raster.to_grey(read_image(find_picture(folder, to_nfc(str(fields["image"]))))),
        text=text,
        style="handwritten" if "hand" in str(fields.get("kind", "")) else "printed",
        writer=None if writer is None else str(writer),
    )
