import cv2
import numpy as np
import pytest

from geulnun.core.geometry import Quad, enclose, measure_iou
from geulnun.runtime.detection.find_words import FoundWord, find_words
from geulnun.runtime.detection.options import TextThresholds


def match(found: list[FoundWord], words: list[list[Quad]], least_iou: float) -> list[FoundWord]:
    """The found word of each true one; there must be exactly as many, each overlapping enough."""
    assert len(found) == len(words)
    matched = []
    for word in words:
        truth = enclose(word)
        best = max(found, key=lambda other: measure_iou(other.quad, truth))
        assert measure_iou(best.quad, truth) >= least_iou, (truth, best)
        matched.append(best)
    return matched


@pytest.mark.parametrize("size_px", [10, 12, 16, 24, 40, 64, 110])
def test_boxes_are_those_of_the_characters(paint_maps, set_words, size_px) -> None:
    words = set_words([3, 1, 5], 20, 30, size_px)
    found = find_words(paint_maps(words, 14 * size_px, 4 * size_px + 40))
    for word, truth in zip(match(found, words, 0.9 if size_px > 10 else 0.85), words, strict=True):
        assert len(word.char_centers) == len(truth)
        centers = np.array([quad.center for quad in truth])
        assert np.abs(word.char_centers - centers).max() < 0.1 * size_px + 1
        assert word.char_size_px == pytest.approx(size_px, rel=0.08)
        assert not word.vertical
        assert word.score > 0.7


def test_narrow_letters_make_one_word_of_full_height(paint_maps, set_words) -> None:
    words = set_words([[0.5] * 6, [0.3] * 5, [0.6, 0.25, 0.25, 0.7], [0.3]], 10, 20, 20)
    match(find_words(paint_maps(words, 300, 64)), words, 0.8)


@pytest.mark.parametrize("pitch_ratio", [1.1, 1.25, 1.6])
def test_tight_lines_stay_apart(paint_maps, set_words, pitch_ratio) -> None:
    words = [word for row in range(5) for word in set_words([4, 6, 3], 12, 12 + row * 16 * pitch_ratio, 16)]
    found = find_words(paint_maps(words, 300, 180))
    match(found, words, 0.85)


@pytest.mark.parametrize("angle_deg", [-30, -8, 3, 15, 45])
def test_tilted_words_have_tilted_quads(paint_maps, set_words, angle_deg) -> None:
    words = set_words([4, 3], 60, 200, 28, angle_deg=angle_deg)
    for word in match(find_words(paint_maps(words, 400, 420)), words, 0.85):
        assert word.quad.angle_deg == pytest.approx(angle_deg, abs=3)


def test_stacked_characters_are_vertical_with_an_upright_quad(paint_maps) -> None:
    word = [Quad.from_xyxy(50, 20 + 30 * row, 80, 50 + 30 * row) for row in range(5)]
    (found,) = match(find_words(paint_maps([word], 160, 224)), [word], 0.9)
    assert found.vertical
    assert found.quad.points[0] == pytest.approx((50, 20), abs=3)
    assert found.quad.points[1] == pytest.approx((80, 20), abs=3)
    assert found.char_centers[:, 1].tolist() == sorted(found.char_centers[:, 1])


def test_lines_that_touch_are_parted(paint_maps, set_words) -> None:
    words = [word for row in range(3) for word in set_words([6], 20, 20 + row * 26, 24)]
    maps = paint_maps(words, 224, 128)
    bridge = maps[0, 15:40, 25:29]
    bridge[:] = np.maximum(bridge, 0.5)
    match(find_words(maps), words, 0.75)


@pytest.mark.parametrize("angle_deg", [0, -8, 15])
@pytest.mark.parametrize("gap_affinity", [0.45, 0.55])
def test_words_joined_by_weak_affinity_are_parted(paint_maps, set_words, angle_deg, gap_affinity) -> None:
    words = set_words([3, 2], 60, 80, 24, gap_ratio=0.2, angle_deg=angle_deg)
    maps = paint_maps(words, 320, 224)
    joined = paint_maps([[*words[0], *words[1]]], 320, 224)
    maps[1] = np.maximum(maps[1], gap_affinity * joined[1])
    match(find_words(maps), words, 0.8)


def test_letters_set_apart_stay_one_word(paint_maps, set_words) -> None:
    word = [quad for (quad,) in set_words([1] * 5, 20, 30, 30, gap_ratio=0.2)]
    (found,) = match(find_words(paint_maps([word], 300, 96)), [word], 0.85)
    assert len(found.char_centers) == 5


def test_a_curved_word_is_not_torn(paint_maps) -> None:
    angles = np.radians(np.linspace(-60, 60, 11))
    word = []
    for angle in angles:
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        box = Quad.from_xyxy(-15, -15, 15, 15).array @ turn
        word.append(Quad.from_array(box + (200 + 150 * np.sin(angle), 200 - 150 * np.cos(angle))))
    (found,) = find_words(paint_maps([word], 400, 400))
    assert len(found.char_centers) == 11


def test_specks_and_faint_areas_are_dropped(paint_maps, set_words) -> None:
    maps = paint_maps(set_words([3], 20, 20, 20), 128, 64)
    assert find_words(maps * 0.5) == []
    assert find_words(np.zeros((2, 32, 64), np.float32)) == []
    specks = np.zeros((2, 32, 64), np.float32)
    specks[0, 10, 10] = specks[0, 20, 30:32] = 1.0
    assert find_words(specks) == []
    assert find_words(maps, TextThresholds(min_char_cells=20)) == []
    links = np.zeros((2, 32, 64), np.float32)
    links[1, 5:25, 5:50] = 1.0
    assert find_words(links) == []


def test_ragged_maps_of_large_letters_give_one_peak_each(paint_maps, set_words) -> None:
    words = set_words([3, 2], 30, 40, 96)
    maps = paint_maps(words, 640, 192)
    noise = np.random.default_rng(0).normal(0, 0.25, maps.shape).astype(np.float32)
    maps += cv2.GaussianBlur(noise.transpose(1, 2, 0), (0, 0), 1.0).transpose(2, 0, 1)
    found = match(find_words(maps), words, 0.8)
    assert [len(word.char_centers) for word in found] == [3, 2]


def test_cells_are_mapped_to_image_pixels(paint_maps, set_words) -> None:
    words = set_words([4, 2], 40, 60, 48)
    found = find_words(paint_maps(words, 480, 200, scale=0.5), cell_px=(4.0, 4.0))
    match(found, words, 0.85)


def test_a_page_full_of_text_takes_few_calls(paint_maps, set_words, count_calls) -> None:
    words = [w for row in range(42) for w in set_words([3, 4, 2, 5, 3, 4, 2, 4, 3, 2, 4, 3], 10, 10 + row * 21, 16)]
    maps = paint_maps(words, 1280, 900)
    match(find_words(maps), words, 0.8)
    assert count_calls(lambda: find_words(maps)) < 60 * len(words)


def test_rows_that_touch_are_as_high_as_their_letters(paint_maps, set_words) -> None:
    rows = [set_words([6, 4], 40, 40 + row * 25, 24) for row in range(4)]
    maps = paint_maps([word for row in rows for word in row], 480, 240)
    maps = np.maximum(maps, 0.55 * (cv2.GaussianBlur(maps[0], (0, 0), 3.0) > 0.2))  # never half of a peak between rows
    found = find_words(maps, TextThresholds(region=0.6, affinity=0.6))
    assert len(found) == 8
    inner = [word for word in found if 60 < word.quad.center[1] < 110]
    assert len(inner) == 4
    assert all(word.char_sizes_px.max() < 30 for word in inner)
