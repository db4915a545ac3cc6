"""``geulnun study``: train many character readers with one budget, evaluate them alike, write one table."""

import dataclasses
import functools
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from geulnun.errors import BundleError, ConfigError, GeulnunError, MissingExtraError, UsageError, needing_extra

if TYPE_CHECKING:
    from geulnun.data.sample import CharSample, Style
    from geulnun.evaluation.characters.measure import ActivationSheet
    from geulnun.evaluation.characters.table import MethodRow, SetFigures
    from geulnun.runtime.characters.reader import CharacterReader

app = typer.Typer(add_completion=False)

_ROW_FILE = "study.json"
_DRAWN_FOLDER = "drawn"
_TEST_SEED = 2_000_003
_TIMED_BATCH = 32
_TIMED_ROUNDS = 12
_MAPS_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyMethod:
    """One row of the study.

    Attributes:
        config: config file of the run, beside the study's file or below it.
        name: of the run; the config file's name if not given.
        title: what the table calls it; the name if not given.
        source: paper it comes from.
        init: name of an earlier method of the study whose weights it starts from.
        set: changes of the config's values: "table.key=value".
    """

    config: Path
    name: str = ""
    title: str = ""
    source: str = ""
    init: str = ""
    set: tuple[str, ...] = ()

    @property
    def run(self) -> str:
        """The name of its run."""
        return self.name or self.config.stem


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyConfig:
    """A study.

    Attributes:
        samples: characters that every method learns from.
        set: changes of every config's values: "table.key=value"; those of a method come after them.
        draw_once: methods with the same source learn from the same characters, drawn once into a store of `runs`, and
            need not draw them each for itself.
        minutes: that a method may take at most; 0 sets no limit.
        test_chars: characters of each drawn set.
        top: n of the top-n accuracy.
        methods: in the order of the table.
    """

    samples: int
    set: tuple[str, ...] = ()
    draw_once: bool = False
    minutes: float = 0.0
    test_chars: int = 4096
    top: int = 5
    methods: tuple[StudyMethod, ...] = ()

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for method in self.methods:
            if method.run in seen:
                raise ValueError(f"two methods are called {method.run!r}; give one of them another name.")
            if method.init and method.init not in seen:
                raise ValueError(f"{method.run} starts from {method.init!r}, which no method before it is called.")
            seen.add(method.run)


@app.command()
def study(
    config: Path = typer.Option(..., "--config", "-c", help="TOML file of the study, such as configs/study.toml."),
    output: Path = typer.Option(Path("study.md"), "--output", "-o", help="The table, and figures as .json beside it."),
    runs: Path = typer.Option(Path("runs/study"), "--runs", help="Folder of the runs; finished ones are kept."),
    only: list[str] = typer.Option([], "--only", help="Only this method. Repeatable."),
    tests: list[Path] = typer.Option([], "--test", help="Also evaluate on this data set of characters. Repeatable."),
    evaluate_only: bool = typer.Option(False, "--evaluate-only", help="Train nothing; evaluate the existing runs."),
) -> None:
    """Train many readers of single characters with one budget, and write a table of their accuracies.

    Each is exported and evaluated by ONNX Runtime on drawn characters in fonts it has never seen.
    The same command resumes where it was stopped. A method that fails is reported and left out of the table.
    """
    from geulnun.core.config import read_config
    from geulnun.evaluation.characters.table import render_method_table, write_method_table

    plan = read_config(config, StudyConfig)
    rows: list[MethodRow] = []
    code = 0
    for method in _choose(plan, only):
        try:
            if not evaluate_only:
                train_method(plan, method, config.parent, runs)
            rows.append(_evaluate_once(plan, method, config.parent, runs, tests))
        except GeulnunError as error:
            typer.echo(f"geulnun: {method.run}: {error}", err=True)
            code = code or error.exit_code
        if rows:
            write_method_table(rows, plan.top, output)
    typer.echo(render_method_table(rows, plan.top), nl=False)
    if code:
        raise typer.Exit(code)


def _choose(plan: StudyConfig, only: list[str]) -> list[StudyMethod]:
    names = [method.run for method in plan.methods]
    if unknown := set(only) - set(names):
        raise UsageError(f"--only {', '.join(sorted(unknown))}: no such method. Methods are {', '.join(names)}.")
    return [method for method in plan.methods if not only or method.run in only]


