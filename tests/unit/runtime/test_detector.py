import numpy as np
import pytest

from geulnun.core.geometry import Quad, measure_iou
from geulnun.errors import UsageError
from geulnun.runtime.detection import detector as detecting
from geulnun.runtime.detection.detector import Detector, choose_scale, plan_tiles
from geulnun.runtime.detection.options import DetectionOptions
from geulnun.runtime.options import ReadOptions


class EchoSession:
    """Returns the halved first two channels: with red = region and green = affinity, a perfect detector."""

    backend = "echo"

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def run(self, array: np.ndarray) -> list[np.ndarray]:
        self.shapes.append(array.shape)
        count, _, height, width = array.shape
        halves = array[:, :2].reshape(count, 2, height // 2, 2, width // 2, 2).mean(axis=(3, 5))
        return [(halves + 1) / 2]


def picture(maps: np.ndarray) -> np.ndarray:
    """The image that `EchoSession` turns into these maps."""
    full = np.repeat(np.repeat(maps, 2, axis=1), 2, axis=2)
    return np.round(255 * np.concatenate([full, full[:1] * 0]).transpose(1, 2, 0)).astype(np.uint8)


@pytest.mark.parametrize("length", [1, 31, 640, 1280, 1281, 1500, 2560, 9999])
def test_tiles_cover_everything_and_overlap(length: int) -> None:
    tiles = plan_tiles(length, 1280)
    assert tiles[0][0] == tiles[0][2] == 0
    assert tiles[-1][1] == tiles[-1][3] == length
    for start, end, inner_start, inner_end in tiles:
        assert 0 < end - start <= 1280
        assert start <= inner_start < inner_end <= end
        assert start % 2 == inner_start % 2 == 0
    for earlier, later in zip(tiles, tiles[1:], strict=False):
        assert earlier[3] == later[2]
        assert earlier[1] - later[0] >= detecting.TILE_OVERLAP_PX
        assert min(earlier[1] - earlier[3], later[2] - later[0]) >= detecting.TILE_OVERLAP_PX // 2 - 2
    assert len({end - start for start, end, _, _ in tiles[:-1]}) <= 1


def test_tiled_maps_equal_whole_maps() -> None:
    image = np.random.default_rng(0).integers(0, 255, (701, 1013, 3), dtype=np.uint8)
    session = EchoSession()
    whole, cell_px = Detector(session).find_maps(image, 1.0, tile_px=1280)
    tiled, _ = Detector(session).find_maps(image, 1.0, tile_px=300)
    assert whole.shape == (2, 351, 507)
    assert cell_px == (2.0, 2.0)
    assert np.array_equal(whole[:, :350, :506], tiled[:, :350, :506])
    assert all(max(shape[2:]) <= 288 for shape in session.shapes[1:])


def test_scales_follow_the_picture() -> None:
    assert choose_scale(1300, 900) == 1.0
    assert choose_scale(20000, 1000) == 1.0
    assert choose_scale(3508, 2480) == pytest.approx(1216 / 2480)
    assert choose_scale(360, 480) == 2.0
    assert choose_scale(500, 800) == pytest.approx(1.2)


def test_words_are_found_in_image_pixels_across_tiles(paint_maps, set_words) -> None:
    words = [word for row in range(20) for word in set_words([4, 6, 5, 8, 3], 40, 40 + row * 60, 30)]
    image = picture(paint_maps(words, 1024, 1280))
    for options in (ReadOptions(), ReadOptions(tile_px=480), ReadOptions(scale=0.75)):
        found = Detector(EchoSession()).find_words(image, options)
        assert len(found) == len(words)
        for word in words:
            truth = Quad.from_xyxy(*word[0].xyxy[:2], *word[-1].xyxy[2:])
            assert max(measure_iou(other.quad, truth) for other in found) > 0.85


def test_small_letters_are_looked_at_again(paint_maps, set_words) -> None:
    words = [word for row in range(20) for word in set_words([4, 6, 5], 40, 40 + row * 20, 9)]
    session = EchoSession()
    found = Detector(session).find_words(picture(paint_maps(words, 1024, 480)), ReadOptions())
    first, *_, last = session.shapes
    assert np.prod(last) > 2 * np.prod(first)
    assert len(found) == len(words)


def test_large_letters_are_looked_at_from_afar(paint_maps, set_words) -> None:
    words = set_words([4], 100, 100, 180) + set_words([5, 3], 100, 500, 24)
    session = EchoSession()
    found = Detector(session).find_words(picture(paint_maps(words, 1024, 640)), ReadOptions())
    assert len(session.shapes) == 2
    assert sorted(len(word.char_centers) for word in found) == [3, 4, 5]


def test_a_picture_on_which_nothing_is_found_is_looked_at_from_afar(paint_maps, set_words) -> None:
    class BlindToLargeLetters(EchoSession):
        def run(self, tensor: np.ndarray) -> list[np.ndarray]:
            (maps,) = super().run(tensor)
            return [maps if tensor.shape[3] < 600 else np.zeros_like(maps)]

    session = BlindToLargeLetters()
    (word,) = Detector(session).find_words(picture(paint_maps(set_words([4], 100, 200, 200), 1024, 640)), ReadOptions())
    assert len(word.char_centers) == 4


def test_nothing_gives_nothing() -> None:
    assert Detector(EchoSession()).find_words(np.zeros((1, 1, 3), np.uint8), ReadOptions()) == []


@pytest.mark.parametrize(
    "wrong", [{"min_confidence": 2}, {"scale": 0}, {"max_scale": 0.5}, {"tile_px": 10}, {"alternatives": -1}]
)
def test_options_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="allowed are"):
        ReadOptions(**wrong)


