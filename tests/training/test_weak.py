"""Weak supervision: words split into characters, how far they are trusted, and runs that learn from them."""

import dataclasses
import functools
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from geulnun.core.config import build_config, read_config
from geulnun.core.geometry import Quad, measure_iou
from geulnun.errors import ConfigError, DatasetError, InputError
from geulnun.training.detector.config import DetectorExperiment, set_up_detector
from geulnun.training.detector.task import DetectorConfig
from geulnun.training.detector.weak import crops
from geulnun.training.detector.weak.crops import WeakConfig, WeakPictures, build_weak_targets, cut_weak_crop
from geulnun.training.detector.weak.split_words import (
    SplitWord,
    find_boxes,
    flood,
    is_stacked,
    measure_confidence,
    slice_quad,
    split_word,
)
from geulnun.training.fit import fit

CONFIG = Path(__file__).resolve().parents[2] / "configs" / "open-ocr" / "weak.toml"


def draw_peaks(shape: tuple[int, int], *centers: tuple[float, float], sigma: float) -> np.ndarray:
    """A map (h, w) of Gaussians; the centre of its first cell lies at (0.5, 0.5)."""
    xs, ys = np.meshgrid(np.arange(shape[1]) + 0.5, np.arange(shape[0]) + 0.5)
    peaks = [np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / (2 * sigma**2)) for x, y in centers]
    return np.max(peaks, axis=0).astype(np.float32)


def test_two_peaks_that_overlap_are_parted_between_them() -> None:
    region = draw_peaks((64, 96), (32, 32), (60, 32), sigma=10)
    assert region[32, 45] > 0.05  # they overlap
    boxes = find_boxes(region)
    centers = (boxes[:, :2] + boxes[:, 2:]) / 2
    reach = 10 * np.sqrt(-2 * np.log(0.05))
    assert boxes[:, 1].tolist() == pytest.approx([32 - reach] * 2, abs=1)
    assert boxes[0, 2] == pytest.approx(46, abs=1) and boxes[1, 0] == pytest.approx(46, abs=1)
    # Each reaches further to its free side; against its neighbour the border lies in the middle.
    expected = [(32 - reach + 46) / 2, (60 + reach + 46) / 2]
    assert centers[:, 0].tolist() == pytest.approx(expected, abs=1)
    assert centers[:, 1].tolist() == pytest.approx([32, 32], abs=1)


def test_peaks_of_one_ground_have_their_own_centres() -> None:
    boxes = find_boxes(draw_peaks((64, 160), (40, 32), (120, 30), sigma=10))
    boxes = boxes[np.argsort(boxes[:, 0])]
    centers = (boxes[:, :2] + boxes[:, 2:]) / 2
    assert np.abs(centers - [(40, 32), (120, 30)]).max() < 1


def test_nothing_bright_enough_gives_no_box() -> None:
    assert find_boxes(0.7 * draw_peaks((64, 64), (32, 32), sigma=10)).shape == (0, 4)


def test_flooding_goes_from_high_to_low() -> None:
    relief = np.array([[9, 8, 7, 6, 7, 8, 9]], np.uint8)
    markers = np.array([[2, 0, 0, 0, 0, 0, 3]])
    assert flood(relief, markers)[0].tolist() in ([2, 2, 2, 2, 3, 3, 3], [2, 2, 2, 3, 3, 3, 3])
    # A ridge next to the first marker belongs to the second, from which it can be walked to downhill alone.
    relief = np.array([[9, 1, 8, 8, 8, 9]], np.uint8)
    assert flood(relief, np.array([[2, 0, 0, 0, 0, 3]]))[0].tolist()[2:] == [3, 3, 3, 3]


def test_confidence_falls_with_every_character_too_many_or_too_few() -> None:
    confidences = [measure_confidence(5, found) for found in range(12)]
    assert confidences == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1, 0.8, 0.6, 0.4, 0.2, 0, 0])


