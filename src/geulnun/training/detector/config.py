"""Config of the detector: its tables, and the run that they set up."""

import functools
from dataclasses import dataclass, field
from pathlib import Path

from geulnun.synth.materials.corpus import Split
from geulnun.synth.materials.read_split import read_split
from geulnun.synth.pages import KIND_WEIGHTS, PageSource
from geulnun.training.detector.crops import CropStream
from geulnun.training.detector.task import DetectorConfig, DetectorTask, draw_pages
from geulnun.training.detector.weak.crops import WeakPictures, open_pictures
from geulnun.training.detector.weak.task import NoDrawnCrops, WeakDetectorTask, shrink_drawn_part
from geulnun.training.fit import TrainingSetup
from geulnun.training.materials import list_corpora
from geulnun.training.stored_sets import CycledPages, StoredPages
from geulnun.training.streams import VALIDATION_SEED, SourceFactory


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSourceConfig:
    """Where pages come from.

    Attributes:
        materials: folder that `scripts/materials` filled.
        corpus: folder of UTF-8 text; without one, the built-in generators write all text.
        seed: of the training pages.
        kind: the one kind of page that is drawn, such as "newsprint"; empty: all kinds, as often as each says.
        pages: data set whose pages are taken over and over instead of drawn ones: of `geulnun synth --pages`, or with
            Open-OCR-Engine's `merged_gt.pkl`.
        validation_pages: drawn from fonts and text never trained on, and fixed.
        validation_store: folder that `benchmarks/freeze.py` wrote; its pages are taken instead of drawn ones.
    """

    materials: Path = Path("materials")
    corpus: Path | None = None
    seed: int = 1
    kind: str = ""
    pages: Path | None = None
    validation_pages: int = 48
    validation_store: Path | None = None

    def __post_init__(self) -> None:
        if self.kind and self.kind not in KIND_WEIGHTS:
            raise ValueError(f"kind is {self.kind!r}; allowed are {', '.join(KIND_WEIGHTS)}, or none for all of them.")

    def train_factory(self) -> SourceFactory:
        """What makes the endless source of training pages, in a worker."""
        if self.pages is not None:
            return functools.partial(CycledPages, self.pages)
        return functools.partial(_open_pages, self, "train", self.seed)

    def validation_factory(self) -> tuple[SourceFactory, int]:
        """Pages in fonts and from text that training never sees, and how many of them are used."""
        if self.validation_store is not None:
            return functools.partial(StoredPages, self.validation_store / "pages"), self.validation_pages
        return functools.partial(_open_pages, self, "validation", VALIDATION_SEED), self.validation_pages

    def list_corpora(self) -> tuple[str, ...]:
        """The texts that samples show, with their licences."""
        return list_corpora(self.corpus)


def _open_pages(config: PageSourceConfig, split: Split, seed: int) -> PageSource:
    fonts, texts = read_split(config.materials, config.corpus, split)
    kinds = {config.kind: 1.0} if config.kind else None
    return PageSource(seed, fonts, texts, kinds=kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorExperiment:
    """A config file of the detector."""

    source: PageSourceConfig = field(default_factory=PageSourceConfig)
    training: DetectorConfig = field(default_factory=DetectorConfig)

    def set_up(self) -> TrainingSetup[DetectorTask]:
        """A run on drawn pages."""
        return set_up_detector(self.training, self.source.train_factory(), self.source.validation_factory())


def set_up_detector(
    config: DetectorConfig, source: SourceFactory, validation: tuple[SourceFactory, int]
) -> TrainingSetup[DetectorTask]:
    """A run of the detector; `validation` is a source of pages and how many of them are used."""
    truths = draw_pages(*validation, config.data.gaussian)
    if config.weak.labels is None:
        stream = CropStream(source, config.data, seed=config.run.seed)
        return TrainingSetup(task=DetectorTask(config), stream=stream, validation=truths)
    pictures = WeakPictures(config.weak, config.data, config.run.seed)
    open_pictures(pictures.pictures)
    streamed = CropStream if config.weak.drawn else NoDrawnCrops
    return TrainingSetup(
        task=WeakDetectorTask(config, pictures),
        stream=streamed(source, shrink_drawn_part(config), seed=config.run.seed),
        validation=truths,
    )
