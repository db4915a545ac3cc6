from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geulnun.core.arrays import Pixels
from geulnun.synth.effects.damage import apply_ink_damage, apply_picture_damage, draw_damage
from geulnun.synth.effects.effect import Conditions, Damage, Effect
from geulnun.synth.effects.ink import INK_EFFECTS
from geulnun.synth.effects.ink.breaks import Breaks, apply_breaks
from geulnun.synth.effects.ink.dots import apply_dots, draw_dots
from geulnun.synth.effects.ink.fading import apply_fading, draw_fading
from geulnun.synth.effects.ink.fattening import Fattening, apply_fattening, draw_fattening
from geulnun.synth.effects.ink.spread import Spread, apply_spread
from geulnun.synth.effects.picture import PICTURE_EFFECTS
from geulnun.synth.effects.picture.jpeg import Jpeg
from geulnun.synth.effects.picture.threshold import Threshold, apply_threshold
from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.photos import Photos
from geulnun.synth.materials.planes import draw_dot_screen, draw_fractal, draw_grain, draw_plane, draw_ramp, draw_weave


def picture(*shape: int) -> Pixels:
    image = np.full(shape, 230, np.uint8)
    image[10:20, 20:60] = 20
    return image


@pytest.mark.parametrize("name", PICTURE_EFFECTS)
@pytest.mark.parametrize("shape", [(32, 90), (40, 90, 3), (30, 900)])
@pytest.mark.parametrize("seed", range(4))
def test_picture_effects_keep_shape_and_type_and_repeat(name: str, shape: tuple[int, ...], seed: int) -> None:
    check_effect(PICTURE_EFFECTS[name], picture(*shape), seed)


@pytest.mark.parametrize("name", INK_EFFECTS)
@pytest.mark.parametrize("seed", range(4))
def test_ink_effects_keep_shape_and_type_and_repeat(name: str, seed: int) -> None:
    check_effect(INK_EFFECTS[name], 255 - picture(40, 90), seed)


def check_effect(effect: Effect[Any], pixels: Pixels, seed: int) -> None:
    kept = pixels.copy()
    conditions = Conditions(scene="scan", letter_px=30)
    drawn = [effect.draw(np.random.default_rng(seed), conditions) for _ in range(2)]
    assert drawn[0] == drawn[1] and isinstance(drawn[0], effect.parameters)
    result = effect.apply(pixels, drawn[0])
    assert result.shape == pixels.shape and result.dtype == np.uint8
    assert np.array_equal(result, effect.apply(pixels, drawn[1]))
    assert np.array_equal(pixels, kept), "the input was changed"


def test_damage_is_applied_in_the_order_of_the_tables() -> None:
    image = picture(40, 90)
    damage = Damage.of(Jpeg(quality=60), None, Threshold(level=0.5, local=False))
    # Compression comes last, so that a black and white picture has its artefacts.
    assert set(np.unique(apply_picture_damage(image, damage))) > {0, 255}
    assert set(np.unique(apply_picture_damage(image, damage.without(Jpeg)))) == {0, 255}
    assert apply_ink_damage(image, damage) is image


def test_a_table_entry_says_how_often_an_effect_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    always = replace(INK_EFFECTS["spread"], shares={"photo": 1.0})
    monkeypatch.setitem(INK_EFFECTS, "spread", always)
    rng = np.random.default_rng(0)
    assert draw_damage(rng, Conditions(scene="photo", letter_px=30)).find(Spread) is not None
    assert draw_damage(rng, Conditions(scene="clean", letter_px=30)).find(Spread) is None


def test_spread_moves_edges_both_ways() -> None:
    ink = np.zeros((40, 40), np.uint8)
    ink[15:25, 15:25] = 255
    wider = apply_spread(ink, Spread(amount_px=1.5))
    thinner = apply_spread(ink, Spread(amount_px=-0.5))
    assert thinner.astype(int).sum() < ink.astype(int).sum() < wider.astype(int).sum()


def test_breaks_take_about_their_share() -> None:
    ink = np.full((64, 400), 255, np.uint8)
    breaks = Breaks(cell_px=3, share=0.2, strength=1.0, seed=5)
    lost = 1 - apply_breaks(ink, breaks).mean() / 255
    assert 0.08 < lost < 0.3


