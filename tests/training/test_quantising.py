import importlib.util
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from geulnun.errors import BundleError, UsageError
from geulnun.runtime.bundles.bundle import read_bundle, verify_bundle
from geulnun.runtime.bundles.session import open_session
from geulnun.training.detector.config import set_up_detector
from geulnun.training.export import quantising
from geulnun.training.export.export_bundle import export_bundle
from geulnun.training.export.quantising import (
    QuantisingSamples,
    equalise_channels,
    find_float_nodes,
    refit_last_layers,
    write_int8,
)
from geulnun.training.fit import fit
from geulnun.training.recognizer.config import set_up_recognizer

onnx = pytest.importorskip("onnx")
BACKENDS = ["onnxruntime"] + (["openvino"] if importlib.util.find_spec("openvino") else [])


def draw(source, count: int) -> QuantisingSamples:
    drawn = [source.draw(index) for index in range(2 * count)]
    return QuantisingSamples(calibration=drawn[:count], validation=drawn[count:])


def test_a_recogniser_gets_an_int8_model_that_is_measured(strips, recognizer_config, record, tmp_path: Path) -> None:
    run, output, again = tmp_path / "run", tmp_path / "recognizer-v9", tmp_path / "recognizer-v10"
    fit(recognizer_config, partial(set_up_recognizer, recognizer_config, strips, {}), run)
    record(run, "recognizer", recognizer_config)
    export_bundle("recognizer", run, output, notes=["A note."])
    # From a bundle's own half-precision weights, too.
    export_bundle("recognizer", output, again, samples=draw(strips(), 6))
    bundle = read_bundle(again, "recognizer")
    assert verify_bundle(bundle) == ["model.onnx", "model.int8.onnx", "weights.safetensors"]
    assert bundle.manifest.notes == ("A note.",)
    (variant,) = bundle.manifest.variants
    assert [loss.backend for loss in variant.losses] == BACKENDS
    assert all(loss.samples == 6 and loss.values.keys() == {"cer"} for loss in variant.losses)
    assert "## In int8 (`model.int8.onnx`)" in (again / "MODEL_CARD.md").read_text()
    array = np.random.default_rng(0).uniform(-1, 1, (2, 1, 32, 64)).astype(np.float32)
    for backend in BACKENDS:
        whole, small = (open_session(bundle, backend, 1, precision) for precision in ("fp32", "int8"))
        assert whole.backend.endswith("fp32")
        assert small.backend.endswith("int8")
        for wanted, found in zip(whole.run(array), small.run(array), strict=True):
            assert np.abs(wanted - found).max() < 0.5
            assert not np.array_equal(wanted, found)
        assert open_session(bundle, backend, 1).backend.endswith("int8") == (backend in variant.default_for)
    with pytest.raises(BundleError, match="has no model in int8; it has fp32"):
        open_session(read_bundle(output), "onnxruntime", 1, "int8")


