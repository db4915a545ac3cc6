"""Interface of an exported detector: its input and outputs."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from geulnun.core.config import build_config
from geulnun.runtime.bundles.contracts import DETECTOR_INPUT, DETECTOR_OUTPUTS
from geulnun.runtime.bundles.manifest import InputSpec, OutputSpec
from geulnun.training.detector.task import FinderNetworkConfig, build_detector


def build_network(table: Mapping[str, Any]) -> nn.Module:
    """The network of a `[training.network]` table, with fresh weights."""
    return build_detector(build_config(table, FinderNetworkConfig, "network"))


def describe_interface(table: Mapping[str, Any]) -> tuple[InputSpec, tuple[OutputSpec, ...]]:
    """Pages, and their two maps."""
    return DETECTOR_INPUT, DETECTOR_OUTPUTS
