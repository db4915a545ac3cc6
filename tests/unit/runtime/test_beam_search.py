import itertools
import math

import numpy as np
import pytest

from geulnun.core.charset import CHARSET_V1
from geulnun.runtime.bundles.calibration import Calibration
from geulnun.runtime.recognition.beam_search import align_text, search_text
from geulnun.runtime.recognition.decode_text import LineScores, decode_text

SIZES = {"gate": CHARSET_V1.gate_size, "cho": 19, "jung": 21, "jong": 28}
A, B = CHARSET_V1.encode("AB")


def build_scores(rows: list[dict[str, float]]) -> LineScores:
    """One strip whose steps have these probabilities of symbols; "" is the blank, the rest is spread."""
    heads = {name: np.full((1, len(rows), size), -np.log(size), np.float32) for name, size in SIZES.items()}
    for step, row in enumerate(rows):
        rest = (1 - sum(row.values())) / SIZES["gate"]
        heads["gate"][0, step] = np.log(max(rest, 1e-9))
        for symbol, probability in row.items():
            place = 2 + CHARSET_V1.symbols.index(symbol) if symbol else 0
            heads["gate"][0, step, place] = np.log(probability)
    return LineScores(**heads)


def test_a_beam_adds_up_the_ways_to_spell_a_text() -> None:
    """Each step's likeliest is the blank, yet most ways spell an A."""
    scores = build_scores([{"": 0.55, "A": 0.44}, {"": 0.55, "A": 0.44}])
    assert decode_text(scores, CHARSET_V1)[0].text == ""
    (reading,) = decode_text(scores, CHARSET_V1, beam=4)
    assert reading.text == "A"
    assert reading.chars[0].confidence == pytest.approx(0.44, rel=1e-4)


def test_a_beam_finds_the_likeliest_text_of_all() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        rows = [dict(zip(("", "A", "B"), each, strict=True)) for each in rng.dirichlet((1, 1, 1), 4) * 0.999]
        texts: dict[str, float] = {}
        for path in itertools.product(("", "A", "B"), repeat=4):
            text = "".join(symbol for symbol, _ in itertools.groupby(path))
            chance = float(np.prod([row[symbol] for row, symbol in zip(rows, path, strict=True)]))
            texts[text] = texts.get(text, 0.0) + chance
        logs = [{symbol: math.log(chance) for symbol, chance in row.items()} for row in rows]
        found = search_text([(row[""], [(A, row["A"]), (B, row["B"])]) for row in logs], 16)
        assert CHARSET_V1.decode(found) == max(texts, key=texts.__getitem__)


def test_a_text_is_aligned_with_its_steps() -> None:
    scores = build_scores([{"": 0.9}, {"A": 0.9}, {"A": 0.9}, {"": 0.9}, {"A": 0.9}, {"B": 0.9}])
    ids = np.array([A, A, B])
    starts, ends = align_text(scores.blank[0], scores.gather(CHARSET_V1, 0, ids), ids)
    assert starts.tolist() == [1, 4, 5]
    assert ends.tolist() == [3, 5, 6]


def test_beam_and_greedy_agree_where_the_network_is_sure() -> None:
    steps = ["", "A", "A", "", "B", " ", "A", "", "A"]
    scores = build_scores([{step: 0.98} for step in steps])
    greedy, beam = (decode_text(scores, CHARSET_V1, beam=width)[0] for width in (0, 5))
    assert beam == greedy
    assert decode_text(build_scores([{"": 0.99}]), CHARSET_V1, beam=5)[0].text == ""


def test_calibration_moves_confidences_and_shares_out_what_is_left() -> None:
    scores = build_scores([{"A": 0.9, "B": 0.08, "": 0.01}])
    calibration = Calibration(scale=0.5)
    (reading,) = decode_text(scores, CHARSET_V1, alternatives=3, calibration=calibration)
    assert reading.chars[0].confidence == pytest.approx(0.75, abs=1e-3)
    first, second, _ = reading.chars[0].alternatives
    assert (first.text, first.probability) == ("A", reading.chars[0].confidence)
    assert second.probability == pytest.approx(0.08 * 0.25 / 0.1, abs=1e-3)
    assert Calibration().apply(np.array([0.3])) == pytest.approx([0.3])
    with pytest.raises(ValueError, match="must be positive"):
        Calibration(scale=0.0)


def test_candidates_tell_their_jamo() -> None:
    heads = {name: np.full((1, 1, size), -20.0, np.float32) for name, size in SIZES.items()}
    heads["gate"][0, 0, 1] = heads["cho"][0, 0, 0] = heads["jong"][0, 0, 8] = 0.0
    heads["jung"][0, 0, [0, 20]] = np.log([0.7, 0.3])
    (reading,) = decode_text(LineScores(**heads), CHARSET_V1, alternatives=2)
    first, second = reading.chars[0].alternatives
    assert (first.text, second.text) == ("갈", "길")
    assert first.jamo == pytest.approx((1.0, 0.7, 1.0), abs=1e-4)
    assert second.jamo == pytest.approx((1.0, 0.3, 1.0), abs=1e-4)
