import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geulnun.errors import UsageError
from geulnun.synth.materials.corpus import Corpus
from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.photos import Photos
from geulnun.synth.pages import KIND_WEIGHTS, PageSource
from geulnun.synth.pages.kinds.newsprint import LEVEL, add_ground
from geulnun.synth.pages.paper import Copying, apply_copying, draw_copying


@pytest.fixture(scope="module")
def fonts(materials: Path) -> FontLibrary:
    return FontLibrary.read(materials).split("train")


def source_of(fonts: FontLibrary, *kinds: str, seed: int = 3) -> PageSource:
    return PageSource(seed, fonts, Corpus(), kinds=dict.fromkeys(kinds, 1.0) if kinds else None)


@pytest.mark.parametrize("kind", KIND_WEIGHTS)
def test_every_kind_draws_pictures_with_boxes_inside_them(fonts: FontLibrary, kind: str) -> None:
    source = source_of(fonts, kind)
    for index in range(4):
        sample = source.draw(index)
        height, width = sample.image.shape[:2]
        assert sample.kind == kind
        assert sample.image.dtype == np.uint8 and sample.image.shape[2] == 3 and sample.image.flags.c_contiguous
        assert (sample.page.width_px, sample.page.height_px) == (width, height)
        assert max(width, height) <= 1810
        for line in sample.page.lines:
            assert line.text == " ".join(line.text.split()) != ""
            for word in line.words:
                assert "".join(char.text for char in word.chars) == word.text
                assert " " not in word.text
        for char in sample.page.chars:
            x, y = char.quad.center
            assert -0.2 * char.quad.width_px <= x <= width + 0.2 * char.quad.width_px
            assert -0.2 * char.quad.height_px <= y <= height + 0.2 * char.quad.height_px
            assert char.quad.area > 4


def test_pictures_have_no_text(fonts: FontLibrary) -> None:
    source = source_of(fonts, "picture")
    assert all(not source.draw(index).page.lines for index in range(12))


def test_newsprint_is_grey_noise_of_its_level_and_drawn_only_by_name(fonts: FontLibrary) -> None:
    assert KIND_WEIGHTS["newsprint"] == 0
    rng = np.random.default_rng(1)
    ground = add_ground(rng, np.full((300, 400, 3), LEVEL, np.uint8), 0)
    assert ground.mean() == pytest.approx(235, abs=0.5)
    assert ground.std() == pytest.approx(10, abs=0.5)
    assert add_ground(rng, np.full((300, 400, 3), LEVEL, np.uint8), 2).std() < 3
    source = source_of(fonts, "newsprint")
    for index in range(6):
        page = source.draw(index).page
        assert 1 <= len(page.lines) <= 5
        assert all(abs(line.quad.angle_deg) <= 1.1 for line in page.lines)


def test_a_page_is_a_function_of_seed_and_index(fonts: FontLibrary) -> None:
    source = source_of(fonts)
    copy = pickle.loads(pickle.dumps(source))
    for index in (0, 7):
        first, again, other = source.draw(index), copy.draw(index), source_of(fonts, seed=4).draw(index)
        assert (first.image == again.image).all() and first.page == again.page and first.name == again.name
        assert first.image.shape != other.image.shape or (first.image != other.image).any()


def test_unknown_kinds_and_weights_are_refused(fonts: FontLibrary) -> None:
    with pytest.raises(UsageError, match="no kind of page"):
        source_of(fonts, "novel")
    with pytest.raises(UsageError, match="must be 0 or more"):
        PageSource(1, fonts, Corpus(), kinds={"form": 0.0})


def test_things_stand_in_front_of_some_views(tmp_path: Path) -> None:
    for folder, mode, colour in (("backgrounds", "RGB", (0, 0, 0)), ("cutouts", "RGBA", (255, 0, 0, 255))):
        (tmp_path / folder).mkdir()
        Image.new(mode, (64, 64), colour).save(tmp_path / folder / "one.png")
    photos = Photos.beside(tmp_path)
    views = [photos.draw(np.random.default_rng(seed), 60, 90) for seed in range(40)]
    red = [((view[..., 0] > 100) & (view[..., 1] < 60)).any() for view in views]
    assert 4 < sum(red) < 36
    assert all(view.shape == (60, 90, 3) for view in views)
    assert any((photos.draw_detail(np.random.default_rng(seed), 20, 80) > 50).any() for seed in range(30))
    assert pickle.loads(pickle.dumps(photos)).cutouts == photos.cutouts


def test_backgrounds_fall_back_to_drawn_scenery(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"not a picture")
    rng = np.random.default_rng(2)
    for folder in (None, tmp_path, tmp_path / "missing"):
        assert Photos(folder).draw(rng, 40, 70).shape == (40, 70, 3)


def test_copying_keeps_the_size_and_repeats() -> None:
    image = np.full((90, 120, 3), 200, np.uint8)
    assert (apply_copying(image, Copying()) == image).all()
    rng = np.random.default_rng(8)
    for _ in range(30):
        copying = draw_copying(rng)
        first = apply_copying(image, copying)
        assert first.shape == image.shape and first.dtype == np.uint8
        assert (first == apply_copying(image, copying)).all()
