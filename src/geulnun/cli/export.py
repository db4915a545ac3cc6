"""``geulnun export recognizer|detector|characters|orientation``: export a run's weights as a bundle."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import typer

from geulnun.errors import UsageError, needing_extra

if TYPE_CHECKING:
    from geulnun.runtime.bundles.manifest import Kind
    from geulnun.training.characters.packing import Packing

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Export a run's weights as a bundle, if torch and ONNX Runtime agree.",
)

_RUN = typer.Argument(..., help="Name of a run, its folder, a checkpoint in it, or the folder of a bundle.")
_OUTPUT = typer.Option(..., "--output", "-o", help="The bundle's folder, such as src/geulnun/weights/recognizer-v1.")
_RUNS = typer.Option(Path("runs"), "--runs", help="Folder of all runs.")
_NOTE = typer.Option([], "--note", help="A line for the model card. Repeatable.")
_REPLACE = typer.Option(False, "--replace", help="Overwrite the bundle; only while nobody uses it.")


# Samples of an int8 model: enough to see ranges and losses, few enough to be drawn in minutes.
_CALIBRATION_STRIPS, _STRIPS = 128, 512
_CALIBRATION_PAGES, _PAGES = 24, 160
_FIRST_CALIBRATION = 5_000_000  # number of the first sample: training hardly comes so far

_INT8 = typer.Option(True, "--int8/--no-int8", help="Also write an int8 model, calibrated on samples of the config.")
_CONFIG = typer.Option(None, "--config", "-c", help="Config of the run; default: the file of its name in configs/.")
_SET = typer.Option([], "--set", help="Change one value of it: --set source.corpus=FOLDER. Repeatable.")
_CALIBRATE = typer.Option(
    None, "--calibrate", help="Config of the run: evaluate and calibrate on its validation strips."
)
_MEAN = typer.Option([], "--mean-with", help="Run or bundle of the same network: export the mean of both. Repeatable.")


@app.command("recognizer")
def export_recognizer(
    run: str = _RUN,
    output: Path = _OUTPUT,
    runs: Path = _RUNS,
    others: list[str] = _MEAN,
    notes: list[str] = _NOTE,
    replace: bool = _REPLACE,
    calibrate: Path | None = _CALIBRATE,
    int8: bool = _INT8,
    config: Path | None = _CONFIG,
    changes: list[str] = _SET,
) -> None:
    """Export a recogniser."""
    found = _find_run(run, runs)
    samples = _draw_strips(_find_config("recognizer", found, config), changes) if int8 else None
    evaluate = _plan_evaluation(calibrate, changes) if calibrate else None
    _export("recognizer", found, output, _find_runs(others, runs), notes, replace, evaluate, samples)


@app.command("detector")
def export_detector(
    run: str = _RUN,
    output: Path = _OUTPUT,
    runs: Path = _RUNS,
    others: list[str] = _MEAN,
    notes: list[str] = _NOTE,
    replace: bool = _REPLACE,
    int8: bool = _INT8,
    config: Path | None = _CONFIG,
    changes: list[str] = _SET,
) -> None:
    """Export a detector."""
    found = _find_run(run, runs)
    samples = _draw_pages(_find_config("detector", found, config), changes) if int8 else None
    _export("detector", found, output, _find_runs(others, runs), notes, replace, samples=samples)


@app.command("characters")
def export_characters(
    run: str = _RUN,
    output: Path = _OUTPUT,
    runs: Path = _RUNS,
    others: list[str] = _MEAN,
    notes: list[str] = _NOTE,
    replace: bool = _REPLACE,
    packing: str = typer.Option("none", "--packing", help="How model.onnx stores weights: none (float32), half, int8."),
    config: Path | None = _CONFIG,
    changes: list[str] = _SET,
) -> None:
    """Export a character reader; a packed model or a mean is evaluated on the config's validation sets."""
    _check_packing(packing)
    found = _find_run(run, runs)
    evaluate = pack = None
    if others or packing != "none":
        batches, classes = _draw_chars(_find_config("characters", found, config), changes)
        evaluate = _plan_chars_evaluation(batches, classes) if others else None
        pack = _plan_packing(batches, packing) if packing != "none" else None
    _export("characters", found, output, _find_runs(others, runs), notes, replace, evaluate, pack=pack)


@app.command("orientation")
def export_orientation(
    run: str = _RUN,
    output: Path = _OUTPUT,
    runs: Path = _RUNS,
    others: list[str] = _MEAN,
    notes: list[str] = _NOTE,
    replace: bool = _REPLACE,
) -> None:
    """Export an orientation classifier."""
    _export("orientation", _find_run(run, runs), output, _find_runs(others, runs), notes, replace)


