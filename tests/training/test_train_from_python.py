"""`geulnun.training.train`: any config, from Python."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from geulnun import training
from geulnun.errors import ConfigError, UsageError
from geulnun.runtime.bundles.bundle import DEFAULTS_FILE, WEIGHTS_FOLDER
from geulnun.training import start
from geulnun.training.kinds import KINDS
from geulnun.training.record import read_record
from geulnun.training.start import find_kind

CONFIGS = Path(__file__).resolve().parents[2] / "configs"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What would have been trained, how, and where."""
    seen: list[tuple[Any, ...]] = []
    monkeypatch.setattr(
        start, "fit", lambda config, set_up, folder, **options: seen.append((set_up.__self__, folder, options))
    )
    return seen


# A study is a list of other configs.
SHIPPED = sorted(path for path in CONFIGS.rglob("*.toml") if path.stem != "study")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_each_shipped_config_says_what_it_trains(path: Path) -> None:
    kind = find_kind(path, {})
    detectors, recognizers = ("stage1", "weak", "craft-small-budget"), ("stage2", "base", "strip-reader")
    others = dict.fromkeys(detectors, "detector") | dict.fromkeys(recognizers, "recognizer")
    named = [kind for kind in KINDS if kind in str(path)]
    assert kind in named or kind == others[path.stem]


def test_values_are_changed_and_the_folder_is_told(calls, tmp_path: Path) -> None:
    folder = training.train(
        CONFIGS / "characters" / "melnyk.toml",
        runs=tmp_path,
        max_minutes=2.0,
        training__run__total_samples=20_000,
        **{"source.styles": ["printed"], "source.materials": tmp_path, "training.data.pair_styles": False},
    )
    assert folder == tmp_path / "melnyk"
    ((experiment, learned_in, options),) = calls
    assert (learned_in, options) == (folder, {"init": None, "max_minutes": 2.0})
    assert experiment.training.run.total_samples == 20_000
    assert experiment.source.styles == ("printed",) and experiment.source.materials == tmp_path
    assert read_record(folder).kind == "characters"


def test_a_finished_run_keeps_its_record_and_another_network_is_refused(calls, tmp_path: Path) -> None:
    config = CONFIGS / "characters" / "melnyk.toml"
    folder = training.train(config, runs=tmp_path, source__seed=5)
    torch.save({"samples_seen": 600_000}, folder / "last.ckpt")
    training.train(config, runs=tmp_path, source__seed=6)
    assert read_record(folder).seed == 5
    with pytest.raises(ConfigError, match="run of another network: its size_px would change"):
        training.train(config, runs=tmp_path, training__network__size_px=48, training__run__total_samples=900_000)
    assert len(calls) == 2 and read_record(folder).network["size_px"] == 64


@pytest.mark.parametrize("config", ["recognizer-v1", "detector-v4", "orientation-v4", "characters/melnyk"])
def test_the_same_call_resumes_a_run(config: str, calls, tmp_path: Path) -> None:
    folder = training.train(CONFIGS / f"{config}.toml", runs=tmp_path)
    torch.save({"samples_seen": 64}, folder / "last.ckpt")
    training.train(CONFIGS / f"{config}.toml", runs=tmp_path)
    assert len(calls) == 2


def test_a_run_that_resumes_began_where_it_began(calls, tmp_path: Path) -> None:
    config = CONFIGS / "recognizer-v1.toml"
    folder = training.train(config, runs=tmp_path, init="recognizer-v5")
    training.train(config, runs=tmp_path)  # nothing was learned yet, and it begins with fresh weights
    assert read_record(folder).initial is None
    training.train(config, runs=tmp_path, init="recognizer-v5")
    torch.save({"samples_seen": 64}, folder / "last.ckpt")
    training.train(config, runs=tmp_path)
    assert read_record(folder).initial == "recognizer-v5" and read_record(folder).samples_before > 0
    with pytest.raises(ConfigError, match="began with the weights of recognizer-v5.*those of detector-v4 would not"):
        training.train(config, runs=tmp_path, init="detector-v4")
    (folder / "run.json").write_text("{", encoding="utf-8")
    training.train(config, runs=tmp_path)
    assert read_record(folder).kind == "recognizer"


def test_texts_are_changed_as_they_are_and_none_changes_nothing(calls, tmp_path: Path) -> None:
    materials = tmp_path / "O'Neil 글"
    training.train(CONFIGS / "recognizer-v1.toml", runs=tmp_path, source__materials=materials, source__corpus=None)
    assert (calls[0][0].source.materials, calls[0][0].source.corpus) == (materials, None)


def test_a_kind_can_be_named_and_must_be_where_keys_leave_it_open(calls, tmp_path: Path) -> None:
    config = tmp_path / "open.toml"
    config.write_text("[training.run]\ntotal_samples = 5\n", encoding="utf-8")
    with pytest.raises(UsageError, match="could train recognizer, detector, characters"):
        training.train(config)
    assert training.train(config, kind="detector", run="mine", runs=tmp_path) == tmp_path / "mine"
    assert isinstance(calls[0][0], KINDS["detector"].experiment)
    with pytest.raises(UsageError, match="kind is 'pages'"):
        training.train(config, kind="pages")  # type: ignore[arg-type]


def test_weights_to_start_from_are_found_by_name_and_counted(calls, tmp_path: Path) -> None:
    config = CONFIGS / "recognizer-v1.toml"
    name = json.loads((WEIGHTS_FOLDER / DEFAULTS_FILE).read_text(encoding="utf-8"))["recognizer"]
    folder = training.train(config, runs=tmp_path, init=name)
    assert calls[0][2]["init"] == WEIGHTS_FOLDER / name
    assert read_record(folder).initial == name and read_record(folder).samples_before > 0
    with pytest.raises(UsageError, match="no such bundle or folder to start from: recognizer-v0"):
        training.train(config, runs=tmp_path, init="recognizer-v0")


def test_wrong_values_are_told_for_the_kind_that_the_file_is_called_after() -> None:
    with pytest.raises(ConfigError, match="batch_charz"):
        training.train(CONFIGS / "characters" / "melnyk.toml", training__data__batch_charz=5)


def test_importing_the_room_loads_no_torch() -> None:
    code = "import sys, geulnun.training; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    with pytest.raises(AttributeError, match="no attribute 'learn'"):
        training.learn  # noqa: B018
