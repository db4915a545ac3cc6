"""A bundle's network in int8: made by ONNX Runtime, and kept as the default where it loses next to nothing.

Weights are int8 of one scale per output channel, activations uint8 of one scale per tensor, by the extremes seen on
training samples. Weights use 7 of their 8 bits, so that sums of two products fit 16 bits: processors without
VNNI, which add them up in such, give the same results. Convolutions and the sums between them are computed in int8;
the last layers, whose outputs must be precise, and all that is no convolution stay in fp32. What the last layers
take from int8 ones is brought to one range for all channels first: one scale for channels of 0.3 and of 10 leaves the
small ones next to no steps, and made five sixths of what the maps of a detector were off by. Last layers of one pixel
are then fitted to what they gave in fp32.

Source: Nagel et al. 2019, Data-free quantization through weight equalization and bias correction (scales that a ReLU
lets through).
"""

import dataclasses
import importlib.util
import logging
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from geulnun.core.charset import CHARSET_V1
from geulnun.data.sample import Sample, StripSample
from geulnun.errors import UsageError
from geulnun.evaluation.counts import Edits, Matches
from geulnun.evaluation.text_metrics import measure_chars
from geulnun.runtime.bundles.bundle import Bundle
from geulnun.runtime.bundles.manifest import INT8_FILE, LossRecord, Manifest, VariantRecord
from geulnun.runtime.bundles.session import Backend, Session, open_session
from geulnun.runtime.detection.prepare_page import prepare_page
from geulnun.runtime.recognition.open_recognizer import open_recognizer
from geulnun.runtime.recognition.prepare_strip import STRIP_WIDTH_MULTIPLE_PX, batch_strips, prepare_strip
from geulnun.runtime.recognition.recognizer import plan_batches
from geulnun.training.detector.task import find_scale, match_maps, prepare_truth

MOST_LOSS = {"cer": 0.001, "words_f1": 0.002, "chars_f1": 0.002}
"""What a variant may lose on validation samples and still be the default of a backend."""

_RIDGE = 1e-7  # channels that carry next to no information keep their weights
_MOST_SPREAD = 1000.0  # channels that are hardly ever active are not scaled up further
_LAYERS = ("Conv", "ConvTranspose", "MatMul", "Gemm", "LSTM", "GRU")
_PASSING = ("Relu", "Resize")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantisingSamples:
    """Strips for a recogniser, pages for a detector.

    Attributes:
        calibration: training samples, on which the ranges of activations are seen.
        validation: samples never trained on, on which the loss is measured.
    """

    calibration: Sequence[StripSample] | Sequence[Sample]
    validation: Sequence[StripSample] | Sequence[Sample]


def add_int8(folder: Path, manifest: Manifest, samples: QuantisingSamples) -> Manifest:
    """The manifest with the int8 variant of the model that `folder` holds, written beside it and measured.

    Raises:
        UsageError: not a kind of network that has such a variant, or no samples.
    """
    if manifest.kind not in ("recognizer", "detector"):
        raise UsageError(f"a {manifest.kind} has no int8 model; a recognizer and a detector have. Leave it out.")
    if not (samples.calibration and samples.validation):
        raise UsageError("an int8 model needs samples to calibrate on and others to measure on; give one of each.")
    bundle = Bundle(folder=folder, manifest=manifest)
    write_int8(bundle.model_path, folder / INT8_FILE, list(prepare_samples(bundle, samples.calibration)))
    variant = VariantRecord(
        precision="int8",
        file=INT8_FILE,
        method=f"convolutions but the last ones in int8; activations calibrated on {len(samples.calibration)} "
        "training samples by their extremes, weights per channel in 7 bits; channels before the last ones equalised, "
        "these fitted to what they gave in fp32",
    )
    bundle = dataclasses.replace(bundle, manifest=dataclasses.replace(manifest, variants=(variant,)))
    losses = measure_losses(bundle, samples.validation)
    kept = tuple(loss.backend for loss in losses if all(loss.values[name] <= MOST_LOSS[name] for name in loss.values))
    return dataclasses.replace(manifest, variants=(dataclasses.replace(variant, losses=losses, default_for=kept),))


def measure_losses(bundle: Bundle, samples: Sequence[Any]) -> tuple[LossRecord, ...]:
    """What the int8 model loses on each backend that is installed, against fp32 on ONNX Runtime."""
    backends: list[Backend] = ["onnxruntime"]
    if importlib.util.find_spec("openvino") is not None:
        backends.append("openvino")
    wanted = measure_errors(bundle, open_session(bundle, "onnxruntime", 1, "fp32"), samples)
    losses = []
    for backend in backends:
        found = measure_errors(bundle, open_session(bundle, backend, 1, "int8"), samples)
        values = {name: found[name] - wanted[name] for name in wanted}
        losses.append(LossRecord(backend=backend, samples=len(samples), values=values))
    return tuple(losses)


