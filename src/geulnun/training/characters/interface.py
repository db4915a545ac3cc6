"""Interface of an exported character reader: its input and outputs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from geulnun.core.config import build_config
from geulnun.runtime.bundles.contracts import specify_char_outputs, specify_chars
from geulnun.runtime.bundles.manifest import CASCADE_FOLDERS, MODEL_FILE, InputSpec, Manifest, OutputSpec
from geulnun.runtime.characters.early_exit import describe_early, describe_late
from geulnun.training.characters.low_rank import expand_layers
from geulnun.training.characters.network_config import CharacterNetworkConfig, build_character_network
from geulnun.training.characters.networks.denseran import DenseRan
from geulnun.training.characters.networks.network import CharacterNet, EarlyPart, LatePart
from geulnun.training.onnx_model import write_model


def build_network(table: Mapping[str, Any], checkpoint: Mapping[str, Any]) -> CharacterNet | DenseRan:
    """The network of a `[training.network]` table, with fresh weights.

    Layers that the run of `checkpoint` has expanded are so from the start; an empty one has expanded none.
    """
    network = build_character_network(build_config(table, CharacterNetworkConfig, "network"))
    expand_layers(network, checkpoint.get("low_rank", {}).get("ranks", {}))
    return network


def describe_interface(table: Mapping[str, Any]) -> tuple[InputSpec, tuple[OutputSpec, ...]]:
    """Characters as the network's preparation makes them, and the tables of its head."""
    config = build_config(table, CharacterNetworkConfig, "network")
    letters = None if config.head == "flat" else config.classes.sizes
    characters = None if config.head == "factorised" else len(config.classes.texts)
    given = specify_chars(*config.input_shape[:2], tight=config.preparation == "tight")
    return given, specify_char_outputs(letters, characters)


class PresentTables(nn.Module):
    """A character reader that gives the tables it has as a plain tuple, as ONNX wants them."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, chars: Tensor) -> tuple[Tensor, ...]:
        """The tables in the order of a manifest's outputs."""
        return tuple(self.network(chars).present.values())


def write_cascade(
    network: nn.Module, manifest: Manifest, folder: Path, examples: Sequence[NDArray[np.float32]]
) -> None:
    """Write both parts of a network with an early exit, each into a folder of its own; other networks have none.

    Raises:
        BundleError: as of `write_model`.
    """
    if not isinstance(network, CharacterNet) or network.early_reader is None:
        return
    channels, side, _ = map(int, manifest.input.axes[1:])
    early_side, _ = network.trunk.measure_map(channels, side)
    shape = (str(network.trunk.early_channels), str(early_side), str(early_side))
    early, late = (folder / part for part in CASCADE_FOLDERS)
    early.mkdir()
    write_model(EarlyPart(network), describe_early(manifest, shape), early / MODEL_FILE, examples)
    with torch.no_grad():
        maps = [network.trunk.early(torch.from_numpy(each)).numpy() for each in examples]
    late.mkdir()
    write_model(LatePart(network), describe_late(manifest, shape), late / MODEL_FILE, maps)
