"""``geulnun study``: train many character readers with one budget, evaluate them alike, write one report."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from geulnun.cli.study.jobs import Job, build_command, run_jobs
from geulnun.cli.study.plan import SEARCH, StudyConfig, StudyMethod, find_run
from geulnun.errors import GeulnunError, UsageError

if TYPE_CHECKING:
    from geulnun.evaluation.characters.table import MethodRow

app = typer.Typer(add_completion=False)

_LOG_FILE = "study.log"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a study lies: its file, the folders of its runs and of its results, and the data sets given."""

    config: Path
    runs: Path
    results: Path | None
    tests: list[Path]

    @property
    def configs(self) -> Path:
        """The folder that the methods' config files are named from."""
        return self.config.parent


@app.command()
def study(
    config: Path = typer.Option(..., "--config", "-c", help="TOML file of the study, such as configs/study.toml."),
    output: Path = typer.Option(
        Path("study.md"), "--output", "-o", help="The table; figures as .json and the report as .html beside it."
    ),
    runs: Path = typer.Option(Path("runs/study"), "--runs", help="Folder of the runs; finished ones are kept."),
    results: Path | None = typer.Option(
        None,
        "--results",
        help="Folder of what finished rows have found: those there are not made again, and new ones are added.",
    ),
    only: list[str] = typer.Option([], "--only", help="Only this method. Repeatable."),
    tests: list[Path] = typer.Option([], "--test", help="Also evaluate on this data set of characters. Repeatable."),
    evaluate_only: bool = typer.Option(False, "--evaluate-only", help="Train nothing; evaluate the existing runs."),
    time_again: bool = typer.Option(
        False, "--time-again", help="Measure all times anew, methods taking turns: while nothing else is running."
    ),
    jobs: int = typer.Option(1, "--jobs", "-j", min=1, help="Methods trained at the same time, a process each."),
    row: str = typer.Option("", "--row", help="Train and evaluate this one run alone; write no table."),
) -> None:
    """Train many readers of single characters with one budget, and write a report of their accuracies.

    Each is exported and evaluated by ONNX Runtime on drawn characters in fonts it has never seen.
    The same command resumes where it was stopped. A method that fails is reported and left out of the report.
    """
    from geulnun.cli.study.evaluating import name_sets, time_rows
    from geulnun.cli.study.learning import check_budget
    from geulnun.cli.study.results import keep_results, restore_results
    from geulnun.core.config import read_config

    if output.suffix == ".html":
        raise UsageError(f"--output {output} is the table's file; the report is written beside it. Name it .md.")
    plan = read_config(config, StudyConfig)
    methods = plan.choose(only)
    name_sets(tests)
    place = _Place(config=config, runs=runs, results=results, tests=tests)
    if row:
        _make_row(plan, row, place)
        return
    if results:
        restore_results(results, runs, [each.run for each in plan.list_all_runs()])
    for method in methods:
        check_budget(plan, find_run(runs, method.run))
    codes: dict[str, int] = {}
    if evaluate_only:
        methods = methods if only else _choose_made(methods, runs)
    else:
        _prepare(plan, [each for each in methods if not _is_done(plan, each, place)], place)
        codes = _train(plan, methods, place, jobs)
    rows = _evaluate(plan, methods, place, codes)
    if time_again:
        rows = time_rows(plan, rows, place.configs, runs, tests)
    if results:
        keep_results(results, runs, [each.name for each in rows], plan.list_origins())
    _finish(plan, rows, runs, output)
    if code := next((code for code in codes.values() if code), 0):
        raise typer.Exit(code)


def _make_row(plan: StudyConfig, name: str, place: _Place) -> None:
    """Train and evaluate one run, or train one trial of the search for learning rates."""
    from geulnun.cli.study.evaluating import evaluate_once
    from geulnun.cli.study.learning import copy_bundle, train_method, train_trial
    from geulnun.cli.study.results import keep_results

    trials = {trial.method.run: trial.method for trial in plan.list_trials()}
    if name in trials:
        train_trial(plan, trials[name], place.configs, place.runs)
    else:
        (method,) = plan.choose([name])
        if method.bundle:
            copy_bundle(method, place.runs)
        else:
            train_method(plan, method, place.configs, place.runs)
        evaluate_once(plan, method, place.configs, place.runs, place.tests)
    if place.results:
        keep_results(place.results, place.runs, [name], plan.list_origins())