def measure_errors(bundle: Bundle, session: Session, samples: Sequence[Any]) -> dict[str, float]:
    """Error rates of a session by measure: CER of a recogniser, 1 - H-mean of a detector's words and characters."""
    if bundle.manifest.kind == "recognizer":
        readings = open_recognizer(bundle, session).read_strips([sample.image for sample in samples])
        edits = Edits()
        for reading, sample in zip(readings, samples, strict=True):
            edits += measure_chars(CHARSET_V1.normalise(sample.text), reading.text)
        return {"cer": edits.rate}
    words, chars = Matches(), Matches()
    for sample in samples:
        page = prepare_truth(sample)
        (maps,) = session.run(page.image.numpy())
        matches = match_maps(maps[0], page.words, page.chars)
        words, chars = words + matches[0], chars + matches[1]
    return {"words_f1": 1 - words.f1, "chars_f1": 1 - chars.f1}


def prepare_samples(bundle: Bundle, samples: Sequence[Any]) -> Iterator[NDArray[np.float32]]:
    """The inputs that reading makes of samples: strips in batches of like width, pages one by one."""
    if bundle.manifest.kind == "detector":
        for sample in samples:
            yield prepare_page(sample.image, find_scale(sample))
        return
    strips = [prepare_strip(sample.image, bundle.strip_height_px) for sample in samples]
    for numbers in plan_batches([strip.shape[1] for strip in strips]):
        yield batch_strips([strips[number] for number in numbers], width_px=STRIP_WIDTH_MULTIPLE_PX)


def write_int8(model: Path, path: Path, inputs: Sequence[NDArray[np.float32]]) -> None:
    """Write the model in int8, its activations calibrated and its last layers fitted on these inputs."""
    from onnxruntime.quantization.shape_inference import quant_pre_process

    ready = path.with_suffix(".ready")
    logger = logging.getLogger()
    disabled, logger.disabled = logger.disabled, True  # it advises what is done already
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            quant_pre_process(str(model), str(ready), skip_symbolic_shape=True)
            whole = onnx.load(ready)
            equalise_channels(whole, inputs)
            onnx.save(whole, ready)
            _quantise(ready, path, inputs, find_float_nodes(whole.graph))
    finally:
        logger.disabled = disabled
        ready.unlink(missing_ok=True)
    small = onnx.load(path)
    refit_last_layers(small, whole, inputs)
    onnx.save(small, path)
    path.chmod(0o644)


