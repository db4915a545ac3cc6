import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

from geulnun.errors import InputError
from geulnun.synth.materials.fonts import COVERAGE_FILE, FontLibrary


def test_coverage_follows_outlines_not_the_character_map(fonts: FontLibrary) -> None:
    face = fonts.korean[0]
    assert face.draws("가") and face.draws("A") and face.draws(" ")
    assert not face.draws("텅"), "an empty glyph is not drawn"
    assert not face.draws("똠"), "a glyph that many syllables share is a placeholder"
    assert not face.draws("힉"), "not in the character map"
    assert not face.draws("漢"), "outside the charset"
    assert face.draws_all("대한민국 ABC") and not face.draws_all("대한 텅")


def test_extent_and_advances_are_those_of_the_font(fonts: FontLibrary) -> None:
    face = fonts.korean[0]
    assert face.top_em == pytest.approx(0.75, abs=0.01)
    assert face.bottom_em == pytest.approx(0.10, abs=0.01)
    assert face.advance_em("가") == pytest.approx(0.92)
    assert face.advance_em("A") == pytest.approx(0.5)
    assert face.advance_em("漢") == 0


def test_splits_share_no_family(fonts: FontLibrary) -> None:
    train, validation = fonts.split("train"), fonts.split("validation")
    assert train.families == ("Bars",)
    assert validation.families == ("Kept Bars",)
    assert train.latin and validation.latin, "Latin faces fill in on both sides"


def test_draws_a_face_that_has_the_syllables(fonts: FontLibrary) -> None:
    rng = np.random.default_rng(0)
    faces = {fonts.draw_face(rng, "한글").family for _ in range(60)}
    assert faces == {"Bars", "Kept Bars"}
    assert fonts.draw_face(np.random.default_rng(1), "한글") is fonts.draw_face(np.random.default_rng(1), "한글")


def test_fallback_draws_what_a_face_lacks(fonts: FontLibrary) -> None:
    found = fonts.find_fallback("글")
    assert found is not None and found.draws("글")
    assert fonts.find_fallback("텅") is None


def test_pickles_to_other_processes(fonts: FontLibrary) -> None:
    copy = pickle.loads(pickle.dumps(fonts))
    assert copy.families == fonts.families and copy.folder == fonts.folder
    assert copy.korean[0].draws("가") and copy.korean[0].at(20).size == 20


def test_coverage_is_measured_once(materials: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(materials, folder)
    (folder / COVERAGE_FILE).unlink(missing_ok=True)
    FontLibrary.read(folder)
    before = (folder / COVERAGE_FILE).stat().st_mtime_ns
    FontLibrary.read(folder)
    assert (folder / COVERAGE_FILE).stat().st_mtime_ns == before


def test_says_what_to_run_when_fonts_are_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="scripts/materials"):
        FontLibrary.read(tmp_path)
    record = {"file": "gone.ttf", "index": 0, "family": "F", "style": "R", "class": "gothic", "split": "train"}
    (tmp_path / "fonts.json").write_text(json.dumps([record | {"sha256": "0"}]))
    with pytest.raises(InputError, match=r"gone\.ttf"):
        FontLibrary.read(tmp_path)
