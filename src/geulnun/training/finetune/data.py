"""One's own lines, checked: what can be written, what is trained on, what is validated on, what is left out."""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from geulnun.core.charset import Charset
from geulnun.core.random_streams import open_rng
from geulnun.data import open_dataset
from geulnun.data.sample import LabelledPicture
from geulnun.errors import DatasetError
from geulnun.runtime.recognition.decode_text import STEP_PX
from geulnun.training.finetune.lines import CutLines, LineCutter, OwnLine, Problem
from geulnun.training.recognizer.data import label_strip

LEAST_LINES = 8
"""Fewer lines are too few to learn from and to tell whether it helped."""

LEAST_SEEN = 3
"""Lines that must show a character outside the charset before it is added to it."""

_MOST_WIDTH_PX = 1600
_CONJOINING_JAMO = ((0x1100, 0x1200), (0xA960, 0xA980), (0xD7B0, 0xD800))


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnData:
    """What a network is tuned on.

    Attributes:
        charset: of the network, with the characters that the lines add.
        training: lines that are trained on.
        validation: lines of other pictures.
        added: characters that are added, each with the number of lines that show it.
        problems: what is left out.
        pictures: that the labels name.
        labelled: lines that they have.
        cut: lines once long ones are cut into several.
    """

    charset: Charset
    training: tuple[OwnLine, ...]
    validation: tuple[OwnLine, ...]
    added: dict[str, int]
    problems: tuple[Problem, ...]
    pictures: int
    labelled: int
    cut: int

    @property
    def digest(self) -> str:
        """A hash of the lines, their texts and their division."""
        total = hashlib.sha256()
        for line in (*self.training, *self.validation):
            total.update(f"{len(self.training)}\0{line.text}\0{line.image.shape}".encode() + line.image.tobytes())
        return total.hexdigest()


def read_own_data(
    folder: Path,
    cutter: LineCutter,
    charset: Charset,
    *,
    validation_share: float = 0.15,
    seed: int = 1,
    add_characters: bool = True,
    tell: Callable[[LabelledPicture, int], None] = lambda picture, count: None,
) -> OwnData:
    """The usable lines of a data set, divided by picture.

    Args:
        folder: with a `labels.jsonl` or a `pages.jsonl`, or pictures with a text file beside each.
        cutter: cuts the lines.
        charset: of the network that is tuned.
        validation_share: of the pictures that is kept for validation.
        seed: of that choice.
        add_characters: whether characters outside the charset are added to it.
        tell: called before each picture, with the number of pictures.

    Raises:
        DatasetError: no data set, or too few usable lines or pictures.
    """
    found = cut_data(folder, cutter, tell)
    lines, added, unwritable = choose_characters(found.lines, charset, add=add_characters)
    charset = charset.extend("".join(added))
    fitting, misfits = drop_misfits(lines, charset, cutter.height_px)
    problems = (*found.problems, *unwritable, *misfits)
    _refuse_few(folder, fitting, problems)
    training, validation = divide_by_picture(fitting, validation_share, seed)
    return OwnData(
        charset=charset,
        training=tuple(training),
        validation=tuple(validation),
        added=added,
        problems=problems,
        pictures=found.pictures,
        labelled=found.labelled,
        cut=found.cut,
    )


def cut_data(folder: Path, cutter: LineCutter, tell: Callable[[LabelledPicture, int], None]) -> CutLines:
    """The lines of all pictures of a data set.

    Raises:
        DatasetError: no data set, or none of its records can be used.
    """
    found = CutLines()
    pictures = list(open_dataset(folder, report=lambda message: found.problems.append(Problem("", message))))
    found.pictures = len(found.problems)
    for picture in pictures:
        tell(picture, len(pictures))
        part = cutter.cut_picture(picture)
        found.lines += part.lines
        found.problems += part.problems
        found.pictures += part.pictures
        found.labelled += part.labelled
        found.cut += part.cut
    return found


def choose_characters(
    lines: Iterable[OwnLine], charset: Charset, *, add: bool
) -> tuple[list[OwnLine], dict[str, int], list[Problem]]:
    """The lines that can be written, normalised; characters to add, with the lines of each; and what cannot be.

    A new character takes an output of its own, so it must be one code point that stands for itself, and must be seen
    in a few lines to be learned.
    """
    normal = [replace(line, text=" ".join(charset.normalise(line.text).split())) for line in lines]
    counts = Counter(char for line in normal for char in set(charset.find_unwritable(line.text)))
    added = {
        char: count for char, count in sorted(counts.items()) if add and count >= LEAST_SEEN and is_representable(char)
    }
    kept, problems = [], []
    for line in normal:
        lacking = [char for char in charset.find_unwritable(line.text) if char not in added]
        if not lacking:
            kept.append(line)
        for char in lacking:
            problems.append(Problem(line.place, f"{_explain(char, counts[char], add=add)} The line is left out."))
    return kept, added, problems


def is_representable(char: str) -> bool:
    """Whether a character may have a class: a letter, figure, mark of punctuation or symbol, not a part of one."""
    if any(low <= ord(char) < high for low, high in _CONJOINING_JAMO):
        return False
    return unicodedata.category(char)[0] in "LNPS"


def _explain(char: str, count: int, *, add: bool) -> str:
    name = unicodedata.name(char, "unnamed").lower()
    named = f"{char!r} (U+{ord(char):04X}, {name})"
    if not is_representable(char):
        return f"{named} cannot be represented: it is part of a character, or invisible."
    if not add:
        return f"{named} is not in the charset, and no character is to be added."
    return f"{named} is not in the charset and is in {count} line(s) only; {LEAST_SEEN} are needed to add it."


def drop_misfits(lines: Iterable[OwnLine], charset: Charset, height_px: int) -> tuple[list[OwnLine], list[Problem]]:
    """The lines whose text can stand in their width, and those for which that is not so."""
    fitting, problems = [], []
    for line in lines:
        if label_strip(line.image, line.text, charset, _MOST_WIDTH_PX, height_px) is not None and line.text:
            fitting.append(line)
            continue
        width = line.image.shape[1]
        problems.append(
            Problem(
                line.place,
                f"{line.text[:40]!r} has {len(line.text)} characters in {width} px (at {height_px} px high); allowed "
                f"are lines up to {_MOST_WIDTH_PX} px with {STEP_PX} px a character. Check picture and text. It is "
                "left out.",
            )
        )
    return fitting, problems


def divide_by_picture(lines: Sequence[OwnLine], share: float, seed: int) -> tuple[list[OwnLine], list[OwnLine]]:
    """Lines to train on and to validate on; at least one picture for each, and never the same."""
    names = sorted({line.picture for line in lines})
    order = open_rng(seed, stream="finetune.division").permutation(len(names))
    count = min(len(names) - 1, max(1, round(share * len(names))))
    chosen = {names[number] for number in order[:count]}
    return (
        [line for line in lines if line.picture not in chosen],
        [line for line in lines if line.picture in chosen],
    )


def _refuse_few(folder: Path, lines: Sequence[OwnLine], problems: Sequence[Problem]) -> None:
    pictures = len({line.picture for line in lines})
    if len(lines) >= LEAST_LINES and pictures > 1:
        return
    first = f" The first of {len(problems)} problems: {problems[0]}" if problems else ""
    raise DatasetError(
        f"{folder.name} has {len(lines)} usable lines on {pictures} picture(s); at least {LEAST_LINES} lines on two "
        f"pictures are needed, one of which only tells whether it helped.{first}"
    )
