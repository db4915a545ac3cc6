import numpy as np
import pytest

from geulnun.runtime.detection.find_words import find_words
from geulnun.training.detector.targets import build_targets, find_affinity_quads


def box(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], dtype=np.float64)


def turn(quads: np.ndarray, degrees: float, about: tuple[float, float]) -> np.ndarray:
    angle = np.radians(degrees)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (quads - about) @ matrix.T + about


WORD = np.stack([box(20, 20, 40, 44), box(40, 20, 60, 44), box(60, 20, 80, 44)])


def find_peaks(values: np.ndarray) -> list[tuple[int, int]]:
    inner = values[1:-1, 1:-1]
    around = [np.roll(np.roll(values, dy, 0), dx, 1)[1:-1, 1:-1] for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    ys, xs = np.nonzero((inner > 0.5) & (inner >= np.max(around, axis=0)))
    return [(int(y) + 1, int(x) + 1) for y, x in zip(ys, xs, strict=True)]


def test_regions_peak_in_the_middle_of_characters_and_affinities_between_them() -> None:
    maps, weights = build_targets([WORD], 128, 64)
    assert maps.shape == (2, 32, 64)
    assert weights.min() == 1
    for part, centers in ((0, (15, 25, 35)), (1, (20, 30))):
        columns = {x for _, x in find_peaks(maps[part])}
        assert {c for c in columns if min(abs(c + 0.5 - k) for k in centers) > 0.6} == set()
        assert all(any(abs(c + 0.5 - k) <= 0.6 for c in columns) for k in centers)
    assert {y for y, _ in find_peaks(maps[0])} <= {15, 16}


def test_sigma_is_three_tenths_of_each_side() -> None:
    maps, _ = build_targets([box(20, 20, 60, 100)[None]], 96, 128)
    row, column = 29, 19  # half a cell from the centre at (20, 30)
    dx, dy = 6, 12  # one sigma: 0.3 of 20 and of 40 cells
    assert maps[0, row, column + dx] == pytest.approx(np.exp(-0.5 * ((dx - 0.5) / 6) ** 2 - 0.5 * (0.5 / 12) ** 2))
    assert maps[0, row + dy, column] == pytest.approx(np.exp(-0.5 * (0.5 / 6) ** 2 - 0.5 * ((dy - 0.5) / 12) ** 2))


def test_slanted_characters_have_the_same_gaussians() -> None:
    straight, _ = build_targets([WORD], 128, 64)
    quarter, _ = build_targets([turn(WORD, 90, (32, 32))], 64, 128)
    np.testing.assert_allclose(np.rot90(quarter, axes=(1, 2))[:, :32, :32], straight[:, :32, :32], atol=1e-5)
    slanted, _ = build_targets([turn(WORD, 30, (50, 32))], 128, 128)
    assert slanted[0].sum() == pytest.approx(straight[0].sum(), rel=0.03)


def test_stacked_characters_are_linked_through_their_sides() -> None:
    column = np.stack([box(20, 20, 40, 40), box(20, 40, 40, 60)])
    (quad,) = find_affinity_quads(column)
    assert np.ptp(quad[:, 0]) == pytest.approx(20 * 2 / 3)
    assert np.ptp(quad[:, 1]) == pytest.approx(20)


def test_too_small_characters_are_not_asked_for() -> None:
    maps, weights = build_targets([WORD, np.stack([box(20, 50, 24, 54), box(24, 50, 28, 54)])], 128, 64)
    assert weights[25:27, 10:14].max() == 0
    assert maps[:, 25:27, 10:14].max() < 0.1
    assert weights[:23].min() == 1


def test_reading_finds_the_words_that_targets_show() -> None:
    words = [WORD, WORD + (60, 60)]
    maps, _ = build_targets(words, 192, 160)
    found = sorted(find_words(maps), key=lambda word: word.quad.center)
    assert [len(word.char_centers) for word in found] == [3, 3]
    for word, truth in zip(found, words, strict=True):
        low, high = truth.min(axis=(0, 1)), truth.max(axis=(0, 1))
        np.testing.assert_allclose(word.quad.xyxy, (*low, *high), atol=2.5)


def test_gaussians_drawn_together_are_those_drawn_one_by_one() -> None:
    rng = np.random.default_rng(3)
    words = []
    for _ in range(40):
        side, place, angle = np.exp(rng.uniform(2, 4.5)), rng.uniform(-20, 276, 2), rng.choice([0, 0, 90, 7, -31])
        letters = np.stack([box(k * side, 0, (k + 0.9) * side, side * rng.uniform(0.8, 1.2)) for k in range(4)])
        words.append(turn(letters, angle, (0, 0)) + place)
    maps, weights = build_targets(words, 256, 256)
    alone = [build_targets([word], 256, 256) for word in words]
    np.testing.assert_allclose(maps, np.max([each for each, _ in alone], axis=0), atol=1e-6)
    np.testing.assert_array_equal(weights, np.min([each for _, each in alone], axis=0))
    centers = np.concatenate([find_affinity_quads(word) for word in words]).mean(axis=1) / 2
    ys, xs = np.indices((128, 128)) + 0.5
    nearest = np.min(np.hypot(xs[..., None] - centers[:, 0], ys[..., None] - centers[:, 1]), axis=2)
    assert maps[1][nearest < 0.4].min() > 0.7
    assert maps[1][nearest > 80].max(initial=0) == 0


def test_a_gaussian_ends_two_and_a_half_sigmas_from_its_centre() -> None:
    (straight, _), _ = build_targets([box(20, 20, 60, 60)[None]], 96, 96)
    inside, outside = straight[20, 34], straight[20, 35]  # 14.5 and 15.5 cells from the centre at (20, 20); sigma is 6
    assert inside == pytest.approx(np.exp(-0.5 * (14.5 / 6) ** 2 - 0.5 * (0.5 / 6) ** 2))
    assert outside == 0
    (slanted, _), _ = build_targets([turn(box(20, 20, 60, 60)[None], 45, (40, 40))], 96, 96)
    assert slanted.max() == pytest.approx(straight.max(), abs=0.01)
    assert slanted[slanted > 0].min() >= np.exp(-(2.5**2)) - 1e-6  # its corner lies 2.5 sigmas along both axes


def test_words_without_letters_and_pictures_without_words_ask_for_nothing() -> None:
    for words in ([], [np.zeros((0, 4, 2))], [np.zeros((0, 4, 2)), WORD + (500, 0)]):
        maps, weights = build_targets(words, 128, 64)
        assert not maps.any()
        assert weights.min() == 1
