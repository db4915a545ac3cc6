"""A bundle's network in int8: made by ONNX Runtime, and kept as the default where it loses next to nothing.

Weights are int8 of one scale per output channel, activations uint8 of one scale per tensor, by the extremes seen on
training samples. Weights use 7 of their 8 bits, so that sums of two products fit 16 bits: processors without
VNNI, which add them up in such, give the same results. Convolutions and the sums between them are computed in int8;
the last layers, whose outputs are looked at closely, and all that is no convolution stay in fp32.
"""

import dataclasses
import importlib.util
import logging
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from geulnun.core.charset import CHARSET_V1
from geulnun.data.sample import Sample, StripSample
from geulnun.errors import UsageError
from geulnun.evaluation.counts import Edits, Matches
from geulnun.evaluation.text_metrics import measure_chars
from geulnun.runtime.bundle import INT8_FILE, Bundle, LossRecord, Manifest, VariantRecord
from geulnun.runtime.prepare import STRIP_WIDTH_MULTIPLE_PX, batch_strips, prepare_page, prepare_strip
from geulnun.runtime.recognizer import Recognizer, plan_batches
from geulnun.runtime.session import Backend, Session, open_session
from geulnun.training.detector_task import find_scale, match_maps, prepare_truth

MOST_LOSS = {"cer": 0.001, "words_f1": 0.002, "chars_f1": 0.002}
"""What a variant may lose on validation samples and still be the default of a backend."""

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
        "training samples by their extremes, weights per channel in 7 bits",
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
        readings = Recognizer.of_bundle(bundle, session).read_strips([sample.image for sample in samples])
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
    """Writes the model in int8, its activations calibrated on these inputs."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.left = iter(inputs)

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            array = next(self.left, None)
            return None if array is None else {name: array}

    ready = path.with_suffix(".ready")
    logger = logging.getLogger()
    disabled, logger.disabled = logger.disabled, True  # it advises what is done already
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            quant_pre_process(str(model), str(ready), skip_symbolic_shape=True)
            graph = onnx.load(ready).graph
            name = graph.input[0].name
            quantize_static(
                str(ready),
                str(path),
                Reader(),
                quant_format=QuantFormat.QDQ,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                per_channel=True,
                reduce_range=True,
                op_types_to_quantize=["Conv", "Add", *_PASSING],
                nodes_to_exclude=find_float_nodes(graph),
            )
    finally:
        logger.disabled = disabled
        ready.unlink(missing_ok=True)
    path.chmod(0o644)


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
