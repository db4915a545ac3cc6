"""Training the methods of a study under its budget, each until its own curve is flat."""

import dataclasses
import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from geulnun.cli.study.plan import PRETRAINED, StudyConfig, StudyMethod, find_bundle, find_run, is_exported
from geulnun.errors import ConfigError, GeulnunError, UsageError, needing_extra
from geulnun.outputs.atomic_file import write_json_file, write_text_file
from geulnun.runtime.bundles import bundle as bundles

if TYPE_CHECKING:
    from geulnun.data.sample import CharSample
    from geulnun.evaluation.characters.study_report import RateTrial
    from geulnun.training.characters.config import CharacterExperiment

STAGES_FILE = "stages.json"
_LEAST_FLAT_SCORE = 0.5
MINUTES_FILE = "minutes.txt"
_DRAWN_FOLDER = "drawn"


class StudyStoppedError(GeulnunError):
    """Training was told to stop before a method was finished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where a method stood when it had learned from so many characters and its learning rate had fallen to its end.

    Attributes:
        samples: seen.
        score: mean top-1 of the validation sets, 0..1; None where nothing was validated.
    """

    samples: int
    score: float | None


def is_flat(stages: list[Stage], flat_points: float) -> bool:
    """Whether the last pass raised the score by fewer points than that above the best one before.

    A method that reads less than half right has hardly begun, and is never called flat.
    """
    scores = [stage.score for stage in stages if stage.score is not None]
    if len(scores) < 2 or max(scores) < _LEAST_FLAT_SCORE:
        return False
    return 100 * (scores[-1] - max(scores[:-1])) < flat_points


def is_finished(plan: StudyConfig, stages: list[Stage]) -> bool:
    """Whether a method needs no further pass: it is flat, the study has no more for it, or it cannot be told."""
    if not stages:
        return False
    if not plan.pass_samples or stages[-1].score is None or is_flat(stages, plan.flat_points):
        return True
    return stages[-1].samples + plan.pass_samples > max(plan.most_samples, plan.samples)


