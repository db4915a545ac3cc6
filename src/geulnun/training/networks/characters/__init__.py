"""Networks that read one character: (N, C, S, S) -> log-probability tables; a plain name chooses the trunk."""

from geulnun.training.networks.characters.afl import AdversarialTrunk
from geulnun.training.networks.characters.compact import CompactTrunk
from geulnun.training.networks.characters.directmap_net import DirectMapTrunk
from geulnun.training.networks.characters.efficientnet import EfficientNetTrunk
from geulnun.training.networks.characters.fire import FireTrunk
from geulnun.training.networks.characters.gslre import NineLayerTrunk
from geulnun.training.networks.characters.inception_resnet import InceptionResNetTrunk
from geulnun.training.networks.characters.melnyk import MelnykTrunk
from geulnun.training.networks.characters.mobilenet import MobileNetTrunk
from geulnun.training.networks.characters.trunk import Trunk
from geulnun.training.networks.characters.vgg import VggTrunk

TRUNKS: dict[str, type[Trunk]] = {
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
}
DENSERAN = "denseran"
