"""What a config file of `configs/` holds: where samples come from and how a network learns from them."""

import csv
import dataclasses
import functools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from geulnun.core.random_streams import open_rng
from geulnun.data.sample import StripSample, Style
from geulnun.data.store_chars import CharStore, MixedChars
from geulnun.runtime.recognition.prepare_strip import STRIP_HEIGHT_PX
from geulnun.synth.characters.source import CharSource, Classes
from geulnun.synth.effects.effect import Damage
from geulnun.synth.materials.corpus import Corpus
from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.pages import PageSource
from geulnun.synth.strips.look import draw_look
from geulnun.synth.strips.look_parts import Bend, Colours, Margins, StripLook, Surroundings
from geulnun.synth.strips.source import StripSource, apply_look
from geulnun.synth.strips.turned import TurnedStripSource
from geulnun.training.characters.task import CharacterConfig
from geulnun.training.characters.train import train_characters
from geulnun.training.detector.task import DetectorConfig
from geulnun.training.fit import ValidationSets, train_detector, train_recognizer
from geulnun.training.orientation.task import OrientationConfig, train_orientation
from geulnun.training.recognizer.data import SourceFactory
from geulnun.training.recognizer.task import RecognizerConfig
from geulnun.training.stored_sets import StoredPages, StoredStrips

VALIDATION_SEED = 1_000_003
StripKind = Literal["natural", "clean", "uniform"]


