"""Characters before and behind the network: preparing, direction maps, labels, exact likeliest characters."""

import itertools

import numpy as np
import pytest

from geulnun.core.hangul import COMPATIBILITY_JAMO, KSX1001, SYLLABLES, compose
from geulnun.errors import InputError, UsageError
from geulnun.runtime.characters import direction_maps as directmap
from geulnun.runtime.characters.classes import UNKNOWN, CharClasses, decode_factorised, decode_flat, encode_jamo
from geulnun.runtime.characters.direction_maps import batch_directions
from geulnun.runtime.characters.prepare import batch_chars, prepare_char, prepare_ink


def draw_bar(height: int = 40, width: int = 40, *, columns: slice = slice(15, 20)) -> np.ndarray:
    """Dark upright bar on light paper."""
    image = np.full((height, width), 240, np.uint8)
    image[5:-5, columns] = 10
    return image


def test_a_character_is_padded_with_its_paper_and_framed() -> None:
    image = np.full((20, 40), 200, np.uint8)
    image[5:15, 10:30] = 0
    prepared = prepare_char(image, 64)
    assert prepared.shape == (64, 64)
    assert (prepared[:4] == 200).all() and (prepared[:, -4:] == 200).all() and (prepared[4:18] == 200).all()
    rows, columns = np.nonzero(prepared < 100)
    assert (np.ptp(columns) + 1) / (np.ptp(rows) + 1) == pytest.approx(2, abs=0.15)


@pytest.mark.parametrize("light_on_dark", [False, True])
def test_ink_is_cut_out_and_brought_to_one_contrast(light_on_dark: bool) -> None:
    picture = np.full((60, 90), 130, np.uint8)
    picture[20:40, 50:60] = 170 if light_on_dark else 100
    picture[3, 4] = 255 - picture[20, 50]  # a speck is no ink
    prepared = prepare_ink(picture, 32)
    assert prepared.shape == (32, 32) and prepared.dtype == np.uint8
    rows, columns = np.nonzero(prepared < 128)
    assert (rows.min(), rows.max()) == (1, 30)
    assert 13 <= np.ptp(columns) + 1 <= 17 and abs(columns.mean() - 15.5) < 1.1
    assert prepared.min() < 10 and (prepared[:, :5] > 245).all()


def test_ink_of_any_size_fits_and_none_is_white() -> None:
    for shape in ((1, 1), (3, 300), (20, 18), (700, 500)):
        assert prepare_ink(np.full(shape, 90, np.uint8), 48).min() == 255
    speck = np.full((40, 40), 255, np.uint8)
    speck[20, 20] = 0
    assert np.count_nonzero(prepare_ink(speck, 32) < 128) > 9
    large = np.full((700, 500), 250, np.uint8)
    large[100:600, 240:260] = 20
    small = np.ascontiguousarray(large[::10, ::10])
    assert np.abs(prepare_ink(large, 32).astype(int) - prepare_ink(small, 32)).mean() < 12
    with pytest.raises(InputError, match=r"Allowed are \(H, W\) grey"):
        prepare_ink(np.zeros((5, 5), np.float32), 32)


def test_ink_is_high_in_a_batch() -> None:
    batch = batch_chars([np.full((32, 32), value, np.uint8) for value in (255, 0)])
    assert batch.shape == (2, 1, 32, 32) and batch.dtype == np.float32
    assert batch[0].max() == 0 and batch[1].min() == 1


def test_colour_images_are_taken_and_others_refused() -> None:
    assert prepare_char(np.zeros((9, 9, 3), np.uint8)).shape == (64, 64)
    for wrong in (np.zeros((0, 5), np.uint8), np.zeros((5, 5), np.float32), np.zeros((5, 5, 4), np.uint8)):
        with pytest.raises(InputError, match=r"Allowed are \(H, W\) grey"):
            prepare_char(wrong)
    with pytest.raises(InputError, match="no character at all"):
        batch_chars([])
    with pytest.raises(InputError, match=r"one size; this one has \(32, 32\), \(64, 64\)"):
        batch_directions([np.zeros((32, 32), np.uint8), np.zeros((64, 64), np.uint8)])


def test_an_upright_bar_has_gradients_to_both_sides_only() -> None:
    maps = directmap.map_directions(draw_bar())
    totals = maps.sum(axis=(1, 2))
    assert maps.shape == (8, 32, 32) and maps.dtype == np.float32
    assert totals[0] == pytest.approx(totals[4], rel=0.05)
    assert totals[[0, 4]].sum() > 5 * totals[[1, 3, 5, 7]].sum() / 2
    assert totals[0] > totals[2]
    assert maps.min() >= 0 and maps.max() <= 1.5


def test_a_turned_picture_turns_its_directions() -> None:
    rng = np.random.default_rng(3)
    image = np.full((48, 48), 255, np.uint8)
    for _ in range(4):
        y, x = rng.integers(4, 30, 2)
        image[y : y + 4, x : x + 14] = 0
    upright, turned = directmap.map_directions(image), directmap.map_directions(np.rot90(image, -1))
    # A quarter turn clockwise takes the gradient to the right, map 0, to the gradient down, map 2.
    difference = np.abs(np.roll(np.rot90(upright, -1, axes=(1, 2)), 2, axis=0) - turned)
    assert difference.mean() < 0.01 * turned[turned > 0].mean(), "more than pixels on a cell's edge differ"
    np.testing.assert_allclose(np.roll(upright.sum(axis=(1, 2)), 2), turned.sum(axis=(1, 2)), rtol=0.05)


