"""Pages and lines that lie turned, with a network that is told what to say."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest

from geulnun.core.geometry import Quad, measure_iou
from geulnun.core.page import Line, Page, Word
from geulnun.errors import UsageError
from geulnun.runtime.detection.find_words import FoundWord, find_words
from geulnun.runtime.lines.find_lines import LineBox, box_quad, find_lines
from geulnun.runtime.lines.orientation import (
    SNIPPET_HEIGHT_PX,
    SNIPPET_WIDTH_PX,
    TURNS_DEG,
    Orienter,
    batch_snippets,
    prepare_snippet,
    turn_box,
    turn_page_back,
    turn_upright,
)
from geulnun.runtime.options import ReadOptions
from geulnun.runtime.recognition.strips import cut_strips

QUARTERS = TURNS_DEG[1:]
SIZE = (400, 300)


class MarkSession:
    """Sees how letters are turned that have a dark mark in their own top left corner."""

    backend = "fake"

    def __init__(self, certainty: float = 0.97) -> None:
        self.certainty = certainty
        self.batches: list[int] = []

    def run(self, array: np.ndarray) -> list[np.ndarray]:
        self.batches.append(len(array))
        dark = (array[:, 0] < -0.5)[:, :, :SNIPPET_HEIGHT_PX]
        half = SNIPPET_HEIGHT_PX // 2
        corners = [dark[:, :half, :half], dark[:, :half, half:], dark[:, half:, half:], dark[:, half:, :half]]
        best = np.stack([corner.mean(axis=(1, 2)) for corner in corners], axis=1).argmax(axis=1)
        scores = np.full((len(array), 4), np.log((1 - self.certainty) / 3), np.float32)
        scores[np.arange(len(array)), best] = np.log(self.certainty)
        return [scores]


def draw_marks(words: Sequence[Sequence[Quad]], turn_deg: int = 0) -> np.ndarray:
    """A grey page of light squares, each with a mark in the corner that is its top left when so turned."""
    page = np.full(SIZE[::-1], 255, np.uint8)
    for quad in (quad for word in words for quad in word):
        corners = np.roll(quad.array, -turn_deg // 90, axis=0)
        cv2.fillPoly(page, [np.round(corners).astype(np.int32)], 200)
        mark = corners[0] + 0.45 * (corners[[0, 1, 2, 3]] - corners[0])
        cv2.fillPoly(page, [np.round(mark).astype(np.int32)], 0)
    return page


def stack_words(count: int, x: float, y: float, size_px: float) -> list[Quad]:
    return [Quad.from_xyxy(x, y + k * size_px, x + size_px, y + (k + 1) * size_px) for k in range(count)]


@pytest.fixture
def find(paint_maps) -> Callable[..., list[FoundWord]]:
    return lambda words: find_words(paint_maps(words, *SIZE))


def test_short_snippets_are_repeated_and_long_ones_cut() -> None:
    strip = np.tile(np.arange(0, 240, 5, dtype=np.uint8), (48, 1))
    snippet = prepare_snippet(strip)
    assert snippet.shape == (SNIPPET_HEIGHT_PX, SNIPPET_WIDTH_PX)
    assert np.array_equal(snippet[:, :24], snippet[:, 24:48])
    long = np.zeros((24, 500), np.uint8)
    long[:, 160:] = 255
    assert prepare_snippet(long).max() == 0
    batch = batch_snippets([snippet, snippet])
    assert batch.shape == (2, 1, 24, 160) and batch.dtype == np.float32 and -1 <= batch.min() <= batch.max() <= 1


@pytest.mark.parametrize("turn_deg", TURNS_DEG)
def test_words_in_rows_and_columns_say_how_letters_lie(find, set_words, turn_deg) -> None:
    words = [*set_words([4, 3], 40, 60, 26), stack_words(4, 300, 60, 26)]
    found = find(words)
    assert sorted(word.vertical for word in found) == [False, False, True]
    session = MarkSession()
    turns = Orienter(session).find_page_turns(draw_marks(words, turn_deg), found)
    assert (turns, session.batches) == ([turn_deg] if turn_deg else [], [3])


def test_a_page_stays_as_it_is_unless_its_words_are_sure(find, set_words) -> None:
    words = set_words([4, 3, 3], 40, 60, 26)
    page, found = draw_marks(words, 180), find(words)
    assert Orienter(MarkSession(0.97)).find_page_turns(page, found) == [180]
    assert Orienter(MarkSession(0.3)).find_page_turns(page, found) == []
    assert Orienter(MarkSession(0.4)).find_page_turns(page, found[:1]) == []
    assert Orienter(MarkSession()).find_page_turns(page, []) == []


def test_two_ways_that_are_as_likely_are_both_told(find, set_words) -> None:
    words = [*set_words([4], 40, 40, 26), *set_words([4], 40, 90, 26), stack_words(4, 300, 60, 26)]
    turns = [90, 270, 90]
    pages = [draw_marks([word], turn) for word, turn in zip(words, turns, strict=True)]
    page = np.minimum.reduce(pages)
    assert Orienter(MarkSession()).find_page_turns(page, find(words)) == [90]
    assert sorted(Orienter(MarkSession()).find_page_turns(page, find(words[:2]))) == [90, 270]


def test_long_words_say_more_than_short_ones(find, set_words) -> None:
    lines = [*set_words([7], 40, 40, 26), *set_words([2, 2], 40, 90, 26)]
    page = np.minimum(draw_marks(lines[:1], 180), draw_marks(lines[1:], 0))
    assert Orienter(MarkSession()).find_page_turns(page, find(lines)) == [180]


def test_surer_words_say_more_than_longer_ones_that_look_like_windows(find, set_words) -> None:
    lines = [*set_words([8], 40, 40, 26), *set_words([4], 40, 90, 26)]
    page = np.minimum(draw_marks(lines[:1], 180), draw_marks(lines[1:], 0))
    windows, text = sorted(find(lines), key=lambda word: -len(word.char_centers))
    found = [replace(windows, score=0.6), replace(text, score=0.95)]
    assert Orienter(MarkSession()).find_page_turns(page, found) == []


def test_of_many_words_the_longest_few_are_asked(find, set_words) -> None:
    words = [word for y in (20, 60, 100, 140, 180) for word in set_words([2, 2, 2, 2, 2], 20, y, 16)]
    session = MarkSession()
    Orienter(session).find_page_turns(draw_marks(words), find(words))
    assert len(words) == 25 and session.batches == [16]


@pytest.mark.parametrize("turn_deg", TURNS_DEG)
def test_turning_a_page_there_and_back(turn_deg) -> None:
    upright = np.zeros((200, 300, 3), np.uint8)
    upright[50:70, 100:160] = 255
    image = np.ascontiguousarray(np.rot90(upright, -turn_deg // 90))
    assert np.array_equal(turn_upright(image, turn_deg), upright)
    quad = Quad.from_xyxy(100, 50, 160, 70)
    page = Page(width_px=300, height_px=200, lines=(Line(words=(Word(text="가", quad=quad),), quad=quad),), number=7)
    back = turn_page_back(page, turn_deg)
    assert (back.width_px, back.height_px, back.number) == (image.shape[1], image.shape[0], 7)
    assert back.rotation_deg == turn_deg
    (line,) = back.lines
    left, top, right, bottom = map(round, line.quad.xyxy)
    assert (image[top:bottom, left:right] == 255).all() and (image == 255).sum() == 3 * 60 * 20
    assert line.quad.angle_deg % 360 == pytest.approx(turn_deg)
    assert line.quad.width_px == pytest.approx(60)
    assert line.words[0].quad == line.quad


def turn_line(words: Sequence[Sequence[Quad]], turn_deg: int) -> tuple[np.ndarray, list[list[Quad]]]:
    """A page with a line of blocks 40, 48, 56 ... turned about the page's middle, and where its blocks are then."""
    page = np.full((400, 400), 255, np.uint8)
    for number, quad in enumerate(quad for word in words for quad in word):
        left, top, right, bottom = (round(value) for value in quad.xyxy)
        page[top:bottom, left:right] = 40 + 8 * number
    upright = Page(
        width_px=400,
        height_px=400,
        lines=tuple(Line(words=(Word(text="가", quad=quad),), quad=quad) for word in words for quad in word),
    )
    quads = iter([line.quad for line in turn_page_back(upright, turn_deg).lines])
    return np.ascontiguousarray(np.rot90(page, -turn_deg // 90)), [[next(quads) for _ in word] for word in words]


@pytest.mark.parametrize("turn_deg", QUARTERS)
def test_turned_lines_are_cut_as_they_are_read(paint_maps, set_words, turn_deg) -> None:
    words = set_words([5, 3], 60, 180, 28, gap_ratio=0.5)
    page, turned = turn_line(words, turn_deg)
    # The detector does not know which way up letters are: to it they are rows and columns.
    upright = [[Quad.from_xyxy(*quad.xyxy) for quad in word] for word in turned]
    seen = [word[::-1] if turn_deg in (180, 270) else word for word in upright]
    (box,) = find_lines(find_words(paint_maps(seen, 400, 400)))
    assert box.orientation == ("vertical" if turn_deg % 180 else "horizontal")
    line = turn_box(box, turn_deg)
    assert line is not None and line.orientation == "horizontal"
    (strip,) = cut_strips(page, line)
    greys = [int(strip.image[16, int(center)]) for center in strip.centers_px]
    assert greys == pytest.approx([40 + 8 * number for number in range(8)], abs=6)
    first = strip.locate(strip.centers_px[:1] - 13, strip.centers_px[:1] + 13)[0]
    assert measure_iou(first, turned[0][0]) > 0.6
    assert first.angle_deg % 360 == pytest.approx(turn_deg, abs=1)
    assert line.quad.angle_deg % 360 == pytest.approx(turn_deg, abs=1)


def test_some_turns_are_none_that_lines_have() -> None:
    row, column = box_quad(Quad.from_xyxy(0, 0, 90, 20)), box_quad(Quad.from_xyxy(0, 0, 20, 90))
    assert [turn_box(row, turn) is not None for turn in TURNS_DEG] == [False, False, True, False]
    assert [turn_box(column, turn) is not None for turn in TURNS_DEG] == [False, True, False, True]


def test_lines_are_turned_only_where_it_is_fairly_sure(set_words) -> None:
    words = [set_words([4], 40, 60, 26), set_words([4], 40, 120, 26)]
    page = np.minimum(draw_marks(words[0], 0), draw_marks(words[1], 180))
    quads = [Quad.from_xyxy(*word[0][0].xyxy[:2], *word[0][-1].xyxy[2:]) for word in words]
    assert Orienter(MarkSession(0.97)).find_turns(page, quads, [False, False]) == [0, 180]
    assert Orienter(MarkSession(0.5)).find_turns(page, quads, [False, False]) == [0, 0]
    assert Orienter(MarkSession()).find_turns(page, [], []) == []


@pytest.mark.parametrize("orientation", [45, "90", True, None])
def test_other_orientations_are_refused(orientation) -> None:
    with pytest.raises(UsageError, match="allowed are auto, 0, 90, 180, 270"):
        ReadOptions(orientation=orientation)


def test_a_turned_line_keeps_its_words() -> None:
    box = box_quad(Quad.from_xyxy(0, 0, 90, 20))
    turned = turn_box(box, 180)
    assert isinstance(turned, LineBox)
    assert np.array_equal(turned.words[0].char_centers, box.words[0].char_centers[::-1])
