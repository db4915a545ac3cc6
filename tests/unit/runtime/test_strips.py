import cv2
import numpy as np
import pytest

from geulnun.core.geometry import Quad, enclose, measure_iou
from geulnun.runtime.detection.find_words import FoundWord, find_words
from geulnun.runtime.lines.find_lines import LineBox, find_lines
from geulnun.runtime.recognition.strips import MAX_STRIP_WIDTH_PX, Strip, cut_strips


def draw_cells(words: list[list[Quad]], width_px: int, height_px: int) -> np.ndarray:
    """A page on which the n-th character is a block of grey 40 + 8 n on white."""
    page = np.full((height_px, width_px), 255, np.uint8)
    for number, quad in enumerate(q for word in words for q in word):
        cv2.fillPoly(page, [np.round(quad.array * 16).astype(np.int32)], 40 + 8 * number, cv2.LINE_AA, shift=4)
    return page


def find(paint_maps, words, width_px: int, height_px: int) -> list[LineBox]:
    return find_lines(find_words(paint_maps(words, width_px, height_px)))


def check_cells(strip: Strip, numbers: range, truth: list[Quad]) -> None:
    """The strip shows these cells at its centres, and leads back to their quads."""
    assert len(strip.centers_px) == len(numbers)
    row = strip.image[16]
    for number, center in zip(numbers, strip.centers_px, strict=True):
        assert abs(int(row[int(center)]) - (40 + 8 * number)) <= 6
    pitch = np.median(np.diff(strip.centers_px)) if len(numbers) > 1 else 27
    found = strip.locate(strip.centers_px - pitch / 2, strip.centers_px + pitch / 2)
    for quad, true in zip(found, truth, strict=True):
        assert measure_iou(quad, true) > 0.7


@pytest.mark.parametrize("angle_deg", [0, -9, 30])
def test_straight_lines(paint_maps, set_words, angle_deg) -> None:
    words = set_words([4, 3, 5], 60, 200, 28, angle_deg=angle_deg)
    (line,) = find(paint_maps, words, 520, 520)
    (strip,) = cut_strips(draw_cells(words, 520, 520), line)
    assert strip.image.shape[0] == 32
    check_cells(strip, range(12), [quad for word in words for quad in word])
    assert np.all(strip.image[:, :3] > 200)
    assert np.all(strip.image[0, 10:-10] > 120)


def test_long_lines_are_cut_at_word_gaps(paint_maps, set_words) -> None:
    words = set_words([4, 3, 5, 2, 6, 4, 3, 5, 4, 3, 5, 2, 6, 4, 3, 5], 20, 40, 16)
    (line,) = find(paint_maps, words, 1400, 96)
    strips = cut_strips(draw_cells(words, 1400, 96), line)
    assert len(strips) == 2
    assert [strip.spaced for strip in strips] == [False, True]
    assert all(strip.image.shape[1] <= MAX_STRIP_WIDTH_PX for strip in strips)
    assert abs(strips[0].image.shape[1] - strips[1].image.shape[1]) < 300
    assert sum(len(strip.centers_px) for strip in strips) == 64


def test_a_long_word_is_cut_between_characters(paint_maps, set_words) -> None:
    words = set_words([70], 20, 40, 16)
    (line,) = find(paint_maps, words, 1200, 96)
    strips = cut_strips(draw_cells(words, 1200, 96), line)
    assert [strip.spaced for strip in strips] == [False] * len(strips)
    assert sum(len(strip.centers_px) for strip in strips) == 70


def test_curved_lines_are_straightened(paint_maps) -> None:
    chars = []
    for angle in np.radians(np.linspace(-48, 48, 11)):
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        box = Quad.from_xyxy(-16, -16, 16, 16).array @ turn
        chars.append(Quad.from_array(box + (300 + 200 * np.sin(angle), 300 - 200 * np.cos(angle))))
    (line,) = find(paint_maps, [chars], 600, 400)
    (strip,) = cut_strips(draw_cells([chars], 600, 400), line)
    check_cells(strip, range(11), chars)


def test_vertical_lines_are_laid_side_by_side(paint_maps) -> None:
    word = [Quad.from_xyxy(50, 40 + 34 * row, 80, 70 + 34 * row) for row in range(5)]
    (line,) = find(paint_maps, [word], 160, 256)
    (strip,) = cut_strips(draw_cells([word], 160, 256), line)
    assert strip.image.shape == (32, 160)
    row = strip.image[16]
    assert [abs(int(row[32 * n + 16]) - (40 + 8 * n)) <= 6 for n in range(5)] == [True] * 5
    quads = strip.locate(np.arange(5) * 32 + 1, np.arange(5) * 32 + 31)
    assert all(measure_iou(quad, true) > 0.7 for quad, true in zip(quads, word, strict=True))
    assert measure_iou(enclose(quads), enclose(word)) > 0.8
    shifted = strip.locate(np.arange(5) * 32 - 3, np.arange(5) * 32 + 28)
    assert all(measure_iou(quad, true) > 0.6 for quad, true in zip(shifted, word, strict=True))


@pytest.mark.parametrize("words", [[4, 3, 5, 2, 6] * 8, [90], [1] * 60, [70, 2, 40, 1]])
def test_cutting_a_long_line_loses_and_doubles_no_character(set_words, words) -> None:
    quads = set_words(words, 20, 40, 16)
    found = []
    for word in quads:
        box = enclose(word)
        centers = np.array([quad.center for quad in word])
        sizes = np.full(len(word), 16.0)
        found.append(FoundWord(quad=box, score=1.0, char_centers=centers, char_sizes_px=sizes, char_size_px=16.0))
    whole = enclose(quad for word in quads for quad in word)
    top, bottom = whole.array[:2], whole.array[[3, 2]]
    line = LineBox(words=tuple(found), top=top, bottom=bottom, size_px=16.0)
    strips = cut_strips(np.full((96, int(whole.xyxy[2]) + 40), 255, np.uint8), line)
    assert len(strips) > 1
    assert all(strip.image.shape[1] <= MAX_STRIP_WIDTH_PX + 8 for strip in strips)
    seen = [strip.locate(strip.centers_px, strip.centers_px)[0].points[0][0] for strip in strips]
    assert seen == sorted(seen)
    centers = np.concatenate([[quad.points[0][0] for quad in s.locate(s.centers_px, s.centers_px)] for s in strips])
    assert centers == pytest.approx([quad.center[0] for word in quads for quad in word], abs=1.0)
    # Neighbouring strips share no letter's middle half: no character is seen whole in both.
    for before, after in zip(strips, strips[1:], strict=False):
        assert before.top[-1, 0] - after.top[0, 0] <= 0.5 * 16
