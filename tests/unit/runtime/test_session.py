import importlib.util
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geulnun.errors import BundleError, MissingExtraError, UsageError
from geulnun.runtime.bundles.bundle import Bundle, read_bundle, write_bundle
from geulnun.runtime.bundles.contracts import ATTENTION_OUTPUT, DETECTOR_INPUT, DETECTOR_OUTPUTS
from geulnun.runtime.bundles.manifest import Manifest, OutputSpec, Provenance
from geulnun.runtime.bundles.session import choose_openvino_settings, count_threads, limit_kernels, open_session

onnx = pytest.importorskip("onnx")
BACKENDS = ["onnxruntime"] + (["openvino"] if importlib.util.find_spec("openvino") else [])


def write_detector(folder: Path, *, output_name: str = "maps") -> Bundle:
    """A detector whose maps are the picture's red and green, halved in size by averaging."""
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("Split", ["image", "sizes"], ["two", "rest"], axis=1),
        helper.make_node("AveragePool", ["two"], [output_name], kernel_shape=[2, 2], strides=[2, 2]),
    ]
    shapes = (["N", 3, "H", "W"], ["N", 2, "H2", "W2"])
    graph = helper.make_graph(
        nodes,
        "detector",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, shapes[0])],
        [helper.make_tensor_value_info(output_name, TensorProto.FLOAT, shapes[1])],
        [helper.make_tensor("sizes", TensorProto.INT64, [2], [2, 1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    folder.mkdir()
    onnx.save(model, folder / "model.onnx")
    manifest = Manifest(
        name=folder.name,
        kind="detector",
        input=DETECTOR_INPUT,
        outputs=DETECTOR_OUTPUTS,
        provenance=Provenance(commit="x", config="x", config_sha256="x", seed=1, samples_seen=0),
        network={"name": "none"},
        parameters=0,
    )
    write_bundle(folder, manifest)
    return read_bundle(folder, "detector")


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_session_runs_any_shape_in_any_thread(tmp_path: Path, backend: str) -> None:
    session = open_session(write_detector(tmp_path / "detector-v9"), backend, threads=1)
    assert session.backend.startswith(backend)
    wrong = []

    def run(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _ in range(5):
            height, width = 32 * rng.integers(1, 4, 2)
            image = rng.random((1, 3, height, width), dtype=np.float32)
            (maps,) = session.run(image)
            expected = image[:, :2].reshape(1, 2, height // 2, 2, width // 2, 2).mean(axis=(3, 5))
            if maps.shape != expected.shape or np.abs(maps - expected).max() > 0.02:
                wrong.append(seed)

    workers = [threading.Thread(target=run, args=(seed,)) for seed in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert wrong == []


def test_auto_takes_what_is_installed(tmp_path: Path) -> None:
    session = open_session(write_detector(tmp_path / "detector-v9"), threads=1)
    assert session.backend.split()[0] == BACKENDS[-1]


def test_attention_decoders_are_never_run_by_openvino(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = write_detector(tmp_path / "detector-v9")
    loop = OutputSpec(name=ATTENTION_OUTPUT, axes=("N", "L", "T"), meaning="shares")
    bundle = replace(bundle, manifest=replace(bundle.manifest, outputs=(*bundle.manifest.outputs, loop)))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    with pytest.raises(UsageError, match="Take onnxruntime"):
        open_session(bundle, "openvino", threads=1)
    with pytest.raises(BundleError, match="attention"):  # this model has no such output
        open_session(bundle, "auto", threads=1)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_model_that_differs_from_its_manifest_is_refused(tmp_path: Path, backend: str) -> None:
    bundle = write_detector(tmp_path / "detector-v9", output_name="heat")
    with pytest.raises(BundleError, match="heat"):
        open_session(bundle, backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_model_that_is_no_model_is_refused(tmp_path: Path, backend: str) -> None:
    bundle = write_detector(tmp_path / "detector-v9")
    bundle.model_path.write_bytes(b"nonsense")
    with pytest.raises(BundleError, match="cannot be opened"):
        open_session(bundle, backend)


def test_wrong_choices_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = write_detector(tmp_path / "detector-v9")
    with pytest.raises(UsageError, match="auto, onnxruntime, openvino"):
        open_session(bundle, "abacus")
    with pytest.raises(UsageError, match="auto, fp32, int8"):
        open_session(bundle, precision="int4")
    with pytest.raises(BundleError, match="has no model in int8; it has fp32"):
        open_session(bundle, "onnxruntime", precision="int8")
    for threads in (0, -1, 1.5, True):
        with pytest.raises(UsageError, match="whole number"):
            count_threads(threads)
    assert count_threads(3) == 3
    assert count_threads(None) >= 1
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'geulnun\[openvino\]'"):
        open_session(bundle, "openvino")
    assert open_session(bundle, "auto", threads=1).backend.startswith("onnxruntime")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_outputs_that_are_not_finite_are_refused(tmp_path: Path, backend: str, value: float) -> None:
    session = open_session(write_detector(tmp_path / "detector-v9"), backend, threads=1)
    image = np.zeros((1, 3, 32, 32), np.float32)
    image[0, 0, 0, 0] = value
    with pytest.raises(BundleError, match="output 'maps' are NaN or infinite"):
        session.run(image)


def test_a_signal_is_handled_after_openvino_is_closed() -> None:
    pytest.importorskip("openvino")
    program = """
import gc, os, signal
from geulnun.runtime.bundles.bundle import choose_bundle
from geulnun.runtime.bundles.session import open_session

sessions = [open_session(choose_bundle(None, kind), "openvino", threads=1) for kind in ("detector", "recognizer")]
while sessions:
    del sessions[0]  # the first one first
    gc.collect()
handled = []
signal.signal(signal.SIGTERM, lambda *rest: handled.append(rest))
os.kill(os.getpid(), signal.SIGTERM)
assert handled
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr


def test_openvino_keeps_nothing_for_every_shape() -> None:
    assert choose_openvino_settings("auto", 2, many_runs=False)["CPU_RUNTIME_CACHE_CAPACITY"] == "0"


@pytest.mark.parametrize("given", [None, "300"])
def test_openvino_keeps_few_kernels_unless_told_otherwise(given: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", raising=False)
    if given is not None:
        monkeypatch.setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", given)
    with limit_kernels():
        assert os.environ["ONEDNN_PRIMITIVE_CACHE_CAPACITY"] == (given or "64")
    assert os.environ.get("ONEDNN_PRIMITIVE_CACHE_CAPACITY") == given
