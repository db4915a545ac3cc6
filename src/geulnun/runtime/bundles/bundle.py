"""What a weights folder promises, and the check that it keeps it.

A bundle is a folder of `model.onnx`, `manifest.json` and `MODEL_CARD.md`, perhaps with the same network in smaller
numbers (`model.int8.onnx`); in the repository also `weights.safetensors`, from which training goes on. All facts about
weights live in the manifest.
"""

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from geulnun.core.charset import CHARSET_V1, Charset
from geulnun.core.config import build_config
from geulnun.errors import BundleError, ConfigError
from geulnun.runtime.bundles.calibration import Calibration
from geulnun.runtime.bundles.model_card import render_card

Kind = Literal["detector", "recognizer", "characters", "orientation"]

SCHEMA_VERSION = 1
MODEL_FILE = "model.onnx"
INT8_FILE = "model.int8.onnx"
TRAINING_FILE = "weights.safetensors"
CASCADE_FOLDERS = ("early", "late")
"""Of the two parts of a network that answers what is easy early; each holds a `model.onnx`."""
MANIFEST_FILE = "manifest.json"
CARD_FILE = "MODEL_CARD.md"
DEFAULTS_FILE = "default.json"
WEIGHTS_FOLDER = Path(__file__).resolve().parents[2] / "weights"