def test_plain_margins_are_not_looked_at(paint_maps, set_words) -> None:
    words = [word for row in range(4) for word in set_words([4, 6, 5], 300, 400 + row * 60, 30)]
    image = picture(paint_maps(words, 1024, 1280))
    image = np.where(image.any(axis=2, keepdims=True), image, np.array([250, 240, 230], np.uint8))
    session = EchoSession()
    maps, cell_px = Detector(session).find_maps(image, 1.0, tile_px=1280)
    (shape,) = session.shapes
    assert shape[2] * shape[3] < 0.35 * image.shape[0] * image.shape[1]
    assert maps.shape == (2, 640, 512)
    rows, columns = np.nonzero(np.abs(image.astype(int) - (250, 240, 230)).max(axis=2) > 8)
    top, bottom, left, right = rows.min() // 2, rows.max() // 2 + 1, columns.min() // 2, columns.max() // 2 + 1
    seen = (image[::2, ::2, :2].astype(float) / 255).transpose(2, 0, 1)
    assert maps[:, top:bottom, left:right] == pytest.approx(seen[:, top:bottom, left:right], abs=0.01)
    assert cell_px == (2.0, 2.0)


def test_a_plain_page_is_not_looked_at() -> None:
    session = EchoSession()
    image = np.full((500, 300, 3), (240, 250, 20), np.uint8)
    image[200:300] += np.uint8(3)  # as compression leaves it
    assert Detector(session).find_words(image, ReadOptions()) == []
    assert session.shapes == []


def test_small_print_of_a_large_page_is_found_by_a_closer_look(paint_maps, set_words) -> None:
    words = [word for row in range(30) for word in set_words([4, 3, 5, 6, 4], 2600, 2900 + row * 20, 12)]
    image = picture(paint_maps(words, 4096, 4096))
    # `EchoSession` does not look at blue: there is the detail that real letters have at any scale.
    grain = np.random.default_rng(0).integers(0, 256, (80, 60), dtype=np.uint8)
    image[2880:3520, 2560:3040, 2] = grain.repeat(8, axis=0).repeat(8, axis=1)
    options = DetectionOptions()
    detector = Detector(EchoSession())
    assert not detector.find_words_at(image, choose_scale(4096, 4096), options)
    found = detector.find_words(image, options)
    assert len(found) == len(words)
    assert np.median([word.char_size_px for word in found]) == pytest.approx(12, rel=0.15)


def test_a_large_picture_without_detail_is_looked_at_once() -> None:
    session = EchoSession()
    assert Detector(session).find_words(np.full((4096, 4096, 3), 90, np.uint8), DetectionOptions()) == []
    assert len(session.shapes) <= 1
