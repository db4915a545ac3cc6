"""``geulnun train recognizer|detector|characters|orientation``: a training run, or going on with one."""

import os
from pathlib import Path
from typing import Any

import typer

from geulnun.errors import MissingExtraError, UsageError

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Train a network; the same command goes on with the run."
)

_CONFIG = typer.Option(..., "--config", "-c", help="TOML file of the run; the shipped ones lie in configs/.")
_SET = typer.Option([], "--set", help="Change one value of it: --set training.run.total_samples=50000. Repeatable.")
_RUN = typer.Option("", "--run", help="Name of the run, a folder under --runs; the config file's name if not given.")
_RUNS = typer.Option(Path("runs"), "--runs", help="Folder of all runs.")
_INIT = typer.Option(None, "--init", help="Start a fresh run from these weights: a bundle's name or folder.")
_MAX_TIME = typer.Option(None, "--max-time", min=0.01, help="Stop after so many minutes, leaving a checkpoint.")


@app.command("recognizer")
def train_recognizer(
    config: Path = _CONFIG,
    changes: list[str] = _SET,
    run: str = _RUN,
    runs: Path = _RUNS,
    init: str | None = _INIT,
    max_minutes: float | None = _MAX_TIME,
) -> None:
    """Train the reader of text lines."""
    learn = import_training().train_recognizer
    from geulnun.cli.experiments import RecognizerExperiment

    experiment = read_experiment(config, changes, RecognizerExperiment)
    folder = runs / (run or config.stem)
    _record("recognizer", experiment, config, folder, init)
    height_px = experiment.training.network.height_px
    learn(
        experiment.training,
        experiment.source.train_factory(height_px),
        experiment.source.validation_factories(height_px),
        folder,
        init=_find_weights(init),
        max_minutes=max_minutes,
    )


@app.command("detector")
def train_detector(
    config: Path = _CONFIG,
    changes: list[str] = _SET,
    run: str = _RUN,
    runs: Path = _RUNS,
    init: str | None = _INIT,
    max_minutes: float | None = _MAX_TIME,
) -> None:
    """Train the finder of characters and words."""
    learn = import_training().train_detector
    from geulnun.cli.experiments import DetectorExperiment

    experiment = read_experiment(config, changes, DetectorExperiment)
    folder = runs / (run or config.stem)
    _record("detector", experiment, config, folder, init)
    learn(
        experiment.training,
        experiment.source.train_factory(),
        experiment.source.validation_factory(),
        folder,
        init=_find_weights(init),
        max_minutes=max_minutes,
    )


@app.command("characters")
def train_characters(
    config: Path = _CONFIG,
    changes: list[str] = _SET,
    run: str = _RUN,
    runs: Path = _RUNS,
    init: str | None = _INIT,
    max_minutes: float | None = _MAX_TIME,
) -> None:
    """Train the reader of single characters."""
    import_training()
    from geulnun.cli.experiments import CharacterExperiment
    from geulnun.training.train_characters import train_characters as learn

    experiment = read_experiment(config, changes, CharacterExperiment)
    folder = runs / (run or config.stem)
    _record("characters", experiment, config, folder, init)
    learn(
        experiment.training,
        experiment.source.train_factory(),
        experiment.source.validation_factories(),
        folder,
        init=_find_weights(init),
        max_minutes=max_minutes,
    )


@app.command("orientation")
def train_orientation(
    config: Path = _CONFIG,
    changes: list[str] = _SET,
    run: str = _RUN,
    runs: Path = _RUNS,
    init: str | None = _INIT,
    max_minutes: float | None = _MAX_TIME,
) -> None:
    """Train what sees which way up text is."""
    import_training()
    from geulnun.cli.experiments import OrientationExperiment
    from geulnun.training.orientation_task import train_orientation as learn

    experiment = read_experiment(config, changes, OrientationExperiment)
    folder = runs / (run or config.stem)
    _record("orientation", experiment, config, folder, init)
    learn(
        experiment.training,
        experiment.source.train_factory(),
        experiment.source.validation_factories(),
        folder,
        init=_find_weights(init),
        max_minutes=max_minutes,
    )


def import_training() -> Any:
    """The module that trains, with what must be said before torch starts.

    Raises:
        MissingExtraError: torch is not installed.
    """
    # The data workers share the cores with the trainer: threads that spin while they wait for one another would
    # halve its speed. Must be said before torch starts its threads.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Batches come in dozens of shapes; compiled kernels kept for all of them would take gigabytes.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "256")
    try:
        from geulnun.training import fit
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("geulnun"):
            raise
        raise MissingExtraError.for_extra("train", "Training") from error
    return fit


def read_experiment(path: Path, changes: list[str], cls: type[Any]) -> Any:
    """A config file with some of its values changed."""
    from geulnun.core.config import apply_overrides, build_config, read_toml

    overrides = {}
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals or not key:
            raise UsageError(f"--set {change!r} names no value. Write --set table.key=value.")
        overrides[key.strip()] = value.strip()
    return build_config(apply_overrides(read_toml(path), overrides), cls, str(path))


def _record(kind: Any, experiment: Any, config: Path, folder: Path, init: str | None) -> None:
    """Writes into the run's folder where its weights will come from."""
    import dataclasses

    from geulnun.cli.experiments import list_materials
    from geulnun.core.config import config_hash
    from geulnun.training.record import RunRecord, describe_device, find_commit, write_record

    record = RunRecord(
        kind=kind,
        config=config.name,
        config_sha256=config_hash(experiment),
        network=dataclasses.asdict(experiment.training.network),
        seed=experiment.source.seed,
        commit=find_commit(),
        device=describe_device(),
        initial=Path(init).name if init else None,
        samples_before=_count_samples_before(init),
        **list_materials(experiment.source),
    )
    write_record(folder, record)


def _count_samples_before(init: str | None) -> int:
    """Samples seen by the weights a run starts from; 0 where no manifest tells."""
    from geulnun.runtime.bundle import MANIFEST_FILE, read_manifest

    folder = _find_weights(init)
    if folder is None or not (folder / MANIFEST_FILE).is_file():
        return 0
    made = read_manifest(folder).provenance
    return made.samples_seen + made.samples_before


def _find_weights(init: str | None) -> Path | None:
    """The folder of a bundle by name, or the path as given."""
    if init is None:
        return None
    bundled = Path(__file__).parent.parent / "weights" / init
    for path in (Path(init), bundled):
        if path.exists():
            return path
    names = sorted(folder.name for folder in bundled.parent.iterdir() if folder.is_dir())
    known = ", ".join(names) or "none"
    raise UsageError(f"--init {init}: no such bundle or folder. Bundles here: {known}.")