class Experiment(Protocol):
    """A config file: a source of samples, and what learns from them."""

    source: Any
    training: Any

    def learn(self, folder: Path, *, init: Path | None = None, max_minutes: float | None = None) -> Any:
        """The task after training in the run's `folder`, going on from its last checkpoint; see `train_recognizer`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StripSourceConfig:
    """Where strips come from.

    Attributes:
        materials: folder that `scripts/materials` filled.
        corpus: folder of UTF-8 text; without one, the built-in generators write all text.
        seed: of the training samples.
        validation_strips: drawn from fonts and text never trained on, and fixed.
        validation_store: folder that `benchmarks/freeze.py` wrote; its strips are taken instead of drawn ones.
    """

    materials: Path = Path("materials")
    corpus: Path | None = None
    seed: int = 1
    validation_strips: int = 1024
    validation_store: Path | None = None

    def train_factory(self, height_px: int = STRIP_HEIGHT_PX) -> SourceFactory:
        """Makes the endless source of training strips."""
        return functools.partial(
            StripSource.read, self.seed, self.materials, self.corpus, split="train", height_px=height_px
        )

    def validation_factories(self, height_px: int = STRIP_HEIGHT_PX) -> ValidationSets:
        """The sets whose error rates are reported: half natural, a quarter clean, a quarter uniform syllables."""
        shares: dict[StripKind, int] = {"natural": 2, "clean": 1, "uniform": 1}
        return {
            kind: (self._validation_factory(kind, height_px), self.validation_strips * share // 4)
            for kind, share in shares.items()
        }

    def _validation_factory(self, kind: StripKind, height_px: int) -> SourceFactory:
        if self.validation_store is not None:
            return functools.partial(StoredStrips, self.validation_store / kind, height_px)
        return functools.partial(ValidationStrips, self, kind, height_px)


class ValidationStrips:
    """Strips in fonts and from text that training never sees.

    "natural" and "clean" strips hold text as people write it, "uniform" ones syllables drawn uniformly from all 11,172.
    Natural and uniform ones look as those trained on; clean ones are dark letters on a plain, light ground, cut as
    meant, neither bent, damaged nor crowded.
    """

    def __init__(self, config: StripSourceConfig, kind: StripKind, height_px: int = STRIP_HEIGHT_PX) -> None:
        self.source = StripSource.read(
            VALIDATION_SEED, config.materials, config.corpus, split="validation", height_px=height_px
        )
        self.kind = kind

    def draw(self, index: int) -> StripSample:
        """The strip of that number."""
        rng = open_rng(VALIDATION_SEED, index, stream="strips.validation")
        text = self.source.corpus.draw_text(rng, "syllables" if self.kind == "uniform" else "natural")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognizerExperiment:
    """A config file of the recogniser."""

    source: StripSourceConfig = field(default_factory=StripSourceConfig)
    training: RecognizerConfig = field(default_factory=RecognizerConfig)

    def learn(self, folder: Path, *, init: Path | None = None, max_minutes: float | None = None) -> Any:
        """Trains the recogniser on strips of its own height."""
        height_px = self.training.network.height_px
        strips, validation = self.source.train_factory(height_px), self.source.validation_factories(height_px)
        return train_recognizer(self.training, strips, validation, folder, init=init, max_minutes=max_minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSourceConfig:
    """Where pages come from; see `StripSourceConfig`."""

    materials: Path = Path("materials")
    corpus: Path | None = None
    seed: int = 1
    validation_pages: int = 48
    validation_store: Path | None = None

    def train_factory(self) -> SourceFactory:
        """Makes the endless source of training pages."""
        return functools.partial(_open_pages, self, "train", self.seed)

    def validation_factory(self) -> tuple[SourceFactory, int]:
        """Pages in fonts and from text that training never sees, and how many of them are looked at."""
        if self.validation_store is not None:
            return functools.partial(StoredPages, self.validation_store / "pages"), self.validation_pages
        return functools.partial(_open_pages, self, "validation", VALIDATION_SEED), self.validation_pages


def _open_pages(config: PageSourceConfig, split: Literal["train", "validation"], seed: int) -> PageSource:
    fonts = FontLibrary.read(config.materials).split(split)
    return PageSource(seed, fonts, Corpus.read(config.corpus, split=split))


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorExperiment:
    """A config file of the detector."""

    source: PageSourceConfig = field(default_factory=PageSourceConfig)
    training: DetectorConfig = field(default_factory=DetectorConfig)

    def learn(self, folder: Path, *, init: Path | None = None, max_minutes: float | None = None) -> Any:
        """Trains the detector."""
        pages, validation = self.source.train_factory(), self.source.validation_factory()
        return train_detector(self.training, pages, validation, folder, init=init, max_minutes=max_minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class CharSourceConfig:
    """Where single characters come from.

    Attributes:
        materials: folder that `scripts/materials` filled.
        jamo: folder of pictures of handwritten letters to put syllables together from, if there is one.
        seed: of the training samples.
        size_px: side of the drawn pictures; 0 draws it too.
        classes: "ksx1001" draws its 2,350 syllables, "all" all 11,172.
        common_share: of "all", the share that is drawn from KS X 1001's in training.
        corpus: folder of UTF-8 text; without one, the built-in generators write all text.
        text_share: share of training characters that are taken out of text, as frequent as they are there.
        styles: "printed", "handwritten" or both, in equal shares.
        real: store of real characters, as `geulnun chars store` writes it, to mix into training.
        real_share: how many of those learned from are real.
        validation_chars: of each style, clean and as in training, drawn from fonts never trained on, and fixed.
    """

    materials: Path = Path("materials")
    jamo: Path | None = None
    seed: int = 1
    size_px: int = 64
    classes: Classes = "ksx1001"
    common_share: float = 0.0
    corpus: Path | None = None
    text_share: float = 0.0
    styles: tuple[Style, ...] = ("printed", "handwritten")
    real: Path | None = None
    real_share: float = 0.5
    validation_chars: int = 2048

    def train_factory(self) -> SourceFactory:
        """Makes the endless source of training characters."""
        drawn = self._factory(self.seed, "train", self.styles)
        if self.real is None:
            return drawn
        return functools.partial(_mix_chars, drawn, self.real, self.real_share, self.seed)

    def validation_factories(self) -> ValidationSets:
        """Two sets for each style, whatever styles are trained on: as training draws them, and clean."""
        styles: tuple[Style, ...] = ("printed", "handwritten")
        return {
            f"{style}{'-clean' if clean else ''}": (
                self._factory(VALIDATION_SEED, "validation", (style,), clean=clean),
                self.validation_chars,
            )
            for style in styles
            for clean in (False, True)
        }

    def _factory(
        self, seed: int, split: str, styles: tuple[Style, ...], *, clean: bool = False
    ) -> Callable[[], CharSource]:
        return functools.partial(
            CharSource.read,
            seed,
            self.materials,
            split=split,
            size_px=self.size_px or None,
            classes=self.classes,
            styles=styles,
            jamo_folder=self.jamo,
            common_share=self.common_share if split == "train" else 0.0,
            corpus=self.corpus,
            text_share=self.text_share if split == "train" else 0.0,
            clean=clean,
        )


def _mix_chars(drawn: Callable[[], CharSource], store: Path, share: float, seed: int) -> MixedChars:
    return MixedChars(drawn(), CharStore(store, seed=seed), share)


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterExperiment:
    """A config file of the reader of characters."""

    source: CharSourceConfig = field(default_factory=CharSourceConfig)
    training: CharacterConfig = field(default_factory=CharacterConfig)

    def learn(self, folder: Path, *, init: Path | None = None, max_minutes: float | None = None) -> Any:
        """Trains the reader of characters."""
        chars, validation = self.source.train_factory(), self.source.validation_factories()
        return train_characters(self.training, chars, validation, folder, init=init, max_minutes=max_minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnSourceConfig:
    """Where lines come from for learning which way up they are; see `StripSourceConfig`.

    Attributes:
        materials: folder that `scripts/materials` filled.
        corpus: folder of UTF-8 text; without one, the built-in generators write all text.
        seed: of the training lines.
        column_share: how many of them are columns of characters.
        validation_lines: drawn from fonts and text never trained on, and fixed.
    """

    materials: Path = Path("materials")
    corpus: Path | None = None
    seed: int = 1
    column_share: float = 0.35
    validation_lines: int = 1024

    def train_factory(self) -> SourceFactory:
        """Makes the endless source of training lines."""
        return self._factory(self.seed, "train", self.column_share)

    def validation_factories(self) -> ValidationSets:
        """Half any text, a quarter lines of six characters or more, a quarter columns of as many."""
        count, draw = self.validation_lines // 4, self._factory
        return {
            "any text": (draw(VALIDATION_SEED, "validation", self.column_share), 2 * count),
            "lines of 6 characters or more": (draw(VALIDATION_SEED + 1, "validation", 0.0, 6), count),
            "columns of 6 characters or more": (draw(VALIDATION_SEED + 2, "validation", 1.0, 6), count),
        }

    def _factory(self, seed: int, split: str, column_share: float, least_chars: int = 1) -> SourceFactory:
        return functools.partial(
            TurnedStripSource.read,
            seed,
            self.materials,
            self.corpus,
            split=split,
            column_share=column_share,
            least_chars=least_chars,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrientationExperiment:
    """A config file of the orientation network."""

    source: TurnSourceConfig = field(default_factory=TurnSourceConfig)
    training: OrientationConfig = field(default_factory=OrientationConfig)

    def learn(self, folder: Path, *, init: Path | None = None, max_minutes: float | None = None) -> Any:
        """Trains what sees which way up text is."""
        lines, validation = self.source.train_factory(), self.source.validation_factories()
        return train_orientation(self.training, lines, validation, folder, init=init, max_minutes=max_minutes)


def list_materials(
    source: StripSourceConfig | PageSourceConfig | CharSourceConfig | TurnSourceConfig,
) -> dict[str, tuple[str, ...]]:
    """The fonts, corpora and backgrounds of a source with their licences, for the provenance of weights."""
    if isinstance(source, CharSourceConfig):
        corpora = (
            *(list_corpora(source.corpus) if source.text_share else ()),
            *((f"pictures of letters: {source.jamo.name}",) if source.jamo else ()),
            *((f"real characters: {source.real.name}",) if source.real else ()),
        )
    else:
        corpora = list_corpora(source.corpus)
    return {
        "fonts": _list_fonts(source.materials),
        "corpora": corpora,
        "backgrounds": _list_backgrounds(source.materials),
    }


def _list_fonts(materials: Path) -> tuple[str, ...]:
    """Families of the training split."""
    listing = materials / "fonts.json"
    if not listing.is_file():
        return ()
    records = json.loads(listing.read_text(encoding="utf-8"))
    return tuple(sorted({f"{r['family']} ({r['licence']})" for r in records if r["split"] == "train"}))


def list_corpora(folder: Path | None) -> tuple[str, ...]:
    """Files of the corpus; their licences and sources where the folder has a LICENSES.tsv of them."""
    if folder is None:
        return ("built-in generators",)
    table = folder / "LICENSES.tsv"
    rows: dict[str, dict[str, str]] = {}
    if table.is_file():
        with table.open(encoding="utf-8", newline="") as file:
            rows = {row["file"]: row for row in csv.DictReader(file, delimiter="\t") if row.get("file")}
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.txt"))
    cited = (
        f"{name} ({rows[name].get('licence', '')}; {rows[name].get('source', '')})" if name in rows else name
        for name in names
    )
    return ("built-in generators", *cited)


def _list_backgrounds(materials: Path) -> tuple[str, ...]:
    """Packages the photographs come from: the part of their names before the double hyphen."""
    photos = (materials / "backgrounds").glob("*.jpg")
    return tuple(sorted({f"Debian {photo.name.partition('--')[0]}" for photo in photos}))
