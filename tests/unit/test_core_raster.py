"""Pixels moved by Pillow and numpy do what OpenCV's do."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geulnun.core import raster

RNG = np.random.default_rng(0)
SMOOTH = cv2.GaussianBlur(RNG.integers(0, 255, (48, 64), dtype=np.uint8), (0, 0), 2)


@settings(deadline=None)
@given(st.integers(1, 24), st.integers(1, 24), st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_components_are_those_of_opencv(height: int, width: int, share: float, seed: int) -> None:
    mask = np.random.default_rng(seed).random((height, width)) < share
    labels, count = raster.find_components(mask)
    expected_count, expected = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    assert count == expected_count - 1
    assert ((labels > 0) == mask).all()
    # The same partition under other names.
    pairs = {(a, b) for a, b in zip(labels.ravel().tolist(), expected.ravel().tolist(), strict=True)}
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


def test_a_spiral_is_one_component() -> None:
    mask = np.zeros((9, 9), bool)
    mask[0], mask[:, 8], mask[8], mask[2:, 0], mask[2, :7], mask[2:7, 6], mask[6, 2:7] = (True,) * 7
    assert raster.find_components(mask)[1] == 1


def test_resizing_averages_and_keeps_the_dtype() -> None:
    half = raster.resize(SMOOTH, 32, 24).astype(int)
    assert np.abs(half - cv2.resize(SMOOTH, (32, 24), interpolation=cv2.INTER_AREA).astype(int)).max() <= 1
    assert raster.resize(np.zeros((4, 4, 3), np.uint8), 9, 7).shape == (7, 9, 3)
    assert raster.resize(SMOOTH, 64, 48) is SMOOTH


def test_a_homography_takes_corners_to_corners_and_warps_like_opencv() -> None:
    source = np.array([(3.0, 5.0), (60, 2), (62, 44), (1, 40)])
    target = np.array([(0.0, 0.0), (40, 0), (40, 20), (0, 20)])
    matrix = raster.find_homography(target, source)
    expected = cv2.getPerspectiveTransform(target.astype(np.float32), source.astype(np.float32))
    assert matrix == pytest.approx(expected, abs=1e-5)
    warped = raster.warp(SMOOTH, matrix, 40, 20).astype(int)
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    centred = np.linalg.inv(half) @ matrix @ half
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    assert np.abs(warped - cv2.warpPerspective(SMOOTH, centred, (40, 20), flags=flags).astype(int)).max() <= 2


def test_sampling_at_centres_and_outside() -> None:
    points = np.array([(0.5, 0.5), (10.5, 7.5), (11.0, 7.5), (-5.0, 2.5), (100.0, 100.0)])
    values = raster.sample(SMOOTH, points)
    assert values[0] == SMOOTH[0, 0]
    assert values[1] == SMOOTH[7, 10]
    assert values[2] == pytest.approx((int(SMOOTH[7, 10]) + int(SMOOTH[7, 11])) / 2)
    assert values[3] == SMOOTH[2, 0]
    assert raster.sample(SMOOTH, points, outside=0.0)[3:].tolist() == [0.0, 0.0]
    assert raster.sample(np.dstack([SMOOTH] * 3), points).shape == (5, 3)


@pytest.mark.parametrize("sigma", [1.2, 3.0])
def test_blurring_is_gaussian(sigma: float) -> None:
    values = RNG.random((40, 50), dtype=np.float32)
    expected = cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    assert np.abs(raster.blur(values, sigma) - expected).max() < 0.02


def test_neighbourhoods() -> None:
    mask = RNG.random((30, 30)) < 0.9
    eroded = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0) > 0
    assert np.array_equal(raster.find_thick(mask, 3), eroded)


@pytest.mark.parametrize("side", [1, 3, 7, 17])
def test_thick_is_what_holds_a_square(side: int) -> None:
    mask = cv2.GaussianBlur(RNG.random((70, 55)), (0, 0), 4) > 0.49
    padded = np.pad(mask.astype(np.uint8), side)
    eroded = cv2.erode(padded, np.ones((side, side), np.uint8))[side:-side, side:-side].astype(bool)
    assert np.array_equal(raster.find_thick(mask, side), eroded)


def test_content_is_what_is_not_plain() -> None:
    page = np.full((300, 200, 3), (250, 240, 200), np.uint8)
    page += RNG.integers(0, 4, page.shape, dtype=np.uint8)
    assert raster.find_content(page, 4) == (0, 0, 0, 0)
    page[120, 40:60] = 0
    page[170, 90] = (250, 240, 190)  # one channel is enough
    assert raster.find_content(page, 4) == (40, 120, 91, 171)
    page[121, 45:50] = 100
    assert raster.find_content(page, 30) == (40, 120, 60, 122)
    page[0, 0] = page[-1, -1] = 0
    assert raster.find_content(page, 4) == (0, 0, 200, 300)
    page[:] = np.arange(200, dtype=np.uint8)[:, None]  # stripes down: every column is plain, no row is
    assert raster.find_content(page, 4) == (0, 0, 0, 0)


def test_grey_is_luminance() -> None:
    rgb = RNG.integers(0, 255, (5, 5, 3), dtype=np.uint8)
    assert np.abs(raster.to_grey(rgb).astype(int) - cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(int)).max() <= 1
    assert raster.to_grey(SMOOTH) is SMOOTH