_CHARSETS = {CHARSET_V1.name: CHARSET_V1}
_ADVICE = "Install geulnun again, or export the bundle anew with `geulnun export`."


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
    """Which charset the recogniser writes."""

    name: str
    sha256: str


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
        backgrounds: photographs drawn upon, with licences.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A verified weights folder."""

    folder: Path
    manifest: Manifest

    @property
    def model_path(self) -> Path:
        """The ONNX file in fp32."""
        return self.folder / MODEL_FILE

    def find_variant(self, precision: str, backend: str) -> VariantRecord | None:
        """The variant to open on a backend; None stands for the model in fp32.

        Args:
            precision: "fp32", "int8", or "auto" for what the manifest says is best on that backend.
            backend: "onnxruntime" or "openvino".

        Raises:
            BundleError: the bundle has no such variant.
        """
        for variant in self.manifest.variants:
            if precision == variant.precision or (precision == "auto" and backend in variant.default_for):
                return variant
        if precision in ("auto", "fp32"):
            return None
        held = ", ".join(["fp32", *(variant.precision for variant in self.manifest.variants)])
        raise BundleError(
            f"{self.folder} has no model in {precision}; it has {held}. Ask for one of these, or for auto."
        )

    @property
    def charset(self) -> Charset:
        """The charset of a recogniser.

        Raises:
            BundleError: the bundle is of a kind that has none.
        """
        if self.manifest.charset is None:
            raise BundleError(f"{self.manifest.name} is a {self.manifest.kind} and writes no characters.")
        return _CHARSETS[self.manifest.charset.name]

    @property
    def strip_height_px(self) -> int:
        """Height of the strips that a recogniser reads."""
        return int(self.manifest.input.axes[2])


DETECTOR_INPUT = InputSpec(
    name="image",
    axes=("N", "3", "H", "W"),
    range=(-1.0, 1.0),
    colour="rgb",
    resize="scaled so that letters are about 12 to 64 px high; H and W are padded to multiples of 32",
)
DETECTOR_OUTPUTS = (
    OutputSpec(
        name="maps",
        axes=("N", "2", "H/2", "W/2"),
        meaning="region and affinity, about 0..1: a Gaussian of sigma 0.3 sides over each character and each link",
    ),
)
STRIP_HEIGHTS_PX = (32, 40, 48)


def specify_strips(height_px: int) -> InputSpec:
    """The input of a recogniser of strips of this height."""
    return InputSpec(
        name="strips",
        axes=("N", "1", str(height_px), "W"),
        range=(-1.0, 1.0),
        colour="grey",
        resize=f"one line, {height_px} px high in proportion; W is padded on the right with 0 to a multiple of 8",
    )


RECOGNIZER_INPUT = specify_strips(32)
_GATE = OutputSpec(name="gate", axes=("N", "W/4", "G"), meaning="log-probabilities: 0 blank, 1 hangul, 2 + i symbol i")
RECOGNIZER_OUTPUTS = (
    _GATE,
    OutputSpec(name="cho", axes=("N", "W/4", "19"), meaning="log-probabilities of the initial, given hangul"),
    OutputSpec(name="jung", axes=("N", "W/4", "21"), meaning="log-probabilities of the medial, given hangul"),
    OutputSpec(name="jong", axes=("N", "W/4", "28"), meaning="log-probabilities of the final, given hangul"),
)
CHAINED_OUTPUTS = (
    _GATE,
    OutputSpec(name="cho", axes=("N", "W/4", "19"), meaning="log-probabilities of the initial, given hangul"),
    OutputSpec(
        name="jung", axes=("N", "W/4", "19", "21"), meaning="log-probabilities of the medial, given the initial"
    ),
    OutputSpec(name="jong", axes=("N", "W/4", "19", "28"), meaning="log-probabilities of the final, given the initial"),
)
MIXED_OUTPUTS = (
    _GATE,
    OutputSpec(name="share", axes=("N", "W/4", "R"), meaning="log-probabilities of each part, given hangul"),
    OutputSpec(name="cho", axes=("N", "W/4", "R", "19"), meaning="log-probabilities of the initial in each part"),
    OutputSpec(name="jung", axes=("N", "W/4", "R", "21"), meaning="log-probabilities of the medial in each part"),
    OutputSpec(name="jong", axes=("N", "W/4", "R", "28"), meaning="log-probabilities of the final in each part"),
)
FLAT_OUTPUTS = (
    OutputSpec(name="classes", axes=("N", "W/4", "C"), meaning="log-probabilities of all classes, 0 blank"),
)
HEAD_OUTPUTS: dict[str, tuple[OutputSpec, ...]] = {
    "factorised": RECOGNIZER_OUTPUTS,
    "chained": CHAINED_OUTPUTS,
    "mixed": MIXED_OUTPUTS,
    "flat": FLAT_OUTPUTS,
}
"""What each head of a recogniser gives."""

CHAR_SIZES_PX = (32, 48, 64, 96, 128)


def specify_chars(channels: int, size_px: int, *, tight: bool = False) -> InputSpec:
    """The input of a reader of characters: 1 channel of grey, or 8 of stroke directions.

    A tight one is cut about its ink and brought to one contrast, black on white.
    """
    grey = f"one character, padded to a square with its paper and resized to {size_px} px with 4 px of paper around"
    if tight:
        grey = f"the box of one character's ink, black on white at full contrast, to fit {size_px} px with 1 px around"
    return InputSpec(
        name="chars",
        axes=("N", str(channels), str(size_px), str(size_px)),
        range=(0.0, 1.0),
        colour="grey",
        resize=f"{grey}; (255 - x) / 255, so that ink is 1" if channels == 1 else "eight direction maps of a character",
    )


def specify_char_outputs(letters: tuple[int, int, int] | None, characters: int | None) -> tuple[OutputSpec, ...]:
    """The outputs of a reader of characters: classes of initial, medial and final, and of whole characters, if any."""
    sizes = dict(zip(("cho", "jung", "jong"), letters, strict=True)) if letters else {}
    names = {"cho": "the initial", "jung": "the medial", "jong": "the final, 0 being none"}
    tables = [
        OutputSpec(name=name, axes=("N", str(size)), meaning=f"log-probabilities of {names[name]}")
        for name, size in sizes.items()
    ]
    if characters:
        meaning = "log-probabilities of whole characters, in code order"
        tables.append(OutputSpec(name="flat", axes=("N", str(characters)), meaning=meaning))
    return tuple(tables)


_LETTERS = ((19, 21, 28), (20, 22, 28))
_SYLLABLES, _JAMO = (2350, 11172), 51
CHAR_INPUTS = (
    *(specify_chars(1, size, tight=tight) for size in CHAR_SIZES_PX for tight in (False, True)),
    specify_chars(8, 32),
)
CHAR_OUTPUTS = tuple(
    specify_char_outputs(sizes, count)
    for letters, jamo in zip(_LETTERS, (0, _JAMO), strict=True)
    for sizes, count in (
        (letters, None),
        *((each, count + jamo) for each in (letters, None) for count in _SYLLABLES),
    )
)
"""What readers of characters give: letters, whole characters or both, with bare jamo among them or without."""

ORIENTATION_INPUT = InputSpec(
    name="snippets",
    axes=("N", "1", "24", "160"),
    range=(-1.0, 1.0),
    colour="grey",
    resize="a piece of a line laid from left to right, 24 px high in proportion, repeated until it is 160 px wide",
)
ORIENTATION_OUTPUTS = (
    OutputSpec(
        name="turns",
        axes=("N", "4"),
        meaning="log-probabilities that the letters are turned clockwise by 0, 90, 180 and 270 degrees",
    ),
)

_CONTRACTS: dict[Kind, tuple[tuple[InputSpec, ...], tuple[tuple[OutputSpec, ...], ...]]] = {
    "detector": ((DETECTOR_INPUT,), (DETECTOR_OUTPUTS,)),
    "recognizer": (tuple(map(specify_strips, STRIP_HEIGHTS_PX)), tuple(HEAD_OUTPUTS.values())),
    "characters": (CHAR_INPUTS, CHAR_OUTPUTS),
    "orientation": ((ORIENTATION_INPUT,), (ORIENTATION_OUTPUTS,)),
}


def record_charset(charset: Charset) -> CharsetRecord:
    """What a manifest says about a charset."""
    return CharsetRecord(name=charset.name, sha256=charset.hash)


def find_bundle(name_or_path: str | Path) -> Path:
    """The folder of a bundle: a path, or the name of one that comes with the package.

    Raises:
        BundleError: there is none.
    """
    path = Path(name_or_path)
    if path.is_dir():
        return path
    own = WEIGHTS_FOLDER / path
    if path.parent == Path() and own.is_dir():
        return own
    names = sorted(each.parent.name for each in WEIGHTS_FOLDER.glob(f"*/{MANIFEST_FILE}"))
    raise BundleError(
        f"there are no weights {str(name_or_path)!r}. Allowed are a folder with {MANIFEST_FILE} and {MODEL_FILE}, or "
        f"the name of a bundle of this installation: {', '.join(names) or 'it has none; install geulnun again'}."
    )


def find_default(kind: str) -> str:
    """The name of the weights of a kind that are used when none are asked for.

    Raises:
        BundleError: none are named.
    """
    path = WEIGHTS_FOLDER / DEFAULTS_FILE
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))[kind])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleError(f"{path} does not name the default {kind} ({error!r}). Install geulnun again.") from error


def read_default_bundle(kind: Kind) -> Bundle:
    """The verified bundle that is used when none is asked for.

    Raises:
        BundleError: it is missing or damaged.
    """
    return read_bundle(find_default(kind), kind)


def choose_bundle(name_or_path: str | Path | None, kind: Kind) -> Bundle:
    """The verified bundle that is asked for; the default one if None is.

    Raises:
        BundleError: as of `read_bundle`.
    """
    return read_default_bundle(kind) if name_or_path is None else read_bundle(name_or_path, kind)


def read_bundle(name_or_path: str | Path, kind: Kind | None = None) -> Bundle:
    """A bundle whose files, charset and interface are what its manifest and this version promise.

    Args:
        name_or_path: Folder, or name of a bundle that comes with the package.
        kind: What it must be.

    Raises:
        BundleError: missing, damaged, of another kind or schema, or made for another charset.
    """
    folder = find_bundle(name_or_path)
    manifest = read_manifest(folder)
    if kind is not None and manifest.kind != kind:
        raise BundleError(f"{folder} is a {manifest.kind}; a {kind} is needed. Name a bundle of that kind.")
    _check_interface(folder, manifest)
    for name, record in manifest.files.items():
        if record.required:
            _check_file(folder / name, record)
    return Bundle(folder=folder, manifest=manifest)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder; its promises are not yet checked.

    Raises:
        BundleError: missing, not JSON, or of another schema.
    """
    path = folder / MANIFEST_FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BundleError(f"{folder} holds no {MANIFEST_FILE}, so it is no bundle of weights. {_ADVICE}") from None
    except (OSError, ValueError) as error:
        raise BundleError(f"{path} cannot be read as JSON ({error}). {_ADVICE}") from error
    version = data.get("schema_version") if isinstance(data, dict) else None
    if version != SCHEMA_VERSION:
        raise BundleError(
            f"{path} has schema version {version!r}; this version of geulnun reads {SCHEMA_VERSION}. "
            "Use weights that were exported by this version, or the version that exported these."
        )
    try:
        return build_config(data, Manifest, str(path))
    except ConfigError as error:
        raise BundleError(f"{error} {_ADVICE}") from error


