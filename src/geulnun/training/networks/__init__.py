"""Tensor -> tensor, nothing else; a plain name chooses the class."""

from torch import nn

from geulnun.training.networks.detector import TextFinder
from geulnun.training.networks.recognizer import StripReader

RECOGNIZERS: dict[str, type[nn.Module]] = {"strip-reader": StripReader}
DETECTORS: dict[str, type[nn.Module]] = {"text-finder": TextFinder}
