"""A config file -> a trained run, from Python: what ``geulnun train`` does, whatever the config trains."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args

from geulnun.errors import ConfigError, UsageError

Trained = Literal["recognizer", "detector", "characters", "orientation"]


def train(
    config: str | Path,
    *,
    kind: Trained | None = None,
    run: str = "",
    runs: str | Path = "runs",
    init: str | None = None,
    max_minutes: float | None = None,
    **overrides: Any,
) -> Path:
    """The folder of the run that a config file describes, once it is trained; a stopped run goes on where it was.

    >>> from geulnun import training
    >>> folder = training.train("configs/characters/melnyk.toml", training__run__total_samples=20_000)

    Args:
        config: TOML file; `configs/` has one for every network.
        kind: what it trains; seen from its keys if not given.
        run: the run's name; that of the file if not given.
        runs: folder of all runs.
        init: bundle whose weights a fresh run starts from: its name or folder.
        max_minutes: stop after so long, leaving a checkpoint to go on from.
        overrides: values of the config to change, the names of nested tables joined by two underscores; or with
            dots, in a dict: `**{"training.run.seed": 2}`.

    Raises:
        UsageError: the kind is unknown, or cannot be seen from the config.
        ConfigError: the config or a changed value is wrong.
    """
    from geulnun.cli.train import import_training

    import_training()
    path = Path(config)
    changes = [f"{key.replace('__', '.')}={_write_value(value)}" for key, value in overrides.items()]
    if kind is None:
        kind = find_kind(path, changes)
    elif kind not in get_args(Trained):
        raise UsageError(f"kind is {kind!r}; allowed are {', '.join(get_args(Trained))}.")
    _find_command(kind)(path, changes, run, Path(runs), init, max_minutes)
    return Path(runs) / (run or path.stem)


def find_kind(path: Path, changes: list[str]) -> Trained:
    """What a config file trains: the only kind whose configs have its keys and values.

    Raises:
        UsageError: it would do for several.
        ConfigError: it does for none; the message is about the kind that its file is called after, if any.
    """
    from geulnun.cli import experiments
    from geulnun.cli.train import read_experiment

    classes: dict[Trained, type[Any]] = {
        "recognizer": experiments.RecognizerExperiment,
        "detector": experiments.DetectorExperiment,
        "characters": experiments.CharacterExperiment,
        "orientation": experiments.OrientationExperiment,
    }
    errors: dict[Trained, ConfigError] = {}
    for kind, cls in classes.items():
        try:
            read_experiment(path, changes, cls)
        except ConfigError as error:
            errors[kind] = error
    fitting = [kind for kind in classes if kind not in errors]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise UsageError(f'{path} could train {", ".join(fitting)}. Say which: kind="{fitting[0]}".')
    named = [kind for kind in classes if kind in str(path)]
    raise errors[named[0] if named else "recognizer"]


def _find_command(kind: Trained) -> Callable[..., None]:
    from geulnun.cli import train as commands

    found: Callable[..., None] = getattr(commands, f"train_{kind}")
    return found


def _write_value(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_write_value, value))}]"
    return repr(value) if isinstance(value, (int, float)) else f"'{value}'"
