import dataclasses
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from typer.testing import CliRunner, Result

from geulnun import training
from geulnun.cli import app
from geulnun.cli.study import evaluating, learning, results
from geulnun.cli.study.jobs import Job, run_jobs
from geulnun.cli.study.plan import StudyConfig, StudyMethod, StudySearch, find_bundle, find_run, find_weights
from geulnun.core.config import build_config, read_config
from geulnun.core.hangul import decompose
from geulnun.data.characters import open_characters
from geulnun.data.sample import CharSample
from geulnun.data.store_chars import CharStore
from geulnun.errors import BundleError, ConfigError, MissingExtraError, UsageError
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

    def train(plan: StudyConfig, method: StudyMethod, configs: Path, runs: Path) -> None:
        bundle = find_bundle(runs, method.run)
        bundle.mkdir(parents=True, exist_ok=True)
        (bundle / "manifest.json").touch()
        (bundle / "model.onnx").write_bytes(bytes(1_500_000))
        (runs / "trained.txt").open("a").write(method.run + "\n")
        (bundle.parent / "minutes.txt").write_text("12.4\n")

    monkeypatch.setattr(learning, "train_method", train)
    monkeypatch.setattr("geulnun.runtime.characters.reader.CharacterReader", open_fixed)
    monkeypatch.setattr(evaluating, "list_drawn", dict)
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
    assert first.startswith("| one | The first (Nobody 2020) | 1,000 | 12.4 | 321 | 1.50 | 0.00 | ")
    assert second.startswith("| two | two | 1,000 after one | ")
    assert "**50.00** [9.5, 90.5] | 50.00 |" in first and "set: 2 characters" in table
    figures = json.loads((folder / "table.json").read_text(encoding="utf-8"))
    assert [row["name"] for row in figures["methods"]] == ["one", "two"]
    assert figures["methods"][0]["sets"][0]["cho"] == 0.5 and figures["top"] == 3
    evaluation = folder / "runs" / "one_evaluation"
    assert {path.name for path in evaluation.iterdir()} == {"set.html", "set.json", "set.answers.json", "study.json"}
    assert json.loads((evaluation / "set.answers.json").read_text())["answers"] == ".가"
    assert (folder / "runs" / "truths" / "set.txt").read_text(encoding="utf-8") == "가나"
    assert 'href="runs/one_evaluation/set.html"' in (folder / "table.html").read_text(encoding="utf-8")
    (folder / "published").mkdir()
    assert run_study(folder, "-o", str(folder / "published" / "table.md")).exit_code == 0
    assert "href=" not in (folder / "published" / "table.html").read_text(encoding="utf-8")


def test_only_some_and_what_was_evaluated_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_study(folder, "--only", "one").exit_code == 0
    monkeypatch.setattr(evaluating, "evaluate_method", lambda *arguments: pytest.fail("evaluated again"))
    result = run_study(folder, "--only", "one", "--evaluate-only")
    assert result.exit_code == 0, result.output
    assert (folder / "runs" / "trained.txt").read_text() == "one\n"
    assert isinstance(run_study(folder, "--only", "three").exception, UsageError)


