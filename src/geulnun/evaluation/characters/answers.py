"""What a reader said of each character of a set, kept so that readers can be compared on the same characters."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from geulnun.errors import ConfigError, UsageError
from geulnun.evaluation.characters.rarity import RarityBand, measure_rarity
from geulnun.evaluation.characters.statistics import PairedTest, compare_paired
from geulnun.outputs.atomic_file import write_text_file

_RIGHT, _NO_CHARACTER = ".", "□"


@dataclass(frozen=True, kw_only=True)
class SetAnswers:
    """The answers of one reader on one set.

    Attributes:
        truths: the characters, in the order of the set.
        answers: the likeliest reading of each.
    """

    truths: tuple[str, ...]
    answers: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.truths) != len(self.answers):
            raise ValueError(f"{len(self.answers)} answers to {len(self.truths)} characters; as many are needed.")

    @cached_property
    def right(self) -> tuple[bool, ...]:
        """For each character whether it was read right."""
        return tuple(truth == answer for truth, answer in zip(self.truths, self.answers, strict=True))

    def measure_rarity(self, seen: Counter[str]) -> tuple[RarityBand, ...]:
        """Recall by how often each syllable stood in the training characters `seen`."""
        return measure_rarity(zip(self.answers, self.truths, strict=True), seen)


def compare_answers(first: Sequence[SetAnswers], second: Sequence[SetAnswers]) -> PairedTest:
    """Test two readers on one set, or on several sets together.

    Raises:
        UsageError: they have not read the same characters.
    """
    if [each.truths for each in first] != [each.truths for each in second]:
        raise UsageError("the two readers have not read the same characters. Evaluate both on the same sets again.")
    sides = ([right for each in side for right in each.right] for side in (first, second))
    return compare_paired(*sides)


def write_answers(answers: SetAnswers, path: Path, truths: Path) -> None:
    """Write answers as JSON: a character each, "." where it is right, and "□" for an answer that is not one character.

    Args:
        answers: of a set of single characters.
        path: the file.
        truths: file for the characters of the set, which the answers of all readers share; written if it is missing
            or has others.

    Raises:
        OutputError: a file cannot be written.
    """
    text = "".join(answers.truths)
    if not truths.exists() or truths.read_text(encoding="utf-8") != text:
        write_text_file(truths, text)
    told = "".join(
        _RIGHT if right else answer if len(answer) == 1 and answer != _RIGHT else _NO_CHARACTER
        for right, answer in zip(answers.right, answers.answers, strict=True)
    )
    write_text_file(path, json.dumps({"truths": _hash_text(text), "answers": told}, ensure_ascii=False) + "\n")


def read_answers(path: Path, truths: Path) -> SetAnswers:
    """Answers that `write_answers` wrote.

    Raises:
        ConfigError: a file is missing or damaged, or the answers are to other characters.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        text = truths.read_text(encoding="utf-8")
        wanted, told = str(data["truths"]), str(data["answers"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path} cannot be read as answers ({error!r}). Evaluate the reader again.") from error
    if wanted != _hash_text(text) or len(told) != len(text):
        raise ConfigError(f"{path} has answers to other characters than those of {truths}. Evaluate the reader again.")
    given = tuple(truth if answer == _RIGHT else answer for truth, answer in zip(text, told, strict=True))
    return SetAnswers(truths=tuple(text), answers=given)


def _hash_text(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
