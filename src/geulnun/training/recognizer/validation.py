"""The recogniser's validation strips: in fonts and from texts that training never uses."""

import dataclasses
from pathlib import Path
from typing import Literal

from geulnun.core.random_streams import open_rng
from geulnun.data.sample import StripSample
from geulnun.runtime.recognition.prepare_strip import STRIP_HEIGHT_PX
from geulnun.synth.effects.effect import Damage
from geulnun.synth.strips.look import draw_look
from geulnun.synth.strips.look_parts import Bend, Colours, Margins, StripLook, Surroundings
from geulnun.synth.strips.shorten import shorten_text
from geulnun.synth.strips.source import StripSource, apply_look
from geulnun.training.streams import VALIDATION_SEED

StripKind = Literal["natural", "clean", "uniform"]


class ValidationStrips:
    """Strips of one kind, in fonts and from texts that training never uses.

    "natural" and "clean" strips hold text as people write it, "uniform" ones syllables drawn uniformly from all 11,172.
    Natural and uniform ones look like training strips; clean ones are dark letters on a plain, light ground: not bent,
    damaged or crowded, and cut where they should be.

    Args:
        kind: of the strips.
        materials: folder that `scripts/materials` filled.
        corpus: folder of UTF-8 text; None draws all text with the built-in generators.
        height_px: of the strips.
        longest_text: characters of a text; 0 leaves texts as long as they are.
    """

    def __init__(
        self,
        kind: StripKind,
        materials: Path,
        corpus: Path | None,
        height_px: int = STRIP_HEIGHT_PX,
        *,
        longest_text: int = 0,
    ) -> None:
        self.source = StripSource.read(VALIDATION_SEED, materials, corpus, split="validation", height_px=height_px)
        self.kind, self.longest_text = kind, longest_text

    def draw(self, index: int) -> StripSample:
        """The strip of that number."""
        rng = open_rng(VALIDATION_SEED, index, stream="strips.validation")
        text = self.source.corpus.draw_text(rng, "syllables" if self.kind == "uniform" else "natural")
        text = shorten_text(rng, text, self.longest_text)
        look = draw_look(rng, text, self.source.fonts)
        if self.kind == "clean":
            look = clean_look(look)
        return apply_look(text, look, self.source.fonts, self.source.photos, self.source.height_px)


def clean_look(look: StripLook) -> StripLook:
    """The same face, size and spacing with nothing in the way of reading."""
    return dataclasses.replace(
        look,
        scene="clean",
        setting=dataclasses.replace(look.setting, slant=0.0, wide_gap=None),
        margins=Margins(top=0.085, bottom=0.085, left=0.25, right=0.25),
        bend=Bend(),
        colours=Colours(ink=20.0, paper=245.0),
        ground="plain",
        ground_strength=0.0,
        surroundings=Surroundings(),
        damage=Damage(),
        accent=None,
        panel=None,
        icon=None,
        stamp=None,
    )