def test_a_new_set_is_evaluated_beside_those_that_are_known(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_study(folder, "--only", "one").exit_code == 0
    (folder / "more" / "가").mkdir(parents=True)
    Image.new("L", (9, 9), 200).save(folder / "more" / "가" / "a.png")
    (folder / "runs" / "one_evaluation" / "set.html").unlink()
    monkeypatch.setattr(evaluating, "read_processor_name", lambda: "another")
    result = run_study(folder, "--only", "one", "--evaluate-only", "--test", str(folder / "more"))
    assert result.exit_code == 0, result.output
    row = json.loads((folder / "table.json").read_text())["methods"][0]
    assert [(each["name"], each["top1"]) for each in row["sets"]] == [("set", 0.5), ("more", 1.0)]
    assert row["processor"] != "another", "times are of where they were measured"
    assert not (folder / "runs" / "one_evaluation" / "set.html").exists(), "evaluated again"
    twice = run_study(folder, "--test", str(folder / "set"))
    assert isinstance(twice.exception, UsageError) and "two sets are called set" in str(twice.exception)


def test_a_bundle_is_evaluated_as_it_is_beside_what_is_trained(folder: Path) -> None:
    weights = folder / "kept" / "reader"
    weights.mkdir(parents=True)
    (weights / "manifest.json").touch()
    (weights / "model.onnx").write_bytes(bytes(10))
    config = folder / "configs" / "study.toml"
    config.write_text(
        f'samples = 1\nmethods = [{{config = "characters/one.toml", name = "kept", bundle = "{weights}"}}]'
    )
    for _ in range(2):
        assert run_study(folder).exit_code == 0
    assert not (folder / "runs" / "trained.txt").exists()
    assert json.loads((folder / "table.json").read_text())["methods"][0]["size_bytes"] == 10


def test_times_are_measured_anew_on_request(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_times() -> list[tuple[float, float]]:
        methods = json.loads((folder / "table.json").read_text())["methods"]
        return [(row["network_ms"], row["reading_ms"]) for row in methods]

    assert run_study(folder).exit_code == 0
    before = read_times()
    monkeypatch.setattr(
        evaluating, "measure_times", lambda readers, samples, **options: [(0.25, len(samples))] * len(readers)
    )
    assert run_study(folder, "--evaluate-only").exit_code == 0 and read_times() == before
    assert run_study(folder, "--evaluate-only", "--time-again").exit_code == 0
    assert read_times() == [(0.25, 2), (0.25, 2)]
    assert run_study(folder, "--evaluate-only").exit_code == 0 and read_times() == [(0.25, 2), (0.25, 2)]


def write_data_sets(folder: Path) -> list[Path]:
    """One 가 in each of the forms in which sets of Korean characters are handed out."""
    picture = Image.new("L", (9, 9), 200)
    picture.paste(0, (3, 3, 6, 6))
    paths = [folder / name for name in ("PE92", "PHD08", "AIHub")]
    (paths[0] / "test").mkdir(parents=True)
    record = "가".encode("euc-kr") + bytes([9, 9, 0, 0]) + picture.tobytes()
    (paths[0] / "test" / "b0a1.hgu1").write_bytes(b"HGU1----" + record)
    paths[1].mkdir()
    (paths[1] / "가.txt").write_text("one\n2 3\n010\n111\n\n", encoding="utf-8")
    paths[2].mkdir()
    picture.save(paths[2] / "1.png")
    listing = {
        "images": [{"id": "1", "file_name": "1.png"}],
        "annotations": [{"image_id": "1", "text": "가", "attributes": {"type": "글자(음절)"}}],
    }
    (paths[2] / "handwriting.json").write_text(json.dumps(listing), encoding="utf-8")
    return paths


def test_data_sets_of_all_forms_become_columns(folder: Path) -> None:
    options = [option for path in write_data_sets(folder) for option in ("--test", str(path))]
    result = run_study(folder, "--only", "one", *options)
    assert result.exit_code == 0, result.output
    (row,) = json.loads((folder / "table.json").read_text())["methods"]
    found = {each["name"]: (each["characters"], each["top1"]) for each in row["sets"]}
    assert found == {"set": (2, 0.5), "PE92": (1, 1.0), "PHD08": (1, 1.0), "AIHub": (1, 1.0)}


def test_rows_go_on_from_results_without_their_weights(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = folder / "kept"
    monkeypatch.setattr(evaluating, "list_drawn", lambda: {"set": None})
    monkeypatch.setattr(results, "list_drawn", lambda: {"set": None})
    monkeypatch.setattr(evaluating, "open_sets", lambda *rest: iter([("set", open_characters(folder / "set"))]))
    study = ["study", "-c", str(folder / "configs" / "study.toml"), "--results", str(kept)]

    def run(runs: str, *options: str) -> Result:
        output = ["-o", str(folder / f"{runs}.md"), "--runs", str(folder / runs)]
        return CliRunner().invoke(app, [*study, *output, *options])

    def write_stages(plan: StudyConfig, method: StudyMethod, configs: Path, runs: Path) -> None:
        train(plan, method, configs, runs)
        (find_run(runs, method.run) / "stages.json").write_text('[{"samples": 1000, "score": 0.9}]')

    train = learning.train_method
    monkeypatch.setattr(learning, "train_method", write_stages)
    first = run("first", "--only", "one")
    assert first.exit_code == 0, first.output
    assert not find_bundle(kept, "one").exists() and (kept / "one_evaluation" / "set.answers.json").exists()

    monkeypatch.setattr(learning, "train_method", lambda *rest: pytest.fail("trained again"))
    again = run("second", "--only", "one")
    assert again.exit_code == 0, again.output
    assert (folder / "second.md").read_text() == (folder / "first.md").read_text()

    monkeypatch.setattr(learning, "train_method", write_stages)
    whole = run("second")
    assert whole.exit_code == 0, whole.output
    trained = (folder / "second" / "trained.txt").read_text()
    assert trained == "one\ntwo\n", "two starts from the weights of one, which are made again"
    assert (kept / "two_evaluation" / "study.json").exists()


def test_weights_that_others_start_from_are_kept(tmp_path: Path) -> None:
    runs, kept, elsewhere = tmp_path / "runs", tmp_path / "kept", tmp_path / "elsewhere"
    for name in ("one", "two"):
        find_bundle(runs, name).mkdir(parents=True)
        find_weights(runs, name).write_bytes(b"weights")
        (find_run(runs, name) / "stages.json").write_text("[]")
    results.keep_results(kept, runs, ["one", "two"], {"one"})
    assert find_weights(kept, "one").exists() and not find_weights(kept, "two").exists()
    results.restore_results(kept, elsewhere, ["one", "two"])
    for name in ("one", "two"):
        results.forget_stages(elsewhere, name)
    assert find_weights(elsewhere, "one").read_bytes() == b"weights"
    assert [(find_run(elsewhere, name) / "stages.json").exists() for name in ("one", "two")] == [True, False]


def test_a_method_that_fails_is_left_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train = learning.train_method

    def fail_first(plan: StudyConfig, method: StudyMethod, configs: Path, runs: Path) -> None:
        if method.run == "one":
            raise BundleError("torch and ONNX disagree.")
        train(plan, method, configs, runs)

    monkeypatch.setattr(learning, "train_method", fail_first)
    result = run_study(folder)
    assert result.exit_code == BundleError.exit_code
    assert "one: torch and ONNX disagree." in result.output and "| two |" in result.output


def test_a_table_that_would_be_the_report_is_refused_before_anything_is_trained(folder: Path) -> None:
    refused = run_study(folder, "-o", "table.html")
    assert isinstance(refused.exception, UsageError) and "Name it .md" in str(refused.exception)
    assert not (folder / "runs").exists()


def test_nothing_is_evaluated_that_was_not_trained(folder: Path) -> None:
    nothing = run_study(folder, "--evaluate-only")
    assert isinstance(nothing.exception, UsageError) and "no method of the study is trained" in str(nothing.exception)
    assert run_study(folder, "--only", "two").exit_code == 0
    asked = run_study(folder, "--evaluate-only", "--only", "one")
    assert asked.exit_code == UsageError.exit_code and "no bundle" in asked.output
    made = run_study(folder, "--evaluate-only")
    assert made.exit_code == 0 and "not trained yet, and left out: one." in made.output and "| two |" in made.output


def test_a_study_without_torch_names_the_extra(tmp_path: Path) -> None:
    search = '[search]\nconfig = "one.toml"\nsamples = 10\nrates = {muon = [0.01]}'
    study = f'samples = 100\ndraw_once = true\nmethods = [{{config = "one.toml"}}]\n{search}\n'
    (tmp_path / "study.toml").write_text(study, encoding="utf-8")
    (tmp_path / "one.toml").write_text("", encoding="utf-8")
    program = "import sys; sys.modules['torch'] = None; from geulnun.cli import main; main()"
    command = [sys.executable, "-c", program, "study", "-c", str(tmp_path / "study.toml"), "--runs", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == MissingExtraError.exit_code, done.stderr
    assert done.stderr.endswith("pip install 'geulnun[train]'\n") and done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('samples = 1\nmethods = [{config = "a.toml"}, {config = "b/a.toml"}]', "two runs are called 'a'"),
        ('samples = 1\nmethods = [{config = "a.toml", seeds = 2}, {config = "a-2.toml"}]', "two runs are called 'a-2'"),
        ('samples = 1\nmethods = [{config = "a.toml", init = "b"}]', "starts from 'b'"),
        ('samples = 1\nmethods = [{config = "a.toml", titel = "b"}]', "did you mean 'title'"),
        ("methods = []", "samples is missing"),
        (
            'samples = 1\ncomparisons = [{question = "q", pairs = [["a", "b"]]}]\nmethods = [{config = "a.toml"}]',
            "compares b",
        ),
        ('samples = 1\nmethods = [{config = "a.toml", seeds = 0}]', "0 seeds"),
        ('samples = 1\nmethods = [{config = "a.toml", bundle = "b", seeds = 2}]', "a is the bundle b"),
    ],
)
def test_wrong_studies_are_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=words):
        read_config(tmp_path / "study.toml", StudyConfig)


def test_the_shipped_study_names_configs_that_are_there(repository: Path) -> None:
    plan = read_config(repository / "configs" / "study.toml", StudyConfig)
    assert plan.methods
    assert not [each.config for each in plan.methods if not (repository / "configs" / each.config).is_file()]


def test_drawn_sets_are_of_both_styles() -> None:
    drawn = evaluating.list_drawn()
    assert {style for style, _, _ in drawn.values()} == {"printed", "handwritten"}
    assert set(drawn) == {*evaluating.SEEN_SETS, *evaluating.UNSEEN_SETS}
    assert {classes for name, (_, _, classes) in drawn.items() if name in evaluating.UNSEEN_SETS} == {"others"}


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
    (tmp_path / "row.json").write_text((tmp_path / "row.json").read_text(encoding="utf-8")[:99], encoding="utf-8")
    with pytest.raises(ConfigError, match="is damaged"):
        read_row(tmp_path / "row.json")
    table = render_method_table(rows, 1).splitlines()
    assert "| 90.00 [" in table[2] and "| **95.00** [" in table[3] and table[4].endswith("| - |")
    assert "same processor" not in table[-1]
    timed = [dataclasses.replace(row, processor=name) for row, name in zip(rows, "abb", strict=True)]
    table = render_method_table(timed, 1).splitlines()
    assert "| b | **95.00**" in table[3] and "Compare times of rows timed on the same processor." in table[-1]


class FakeTraining:
    """Takes the place of training and export: what was asked for, and what each stage is to reach."""

    def __init__(self, scores: Sequence[float | None], stops: bool = False) -> None:
        self.scores, self.stops = scores, stops
        self.totals: list[int] = []
        self.changes: list[dict[str, str]] = []
        self.starts: list[str | None] = []
        self.exported: list[Path] = []

    def train(
        self,
        kind: str,
        path: Path,
        changes: dict[str, str],
        *,
        run: str,
        runs: Path,
        init: str | None,
    ) -> None:
        total = int(changes["training.run.total_samples"])
        self.totals.append(total)
        self.changes.append(changes)
        self.starts.append(init)
        (runs / run).mkdir(parents=True, exist_ok=True)
        seen = total // 2 if self.stops else total
        import torch

        torch.save({"samples_seen": seen, "saves": len(self.totals)}, runs / run / "last.ckpt")
        score = self.scores[len(self.totals) - 1]
        if score is None:
            return
        sets = [{"set": name, "samples": 9, "values": {"top1": value}} for name, value in (("a", score), ("b", 0.5))]
        (runs / run / "validation.json").write_text(json.dumps({"samples_seen": seen, "scores": sets}))

    def export(self, kind: str, folder: Path, output: Path, *, replace: bool) -> None:
        assert kind == "characters" and replace
        output.mkdir(exist_ok=True)
        (output / "manifest.json").touch()
        self.exported.append(output)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        pytest.importorskip("torch")
        monkeypatch.setitem(vars(training), "train_config", self.train)
        monkeypatch.setitem(vars(training), "export_bundle", self.export)


def test_methods_learn_pass_by_pass_until_their_curve_is_flat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Means of two sets rise by 5, 0.5 and 0.05 points.
    fake = FakeTraining([0.70, 0.80, 0.81, 0.811, 0.9])
    fake.install(monkeypatch)
    plan = StudyConfig(samples=100, pass_samples=50, most_samples=1000, flat_points=0.3)
    method = StudyMethod(config=Path("one.toml"), init="zero")
    for _ in range(2):
        learning.train_method(plan, method, tmp_path, tmp_path / "runs")
    assert fake.totals == [100, 150, 200, 250], "and not again when it is finished"
    assert fake.changes[0] == {"training.run.total_samples": "100", "training.run.keep_every_samples": "50"}
    assert fake.starts[0] == str(find_bundle(tmp_path / "runs", "zero"))
    assert fake.exported == [find_bundle(tmp_path / "runs", "one")]
    stages = learning.read_stages(tmp_path / "runs" / "pretrained" / "one")
    assert [stage.samples for stage in stages] == fake.totals and learning.is_flat(stages, 0.3)
    assert (learning.read_minutes(tmp_path / "runs" / "pretrained" / "one") or 0) >= 0
    learning.check_budget(plan, tmp_path / "runs" / "pretrained" / "one")
    with pytest.raises(UsageError, match="learned from 100 characters where the study's file says 200"):
        learning.check_budget(StudyConfig(samples=200, pass_samples=50), tmp_path / "runs" / "pretrained" / "one")


def test_a_curve_that_rises_on_ends_with_the_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeTraining([0.1, 0.2, 0.3, 0.4])
    fake.install(monkeypatch)
    plan = StudyConfig(samples=100, pass_samples=50, most_samples=200)
    learning.train_method(plan, StudyMethod(config=Path("one.toml")), tmp_path, tmp_path / "runs")
    assert fake.totals == [100, 150, 200]
    assert not learning.is_flat(learning.read_stages(tmp_path / "runs" / "pretrained" / "one"), 0.3)


def test_what_has_hardly_begun_is_not_flat() -> None:
    low, high = ([learning.Stage(samples=k, score=score) for k in (1, 2)] for score in (0.0, 0.9))
    assert not learning.is_flat(low, 0.3) and learning.is_flat(high, 0.3)
    assert not learning.is_flat(high[:1], 0.3)


@pytest.mark.parametrize("score", [0.1, None], ids=["validated", "before its first validation"])
def test_a_method_told_to_stop_is_not_evaluated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, score: float | None
) -> None:
    fake = FakeTraining([score], stops=True)
    fake.install(monkeypatch)
    with pytest.raises(learning.StudyStoppedError, match="50 of 100"):
        learning.train_method(StudyConfig(samples=100), StudyMethod(config=Path("one.toml")), tmp_path, tmp_path)
    assert not fake.exported and not learning.read_stages(tmp_path / "pretrained" / "one")


