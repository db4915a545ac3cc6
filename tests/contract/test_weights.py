"""Committed bundles keep what their manifests promise, and nothing lies about that no reader opens."""

import json
import struct
from pathlib import Path

import pytest

from geulnun.runtime.bundles.bundle import DEFAULTS_FILE, WEIGHTS_FOLDER, read_bundle, verify_bundle
from geulnun.runtime.bundles.model_card import render_card

BUNDLES = sorted(path.parent for path in WEIGHTS_FOLDER.glob("*/manifest.json"))
LIMIT_BYTES = 40 * 10**6

pytestmark = pytest.mark.parametrize("folder", BUNDLES, ids=[folder.name for folder in BUNDLES])


def read_raw_manifest(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def test_files_are_what_the_manifest_says(folder: Path) -> None:
    bundle = read_bundle(folder)
    variants = {variant.file for variant in bundle.manifest.variants}
    assert set(verify_bundle(bundle)) == {"model.onnx", "weights.safetensors"} | variants


def test_the_name_is_that_of_the_folder(folder: Path) -> None:
    assert read_bundle(folder).manifest.name == folder.name


def test_the_card_is_current(folder: Path) -> None:
    assert (folder / "MODEL_CARD.md").read_text(encoding="utf-8") == render_card(read_raw_manifest(folder))


def test_it_says_how_it_was_made_and_measured(repository: Path, folder: Path) -> None:
    manifest = read_bundle(folder).manifest
    made = manifest.provenance
    assert manifest.licence == "Apache-2.0"
    assert made.commit and made.config_sha256 and made.samples_seen > 0 and made.fonts
    assert list((repository / "configs").rglob(made.config))
    assert manifest.metrics
    assert all(record.samples > 0 for record in manifest.metrics)


def test_the_training_weights_are_in_half_precision(folder: Path) -> None:
    with (folder / "weights.safetensors").open("rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    kinds = {tensor["dtype"] for name, tensor in header.items() if name != "__metadata__"}
    assert kinds <= {"F16", "BF16", "I64"}


def test_somebody_reads_with_it(folder: Path) -> None:
    assert folder.name in json.loads((WEIGHTS_FOLDER / DEFAULTS_FILE).read_text(encoding="utf-8")).values()


def test_all_models_together_stay_small(folder: Path) -> None:
    assert sum(path.stat().st_size for path in WEIGHTS_FOLDER.glob("*/*.onnx")) <= LIMIT_BYTES