def write_bundle(folder: Path, manifest: Manifest) -> Manifest:
    """Writes the manifest and the card of a folder that holds the model already; the manifest with its files.

    Raises:
        BundleError: the folder holds no model, or the manifest breaks the contract of its kind.
    """
    if not (folder / MODEL_FILE).is_file():
        raise BundleError(f"{folder} holds no {MODEL_FILE}. Write the model first, then its manifest.")
    files = {
        name: _record_file(folder / name, required=name != TRAINING_FILE)
        for name in (MODEL_FILE, INT8_FILE, TRAINING_FILE, *(f"{part}/{MODEL_FILE}" for part in CASCADE_FOLDERS))
        if (folder / name).is_file()
    }
    complete = dataclasses.replace(manifest, files=files)
    _check_interface(folder, complete)
    data = {"schema_version": complete.schema_version, **dataclasses.asdict(complete)}
    text = json.dumps(data, ensure_ascii=False, indent=2) + "\n"
    (folder / MANIFEST_FILE).write_text(text, encoding="utf-8")
    (folder / CARD_FILE).write_text(render_card(data), encoding="utf-8")
    return complete


def verify_bundle(bundle: Bundle) -> list[str]:
    """The names of the files that are there, each checked, the optional ones too.

    Raises:
        BundleError: a file is missing or damaged.
    """
    present = [name for name, each in bundle.manifest.files.items() if each.required or (bundle.folder / name).exists()]
    for name in present:
        _check_file(bundle.folder / name, bundle.manifest.files[name])
    return present


