import pickle
import time
from pathlib import Path

import numpy as np
import pytest

from geulnun.core.charset import CHARSET_V1
from geulnun.runtime.prepare import STRIP_HEIGHT_PX
from geulnun.synth.corpus import Corpus
from geulnun.synth.fonts import FontLibrary
from geulnun.synth.glyphs import Setting
from geulnun.synth.strip_look import SCENES, draw_look
from geulnun.synth.strip_parts import Bend, Colours, Damage, Margins, StripLook, Surroundings
from geulnun.synth.strips import MAX_STRIP_RATIO, StripSource, apply_look

SAMPLES = 150


@pytest.fixture(scope="module")
def source(materials: Path) -> StripSource:
    return StripSource.read(7, materials)


def plain_look(fonts: FontLibrary, **changes: object) -> StripLook:
    values: dict[str, object] = {
        "scene": "clean",
        "face": fonts.korean[0],
        "latin": None,
        "setting": Setting(size_px=28),
        "margins": Margins(top=0.08, bottom=0.08, left=0.25, right=0.25),
        "bend": Bend(),
        "colours": Colours(ink=0, paper=255),
        "ground": "plain",
        "ground_strength": 0.0,
        "outline_px": 0.0,
        "surroundings": Surroundings(),
        "damage": Damage(),
        "accent": None,
        "panel": None,
        "texture_seed": 1,
    }
    return StripLook(**(values | changes))  # type: ignore[arg-type]


def test_strips_are_grey_32_px_high_and_writable(source: StripSource) -> None:
    for index in range(SAMPLES):
        sample = source.draw(index)
        assert sample.image.dtype == np.uint8 and sample.image.shape[0] == STRIP_HEIGHT_PX
        assert sample.image.shape[1] <= (MAX_STRIP_RATIO + 2) * STRIP_HEIGHT_PX
        assert sample.text and sample.text == " ".join(sample.text.split())
        CHARSET_V1.encode(sample.text)


def test_same_seed_and_index_same_strip(source: StripSource, materials: Path) -> None:
    other = pickle.loads(pickle.dumps(StripSource.read(7, materials)))
    for index in (0, 3, 77, 10**9):
        other.draw(index + 1)
        a, b = source.draw(index), other.draw(index)
        assert a.text == b.text and np.array_equal(a.image, b.image)
    different = StripSource.read(8, materials)
    assert any(source.draw(i).text != different.draw(i).text for i in range(5))


def test_splits_draw_with_their_own_fonts(materials: Path) -> None:
    assert StripSource.read(1, materials, split="validation").fonts.families == ("Kept Bars",)


def test_plain_look_puts_ink_inside_its_margins(fonts: FontLibrary) -> None:
    sample = apply_look("대한민국", plain_look(fonts), fonts, StripSource(0, fonts, Corpus()).photos)
    dark = sample.image < 128
    columns = np.flatnonzero(dark.any(axis=0))
    margin = 0.25 / 1.16 * STRIP_HEIGHT_PX
    assert columns[0] >= margin - 1.5
    assert sample.image.shape[1] - columns[-1] >= margin - 1.5
    rows = np.flatnonzero(dark.any(axis=1))
    assert rows[0] >= 1 and rows[-1] <= STRIP_HEIGHT_PX - 2
    assert sample.image[0].min() == 255


def test_light_on_dark_is_the_negative(fonts: FontLibrary) -> None:
    photos = StripSource(0, fonts, Corpus()).photos
    dark = apply_look("민국", plain_look(fonts), fonts, photos).image
    light = apply_look("민국", plain_look(fonts, colours=Colours(ink=255, paper=0)), fonts, photos).image
    assert np.abs(255 - light.astype(int) - dark).max() <= 2


def test_too_long_a_text_loses_words_from_picture_and_label(fonts: FontLibrary) -> None:
    text = " ".join(["대한민국"] * 30)
    sample = apply_look(text, plain_look(fonts), fonts, StripSource(0, fonts, Corpus()).photos)
    assert text.startswith(sample.text) and len(sample.text) < len(text)
    assert set(sample.text.split()) == {"대한민국"}, "cut at a word gap"
    assert sample.image.shape[1] <= MAX_STRIP_RATIO * STRIP_HEIGHT_PX


def test_letters_set_apart_without_spaces_stay_close(fonts: FontLibrary) -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        setting = draw_look(rng, "대한민국", fonts).setting
        assert setting.spacing_px <= 0.35 * setting.size_px + 1e-6


def test_looks_cover_every_scene_and_both_polarities(fonts: FontLibrary) -> None:
    rng = np.random.default_rng(0)
    looks = [draw_look(rng, "대한 민국", fonts) for _ in range(400)]
    assert {look.scene for look in looks} == set(SCENES)
    light = sum(look.colours.ink > look.colours.paper for look in looks) / len(looks)
    assert 0.12 < light < 0.35


def test_drawing_is_fast(source: StripSource) -> None:
    started = time.process_time()
    for index in range(500, 600):
        source.draw(index)
    # The aim is 3 ms; the limit leaves room for a busy machine.
    assert (time.process_time() - started) / 100 < 0.012