def test_each_optimiser_has_the_rate_that_was_best_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeTraining([0.5, 0.9, 0.7, 0.2, 0.4])
    fake.install(monkeypatch)
    config = tmp_path / "one.toml"
    config.write_text("", encoding="utf-8")
    search = {"config": "one.toml", "samples": 10, "rates": {"muon": [0.01, 0.02, 0.04]}}
    own = StudyMethod(config=Path("one.toml"), name="own", set=("training.optimiser.kind='muon'",), rates=(0.1, 0.2))
    plan = StudyConfig(samples=100, search=build_config(search, StudySearch), methods=(own,))
    assert [trial.of for trial in plan.list_trials([])] == ["muon"] * 3
    for _ in range(2):
        for trial in plan.list_trials():
            learning.train_trial(plan, trial.method, tmp_path, tmp_path / "runs")
    assert fake.totals == [10] * 5
    trials = learning.read_trials(plan, tmp_path / "runs")
    found = [(each.rate, each.score) for each in trials]
    assert found == [(0.01, 0.5), (0.02, 0.7), (0.04, 0.6), (0.1, 0.35), (0.2, 0.45)]

    def find_rate(*changes: str, method: StudyMethod | None = None) -> str | None:
        method = method or StudyMethod(config=Path("one.toml"), set=changes)
        return learning.list_changes(plan, method, tmp_path, tmp_path / "runs").get("training.optimiser.lr")

    assert find_rate("training.optimiser.kind='muon'") == "0.02"
    assert find_rate("training.optimiser.kind='muon'", "training.optimiser.lr=0.5") == "0.5"
    assert find_rate("training.optimiser.kind='sgd'") is None
    assert find_rate(method=dataclasses.replace(own, seed=2)) == "0.2"


