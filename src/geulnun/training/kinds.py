"""Table of the kinds of networks that are trained and exported."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from geulnun.runtime.bundles.manifest import CharsetRecord, InputSpec, Kind, Manifest, OutputSpec
from geulnun.training.characters import interface as characters
from geulnun.training.characters.config import CharacterExperiment
from geulnun.training.detector import interface as detector
from geulnun.training.detector.config import DetectorExperiment
from geulnun.training.fit import Experiment
from geulnun.training.orientation import interface as orientation
from geulnun.training.orientation.config import OrientationExperiment
from geulnun.training.recognizer import interface as recognizer
from geulnun.training.recognizer.config import RecognizerExperiment

Interface = tuple[InputSpec, tuple[OutputSpec, ...]]


def _keep(network: nn.Module, table: Mapping[str, Any]) -> nn.Module:
    return network


def _lack(table: Mapping[str, Any]) -> CharsetRecord | None:
    return None


def _write_nothing(
    network: nn.Module, manifest: Manifest, folder: Path, examples: Sequence[NDArray[np.float32]]
) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkKind:
    """What training and export know of one kind of network.

    Attributes:
        experiment: what its config files hold.
        build_network: the network of a `[training.network]` table and of what a checkpoint tells of its structure,
            with fresh weights.
        describe_interface: what the network of such a table takes and gives once it is exported.
        describe_charset: the characters that the network of such a table tells apart; None where it has no charset.
        plain_outputs: the network of such a table as ONNX can export it: its outputs a tensor, or a tuple of tensors.
        write_parts: writes what a bundle holds besides the whole model, compared with torch on drawn inputs.
    """

    experiment: type[Experiment]
    build_network: Callable[[Mapping[str, Any], Mapping[str, Any]], nn.Module]
    describe_interface: Callable[[Mapping[str, Any]], Interface]
    describe_charset: Callable[[Mapping[str, Any]], CharsetRecord | None] = _lack
    plain_outputs: Callable[[nn.Module, Mapping[str, Any]], nn.Module] = _keep
    write_parts: Callable[[nn.Module, Manifest, Path, Sequence[NDArray[np.float32]]], None] = _write_nothing


KINDS: dict[Kind, NetworkKind] = {
    "recognizer": NetworkKind(
        experiment=RecognizerExperiment,
        build_network=lambda table, checkpoint: recognizer.build_network(table),
        describe_interface=recognizer.describe_interface,
        plain_outputs=recognizer.make_plain,
        describe_charset=recognizer.describe_charset,
    ),
    "detector": NetworkKind(
        experiment=DetectorExperiment,
        build_network=lambda table, checkpoint: detector.build_network(table),
        describe_interface=detector.describe_interface,
    ),
    "characters": NetworkKind(
        experiment=CharacterExperiment,
        build_network=characters.build_network,
        describe_interface=characters.describe_interface,
        plain_outputs=lambda network, table: characters.PresentTables(network),
        write_parts=characters.write_cascade,
    ),
    "orientation": NetworkKind(
        experiment=OrientationExperiment,
        build_network=lambda table, checkpoint: orientation.build_network(table),
        describe_interface=orientation.describe_interface,
    ),
}
"""By the name that commands, configs and manifests use."""
