"""The weights and configs that ship: present, named, loadable."""

import json
from pathlib import Path

import pytest

from geulnun.runtime.bundle import WEIGHTS_FOLDER

REPOSITORY = Path(__file__).resolve().parents[2]
CONFIGS = sorted((REPOSITORY / "configs").glob("*.toml"))


def test_a_detector_and_a_recogniser_are_bundled() -> None:
    defaults = json.loads((WEIGHTS_FOLDER / "default.json").read_text(encoding="utf-8"))
    assert set(defaults) == {"detector", "recognizer"}
    for name in defaults.values():
        assert (WEIGHTS_FOLDER / name / "model.onnx").is_file()


def test_each_network_has_a_config() -> None:
    assert {path.stem.split("-")[0] for path in CONFIGS} == {"detector", "recognizer"}


@pytest.mark.parametrize("path", CONFIGS, ids=[path.stem for path in CONFIGS])
def test_every_config_loads(path: Path) -> None:
    pytest.importorskip("torch")
    from geulnun.cli import experiments
    from geulnun.core.config import read_config

    classes = {"recognizer": experiments.RecognizerExperiment, "detector": experiments.DetectorExperiment}
    read_config(path, classes[path.stem.split("-")[0]])