def _quantise(model: Path, path: Path, inputs: Sequence[NDArray[np.float32]], kept: list[str]) -> None:
    """Write the model with all convolutions but those `kept` in int8."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    name = onnx.load(model, load_external_data=False).graph.input[0].name

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.left = iter(inputs)

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            array = next(self.left, None)
            return None if array is None else {name: array}

    quantize_static(
        str(model),
        str(path),
        Reader(),
        quant_format=QuantFormat.QDQ,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
        op_types_to_quantize=["Conv", "Add", *_PASSING],
        nodes_to_exclude=kept,
    )


def equalise_channels(model: onnx.ModelProto, inputs: Sequence[NDArray[np.float32]]) -> None:
    """Bring the channels that convolutions in fp32 take from ones in int8 to the range 0..1, and back in the former.

    Only where a ReLU and nothing else lies between the two: it lets positive scales through, so the model's outputs
    stay what they are.

    Args:
        model: whose weights are changed.
        inputs: on which the channels' ranges are seen.
    """
    pairs = _find_last_pairs(model.graph)
    if not pairs:
        return
    known = {each.name: each for each in model.graph.initializer}
    for (first, last), tops in zip(
        pairs, _measure_tops(model, [last.input[0] for _, last in pairs], inputs), strict=True
    ):
        scale = np.maximum(tops, tops.max() / _MOST_SPREAD)
        _scale_weights(known[first.input[1]], 1 / scale[:, None, None, None])
        if len(first.input) > 2:
            _scale_weights(known[first.input[2]], 1 / scale)
        _scale_weights(known[last.input[1]], scale[None, :, None, None])


def _find_last_pairs(graph: onnx.GraphProto) -> list[tuple[onnx.NodeProto, onnx.NodeProto]]:
    """Convolutions in int8 and those in fp32 that take, through a ReLU, all that they give."""
    makers = {name: node for node in graph.node for name in node.output}
    uses = Counter(name for node in graph.node for name in node.input)
    floats = set(find_float_nodes(graph))
    pairs = []
    for last in graph.node:
        between = makers.get(last.input[0]) if last.op_type == "Conv" and last.name in floats else None
        first = makers.get(between.input[0]) if between is not None and between.op_type == "Relu" else None
        if between is None or first is None or first.op_type != "Conv" or first.name in floats:
            continue
        plain = _get_groups(first) == _get_groups(last) == 1
        if plain and uses[first.output[0]] == uses[between.output[0]] == 1:
            pairs.append((first, last))
    return pairs


def _get_groups(node: onnx.NodeProto) -> int:
    return next((int(each.i) for each in node.attribute if each.name == "group"), 1)


def _measure_tops(
    model: onnx.ModelProto, names: Sequence[str], inputs: Sequence[NDArray[np.float32]]
) -> list[NDArray[np.float32]]:
    """The largest value of each channel of these maps (N, C, H, W) on all inputs."""
    look = _look_inside(model, names)
    seen = [[table.max(axis=(0, 2, 3)) for table in look(array)] for array in inputs]
    return [np.max(tops, axis=0) for tops in zip(*seen, strict=True)]


def _look_inside(
    model: onnx.ModelProto, names: Sequence[str]
) -> Callable[[NDArray[np.float32]], list[NDArray[np.float32]]]:
    """A function that gives what lies under these names inside the model for one input."""
    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    given = {output.name for output in probe.graph.output}
    probe.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in names if name not in given)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(probe.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return lambda array: list(session.run(list(names), {model.graph.input[0].name: array}))


def refit_last_layers(small: onnx.ModelProto, whole: onnx.ModelProto, inputs: Sequence[NDArray[np.float32]]) -> None:
    """Fit those 1x1 convolutions that stay in fp32 to give what they gave before the layers below were rounded.

    That takes away what the roundings add on average, and leans less on channels that they have made noisy.

    Args:
        small: the int8 model, whose weights are changed.
        whole: the model it was made of.
        inputs: on which the least squares are taken.
    """
    lasts = {last.name: last for _, last in _find_last_pairs(whole.graph)}
    known = {each.name: each for each in small.graph.initializer}
    for node in small.graph.node:
        if node.name not in lasts or len(node.input) < 3:
            continue
        weights, bias = (onnx.numpy_helper.to_array(known[name]) for name in node.input[1:3])
        if weights.shape[2:] != (1, 1):
            continue
        feel, want = _look_inside(small, node.input[:1]), _look_inside(whole, lasts[node.name].output)
        inner, made = weights.shape[1] + 1, weights.shape[0]
        squares, products = np.zeros((inner, inner)), np.zeros((inner, made))
        for array in inputs:
            (felt,), (wanted,) = feel(array), want(array)
            columns = felt.transpose(0, 2, 3, 1).reshape(-1, felt.shape[1]).astype(np.float64)
            columns = np.column_stack([columns, np.ones(len(columns))])
            squares = squares + columns.T @ columns
            products = products + columns.T @ wanted.transpose(0, 2, 3, 1).reshape(len(columns), made)
        before = np.column_stack([weights[:, :, 0, 0], bias]).T.astype(np.float64)
        least = _RIDGE * np.trace(squares) / len(squares) * np.eye(len(squares))
        after = before + np.linalg.solve(squares + least, products - squares @ before)
        for name, values in ((node.input[1], after[:-1].T[:, :, None, None]), (node.input[2], after[-1])):
            fitted = np.ascontiguousarray(values, dtype=np.float32)
            known[name].CopyFrom(onnx.numpy_helper.from_array(fitted, name))


def _scale_weights(weights: onnx.TensorProto, scale: NDArray[np.float32]) -> None:
    scaled = np.ascontiguousarray(onnx.numpy_helper.to_array(weights) * scale, dtype=np.float32)
    weights.CopyFrom(onnx.numpy_helper.from_array(scaled, weights.name))


def find_float_nodes(graph: onnx.GraphProto) -> list[str]:
    """Names of the nodes that stay in fp32: the last layers, and sums of anything but results of convolutions."""
    makers = {name: node for node in graph.node for name in node.output}
    followed: set[str] = set()  # nodes behind which another layer comes
    for node in reversed(graph.node):  # from the outputs to the inputs
        if node.op_type in _LAYERS or node.name in followed:
            followed |= {makers[name].name for name in node.input if name in makers}
    floats = {node.name for node in graph.node if node.op_type == "Conv" and node.name not in followed}

    def is_int8(name: str) -> bool:
        node = makers.get(name)
        if node is None or node.name in floats:
            return False
        return node.op_type in ("Conv", "Add") or (node.op_type in _PASSING and is_int8(node.input[0]))

    for node in graph.node:  # inputs come before what is made of them
        if node.op_type == "Add" and not all(map(is_int8, node.input)):
            floats.add(node.name)
        if node.op_type in _PASSING and not is_int8(node.input[0]):
            floats.add(node.name)
    return sorted(floats)
