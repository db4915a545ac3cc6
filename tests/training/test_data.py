import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geulnun.core.charset import CHARSET_V1
from geulnun.data.sample import StripSample
from geulnun.errors import DatasetError
from geulnun.training.detector.crops import CropDataConfig, CropPlan, CropStream, apply_plan, draw_crops
from geulnun.training.recognizer.data import (
    StripDataConfig,
    StripStream,
    draw_strip_sets,
    find_like_widths,
    label_strip,
)


@given(st.lists(st.integers(16, 1200), min_size=1, max_size=200), st.integers(0, 199))
def test_batches_of_like_width_keep_within_their_pixels(widths: list[int], start: int) -> None:
    config = StripDataConfig(batch_px=4096, most_strips=20)
    ordered = np.sort(np.array(widths))
    chosen = ordered[find_like_widths(ordered, start, config)]
    assert 1 <= len(chosen) <= 20
    assert len(chosen) == 1 or len(chosen) * chosen.max() <= 4096


def test_a_strip_too_narrow_or_unwritable_is_left_out() -> None:
    image = np.zeros((32, 16), np.uint8)
    assert label_strip(image, "가나다", CHARSET_V1, 800) is not None
    assert label_strip(image, "가나가나나", CHARSET_V1, 800) is None
    assert label_strip(image, "漢", CHARSET_V1, 800) is None
    assert label_strip(np.zeros((32, 801), np.uint8), "가", CHARSET_V1, 800) is None


def test_a_stream_goes_on_with_new_samples(strips, recognizer_config) -> None:
    stream = StripStream(strips, CHARSET_V1, recognizer_config.data)
    first = list(itertools.islice(stream, 4))
    assert len({batch.strips.shape[3] % 8 for batch in first}) == 1
    stream.first_index = first[-1].next_index
    indices = [stream.first_index + k for k in range(3)]
    drawn = [index for index, _ in itertools.islice(stream._draw_strips(), 3)]
    assert drawn == indices


def test_streams_are_sent_to_workers(strips, pages) -> None:
    for stream in (StripStream(strips, CHARSET_V1, StripDataConfig()), CropStream(pages, CropDataConfig())):
        assert pickle.loads(pickle.dumps(stream)).first_index == 0


def test_a_source_of_unusable_strips_is_reported() -> None:
    class Foreign:
        def draw(self, index: int) -> StripSample:
            return StripSample(image=np.zeros((32, 64), np.uint8), text="漢")

    with pytest.raises(DatasetError, match="1000 of 1000 strips are unusable.*漢"):
        next(iter(StripStream(Foreign, CHARSET_V1, StripDataConfig())))


def test_validation_sets_are_fixed(eight_strips, recognizer_config) -> None:
    sets = {"a": (eight_strips, 8), "b": (eight_strips, 4)}
    batches = draw_strip_sets(sets, CHARSET_V1, recognizer_config.data)
    assert sum(len(batch.texts) for batch in batches if batch.name == "a") == 8
    assert sum(len(batch.texts) for batch in batches if batch.name == "b") == 4


@pytest.mark.parametrize("turn_deg", [0.0, 12.0, -90.0])
@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_crops_move_pixels_and_quads_together(turn_deg: float, scale: float) -> None:
    image = np.full((300, 400, 3), 255, np.uint8)
    image[100:140, 180:240] = 0
    word = np.array([[(180, 100), (240, 100), (240, 140), (180, 140)]], dtype=np.float64)
    plan = CropPlan(center=(205, 125), scale=scale, turn_deg=turn_deg)
    crop = apply_plan(image, [word], plan, 192)
    assert crop.image.shape == (192, 192, 3)
    ink = 1 - crop.image[:, :, 0] / 255
    columns, rows = ink.sum(axis=0), ink.sum(axis=1)
    middle = np.array([columns @ (np.arange(192) + 0.5), rows @ (np.arange(192) + 0.5)]) / ink.sum()
    np.testing.assert_allclose(middle, crop.words[0].mean(axis=(0, 1)), atol=0.6)
    assert ink.sum() == pytest.approx(60 * 40 * scale**2, rel=0.03)


def test_crops_of_pages_have_one_size(pages) -> None:
    config = CropDataConfig(crop_px=96, page_crops=12)
    crops = draw_crops(np.random.default_rng(0), pages().draw(0), config)
    assert {crop.image.shape for crop in crops} == {(96, 96, 3)}
    assert any(crop.words for crop in crops)