def test_a_variant_that_loses_is_not_the_default(
    pages, detector_config, record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, output = tmp_path / "run", tmp_path / "detector-v9"
    fit(detector_config, partial(set_up_detector, detector_config, pages, (pages, 1)), run)
    record(run, "detector", detector_config)
    errors = iter([{"words_f1": 0.1, "chars_f1": 0.1}, *({"words_f1": 0.103, "chars_f1": 0.1} for _ in BACKENDS)])
    monkeypatch.setattr(quantising, "measure_errors", lambda *_: next(errors))
    export_bundle("detector", run, output, samples=draw(pages(), 1))
    bundle = read_bundle(output, "detector")
    (variant,) = bundle.manifest.variants
    assert variant.losses[0].values == pytest.approx({"words_f1": 0.003, "chars_f1": 0.0})
    assert variant.default_for == ()
    assert "Opened unless told otherwise by: none." in (output / "MODEL_CARD.md").read_text()
    assert open_session(bundle, "onnxruntime", 1).backend.endswith("fp32")
    kinds = {node.op_type for node in onnx.load(output / "model.int8.onnx").graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= kinds


def test_an_int8_model_needs_samples(strips, recognizer_config, record, tmp_path: Path) -> None:
    run = tmp_path / "run"
    fit(recognizer_config, partial(set_up_recognizer, recognizer_config, strips, {}), run)
    record(run, "recognizer", recognizer_config)
    with pytest.raises(UsageError, match="needs samples"):
        none = QuantisingSamples(calibration=(), validation=())
        export_bundle("recognizer", run, tmp_path / "recognizer-v9", samples=none)
    assert not (tmp_path / "recognizer-v9").exists()


def test_last_layers_and_other_sums_stay_in_fp32() -> None:
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"], name="first"),
        helper.make_node("Relu", ["a"], ["b"], name="relu"),
        helper.make_node("Conv", ["b", "w"], ["c"], name="second"),
        helper.make_node("Add", ["b", "c"], ["d"], name="sum"),
        helper.make_node("Add", ["d", "bias"], ["e"], name="bias"),
        helper.make_node("Conv", ["e", "w"], ["f"], name="last"),
        helper.make_node("Relu", ["f"], ["y"], name="end"),
    ]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xy"]
    graph = helper.make_graph(nodes, "graph", values[:1], values[1:])
    assert find_float_nodes(graph) == ["bias", "end", "last"]


def test_channels_before_the_last_layer_are_equalised(tmp_path: Path) -> None:
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)
    # Four channels speak a hundred times as loudly as the other four, which weigh a hundred times as much.
    loud = np.array([100, 100, 100, 100, 1, 1, 1, 1], np.float32)
    weights = {
        "w1": rng.normal(size=(8, 3, 3, 3)).astype(np.float32) * loud[:, None, None, None],
        "b1": rng.normal(size=8).astype(np.float32) * loud,
        "w2": rng.normal(size=(2, 8, 1, 1)).astype(np.float32) / loud[None, :, None, None],
        "b2": np.zeros(2, np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["x", "w1", "b1"], ["a"], name="first"),
        helper.make_node("Relu", ["a"], ["b"], name="relu"),
        helper.make_node("Conv", ["b", "w2", "b2"], ["y"], name="last"),
    ]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", count, "H", "W"])
        for name, count in (("x", 3), ("y", 2))
    ]
    tensors = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    model = helper.make_model(
        helper.make_graph(nodes, "graph", ends[:1], ends[1:], tensors),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=9,
    )
    inputs = [rng.uniform(-1, 1, (1, 3, 16, 16)).astype(np.float32) for _ in range(4)]

    def run(source: str | bytes) -> np.ndarray:
        return onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"]).run(None, {"x": inputs[0]})[0]

    plain, path, small = run(model.SerializeToString()), tmp_path / "model.onnx", tmp_path / "small.onnx"
    onnx.save(model, path)
    write_int8(path, small, inputs)
    assert np.abs(run(str(small)) - plain).max() < 0.02 * np.abs(plain).max()
    equalise_channels(model, inputs)
    assert run(model.SerializeToString()) == pytest.approx(plain, abs=1e-3)
    (first,) = (numpy_helper.to_array(each) for each in model.graph.initializer if each.name == "w1")
    assert np.abs(first[:4]).max() < 3 * np.abs(first[4:]).max()


def test_last_layers_are_fitted_to_what_they_gave() -> None:
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", count, "H", "W"])
        for name, count in (("x", 3), ("y", 2))
    ]
    weights = {
        "w1": rng.normal(size=(6, 3, 1, 1)).astype(np.float32),
        "b1": rng.normal(size=6).astype(np.float32),
        "w2": rng.normal(size=(2, 6, 1, 1)).astype(np.float32),
        "b2": rng.normal(size=2).astype(np.float32),
    }

    def build(**changed: np.ndarray) -> onnx.ModelProto:
        nodes = [
            helper.make_node("Conv", ["x", "w1", "b1"], ["a"], name="first"),
            helper.make_node("Relu", ["a"], ["b"], name="relu"),
            helper.make_node("Conv", ["b", "w2", "b2"], ["y"], name="last"),
        ]
        tensors = [numpy_helper.from_array(value, name) for name, value in {**weights, **changed}.items()]
        graph = helper.make_graph(nodes, "graph", ends[:1], ends[1:], tensors)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)

    def run(model: onnx.ModelProto, array: np.ndarray) -> np.ndarray:
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        return session.run(None, {"x": array})[0]

    # The layer below gives twice as much as it did, one channel nothing but noise.
    off = weights["w1"] * 2
    off[5] = rng.normal(size=(3, 1, 1))
    whole, small = build(), build(w1=off.astype(np.float32), b1=2 * weights["b1"])
    inputs = [rng.uniform(-1, 1, (1, 3, 16, 16)).astype(np.float32) for _ in range(4)]
    fresh = rng.uniform(-1, 1, (1, 3, 16, 16)).astype(np.float32)
    before = np.abs(run(small, fresh) - run(whole, fresh)).mean()
    refit_last_layers(small, whole, inputs)
    assert np.abs(run(small, fresh) - run(whole, fresh)).mean() < 0.25 * before