def find_nothing(image: np.ndarray) -> np.ndarray:
    return np.zeros((image.shape[2] // 2, image.shape[3] // 2), np.float32)


def turn(quad: np.ndarray, degrees: float) -> np.ndarray:
    matrix = cv2.getRotationMatrix2D(tuple(quad.mean(axis=0)), degrees, 1.0)
    return quad @ matrix[:, :2].T + matrix[:, 2]


def test_slices_tile_a_turned_quad() -> None:
    quad = turn(np.array([(60, 80), (220, 80), (220, 120), (60, 120)], np.float64), 25)
    word = split_word(np.zeros((240, 300, 3), np.uint8), quad, "가나다라", find_nothing)
    assert word.confidence == 0.5
    along = (quad[1] - quad[0]) / 4
    for number, char in enumerate(word.chars):
        start = quad[0] + number * along
        down = quad[3] - quad[0]
        assert char == pytest.approx(np.array([start, start + along, start + along + down, start + down]), abs=0.01)


def test_a_space_keeps_its_slot_and_counts_for_nothing() -> None:
    quad = np.array([(0, 0), (90, 0), (90, 30), (0, 30)], np.float64)
    word = split_word(np.zeros((40, 100, 3), np.uint8), quad, "가 나", find_nothing)
    boxes = [Quad.from_array(char).xyxy for char in word.chars]
    assert np.array(boxes) == pytest.approx(np.array([(0, 0, 30, 30), (60, 0, 90, 30)]), abs=0.01)
    # Two characters found are all there are: the space is none.
    two = draw_peaks((64, 192), (32, 32), (160, 32), sigma=12)
    assert split_word(np.zeros((40, 100, 3), np.uint8), quad, "가 나", lambda image: two).confidence == 1


def test_characters_of_a_stacked_word_stand_upright_in_their_order() -> None:
    quad = np.array([(20, 10), (50, 10), (50, 130), (20, 130)], np.float64)
    # The word is laid on its side with its top to the left: the first character is the leftmost.
    region = draw_peaks((64, 256), (32, 32), (100, 32), (150, 32), (220, 32), sigma=9)
    word = split_word(np.zeros((150, 70, 3), np.uint8), quad, "세로쓰기", lambda image: region)
    assert word.confidence == 1
    centers = word.chars.mean(axis=1)
    assert (np.diff(centers[:, 1]) > 0).all()
    for char in word.chars:
        left, top, right, bottom = Quad.from_array(char).xyxy
        assert char == pytest.approx(np.array([(left, top), (right, top), (right, bottom), (left, bottom)]), abs=0.01)
    slices = split_word(np.zeros((150, 70, 3), np.uint8), quad, "세로쓰기", find_nothing).chars
    assert [Quad.from_array(char).xyxy for char in slices] == [
        pytest.approx((20, 10 + 30 * n, 50, 40 + 30 * n), abs=0.01) for n in range(4)
    ]
    assert slice_quad(quad, "세로쓰기") == pytest.approx(slices, abs=0.01)


@pytest.mark.parametrize(
    ("wide", "high", "count", "stacked"),
    [
        (30, 61, 3, True),
        (30, 59, 3, False),  # 1.97, and too slim for three letters: 1.5
        (30, 49, 4, True),  # 1.63, and 2.45 by its letters
        (30, 47, 5, False),  # 1.57
        (30, 59, 1, False),  # one syllable in a narrow face
        (10, 40, 1, False),  # "1"
    ],
)
def test_which_words_run_downwards(wide: float, high: float, count: int, stacked: bool) -> None:
    assert is_stacked(wide, high, count) == stacked


def test_words_weigh_as_much_as_they_are_trusted() -> None:
    def word(left: float, confidence: float) -> SplitWord:
        quad = np.array([(left, 20), (left + 40, 20), (left + 40, 40), (left, 40)], np.float64)
        chars = slice_quad(quad, "가나") if confidence else np.zeros((0, 4, 2))
        return SplitWord(quad, chars, confidence)

    words = [word(10, 0.8), word(70, 0.0)]
    maps, weights = build_weak_targets(words, 160, 64)
    assert weights[15, 15] == pytest.approx(0.8)
    assert weights[15, 45] == 0  # unreadable
    assert weights[4, 4] == 1
    assert maps[0, 15, 9] > 0.8 and maps[0, 15, 40:].max() == 0
    _, weights = build_weak_targets(words, 160, 64, complete=False)
    assert weights[4, 4] == 0 and weights[15, 15] == pytest.approx(0.8)


def find_dark(image: np.ndarray) -> np.ndarray:
    """A region map as of a perfect network: a Gaussian over every dark square of the tests' pages."""
    dark = cv2.resize((image[0].mean(axis=0) < -0.2).astype(np.float32), None, fx=0.5, fy=0.5)
    _, _, stats, centers = cv2.connectedComponentsWithStats((dark > 0.5).astype(np.uint8))
    peaks = [tuple(center + 0.5) for center, stat in zip(centers[1:], stats[1:], strict=True) if stat[4] > 50]
    return draw_peaks(dark.shape, *peaks, sigma=0.3 * 64) if peaks else np.zeros_like(dark)


def test_characters_of_drawn_words_are_found_where_they_are(pages) -> None:
    ious = []
    for index in range(6):
        sample = pages().draw(index)
        for line in sample.page.words:
            word = split_word(sample.image, line.quad.array, line.text, find_dark)
            assert word.confidence == 1
            found = map(Quad.from_array, word.chars)
            ious += [measure_iou(char.quad, each) for char, each in zip(line.chars, found, strict=True)]
    assert np.mean(ious) > 0.85


@pytest.fixture
def boxed(tmp_path: Path, pages) -> Path:
    """Three pages whose words alone are labelled."""
    with (tmp_path / "labels.jsonl").open("w", encoding="utf-8") as file:
        for index in range(3):
            sample = pages().draw(index)
            Image.fromarray(sample.image).save(tmp_path / f"{index}.png")
            words = [{"text": word.text, "quad": word.quad.points} for word in sample.page.words]
            file.write(json.dumps({"image": f"{index}.png", "words": words}) + "\n")
    return tmp_path


@pytest.fixture
def weak_config(detector_config: DetectorConfig, boxed: Path) -> DetectorConfig:
    run = dataclasses.replace(detector_config.run, total_samples=12, validate_every_steps=1)
    data = dataclasses.replace(detector_config.data, batch_crops=6)
    return dataclasses.replace(detector_config, run=run, data=data, weak=WeakConfig(labels=boxed))


def test_a_pass_takes_every_picture_once_in_an_order_of_its_own(weak_config: DetectorConfig, monkeypatch) -> None:
    pictures = WeakPictures(weak_config.weak, weak_config.data, seed=1)
    seen: list[str] = []
    monkeypatch.setattr(
        crops,
        "cut_weak_crop",
        lambda rng, picture, *rest: seen.append(picture.name) or cut_weak_crop(rng, picture, *rest),
    )
    drawn = [pictures.draw(index, find_nothing) for index in range(9)]
    assert [sorted(seen[start : start + 3]) for start in (0, 3, 6)] == [["0", "1", "2"]] * 3
    assert len({tuple(seen[start : start + 3]) for start in (0, 3, 6)}) > 1
    again = pictures.draw(4, find_nothing)
    assert (again.image == drawn[4].image).all()


def test_weak_and_drawn_crops_are_mixed_and_a_run_resumes_in_its_pass(
    weak_config: DetectorConfig, pages, tmp_path: Path
) -> None:
    set_up = functools.partial(set_up_detector, weak_config, pages, (pages, 1))
    assert set_up().stream.config.batch_crops == 1
    folder = tmp_path / "run"
    task = fit(weak_config, set_up, folder)
    assert (task.samples_seen, task.weak_index) == (12, 10)
    # The copy took the network's weights when a pass ended with crop 9, before the second step moved them.
    stored = torch.load(folder / "last.ckpt", weights_only=True)
    assert stored["weak_index"] == 10
    assert any(name.startswith("labeller.") for name in stored["state_dict"])
    longer = dataclasses.replace(weak_config, run=dataclasses.replace(weak_config.run, total_samples=18))
    task = fit(longer, functools.partial(set_up_detector, longer, pages, (pages, 1)), folder)
    assert (task.samples_seen, task.weak_index) == (18, 15)


def test_the_copy_is_refreshed_at_the_end_of_each_pass(weak_config: DetectorConfig, pages) -> None:
    task = set_up_detector(weak_config, pages, (pages, 1)).task
    name, weight = next(iter(task.network.named_parameters()))
    with torch.no_grad():
        weight.add_(1)
    copied = task.labeller.get_parameter(name)
    task.weak_crops = 2
    task.draw_weak_batch()
    assert not torch.equal(copied, weight)
    task.draw_weak_batch()  # crops 2 and 3: the pass of three pictures ends between them
    assert torch.equal(copied, weight)
    assert not any(each.requires_grad for each in task.labeller.parameters())


def test_word_boxed_pictures_alone_make_a_run_too(weak_config: DetectorConfig, pages, tmp_path: Path) -> None:
    alone = dataclasses.replace(weak_config, weak=dataclasses.replace(weak_config.weak, drawn=False))
    task = fit(alone, functools.partial(set_up_detector, alone, pages, (pages, 1)), tmp_path / "run")
    assert (task.samples_seen, task.weak_index) == (12, 12)


def test_the_config_of_weak_supervision_is_read() -> None:
    training = read_config(CONFIG, DetectorExperiment).training
    assert training.weak.count_crops(training.data.batch_crops) == (1, 5)
    assert (training.mining, training.negatives_ratio) == ("easyocr-weak", 0.3)


def test_shares_of_a_batch() -> None:
    weak = WeakConfig(labels=Path("x"))
    assert [weak.count_crops(batch) for batch in (2, 6, 8, 12)] == [(1, 1), (1, 5), (1, 7), (2, 10)]
    with pytest.raises(ConfigError, match="Raise training.data.batch_crops"):
        build_config({"weak": {"labels": "x"}, "data": {"batch_crops": 1}}, DetectorConfig)
    with pytest.raises(ConfigError, match="ratio is 0"):
        build_config({"weak": {"labels": "x", "ratio": 0}}, DetectorConfig)


def test_wrong_labels_are_said_before_training(weak_config: DetectorConfig, boxed: Path, pages) -> None:
    (boxed / "1.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match="Take its record out of the labels"):
        set_up_detector(weak_config, pages, (pages, 1))
    (boxed / "labels.jsonl").write_text('{"image": "0.png", "text": "가"}\n', "utf-8")
    with pytest.raises(DatasetError, match="no picture with word boxes that can be used"):
        set_up_detector(weak_config, pages, (pages, 1))
