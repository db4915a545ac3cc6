"""The weights that fine-tuning starts from: those of a bundle, its head grown by new characters."""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from geulnun.core.charset import CHARSET_V1, GATE_FIRST_SYMBOL, UNKNOWN, Charset
from geulnun.core.config import build_config
from geulnun.errors import BundleError, UsageError
from geulnun.runtime.bundles.bundle import Bundle
from geulnun.runtime.bundles.manifest import TRAINING_FILE
from geulnun.training.recognizer.network import StripReader
from geulnun.training.recognizer.task import StripNetworkConfig, build_recognizer
from geulnun.training.weights import read_weights

State = dict[str, Tensor]

BEHIND = 18.0
"""Log-probability of a new class behind that of □: e^-18 is less than float32 tells from nothing beside 1."""

_HEAD = "head"
_TUNABLE = "strip-reader"


def read_network_config(bundle: Bundle) -> StripNetworkConfig:
    """The shape of a bundle's network.

    Raises:
        UsageError: it is a network that cannot be tuned.
    """
    name = bundle.manifest.network.get("name", _TUNABLE)
    if name != _TUNABLE:
        raise UsageError(
            f"{bundle.folder} is a {name} network; allowed are {_TUNABLE} networks, as the bundled recognisers are. "
            "Leave out --recognizer to start from the bundled one, or train this one on with words of your own: "
            f"geulnun train recognizer --config CONFIG --init {bundle.folder} --set source.words=gt.pkl."
        )
    return build_config(bundle.manifest.network, StripNetworkConfig, "network")


def read_start_network(bundle: Bundle, charset: Charset) -> StripReader:
    """A bundle's network that writes `charset`, which may have more symbols than the bundle's own.

    Half-precision weights are taken where the bundle has them; bundles of an installed wheel have none, and their
    `model.onnx` is taken, in which each norm has become part of the convolution before it.

    Raises:
        BundleError: it has neither, or of another network.
        UsageError: the charset has more symbols, and the head is none that can grow.
    """
    config = read_network_config(bundle)
    network = build_recognizer(config, bundle.charset)
    if (bundle.folder / TRAINING_FILE).is_file():
        state = read_weights(bundle.folder)
    else:
        state = read_onnx_weights(bundle.model_path, network)
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise BundleError(f"{bundle.folder} does not hold the network of its manifest ({reason}).") from error
    more = charset.gate_size - bundle.charset.gate_size
    if not more:
        return network
    if config.head != "factorised":
        raise UsageError(
            f"{bundle.manifest.name} has the head {config.head!r}, which cannot take new characters; a factorised one "
            "can. Leave them out with --keep-charset."
        )
    grown = build_recognizer(config, charset)
    grown.load_state_dict(grow_head(network.state_dict(), bundle.charset, more))
    return grown


def grow_head(state: Mapping[str, Tensor], charset: Charset, more: int) -> State:
    """The state with `more` classes behind the gate's own, which are never read until they are trained.

    They begin as □, the mark for letters without a class, but so far behind it that no output changes.

    Args:
        state: of a network with a factorised head.
        charset: that it writes.
        more: number of new classes.
    """
    grown = dict(state)
    size, row = charset.gate_size, GATE_FIRST_SYMBOL + charset.symbols.index(UNKNOWN)
    weight, bias = state[f"{_HEAD}.weight"], state[f"{_HEAD}.bias"]
    low = bias[row] - BEHIND - math.log(more)
    grown[f"{_HEAD}.weight"] = torch.cat([weight[:size], weight[row].expand(more, -1), weight[size:]])
    grown[f"{_HEAD}.bias"] = torch.cat([bias[:size], low.expand(more), bias[size:]])
    return grown


def read_onnx_weights(path: Path, network: nn.Module) -> State:
    """The state of `network` from the ONNX file that was exported of such a one.

    Norms come back as ones that add a bias and change nothing else, and reading is what it was. They must not learn
    statistics: fine-tuning freezes them.

    Raises:
        BundleError: the file holds other layers.
    """
    try:
        model = onnx.load(path)
    except (OSError, ValueError) as error:
        raise BundleError(f"{path} cannot be read ({error}). Install geulnun again.") from error
    stored = {
        each.name: torch.from_numpy(np.array(onnx.numpy_helper.to_array(each))) for each in model.graph.initializer
    }
    # A linear layer's weights are stored transposed, under a name of the exporter's own.
    inputs = [node.input[1] for node in model.graph.node if node.op_type == "MatMul"]
    products = [stored[name] for name in inputs if name in stored]
    state = dict(network.state_dict())
    norms = {name: each for name, each in network.named_modules() if isinstance(each, nn.BatchNorm2d)}
    for name, value in state.items():
        layer, _, part = name.rpartition(".")
        if layer in norms:
            state[name] = _describe_norm(part, value, stored.get(f"{layer[:-1]}0.bias"), norms[layer].eps)
        elif name in stored:
            state[name] = stored[name]
        elif part == "weight" and (fitting := [each for each in products if each.T.shape == value.shape]):
            state[name] = fitting[0].T.contiguous()
        else:
            raise BundleError(
                f"{path} holds no {name}, so training cannot go on from it. Name a bundle with {TRAINING_FILE}; those "
                "of the repository have one."
            )
    return state


def _describe_norm(part: str, value: Tensor, bias: Tensor | None, eps: float) -> Tensor:
    """One tensor of a norm that adds the bias of the convolution it was folded into."""
    if part == "bias":
        return value if bias is None else bias
    if part == "weight":
        return torch.ones_like(value)
    if part == "running_var":
        return torch.full_like(value, 1 - eps)
    return torch.zeros_like(value)


def freeze_norms(network: nn.Module) -> None:
    """Let norms use the statistics they have: a few lines of one look would shift them for all others."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


def average_states(first: Mapping[str, Tensor], second: Mapping[str, Tensor]) -> State:
    """The mean of the weights of two networks of one shape.

    Source: Wortsman et al. 2022, Robust fine-tuning of zero-shot models.
    """
    return {name: (value + second[name]) / 2 if value.is_floating_point() else value for name, value in first.items()}


def list_added(charset: Charset) -> str:
    """The symbols of a charset that the project's own does not have."""
    return charset.symbols[len(CHARSET_V1.symbols) :]
