import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geulnun.core.charset import CHARSET_V1
from geulnun.runtime.recognition.prepare_strip import STRIP_HEIGHT_PX
from geulnun.synth.effects.effect import Damage
from geulnun.synth.effects.ink.fattening import Fattening
from geulnun.synth.effects.ink.spread import Spread
from geulnun.synth.materials.corpus import Corpus
from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.glyphs import Setting, draw_run
from geulnun.synth.materials.handwriting import can_be_written, draw_handwriting, write_run
from geulnun.synth.materials.icons import KINDS, draw_icon
from geulnun.synth.strips.legibility import is_legible
from geulnun.synth.strips.look import SCENES, draw_look, make_room
from geulnun.synth.strips.look_parts import Bend, Colours, Icon, Margins, Stamp, StripLook, Surroundings
from geulnun.synth.strips.source import MAX_STRIP_RATIO, StripSource, apply_look, fatten_run, restrain_damage

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
        assert sample.text == " ".join(sample.text.split())
        CHARSET_V1.encode(sample.text)


def test_texts_are_those_of_the_strips(materials: Path) -> None:
    source = StripSource.read(7, materials, longest_text=12)
    pairs = [(source.draw_text(index), source.draw(index).text) for index in range(SAMPLES)]
    assert all(CHARSET_V1.replace_unwritable(text).startswith(label) for text, label in pairs)
    assert all(bool(text) == bool(label) for text, label in pairs) and not all(text for text, _ in pairs)


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


def test_fattened_letters_stay_where_they_were_and_small_ones_as_they_were(fonts: FontLibrary) -> None:
    faces = [fonts.korean[0]] * 2
    fattening = Fattening(reach_px=0.03, slit=0.4)
    run = draw_run("민국", faces, Setting(size_px=40), primary=faces[0])
    broad = fatten_run(run, fattening)
    assert broad.ink.shape == run.ink.shape and np.array_equal(broad.spans, run.spans)
    assert 1.05 * run.ink.mean() < broad.ink.mean() < 3 * run.ink.mean()
    assert broad.ink[run.ink > 200].min() > 100
    small = draw_run("민국", faces, Setting(size_px=10), primary=faces[0])
    assert fatten_run(small, fattening) is small


def test_only_training_draws_broader_strokes(materials: Path) -> None:
    assert StripSource.read(1, materials).fattened_share > 0
    assert StripSource.read(1, materials, split="validation").fattened_share == 0


def test_a_hand_writes_syllables_figures_and_marks() -> None:
    rng = np.random.default_rng(3)
    assert can_be_written("김하나 010-1234-5678") and not can_be_written("AI") and not can_be_written("漢")
    for text in ("김하나 010-1234-5678", "뷁", "1,200원 (3/4) ~!?."):
        run = write_run(rng, text, draw_handwriting(rng, 28.0))
        assert len(run.spans) == len(text) and (run.spans[:, 0] <= run.spans[:, 1]).all()
        assert 14 < run.bottom_px - run.top_px < 56
        inked = np.flatnonzero(run.ink.max(axis=0) > 64)
        assert run.spans[0, 0] - 14 < inked[0] and inked[-1] < run.spans[-1, 1] + 14


def test_words_by_hand_stand_farther_apart_than_letters() -> None:
    for seed in range(30):
        rng = np.random.default_rng(seed)
        spans = write_run(rng, "가나 다라", draw_handwriting(rng, 28.0)).spans
        assert spans[3, 0] - spans[1, 1] > max(spans[1, 0] - spans[0, 1], spans[4, 0] - spans[3, 1])


def test_some_training_strips_are_written_by_hand(materials: Path) -> None:
    source = StripSource.read(1, materials)
    assert source.handwritten_share > 0
    assert StripSource.read(1, materials, split="validation").handwritten_share == 0
    printed = [source.draw(index) for index in range(12)]
    source.handwritten_share = 1.0
    written = [source.draw(index) for index in range(12)]
    assert any(not np.array_equal(a.image, b.image) for a, b in zip(printed, written, strict=True))


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
        assert setting.spacing_px <= 0.28 * setting.size_px + 1e-6


def test_single_letters_with_spaces_between_them_stand_further_apart_than_letters_of_a_word(fonts: FontLibrary) -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        look = draw_look(rng, "대 표 자", fonts)
        setting = look.setting
        gap_px = look.face.advance_em(" ") * setting.size_px + setting.word_spacing_px + 2 * setting.spacing_px
        assert gap_px >= 0.335 * setting.size_px


