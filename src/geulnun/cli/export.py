"""``geulnun export recognizer|detector|characters|orientation``: a run's weights as a bundle."""

from pathlib import Path
from typing import Any, Literal

import typer

from geulnun.errors import MissingExtraError, UsageError

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Make a bundle of a run's weights, once torch and ONNX agree."
)

_RUN = typer.Argument(..., help="Name of a run, its folder, or a checkpoint in it.")
_OUTPUT = typer.Option(..., "--output", "-o", help="The bundle's folder, such as src/geulnun/weights/recognizer-v1.")
_RUNS = typer.Option(Path("runs"), "--runs", help="Folder of all runs.")
_NOTE = typer.Option([], "--note", help="A line for the model card. Repeatable.")
_REPLACE = typer.Option(False, "--replace", help="Overwrite the bundle; only while nobody uses it.")


_CALIBRATE = typer.Option(
    None, "--calibrate", help="Config of the run: fit confidences to its validation strips, not to the last validation."
)


@app.command("recognizer")
def export_recognizer(
    run: str = _RUN,
    output: Path = _OUTPUT,
    runs: Path = _RUNS,
    notes: list[str] = _NOTE,
    replace: bool = _REPLACE,
    calibrate: Path | None = _CALIBRATE,
) -> None:
    """Make a bundle of a reader of text lines."""
    _export("recognizer", run, output, runs, notes, replace, calibrate)


@app.command("detector")
def export_detector(
    run: str = _RUN, output: Path = _OUTPUT, runs: Path = _RUNS, notes: list[str] = _NOTE, replace: bool = _REPLACE
) -> None:
    """Make a bundle of a finder of characters and words."""
    _export("detector", run, output, runs, notes, replace)


@app.command("characters")
def export_characters(
    run: str = _RUN, output: Path = _OUTPUT, runs: Path = _RUNS, notes: list[str] = _NOTE, replace: bool = _REPLACE
) -> None:
    """Make a bundle of a reader of single characters."""
    _export("characters", run, output, runs, notes, replace)


@app.command("orientation")
def export_orientation(
    run: str = _RUN, output: Path = _OUTPUT, runs: Path = _RUNS, notes: list[str] = _NOTE, replace: bool = _REPLACE
) -> None:
    """Make a bundle of what sees which way up text is."""
    _export("orientation", run, output, runs, notes, replace)


def _export(
    kind: Literal["recognizer", "detector", "characters", "orientation"],
    run: str,
    output: Path,
    runs: Path,
    notes: list[str],
    replace: bool,
    calibrate: Path | None = None,
) -> None:
    try:
        from geulnun.training.export import export_bundle
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("geulnun"):
            raise
        raise MissingExtraError.for_extra("train", "Exporting") from error
    validation = _draw_validation(calibrate) if calibrate else []
    manifest = export_bundle(kind, _find_run(run, runs), output, replace=replace, notes=notes, validation=validation)
    size_mb = manifest.files["model.onnx"].size_bytes / 1e6
    typer.echo(f"{output}: {manifest.parameters:,} parameters, model.onnx {size_mb:.1f} MB; torch and ONNX agree.")


def _draw_validation(config: Path) -> list[Any]:
    """The validation strips of a config, in batches."""
    from geulnun.cli.experiments import RecognizerExperiment
    from geulnun.core.charset import CHARSET_V1
    from geulnun.core.config import read_config
    from geulnun.training.datasets import draw_strip_sets

    experiment = read_config(config, RecognizerExperiment)
    height_px = experiment.training.network.height_px
    sets = experiment.source.validation_factories(height_px)
    return draw_strip_sets(sets, CHARSET_V1, experiment.training.data, height_px)


def _find_run(run: str, runs: Path) -> Path:
    """The run's folder or checkpoint."""
    for path in (Path(run), runs / run):
        if path.exists():
            return path
    names = sorted(path.parent.name for path in runs.glob("*/last.ckpt"))
    raise UsageError(f"there is no run {run!r}. Runs in {runs}: {', '.join(names) or 'none'}.")