def _export(
    kind: "Kind",
    run: Path,
    output: Path,
    others: list[Path],
    notes: list[str],
    replace: bool,
    evaluate: Any = None,
    samples: Any = None,
    pack: Any = None,
) -> None:
    export_bundle = _import_training().export_bundle
    manifest = export_bundle(
        kind,
        run,
        output,
        replace=replace,
        notes=notes,
        others=others,
        evaluate=evaluate,
        samples=samples,
        pack=pack,
    )
    size_mb = manifest.files["model.onnx"].size_bytes / 1e6
    typer.echo(f"{output}: {manifest.parameters:,} parameters, model.onnx {size_mb:.1f} MB; torch and ONNX agree.")
    for variant in manifest.variants:
        losses = (
            f"{loss.backend} " + ", ".join(f"{name} {value:+.4f}" for name, value in loss.values.items())
            for loss in variant.losses
        )
        typer.echo(
            f"{variant.file} {manifest.files[variant.file].size_bytes / 1e6:.1f} MB; loss: {'; '.join(losses)}; "
            f"default for {', '.join(variant.default_for) or 'no backend'}."
        )


def _import_training() -> Any:
    with needing_extra("train", "Exporting"):
        from geulnun.training.export import export_bundle as export
    return export


def _check_packing(packing: str) -> None:
    _import_training()
    from geulnun.training.characters.packing import check_packing

    check_packing(packing)


def _find_config(kind: "Kind", run: Path, config: Path | None) -> Path:
    """The config that samples to calibrate and measure on are drawn with; the run is of that kind."""
    export = _import_training()
    export.check_kind(kind, run)
    if config is not None:
        return config
    if export.is_bundle(run):
        name = export.read_manifest(run).provenance.config
    else:
        name = export.read_record(run if run.is_dir() else run.parent).config
    path = Path("configs") / Path(name).name
    if path.is_file():
        return path
    needing, without = "an int8 model is made with", "leave the model out with --no-int8"
    if kind == "characters":
        needing, without = "a packed model or a mean is measured on", "leave --packing and --mean-with out"
    raise UsageError(
        f"{path} does not exist, and {needing} samples drawn as the run's config says. Name it with --config, or "
        f"{without}."
    )


def _draw_strips(config: Path, changes: list[str]) -> Any:
    """Strips to calibrate on and, in the config's shares of kinds, to measure on; None where no int8 model is made."""
    experiment = _read_experiment(config, changes, "recognizer")
    if not experiment.has_int8:
        return None
    height_px = experiment.training.network.height_px
    training = experiment.source.train_factory(height_px)()
    sets = experiment.source.validation_factories(height_px)
    total = sum(count for _, count in sets.values())
    validation = []
    for factory, count in sets.values():
        source = factory()
        validation += [source.draw(index) for index in range(min(count, -(-count * _STRIPS // total)))]
    calibration = [training.draw(_FIRST_CALIBRATION + index) for index in range(_CALIBRATION_STRIPS)]
    return _import_quantising().QuantisingSamples(calibration=calibration, validation=validation)


def _draw_chars(config: Path, changes: list[str]) -> tuple[Any, Any]:
    """The validation characters of a config, in batches, and the classes they are of."""
    experiment = _read_experiment(config, changes, "characters")
    from geulnun.training.characters.data import draw_char_sets

    training = experiment.training
    batches = draw_char_sets(experiment.source.validation_factories(), training.network, training.data)
    return batches, training.network.classes


def _plan_chars_evaluation(batches: Any, classes: Any) -> Any:
    """What evaluates a network of characters; it has no confidences to calibrate."""
    from geulnun.training.characters.task import evaluate_network

    return lambda network: (None, evaluate_network(network, batches, classes))


def _plan_packing(batches: Any, packing: str) -> Any:
    """What packs a bundle of characters and measures what that changes."""
    from geulnun.training.characters.packing import pack_bundle

    return lambda folder, manifest: pack_bundle(folder, manifest, cast("Packing", packing), batches)


def _draw_pages(config: Path, changes: list[str]) -> Any:
    """Pages to calibrate and to measure on."""
    experiment = _read_experiment(config, changes, "detector")
    training = experiment.source.train_factory()()
    factory, count = experiment.source.validation_factory()
    source = factory()
    validation = [source.draw(index) for index in range(min(count, _PAGES))]
    calibration = [training.draw(_FIRST_CALIBRATION + index) for index in range(_CALIBRATION_PAGES)]
    return _import_quantising().QuantisingSamples(calibration=calibration, validation=validation)


def _import_quantising() -> Any:
    _import_training()
    from geulnun.training.export import quantising

    return quantising


def _plan_evaluation(config: Path, changes: list[str]) -> Any:
    """What evaluates and calibrates a recogniser on the validation strips of a config."""
    return _read_experiment(config, changes, "recognizer").plan_evaluation()


def _read_experiment(config: Path, changes: list[str], kind: "Kind") -> Any:
    """The config of a run of that kind, with values changed."""
    _import_training()
    from geulnun.cli.train import parse_changes
    from geulnun.training.kinds import KINDS
    from geulnun.training.start import read_experiment

    return read_experiment(config, parse_changes(changes), KINDS[kind].experiment)


def _find_runs(names: list[str], runs: Path) -> list[Path]:
    return [_find_run(name, runs) for name in names]


def _find_run(run: str, runs: Path) -> Path:
    """The run's folder or checkpoint."""
    for path in (Path(run), runs / run):
        if os.path.exists(path):
            return path
    names = sorted(path.parent.name for path in runs.glob("*/last.ckpt"))
    raise UsageError(f"there is no run {run!r}. Runs in {runs}: {', '.join(names) or 'none'}.")