def train_method(plan: StudyConfig, method: StudyMethod, configs: Path, runs: Path) -> None:
    """Train a method under the study's budget, or resume it, and export its bundle."""
    from geulnun.cli.train import parse_changes
    from geulnun.training import export_bundle, train_config

    folder = runs / method.run
    checkpoint = folder / "last.ckpt"
    init = str(find_bundle(runs, method.init)) if method.init else None
    changes = parse_changes([*plan.set, *method.set, f"training.run.total_samples={plan.samples}"])
    if plan.draw_once:
        changes |= _share_chars(configs / method.config, changes, runs, plan.samples)
    started, fresh = time.process_time(), not checkpoint.exists()
    before = checkpoint.stat().st_mtime_ns if not fresh else 0
    train_config(
        "characters",
        configs / method.config,
        changes,
        run=method.run,
        runs=runs,
        init=init,
        max_minutes=plan.minutes or None,
    )
    if not checkpoint.exists():
        raise ConfigError(f"training left no {checkpoint}. Look at what it printed.")
    if checkpoint.stat().st_mtime_ns != before:
        _add_minutes(folder / "minutes.txt", (time.process_time() - started) / 60, fresh=fresh)
    bundle = find_bundle(runs, method.run)
    if not bundle.exists() or checkpoint.stat().st_mtime_ns != before:
        export_bundle("characters", folder, bundle, replace=True)


def _share_chars(config: Path, changes: dict[str, str], runs: Path, count: int) -> dict[str, str]:
    """The changes that make a method learn from a store of drawn characters, which is written where it is missing."""
    from geulnun.core.config import config_hash
    from geulnun.training.characters.config import CharacterExperiment
    from geulnun.training.start import read_experiment

    source = read_experiment(config, changes, CharacterExperiment).source
    if source.real is not None:
        return {}
    folder = _keep_chars(runs, f"{config_hash(source)[:12]}-{count}", lambda: source.train_factory()().draw, count)
    return {"source.real": f"'{folder}'", "source.real_share": "1.0"}


