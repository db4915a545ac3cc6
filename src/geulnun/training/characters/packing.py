"""Smaller files of character readers: weights stored in fewer bits and expanded when the model is loaded.

Nothing but the file changes: what runs is the same arithmetic in float32, so no time is gained and none is lost.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from geulnun.errors import UsageError
from geulnun.runtime.bundles.manifest import Manifest
from geulnun.runtime.characters.decode import decode_chars
from geulnun.training.characters.data import CharBatch

Packing = Literal["none", "half", "int8"]
_LEAST_VALUES = 1024
_HIGHEST_INT8 = 127


def check_packing(packing: str) -> None:
    """Refuse what is no packing.

    Raises:
        UsageError: it is none.
    """
    if packing not in get_args(Packing):
        raise UsageError(f"packing is {packing!r}; allowed are {', '.join(get_args(Packing))}.")


def pack_model(path: Path, packing: Packing) -> None:
    """Rewrite an ONNX file so that its larger weights are float16, or int8 with a scale for each output.

    Raises:
        UsageError: no such packing.
    """
    check_packing(packing)
    if packing == "none":
        return
    model = onnx.load(path)
    graph = model.graph
    outputs = _find_output_axes(graph)
    kept, nodes = [], []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.ndim < 2 or values.size < _LEAST_VALUES:
            kept.append(tensor)
            continue
        stored, made = _pack_tensor(tensor.name, values, packing, outputs.get(tensor.name, 0))
        kept += stored
        nodes += made
    del graph.initializer[:]
    graph.initializer.extend(kept)
    rest = list(graph.node)
    del graph.node[:]
    graph.node.extend([*nodes, *rest])
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _find_output_axes(graph: onnx.GraphProto) -> dict[str, int]:
    """The axis of each weight along which its layer's outputs lie: the last of a product, the first otherwise."""
    axes = {}
    for node in graph.node:
        turned = any(each.name == "transB" and each.i for each in node.attribute)
        if node.op_type in ("MatMul", "Gemm") and not turned:
            axes[node.input[1]] = 1
    return axes


def _pack_tensor(
    name: str, values: NDArray[np.float32], packing: Packing, axis: int
) -> tuple[list[onnx.TensorProto], list[onnx.NodeProto]]:
    """What is stored instead of a weight, and the nodes that make it of that."""
    if packing == "half":
        half = numpy_helper.from_array(values.astype(np.float16), f"{name}.half")
        return [half], [helper.make_node("Cast", [half.name], [name], to=onnx.TensorProto.FLOAT)]
    others = tuple(each for each in range(values.ndim) if each != axis)
    scale = np.maximum(np.abs(values).max(axis=others, keepdims=True), 1e-12) / _HIGHEST_INT8
    whole = numpy_helper.from_array(np.rint(values / scale).astype(np.int8), f"{name}.int8")
    scales = numpy_helper.from_array(scale.astype(np.float32), f"{name}.scale")
    cast = helper.make_node("Cast", [whole.name], [f"{name}.whole"], to=onnx.TensorProto.FLOAT)
    return [whole, scales], [cast, helper.make_node("Mul", [f"{name}.whole", scales.name], [name])]


def pack_bundle(folder: Path, manifest: Manifest, packing: Packing, batches: Sequence[CharBatch]) -> tuple[str, ...]:
    """Notes for the model card on what the packed model of a bundle reads, after packing it.

    Args:
        folder: of the bundle.
        manifest: of it.
        packing: how weights are stored.
        batches: characters to measure on, before and after.
    """
    path, before = folder / "model.onnx", folder / "unpacked.onnx"
    shutil.copyfile(path, before)
    pack_model(path, packing)
    right = {each: measure_right(each, manifest, batches) for each in (before, path)}
    before.unlink()
    total = sum(len(batch.texts) for batch in batches)
    if packing == "none" or not total:
        return ()
    return (
        f"Weights are stored as {'float16' if packing == 'half' else 'int8 with a scale for each output'} and expanded "
        f"on loading: of {total:,} drawn validation characters {right[path]:,} are read right, {right[before]:,} "
        "before.",
    )


def measure_right(path: Path, manifest: Manifest, batches: Sequence[CharBatch]) -> int:
    """How many characters a model reads right."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in manifest.outputs]
    right = 0
    for batch in batches:
        tables = dict(zip(names, session.run(names, {manifest.input.name: batch.images.numpy()}), strict=True))
        readings = decode_chars(tables, 1)
        right += sum(reading.text == text for reading, text in zip(readings, batch.texts, strict=True))
    return right
