"""The [network] table of a character reader, and the network it builds."""

from dataclasses import dataclass
from typing import Any, Literal

from geulnun.runtime.bundles.contracts import CHAR_SIZES_PX
from geulnun.runtime.characters.classes import CharClasses, SyllableSet
from geulnun.runtime.characters.direction_maps import DIRECTIONS_PX
from geulnun.training.characters.networks.denseran import DenseRan
from geulnun.training.characters.networks.heads import CharHead, HeadKind, build_head
from geulnun.training.characters.networks.network import CharacterNet, VectorReader, build_reader
from geulnun.training.characters.networks.refinement import RefiningReader
from geulnun.training.characters.networks.trunk import Trunk
from geulnun.training.characters.networks.trunks import DENSERAN, TRUNKS


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterNetworkConfig:
    """A character reader's shape.

    Attributes:
        name: of the trunk, or "denseran".
        size_px: characters are prepared at this size.
        preparation: "grey" as it is, "tight": cut about the ink and of one contrast, or "directions": eight maps of
            32 px, made of the grey picture.
        link: pooling between trunk and head; "paper" is that of the trunk's paper. With `refine_steps`, "gwap" pools
            for the first answer, and any other takes the plain mean.
        head: "factorised" into initial, medial and final, "flat" over syllables, "joined", or "prior": factorised, and
            weighed by how often each syllable is among the training characters.
        syllables: classes of a flat table.
        bare_jamo: whether single jamo are characters too.
        joined_rank: rank of what is particular to a syllable in a joined head.
        width_ratio: of the channels of "vgg".
        dense_layers: of each block of "denseran" and "dense".
        dropout: before the head; that of the trunk's paper if not given.
        early_exit: a second reader on the trunk's early map, for a cascade.
        refine_steps: how often an attention-based GRU reads the maps again; 0 is never.
        refine_units: of that GRU.
        rivals: classes that discriminators compare the true one with in training; 0 trains no discriminators.
    """

    name: str = "melnyk"
    size_px: int = 64
    preparation: Literal["grey", "tight", "directions"] = "grey"
    link: Literal["paper", "flatten", "gap", "gwap", "gwoap"] = "paper"
    head: HeadKind = "factorised"
    syllables: SyllableSet = "ksx1001"
    bare_jamo: bool = False
    joined_rank: int = 64
    width_ratio: float = 1.0
    dense_layers: int = 16
    dropout: float | None = None
    early_exit: bool = False
    refine_steps: int = 0
    refine_units: int = 256
    rivals: int = 0

    def __post_init__(self) -> None:
        allowed = (*TRUNKS, DENSERAN)
        if self.name not in allowed:
            raise ValueError(f"network {self.name!r} is unknown; allowed are {', '.join(allowed)}.")
        if self.size_px not in CHAR_SIZES_PX:
            raise ValueError(f"size_px is {self.size_px}; allowed are {', '.join(map(str, CHAR_SIZES_PX))}.")
        if self.name == DENSERAN and (self.head != "factorised" or self.bare_jamo or self.early_exit):
            raise ValueError("denseran spells letters: head is factorised, without bare_jamo and early_exit.")
        if self.head == "prior" and (self.syllables != "all" or self.bare_jamo):
            raise ValueError('head prior weighs all 11,172 syllables: set syllables to "all", without bare_jamo.')
        if (self.name == DENSERAN or self.refine_steps) and self.rivals:
            raise ValueError("rivals compare classes of one feature vector: not with denseran or refine_steps.")

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of the network's input."""
        if self.preparation == "directions":
            return 8, DIRECTIONS_PX, DIRECTIONS_PX
        return 1, self.size_px, self.size_px

    @property
    def classes(self) -> CharClasses:
        """The characters told apart."""
        return CharClasses(syllables=self.syllables, bare_jamo=self.bare_jamo)


def build_character_network(config: CharacterNetworkConfig) -> CharacterNet | DenseRan:
    """The network with fresh weights."""
    channels, size, _ = config.input_shape
    if config.name == DENSERAN:
        return DenseRan(channels, config.dense_layers)
    trunk = build_trunk(config, channels)
    early_side, side = trunk.measure_map(channels, size)
    dropout = trunk.neck_dropout if config.dropout is None else config.dropout
    early = None
    if config.early_exit:
        link, neck, features = build_reader(
            trunk, trunk.early_channels, early_side, link="gwap", neck=(), dropout=dropout
        )
        early = VectorReader(link, neck, _build_head(config, features, trunk.head_std))
    if config.refine_steps:
        # What is fed back must carry information from the start, so this head's weights are not small.
        head = _build_head(config, config.refine_units, config.refine_units**-0.5)
        weighed = side * side if config.link == "gwap" else 0
        units, steps = config.refine_units, config.refine_steps
        again = RefiningReader(trunk.early_channels, trunk.channels, units, steps, head, weighed)
        return CharacterNet(trunk, again, early)
    pooling = trunk.link if config.link == "paper" else config.link
    link, neck, features = build_reader(trunk, trunk.channels, side, link=pooling, neck=trunk.neck, dropout=dropout)
    head = _build_head(config, features, trunk.head_std)
    return CharacterNet(trunk, VectorReader(link, neck, head), early)


def _build_head(config: CharacterNetworkConfig, features: int, std: float) -> CharHead:
    return build_head(config.head, features, config.classes, rank=config.joined_rank, std=std)


def build_trunk(config: CharacterNetworkConfig, channels: int) -> Trunk:
    """The trunk of that name."""
    options: dict[str, dict[str, Any]] = {
        "vgg": {"width_ratio": config.width_ratio},
        "dense": {"layers": config.dense_layers},
    }
    return TRUNKS[config.name](channels, **options.get(config.name, {}))
