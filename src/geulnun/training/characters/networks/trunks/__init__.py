"""The convolutional trunks of published networks, chosen by name."""

from collections.abc import Callable

from geulnun.training.characters.networks.trunk import Trunk
from geulnun.training.characters.networks.trunks.afl import AdversarialTrunk
from geulnun.training.characters.networks.trunks.compact import CompactTrunk
from geulnun.training.characters.networks.trunks.dense import DenseTrunk
from geulnun.training.characters.networks.trunks.directmap import DirectMapTrunk
from geulnun.training.characters.networks.trunks.efficientnet import EfficientNetTrunk
from geulnun.training.characters.networks.trunks.fire import FireTrunk
from geulnun.training.characters.networks.trunks.inception_resnet import InceptionResNetTrunk
from geulnun.training.characters.networks.trunks.melnyk import MelnykTrunk
from geulnun.training.characters.networks.trunks.mobilenet import MobileNetTrunk
from geulnun.training.characters.networks.trunks.nine_layer import NineLayerTrunk
from geulnun.training.characters.networks.trunks.vgg import VggTrunk

TRUNKS: dict[str, Callable[..., Trunk]] = {
    "melnyk": MelnykTrunk,
    "fire": FireTrunk,
    "nine-layer": NineLayerTrunk,
    "directmap": DirectMapTrunk,
    "afl": AdversarialTrunk,
    "vgg": VggTrunk,
    "mobilenet": MobileNetTrunk,
    "efficientnet": EfficientNetTrunk,
    "inception-resnet": InceptionResNetTrunk,
    "compact": CompactTrunk,
    "dense": DenseTrunk,
}
DENSERAN = "denseran"
