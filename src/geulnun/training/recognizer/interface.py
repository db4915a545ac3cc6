"""Interface of an exported recogniser: its input and outputs."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from geulnun.core.charset import CHARSET_V1
from geulnun.core.config import build_config
from geulnun.runtime.bundles.contracts import (
    HEAD_OUTPUTS,
    record_charset,
    specify_fixed_outputs,
    specify_fixed_strips,
    specify_strips,
)
from geulnun.runtime.bundles.manifest import CharsetRecord, InputSpec, OutputSpec
from geulnun.training.recognizer.stages.config import FOUR_STAGES, FourStageConfig, build_four_stages
from geulnun.training.recognizer.stages.network import FourStages
from geulnun.training.recognizer.stages.reader import build_reader
from geulnun.training.recognizer.task import StripNetworkConfig, build_recognizer


def read_network(table: Mapping[str, Any]) -> StripNetworkConfig | FourStageConfig:
    """The config of a `[training.network]` table."""
    if table.get("name") == FOUR_STAGES:
        return build_config(table, FourStageConfig, "network")
    return build_config(table, StripNetworkConfig, "network")


def build_network(table: Mapping[str, Any]) -> nn.Module:
    """The network of a `[training.network]` table, with fresh weights."""
    config = read_network(table)
    if isinstance(config, FourStageConfig):
        return build_four_stages(config, CHARSET_V1)
    return build_recognizer(config, CHARSET_V1.extend(config.added))


def describe_charset(table: Mapping[str, Any]) -> CharsetRecord:
    """The characters that the network of such a table reads."""
    config = read_network(table)
    return record_charset(CHARSET_V1, "" if isinstance(config, FourStageConfig) else config.added)


def describe_interface(table: Mapping[str, Any]) -> tuple[InputSpec, tuple[OutputSpec, ...]]:
    """Strips of the network's height, or of its size, and the tables of its head."""
    config = read_network(table)
    if isinstance(config, FourStageConfig):
        size = (config.height_px, config.width_px)
        outputs = specify_fixed_outputs(config.alphabet, attention=config.prediction == "attention")
        return specify_fixed_strips(*size, keep_ratio=config.keep_ratio), outputs
    return specify_strips(config.height_px), HEAD_OUTPUTS[config.head]


def make_plain(network: nn.Module, table: Mapping[str, Any]) -> nn.Module:
    """The network as ONNX can store it."""
    config = read_network(table)
    return (
        build_reader(network, config)
        if isinstance(network, FourStages) and isinstance(config, FourStageConfig)
        else network
    )
