"""The [source] table of a reader of characters: what training and validation draw."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from geulnun.data.sample import CharSample
from geulnun.data.store_chars import write_chars

pytest.importorskip("torch", reason="configs say how networks learn, too")

from geulnun.synth.characters.source import CharSource  # noqa: E402
from geulnun.training.characters.config import CharSourceConfig  # noqa: E402
from geulnun.training.materials import list_materials  # noqa: E402


@pytest.fixture(autouse=True)
def known_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fonts of the tests draw a few syllables only."""
    monkeypatch.setattr(CharSource, "_draw_text", lambda source, rng: "가")


def test_real_characters_are_mixed_into_drawn_ones_and_named(materials: Path, tmp_path: Path) -> None:
    pictures = [CharSample(image=np.full((9, 9), 7, np.uint8), text=text, style="handwritten") for text in "가나"]
    write_chars(pictures, tmp_path / "mine")
    source = CharSourceConfig(materials=materials, real=tmp_path / "mine", real_share=0.25, styles=("printed",))
    mixed = pickle.loads(pickle.dumps(source.train_factory()))()
    shapes = [mixed.draw(index).image.shape for index in range(64)]
    assert shapes.count((9, 9)) == 16
    assert "real characters: mine" in list_materials(source)["corpora"]


def test_validation_is_drawn_clean_as_well(materials: Path) -> None:
    sets = CharSourceConfig(materials=materials, validation_chars=5, common_share=0.5).validation_factories()
    assert set(sets) == {"printed", "printed-clean", "handwritten", "handwritten-clean"}
    factory, count = sets["printed-clean"]
    image = factory().draw(0).image
    assert count == 5 and image.max() == 255 and image.min() < 30
    assert factory().common_share == 0, "validation asks for all syllables alike"
