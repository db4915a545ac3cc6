"""The record of a run in its folder, from which its export takes the weights' provenance."""

import dataclasses
import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geulnun.core.config import build_config
from geulnun.core.processor import read_processor_name
from geulnun.errors import ConfigError
from geulnun.evaluation.characters.curves import CURVE_FILE
from geulnun.outputs.atomic_file import write_json_file
from geulnun.runtime.bundles.calibration import Calibration
from geulnun.runtime.bundles.manifest import Kind, MetricRecord

if TYPE_CHECKING:
    import torch

RECORD_FILE = "run.json"
SCORES_FILE = "validation.json"
EXAMPLES_FILE = "examples.npz"
"""Drawn inputs of the network, on which its export is compared with torch."""

_EXAMPLES, _EXAMPLE_ROWS = 4, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """How a run was started.

    Attributes:
        kind: of network.
        config: name of the config file.
        config_sha256: hash of the config's values.
        network: the [training.network] table.
        seed: of the samples.
        commit: revision of the code.
        device: what it runs on, in words.
        fonts: families of the training split, with licences.
        corpora: texts, with licences.
        backgrounds: photographs, with licences.
        initial: weights it started from.
        samples_before: samples that those weights had seen.
    """

    kind: Kind
    config: str
    config_sha256: str
    network: dict[str, Any]
    seed: int
    commit: str
    device: str
    fonts: tuple[str, ...] = ()
    corpora: tuple[str, ...] = ()
    backgrounds: tuple[str, ...] = ()
    initial: str | None = None
    samples_before: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRecord:
    """What the last validation of a run measured."""

    samples_seen: int
    scores: tuple[MetricRecord, ...]
    calibration: Calibration | None = None


def write_record(folder: Path, record: RunRecord) -> None:
    """Write a run's record."""
    write_json_file(folder / RECORD_FILE, dataclasses.asdict(record))


def read_record(folder: Path) -> RunRecord:
    """The record of a run.

    Raises:
        ConfigError: missing or damaged.
    """
    return build_config(_read_json(folder / RECORD_FILE), RunRecord, str(folder / RECORD_FILE))


def write_scores(folder: Path, scores: ScoreRecord) -> None:
    """Write what a validation measured."""
    write_json_file(folder / SCORES_FILE, dataclasses.asdict(scores))


def append_to_curve(folder: Path, scores: ScoreRecord, seconds: float) -> None:
    """Append what a validation measured to the run's learning curve: a JSON object a line.

    Args:
        folder: of the run.
        scores: of the validation.
        seconds: of processor time since training was begun or taken up again.
    """
    point = {
        "samples": scores.samples_seen,
        "seconds": round(seconds, 3),
        "top1": {each.set: each.values["top1"] for each in scores.scores if "top1" in each.values},
    }
    with (folder / CURVE_FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(point, ensure_ascii=False) + "\n")


def read_scores(folder: Path) -> ScoreRecord | None:
    """What the last validation measured; None for a run that never came to one."""
    path = folder / SCORES_FILE
    return build_config(_read_json(path), ScoreRecord, str(path)) if path.exists() else None


def write_examples(folder: Path, inputs: "Sequence[torch.Tensor]") -> None:
    """Write the first rows of a few of these inputs; nothing if there are none."""
    chosen = inputs[:: -(-len(inputs) // _EXAMPLES)] if inputs else ()
    if chosen:
        np.savez_compressed(folder / EXAMPLES_FILE, *[batch[:_EXAMPLE_ROWS].numpy() for batch in chosen])


def read_examples(folder: Path) -> list[NDArray[np.float32]]:
    """The inputs that a run has kept; none for a run without validation samples."""
    path = folder / EXAMPLES_FILE
    if not path.is_file():
        return []
    with np.load(path) as arrays:
        return [arrays[name] for name in arrays.files]


def find_commit() -> str:
    """The revision of the code, with "-dirty" if it was changed since; "unknown" outside a repository."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def describe_device() -> str:
    """What torch trains on here, in words."""
    import torch  # which reading a record does without

    if torch.cuda.is_available():
        return f"{torch.cuda.device_count()} x {torch.cuda.get_device_name(0)}"
    return f"{read_processor_name()}, {os.cpu_count()} threads"


def _read_json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"{path} does not exist, so this is no run of geulnun train. Start the run's command again: it writes it."
        ) from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read ({error}). Start the run's command again: it writes it.") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path} is no table. Start the run's command again: it writes it.")
    return data
