"""Interface of an exported recogniser: its input and outputs."""

from collections.abc import Mapping
from typing import Any

from geulnun.core.charset import CHARSET_V1
from geulnun.core.config import build_config
from geulnun.runtime.bundles.contracts import HEAD_OUTPUTS, specify_strips
from geulnun.runtime.bundles.manifest import InputSpec, OutputSpec
from geulnun.training.recognizer.network import StripReader
from geulnun.training.recognizer.task import StripNetworkConfig, build_recognizer


def build_network(table: Mapping[str, Any]) -> StripReader:
    """The network of a `[training.network]` table, with fresh weights."""
    return build_recognizer(build_config(table, StripNetworkConfig, "network"), CHARSET_V1)


def describe_interface(table: Mapping[str, Any]) -> tuple[InputSpec, tuple[OutputSpec, ...]]:
    """Strips of the network's height, and the tables of its head."""
    config = build_config(table, StripNetworkConfig, "network")
    return specify_strips(config.height_px), HEAD_OUTPUTS[config.head]