def _choose_made(methods: Sequence[StudyMethod], runs: Path) -> list[StudyMethod]:
    """The methods that can be evaluated; the others are named.

    Raises:
        UsageError: there are none.
    """
    from geulnun.cli.study.evaluating import is_made

    made = [method for method in methods if is_made(method, runs)]
    if not made:
        raise UsageError(f"no method of the study is trained in {runs}. Leave --evaluate-only out to train them.")
    if left_out := [method.run for method in methods if method not in made]:
        typer.echo(f"geulnun: not trained yet, and left out: {', '.join(left_out)}.", err=True)
    return made


def _prepare(plan: StudyConfig, methods: Sequence[StudyMethod], place: _Place) -> None:
    """Draw what runs side by side share, before they begin: the stores they learn from and are evaluated on."""
    from geulnun.cli.study.evaluating import open_sets
    from geulnun.cli.study.learning import list_changes

    for method in methods if plan.draw_once else ():
        if not method.bundle:
            list_changes(plan, method, place.configs, place.runs)
    for _ in open_sets(plan, place.configs / methods[0].config, place.runs, []) if methods else ():
        pass


def _train(plan: StudyConfig, methods: Sequence[StudyMethod], place: _Place, slots: int) -> dict[str, int]:
    """Exit codes by run: the trials of learning rates first, then the methods, those not finished yet."""
    from geulnun.cli.study.results import forget_stages

    for method in methods:
        if method.init and not _is_done(plan, method, place):
            forget_stages(place.runs, method.init)
    codes: dict[str, int] = {}
    for all_runs in ([trial.method for trial in plan.list_trials(methods)], methods):
        group = [each for each in all_runs if not _is_done(plan, each, place)]
        if slots == 1:
            codes |= {each.run: _run_here(plan, each, place) for each in group}
        else:
            made = [
                Job(
                    name=each.run,
                    after=each.init,
                    command=build_command(place.config, place.runs, place.results, place.tests, each.run),
                    log=find_run(place.runs, each.run) / _LOG_FILE,
                )
                for each in group
            ]
            codes |= run_jobs(made, slots, typer.echo)
        if group and not {each.run for each in group} <= set(codes):
            raise typer.Exit(1)  # told to stop
    return codes


def _is_done(plan: StudyConfig, method: StudyMethod, place: _Place) -> bool:
    """Whether a trial is trained, or a method trained and evaluated, so that nothing need be started for it."""
    from geulnun.cli.study.evaluating import is_evaluated
    from geulnun.cli.study.learning import is_finished, is_tried, read_stages

    if is_tried(plan, method, place.runs) and method.run.startswith(SEARCH):
        return True
    finished = bool(method.bundle) or is_finished(plan, read_stages(find_run(place.runs, method.run)))
    return finished and is_evaluated(method, place.runs, place.tests)


def _run_here(plan: StudyConfig, method: StudyMethod, place: _Place) -> int:
    """The exit code of training and evaluating one run in this process."""
    from geulnun.cli.study.learning import StudyStoppedError

    try:
        _make_row(plan, method.run, place)
    except StudyStoppedError as error:
        typer.echo(f"geulnun: {method.run}: {error}", err=True)
        raise typer.Exit(error.exit_code) from error
    except GeulnunError as error:
        typer.echo(f"geulnun: {method.run}: {error}", err=True)
        return error.exit_code
    return 0


def _evaluate(
    plan: StudyConfig, methods: Sequence[StudyMethod], place: _Place, codes: dict[str, int]
) -> "list[MethodRow]":
    """The rows of all methods that did not fail; what goes wrong here is reported and noted in `codes`."""
    from geulnun.cli.study.evaluating import evaluate_once

    rows = []
    for method in methods:
        if codes.get(method.run):
            continue
        try:
            rows.append(evaluate_once(plan, method, place.configs, place.runs, place.tests))
        except GeulnunError as error:
            typer.echo(f"geulnun: {method.run}: {error}", err=True)
            codes[method.run] = error.exit_code
    return rows


def _finish(plan: StudyConfig, rows: "Sequence[MethodRow]", runs: Path, output: Path) -> None:
    from geulnun.cli.study.publishing import publish
    from geulnun.evaluation.characters.table import render_method_table

    if rows:
        publish(plan, rows, runs, output)
        typer.echo(render_method_table(rows, plan.top), nl=False)
