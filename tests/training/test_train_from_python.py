"""`geulnun.training.train`: any config, from Python."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from geulnun import training
from geulnun.cli import train as commands
from geulnun.cli.experiments import CharacterExperiment
from geulnun.cli.train_config import find_kind
from geulnun.errors import ConfigError, UsageError

CONFIGS = Path(__file__).resolve().parents[2] / "configs"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The arguments that each command was called with."""
    seen: list[tuple[Any, ...]] = []
    for kind in ("recognizer", "detector", "characters", "orientation"):
        monkeypatch.setattr(commands, f"train_{kind}", lambda *args, kind=kind: seen.append((kind, *args)))
    return seen


@pytest.mark.parametrize("path", sorted(CONFIGS.rglob("*.toml")), ids=lambda path: path.stem)
def test_each_shipped_config_says_what_it_trains(path: Path) -> None:
    if path.stem == "study":
        pytest.skip("a set of configs")
    kind = find_kind(path, [])
    assert kind in str(path) or path.parent.name == "experiments"


def test_values_are_changed_and_the_folder_is_told(calls, tmp_path: Path) -> None:
    config = CONFIGS / "characters" / "melnyk.toml"
    folder = training.train(
        config,
        runs=tmp_path,
        max_minutes=2.0,
        training__run__total_samples=20_000,
        **{"source.styles": ["printed"], "source.materials": tmp_path, "training.data.pair_styles": False},
    )
    assert folder == tmp_path / "melnyk"
    ((kind, path, changes, run, runs, init, minutes),) = calls
    assert (kind, path, run, runs, init, minutes) == ("characters", config, "", tmp_path, None, 2.0)
    experiment = commands.read_experiment(path, changes, CharacterExperiment)
    assert experiment.training.run.total_samples == 20_000
    assert experiment.source.styles == ("printed",) and experiment.source.materials == tmp_path


def test_a_kind_can_be_named_and_must_be_where_keys_leave_it_open(calls, tmp_path: Path) -> None:
    config = tmp_path / "open.toml"
    config.write_text("[training.run]\ntotal_samples = 5\n", encoding="utf-8")
    with pytest.raises(UsageError, match="could train recognizer, detector, characters"):
        training.train(config)
    assert training.train(config, kind="detector", run="mine") == Path("runs/mine")
    assert calls[0][0] == "detector"
    with pytest.raises(UsageError, match="kind is 'pages'"):
        training.train(config, kind="pages")  # type: ignore[arg-type]


def test_wrong_values_are_told_for_the_kind_that_the_file_is_called_after() -> None:
    with pytest.raises(ConfigError, match="batch_charz"):
        training.train(CONFIGS / "characters" / "melnyk.toml", training__data__batch_charz=5)


def test_importing_the_room_loads_no_torch() -> None:
    code = "import sys, geulnun.training; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    with pytest.raises(AttributeError, match="no attribute 'learn'"):
        training.learn  # noqa: B018