def _record_file(path: Path, *, required: bool) -> FileRecord:
    return FileRecord(sha256=_hash_file(path), size_bytes=path.stat().st_size, required=required)


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_file(path: Path, record: FileRecord) -> None:
    try:
        size = path.stat().st_size
        if size != record.size_bytes:
            raise BundleError(f"{path} has {size} bytes; its manifest says {record.size_bytes}. {_ADVICE}")
        digest = _hash_file(path)
    except OSError as error:
        raise BundleError(f"{path} cannot be read ({error.strerror or error}). {_ADVICE}") from error
    if digest != record.sha256:
        raise BundleError(f"{path} has SHA-256 {digest}; its manifest says {record.sha256}. {_ADVICE}")


def _check_interface(folder: Path, manifest: Manifest) -> None:
    """Raises unless this version can feed the network and understand it."""
    if MODEL_FILE not in manifest.files:
        raise BundleError(f"the manifest of {folder} does not list {MODEL_FILE}. {_ADVICE}")
    for variant in manifest.variants:
        if variant.file not in manifest.files:
            raise BundleError(f"the manifest of {folder} names {variant.file} and does not list it. {_ADVICE}")
    inputs, outputs = _CONTRACTS[manifest.kind]
    seen = (manifest.input.name, manifest.input.axes, manifest.input.range, manifest.input.colour)
    wanted = [(each.name, each.axes, each.range, each.colour) for each in inputs]
    if seen not in wanted:
        allowed = " or ".join(map(str, wanted))
        raise BundleError(f"{folder} wants the input {seen}; this version gives a {manifest.kind} {allowed}. {_ADVICE}")
    given = [(each.name, each.axes) for each in manifest.outputs]
    if given not in [[(each.name, each.axes) for each in known] for known in outputs]:
        allowed = " or ".join(str([each.name for each in known]) for known in outputs)
        raise BundleError(
            f"{folder} gives the outputs {[name for name, _ in given]}; this version understands "
            f"{allowed} of a {manifest.kind}. {_ADVICE}"
        )
    if manifest.kind == "recognizer":
        _check_charset(folder, manifest.charset)


def _check_charset(folder: Path, record: CharsetRecord | None) -> None:
    known = _CHARSETS.get(record.name) if record else None
    if record is None or known is None or known.hash != record.sha256:
        seen = f"{record.name} ({record.sha256[:12]}…)" if record else "none"
        allowed = ", ".join(f"{each.name} ({each.hash[:12]}…)" for each in _CHARSETS.values())
        raise BundleError(f"{folder} writes the charset {seen}; this version knows {allowed}. {_ADVICE}")
