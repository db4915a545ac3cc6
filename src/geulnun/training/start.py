"""Start a training run from a config file."""

import dataclasses
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geulnun.core.config import apply_overrides, build_config, config_hash, read_toml
from geulnun.errors import ConfigError, UsageError
from geulnun.runtime.bundles.bundle import WEIGHTS_FOLDER
from geulnun.runtime.bundles.manifest import MANIFEST_FILE, Kind, read_manifest
from geulnun.training.callbacks import LAST_CHECKPOINT
from geulnun.training.fit import count_seen, fit
from geulnun.training.kinds import KINDS
from geulnun.training.materials import list_materials
from geulnun.training.record import RunRecord, describe_device, find_commit, read_record, write_record


def train(
    config: str | Path,
    *,
    kind: Kind | None = None,
    run: str = "",
    runs: str | Path = "runs",
    init: str | None = None,
    max_minutes: float | None = None,
    **overrides: Any,
) -> Path:
    """The folder of the run that a config file describes, once it is trained; a stopped run resumes where it was.

    >>> from geulnun import training
    >>> folder = training.train("configs/characters/melnyk.toml", training__run__total_samples=20_000)

    Args:
        config: TOML file; `configs/` has one for every network.
        kind: what it trains; seen from its keys if not given.
        run: the run's name; that of the file if not given.
        runs: folder of all runs.
        init: bundle whose weights a fresh run starts from: its name or folder; or a .pth file with a state dict.
        max_minutes: stop after so long, leaving a checkpoint to go on from.
        overrides: values of the config to change, the names of nested tables joined by two underscores; or with
            dots, in a dict: `**{"training.run.seed": 2}`. None changes nothing.

    Raises:
        UsageError: the kind is unknown, or cannot be seen from the config; no such weights to start from.
        ConfigError: the config or a changed value is wrong.
    """
    path = Path(config)
    changes = {key.replace("__", "."): _write_value(value) for key, value in overrides.items() if value is not None}
    if kind is None:
        kind = find_kind(path, changes)
    elif kind not in KINDS:
        raise UsageError(f"kind is {kind!r}; allowed are {', '.join(KINDS)}.")
    return train_config(kind, path, changes, run=run, runs=Path(runs), init=init, max_minutes=max_minutes)


def train_config(
    kind: Kind,
    path: Path,
    changes: Mapping[str, str],
    *,
    run: str = "",
    runs: Path = Path("runs"),
    init: str | None = None,
    max_minutes: float | None = None,
) -> Path:
    """The folder of a run of a known kind, once it is trained; `changes` are values as TOML writes them."""
    experiment = read_experiment(path, changes, KINDS[kind].experiment)
    folder, weights = runs / (run or path.stem), _find_weights(init)
    if count_seen(folder) < experiment.training.run.total_samples:
        _record(kind, experiment, path.name, folder, weights)
    fit(experiment.training, experiment.set_up, folder, init=weights, max_minutes=max_minutes)
    return folder


def find_kind(path: Path, changes: Mapping[str, str]) -> Kind:
    """What a config file trains: the only kind whose configs have its keys and values.

    Raises:
        UsageError: it would do for several.
        ConfigError: it does for none; the message is about the kind that its file is called after, if any.
    """
    errors: dict[Kind, ConfigError] = {}
    for kind, known in KINDS.items():
        try:
            read_experiment(path, changes, known.experiment)
        except ConfigError as error:
            errors[kind] = error
    fitting = [kind for kind in KINDS if kind not in errors]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise UsageError(f'{path} could train {", ".join(fitting)}. Say which: kind="{fitting[0]}".')
    named = [kind for kind in KINDS if kind in str(path)]
    raise errors[named[0] if named else "recognizer"]


def read_experiment(path: Path, changes: Mapping[str, str], cls: type[Any]) -> Any:
    """A config file with some of its values changed."""
    return build_config(apply_overrides(read_toml(path), dict(changes)), cls, str(path))


def _write_value(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_write_value, value))}]"
    return repr(value) if isinstance(value, (int, float)) else json.dumps(str(value), ensure_ascii=False)


def _record(kind: Kind, experiment: Any, config: str, folder: Path, weights: Path | None) -> None:
    """Write the run's record into its folder.

    Raises:
        ConfigError: the run there is of another network, or began with other weights.
    """
    record = RunRecord(
        kind=kind,
        config=config,
        config_sha256=config_hash(experiment),
        network=json.loads(json.dumps(dataclasses.asdict(experiment.training.network))),  # as it is read again
        seed=experiment.source.seed,
        commit=find_commit(),
        device=describe_device(),
        initial=weights.name if weights else None,
        samples_before=_count_samples_before(weights),
        **list_materials(experiment.source),
    )
    if (folder / LAST_CHECKPOINT).exists():
        record = _resume_record(folder, record)
    write_record(folder, record)


def _resume_record(folder: Path, record: RunRecord) -> RunRecord:
    """The record of a run that resumes: it began where it began."""
    try:
        known = read_record(folder)
    except ConfigError:  # a damaged one is written anew
        return record
    changed = [key for key in known.network.keys() & record.network.keys() if known.network[key] != record.network[key]]
    if known.kind != record.kind or changed:
        what = f"its {', '.join(sorted(changed))} would change" if known.kind == record.kind else f"a {known.kind}"
        raise ConfigError(f"{folder} is the run of another network: {what}. Name another run with --run.")
    if record.initial not in (None, known.initial):
        began = f"with the weights of {known.initial}" if known.initial else "with fresh weights"
        raise ConfigError(
            f"{folder} began {began}, and resumes from its own: those of {record.initial} would not be used. "
            "Leave --init out, or name another run with --run."
        )
    return dataclasses.replace(record, initial=known.initial, samples_before=known.samples_before)


def _count_samples_before(weights: Path | None) -> int:
    """Samples seen by the weights a run starts from; 0 where no manifest tells."""
    if weights is None or not (weights / MANIFEST_FILE).is_file():
        return 0
    made = read_manifest(weights).provenance
    return made.samples_seen + made.samples_before


def _find_weights(init: str | None) -> Path | None:
    """The folder of a bundle by name, or the path as given."""
    if init is None:
        return None
    for path in (Path(init), WEIGHTS_FOLDER / init):
        if os.path.exists(path):
            return path
    names = sorted(folder.name for folder in WEIGHTS_FOLDER.iterdir() if folder.is_dir())
    raise UsageError(f"no such bundle or folder to start from: {init}. Bundles here: {', '.join(names) or 'none'}.")