def test_repeats_have_seeds_of_their_own_and_start_from_their_like() -> None:
    methods = (
        StudyMethod(config=Path("a.toml"), seeds=3),
        StudyMethod(config=Path("b.toml")),
        StudyMethod(config=Path("c.toml"), init="a", seeds=2),
        StudyMethod(config=Path("d.toml"), init="b", seeds=2),
    )
    plan = StudyConfig(samples=1, methods=methods)
    runs = plan.list_runs()
    assert [(each.run, each.init) for each in runs] == [
        ("a", ""), ("b", ""), ("c", "a"), ("d", "b"), ("a-2", ""), ("c-2", "a-2"), ("d-2", "b"), ("a-3", ""),
    ]  # fmt: skip
    assert runs[4].set == ("training.run.seed=2",)
    assert plan.list_repeats("a", "c") == [("a-2", "c-2")] and plan.list_repeats("a", "b") == []


def make_job(name: str, script: str, folder: Path, after: str = "") -> Job:
    return Job(name=name, after=after, command=[sys.executable, "-c", script], log=folder / name / "log.txt")


def test_jobs_wait_for_what_they_start_from(tmp_path: Path) -> None:
    told: list[str] = []
    wait = "import pathlib, sys, time\nwhile not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.01)"
    touch = "import pathlib, sys; pathlib.Path(sys.argv[1]).touch(); print('touched')"
    jobs = [
        make_job("waits", wait, tmp_path),
        make_job("later", "", tmp_path, after="waits"),
        make_job("touches", touch, tmp_path),
        make_job("fails", "raise SystemExit(5)", tmp_path),
        make_job("orphan", "", tmp_path, after="fails"),
    ]
    for job in (jobs[0], jobs[2]):
        job.command.append(str(tmp_path / "flag"))  # type: ignore[attr-defined]
    # The first ends only when the third has run beside it.
    codes = run_jobs(jobs, 2, told.append)
    assert codes == {"waits": 0, "later": 0, "touches": 0, "fails": 5, "orphan": 5}
    assert told.index("waits: done") < next(k for k, line in enumerate(told) if line.startswith("later: started"))
    assert (tmp_path / "touches" / "log.txt").read_text().strip() == "touched"


