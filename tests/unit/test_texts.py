import re

import numpy as np
import pytest

from geulnun.core.charset import CHARSET_V1
from geulnun.synth import texts
from geulnun.synth.texts.inflection import attach, conjugate
from geulnun.synth.texts.random_choice import draw_between, draw_digits, draw_several

DRAWS = 400


def assert_writable(text):
    CHARSET_V1.encode(re.sub("[一-鿿]", "", text))
    assert text == " ".join(text.split())


@pytest.mark.parametrize("kind", texts.GENERATORS)
def test_every_generator_writes_clean_text_in_the_charset(kind):
    rng = np.random.default_rng(7)
    for _ in range(DRAWS):
        text = texts.GENERATORS[kind](rng)
        assert text
        assert_writable(text)


@pytest.mark.parametrize("kind", texts.GENERATORS)
def test_a_generator_depends_on_nothing_but_its_randomness(kind):
    first = [texts.GENERATORS[kind](np.random.default_rng(seed)) for seed in range(20)]
    assert first == [texts.GENERATORS[kind](np.random.default_rng(seed)) for seed in range(20)]
    assert len(set(first)) > 5


def flatten(parts):
    if isinstance(parts, str):
        return [parts]
    return [text for part in parts for text in flatten(part)]


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng: [row.cells for row in texts.draw_receipt(rng)],
        texts.draw_form_fields,
        texts.draw_menu,
        texts.draw_chat,
        texts.draw_settings,
        texts.draw_sign,
        lambda rng: texts.draw_table(rng, 5, 4),
        lambda rng: texts.draw_figure_table(rng, 5, 4),
    ],
)
def test_layouts_hold_writable_texts_only(draw):
    rng = np.random.default_rng(3)
    for _ in range(60):
        parts = flatten(draw(rng))
        assert sum(map(bool, parts)) >= 1
        for text in parts:
            assert_writable(text)


@pytest.mark.parametrize("draw", [texts.draw_table, texts.draw_figure_table])
@pytest.mark.parametrize(("rows", "cols"), [(1, 1), (2, 3), (12, 40)])
def test_tables_have_the_size_asked_for(draw, rows, cols):
    table = draw(np.random.default_rng(1), rows, cols)
    assert [len(row) for row in table] == [cols] * rows


def test_receipts_add_up():
    for seed in range(40):
        rows = texts.draw_receipt(np.random.default_rng(seed))
        start = next(i for i, row in enumerate(rows) if row.role == "head")
        end = next(i for i, row in enumerate(rows) if row.role == "total")
        items = [row for row in rows[start:end] if row.role == "item"]
        offs = [row for row in rows[start:end] if row.role == "pair" and row.cells[-1].startswith("-")]
        total = sum(int(row.cells[-1].replace(",", "")) for row in [*items, *offs])
        assert int(rows[end].cells[-1].strip("₩원").replace(",", "")) == total


def test_receipts_space_their_labels_and_mask_their_numbers():
    cells = [
        cell for seed in range(60) for row in texts.draw_receipt(np.random.default_rng(seed)) for cell in row.cells
    ]
    assert any(cell.startswith("카 드 번 호") for cell in cells)
    assert any("****" in cell for cell in cells)


def test_form_fields_can_be_counted_and_some_are_spaced_out():
    rng = np.random.default_rng(0)
    forms = [texts.draw_form_fields(rng, 6) for _ in range(40)]
    assert all(len(form) == 6 for form in forms)
    assert any(label == "성 명" for form in forms for label, _ in form)


def test_every_symbol_is_drawn():
    rng = np.random.default_rng(5)
    seen = set("".join(texts.draw_symbols(rng) for _ in range(6000)))
    assert set(CHARSET_V1.symbols) <= seen


def test_uniform_syllables_reach_rare_ones():
    rng = np.random.default_rng(5)
    seen = set("".join(texts.draw_syllables(rng) for _ in range(2000))) - {" "}
    assert len(seen) > 5000


def test_every_weighted_kind_exists():
    assert set(texts.GENERATED_WEIGHTS) <= set(texts.GENERATORS)


@pytest.mark.parametrize(
    ("word", "particle", "wanted"),
    [
        ("책", "은", "책은"),
        ("나무", "은", "나무는"),
        ("서울", "으로", "서울로"),
        ("집", "으로", "집으로"),
        ("바다", "으로", "바다로"),
        ("친구", "과", "친구와"),
        ("3", "이", "3이"),
        ("2", "을", "2를"),
        ("집", "에서", "집에서"),
    ],
)
def test_particles_follow_the_final_consonant(word, particle, wanted):
    assert attach(word, particle) == wanted


@pytest.mark.parametrize(
    ("pair", "form", "wanted"),
    [
        ("먹/먹어", "formal", "먹습니다"),
        ("가/가", "formal", "갑니다"),
        ("만들/만들어", "formal", "만듭니다"),
        ("만들/만들어", "plain", "만든다"),
        ("만들/만들어", "adnominal", "만드는"),
        ("만들/만들어", "request", "만드세요"),
        ("돕/도와", "adnominal_past", "도운"),
        ("듣/들어", "adnominal_past", "들은"),
        ("듣/들어", "if", "들으면"),
        ("짓/지어", "request", "지으세요"),
        ("부르/불러", "formal_past", "불렀습니다"),
        ("씻/씻어", "adnominal_future", "씻을"),
    ],
)
def test_verbs_are_conjugated(pair, form, wanted):
    assert conjugate(*pair.split("/"), adjective=False)[form] == wanted


@pytest.mark.parametrize(
    ("pair", "wanted"),
    [
        ("아름답/아름다워", "아름다운"),
        ("맛있/맛있어", "맛있는"),
        ("좋/좋아", "좋은"),
        ("크/커", "큰"),
        ("길/길어", "긴"),
    ],
)
def test_adjectives_stand_before_nouns(pair, wanted):
    assert conjugate(*pair.split("/"), adjective=True)["adnominal"] == wanted


def test_draws_stay_within_their_bounds():
    rng = np.random.default_rng(0)
    assert {draw_between(rng, 2, 4) for _ in range(200)} == {2, 3, 4}
    assert {len(draw_digits(rng, 3)) for _ in range(200)} == {3}
    assert sorted(draw_several(rng, (1, 2, 3), 9)) == [1, 2, 3]


def test_marks_and_letters_that_are_taken_for_others_are_drawn():
    rng = np.random.default_rng(1)
    drawn = {
        kind: [texts.GENERATORS[kind](rng) for _ in range(400)] for kind in ("beside_hangul", "padded_date", "marked")
    }
    assert any(re.search(r"AI[가-힣]", text) for text in drawn["beside_hangul"])
    assert any("01일" in text for text in drawn["padded_date"])
    assert {"-", "·", "※", "*", "["} <= {text[0] for text in drawn["marked"]}
