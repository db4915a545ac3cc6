"""Weights stored in fewer bits."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import numpy_helper
from torch import nn

from geulnun.errors import UsageError
from geulnun.runtime.bundles.contracts import specify_char_outputs, specify_chars
from geulnun.runtime.bundles.manifest import Manifest, Provenance
from geulnun.training.characters.data import draw_char_sets
from geulnun.training.characters.interface import PresentTables
from geulnun.training.characters.network_config import CharacterNetworkConfig, build_character_network
from geulnun.training.characters.packing import measure_right, pack_bundle, pack_model
from geulnun.training.onnx_model import write_model


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(3)
    return build_character_network(CONFIG).eval()


CONFIG = CharacterNetworkConfig(name="compact", size_px=32, preparation="tight", syllables="ksx1001")
MANIFEST = Manifest(
    name="characters-v9",
    kind="characters",
    input=specify_chars(1, 32, tight=True),
    outputs=specify_char_outputs(CONFIG.classes.sizes, None),
    provenance=Provenance(commit="", config="", config_sha256="", seed=0, samples_seen=0),
    network={"preparation": "tight"},
    parameters=1,
)


def run(path: Path, images: np.ndarray) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {MANIFEST.input.name: images})


@pytest.mark.parametrize(("packing", "ratio", "difference"), [("half", 0.51, 2e-3), ("int8", 0.27, 0.08)])
def test_packed_models_are_smaller_and_say_nearly_the_same(
    network: nn.Module, tmp_path: Path, packing: str, ratio: float, difference: float
) -> None:
    path = tmp_path / "model.onnx"
    write_model(PresentTables(network), MANIFEST, path)
    images = np.random.default_rng(0).random((4, 1, 32, 32), np.float32)
    size, before = path.stat().st_size, run(path, images)
    pack_model(path, packing)  # type: ignore[arg-type]
    assert path.stat().st_size < ratio * size
    assert max(float(np.abs(a - b).max()) for a, b in zip(before, run(path, images), strict=True)) < difference
    kept = [numpy_helper.to_array(each) for each in onnx.load(path).graph.initializer]
    assert not any(each.dtype == np.float32 and each.size > 1024 for each in kept)


def test_int8_weights_have_a_scale_for_each_output(tmp_path: Path) -> None:
    layer = nn.Linear(64, 32, bias=False)
    with torch.no_grad():
        layer.weight[3] *= 1000
    path = tmp_path / "layer.onnx"
    torch.onnx.export(layer, (torch.zeros(1, 64),), str(path), dynamo=True, external_data=False, verbose=False)
    pack_model(path, "int8")
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    given = np.eye(64, dtype=np.float32)
    found = np.concatenate([session.run(None, {session.get_inputs()[0].name: row[None]})[0] for row in given])
    wanted = layer.weight.detach().numpy().T
    error = np.abs(found - wanted).max(axis=0) / np.abs(wanted).max(axis=0)
    assert error.max() < 0.5 / 127 + 1e-6, "a large output does not coarsen the others"


def test_a_packed_bundle_says_what_it_lost(network: nn.Module, chars, tmp_path: Path) -> None:  # noqa: ANN001
    from geulnun.training.characters.data import CharacterDataConfig

    write_model(PresentTables(network), MANIFEST, tmp_path / "model.onnx")
    batches = draw_char_sets({"drawn": (chars, 6)}, CONFIG, CharacterDataConfig(batch_chars=4))
    (note,) = pack_bundle(tmp_path, MANIFEST, "int8", batches)
    assert "of 6 drawn validation characters" in note
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]
    right = measure_right(tmp_path / "model.onnx", MANIFEST, batches)
    assert f" {right} are read right" in note


def test_an_unknown_packing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="allowed are none, half, int8"):
        pack_model(tmp_path / "model.onnx", "int4")  # type: ignore[arg-type]