def test_threshold_leaves_black_and_white() -> None:
    image = np.clip(picture(40, 90) + np.random.default_rng(0).normal(0, 9, (40, 90)), 0, 255).astype(np.uint8)
    result = apply_threshold(image, Threshold(level=0.5, local=False))
    assert set(np.unique(result)) == {0, 255}
    assert (result[12:18, 25:55] == 0).all() and (result[25:] == 255).all()


def test_planes_have_their_size_and_range() -> None:
    rng = np.random.default_rng(3)
    for draw in (draw_ramp, draw_dot_screen):
        for _ in range(8):
            field = draw(rng, 20, 50)
            assert field.shape == (20, 50) and field.dtype == np.float32 and field.min() >= 0 and field.max() <= 1
    for plane in (
        draw_plane(rng, 20, 50, 8),
        draw_fractal(rng, 20, 50, 8),
        draw_grain(rng, 20, 50),
        draw_weave(rng, 20, 50),
    ):
        assert plane.shape == (20, 50) and plane.dtype == np.float32


def test_photographs_repeat_and_fit(fonts: FontLibrary) -> None:
    photos = Photos.beside(fonts.folder)
    assert photos.files
    for height, width in ((30, 100), (40, 1200), (200, 20)):
        views = [photos.draw(np.random.default_rng(9), height, width) for _ in range(2)]
        assert views[0].shape == (height, width, 3) and np.array_equal(*views)
        assert photos.draw_detail(np.random.default_rng(9), height, width).shape == (height, width)
    assert Photos().draw(np.random.default_rng(0), 20, 30).shape == (20, 30, 3)
    assert Photos().draw_detail(np.random.default_rng(0), 20, 30).shape == (20, 30)


def test_dots_and_fading_only_take_ink() -> None:
    ink = np.zeros((40, 200), np.uint8)
    ink[8:32, 10:190] = 255
    for seed in range(5):
        rng = np.random.default_rng(seed)
        dotted = apply_dots(ink, draw_dots(rng, 32))
        assert 0.4 < dotted.sum() / ink.sum() < 1.05
        faded = apply_fading(ink, draw_fading(rng))
        assert (faded <= ink).all() and faded.sum() > 0.35 * ink.sum()


def test_ink_that_runs_one_way_joins_strokes_side_by_side_alone() -> None:
    ink = np.zeros((20, 20), np.uint8)
    ink[4:8, 4:8] = ink[4:8, 10:14] = ink[10:14, 4:8] = 255
    run = apply_spread(ink, Spread(amount_px=1.0, towards="sides"))
    assert run[5, 4:14].min() == 255
    assert run[8:10, 5].max() == 0


def test_fattened_strokes_leave_a_slit_where_a_gap_was() -> None:
    ink = np.zeros((60, 60), np.uint8)
    ink[10:50, 20:24] = ink[10:50, 36:40] = 255
    grown = apply_fattening(ink, Fattening(reach_px=9.0, slit=0.4))
    assert grown.shape == (78, 78)
    middle = grown[39] > 0
    assert middle[22:27].all() and middle[51:56].all()  # outwards by the reach
    gap = np.flatnonzero(~middle[29:49])
    assert 3 <= len(gap) <= 7
    assert abs(gap.mean() + 29 - 38.5) <= 1  # half-way between the strokes
    assert (grown[9:-9, 9:-9][ink > 0] == 255).all()


def test_fattened_strokes_end_in_corners_or_rounds() -> None:
    ink = np.zeros((40, 40), np.uint8)
    ink[18:22, 18:22] = 255
    rounded, cornered = (
        apply_fattening(ink, Fattening(reach_px=8.0, slit=0.4, square=square)) for square in (False, True)
    )
    assert cornered[10 + 8, 10 + 8] == 255 and rounded[10 + 8, 10 + 8] == 0
    assert (cornered[rounded > 0] == 255).all()


def test_only_letters_alone_grow_nearly_solid() -> None:
    rng = np.random.default_rng(2)
    reaches = {
        heaviest: [draw_fattening(rng, 1.0, heaviest=heaviest).reach_px for _ in range(200)]
        for heaviest in (0.07, 0.12)
    }
    assert max(reaches[0.07]) <= 0.07 < max(reaches[0.12]) <= 0.12