def _keep_chars(runs: Path, name: str, open_source: "Callable[[], Callable[[int], CharSample]]", count: int) -> Path:
    """The store of that name with the first characters of a source, drawn if it is not there yet."""
    from geulnun.data.store_chars import write_chars

    folder = runs / _DRAWN_FOLDER / name
    if not folder.exists():
        unfinished = folder.with_name(f"{name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        write_chars(map(open_source(), range(count)), unfinished)
        unfinished.rename(folder)
    return folder


def find_bundle(runs: Path, name: str) -> Path:
    """Where a method's bundle lies; its folder's name is the bundle's."""
    return runs / name / name


def _add_minutes(path: Path, minutes: float, *, fresh: bool) -> None:
    path.write_text(f"{minutes + (0.0 if fresh else _read_minutes(path) or 0.0):.3f}\n", encoding="utf-8")


def _read_minutes(path: Path) -> float | None:
    return float(path.read_text(encoding="utf-8")) if path.exists() else None


def _evaluate_once(plan: StudyConfig, method: StudyMethod, configs: Path, runs: Path, tests: list[Path]) -> "MethodRow":
    """The method's row, taken from its folder if nothing has changed since it was evaluated."""
    from geulnun.evaluation.characters.table import read_row, write_row

    folder = runs / method.run
    bundle, kept = find_bundle(runs, method.run) / "manifest.json", folder / _ROW_FILE
    if not bundle.exists():
        raise UsageError(f"there is no bundle in {bundle.parent} to evaluate. Leave --evaluate-only out to train it.")
    if kept.exists() and kept.stat().st_mtime_ns > bundle.stat().st_mtime_ns:
        row = read_row(kept)
        if [each.name for each in row.sets] == [*_list_drawn(), *(path.resolve().name for path in tests)]:
            return row
    row = evaluate_method(plan, method, configs, folder, tests)
    write_row(row, kept)
    return row


def evaluate_method(
    plan: StudyConfig, method: StudyMethod, configs: Path, folder: Path, tests: list[Path]
) -> "MethodRow":
    """What a trained method costs and reaches; a web page for each set is written beside its bundle."""
    from geulnun.evaluation.characters.measure import Facts, measure_characters
    from geulnun.evaluation.characters.report import write_characters_html
    from geulnun.evaluation.characters.table import MethodRow
    from geulnun.runtime.characters.reader import CharacterReader

    # One thread and its processor time, so that times can be compared with what papers say of one core, whatever else
    # this computer does.
    reader = CharacterReader(folder / method.run, threads=1, backend="onnxruntime")
    manifest = reader.manifest
    model = (folder / method.run / "model.onnx").read_bytes()
    facts = Facts(parameters=manifest.parameters, size_bytes=len(model), backend=reader.backend)
    figures, times = [], []
    for name, samples in open_sets(plan, method, configs, folder.parent, tests):
        shown = list(islice(samples, _MAPS_SHOWN))
        report = measure_characters(
            lambda images, n: reader.predict(list(images), n),
            chain(shown, samples),
            reader=method.run,
            dataset=name,
            top=plan.top,
            batch_size=_TIMED_BATCH,
            facts=facts,
            clock=time.process_time,
        )
        sheets = _draw_sheets(folder / method.run, shown)
        write_characters_html(dataclasses.replace(report, sheets=sheets), folder / f"{name}.html")
        figures.append(_collect(name, report, plan.top))
        times.append(report.milliseconds)
    return MethodRow(
        name=method.run,
        title=method.title or method.run,
        source=method.source,
        initial=method.init,
        samples=manifest.provenance.samples_seen,
        minutes=_read_minutes(folder / "minutes.txt"),
        parameters=manifest.parameters,
        size_bytes=len(model),
        packed_bytes=_pack(model),
        network_ms=measure_network(reader),
        reading_ms=min((each for each in times if each is not None), default=None),
        sets=tuple(figures),
    )


def _draw_sheets(bundle: Path, samples: "list[CharSample]") -> "tuple[ActivationSheet, ...]":
    """Activation maps of a method's network; none without torch, or if its layers were changed while it was trained."""
    try:
        with needing_extra("train", "Drawing activation maps"):
            from geulnun.training.characters.activation_maps import draw_activation_sheets
        return draw_activation_sheets(bundle, samples)
    except (BundleError, MissingExtraError):
        return ()


def open_sets(
    plan: StudyConfig, method: StudyMethod, configs: Path, runs: Path, tests: list[Path]
) -> "Iterator[tuple[str, Iterator[CharSample]]]":
    """Name and characters: drawn ones, clean and as in training and drawn once for all, and the data sets given."""
    from geulnun.core.config import read_toml
    from geulnun.data.characters import open_characters
    from geulnun.data.store_chars import CharStore

    source = read_toml(configs / method.config).get("source", {})
    for name, (style, clean) in _list_drawn().items():
        opening = functools.partial(_open_test_chars, source, style, clean)
        key = f"test-{source.get('classes', 'ksx1001')}-{name}-{plan.test_chars}"
        yield name, iter(CharStore(_keep_chars(runs, key, opening, plan.test_chars)))
    for path in tests:
        yield path.resolve().name, iter(open_characters(path))


def _open_test_chars(source: "Mapping[str, Any]", style: "Style", clean: bool) -> "Callable[[int], CharSample]":
    """What draws characters to evaluate on, in fonts never trained on."""
    from geulnun.synth.characters.source import CharSource

    return CharSource.read(
        _TEST_SEED,
        source.get("materials", "materials"),
        split="validation",
        classes=source.get("classes", "ksx1001"),
        styles=(style,),
        clean=clean,
    ).draw


def _list_drawn() -> "dict[str, tuple[Style, bool]]":
    """The drawn sets: style, and whether they are clean or as training draws them."""
    return {
        "printed-clean": ("printed", True),
        "printed-natural": ("printed", False),
        "handwritten-clean": ("handwritten", True),
        "handwritten-natural": ("handwritten", False),
    }


def _collect(name: str, report: Any, top: int) -> "SetFigures":
    from geulnun.evaluation.characters.measure import LETTERS
    from geulnun.evaluation.characters.table import SetFigures

    total = report.total
    letters = {head: total.letter_accuracy(head) for head in LETTERS}
    return SetFigures(name=name, characters=total.total, top1=total.accuracy(1), topn=total.accuracy(top), **letters)


def _pack(model: bytes) -> int:
    import zlib

    return len(zlib.compress(model))


def measure_network(reader: "CharacterReader") -> float:
    """Milliseconds of processor time of the network alone for a picture: the median of several batches of 32."""
    import statistics

    import numpy as np

    batch = reader.prepare([np.full((64, 64), 255, np.uint8)] * _TIMED_BATCH)
    seconds = []
    for _ in range(_TIMED_ROUNDS):
        started = time.process_time()
        reader.run(batch)
        seconds.append(time.process_time() - started)
    return 1000 * statistics.median(seconds[2:]) / _TIMED_BATCH
