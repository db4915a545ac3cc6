"""A folder of weights whose files and interface are verified, found by path or by name.

A bundle is a folder of `model.onnx`, `manifest.json` and `MODEL_CARD.md`, perhaps with the same network in int8
(`model.int8.onnx`); in the repository also `weights.safetensors`, from which training goes on. All facts about weights
live in the manifest.
"""

import dataclasses
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from geulnun.core.charset import Charset
from geulnun.errors import BundleError
from geulnun.runtime.bundles.contracts import check_contract, find_charset
from geulnun.runtime.bundles.manifest import (
    ADVICE,
    CARD_FILE,
    CASCADE_FOLDERS,
    INT8_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    TRAINING_FILE,
    FileRecord,
    Kind,
    Manifest,
    VariantRecord,
    read_manifest,
)
from geulnun.runtime.bundles.model_card import render_card

DEFAULTS_FILE = "default.json"
WEIGHTS_FOLDER = Path(__file__).resolve().parents[2] / "weights"


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
        return find_charset(self.manifest.charset)

    @property
    def strip_height_px(self) -> int:
        """Height of the strips that a recogniser reads."""
        return int(self.manifest.input.axes[2])


def find_bundle(name_or_path: str | Path) -> Path:
    """The folder of a bundle: a path, or the name of one that comes with the package.

    Raises:
        BundleError: there is none.
    """
    path = Path(name_or_path)
    if os.path.isdir(path):
        return path
    own = WEIGHTS_FOLDER / path
    if path.parent == Path() and os.path.isdir(own):
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


def make_absolute(name_or_path: str | None) -> str | None:
    """A bundle's folder as processes find it whose current folder is another; names stay."""
    return str(Path(name_or_path).absolute()) if name_or_path and Path(name_or_path).is_dir() else name_or_path


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
        raise BundleError(f"{folder} is of the kind {manifest.kind}; one of the kind {kind} is needed.")
    check_contract(folder, manifest)
    for name, record in manifest.files.items():
        if record.required:
            _check_file(folder / name, record)
    return Bundle(folder=folder, manifest=manifest)


def write_bundle(folder: Path, manifest: Manifest) -> Manifest:
    """Write the manifest and the card of a folder that holds the model already; the manifest with its files.

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
    check_contract(folder, complete)
    data = {"schema_version": complete.schema_version, **dataclasses.asdict(complete)}
    text = json.dumps(data, ensure_ascii=False, indent=2) + "\n"
    (folder / MANIFEST_FILE).write_text(text, encoding="utf-8")
    (folder / CARD_FILE).write_text(render_card(data), encoding="utf-8")
    return complete


def has_parts(bundle: Bundle) -> bool:
    """Whether a bundle holds its network in two parts, the first of which answers what is easy early."""
    return all((bundle.folder / name).is_dir() for name in CASCADE_FOLDERS)


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
            raise BundleError(f"{path} has {size} bytes; its manifest says {record.size_bytes}. {ADVICE}")
        digest = _hash_file(path)
    except OSError as error:
        raise BundleError(f"{path} cannot be read ({error.strerror or error}). {ADVICE}") from error
    if digest != record.sha256:
        raise BundleError(f"{path} has SHA-256 {digest}; its manifest says {record.sha256}. {ADVICE}")
