"""Damaged records of data sets: reported with their position, counted, skipped."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from geulnun.core.hangul import COMPATIBILITY_JAMO, is_syllable, to_nfc
from geulnun.data.records import Report
from geulnun.errors import DatasetError

Record = TypeVar("Record")
TOLD_ONE_BY_ONE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """A record that cannot be used: where it is, and what is wrong with it (a sentence)."""

    place: str
    problem: str


def pass_over_damage(records: Iterable[Record | Damage], where: str, report: Report) -> Iterator[Record]:
    """The records that are sound, one at a time.

    The first 20 are reported one by one; at the end, their number and that of all records.

    Raises:
        DatasetError: at the end, if nothing was sound.
    """
    good = damaged = 0
    first = ""
    for record in records:
        if not isinstance(record, Damage):
            good += 1
            yield record
            continue
        damaged += 1
        told = f"{record.place}: {record.problem}"
        first = first or told
        if damaged <= TOLD_ONE_BY_ONE:
            report(f"{told} The record is skipped.")
    if not good:
        seen = f"none of its {damaged} records can be used; the first: {first}" if damaged else "it holds no record."
        raise DatasetError(f"{where} has no usable picture of a character: {seen} Check that it is what it should be.")
    if damaged:
        report(f"{where}: {damaged} of {good + damaged} records are damaged and were skipped.")


def check_label(text: object) -> str:
    """The label as one composed character.

    Raises:
        ValueError: it is no Hangul syllable and no single jamo.
    """
    label = to_nfc(str(text)) if isinstance(text, str) else ""
    if is_syllable(label) or (len(label) == 1 and label in COMPATIBILITY_JAMO):
        return label
    raise ValueError(f"the label is {str(text)[:40]!r}; one Hangul syllable or jamo is needed.")