def read_stages(folder: Path) -> list[Stage]:
    """The stages that a run has finished."""
    path = folder / STAGES_FILE
    return [Stage(**each) for each in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []


def check_budget(plan: StudyConfig, folder: Path) -> None:
    """Nothing, if what a run has learned from is what the study would give it.

    Raises:
        UsageError: it was made under another budget.
    """
    for number, stage in enumerate(read_stages(folder)):
        wanted = plan.count_samples(number)
        if stage.samples != wanted:
            raise UsageError(
                f"{folder} has learned from {stage.samples:,} characters where the study's file says {wanted:,}. Rows "
                "of one table have one budget: name another folder with --runs, or delete this one to make it anew."
            )


def copy_bundle(method: StudyMethod, runs: Path) -> None:
    """Copy the bundle that is evaluated as it is to where those of trained methods lie, if it is not there.

    Raises:
        BundleError: there is none of that name.
    """
    _make_folder(
        find_bundle(runs, method.run), lambda folder: shutil.copytree(bundles.find_bundle(method.bundle), folder)
    )


def train_method(plan: StudyConfig, method: StudyMethod, configs: Path, runs: Path) -> None:
    """Train a method pass by pass until its curve is flat, or go on where it was stopped, and export its bundle.

    Raises:
        StudyStoppedError: training was told to stop; what there is can be gone on from.
    """
    folder = find_run(runs, method.run)
    stages = read_stages(folder)
    trained = False
    while not is_finished(plan, stages):
        total = plan.count_samples(len(stages))
        _train_stage(plan, method, configs, runs, total)
        trained = True
        if (seen := _count_seen(folder)) < total:
            raise StudyStoppedError(f"stopped at {seen:,} of {total:,} characters. The same command goes on.")
        stages.append(Stage(samples=total, score=_read_score(folder)[0]))
        write_json_file(folder / STAGES_FILE, [dataclasses.asdict(each) for each in stages])
    if trained or not is_exported(runs, method.run):
        export_method(plan, method, configs, runs)


def _train_stage(plan: StudyConfig, method: StudyMethod, configs: Path, runs: Path, total: int) -> None:
    from geulnun.training import train_config

    folder = find_run(runs, method.run)
    checkpoint = folder / "last.ckpt"
    init = str(find_bundle(runs, method.init)) if method.init else None
    changes = list_changes(plan, method, configs, runs, total)
    started, fresh = time.process_time(), not checkpoint.exists()
    before = checkpoint.stat().st_mtime_ns if not fresh else 0
    train_config("characters", configs / method.config, changes, run=method.run, runs=runs / PRETRAINED, init=init)
    if not checkpoint.exists():
        raise ConfigError(f"training left no {checkpoint}. Look at what it printed.")
    if checkpoint.stat().st_mtime_ns != before:
        _add_minutes(folder / MINUTES_FILE, (time.process_time() - started) / 60, fresh=fresh)


def list_changes(
    plan: StudyConfig, method: StudyMethod, configs: Path, runs: Path, total: int | None = None
) -> dict[str, str]:
    """What a run changes of its config's values: the study's changes, then the method's, then the budget."""
    from geulnun.cli.train import parse_changes

    changes = parse_changes([*plan.set, *method.set])
    if plan.search and "training.optimiser.lr" not in parse_changes(list(method.set)):
        kind = read_experiment_of(configs / method.config, changes).training.optimiser.kind
        if rate := find_best_rates(read_trials(plan, runs)).get(method.row if method.rates else kind):
            changes["training.optimiser.lr"] = repr(rate)
    changes["training.run.total_samples"] = str(plan.samples if total is None else total)
    if plan.pass_samples:
        changes["training.run.keep_every_samples"] = str(plan.pass_samples)
    return changes | (share_chars(configs / method.config, changes, runs, plan.store_chars) if plan.draw_once else {})


def read_experiment_of(config: Path, changes: Mapping[str, str]) -> "CharacterExperiment":
    """A method's config with its changes."""
    with needing_extra("train", "geulnun study"):
        from geulnun.training.characters.config import CharacterExperiment
        from geulnun.training.start import read_experiment

    experiment: CharacterExperiment = read_experiment(config, changes, CharacterExperiment)
    return experiment


def export_method(plan: StudyConfig, method: StudyMethod, configs: Path, runs: Path) -> None:
    """Export a trained method's bundle, its weights stored as the method says."""
    from geulnun.training import export_bundle

    folder, bundle = find_run(runs, method.run), find_bundle(runs, method.run)
    if method.packing == "none":
        export_bundle("characters", folder, bundle, replace=True)
        return
    from geulnun.training.characters.packing import pack_bundle

    packing = method.packing
    experiment = read_experiment_of(configs / method.config, list_changes(plan, method, configs, runs))
    batches = experiment.set_up().validation
    export_bundle(
        "characters",
        folder,
        bundle,
        replace=True,
        pack=lambda path, manifest: pack_bundle(path, manifest, packing, batches),
    )


def train_trial(plan: StudyConfig, trial: StudyMethod, configs: Path, runs: Path) -> None:
    """Train one trial of the search for learning rates, if that has not been done.

    Raises:
        StudyStoppedError: training was told to stop.
    """
    assert plan.search is not None
    if is_tried(plan, trial, runs):
        return
    _train_stage(plan, trial, configs, runs, plan.search.samples)
    seen = _read_score(find_run(runs, trial.run))[1]
    if seen < plan.search.samples:
        raise StudyStoppedError(f"stopped at {seen:,} of {plan.search.samples:,} characters. The same command goes on.")


def is_tried(plan: StudyConfig, trial: StudyMethod, runs: Path) -> bool:
    """Whether a trial was trained to its end."""
    return plan.search is not None and _read_score(find_run(runs, trial.run))[1] >= plan.search.samples


def read_trials(plan: StudyConfig, runs: Path) -> "list[RateTrial]":
    """The learning rates that were tried to the end."""
    from geulnun.evaluation.characters.study_report import RateTrial

    found = []
    for trial in plan.list_trials():
        score, seen = _read_score(find_run(runs, trial.method.run))
        if score is not None and is_tried(plan, trial.method, runs):
            found.append(RateTrial(of=trial.of, rate=trial.rate, samples=seen, score=score))
    return found


def find_best_rates(trials: "list[RateTrial]") -> dict[str, float]:
    """The rate with the highest score of each optimiser, and of each method with rates of its own."""
    return {each.of: each.rate for each in sorted(trials, key=lambda each: each.score)}


def _read_score(folder: Path) -> tuple[float | None, int]:
    """Mean top-1 of the sets of the last validation, and the characters seen then."""
    from geulnun.training.record import read_scores

    record = read_scores(folder)
    shares = [each.values["top1"] for each in record.scores if "top1" in each.values] if record else []
    return (sum(shares) / len(shares), record.samples_seen) if record and shares else (None, 0)


def _count_seen(folder: Path) -> int:
    from geulnun.training.fit import count_seen

    return count_seen(folder)


def share_chars(config: Path, changes: dict[str, str], runs: Path, count: int) -> dict[str, str]:
    """The changes that make a method learn from a store of drawn characters, which is written where it is missing."""
    from geulnun.core.config import config_hash

    source = read_experiment_of(config, changes).source
    if source.real is not None:
        return {}
    # How many characters validate a run has no part in those it learns from.
    name = f"{config_hash(dataclasses.replace(source, validation_chars=0))[:12]}-{count}"
    folder = keep_chars(runs, name, lambda: source.train_factory()().draw, count)
    return {"source.real": f"'{folder}'", "source.real_share": "1.0"}


def count_learned(plan: StudyConfig, method: StudyMethod, configs: Path, runs: Path) -> Counter[str]:
    """How often each character stands in the store that a method learns from; nothing where it has none."""
    from geulnun.data.store_chars import CharStore

    if not plan.draw_once or method.bundle:
        return Counter()
    source = read_experiment_of(configs / method.config, list_changes(plan, method, configs, runs)).source
    return CharStore(source.real).count_texts() if source.real else Counter()


def keep_chars(runs: Path, name: str, open_source: "Callable[[], Callable[[int], CharSample]]", count: int) -> Path:
    """The store of that name with the first characters of a source, drawn if it is not there yet."""
    from geulnun.data.store_chars import write_chars

    folder = runs / _DRAWN_FOLDER / name
    _make_folder(folder, lambda path: write_chars(map(open_source(), range(count)), path))
    return folder


def _make_folder(folder: Path, write: Callable[[Path], object]) -> None:
    """Have a folder written whole, if it is not there: beside its place at first, and then moved there."""
    if not folder.exists():
        unfinished = folder.with_name(f"{folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        write(unfinished)
        unfinished.rename(folder)


def _add_minutes(path: Path, minutes: float, *, fresh: bool) -> None:
    write_text_file(path, f"{minutes + (0.0 if fresh else read_minutes(path.parent) or 0.0):.3f}\n")


def read_minutes(folder: Path) -> float | None:
    """Minutes of processor time that a run has taken; None where they are not known."""
    path = folder / MINUTES_FILE
    return float(path.read_text(encoding="utf-8")) if path.exists() else None
