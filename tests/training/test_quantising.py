import dataclasses
import importlib.util
from pathlib import Path

import numpy as np
import pytest

from geulnun.errors import BundleError, UsageError
from geulnun.runtime.bundle import read_bundle, verify_bundle
from geulnun.runtime.session import open_session
from geulnun.training import quantising
from geulnun.training.export import export_bundle
from geulnun.training.fit import train_detector, train_recognizer
from geulnun.training.quantising import QuantisingSamples, find_float_nodes
from geulnun.training.record import RunRecord, write_record

onnx = pytest.importorskip("onnx")
BACKENDS = ["onnxruntime"] + (["openvino"] if importlib.util.find_spec("openvino") else [])


def record(folder: Path, kind: str, config: object) -> None:
    network = dataclasses.asdict(config.network)
    made = RunRecord(kind=kind, config="tiny.toml", config_sha256="x", network=network, seed=1, commit="c", device="d")
    write_record(folder, made)


def draw(source, count: int) -> QuantisingSamples:
    drawn = [source.draw(index) for index in range(2 * count)]
    return QuantisingSamples(calibration=drawn[:count], validation=drawn[count:])


def test_a_recogniser_gets_an_int8_model_that_is_measured(strips, recognizer_config, tmp_path: Path) -> None:
    run, output, again = tmp_path / "run", tmp_path / "recognizer-v9", tmp_path / "recognizer-v10"
    train_recognizer(recognizer_config, strips, {}, run)
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
    pages, detector_config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, output = tmp_path / "run", tmp_path / "detector-v9"
    train_detector(detector_config, pages, (pages, 1), run)
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


def test_an_int8_model_needs_samples(strips, recognizer_config, tmp_path: Path) -> None:
    run = tmp_path / "run"
    train_recognizer(recognizer_config, strips, {}, run)
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
