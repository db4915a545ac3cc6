import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from typer.testing import CliRunner

from geulnun import training
from geulnun.cli import app, study
from geulnun.core.config import read_config
from geulnun.core.hangul import decompose
from geulnun.data.sample import CharSample
from geulnun.data.store_chars import CharStore
from geulnun.errors import BundleError, ConfigError, UsageError
from geulnun.evaluation.characters.table import MethodRow, SetFigures, read_row, render_method_table, write_row
from geulnun.runtime.bundles.manifest import InputSpec, Manifest, OutputSpec, Provenance
from geulnun.runtime.characters.reader import CharacterReader

SIZES = {"cho": 19, "jung": 21, "jong": 28}
STUDY = """
samples = 1000
top = 3

[[methods]]
config = "characters/one.toml"
title = "The first"
source = "Nobody 2020"

[[methods]]
config = "characters/one.toml"
name = "two"
init = "one"
set = ["training.low_rank.speedup=4"]
"""


class FixedSession:
    """Says 가 of every picture."""

    backend = "fake 1"

    def run(self, array: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        tables = [np.full((len(array), size), -5.0, np.float32) for size in SIZES.values()]
        for table, place in zip(tables, decompose("가"), strict=True):
            table[:, place] = -0.01
        return tables


def make_manifest(name: str) -> Manifest:
    return Manifest(
        name=name,
        kind="characters",
        input=InputSpec(name="chars", axes=("N", "1", "64", "64"), range=(0.0, 1.0), colour="grey", resize=""),
        outputs=tuple(OutputSpec(name=each, axes=("N", str(size)), meaning="") for each, size in SIZES.items()),
        provenance=Provenance(commit="", config="", config_sha256="", seed=0, samples_seen=1000),
        network={},
        parameters=321,
    )


def open_fixed(weights: Path, threads: int, backend: str) -> CharacterReader:
    assert (threads, backend) == (1, "onnxruntime")
    return CharacterReader.from_session(make_manifest(weights.parent.name), FixedSession())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study whose training leaves bundles at once, and whose drawn sets are one 가 and one 나."""
    (tmp_path / "configs" / "characters").mkdir(parents=True)
    (tmp_path / "configs" / "characters" / "one.toml").write_text("", encoding="utf-8")
    (tmp_path / "configs" / "study.toml").write_text(STUDY, encoding="utf-8")
    for text in "가나":
        (tmp_path / "set" / text).mkdir(parents=True)
        Image.new("L", (9, 9), 200).save(tmp_path / "set" / text / "a.png")

    def train(plan: study.StudyConfig, method: study.StudyMethod, configs: Path, runs: Path) -> None:
        bundle = runs / method.run / method.run
        bundle.mkdir(parents=True, exist_ok=True)
        (bundle / "manifest.json").touch()
        (bundle / "model.onnx").write_bytes(bytes(1_500_000))
        (runs / "trained.txt").open("a").write(method.run + "\n")
        (runs / method.run / "minutes.txt").write_text("12.4\n")

    monkeypatch.setattr(study, "train_method", train)
    monkeypatch.setattr("geulnun.runtime.characters.reader.CharacterReader", open_fixed)
    monkeypatch.setattr(study, "_list_drawn", dict)
    return tmp_path


def run_study(folder: Path, *options: str) -> object:
    command = ["study", "-c", str(folder / "configs" / "study.toml"), "-o", str(folder / "table.md")]
    return CliRunner().invoke(app, [*command, "--runs", str(folder / "runs"), "--test", str(folder / "set"), *options])


def test_a_study_writes_one_row_for_each_method(folder: Path) -> None:
    result = run_study(folder)
    assert result.exit_code == 0, result.output
    table = (folder / "table.md").read_text(encoding="utf-8")
    assert table in result.output
    first, second = table.splitlines()[2:4]
    assert first.startswith("| The first (Nobody 2020) | 1,000 | 12.4 | 321 | 1.50 | 0.00 | ")
    assert second.startswith("| two | 1,000 after one | ")
    assert "**50.00** | 50.00 |" in first and "set: 2 characters" in table
    figures = json.loads((folder / "table.json").read_text(encoding="utf-8"))
    assert [row["name"] for row in figures["methods"]] == ["one", "two"]
    assert figures["methods"][0]["sets"][0]["cho"] == 0.5 and figures["top"] == 3
    assert (folder / "runs" / "one" / "set.html").is_file()


def test_only_some_and_what_was_evaluated_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_study(folder, "--only", "one").exit_code == 0
    monkeypatch.setattr(study, "evaluate_method", lambda *arguments: pytest.fail("evaluated again"))
    result = run_study(folder, "--only", "one", "--evaluate-only")
    assert result.exit_code == 0, result.output
    assert (folder / "runs" / "trained.txt").read_text() == "one\n"
    assert isinstance(run_study(folder, "--only", "three").exception, UsageError)


def test_a_method_that_fails_is_left_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train = study.train_method

    def fail_first(plan: study.StudyConfig, method: study.StudyMethod, configs: Path, runs: Path) -> None:
        if method.run == "one":
            raise BundleError("torch and ONNX disagree.")
        train(plan, method, configs, runs)

    monkeypatch.setattr(study, "train_method", fail_first)
    result = run_study(folder)
    assert result.exit_code == BundleError.exit_code
    assert "one: torch and ONNX disagree." in result.output and "| two |" in result.output


def test_nothing_is_evaluated_that_was_not_trained(folder: Path) -> None:
    result = run_study(folder, "--evaluate-only")
    assert result.exit_code == UsageError.exit_code and "no bundle" in result.output


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('samples = 1\nmethods = [{config = "a.toml"}, {config = "b/a.toml"}]', "two methods are called 'a'"),
        ('samples = 1\nmethods = [{config = "a.toml", init = "b"}]', "starts from 'b'"),
        ('samples = 1\nmethods = [{config = "a.toml", titel = "b"}]', "did you mean 'title'"),
        ("methods = []", "samples is missing"),
    ],
)
def test_wrong_studies_are_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=words):
        read_config(tmp_path / "study.toml", study.StudyConfig)


def test_the_shipped_study_names_configs_that_are_there(repository: Path) -> None:
    plan = read_config(repository / "configs" / "study.toml", study.StudyConfig)
    assert plan.methods
    assert not [each.config for each in plan.methods if not (repository / "configs" / each.config).is_file()]


def test_drawn_sets_are_of_both_styles() -> None:
    assert {style for style, _ in study._list_drawn().values()} == {"printed", "handwritten"}


def make_row(name: str, top1: float | None) -> MethodRow:
    return MethodRow(
        name=name,
        title=name,
        parameters=1,
        size_bytes=1,
        packed_bytes=1,
        network_ms=0.5,
        sets=(SetFigures(name="a", characters=7, top1=top1, topn=top1),),
    )


def test_rows_come_back_and_the_best_is_bold(tmp_path: Path) -> None:
    rows = [make_row("x", 0.9), make_row("y", 0.95), make_row("z", None)]
    write_row(rows[0], tmp_path / "row.json")
    assert read_row(tmp_path / "row.json") == rows[0]
    table = render_method_table(rows, 1).splitlines()
    assert table[2].endswith("| 90.00 |") and table[3].endswith("| **95.00** |") and table[4].endswith("| - |")


def test_training_goes_on_and_exports_what_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[object, ...]] = []
    exported: list[Path] = []

    def train(
        kind: str,
        path: Path,
        changes: dict[str, str],
        *,
        run: str,
        runs: Path,
        init: str | None,
        max_minutes: float | None,
    ) -> None:
        calls.append((path, changes, run, init, max_minutes))
        if len(calls) < 3:
            (runs / run).mkdir(parents=True, exist_ok=True)
            (runs / run / "last.ckpt").write_text(str(len(calls)))

    def export(kind: str, folder: Path, output: Path, *, replace: bool) -> None:
        assert kind == "characters" and replace
        output.mkdir(exist_ok=True)
        exported.append(output)

    monkeypatch.setitem(vars(training), "train_config", train)
    monkeypatch.setitem(vars(training), "export_bundle", export)
    (tmp_path / "study.toml").write_text(STUDY + "\n", encoding="utf-8")
    plan = read_config(tmp_path / "study.toml", study.StudyConfig)
    one, two = plan.methods
    for method in (one, two, two):
        study.train_method(plan, method, tmp_path, tmp_path / "runs")
    assert calls[0] == (tmp_path / "characters/one.toml", {"training.run.total_samples": "1000"}, "one", None, None)
    assert calls[1][1] == {"training.low_rank.speedup": "4", "training.run.total_samples": "1000"}
    assert calls[1][3] == str(tmp_path / "runs" / "one" / "one")
    assert exported == [tmp_path / "runs" / name / name for name in ("one", "two")], "not again what is finished"
    assert float((tmp_path / "runs" / "two" / "minutes.txt").read_text()) >= 0


class CountedSource:
    """Draws grey squares and counts them."""

    drawn = 0

    def draw(self, index: int) -> CharSample:
        CountedSource.drawn += 1
        return CharSample(image=np.full((8, 8), index, np.uint8), text="가", style="printed")


def test_methods_of_one_source_share_what_is_drawn_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    from geulnun.training.characters.config import CharSourceConfig

    monkeypatch.setattr(CharSourceConfig, "train_factory", lambda self: CountedSource)
    config = tmp_path / "a.toml"
    config.write_text('[source]\nclasses = "all"\n', encoding="utf-8")
    first = study._share_chars(config, {"training.network.size_px": "32"}, tmp_path / "runs", 20)
    again = study._share_chars(config, {"training.network.size_px": "48"}, tmp_path / "runs", 20)
    assert first == again and CountedSource.drawn == 20
    store = CharStore(first["source.real"].strip("'"))
    assert [int(each.image[0, 0]) for each in store] == list(range(20))
    other = study._share_chars(config, {"source.seed": "2"}, tmp_path / "runs", 20)
    assert other != first and CountedSource.drawn == 40
    assert study._share_chars(config, {"source.real": "'mine'"}, tmp_path / "runs", 20) == {}


def test_a_stopped_drawing_is_begun_anew(tmp_path: Path) -> None:
    unfinished = tmp_path / "drawn" / "a.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "records.bin").write_bytes(b"half")
    folder = study._keep_chars(tmp_path, "a", lambda: CountedSource().draw, 3)
    assert len(CharStore(folder)) == 3 and not unfinished.exists()


def test_changes_of_a_study_come_before_those_of_a_method(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, str]] = []

    def train(kind: str, path: Path, changes: dict[str, str], **rest: object) -> None:
        seen.append(changes)
        raise ConfigError("enough")

    monkeypatch.setitem(vars(training), "train_config", train)
    monkeypatch.setitem(vars(training), "export_bundle", lambda *arguments, **rest: pytest.fail("exported"))
    method = study.StudyMethod(config=Path("a.toml"), set=("training.network.size_px=48",))
    plan = study.StudyConfig(samples=7, set=("training.network.size_px=32", "training.data.workers=1"))
    with pytest.raises(ConfigError):
        study.train_method(plan, method, tmp_path, tmp_path)
    assert seen[0]["training.network.size_px"] == "48" and seen[0]["training.data.workers"] == "1"
