import numpy as np

from geulnun.runtime.detection.prepare_page import prepare_page
from geulnun.runtime.recognition.prepare_strip import batch_strips, prepare_strip


def test_a_strip_keeps_its_proportions() -> None:
    assert prepare_strip(np.zeros((64, 200, 3), np.uint8)).shape == (32, 100)
    assert prepare_strip(np.zeros((16, 100), np.uint8)).shape == (32, 200)
    assert prepare_strip(np.zeros((40, 4), np.uint8)).shape == (32, 16)


def test_a_strip_of_the_right_size_is_not_touched() -> None:
    strip = np.random.default_rng(0).integers(0, 256, (32, 77), dtype=np.uint8)
    assert np.array_equal(prepare_strip(strip), strip)


def test_a_batch_is_padded_with_middle_grey_to_a_multiple_of_eight() -> None:
    batch = batch_strips([np.full((32, 20), 255, np.uint8), np.zeros((32, 33), np.uint8)])
    assert batch.shape == (2, 1, 32, 40)
    assert batch.dtype == np.float32
    assert np.all(batch[0, 0, :, :20] == 1.0)
    assert np.all(batch[0, 0, :, 20:] == 0.0)
    assert np.all(batch[1, 0, :, :33] == -1.0)
    assert batch_strips([np.zeros((32, 16), np.uint8)], width_px=100).shape == (1, 1, 32, 104)


def test_a_page_is_scaled_and_padded() -> None:
    page = np.full((50, 70, 3), 255, np.uint8)
    page[:, :, 2] = 0
    assert prepare_page(page).shape == (1, 3, 64, 96)
    prepared = prepare_page(page, 0.5)
    assert prepared.shape == (1, 3, 32, 64)
    assert np.all(prepared[0, 0] == 1.0)
    assert np.all(prepared[0, 2] == -1.0)
    assert prepared.flags["C_CONTIGUOUS"]
