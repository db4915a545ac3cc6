"""Open-OCR-Engine's `gt.pkl`: a pickled list of (file, word), the files beside it.

A pickle is a program; see `pickled`: nothing in it is executed.
"""

import pickle
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from geulnun.core.image import read_image
from geulnun.core.raster import to_grey
from geulnun.data.sample import StripSample
from geulnun.data.sources.pickled import read_list
from geulnun.errors import DatasetError

WORDS_FILE = "gt.pkl"
_WANTED = f"a pickled list of (file, word), {WORDS_FILE} or its folder"


@dataclass(frozen=True, slots=True)
class WordPicture:
    """A picture of one word or line, and what is written in it."""

    path: Path
    text: str

    def read(self) -> StripSample:
        """The picture in grey, of its own size, with its text."""
        return StripSample(image=to_grey(read_image(self.path)), text=self.text)


def read_word_pickle(path: Path) -> list[WordPicture]:
    """The words of a `gt.pkl`, or of the one in a folder; their files lie in its folder.

    Raises:
        DatasetError: it cannot be read, asks for code, or holds other things; the message says which entry.
    """
    path = path / WORDS_FILE if path.is_dir() else path
    entries = read_list(path, _WANTED)
    if not entries:
        raise DatasetError(f"{path} holds an empty list. Give {_WANTED}.")
    return [_read_entry(entry, number, path) for number, entry in enumerate(entries)]


def write_word_pickle(folder: Path, words: Iterable[tuple[str, str]]) -> Path:
    """Write the `gt.pkl` of (name of a file in `folder`, word), as Open-OCR-Engine reads it; its path."""
    path = folder / WORDS_FILE
    with path.open("wb") as file:
        pickle.dump([(str(name), str(word)) for name, word in words], file, protocol=4)
    return path


def _read_entry(entry: object, number: int, path: Path) -> WordPicture:
    match entry:
        case (str(name), str(word)):
            picture = path.parent / name
        case _:
            raise DatasetError(f"{path}, entry {number} is {str(entry)[:60]}; (file, word) is needed.")
    if not picture.is_file():
        raise DatasetError(f"{path}, entry {number} names {name}, which is not in {path.parent}. Put it there.")
    return WordPicture(picture, word)
