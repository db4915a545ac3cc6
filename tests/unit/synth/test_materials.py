import csv
import json
from pathlib import Path

import pytest

from geulnun.core.hangul import SYLLABLES
from geulnun.synth.materials.fonts import CLASS_WEIGHTS, LATIN_CLASS, FontLibrary


@pytest.fixture(scope="module")
def rows(repository: Path) -> list[dict[str, str]]:
    lines = (repository / "scripts" / "materials.tsv").read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t"))


def families(rows: list[dict[str, str]], split: str, *classes: str) -> set[str]:
    fonts = [row for row in rows if row["kind"] == "font" and row["split"] == split and row["class"] != LATIN_CLASS]
    return {row["family"] for row in fonts if not classes or row["class"] in classes}


def test_enough_families_and_a_validation_split_of_their_own(rows: list[dict[str, str]]) -> None:
    train, validation = families(rows, "train"), families(rows, "validation")
    assert len(train | validation) >= 70
    assert len(validation) == 10
    assert not train & validation
    assert len(families(rows, "validation", "handwriting", "brush")) >= 2
    for glyph_class in ("gothic", "serif", "round", "mono", "display"):
        assert families(rows, "validation", glyph_class), glyph_class


def test_every_class_has_a_weight(rows: list[dict[str, str]]) -> None:
    classes = {row["class"] for row in rows if row["kind"] == "font"} - {LATIN_CLASS}
    assert classes <= set(CLASS_WEIGHTS)


def test_every_package_is_locked_with_licence_and_hash(repository: Path, rows: list[dict[str, str]]) -> None:
    lock = json.loads((repository / "scripts" / "materials.lock.json").read_text(encoding="utf-8"))["packages"]
    assert set(lock) == {row["package"] for row in rows}
    for name, entry in lock.items():
        assert entry["version"] and entry["licence"] and len(entry["sha256"]) == 64, name
        assert entry["files"] and all(len(digest) == 64 for digest in entry["files"].values()), name


def test_training_fonts_cover_every_syllable(repository: Path) -> None:
    folder = repository / "materials"
    if not (folder / "coverage.npz").is_file():
        pytest.skip("no materials here; scripts/materials fetches them")
    faces = FontLibrary.read(folder).split("train").korean
    assert len({face.family for face in faces}) >= 60
    full = [face for face in faces if face.draws_all(SYLLABLES)]
    assert len({face.family for face in full}) >= 40
