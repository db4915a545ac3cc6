import dataclasses
import json
from pathlib import Path

import pytest

from geulnun.core.charset import CHARSET_V1
from geulnun.errors import BundleError
from geulnun.runtime.bundles.bundle import (
    read_bundle,
    read_default_bundle,
    verify_bundle,
    write_bundle,
)
from geulnun.runtime.bundles.contracts import RECOGNIZER_OUTPUTS, record_charset, specify_strips
from geulnun.runtime.bundles.manifest import CharsetRecord, Manifest, MetricRecord, Provenance

MADE = Provenance(
    commit="abc",
    config="configs/recognizer.toml",
    config_sha256="0" * 64,
    seed=1,
    samples_seen=1000,
    fonts=("Gothic A1 (OFL)",),
)


def build_manifest(**changes: object) -> Manifest:
    manifest = Manifest(
        name="recognizer-v9",
        kind="recognizer",
        input=specify_strips(32),
        outputs=RECOGNIZER_OUTPUTS,
        provenance=MADE,
        network={"name": "strip_reader", "channels": [32, 64]},
        parameters=3_600_000,
        charset=record_charset(CHARSET_V1),
        metrics=(MetricRecord(set="validation", samples=500, values={"cer": 0.0312}),),
    )
    return dataclasses.replace(manifest, **changes)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "recognizer-v9"
    path.mkdir()
    (path / "model.onnx").write_bytes(b"not really a model")
    (path / "weights.safetensors").write_bytes(b"half")
    write_bundle(path, build_manifest())
    return path


def edit(folder: Path, **changes: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), "utf-8")


def test_a_bundle_is_read_as_it_was_written(folder: Path) -> None:
    bundle = read_bundle(folder, "recognizer")
    assert dataclasses.replace(bundle.manifest, files={}) == build_manifest()
    assert bundle.charset is CHARSET_V1
    assert bundle.model_path == folder / "model.onnx"
    assert verify_bundle(bundle) == ["model.onnx", "weights.safetensors"]


def test_the_card_tells_what_the_manifest_knows(folder: Path) -> None:
    card = (folder / "MODEL_CARD.md").read_text("utf-8")
    for fact in (
        "recognizer-v9",
        "3,600,000",
        "Apache-2.0",
        "0.0312",
        "500",
        "Gothic A1 (OFL)",
        "1,000 samples",
        "`gate`",
    ):
        assert fact in card


def test_training_weights_may_be_absent(folder: Path) -> None:
    (folder / "weights.safetensors").unlink()
    assert verify_bundle(read_bundle(folder)) == ["model.onnx"]


def test_damaged_training_weights_are_noticed_by_the_full_check(folder: Path) -> None:
    (folder / "weights.safetensors").write_bytes(b"hxlf")
    bundle = read_bundle(folder)
    with pytest.raises(BundleError, match="SHA-256"):
        verify_bundle(bundle)


def test_another_size_is_refused(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"short")
    with pytest.raises(BundleError, match="5 bytes; its manifest says 18"):
        read_bundle(folder)


def test_a_flipped_bit_is_refused(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"not really a mode1")
    with pytest.raises(BundleError, match="SHA-256"):
        read_bundle(folder)


def test_a_missing_model_is_refused(folder: Path) -> None:
    (folder / "model.onnx").unlink()
    with pytest.raises(BundleError, match="cannot be read"):
        read_bundle(folder)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema_version": 99}, "schema version 99"),
        ({"kind": "poet"}, "allowed are 'detector', 'recognizer'"),
        ({"colour": "blue"}, "unknown key 'colour'"),
        ({"charset": {"name": "v1", "sha256": "0" * 64}}, "charset v1"),
        ({"charset": None}, "charset none"),
        ({"outputs": []}, "outputs"),
        ({"files": {}}, "does not list model.onnx"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(folder: Path, changes: dict[str, object], words: str) -> None:
    edit(folder, **changes)
    with pytest.raises(BundleError) as caught:
        read_bundle(folder)
    assert words in str(caught.value)


def test_another_kind_is_refused(folder: Path) -> None:
    with pytest.raises(BundleError, match="is of the kind recognizer; one of the kind detector is needed"):
        read_bundle(folder, "detector")


def test_garbage_and_absence_are_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="there are no weights 'nowhere-v1'"):
        read_bundle("nowhere-v1")
    with pytest.raises(BundleError, match=r"holds no manifest\.json"):
        read_bundle(tmp_path)
    (tmp_path / "manifest.json").write_text("{", "utf-8")
    with pytest.raises(BundleError, match="JSON"):
        read_bundle(tmp_path)
    with pytest.raises(BundleError, match=r"no model\.onnx"):
        write_bundle(tmp_path, build_manifest())


def test_a_manifest_that_breaks_the_contract_is_not_written(folder: Path) -> None:
    with pytest.raises(BundleError, match="charset"):
        write_bundle(folder, build_manifest(charset=CharsetRecord(name="v0", sha256="1" * 64)))


def test_defaults_are_looked_up_by_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geulnun.runtime.bundles.bundle.WEIGHTS_FOLDER", folder.parent)
    with pytest.raises(BundleError, match="does not name the default recognizer"):
        read_default_bundle("recognizer")
    (folder.parent / "default.json").write_text('{"recognizer": "recognizer-v9"}', "utf-8")
    assert read_default_bundle("recognizer").manifest.name == "recognizer-v9"