def test_components_add_up_to_the_gradient() -> None:
    rng = np.random.default_rng(0)
    gx, gy = rng.normal(size=(2, 5, 6))
    components = directmap.split_gradient(gx, gy)
    angles = np.arange(8) * np.pi / 4
    np.testing.assert_allclose(np.tensordot(np.cos(angles), components, 1), gx, atol=1e-12)
    np.testing.assert_allclose(np.tensordot(np.sin(angles), components, 1), gy, atol=1e-12)
    assert components.min() > -1e-12 and (np.count_nonzero(components > 1e-12, axis=0) <= 2).all()


def test_shape_normalisation_spaces_strokes_evenly() -> None:
    image = np.full((60, 60), 255, np.uint8)
    places = (2, 8, 14, 50)
    for x in places:
        image[2:58, x : x + 3] = 0
    profile = directmap.map_directions(image)[0].sum(axis=0)
    gaps = np.diff(np.flatnonzero(np.diff((profile > profile.max() / 4).astype(int)) == 1))
    assert len(gaps) > 1 and np.ptp(gaps) < 0.6 * np.ptp(np.diff(places)) * 32 / 60


def test_light_ink_on_dark_paper_has_the_same_directions() -> None:
    np.testing.assert_allclose(directmap.map_directions(255 - draw_bar()), directmap.map_directions(draw_bar()))


def test_the_strips_are_soft_and_whole() -> None:
    weights = directmap.weigh_strips(np.ones((20, 4)))
    np.testing.assert_allclose(weights.sum(axis=0), 1)
    assert weights[0, 0] == pytest.approx(0.75, abs=0.05) and weights[2, -1] == pytest.approx(0.75, abs=0.05)


def test_blank_paper_has_no_directions() -> None:
    assert not directmap.map_directions(np.full((30, 30), 255, np.uint8)).any()


def test_every_bare_jamo_has_its_own_place() -> None:
    places = [encode_jamo(jamo) for jamo in COMPATIBILITY_JAMO]
    assert len(set(places)) == 51
    assert all(cho == 19 or jung == 21 for cho, jung, _ in places)
    assert encode_jamo("ㄱ") == (0, 21, 0) and encode_jamo("ㅏ") == (19, 0, 0) and encode_jamo("ㄳ") == (19, 21, 3)


def test_labels_know_all_heads() -> None:
    classes = CharClasses()
    assert classes.encode("각") == (0, 0, 1, KSX1001.index("각"))
    assert classes.encode("뷁")[3] == (KSX1001.index("뷁") if "뷁" in KSX1001 else UNKNOWN)
    assert CharClasses(syllables="all", bare_jamo=True).encode("ㅣ")[3] == 11_172 + 50
    for wrong in ("ㄱ", "A", "가나", ""):
        with pytest.raises(UsageError, match="Allowed is one Hangul syllable"):
            classes.encode(wrong)


@pytest.mark.parametrize("n", [1, 5, 40])
def test_the_likeliest_characters_are_exact(n: int) -> None:
    rng = np.random.default_rng(n)
    tables = [np.log(rng.dirichlet(np.full(size, 0.3), 2)) for size in (19, 21, 28)]
    found = decode_factorised(*tables, n)
    for row, guesses in enumerate(found):
        triples = itertools.product(range(19), range(21), range(28))
        everything = sorted((-sum(t[row, k] for t, k in zip(tables, ks, strict=True)), ks) for ks in triples)
        assert [g.text for g in guesses] == [compose(*ks) for _, ks in everything[:n]]
        assert guesses[0].log_probability == pytest.approx(-everything[0][0])


def test_bare_jamo_are_read_where_nothing_else_is_seen() -> None:
    tables = [np.full((1, size), -9.0) for size in (20, 22, 28)]
    tables[0][0, 19] = tables[1][0, 21] = tables[2][0, 3] = 0.0
    best = decode_factorised(*tables, 3)[0]
    assert best[0].text == "ㄳ"
    assert [guess.log_probability for guess in best] == sorted((g.log_probability for g in best), reverse=True)


def test_flat_tables_are_read_by_their_characters() -> None:
    flat = np.zeros((1, 11_172))
    flat[0, 7] = 2.0
    assert decode_flat(flat, CharClasses(syllables="all"), 2)[0][0].text == SYLLABLES[7]
    drawn = np.random.default_rng(1).normal(size=(2, 11_172))
    for n in (1, 5, 11_172):
        for row, guesses in zip(drawn, decode_flat(drawn, CharClasses(syllables="all"), n), strict=True):
            assert [guess.text for guess in guesses] == [SYLLABLES[k] for k in np.argsort(-row)[:n]]


def test_paper_is_light_where_a_letter_fills_half_of_the_border() -> None:
    letter = np.full((13, 13), 255, np.uint8)
    letter[:2, 1:12] = letter[11:] = 0  # bars along two sides, as of 교 cut about its ink
    letter[2:11, 4:6] = letter[2:11, 8:10] = 0
    prepared = prepare_ink(letter, 32)
    assert prepared[2].mean() < 90 < prepared[16].mean()
    inverted = prepare_ink(255 - np.pad(letter, 2, constant_values=255), 32)
    assert np.abs(prepared.astype(int) - inverted).mean() < 25
