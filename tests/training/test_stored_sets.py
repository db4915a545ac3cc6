"""Stored validation samples are the ones that were drawn."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from geulnun.data.sources.open_ocr import write_merged
from geulnun.errors import ConfigError, DatasetError
from geulnun.training.detector.config import PageSourceConfig
from geulnun.training.recognizer.config import StripSourceConfig
from geulnun.training.stored_sets import CycledPages, StoredPages, StoredStrips


@pytest.fixture(scope="module")
def freeze():
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "freeze.py"
    spec = importlib.util.spec_from_file_location("freeze", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_stored_strips_are_those_drawn_and_storing_goes_on(freeze, strips, tmp_path: Path) -> None:
    folder = tmp_path / "natural"
    freeze.freeze_strips(strips, folder, "natural", 3)
    freeze.freeze_strips(strips, folder, "natural", 5)
    config = StripSourceConfig(validation_store=tmp_path, validation_strips=10)
    factory, count = config.validation_factories()["natural"]
    assert count == 5
    stored = factory()
    for index in range(5):
        assert stored.draw(index).text == strips().draw(index).text
        np.testing.assert_array_equal(stored.draw(index).image, strips().draw(index).image)
    labels = (folder / "labels.jsonl").read_text().splitlines()
    assert [json.loads(line)["kind"] for line in labels] == ["natural"] * 5


def test_strips_of_a_data_set_are_taken_over_and_over(freeze, strips, tmp_path: Path) -> None:
    freeze.freeze_strips(strips, tmp_path, "natural", 3)
    source = StripSourceConfig(strips=tmp_path).train_factory()()
    assert source.draw(5).text == strips().draw(2).text
    (tmp_path / "labels.jsonl").write_text("")
    with pytest.raises(DatasetError, match="no record"):
        StripSourceConfig(strips=tmp_path).train_factory()()
    with pytest.raises(ValueError, match="Leave out one"):
        StripSourceConfig(strips=tmp_path, words=tmp_path)


def test_stored_pages_are_those_drawn_and_storing_goes_on(freeze, pages, tmp_path: Path) -> None:
    for count in (1, 3):
        freeze.freeze_pages(pages, tmp_path / "pages", count)
    factory, count = PageSourceConfig(validation_store=tmp_path, validation_pages=3).validation_factory()
    assert count == 3
    for index in range(3):
        drawn, stored = pages().draw(index), factory().draw(index)
        np.testing.assert_array_equal(stored.image, drawn.image)
        assert stored.page == drawn.page
        assert stored.kind == drawn.kind


def test_more_than_is_stored_or_another_height_is_refused(freeze, strips, pages, tmp_path: Path) -> None:
    freeze.freeze_strips(strips, tmp_path / "natural", "natural", 1)
    freeze.freeze_pages(pages, tmp_path / "pages", 1)
    with pytest.raises(ConfigError, match="holds 1 samples, and number 1 is asked for"):
        StoredPages(tmp_path / "pages").draw(1)
    with pytest.raises(ConfigError, match="32 px high, and the network reads strips of 40 px"):
        StoredStrips(tmp_path / "natural", 40).draw(0)


def test_pages_of_a_data_set_are_taken_over_and_over(pages, tmp_path: Path) -> None:
    write_merged(tmp_path / "set", [pages().draw(index) for index in range(2)])
    factory = PageSourceConfig(pages=tmp_path / "set").train_factory()
    source = factory()
    assert (source.draw(2).image == source.draw(0).image).all()
    assert len(list(source.draw(1).page.chars)) == len(list(pages().draw(1).page.chars))
    (tmp_path / "labels.jsonl").write_text('{"image": "set/000000.png", "text": "가"}\n', "utf-8")
    with pytest.raises(DatasetError, match="boxes of characters"):
        CycledPages(tmp_path)
