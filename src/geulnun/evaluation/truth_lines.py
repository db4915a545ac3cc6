"""The truth's lines as boxes that are cut into strips just as the lines that reading finds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from geulnun.core.arrays import Floats, GreyImage
from geulnun.core.geometry import Quad, cut_quad, enclose
from geulnun.core.hangul import is_syllable
from geulnun.core.page import Line, Page, Word
from geulnun.data.sample import LabelledPicture, LabelledWord
from geulnun.runtime.detection.find_words import FoundWord
from geulnun.runtime.lines.find_lines import LineBox

MAX_GAP_RATIO = 1.5  # of the line's height: wider gaps divide a line of labels, as columns of a table
CURVED_RATIO = 0.08  # of the line's height: characters further off the chord make a curved line
INK_RATIO = 0.4  # of the strongest contrast in a box
MIN_SYLLABLES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthLine:
    """A line, where it is and what it says."""

    box: LineBox
    text: str


def find_truth_lines(picture: LabelledPicture, grey: GreyImage) -> list[TruthLine]:
    """The lines whose places the truth tells; none where it tells no places.

    A page of the project's own knows its lines. Other labels know words only: those of a line of the text that stand
    close together make a line. Boxes of such labels often follow the font's ascent and descent; the median share of
    their height that Hangul fills is taken for the line's height, which is what reading cuts by. Boxes without a pixel
    of height or width are left out.

    Args:
        picture: its labels.
        grey: its pixels, (H, W).
    """
    if picture.page is not None:
        return [_build_line(line) for line in _list_page_lines(picture.page)]
    lines = [_build_line(line) for line in _group_words(picture)]
    share = _measure_ink_share(lines, grey)
    return [replace(line, box=_tighten(line.box, share)) for line in lines]


def _list_page_lines(page: Page) -> Iterator[Line]:
    return (line for line in page.lines if line.text.strip() and not line.quad.is_flat)


def _group_words(picture: LabelledPicture) -> Iterator[Line]:
    """Words with boxes as lines: those that share a line of the text, while the gaps between them are small."""
    rest = list(picture.words)
    tokens = [line.split() for line in picture.text.splitlines()]
    if [token for line in tokens for token in line] != [word.text for word in rest]:
        tokens = [[word.text] for word in rest]  # the text does not tell which words make a line
    for line in tokens:
        words, rest = rest[: len(line)], rest[len(line) :]
        chain: list[Word] = []
        for word in _list_boxed(words):
            if chain and not _follows(chain[-1].quad, word.quad):
                yield Line(words=tuple(chain), quad=enclose(each.quad for each in chain))
                chain = []
            chain.append(word)
        if chain:
            yield Line(words=tuple(chain), quad=enclose(each.quad for each in chain))


def _list_boxed(words: Sequence[LabelledWord]) -> Iterator[Word]:
    for word in words:
        if word.quad is not None and word.text.strip() and not word.quad.is_flat:
            yield Word(text=word.text, quad=word.quad)


def _follows(before: Quad, after: Quad) -> bool:
    """Whether a word stands beside another, a small gap to its right."""
    end, start = np.array(before.points[1:3]).mean(axis=0), np.array(after.points[0::3]).mean(axis=0)
    along = np.array(before.points[1]) - np.array(before.points[0])
    along = along / max(float(np.linalg.norm(along)), 1e-9)
    step = start - end
    gap, shift = float(step @ along), float(abs(step[0] * along[1] - step[1] * along[0]))
    return -0.5 <= gap / max(before.height_px, 1e-9) <= MAX_GAP_RATIO and shift <= 0.5 * before.height_px


def _build_line(line: Line) -> TruthLine:
    words = tuple(_build_word(word, line) for word in line.words)
    top, bottom = _find_rails(line)
    size = float(np.linalg.norm(bottom - top, axis=1).mean())
    box = LineBox(words=words, top=top, bottom=bottom, size_px=size, orientation=line.orientation)
    return TruthLine(box=box, text=line.text)


def _build_word(word: Word, line: Line) -> FoundWord:
    """The word as the detector would give it; without characters in the truth they are taken to be evenly spaced."""
    vertical = line.orientation == "vertical"
    if word.chars:
        centers = np.array([char.quad.center for char in word.chars])
        sizes = np.array([char.quad.width_px if vertical else char.quad.height_px for char in word.chars])
    else:
        count = max(len(word.text), 1)
        corners = word.quad.array
        start, end = (corners[[0, 1]], corners[[3, 2]]) if vertical else (corners[[0, 3]], corners[[1, 2]])
        shares = (np.arange(count)[:, None] + 0.5) / count
        centers = start.mean(axis=0) + shares * (end.mean(axis=0) - start.mean(axis=0))
        sizes = np.full(count, word.quad.width_px if vertical else word.quad.height_px)
    return FoundWord(
        quad=word.quad,
        score=1.0,
        char_centers=centers,
        char_sizes_px=sizes,
        char_size_px=float(np.median(sizes)),
        vertical=vertical,
    )


def _find_rails(line: Line) -> tuple[Floats, Floats]:
    """The top and bottom rails, (M, 2) each; M is 2 unless the line is curved."""
    a, b, c, d = line.quad.array
    if line.orientation == "vertical":
        return np.stack([b, c]), np.stack([a, d])
    quads = np.array([char.quad.points for word in line.words for char in word.chars])
    if len(quads) >= 3 and _measure_bend(quads.mean(axis=1)) > CURVED_RATIO * line.quad.height_px:
        top = np.concatenate([quads[:1, 0], (quads[:, 0] + quads[:, 1]) / 2, quads[-1:, 1]])
        bottom = np.concatenate([quads[:1, 3], (quads[:, 3] + quads[:, 2]) / 2, quads[-1:, 2]])
        return top, bottom
    return np.stack([a, b]), np.stack([d, c])


def _measure_bend(centers: Floats) -> float:
    """How far the characters' centres lie off the chord from the first to the last."""
    chord = centers[-1] - centers[0]
    normal = np.array([-chord[1], chord[0]]) / max(float(np.linalg.norm(chord)), 1e-9)
    return float(np.abs((centers - centers[0]) @ normal).max())


def _measure_ink_share(lines: Sequence[TruthLine], grey: GreyImage) -> tuple[float, float]:
    """Where in their boxes' height lines of Hangul start and end, 0..1; all of it where none can tell."""
    shares = [
        share
        for line in lines
        if sum(map(is_syllable, line.text)) >= MIN_SYLLABLES and (share := _find_ink(grey, line.box)) is not None
    ]
    if not shares:
        return 0.0, 1.0
    upper, lower = np.median(shares, axis=0)
    return float(upper), float(lower)


def _find_ink(grey: GreyImage, box: LineBox) -> tuple[float, float] | None:
    """The first and the last row of a box with ink, over its height."""
    height = max(8, round(box.size_px))
    crop = cut_quad(grey, box.quad, height).astype(np.float32)
    contrast = np.abs(crop - np.median(crop))
    rows = np.flatnonzero((contrast > INK_RATIO * contrast.max()).any(axis=1))
    return (rows[0] / height, (rows[-1] + 1) / height) if contrast.max() > 32 and len(rows) else None


def _tighten(box: LineBox, share: tuple[float, float]) -> LineBox:
    across = box.bottom - box.top
    top, bottom = box.top + share[0] * across, box.top + share[1] * across
    return replace(box, top=top, bottom=bottom, size_px=box.size_px * (share[1] - share[0]))
