"""What a reader said of each character of a set, kept so that readers can be compared on the same characters."""

import dataclasses
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from geulnun.core.config import build_config
from geulnun.errors import ConfigError, UsageError
from geulnun.evaluation.characters.rarity import RarityBand, measure_rarity
from geulnun.evaluation.characters.statistics import PairedTest, compare_paired
from geulnun.evaluation.report_files import write_report


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


def write_answers(answers: SetAnswers, path: Path) -> None:
    """Write answers as JSON.

    Raises:
        OutputError: the file cannot be written.
    """
    write_report(path, json.dumps(dataclasses.asdict(answers), ensure_ascii=False) + "\n")


def read_answers(path: Path) -> SetAnswers:
    """Answers that `write_answers` wrote.

    Raises:
        ConfigError: the file is missing or damaged.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read as answers ({error}). Evaluate the reader again.") from error
    return build_config(data, SetAnswers, str(path))
