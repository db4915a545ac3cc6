"""Labelled pictures -> lines cut as reading cuts them, with their texts, and what is wrong with the rest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from geulnun.core import raster
from geulnun.core.geometry import Quad, enclose
from geulnun.core.image import RgbImage
from geulnun.data.sample import LabelledPicture
from geulnun.data.sources.text_files import TEXT_SUFFIX
from geulnun.errors import GeulnunError
from geulnun.evaluation.open_picture import open_picture
from geulnun.evaluation.truth_lines import TruthLine, find_truth_lines
from geulnun.reading import Engine
from geulnun.runtime.lines.find_lines import box_quad
from geulnun.runtime.recognition.strips import Strip, cut_strips
from geulnun.training.finetune.match_lines import match_lines

_INK_RATIO = 0.4  # of the strongest contrast in a picture
_LEAST_CONTRAST = 24


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OwnLine:
    """One line of a labelled picture.

    Attributes:
        image: (H, w) uint8 grey, as high as the network reads.
        text: what its label says.
        picture: which picture or page of a PDF it is of; all lines of one are either trained on or validated on.
        place: of its label, for messages.
    """

    image: NDArray[np.uint8]
    text: str
    picture: str
    place: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is left out, and why."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


@dataclass(slots=True)
class CutLines:
    """The lines of a data set.

    Attributes:
        lines: what can be used.
        problems: what is left out.
        pictures: that were looked at, usable or not.
        labelled: lines that their labels have.
        cut: lines once long ones are cut into several.
    """

    lines: list[OwnLine] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    pictures: int = 0
    labelled: int = 0
    cut: int = 0


class LineCutter:
    """Cuts the lines of labelled pictures.

    Words with quads say where lines are. Where a label has text alone, the page is read, and the lines that were read
    are matched with those of the label. A picture of a single line is cut about what was found on it, or about its
    ink if that reads more like the label.

    Args:
        engine: finds and reads lines where labels tell no places.
        height_px: of the lines.
    """

    def __init__(self, engine: Engine, height_px: int) -> None:
        self.engine, self.height_px = engine, height_px

    def cut_picture(self, picture: LabelledPicture) -> CutLines:
        """The lines of one picture; what cannot be opened or is contradictory is a problem, never an exception."""
        found = CutLines(pictures=1)
        place = picture.place or picture.name
        contradiction = find_contradiction(picture)
        if contradiction:
            found.problems.append(Problem(place, f"{contradiction} The picture is left out."))
            return found
        if not picture.text.strip():
            found.problems.append(Problem(place, "its label has no text. The picture is left out."))
            return found
        try:
            image = open_picture(picture)
        except GeulnunError as error:
            found.problems.append(Problem(place, f"{error} The picture is left out."))
            return found
        if picture.page is not None or any(word.quad is not None for word in picture.words):
            self._cut_by_quads(picture, image, found)
        else:
            self._cut_by_text(picture, image, found)
        return found

    def _cut_by_quads(self, picture: LabelledPicture, image: RgbImage, found: CutLines) -> None:
        grey = raster.to_grey(image)
        place = picture.place or picture.name
        for word in picture.words:
            if word.quad is None and word.text.strip():
                found.problems.append(Problem(place, f"the word {word.text!r} has no quad. It is left out."))
        for line in find_truth_lines(picture, grey):
            found.labelled += 1
            parts = cut_labelled_line(grey, line, self.height_px)
            found.cut += len(parts or [line])
            if parts is None:
                found.problems.append(Problem(place, f"{line.text[:40]!r} is too long to cut. It is left out."))
                continue
            found.lines += [
                OwnLine(image=strip.image, text=text, picture=name_picture(picture), place=place)
                for strip, text in parts
            ]

    def _cut_by_text(self, picture: LabelledPicture, image: RgbImage, found: CutLines) -> None:
        labels = list_label_lines(picture)
        found.labelled += len(labels)
        found.cut += len(labels)
        if len(labels) == 1:
            pairs = {0: self._find_only_line(image, labels[0][1])}
        else:
            read = self.engine.read(image).pages[0].lines
            matched = match_lines([line.text for line in read], [text for _, text in labels])
            pairs = {label: read[line].quad for label, line in matched.items()}
        grey = raster.to_grey(image)
        for number, (place, text) in enumerate(labels):
            quad = pairs.get(number)
            strips = cut_strips(grey, box_quad(quad), self.height_px) if quad is not None else []
            if len(strips) == 1:
                found.lines.append(
                    OwnLine(image=strips[0].image, text=text, picture=name_picture(picture), place=place)
                )
                continue
            why = "no line of the picture is surely this one" if quad is None else "it is too long to cut"
            message = f"{text[:40]!r} is left out: {why}. Label its words with quads, or cut the line out."
            found.problems.append(Problem(place, message))

    def _find_only_line(self, image: RgbImage, text: str) -> Quad | None:
        """Where the only line of a picture is: what is found on it, or its ink, whichever reads more like its label."""
        found = [line.quad for line in self.engine.read(image).pages[0].lines]
        candidates = [enclose(found)] if found else []
        ink = find_ink(raster.to_grey(image))
        if ink is not None:
            candidates.append(ink)
        if len(candidates) < 2:
            return candidates[0] if candidates else None
        read = self.engine.read_quads(image, candidates)
        likeness = [Levenshtein.normalized_similarity(text.replace(" ", ""), each.replace(" ", "")) for each in read]
        return candidates[likeness.index(max(likeness))]


def name_picture(picture: LabelledPicture) -> str:
    """What tells the picture, or the page of a PDF, from all others: files of two folders may have one name."""
    return f"{picture.image_path}#{picture.page_number or 1}"


def find_contradiction(picture: LabelledPicture) -> str:
    """How the text of a label and its words disagree; "" where they do not.

    Which of the two was corrected cannot be seen, and lines cut by the words would be taught what they say.
    """
    if picture.page is not None or not picture.words:
        return ""
    words = [token for word in picture.words for token in word.text.split()]
    tokens = picture.text.split()
    for token, word in zip(tokens, words, strict=False):
        if token != word:
            return f'"text" says {token!r} where "words" says {word!r}. Correct both, or drop one of them.'
    if len(tokens) != len(words):
        return f'"text" has {len(tokens)} words and "words" has {len(words)}. Correct both, or drop one of them.'
    return ""


def list_label_lines(picture: LabelledPicture) -> list[tuple[str, str]]:
    """Place and text of each line of a label; cells that a tab parts are lines of their own."""
    place = picture.place or picture.name
    numbered = place.endswith(TEXT_SUFFIX)
    return [
        (f"{place}, line {number}" if numbered else place, cell.strip())
        for number, line in enumerate(picture.text.splitlines(), 1)
        for cell in line.split("\t")
        if cell.strip()
    ]


def cut_labelled_line(grey: NDArray[np.uint8], line: TruthLine, height_px: int) -> list[tuple[Strip, str]] | None:
    """The strips of a line, with the part of its text that each shows; None where that is not sure.

    Long lines are cut into several strips, each of which knows how many characters it has.
    """
    strips = cut_strips(grey, line.box, height_px)
    if len(strips) == 1:
        return [(strips[0], line.text)]
    counts = [len(strip.centers_px) for strip in strips]
    places = [place for place, char in enumerate(line.text) if not char.isspace()]
    if sum(counts) != len(places) or 0 in counts:
        return None
    return list(zip(strips, _divide_text(line.text, places, counts), strict=True))


def _divide_text(text: str, places: Sequence[int], counts: Sequence[int]) -> Iterator[str]:
    start = 0
    for count in counts:
        inside = places[start : start + count]
        yield text[inside[0] : inside[-1] + 1]
        start += count


def find_ink(grey: NDArray[np.uint8]) -> Quad | None:
    """The box of a picture's ink, whatever differs from the commonest grey; None where nothing does."""
    contrast = np.abs(grey.astype(np.int16) - int(np.median(grey)))
    if contrast.max() < _LEAST_CONTRAST:
        return None
    inked = contrast > _INK_RATIO * contrast.max()
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    return Quad.from_xyxy(float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))