def test_a_tight_box_keeps_to_the_ink_and_capitals_keep_their_height(fonts: FontLibrary) -> None:
    photos = StripSource(0, fonts, Corpus()).photos
    for text in ("대한", "..", "Ab"):
        loose, tight = (apply_look(text, plain_look(fonts, tight=share), fonts, photos) for share in (0.0, 1.0))
        assert tight.text == loose.text == text
        assert measure_ink_height(tight.image) >= measure_ink_height(loose.image)
    assert measure_ink_height(tight.image) >= 0.8 * STRIP_HEIGHT_PX
    dots = apply_look("..", plain_look(fonts, tight=1.0), fonts, photos)
    assert measure_ink_height(dots.image) < 0.9 * STRIP_HEIGHT_PX


def measure_ink_height(image: np.ndarray) -> int:
    rows = np.flatnonzero((image < 128).any(axis=1))
    return int(rows[-1] - rows[0]) + 1 if len(rows) else 0


def test_an_icon_stands_beside_the_line_and_is_no_text(fonts: FontLibrary) -> None:
    photos = StripSource(0, fonts, Corpus()).photos
    icon = Icon(kind="house", gap=-0.4, size=1.0)
    plain = plain_look(fonts)
    beside = apply_look("민국", plain_look(fonts, icon=icon, margins=make_room(plain.margins, icon)), fonts, photos)
    alone = apply_look("민국", plain, fonts, photos)
    assert beside.text == alone.text
    added = beside.image.shape[1] - alone.image.shape[1]
    assert added > 0.9 * STRIP_HEIGHT_PX
    assert beside.image[:, : added // 2].min() < 64


def test_ink_runs_little_where_letters_are_full_already(fonts: FontLibrary) -> None:
    run = draw_run("민국", [fonts.korean[0]] * 2, Setting(size_px=28))
    full = replace(run, ink=np.full_like(run.ink, 255))
    amounts = [
        restrain_damage(Damage.of(Spread(amount_px=amount)), each).find(Spread)
        for amount, each in ((1.0, full), (-0.5, full), (-0.5, replace(run, ink=np.zeros_like(run.ink))))
    ]
    assert [each.amount_px for each in amounts if each] == pytest.approx([0.1, -0.5, -0.05])


def test_a_few_strips_hold_nothing(source: StripSource) -> None:
    empty = [i for i in range(400) if not source.draw(i).text]
    assert 0 < len(empty) < 30
    for index in empty:
        assert source.draw(index).image.shape[0] == STRIP_HEIGHT_PX


def test_a_stamp_darkens_paper_and_leaves_letters(fonts: FontLibrary) -> None:
    photos = StripSource(0, fonts, Corpus()).photos
    stamp = Stamp(center=(0.5, 0.5), radius=0.4, round=True, width=0.1, strokes=((-0.5, 0, 0.5, 0),), share=0.4)
    plain = apply_look("민국", plain_look(fonts), fonts, photos).image
    sealed = apply_look("민국", plain_look(fonts, stamp=stamp), fonts, photos).image
    assert (sealed.astype(int) <= plain.astype(int) + 1).all() and sealed.mean() < plain.mean() - 1
    assert 140 < np.median(sealed[sealed != plain]) < 200


def test_every_icon_draws_ink() -> None:
    for kind in KINDS:
        ink = draw_icon(np.random.default_rng(0), kind, 24)
        assert ink.shape == (24, 24) and ink.max() > 128


def test_looks_cover_every_scene_and_both_polarities(fonts: FontLibrary) -> None:
    rng = np.random.default_rng(0)
    looks = [draw_look(rng, "대한 민국", fonts) for _ in range(400)]
    assert {look.scene for look in looks} == set(SCENES)
    light = sum(look.colours.ink > look.colours.paper for look in looks) / len(looks)
    assert 0.12 < light < 0.35


def test_drawing_takes_few_calls(source: StripSource, count_calls) -> None:
    def draw() -> None:
        for index in range(500, 600):
            source.draw(index)

    assert count_calls(draw) < 3000 * 100


def test_words_stand_apart_however_tight_the_letters(fonts: FontLibrary) -> None:
    rng = np.random.default_rng(0)
    for text, least_em in (("대한 민국", 0.15), ("대한 ① 민국", 0.22)):
        for _ in range(200):
            look = draw_look(rng, text, fonts)
            setting = look.setting
            gap_em = look.face.advance_em(" ") + (setting.word_spacing_px + 2 * setting.spacing_px) / setting.size_px
            assert gap_em >= least_em - 1e-6


def test_letters_lost_in_noise_or_too_pale_are_illegible() -> None:
    ink = np.zeros((40, 200), np.uint8)
    ink[10:30, 20:180:8] = ink[10:30, 21:180:8] = 255
    box, rng = (10.0, 5.0, 190.0, 35.0), np.random.default_rng(0)
    plain = np.where(ink > 0, 60, 200).astype(np.uint8)
    assert is_legible(plain, ink, box)
    assert not is_legible(np.where(ink > 0, 180, 200).astype(np.uint8), ink, box)
    assert not is_legible(np.clip(plain + rng.normal(0, 160, ink.shape), 0, 255).astype(np.uint8), ink, box)
