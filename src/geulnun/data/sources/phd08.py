"""PHD08: printed syllables as text bitmaps.

One file for each syllable, named for it (`가.txt`). A sample is a line with its name, a line with height and width,
and so many lines of so many 0 (paper) and 1 (ink); an empty line ends it.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from geulnun.data.damage import Damage, check_label, pass_over_damage
from geulnun.data.records import Report, report_by_log
from geulnun.data.sample import CharSample
from geulnun.errors import DatasetError

SUFFIX = ".txt"


def read_phd08(path: Path | str, *, report: Report = report_by_log) -> Iterator[CharSample]:
    """The samples of a file, or of all files of a folder, in the order of their names; ink is black on white.

    Raises:
        DatasetError: there is no such file, or nothing in it is sound.
    """
    path = Path(path)
    files = sorted(each for each in path.rglob("*") if each.suffix.lower() == SUFFIX) if path.is_dir() else [path]
    return pass_over_damage((record for file in files for record in _read_file(file)), str(path), report)


def _read_file(path: Path) -> Iterator[CharSample | Damage]:
    try:
        text = check_label(path.stem)
    except ValueError as error:
        yield Damage(place=str(path), problem=f"files are named for their syllable, but {error}")
        return
    for line, block in _split_blocks(path):
        place = f"{path}, line {line}"
        try:
            yield CharSample(image=_parse_bitmap(block), text=text, style="printed")
        except ValueError as error:
            yield Damage(place=place, problem=str(error))


def _split_blocks(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The blocks between empty lines with the numbers of their first lines."""
    block: list[str] = []
    start = 1
    try:
        with path.open(encoding="latin-1") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    start = start if block else number
                    block.append(line.strip())
                elif block:
                    yield start, block
                    block = []
    except OSError as error:
        raise DatasetError(
            f"{path} cannot be read ({error.strerror}). Give a PHD08 file or a folder of such."
        ) from error
    if block:
        yield start, block


def _parse_bitmap(block: list[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    size = block[1].split() if len(block) > 1 else []
    if len(size) != 2 or not all(part.isascii() and part.isdigit() and int(part) for part in size):
        raise ValueError("the second line must hold height and width.")
    height, width = map(int, size)
    rows = block[2:]
    if len(rows) != height or any(len(row) != width for row in rows):
        raise ValueError(f"{height} rows of {width} digits are promised; there are {len(rows)} rows or other widths.")
    digits = np.frombuffer("".join(rows).encode("latin-1"), np.uint8).reshape(height, width)
    if not np.isin(digits, (48, 49)).all():
        raise ValueError("there are signs other than 0 and 1.")
    return np.where(digits == 49, 0, 255).astype(np.uint8)
