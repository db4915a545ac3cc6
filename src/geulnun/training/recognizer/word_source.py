"""Pictures of words with their texts, as a source of strips."""

from pathlib import Path
from typing import Literal

from PIL import Image

from geulnun.core.charset import Charset
from geulnun.core.random_streams import open_rng
from geulnun.data.records import Report, report_by_log
from geulnun.data.sample import StripSample
from geulnun.data.sources.word_pickle import read_word_pickle
from geulnun.errors import DatasetError

_HELD_OUT = 10  # one word in so many is for validation


class WordSource:
    """The words of a `gt.pkl` in a new order each time round; one in ten, drawn by its seed, is for validation.

    Args:
        path: the file, or its folder.
        split: which part of them.
        seed: of the order.

    Raises:
        DatasetError: it cannot be read, or holds too few words to hold some out.
    """

    def __init__(self, path: Path, split: Literal["train", "validation"], seed: int = 1) -> None:
        words = read_word_pickle(path)
        if len(words) < _HELD_OUT:
            raise DatasetError(f"{path} holds {len(words)} words; {_HELD_OUT} or more are needed to hold one out.")
        order = open_rng(1, stream="words.split").permutation(len(words))
        held = len(words) // _HELD_OUT
        chosen = order[:held] if split == "validation" else order[held:]
        self.words = [words[number] for number in sorted(chosen.tolist())]
        self.seed, self._round, self._order = seed, -1, list(range(len(self.words)))

    def draw(self, index: int) -> StripSample:
        """The word of that number, the first again behind the last."""
        turn, place = divmod(index, len(self.words))
        if turn != self._round:
            self._round = turn
            self._order = open_rng(self.seed, turn, stream="words.order").permutation(len(self.words)).tolist()
        return self.words[self._order[place]].read()


def check_words(path: Path, charset: Charset, report: Report = report_by_log) -> None:
    """Report every word that cannot be written, which training leaves out, and open every picture once.

    Raises:
        DatasetError: a picture cannot be opened; the message says of which entry.
    """
    for number, word in enumerate(read_word_pickle(path)):
        lacking = charset.find_unwritable(charset.normalise(word.text))
        if lacking:
            named = ", ".join(f"{char!r} (U+{ord(char):04X})" for char in lacking)
            report(f"{path}, entry {number} ({word.path.name}): {named} is not in the charset. The word is left out.")
        try:
            with Image.open(word.path) as picture:
                picture.verify()
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            raise DatasetError(
                f"{path}, entry {number}: {word.path.name} cannot be read as a picture ({error}). Mend it, or take its "
                "entry out."
            ) from error
