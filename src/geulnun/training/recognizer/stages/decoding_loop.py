"""The attention decoder as an ONNX loop: one graph for any number of characters, left when all strips have ended."""

from typing import Any

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper
from torch import Tensor

from geulnun.training.recognizer.stages.sequence import END, START, SURELY_NOT, AttentionDecoder

# (outputs, operator, inputs, attributes) of one turn; what begins with "decoder." is a weight, "steps" and "keys" are
# outputs of the stages before. Gates lie as torch has them: input, forget, cell, output.
_TURN: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("known", "Gemm", "h decoder.state_w decoder.state_b", {"transB": 1}),
    ("known_each", "Unsqueeze", "known decoder.one", {}),
    ("compared", "Add", "keys known_each", {}),
    ("bent", "Tanh", "compared", {}),
    ("energies", "MatMul", "bent decoder.weigh", {}),
    ("each_share", "Softmax", "energies", {"axis": 1}),
    ("weighted", "Mul", "each_share steps", {}),
    ("context", "ReduceSum", "weighted decoder.one", {"keepdims": 0}),
    ("from_context", "Gemm", "context decoder.context_w decoder.gates_b", {"transB": 1}),
    ("from_last", "Gather", "decoder.last_w last", {"axis": 0}),
    ("from_state", "Gemm", "h decoder.hidden_w", {"transB": 1}),
    ("given", "Add", "from_context from_last", {}),
    ("gates", "Add", "given from_state", {}),
    ("gate_i gate_f gate_g gate_o", "Split", "gates", {"axis": 1, "num_outputs": 4}),
    ("let_in", "Sigmoid", "gate_i", {}),
    ("kept", "Sigmoid", "gate_f", {}),
    ("fresh", "Tanh", "gate_g", {}),
    ("let_out", "Sigmoid", "gate_o", {}),
    ("old", "Mul", "kept c", {}),
    ("new", "Mul", "let_in fresh", {}),
    ("c_next", "Add", "old new", {}),
    ("shown", "Tanh", "c_next", {}),
    ("h_next", "Mul", "let_out shown", {}),
    ("scores", "Gemm", "h_next decoder.generator_w decoder.generator_b", {"transB": 1}),
    ("open_logs", "LogSoftmax", "scores", {"axis": 1}),
    ("ended_each", "Unsqueeze", "ended decoder.one", {}),
    ("logs", "Where", "ended_each decoder.closed open_logs", {}),
    ("last_next", "ArgMax", "logs", {"axis": 1, "keepdims": 0}),
    ("ends", "Equal", "last_next decoder.end", {}),
    ("ended_next", "Or", "ended ends", {}),
    ("ended_count", "Cast", "ended_next", {"to": TensorProto.INT64}),
    ("all_ended", "ReduceMin", "ended_count", {"keepdims": 0}),
    ("goes_on", "Equal", "all_ended decoder.none", {}),
    ("shares", "Squeeze", "each_share decoder.two", {}),
)

_End = tuple[str, Any, list[int | None]]
"""Name, type and shape of an input or output of a turn."""


def append_decoding(model: ModelProto, decoder: AttentionDecoder, most: int, names: tuple[str, str]) -> None:
    """Replace the model's outputs "steps" and "keys" by what the decoder makes of them in at most `most` + 1 turns.

    The new outputs are those of `AttentionDecoder.decode`.

    Args:
        model: ends in "steps" (N, T, C) and "keys" (N, T, A).
        decoder: whose weights are taken.
        most: characters.
        names: of the scores and of the shares.
    """
    graph = model.graph
    graph.initializer.extend(_list_weights(decoder, most))
    graph.node.extend(_list_starts(decoder.inner))
    carried = ["last", "h", "c", "ended"]
    inputs = ["decoder.turns", "decoder.true", *(f"{name}_first" for name in carried)]
    finals = [f"{name}_final" for name in carried]
    loop = helper.make_node("Loop", inputs, [*finals, "all_logs", "all_shares"], body=_build_turn(decoder.inner))
    graph.node.append(loop)
    del graph.output[:]
    for name, source in zip(names, ("all_logs", "all_shares"), strict=True):
        graph.node.append(helper.make_node("Transpose", [source], [name], perm=[1, 0, 2]))
        graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, None, None]))


def _build_turn(inner: int) -> onnx.GraphProto:
    """The loop's body."""
    nodes = [
        helper.make_node(operator, inputs.split(), outputs.split(), **attributes)
        for outputs, operator, inputs, attributes in _TURN
    ]
    state: list[_End] = [
        ("last", TensorProto.INT64, [None]),
        ("h", TensorProto.FLOAT, [None, inner]),
        ("c", TensorProto.FLOAT, [None, inner]),
        ("ended", TensorProto.BOOL, [None]),
    ]
    given: list[_End] = [("turn", TensorProto.INT64, []), ("went_on", TensorProto.BOOL, []), *state]
    made: list[_End] = [
        ("goes_on", TensorProto.BOOL, []),
        *((f"{name}_next", kind, shape) for name, kind, shape in state),
        ("logs", TensorProto.FLOAT, [None, None]),
        ("shares", TensorProto.FLOAT, [None, None]),
    ]
    inputs, outputs = ([helper.make_tensor_value_info(*each) for each in side] for side in (given, made))
    return helper.make_graph(nodes, "turn", inputs, outputs)


def _list_weights(decoder: AttentionDecoder, most: int) -> list[TensorProto]:
    """The decoder's weights and the loop's constants, as initialisers."""
    channels = decoder.steps.in_features
    cell, closed = decoder.cell, np.full(decoder.classes, SURELY_NOT, np.float32)
    closed[END] = 0.0
    weights: dict[str, Tensor] = {
        "state_w": decoder.state.weight,
        "state_b": decoder.state.bias,
        "weigh": decoder.weigh.weight.T,
        "context_w": cell.weight_ih[:, :channels],
        # A one-hot vector times a matrix is one of its columns.
        "last_w": cell.weight_ih[:, channels:].T,
        "gates_b": cell.bias_ih + cell.bias_hh,
        "hidden_w": cell.weight_hh,
        "generator_w": decoder.generator.weight,
        "generator_b": decoder.generator.bias,
    }
    arrays = {name: np.ascontiguousarray(weight.detach().float().numpy()) for name, weight in weights.items()}
    constants = {
        "closed": closed,
        "one": np.array([1]),
        "two": np.array([2]),
        "none": np.array(0),
        "end": np.array(END),
        "turns": np.array(most + 1),
        "true": np.array(True),
    }
    return [numpy_helper.from_array(array, f"decoder.{name}") for name, array in (arrays | constants).items()]


def _list_starts(inner: int) -> list[NodeProto]:
    """Nodes of the state before the first character, for as many strips as there are."""
    start = numpy_helper.from_array(np.array([START], np.int64))
    no = numpy_helper.from_array(np.array([False]))
    empty = numpy_helper.from_array(np.zeros(1, np.float32))
    width = helper.make_node("Constant", [], ["width"], value=numpy_helper.from_array(np.array([inner], np.int64)))
    return [
        width,
        helper.make_node("Shape", ["steps"], ["count"], start=0, end=1),
        helper.make_node("Concat", ["count", "width"], ["state_shape"], axis=0),
        helper.make_node("ConstantOfShape", ["count"], ["last_first"], value=start),
        helper.make_node("ConstantOfShape", ["count"], ["ended_first"], value=no),
        helper.make_node("ConstantOfShape", ["state_shape"], ["h_first"], value=empty),
        helper.make_node("ConstantOfShape", ["state_shape"], ["c_first"], value=empty),
    ]
