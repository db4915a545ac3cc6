"""Interface of an exported orientation classifier: its input and outputs."""

from collections.abc import Mapping
from typing import Any

from geulnun.core.config import build_config
from geulnun.runtime.bundles.contracts import ORIENTATION_INPUT, ORIENTATION_OUTPUTS
from geulnun.runtime.bundles.manifest import InputSpec, OutputSpec
from geulnun.training.orientation.network import TurnFinder
from geulnun.training.orientation.task import OrientationNetworkConfig, build_orientation


def build_network(table: Mapping[str, Any]) -> TurnFinder:
    """The network of a `[training.network]` table, with fresh weights."""
    return build_orientation(build_config(table, OrientationNetworkConfig, "network"))


def describe_interface(table: Mapping[str, Any]) -> tuple[InputSpec, tuple[OutputSpec, ...]]:
    """Snippets, and the log-probabilities of their turns."""
    return ORIENTATION_INPUT, ORIENTATION_OUTPUTS
