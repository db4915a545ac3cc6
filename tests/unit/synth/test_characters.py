import collections
import dataclasses
import json
import math
import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest

from geulnun.core.hangul import KSX1001, OUTSIDE_KSX1001, SYLLABLES, is_syllable
from geulnun.core.random_streams import open_rng
from geulnun.errors import DatasetError, UsageError
from geulnun.synth.characters.apply_look import _cut, _intrude, _keeps_share, _wear
from geulnun.synth.characters.ink import draw_strokes
from geulnun.synth.characters.jamo_pictures import JamoPictures
from geulnun.synth.characters.look import MAX_TURN_DEG, Elastic, draw_char_look, draw_elastic, enlarge_letter
from geulnun.synth.characters.source import CharSource
from geulnun.synth.characters.thinning import find_skeleton, trace_strokes
from geulnun.synth.effects.effect import Damage
from geulnun.synth.effects.ink.spread import Spread
from geulnun.synth.materials.letter_shapes import SHAPES
from geulnun.synth.materials.pen_strokes import (
    count_strokes_abreast,
    draw_hand,
    draw_lettering,
    draw_syllable,
    place_jamo,
)


@pytest.fixture(scope="module")
def source(materials: Path) -> CharSource:
    return CharSource.read(3, materials, styles=("handwritten",))


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A square, a bar and a damaged line, by 30 hands."""
    folder = tmp_path_factory.mktemp("letters")
    (folder / "images").mkdir()
    picture = np.full((60, 60), 255, np.uint8)
    cv2.rectangle(picture, (10, 10), (50, 50), 0, 3)
    cv2.imwrite(str(folder / "images" / "square.png"), picture)
    rows = [{"image": "images/square.png", "text": jamo, "writer": str(w)} for jamo in "ㅁㅇ" for w in range(30)]
    lines = [json.dumps(row) for row in rows] + ["{", json.dumps({"image": "images/square.png"})]
    (folder / "labels.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_a_sample_is_a_function_of_seed_and_index(source: CharSource) -> None:
    again = pickle.loads(pickle.dumps(source))
    for index in (0, 5, 10**9):
        again.draw(index + 1)
        a, b = source.draw(index), again.draw(index)
        assert a.text == b.text and np.array_equal(a.image, b.image)
    assert any(not np.array_equal(source.draw(0).image, source.draw(i).image) for i in range(1, 4))


def test_pictures_are_grey_and_show_ink(source: CharSource) -> None:
    samples = [source.draw(index) for index in range(150)]
    assert all(s.image.dtype == np.uint8 and s.image.ndim == 2 and np.ptp(s.image) > 20 for s in samples)
    assert sum(s.image.shape == (64, 64) for s in samples) > 100
    assert any(min(s.image.shape) < 32 for s in samples), "tight, coarse scans are among them"
    assert all(s.text in KSX1001 and s.style == "handwritten" for s in samples)


def test_common_syllables_are_drawn_as_often_as_asked(materials: Path) -> None:
    source = CharSource.read(2, materials, styles=("handwritten",), classes="all", common_share=0.7)
    texts = [source._draw_text(np.random.default_rng(index)) for index in range(600)]
    # A fifth of the rest are common too.
    assert 0.7 < sum(text in KSX1001 for text in texts) / len(texts) < 0.82
    with pytest.raises(UsageError, match="common_share is 2"):
        CharSource.read(2, materials, common_share=2)


def test_characters_of_text_are_as_frequent_as_there(materials: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("다다다 나다 뷁, abc\n" * 60, encoding="utf-8")
    source = CharSource.read(2, materials, classes="all", corpus=tmp_path, text_share=1.0)
    again = pickle.loads(pickle.dumps(source))
    texts = [source._draw_text(np.random.default_rng(index)) for index in range(300)]
    assert texts == [again._draw_text(np.random.default_rng(index)) for index in range(300)]
    # Some lines are generated even where there is a corpus.
    assert sum(text in "다나뷁" for text in texts) > 200
    assert texts.count("다") > 2 * texts.count("나") > 20
    with pytest.raises(UsageError, match="text_share is -1"):
        CharSource.read(2, materials, text_share=-1)


def test_hands_differ_in_size_and_place_of_letters() -> None:
    boxes = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        hand = dataclasses.replace(draw_hand(rng), tie=0.0)
        strokes = draw_syllable(rng, "각", hand, lambda rng, jamo: [np.array([[0.0, 0.0], [1.0, 1.0]])])
        boxes.append(np.stack([np.ptp(stroke, axis=0) for stroke in strokes]))
    spread = np.std(boxes, axis=0)
    assert (spread[:, 1] > 0.04).all(), "heights of 초성, 중성 and 종성 vary"
    assert np.isfinite(boxes).all() and np.abs(boxes).max() < 1.8


def test_printed_letters_are_of_the_font(materials: Path) -> None:
    source = CharSource.read(1, materials, styles=("printed",), classes="ksx1001")
    drawn = "".join(face for face in SYLLABLES if source.fonts.korean[0].draws(face))
    source._draw_text = lambda rng: drawn[int(rng.integers(len(drawn)))]  # type: ignore[method-assign]
    for index in range(40):
        sample = source.draw(index)
        assert sample.text in drawn and sample.style == "printed" and sample.writer is None


def test_the_others_are_outside_ks_x_1001(materials: Path) -> None:
    source = CharSource.read(3, materials, styles=("printed",), classes="others")
    texts = [source._draw_text(open_rng(index, stream="test.others")) for index in range(50)]
    assert all(is_syllable(text) and text not in KSX1001 for text in texts)
    assert len(OUTSIDE_KSX1001) == 8_822 and not set(OUTSIDE_KSX1001) & set(KSX1001)


@pytest.mark.parametrize("size_px", [64, 96, 128, 256])
def test_sizes_are_as_asked(materials: Path, size_px: int) -> None:
    source = CharSource.read(1, materials, styles=("handwritten",), size_px=size_px, classes="all")
    shapes = [source.draw(index).image.shape for index in range(12)]
    assert shapes.count((size_px, size_px)) >= 6


def test_sizes_are_drawn_where_none_is_asked(materials: Path) -> None:
    source = CharSource.read(1, materials, styles=("handwritten",), size_px=None)
    assert len({source.draw(index).image.shape for index in range(20)}) > 6


def test_wrong_choices_are_refused(materials: Path) -> None:
    for wrong in ({"split": "test"}, {"size_px": 3}, {"classes": "latin"}, {"styles": ("typed",)}, {"styles": ()}):
        with pytest.raises(UsageError):
            CharSource.read(1, materials, **wrong)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="handwritten font"):
        CharSource.read(1, materials, split="validation")


def test_letters_never_turn_further_than_they_may() -> None:
    rng = np.random.default_rng(1)
    looks = [draw_char_look(rng, "handwritten", 64) for _ in range(300)]
    turns = [abs(look.placing.turn_deg) for look in looks]
    assert max(turns) <= MAX_TURN_DEG and max(turns) > 5


def test_elastic_displacement_is_bounded_and_smooth() -> None:
    points = np.stack(np.meshgrid(np.linspace(-0.5, 0.5, 40), np.linspace(-0.5, 0.5, 40)), axis=-1)
    rng = np.random.default_rng(2)
    for elastic in filter(None, (draw_elastic(rng, "handwritten") for _ in range(50))):
        moved = elastic.move(points) - points
        assert np.abs(moved).max() <= len(elastic.waves) * elastic.amplitude
        # No fold: neighbours never change places.
        assert (np.diff((points + moved)[..., 0], axis=1) > 0).all()
    assert np.allclose(Elastic(amplitude=0.0, waves=((1, 1, 0, 1, 0),)).move(points), points)


def test_every_syllable_has_letters_in_the_square() -> None:
    for syllable in SYLLABLES[::97] + "가뷁왜의뙜":
        for jamo, (x0, y0, x1, y1) in place_jamo(syllable):
            assert jamo in SHAPES
            assert -0.05 <= x0 < x1 <= 1.05 and -0.05 <= y0 < y1 <= 1.05


def test_a_pen_writes_what_is_asked() -> None:
    rng = np.random.default_rng(4)
    hand = draw_hand(rng)
    look = draw_char_look(rng, "handwritten", 64)
    bar, plain = (draw_syllable(rng, text, hand) for text in ("이", "뷁"))
    assert len(plain) > len(bar)
    ink = draw_strokes(plain, look)
    assert ink.shape == (look.placing.height_px, look.placing.width_px)
    assert 0.02 < (ink > 128).mean() < 0.6


def test_shares_say_how_often_each_syllable_is_drawn(materials: Path, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("".join(f"{n} 가나 가다\n" for n in range(200)), encoding="utf-8")
    source = CharSource.read(
        1, materials, classes="all", common_share=0.5, corpus=tmp_path, text_share=0.4, styles=("printed",)
    )
    shares = source.measure_shares()
    assert shares.shape == (11_172,) and shares.min() > 0 and shares.sum() == pytest.approx(1)
    rng = np.random.default_rng(1)
    drawn = collections.Counter(source._draw_text(rng) for _ in range(20_000))
    for text in "가나":
        assert drawn[text] / 20_000 == pytest.approx(shares[SYLLABLES.index(text)], abs=0.02)
    known = sum(drawn[text] for text in KSX1001) / 20_000
    assert known == pytest.approx(sum(shares[SYLLABLES.index(text)] for text in KSX1001), abs=0.02)


def test_signs_are_lettered_in_straight_strokes_with_short_ones_down_to_dots() -> None:
    hand = dataclasses.replace(draw_lettering(np.random.default_rng(1)), rounding=0, loose=0.0, wander=0.0, reach=0.0)
    stem, arm = draw_syllable(np.random.default_rng(0), "어", dataclasses.replace(hand, arms=(0.0, 1.0)))[-2:]
    if np.ptp(stem[:, 1]) < np.ptp(arm[:, 1]):
        stem, arm = arm, stem
    whole = float(np.ptp(arm[:, 0]))
    for arms in ((0.5, 0.52), (0.0, 0.4), (0.4, 1.0)):
        short = draw_syllable(np.random.default_rng(0), "어", dataclasses.replace(hand, arms=arms))[-1]
        from_stem = np.sort(stem[0, 0] - short[[0, -1], 0]) / whole
        assert np.allclose(from_stem, arms, atol=0.02)
    assert {len(draw_syllable(np.random.default_rng(0), each, hand)) for each in "가거고구"} == {3}


@pytest.mark.parametrize("half_bars", [False, True])
def test_the_long_stroke_of_lying_vowels_may_end_at_the_last_short_one(half_bars: bool) -> None:
    hand = dataclasses.replace(
        draw_lettering(np.random.default_rng(1)), rounding=0, lying_arms=(0.0, 1.0), half_bars=half_bars
    )
    for syllable in "오요우유":
        vowel = draw_syllable(np.random.default_rng(0), syllable, hand)[1:]
        bar = max(vowel, key=lambda stroke: np.ptp(stroke[:, 0]))
        last = max(stroke[:, 0].max() for stroke in vowel if stroke is not bar)
        assert bool(bar[:, 0].max() <= last + 1e-9) is half_bars


def test_double_letters_of_signs_may_be_drawn_as_one() -> None:
    hand = dataclasses.replace(draw_lettering(np.random.default_rng(1)), merged=True)
    assert {len(draw_syllable(np.random.default_rng(0), each, hand)) for each in "씨찌"} == {4, 5}
    apart = dataclasses.replace(hand, merged=False)
    assert len(draw_syllable(np.random.default_rng(0), "씨", apart)) == 5


def test_signs_are_drawn_for_training_alone(materials: Path) -> None:
    for split, lettered in (("train", True), ("validation", False)):
        source = CharSource.read(1, materials, styles=("printed",), classes="all", split=split)
        drawn = next(syllable for syllable in SYLLABLES if source.fonts.korean[0].draws(syllable))
        source._draw_text = lambda rng, drawn=drawn: drawn  # type: ignore[method-assign, misc]
        made: list[int] = []
        letter = source._letter
        source._letter = lambda *given, made=made, letter=letter: made.append(1) or letter(*given)  # type: ignore[method-assign, misc]
        for index in range(60):
            source.draw(index)
        assert bool(made) is lettered


def test_thinning_keeps_lines_connected_and_one_pixel_wide() -> None:
    mask = np.zeros((40, 40), bool)
    mask[5:35, 10:15] = True
    mask[18:22, 10:38] = True
    skeleton = find_skeleton(mask)
    assert 40 < skeleton.sum() < 70 and not (skeleton & ~mask).any()
    assert cv2.connectedComponents(skeleton.astype(np.uint8), connectivity=8)[0] == 2
    strokes = trace_strokes(skeleton)
    length = sum(float(np.linalg.norm(np.diff(stroke, axis=0), axis=1).sum()) for stroke in strokes)
    assert math.isclose(length, skeleton.sum(), rel_tol=0.2)


def test_hands_are_split_and_damaged_labels_passed_over(letters: Path) -> None:
    train, kept = (JamoPictures.read(letters, split) for split in ("train", "validation"))
    assert len(train.writers) + len(kept.writers) == 30 and not set(train.writers) & set(kept.writers)
    rng = np.random.default_rng(0)
    strokes = train.draw_strokes(rng, "ㅁ", train.draw_writer(rng))
    assert strokes is not None
    points = np.concatenate(strokes)
    assert points.min() >= 0 and points.max() <= 1
    assert train.draw_strokes(rng, "ㅎ", train.draw_writer(rng)) is None


def test_syllables_are_put_together_from_letters_of_one_hand(materials: Path, letters: Path) -> None:
    source = CharSource.read(1, materials, styles=("handwritten",), jamo_folder=letters)
    assert source.jamo is not None
    writers = {source.draw(index).writer for index in range(60)}
    assert writers & set(source.jamo.writers)


def test_a_folder_without_letters_is_refused(materials: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError):
        CharSource.read(1, materials, jamo_folder=tmp_path)
    (tmp_path / "labels.jsonl").write_text(json.dumps({"image": "a.png", "text": "가", "writer": "1"}))
    with pytest.raises(DatasetError, match="no letters to train with"):
        CharSource.read(1, materials, jamo_folder=tmp_path)


def test_clean_pictures_are_black_on_white_and_whole(materials: Path) -> None:
    source = CharSource.read(1, materials, styles=("handwritten",), clean=True)
    for index in range(30):
        image = source.draw(index).image
        assert image.shape == (64, 64)
        border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
        assert (image == 255).mean() > 0.3 and np.median(border) == 255 and image.min() < 64


def test_letters_stay_in_their_pictures() -> None:
    rng = np.random.default_rng(3)
    corners = np.array([(x, y) for x in (-0.5, 0.5) for y in (-0.5, 0.5)])
    for _ in range(500):
        for clean in (False, True):
            placing = draw_char_look(rng, "handwritten", 64, clean=clean).placing
            points = corners @ placing.matrix.T + np.array(placing.centre) * placing.width_px
            assert points.min() >= 0 and points.max() <= placing.width_px


def test_a_tight_cut_keeps_thin_strokes() -> None:
    ink = np.zeros((40, 40), np.uint8)
    ink[10:30, 10:24] = 255
    ink[10:30, 29] = 60  # a stroke half a pixel wide covers a quarter of what it touches
    assert _cut(ink, (0.0, 0.0, 0.0, 0.0)).shape == (20, 20)


def test_dense_letters_are_drawn_large_enough_to_count_their_strokes() -> None:
    assert count_strokes_abreast("이") < count_strokes_abreast("국") < count_strokes_abreast("뷁")
    for seed in range(300):
        look = draw_char_look(np.random.default_rng(seed), "printed", 64)
        grown = enlarge_letter(look, "printed", 8.0)
        assert grown.placing.extent_px >= look.placing.extent_px
        if grown.tight:
            assert grown.placing.extent_px >= 24 - 1e-6
            assert grown.placing.width_px >= 1.5 * grown.placing.extent_px
        else:
            assert grown.placing.width_px == look.placing.width_px
            half = np.abs(grown.placing.matrix).sum(axis=1).max() / 2 / grown.placing.width_px
            x, y = grown.placing.centre
            reach = max(abs(x - 0.5), abs(y - 0.5)) + half
            assert reach <= 0.5 + 1e-9 or grown.placing == look.placing


def test_wear_neither_loses_strokes_nor_closes_their_gaps() -> None:
    ink = np.zeros((24, 24), np.uint8)
    ink[4:20:4, 4:20] = 255  # lines of one pixel
    thin, thick = (_wear(ink, Damage.of(Spread(amount_px=amount))) for amount in (-1.0, 2.0))
    assert thin.sum() == ink.sum()
    assert thick.sum() == ink.sum()
    assert _wear(ink, Damage.of(Spread(amount_px=0.3))).sum() > ink.sum()


def test_black_and_white_that_drops_the_ink_is_told() -> None:
    cover = np.zeros((20, 20), np.float32)
    cover[5:15, 5:15] = 1
    drawn = np.where(cover > 0, 0, 255).astype(np.uint8)
    assert _keeps_share(drawn, cover)
    assert _keeps_share(255 - drawn, cover)
    assert not _keeps_share(np.full((20, 20), 255, np.uint8), cover)
    drawn[:18] = 0
    assert not _keeps_share(drawn, cover)


def test_a_hasty_hand_ties_letters_together() -> None:
    hand = dataclasses.replace(draw_hand(np.random.default_rng(0)), tie=1.0, join=0.0, plain=1.0)
    lifted = dataclasses.replace(hand, tie=0.0)
    assert {len(draw_syllable(np.random.default_rng(seed), "이", hand)) for seed in range(40)} == {1, 2}
    assert {len(draw_syllable(np.random.default_rng(seed), "이", lifted)) for seed in range(40)} == {2}


def test_a_cut_never_takes_a_whole_stroke() -> None:
    ink = np.zeros((40, 40), np.uint8)
    ink[10:30, 10:24] = 255
    ink[10:30, 28:30] = 255  # the stem of ㅣ
    assert _cut(ink, (0.0, 0.0, -0.1, 0.0)).shape == (20, 20)
    ink[10:30, 28:30] = 0
    ink[18:20, 24:30] = 255  # a tick may lose its end
    assert _cut(ink, (0.0, 0.0, -0.1, 0.0)).shape == (20, 18)


def test_bits_of_neighbours_come_from_the_edges() -> None:
    for seed in range(50):
        ink = np.zeros((24, 20), np.uint8)
        _intrude(np.random.default_rng(seed), ink)
        rows, columns = np.nonzero(ink)
        assert 0 < len(rows) <= 24
        assert 0 in rows or 23 in rows or 0 in columns or 19 in columns
        assert not ink[4:20, 4:16].any()