def test_jobs_told_to_stop_have_no_code(tmp_path: Path) -> None:
    told: list[str] = []

    def stop_when_started(line: str) -> None:
        told.append(line)
        if line.startswith("long: started"):
            os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    jobs = [make_job("long", "import time; time.sleep(600)", tmp_path), make_job("next", "", tmp_path)]
    assert run_jobs(jobs, 1, stop_when_started) == {}
    assert told[-1] == "long: stopped" and len(told) == 2
    assert signal.getsignal(signal.SIGTERM) == before


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
    first = learning.share_chars(config, {"training.network.size_px": "32"}, tmp_path / "runs", 20)
    again = learning.share_chars(config, {"training.network.size_px": "48"}, tmp_path / "runs", 20)
    assert first == again and CountedSource.drawn == 20
    store = CharStore(first["source.real"].strip("'"))
    assert [int(each.image[0, 0]) for each in store] == list(range(20))
    other = learning.share_chars(config, {"source.seed": "2"}, tmp_path / "runs", 20)
    assert other != first and CountedSource.drawn == 40
    assert learning.share_chars(config, {"source.real": "'mine'"}, tmp_path / "runs", 20) == {}


def test_a_stopped_drawing_is_begun_anew(tmp_path: Path) -> None:
    unfinished = tmp_path / "drawn" / "a.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "records.bin").write_bytes(b"half")
    folder = learning.keep_chars(tmp_path, "a", lambda: CountedSource().draw, 3)
    assert len(CharStore(folder)) == 3 and not unfinished.exists()


def test_changes_of_a_study_come_before_those_of_a_method(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, str]] = []

    def train(kind: str, path: Path, changes: dict[str, str], **rest: object) -> None:
        seen.append(changes)
        raise ConfigError("enough")

    monkeypatch.setitem(vars(training), "train_config", train)
    monkeypatch.setitem(vars(training), "export_bundle", lambda *arguments, **rest: pytest.fail("exported"))
    method = StudyMethod(config=Path("a.toml"), set=("training.network.size_px=48",))
    plan = StudyConfig(samples=7, set=("training.network.size_px=32", "training.data.workers=1"))
    with pytest.raises(ConfigError):
        learning.train_method(plan, method, tmp_path, tmp_path)
    assert seen[0]["training.network.size_px"] == "48" and seen[0]["training.data.workers"] == "1"
