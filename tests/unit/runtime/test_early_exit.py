"""A cascade: easy characters are answered by the first part, only the rest reach the second."""

from pathlib import Path

import numpy as np
import pytest

from geulnun.core.hangul import compose
from geulnun.errors import UsageError
from geulnun.runtime.bundles.bundle import Bundle
from geulnun.runtime.characters.decode import decode_chars
from geulnun.runtime.characters.early_exit import CascadeSession, find_exit_confidence, measure_confidence, open_cascade

TABLES = ["cho", "jung", "jong"]
SIZES = (19, 21, 28)


def tables_of(classes: list[int], sureness: list[float]) -> list[np.ndarray]:
    """Log-probabilities that give each character's class so much in every table."""
    made = []
    for size in SIZES:
        table = np.full((len(classes), size), 0.0, np.float32)
        for row, (k, sure) in enumerate(zip(classes, sureness, strict=True)):
            table[row] = np.log((1 - sure) / (size - 1))
            table[row, k] = np.log(sure)
        made.append(table)
    return made


class Early:
    backend = "early"

    def run(self, array: np.ndarray) -> list[np.ndarray]:
        """Sure of bright pictures; the maps are the pictures."""
        brightness = array.mean(axis=(1, 2, 3))
        return [*tables_of([1] * len(array), brightness.tolist()), array]


class Late:
    backend = "late"

    def __init__(self) -> None:
        self.seen: list[np.ndarray] = []

    def run(self, array: np.ndarray) -> list[np.ndarray]:
        """Always the second letters."""
        self.seen.append(array)
        return tables_of([2] * len(array), [0.9] * len(array))


def test_only_what_is_not_easy_reaches_the_second_part() -> None:
    late = Late()
    session = CascadeSession(Early(), late, TABLES, 0.5)
    batch = np.stack([np.full((1, 4, 4), value, np.float32) for value in (0.95, 0.4, 0.97, 0.6)])
    tables, early = session.run_told(batch)
    assert early.tolist() == [True, False, True, False]
    assert len(late.seen) == 1 and np.array_equal(late.seen[0], batch[[1, 3]])
    readings = decode_chars(dict(zip(TABLES, tables, strict=True)))
    assert [reading.text for reading in readings] == [compose(k, k, k) for k in (1, 2, 1, 2)]
    np.testing.assert_allclose(readings[1].confidence, 0.9**3, rtol=1e-4)
    for one, many in zip(session.run(batch[:1]), tables, strict=True):
        np.testing.assert_array_equal(one[0], many[0])
    assert len(late.seen) == 1, "nothing is left for it"


@pytest.mark.parametrize(("confidence", "share"), [(0.0, 1.0), (1.0, 0.0), (2.0, 0.0)])
def test_the_confidence_decides_how_many_leave_early(confidence: float, share: float) -> None:
    session = CascadeSession(Early(), Late(), TABLES, confidence)
    _, early = session.run_told(np.full((3, 1, 4, 4), 0.8, np.float32))
    assert early.mean() == share
    assert session.backend == "early, cascade"


def test_confidence_is_that_of_the_likeliest_character() -> None:
    tables = dict(zip(TABLES, tables_of([3, 4], [0.9, 0.5]), strict=True))
    np.testing.assert_allclose(measure_confidence(tables), [0.729, 0.125], rtol=1e-5)
    flat = np.log(np.array([[0.2, 0.8], [0.6, 0.4]], np.float32))
    np.testing.assert_allclose(measure_confidence({**tables, "flat": flat}), [0.8, 0.6], rtol=1e-5)


def test_a_bundle_without_two_parts_is_told(tmp_path: Path) -> None:
    class NoManifest:
        name, metrics = "characters-v9", ()

    bundle = Bundle(folder=tmp_path, manifest=NoManifest())  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="characters-v9 answers nothing early"):
        open_cascade(bundle, least_confidence=0.5)
    assert find_exit_confidence(bundle.manifest) == 2
