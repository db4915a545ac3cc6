"""Folders of pictures, each with a text file of its name beside it: `a.png` and `a.txt`.

The text is UTF-8, in reading order, a line of the picture a line. Folders below are not searched.
"""

import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from geulnun.core.hangul import to_nfc
from geulnun.core.image import IMAGE_SUFFIXES
from geulnun.data.records import Report, report_by_log
from geulnun.data.sample import LabelledPicture
from geulnun.errors import DatasetError

TEXT_SUFFIX = ".txt"


def has_text_files(folder: Path) -> bool:
    """Whether any picture of the folder has a text file of its name."""
    texts, pictures = _list_files(folder)
    return bool(texts.keys() & pictures.keys())


def read_pictures_with_text(folder: Path | str, *, report: Report = report_by_log) -> Iterator[LabelledPicture]:
    """The pictures of a folder that have a text file, in the order of their names; pixels are not read yet.

    Args:
        folder: of pictures and text files.
        report: called with every file that has no partner, cannot be read, is not UTF-8, or has the name of another
            picture.

    Raises:
        DatasetError: no picture has a usable text.
    """
    folder = Path(folder)
    texts, pictures = _list_files(folder)
    good = 0
    for stem in sorted(texts.keys() | pictures.keys()):
        try:
            picture = _pair(texts.get(stem), pictures.get(stem, []))
        except ValueError as error:
            report(str(error))
            continue
        good += 1
        yield picture
    if not good:
        raise DatasetError(f"{folder} holds no picture with a text file of its name, such as a.png and a.txt.")


def _list_files(folder: Path) -> tuple[dict[str, Path], dict[str, list[Path]]]:
    """Text files, and pictures, by stem; Korean names in one Unicode form."""
    texts: dict[str, Path] = {}
    pictures: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()) if os.path.isdir(folder) else []:
        stem = unicodedata.normalize("NFC", path.stem)
        if path.name.startswith(".") or not path.is_file():
            continue
        if path.suffix.lower() == TEXT_SUFFIX:
            texts[stem] = path
        elif path.suffix.lower() in IMAGE_SUFFIXES:
            pictures.setdefault(stem, []).append(path)
    return texts, pictures


def _pair(text: Path | None, pictures: list[Path]) -> LabelledPicture:
    """One labelled picture.

    Raises:
        ValueError: the two do not belong together.
    """
    if text is None:
        raise ValueError(f"{pictures[0].name}: there is no {pictures[0].stem}{TEXT_SUFFIX} beside it. It is skipped.")
    if not pictures:
        raise ValueError(f"{text.name}: there is no picture of this name beside it. It is skipped.")
    if len(pictures) > 1:
        names = ", ".join(path.name for path in pictures)
        raise ValueError(f"{text.name}: {names} all have its name. Keep one; they are skipped.")
    try:
        content = text.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ValueError(
            f"{text.name} cannot be read ({error.strerror}). Check its permissions; it is skipped."
        ) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ValueError(f"{text.name}, line {line}: not UTF-8. Save it as UTF-8; it is skipped.") from None
    written = "\n".join(to_nfc(content).splitlines()).rstrip()
    return LabelledPicture(image_path=pictures[0], kind="", text=written, name=text.stem, place=text.name)
