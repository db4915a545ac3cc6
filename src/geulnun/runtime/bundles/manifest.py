"""The manifest of a bundle: typed records, read from JSON."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from geulnun.core.config import build_config
from geulnun.errors import BundleError, ConfigError
from geulnun.runtime.bundles.calibration import Calibration

Kind = Literal["detector", "recognizer", "characters", "orientation"]

SCHEMA_VERSION = 1
MANIFEST_FILE = "manifest.json"
MODEL_FILE = "model.onnx"
INT8_FILE = "model.int8.onnx"
TRAINING_FILE = "weights.safetensors"
CASCADE_FOLDERS = ("early", "late")
"""Of the two parts of a network that answers what is easy early; each holds a `model.onnx`."""
CARD_FILE = "MODEL_CARD.md"

ADVICE = "Install geulnun again, or export the bundle anew with `geulnun export`."
"""What to do about weights that are damaged or do not fit; the end of such an error's message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """Size and SHA-256 of one file; a file that is not required may be absent (it is left out of the wheel)."""

    sha256: str
    size_bytes: int
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSpec:
    """The network's input: float32 of these axes and range, made from an image by the rule."""

    name: str
    axes: tuple[str, ...]
    range: tuple[float, float]
    colour: Literal["rgb", "grey"]
    resize: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputSpec:
    """One output of the network."""

    name: str
    axes: tuple[str, ...]
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CharsetRecord:
    """Which charset the recogniser writes.

    Attributes:
        name: of a charset of this project.
        sha256: of all its symbols, the added ones too.
        added: symbols behind those of that charset, which fine-tuning gave the network.
    """

    name: str
    sha256: str
    added: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """How the weights were made.

    Attributes:
        commit: revision of the code.
        config: path of the config file.
        config_sha256: hash of the config's values.
        seed: of the run.
        samples_seen: strips or page crops.
        device: what it was trained on, in words.
        fonts: families (or files) of the training split, with licences.
        corpora: texts drawn from, with licences; "generated" for the built-in generators.
        backgrounds: photographs and cut-out things drawn upon, with licences.
        initial: bundle training started from, if any.
        samples_before: samples that the initial bundle had seen.
    """

    commit: str
    config: str
    config_sha256: str
    seed: int
    samples_seen: int
    device: str = ""
    fonts: tuple[str, ...] = ()
    corpora: tuple[str, ...] = ()
    backgrounds: tuple[str, ...] = ()
    initial: str | None = None
    samples_before: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRecord:
    """Values measured on one named set of so many samples."""

    set: str
    samples: int
    values: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class LossRecord:
    """What a variant loses against the model in fp32, on one backend, over so many samples.

    Attributes:
        backend: that ran it.
        samples: validation samples that both read.
        values: by measure, positive where the variant is worse.
    """

    backend: str
    samples: int
    values: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantRecord:
    """The same network in smaller numbers.

    Attributes:
        precision: the numbers its convolutions use.
        file: of the bundle.
        method: how it was made.
        losses: as measured on export.
        default_for: backends that open it when no precision is asked for.
    """

    precision: Literal["int8"]
    file: str
    method: str
    losses: tuple[LossRecord, ...] = ()
    default_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """All that is known about a bundle. `network` is the [network] table that builds it for training."""

    name: str
    kind: Kind
    input: InputSpec
    outputs: tuple[OutputSpec, ...]
    provenance: Provenance
    network: dict[str, Any]
    parameters: int
    charset: CharsetRecord | None = None
    metrics: tuple[MetricRecord, ...] = ()
    calibration: Calibration | None = None
    variants: tuple[VariantRecord, ...] = ()
    notes: tuple[str, ...] = ()
    licence: str = "Apache-2.0"
    files: dict[str, FileRecord] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder; its promises are not yet checked.

    Raises:
        BundleError: missing, not JSON, or of another schema.
    """
    path = folder / MANIFEST_FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BundleError(f"{folder} holds no {MANIFEST_FILE}, so it is no bundle of weights. {ADVICE}") from None
    except (OSError, ValueError) as error:
        raise BundleError(f"{path} cannot be read as JSON ({error}). {ADVICE}") from error
    version = data.get("schema_version") if isinstance(data, dict) else None
    if version != SCHEMA_VERSION:
        raise BundleError(
            f"{path} has schema version {version!r}; this version of geulnun reads {SCHEMA_VERSION}. "
            "Use weights that were exported by this version, or the version that exported these."
        )
    try:
        return build_config(data, Manifest, str(path))
    except ConfigError as error:
        raise BundleError(f"{error} {ADVICE}") from error
