"""HGU1 files: the handwriting sets PE92 and SERI95 and their union HanDB.

A header of 8 bytes that starts with "HGU1"; then for each sample the two bytes of its KS X 1001 code, width, height,
type (0: a byte a pixel, 1: a float a pixel) and a reserved byte, each one byte, and the pixels row by row.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from geulnun.core.hangul import is_syllable
from geulnun.data.damage import Damage, pass_over_damage
from geulnun.data.records import Report, report_by_log
from geulnun.data.sample import CharSample, Style
from geulnun.errors import DatasetError

SUFFIX = ".hgu1"
_MAGIC = b"HGU1"
_MAGIC_LENGTH = 8
_HEAD_LENGTH = 6
_BYTES_A_PIXEL = {0: 1, 1: 4}


def read_hgu1(
    path: Path | str, *, style: Style = "handwritten", report: Report = report_by_log
) -> Iterator[CharSample]:
    """The samples of a file, or of all HGU1 files of a folder in the order of their names.

    Args:
        path: file or folder.
        style: what the set holds.
        report: called with damaged records.

    Raises:
        DatasetError: there is no such file, or nothing in it is sound.
    """
    path = Path(path)
    files = sorted(each for each in path.rglob("*") if each.suffix.lower() == SUFFIX) if path.is_dir() else [path]
    return pass_over_damage((record for file in files for record in _read_file(file, style)), str(path), report)


def _read_file(path: Path, style: Style) -> Iterator[CharSample | Damage]:
    try:
        size = path.stat().st_size
        file = path.open("rb")
    except OSError as error:
        raise DatasetError(
            f"{path} cannot be read ({error.strerror}). Give an HGU1 file or a folder of such."
        ) from error
    with file:
        if file.read(_MAGIC_LENGTH)[: len(_MAGIC)] != _MAGIC:
            yield Damage(place=str(path), problem=f'it does not start with "{_MAGIC.decode()}", so it is no HGU1 file.')
            return
        number = 0
        while (start := file.tell()) < size:
            number += 1
            place = f"{path}, sample {number} at byte {start}"
            head = file.read(_HEAD_LENGTH)
            if len(head) < _HEAD_LENGTH:
                yield Damage(place=place, problem="the file ends within its head.")
                return
            width, height, kind = head[2], head[3], head[4]
            length = width * height * _BYTES_A_PIXEL.get(kind, 1)
            pixels = file.read(length)
            if len(pixels) < length:
                yield Damage(
                    place=place, problem=f"it should have {length} bytes, and the file ends after {len(pixels)}."
                )
                return
            yield _parse(place, head, pixels, style)


def _parse(place: str, head: bytes, pixels: bytes, style: Style) -> CharSample | Damage:
    code, width, height, kind = head[:2], head[2], head[3], head[4]
    try:
        text = code.decode("euc-kr")
    except UnicodeDecodeError:
        text = ""
    if not is_syllable(text):
        return Damage(place=place, problem=f"its code {code.hex()} is no Hangul syllable of KS X 1001.")
    if not width or not height:
        return Damage(place=place, problem=f"its picture is {width} x {height} pixels.")
    if kind != 0:
        return Damage(place=place, problem=f"its pixels are of type {kind}; only bytes (type 0) are read.")
    image = np.frombuffer(pixels, np.uint8).reshape(height, width)
    return CharSample(image=image, text=text, style=style)
