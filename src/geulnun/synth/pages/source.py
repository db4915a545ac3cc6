"""Pages by number: the same seed and index give the same picture and truth, in every process."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from geulnun.core.random_streams import open_rng
from geulnun.data.sample import Sample
from geulnun.errors import UsageError
from geulnun.synth.materials.corpus import Corpus
from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.photos import Photos
from geulnun.synth.pages.kinds import KINDS
from geulnun.synth.pages.truth import build_page
from geulnun.synth.pages.wording import Wording

KIND_WEIGHTS: dict[str, float] = {name: kind.weight for name, kind in KINDS.items()}
"""How often each kind of page is drawn; forms and documents include the tables."""


class PageSource:
    """Page samples for training and evaluation. Pickles to what it was made from; photographs are opened when drawn."""

    def __init__(
        self,
        seed: int,
        fonts: FontLibrary,
        corpus: Corpus,
        photos_folder: Path | str | None = None,
        kinds: Mapping[str, float] | None = None,
    ) -> None:
        """The source of one seed.

        Args:
            seed: of the whole source.
            fonts: the split to draw with, `FontLibrary.read(folder).split("train")`.
            corpus: the split to take text from.
            photos_folder: photographs; those beside the fonts unless given.
            kinds: how often each kind is drawn, `KIND_WEIGHTS` unless given; any of its keys.

        Raises:
            UsageError: a kind that is not known, or weights that are negative or all zero.
        """
        self.seed = seed
        self.fonts = fonts
        self.corpus = corpus
        self.photos = Photos.beside(fonts.folder) if photos_folder is None else Photos(photos_folder)
        self.kinds = dict(kinds or KIND_WEIGHTS)
        _check_kinds(self.kinds)
        self._names = tuple(self.kinds)
        self._steps = np.cumsum(list(self.kinds.values())) / sum(self.kinds.values())

    def __reduce__(self) -> tuple[type["PageSource"], tuple[object, ...]]:
        return PageSource, (self.seed, self.fonts, self.corpus, self.photos.folder, self.kinds)

    def draw(self, index: int) -> Sample:
        """The page of that number, 0 and up."""
        rng = open_rng(self.seed, index, stream="pages")
        kind = self._names[min(int(np.searchsorted(self._steps, rng.random(), side="right")), len(self._names) - 1)]
        wording = Wording(self.corpus, rng)
        drawing = KINDS[kind].draw(rng, self.fonts, wording, self.photos)
        drawing = KINDS[kind].finish(rng, drawing, self.photos)
        return Sample(image=drawing.image, page=build_page(drawing), kind=kind, name=f"{kind}-{self.seed}-{index}")


def _check_kinds(kinds: Mapping[str, float]) -> None:
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise UsageError(f'There is no kind of page "{unknown[0]}". Take any of: {", ".join(KINDS)}.')
    if min(kinds.values(), default=0) < 0 or sum(kinds.values()) <= 0:
        raise UsageError(f"The weights of pages are {dict(kinds)}; they must be 0 or more and not all 0.")
