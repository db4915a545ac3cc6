"""The weights and configs that ship: present, named, loadable."""

import json
from pathlib import Path
from typing import Any

import pytest

from geulnun.runtime.bundles.bundle import WEIGHTS_FOLDER

REPOSITORY = Path(__file__).resolve().parents[2]
# A study is a list of other configs, and has tests of its own.
CONFIGS = sorted(path for path in (REPOSITORY / "configs").glob("*.toml") if path.stem != "study")
# The rows of the four stages are made of one config, and have tests of their own.
EXPERIMENTS = sorted(
    path for path in (REPOSITORY / "configs" / "experiments").glob("*/*.toml") if path.parent.name != "four-stages"
)


def test_every_network_that_reads_is_bundled() -> None:
    defaults = json.loads((WEIGHTS_FOLDER / "default.json").read_text(encoding="utf-8"))
    language = defaults.pop("language")
    assert (WEIGHTS_FOLDER / language).stat().st_size <= 4_000_000
    assert set(defaults) == {"characters", "detector", "orientation", "recognizer"}
    for name in defaults.values():
        assert (WEIGHTS_FOLDER / name / "model.onnx").is_file()


def test_the_reader_of_characters_is_small() -> None:
    name = json.loads((WEIGHTS_FOLDER / "default.json").read_text(encoding="utf-8"))["characters"]
    assert sum(path.stat().st_size for path in (WEIGHTS_FOLDER / name).iterdir()) <= 8_000_000


def test_each_network_has_a_config() -> None:
    assert {path.stem.split("-")[0] for path in CONFIGS} == {"characters", "detector", "orientation", "recognizer"}


@pytest.mark.parametrize("path", CONFIGS, ids=[path.stem for path in CONFIGS])
def test_every_config_loads(path: Path) -> None:
    pytest.importorskip("torch")
    from geulnun.core.config import read_config
    from geulnun.training.kinds import KINDS

    kind: Any = path.stem.split("-")[0]
    read_config(path, KINDS[kind].experiment)


@pytest.mark.parametrize("path", EXPERIMENTS, ids=[f"{path.parent.name}-{path.stem}" for path in EXPERIMENTS])
def test_every_experiment_loads_and_is_a_row_of_its_table(path: Path) -> None:
    kind: Any = path.parent.name
    rows = (REPOSITORY / "docs" / "experiments" / f"{kind}.md").read_text(encoding="utf-8")
    assert f"| `{path.stem}` |" in rows
    pytest.importorskip("torch")
    from geulnun.core.config import read_config
    from geulnun.training.kinds import KINDS

    # "short" is a row of another table: it goes on from bundled weights.
    budget = {"detector": 7_800 if path.stem == "short" else 4_000, "recognizer": 40_000}[kind]
    assert read_config(path, KINDS[kind].experiment).training.run.total_samples == budget
