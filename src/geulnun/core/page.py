"""One schema of a read page for truth and for prediction: Document > Page > Line > Word > Char.

Everything is immutable. `confidence=None` means truth. Text is NFC with real spaces; quads are in pixels of the
page image. JSON goes both ways and is versioned.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from geulnun.core.geometry import Quad
from geulnun.core.hangul import is_syllable
from geulnun.core.script import Script, find_script
from geulnun.errors import InputError

JSON_VERSION = 1
Orientation = Literal["horizontal", "vertical"]

_LEAST_SPACED = 3  # syllables that stand alone, in a heading that is spaced out
_MOST_LEADING = 2.2  # from line to line of a block, over their height
_LIKE_HEIGHTS = 1.4  # of the higher over the lower line
_LEAST_SHARED = 0.5  # of the shorter line's length, above or below the longer one
_OPENING, _CLOSING = "([<{（［〈《「『【", ")]>}）］〉》」』】"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One reading of a character.

    Attributes:
        text: the character.
        confidence: that it is this one.
        jamo: for a syllable, the probabilities of its initial, medial and final, each by itself.
    """

    text: str
    confidence: float
    jamo: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Char:
    """One character other than a space."""

    text: str
    quad: Quad
    confidence: float | None = None
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """Characters between two spaces. `chars` may be empty where only words are known."""

    text: str
    quad: Quad
    confidence: float | None = None
    chars: tuple[Char, ...] = ()

    @property
    def script(self) -> Script:
        """What it is written in: "hangul", "latin", "digits", "symbols", "mixed" or "unknown"."""
        return find_script(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Words that are read in one go."""

    words: tuple[Word, ...]
    quad: Quad
    confidence: float | None = None
    orientation: Orientation = "horizontal"

    @property
    def text(self) -> str:
        """The words joined by single spaces."""
        return " ".join(word.text for word in self.words)

    @property
    def joined(self) -> str | None:
        """The text of a heading that is spaced out letter by letter, without these spaces; None for other lines.

        That is a line of three or more single syllables, as "사 업 자 등 록 증". A note in brackets before or behind
        them stays apart.
        """
        texts = [word.text for word in self.words]
        start = next((i for i, text in enumerate(texts) if _is_spaced_letter(text)), len(texts))
        end = next((i for i in range(start, len(texts)) if not _is_spaced_letter(texts[i])), len(texts))
        rest = texts[:start] + texts[end:]
        if end - start < _LEAST_SPACED or any(text[0] not in _OPENING or text[-1] not in _CLOSING for text in rest):
            return None
        return " ".join([*texts[:start], "".join(texts[start:end]), *texts[end:]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The lines of one page image in reading order.

    Attributes:
        width_px: of the image, as it is.
        height_px: of the image.
        lines: their quads are in pixels of the image and start at the text's own top left, however the page lies.
        number: of the page in its document, from 1.
        rotation_deg: how far the page lies turned clockwise in its image: 0, 90, 180 or 270.
    """

    width_px: int
    height_px: int
    lines: tuple[Line, ...] = ()
    number: int = 1
    rotation_deg: int = 0

    @property
    def text(self) -> str:
        """The lines' texts, one a line."""
        return "\n".join(line.text for line in self.lines)

    @property
    def blocks(self) -> tuple[tuple[Line, ...], ...]:
        """The lines in paragraphs, headings, cells: runs of lines of like height that stand close below each other."""
        blocks: list[list[Line]] = []
        for line in self.lines:
            if blocks and _follows(blocks[-1][-1], line):
                blocks[-1].append(line)
            else:
                blocks.append([line])
        return tuple(map(tuple, blocks))

    @property
    def words(self) -> Iterator[Word]:
        """All words in reading order."""
        return (word for line in self.lines for word in line.words)

    @property
    def chars(self) -> Iterator[Char]:
        """All characters in reading order."""
        return (char for word in self.words for char in word.chars)

    def moved(self, move: Callable[[Quad], Quad], *, width_px: int, height_px: int) -> "Page":
        """This page with every quad passed through `move`, on an image of the given size."""
        lines = tuple(
            replace(
                line,
                quad=move(line.quad),
                words=tuple(
                    replace(
                        word,
                        quad=move(word.quad),
                        chars=tuple(replace(char, quad=move(char.quad)) for char in word.chars),
                    )
                    for word in line.words
                ),
            )
            for line in self.lines
        )
        return replace(self, lines=lines, width_px=width_px, height_px=height_px)

    def warped(self, matrix: NDArray[np.floating], width_px: int, height_px: int) -> "Page":
        """This page through a 3x3 homography onto an image of the given size."""
        return self.moved(lambda quad: quad.warped(matrix), width_px=width_px, height_px=height_px)

    def to_dict(self) -> dict[str, Any]:
        """This page as plain JSON types."""
        return {
            "number": self.number,
            "width_px": self.width_px,
            "height_px": self.height_px,
            "rotation_deg": self.rotation_deg,
            "text": self.text,
            "blocks": list(map(len, self.blocks)),
            "lines": [_line_to_dict(line) for line in self.lines],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Page":
        """The page of `to_dict`.

        Raises:
            InputError: a field is missing or of the wrong kind.
        """
        try:
            return cls(
                number=int(data.get("number", 1)),
                width_px=int(data["width_px"]),
                height_px=int(data["height_px"]),
                rotation_deg=int(data.get("rotation_deg", 0)),
                lines=tuple(_line_from_dict(line) for line in data["lines"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(
                f"not a geulnun page: {type(error).__name__} {error}. A page has number, width_px, height_px and "
                "lines of words; write it with Page.to_dict or Document.to_json."
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The pages of one source, in order."""

    pages: tuple[Page, ...]
    source: str | None = None

    @property
    def text(self) -> str:
        """The pages' texts with an empty line between them."""
        return "\n\n".join(page.text for page in self.pages)

    def to_json(self, indent: int | None = None) -> str:
        """This document as JSON text; Korean is written as it is."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent)

    def to_dict(self) -> dict[str, Any]:
        """This document as plain JSON types."""
        return {"version": JSON_VERSION, "source": self.source, "pages": [page.to_dict() for page in self.pages]}

    @classmethod
    def from_json(cls, text: str) -> "Document":
        """The document of `to_json`.

        Raises:
            InputError: not JSON, another version, or not a document.
        """
        try:
            data = json.loads(text)
        except ValueError as error:
            raise InputError(f"not JSON: {error}. Expected what Document.to_json writes.") from error
        if not isinstance(data, dict) or data.get("version") != JSON_VERSION or not isinstance(data.get("pages"), list):
            seen = data.get("version") if isinstance(data, dict) else type(data).__name__
            raise InputError(f"not a geulnun document: version {seen!r} where {JSON_VERSION} was expected.")
        return cls(pages=tuple(Page.from_dict(page) for page in data["pages"]), source=data.get("source"))


def _follows(above: Line, below: Line) -> bool:
    """Whether a line goes on the block whose last line is `above`; both may be tilted alike."""
    if above.orientation != "horizontal" or below.orientation != "horizontal":
        return False
    heights = sorted((above.quad.height_px, below.quad.height_px))
    along = np.array(above.quad.points[1]) - np.array(above.quad.points[0])
    along = along / max(float(np.linalg.norm(along)), 1e-9)
    across = np.array([-along[1], along[0]])
    start, end = (quad.array @ along for quad in (above.quad, below.quad))
    shared = min(start.max(), end.max()) - max(start.min(), end.min())
    step = float((below.quad.array @ across).mean() - (above.quad.array @ across).mean())
    near = 0.5 * heights[0] < step < _MOST_LEADING * heights[1]
    return near and heights[1] < _LIKE_HEIGHTS * heights[0] and shared > _LEAST_SHARED * min(np.ptp(start), np.ptp(end))


def _is_spaced_letter(text: str) -> bool:
    return len(text) == 1 and is_syllable(text)


def _known(confidence: float | None) -> dict[str, float]:
    return {} if confidence is None else {"confidence": round(confidence, 4)}


def _quad_to_list(quad: Quad) -> list[list[float]]:
    return [[round(x, 1), round(y, 1)] for x, y in quad.points]


def _line_to_dict(line: Line) -> dict[str, Any]:
    return {
        "text": line.text,
        **({} if line.joined is None else {"joined": line.joined}),
        "quad": _quad_to_list(line.quad),
        **_known(line.confidence),
        "orientation": line.orientation,
        "words": [_word_to_dict(word) for word in line.words],
    }


def _word_to_dict(word: Word) -> dict[str, Any]:
    return {
        "text": word.text,
        "quad": _quad_to_list(word.quad),
        **_known(word.confidence),
        "script": word.script,
        "chars": [_char_to_dict(char) for char in word.chars],
    }


def _char_to_dict(char: Char) -> dict[str, Any]:
    alternatives = [_alternative_to_dict(other) for other in char.alternatives]
    return {
        "text": char.text,
        "quad": _quad_to_list(char.quad),
        **_known(char.confidence),
        **({"alternatives": alternatives} if alternatives else {}),
    }


def _alternative_to_dict(other: Alternative) -> dict[str, Any]:
    jamo = {} if other.jamo is None else {"jamo": [round(each, 4) for each in other.jamo]}
    return {"text": other.text, **_known(other.confidence), **jamo}


def _alternative_from_dict(data: dict[str, Any]) -> Alternative:
    jamo = None
    if "jamo" in data:
        cho, jung, jong = map(float, data["jamo"])
        jamo = (cho, jung, jong)
    return Alternative(text=str(data["text"]), confidence=float(data["confidence"]), jamo=jamo)


def _line_from_dict(data: dict[str, Any]) -> Line:
    orientation = data.get("orientation", "horizontal")
    if orientation not in ("horizontal", "vertical"):
        raise ValueError(f"orientation {orientation!r} is neither horizontal nor vertical")
    return Line(
        quad=Quad.from_array(data["quad"]),
        confidence=data.get("confidence"),
        orientation=orientation,
        words=tuple(_word_from_dict(word) for word in data["words"]),
    )


def _word_from_dict(data: dict[str, Any]) -> Word:
    return Word(
        text=str(data["text"]),
        quad=Quad.from_array(data["quad"]),
        confidence=data.get("confidence"),
        chars=tuple(_char_from_dict(char) for char in data.get("chars", ())),
    )


def _char_from_dict(data: dict[str, Any]) -> Char:
    return Char(
        text=str(data["text"]),
        quad=Quad.from_array(data["quad"]),
        confidence=data.get("confidence"),
        alternatives=tuple(map(_alternative_from_dict, data.get("alternatives", ()))),
    )
